"""What the catalogue says of content: about which products it is, for whom, after what, and until when one can come.

Four attributes of a product of kind content say it: ``about`` and ``prerequisite`` (product ids), ``audience`` (names
of segments, ``person``, ``company``), each with commas between, and ``starts_at`` (ISO; without an offset the shop's
time).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from tsuide.kit.arrays import Int32, Int64, frozen
from tsuide.kit.clock import to_micros
from tsuide.kit.remembered import remembered
from tsuide.offers import codes
from tsuide.offers.customer import CustomerView
from tsuide.offers.local_time import local_zone
from tsuide.offers.state import State, Unchanged

UNFIT: Final = np.dtype([("item", np.int32), ("why", np.int8)], align=True)
"""Content that does not suit this customer now; `why`: bits of `codes.LESSON_…`."""
NO_UNFIT: Final = frozen(np.zeros(0, UNFIT))
Asked = tuple[tuple[int, frozenset[str]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """The content of a catalogue that asks something of who is offered it.

    Args:
        starting, starts: dense products that begin at a moment, and when; microseconds, both (n,).
        audiences: (dense product, of whom one must be).
        after: (dense product, ids of all that must come before it).
    """

    starting: Int32
    starts: Int64
    audiences: Asked
    after: Asked

    @property
    def ask(self) -> bool:
        """Whether anything is asked at all."""
        return bool(len(self.starting) or self.audiences or self.after)


@remembered(8)
def lessons_of(key: Unchanged, time_zone: str) -> Lessons:
    """What a catalogue's content asks; a start that cannot be read is none."""
    state = key.state
    teaches = frozenset(state.contents.tolist())
    found = [
        (place, moment)
        for text, places in state.listed["starts_at"].items()
        if (moment := _moment(text, time_zone)) is not None
        for place in places.tolist()
        if place in teaches
    ]
    return Lessons(
        frozen(np.array([place for place, _ in found], np.int32)),
        frozen(np.array([moment for _, moment in found], np.int64)),
        _by_lesson(state, "audience", teaches),
        _by_lesson(state, "prerequisite", teaches),
    )


def _moment(text: str, time_zone: str) -> int | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_micros(read if read.tzinfo is not None else read.replace(tzinfo=local_zone(None, time_zone)))


def _by_lesson(state: State, key: str, teaches: frozenset[int]) -> Asked:
    found: dict[int, set[str]] = {}
    for word, places in state.listed[key].items():
        for place in places.tolist():
            if place in teaches:
                found.setdefault(place, set()).add(word)
    return tuple((place, frozenset(words)) for place, words in sorted(found.items()))


@remembered(8)
def about_links(key: Unchanged) -> tuple[Int64, Int32]:
    """Content about product p: `rows[of[p]:of[p + 1]]`, by id; int64 (products + 1,), int32 (links,)."""
    state = key.state
    teaches, names = frozenset(state.contents.tolist()), state.ids.ids
    pairs = [
        (about, place)
        for product, places in state.listed["about"].items()
        if (about := state.ids.position(product)) >= 0
        for place in places.tolist()
        if place in teaches and place != about
    ]
    pairs.sort(key=lambda pair: (pair[0], names[pair[1]]))
    of = np.zeros(len(state.ids) + 1, np.int64)
    np.cumsum(np.bincount([about for about, _ in pairs], minlength=len(state.ids)) if pairs else of[1:], out=of[1:])
    return frozen(of), frozen(np.array([place for _, place in pairs], np.int32))


def unfit(state: State, view: CustomerView, now: datetime, time_zone: str, *, personal: bool) -> np.ndarray:
    """The content that this customer is not to be offered now, and why; UNFIT.

    What they registered for or attended counts whatever they agreed to: it is their own booking. What they own or
    looked at counts as learned only with consent to personalisation.
    """
    lessons = lessons_of(Unchanged(state), time_zone)
    if not lessons.ask and not view.joined:
        return NO_UNFIT
    why: dict[int, int] = {}
    for each in view.joined:
        place = state.ids.position(each.product_id)
        if place >= 0:
            why[place] = codes.LESSON_JOINED
    for place in lessons.starting[lessons.starts <= to_micros(now)].tolist():
        why[place] = why.get(place, 0) | codes.LESSON_OVER
    names = {*view.segments, "company" if view.company else "person"}
    _refuse(why, lessons.audiences, names.isdisjoint, codes.LESSON_AUDIENCE)
    if lessons.after:
        learned = {each.product_id for each in view.joined if each.attended}
        if personal:
            learned |= {each.product_id for each in view.owned} | {each.product_id for each in view.viewed}
        _refuse(why, lessons.after, lambda asked: not asked <= learned, codes.LESSON_PREREQUISITE)
    return np.array(sorted(why.items()), UNFIT) if why else NO_UNFIT


def _refuse(why: dict[int, int], asked: Asked, fails: Callable[[frozenset[str]], bool], bit: int) -> None:
    for place, words in asked:
        if fails(words):
            why[place] = why.get(place, 0) | bit
