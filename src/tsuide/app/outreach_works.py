"""Long jobs of segments and journeys: each the function of `app` that the command line calls too."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tsuide.app.jobs import Tell, Work
from tsuide.app.journey_running import dry_run_of
from tsuide.app.journeys import journey_of
from tsuide.app.segments import make_sheets
from tsuide.app.wiring import Shop


def _segments(shop: Shop, _: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    make_sheets(shop, now, tell)
    return {}


def _dry_run(shop: Shop, wanted: Mapping[str, Any], tell: Tell, now: datetime) -> dict[str, Any]:
    """What the journey `text` would have done in the last `days`."""
    days = int(wanted["days"])
    found = dry_run_of(shop, journey_of(str(wanted["text"])), now - timedelta(days=days), now, lambda: now, tell)
    return {**found, "days": days, "text": str(wanted["text"])}


OUTREACH_WORKS: Final[Mapping[str, Work]] = {"segments": _segments, "dry_run": _dry_run}
