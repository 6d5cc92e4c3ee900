"""What long jobs of proof do, by kind: experiments and initiatives read out, reports made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.effect import read_experiment_effect
from tsuide.app.initiative_effect import conclude, initiative_effect
from tsuide.app.initiatives import plain
from tsuide.app.jobs import Tell, Work
from tsuide.app.supervising import audit_shop, supervise
from tsuide.app.wiring import Shop


def _experiment(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    return read_experiment_effect(shop, str(wanted["id"]), now)


def _initiative(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    return initiative_effect(shop, str(wanted["id"]), now)


def _conclude(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    found = conclude(shop, str(wanted["id"]), str(wanted["learned"]), str(wanted["next_step"]), now)
    return plain(found, now)


def _supervise(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 2)
    found = supervise(shop, now, back=int(wanted["back"]))
    tell("read", 1, 2)
    return found | {"audit": audit_shop(shop, now, back=int(wanted["back"]))}


PROOF_WORKS: Final[Mapping[str, Work]] = {
    "experiment": _experiment,
    "initiative": _initiative,
    "conclude": _conclude,
    "supervise": _supervise,
}
