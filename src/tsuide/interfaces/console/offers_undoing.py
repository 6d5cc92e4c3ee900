"""How changes of opportunities and promotions are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo
from tsuide.app.curation import restore, told_again
from tsuide.app.promotions import publish_changed, take_back
from tsuide.app.users import User
from tsuide.app.wiring import Shop


def _judgement(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    """As it was, in force at once; refused where somebody changed it since, over HTTP say."""
    restore(shop, told_again(undo["before"]), over=told_again(undo["after"]))
    publish_changed(shop, now)


def _promotion(shop: Shop, undo: Mapping[str, Any], _who: User, now: datetime) -> None:
    """As it was, in force at once."""
    take_back(shop, undo["id"], undo["before"], now)
    publish_changed(shop, now)


_JUDGED: Final = ("approve", "unapprove", "pin", "unpin", "ban", "unban", "word")
OFFERS_WAYS: Final[Mapping[str, Undo]] = {
    **{f"opportunities.{each}": _judgement for each in _JUDGED},
    **{f"promotions.{each}": _promotion for each in ("save", "pause", "resume")},
}
