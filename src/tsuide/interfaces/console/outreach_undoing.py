"""How changes of segments, journeys and templates are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo, must_stand
from tsuide.app.journeys import journey_told, newest_text, take_back_journey, take_back_state
from tsuide.app.mail_health import block_again, blocked_address
from tsuide.app.mail_templates import own_text, take_back_template
from tsuide.app.segments import defined, restore_segment
from tsuide.app.users import User
from tsuide.app.wiring import Shop


def _segment(shop: Shop, undo: Mapping[str, Any], who: User, now: datetime) -> None:
    must_stand(defined(shop, undo["id"]), undo["after"], undo["id"])
    restore_segment(shop, undo["id"], undo["before"], now, author=who.name)


def _journey(shop: Shop, undo: Mapping[str, Any], who: User, now: datetime) -> None:
    must_stand(newest_text(shop, undo["id"]), undo["after"], undo["id"])
    take_back_journey(shop, undo["id"], undo["before"], now, author=who.name, move=undo["moved"])


def _state(shop: Shop, undo: Mapping[str, Any], _: User, now: datetime) -> None:
    must_stand(journey_told(shop, undo["id"])["state"], undo["after"], undo["id"])
    stopped = undo["stopped_at"]
    take_back_state(shop, undo["id"], undo["before"], None if stopped is None else datetime.fromisoformat(stopped), now)


def _template(shop: Shop, undo: Mapping[str, Any], _: User, now: datetime) -> None:
    must_stand(own_text(shop, undo["name"]), undo["after"], undo["name"])
    take_back_template(shop, undo["name"], undo["before"], now)


def _address(shop: Shop, undo: Mapping[str, Any], _: User, now: datetime) -> None:
    must_stand(blocked_address(shop, undo["mark"]), None, undo["mark"][:12])
    block_again(shop, undo["mark"], undo["reason"], undo["detail"], now)


OUTREACH_WAYS: Final[Mapping[str, Undo]] = {
    "segment.put": _segment,
    "segment.remove": _segment,
    "journey.put": _journey,
    "journey.state": _state,
    "template.put": _template,
    "template.remove": _template,
    "address.unblock": _address,
}
