"""Long jobs of segments and journeys: each the function of `app` that the command line calls too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.jobs import Tell, Work
from tsuide.app.segments import make_sheets
from tsuide.app.wiring import Shop


def _segments(shop: Shop, _: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    tell("read", 0, 0)
    make_sheets(shop, now)
    return {}


OUTREACH_WORKS: Final[Mapping[str, Work]] = {"segments": _segments}
