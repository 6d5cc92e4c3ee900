"""How changes of experiments, initiatives and schedules of reports are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo
from tsuide.app.experiments import create_experiment, drop_experiment
from tsuide.app.initiatives import take_back_initiative, undo_entry
from tsuide.app.scheduling import pause_schedule, put_schedule, read_schedule, remove_schedule
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.offers.plain import build
from tsuide.proof.experiment import Experiment


def _experiment(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    """A draft as it was before; gone where there was none."""
    if undo["before"] is None:
        drop_experiment(shop, undo["id"])
    else:
        create_experiment(shop, build(Experiment, undo["before"]), now)


def _initiative(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    take_back_initiative(shop, undo["id"], undo["before"], now)


def _entry(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    undo_entry(shop, undo["entry"], now)


def _schedule(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    """A schedule as it was before; gone where there was none."""
    if undo["before"] is None:
        remove_schedule(shop, undo["id"])
    else:
        put_schedule(shop, read_schedule(undo["before"]), now)


def _waits(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    pause_schedule(shop, undo["id"], now, paused=bool(undo["before"]["paused"]))


PROOF_WAYS: Final[Mapping[str, Undo]] = {
    "experiment.save": _experiment,
    "experiment.drop": _experiment,
    "initiative.save": _initiative,
    "initiative.cost": _entry,
    "initiative.lead": _entry,
    "schedule.add": _schedule,
    "schedule.remove": _schedule,
    "schedule.pause": _waits,
    "schedule.resume": _waits,
}
