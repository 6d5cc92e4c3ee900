"""How changes of customers, worklist, deals and tasks are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from tsuide.app import tasks as desk
from tsuide.app.changes import Undo
from tsuide.app.journeys import put_journey, set_journey
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.kit.clock import to_micros

_Kept: TypeAlias = Mapping[str, Any]
_UNDONE: Final = "undone"


def _task_added(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    desk.settle_task(shop, undo["task"], "dropped", now, reason=_UNDONE, who=who.name)


def _task_settled(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    desk.settle_task(shop, undo["task"], undo["state"], now, reason=undo["reason"], who=who.name)


def _task_snoozed(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    values = {"due_at": to_micros(datetime.fromisoformat(undo["due_at"])), "snoozes": undo["snoozes"]}
    shop.store.tasks.change(undo["task"], "snoozed", now, values, who=who.name, reason=_UNDONE)


def _task_assigned(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    desk.assign_task(shop, undo["task"], undo["assignee"], now, who=who.name)


def _rule_written(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    """The text as it was; a rule that was new is stopped."""
    if undo["text"] is None:
        set_journey(shop, undo["rule"], "stopped", now)
    else:
        put_journey(shop, undo["text"], now, author=who.name)


def _rule_switched(shop: Shop, undo: _Kept, _who: User, now: datetime) -> None:
    set_journey(shop, undo["rule"], undo["state"], now)


SALES_WAYS: Final[Mapping[str, Undo]] = {
    "tasks.add": _task_added,
    "tasks.done": _task_settled,
    "tasks.drop": _task_settled,
    "tasks.open": _task_settled,
    "tasks.snooze": _task_snoozed,
    "tasks.assign": _task_assigned,
    "tasks.rule": _rule_written,
    "tasks.rule_on": _rule_switched,
    "tasks.rule_off": _rule_switched,
}
