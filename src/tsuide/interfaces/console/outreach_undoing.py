"""How changes of segments, journeys and templates are taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.changes import Undo
from tsuide.app.segments import restore_segment
from tsuide.app.users import User
from tsuide.app.wiring import Shop


def _segment(shop: Shop, undo: Mapping[str, Any], who: User, now: datetime) -> None:
    restore_segment(shop, undo["id"], undo["before"], now, author=who.name)


OUTREACH_WAYS: Final[Mapping[str, Undo]] = {"segment.put": _segment, "segment.remove": _segment}
