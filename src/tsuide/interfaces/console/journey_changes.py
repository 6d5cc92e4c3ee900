"""How a journey is written, where it stands, and how that is written into the log."""

from urllib.parse import quote

from tsuide.app import journeys as shelf
from tsuide.app.changes import Change
from tsuide.errors import Conflict
from tsuide.interfaces.console.visit import Visit


def path_of(journey_id: str) -> str:
    """The page of a journey."""
    return f"/journeys/of/{quote(journey_id, safe='')}"


def put(visit: Visit, text: str, *, named: str | None, move: bool) -> tuple[str, int]:
    """Write a journey, or its next version, and write that down; its id and the number of the entry.

    Args:
        visit: of whoever writes it.
        text: YAML.
        named: the id that it must have; None = a new one, of an id that no other has.
        move: whether who is under way goes on with this version.

    Raises:
        BadJourney: it cannot be read, or could not be sent.
        Conflict: a new one has the id of another.
    """
    journey_id = shelf.journey_of(text).id
    before = shelf.newest_text(visit.shop, journey_id)
    if named is None and before is not None:
        raise Conflict("there is a journey of this id", key="id", value=journey_id, way_out="write another id")
    made, _ = shelf.put_journey(visit.shop, text, visit.now, author=visit.user.name, move=move, named=named)
    undo = {"id": made.id, "before": before, "after": text, "moved": move}
    return made.id, visit.record(Change("journey.put", made.id, before, text, undo))
