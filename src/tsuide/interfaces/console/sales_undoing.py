"""How changes of customers, worklist, deals and tasks are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from tsuide.app import duplicates
from tsuide.app import tasks as desk
from tsuide.app.changes import Undo
from tsuide.app.customer_changes import change_customer, say_consent, take_back_note, take_back_win
from tsuide.app.customer_files import take_back_upload
from tsuide.app.deal_back import put_back
from tsuide.app.deal_quotes import restore_seller
from tsuide.app.deals import lose_deal
from tsuide.app.jobs import ended_well
from tsuide.app.journeys import put_journey, set_journey
from tsuide.app.users import User
from tsuide.app.wiring import Shop
from tsuide.app.worklist import set_thresholds
from tsuide.app.worklist_back import take_back
from tsuide.kit.clock import to_micros
from tsuide.outreach.sales.worklist import Thresholds

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


def _note(shop: Shop, undo: _Kept, _who: User, _now: datetime) -> None:
    take_back_note(shop, undo["interaction"])


def _win(shop: Shop, undo: _Kept, _who: User, _now: datetime) -> None:
    take_back_win(shop, undo["win"], undo["customer"], undo["won"])


def _profile(shop: Shop, undo: _Kept, _who: User, _now: datetime) -> None:
    change_customer(shop, undo["customer"], undo["given"])


def _consent(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    """What held before is said anew: a yes or no that was on record stays there."""
    say_consent(shop, undo["customer"], undo["purpose"], undo["channel"], now, granted=undo["granted"],
                evidence=_UNDONE, who=who.name)  # fmt: skip


def _merge(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    duplicates.undo(shop, undo["merge"], now, who=who.name)


def _answered(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    take_back(shop, undo, now, who.name)


def _pitch_note(shop: Shop, undo: _Kept, _who: User, _now: datetime) -> None:
    shop.store.worklist.remove_note(undo["note"])


def _thresholds(shop: Shop, undo: _Kept, _who: User, now: datetime) -> None:
    set_thresholds(shop, Thresholds(**undo["thresholds"]), now)


def _deal(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    put_back(shop, undo["deal"], undo["before"], now, who.name, outcomes=undo["outcomes"])


def _deal_added(shop: Shop, undo: _Kept, who: User, now: datetime) -> None:
    lose_deal(shop, undo["deal"], "other", now, note=_UNDONE, who=who.name)


def _seller(shop: Shop, undo: _Kept, _who: User, now: datetime) -> None:
    restore_seller(shop, undo["seller"], now)


def _import(shop: Shop, undo: _Kept, _who: User, now: datetime) -> None:
    """Customers as they stood before a file was imported."""
    job = ended_well(shop, undo["job"], now)
    if job is not None:
        take_back_upload(shop, job["wanted"]["upload"], job["result"]["number"])


SALES_WAYS: Final[Mapping[str, Undo]] = {
    "customers.note": _note,
    "customers.win": _win,
    "customers.change": _profile,
    "customers.import": _import,
    "customers.consent": _consent,
    "customers.merge": _merge,
    "worklist.accept": _answered,
    "worklist.dismiss": _answered,
    "worklist.snooze": _answered,
    "worklist.note": _pitch_note,
    "worklist.thresholds": _thresholds,
    "deals.add": _deal_added,
    "deals.seller": _seller,
    **{
        f"deals.{verb}": _deal
        for verb in ("change", "stage", "line", "price", "set", "give", "take", "lose", "propose", "answer", "send")
    },
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
