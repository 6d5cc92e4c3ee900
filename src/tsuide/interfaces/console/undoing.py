"""How each kind of change is taken back."""

from collections.abc import Mapping
from typing import Final

from tsuide.app.changes import Undo
from tsuide.app.experiments import create_experiment, drop_experiment
from tsuide.app.initiatives import take_back_initiative
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.interfaces.console.offers_undoing import OFFERS_WAYS
from tsuide.interfaces.console.outreach_undoing import OUTREACH_WAYS
from tsuide.interfaces.console.policy_undoing import POLICY_WAYS
from tsuide.interfaces.console.proof_undoing import PROOF_WAYS
from tsuide.interfaces.console.sales_undoing import SALES_WAYS
from tsuide.interfaces.console.shop_undoing import SHOP_WAYS

WAYS: Final[Mapping[str, Undo]] = {**SALES_WAYS, **PROOF_WAYS, **OUTREACH_WAYS, **POLICY_WAYS, **SHOP_WAYS}


def _experiment(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    """A draft as it was before; gone where there was none."""
    if undo["before"] is None:
        drop_experiment(shop, undo["id"])
    else:
        create_experiment(shop, build(Experiment, undo["before"]), now)


WAYS: Final[Mapping[str, Undo]] = {
    **SALES_WAYS,
    "experiment.save": _experiment,
    "experiment.drop": _experiment,
    "initiative.save": lambda shop, undo, _, now: take_back_initiative(shop, undo["id"], undo["before"], now),
    "initiative.cost": lambda shop, undo, _, now: _entry(shop, undo, now),
    "initiative.lead": lambda shop, undo, _, now: _entry(shop, undo, now),
    **OFFERS_WAYS,
    **OUTREACH_WAYS,
    **POLICY_WAYS,
    **SHOP_WAYS,
}
"""Action → how it is undone: with the plain values that were recorded as `undo`."""
