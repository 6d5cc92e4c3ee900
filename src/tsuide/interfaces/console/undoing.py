"""How each kind of change is taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo
from tsuide.app.experiments import create_experiment, drop_experiment
from tsuide.app.initiatives import take_back_initiative, undo_entry
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.interfaces.console.outreach_undoing import OUTREACH_WAYS
from tsuide.interfaces.console.policy_undoing import POLICY_WAYS
from tsuide.interfaces.console.sales_undoing import SALES_WAYS
from tsuide.interfaces.console.shop_undoing import SHOP_WAYS
from tsuide.offers.plain import build
from tsuide.proof.experiment import Experiment


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
    **OUTREACH_WAYS,
    **POLICY_WAYS,
    **SHOP_WAYS,
}
"""Action → how it is undone: with the plain values that were recorded as `undo`."""


def _entry(shop: Shop, undo: Mapping[str, Any], now: datetime) -> None:
    undo_entry(shop, undo["entry"], now)
