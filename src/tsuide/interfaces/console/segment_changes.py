"""How a change of a segment is confirmed, where it stands, and how it is written into the log."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tsuide.app.changes import Change
from tsuide.errors import Conflict, TsuideError
from tsuide.interfaces.console.visit import Visit
from tsuide.outreach.segments.definition import Segment


def path_of(segment_id: str) -> str:
    """The page of a segment."""
    return f"/segments/of/{quote(segment_id, safe='')}"


def recorded(visit: Visit, segment: Segment, before: Mapping[str, Any] | None) -> int:
    """Write down that a segment is defined so from now on; the number of the entry."""
    after = segment.plain()
    undo = {"id": segment.id, "before": before, "after": after}
    return visit.record(Change("segment.put", segment.id, before, after, undo))


def number_asked(error: TsuideError) -> str:
    """The number that a segment which holds everybody asks to be confirmed; "" where an error asks nothing."""
    if not isinstance(error, Conflict) or error.key != "confirm":
        return ""
    found = re.search(r"\d+", error.way_out or "")
    return found[0] if found else ""
