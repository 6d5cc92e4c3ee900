"""Segments of a shop: tried out, defined, shown; who is in, who came and went, and why somebody is in or not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tsuide.app.jobs import Tell, to_nobody
from tsuide.app.segment_keeping import begin, evaluate_new, shop_zone, take_away
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound, UnknownCustomer
from tsuide.kit.clock import from_micros, to_micros
from tsuide.outreach.segments.condition import AllOf, AnyOf, Condition, Not, text_of
from tsuide.outreach.segments.definition import Segment, segment_from
from tsuide.outreach.segments.form import Form, form_of
from tsuide.outreach.segments.lowering import lower
from tsuide.outreach.segments.reading import Names, read_condition
from tsuide.outreach.segments.ready import take_ready
from tsuide.outreach.segments.sheets import CUSTOMER, MILLIONTHS, VISITOR
from tsuide.outreach.segments.truth import Act, Sheet, truth
from tsuide.outreach.segments.vocabulary import DEEDS, NUMBER_COLUMNS, TEXT_COLUMNS, WHOLE_COLUMNS, Who
from tsuide.store.rows import Found

MOST_SHOWN: Final = 1_000
MOST_OVERLAPPED: Final = 8
MOST_SEGMENTS: Final = 500
_TOLERANCE: Final = 0.05  # customers come and go between the question and the yes


@dataclass(frozen=True, slots=True)
class Preview:
    """What a condition would give now.

    Args:
        condition: as it was understood.
        form: the same for a form.
        size: of whom it is true.
        unknown: of whom it is neither true nor false, because something is not known of them.
        of: of how many it was asked.
        sample: some of whom it is true.
    """

    condition: str
    form: Form
    size: int
    unknown: int
    of: int
    sample: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"sample": list(self.sample)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A segment and how it stands.

    Args:
        version: 1, 2, …
        size: how many are in; None = not counted yet.
    """

    segment: Segment
    version: int
    size: int | None
    changed_at: datetime

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **self.segment.plain(),
            "form": form_of(read_condition(self.segment.condition)),
            "version": self.version,
            "size": self.size,
            "changed_at": self.changed_at.isoformat(),
        }


def names_of(shop: Shop) -> Names:
    """What the shop's customers and products are called, for reading conditions."""
    segments = shop.store.segments
    return Names(segments.attributes(), segments.is_on_shelf, lambda _: segments.shelf_names())


def attributes_of(shop: Shop, now: datetime) -> list[str]:
    """The names of attributes of any customer of the shop."""
    begin(shop, now)
    return shop.store.segments.attributes()


def read_for(shop: Shop, condition: str, now: datetime) -> Condition:
    """A condition, held against the shop's own names.

    Raises:
        BadCondition: points at what is wrong.
    """
    begin(shop, now)
    return read_condition(condition, names_of(shop))


def preview(shop: Shop, condition: str, who: Who, now: datetime, n: int = 10) -> Preview:
    """What a condition gives now; nothing is kept.

    Raises:
        BadCondition: points at what is wrong.
    """
    read = read_for(shop, condition, now)
    lowered = lower(read, now, shop_zone(shop))
    counted = shop.store.segments.count(lowered, who)
    sample = shop.store.segments.sample(lowered, who, n) if n else []
    ids = tuple(each[1:] for each in sample)
    return Preview(text_of(read), form_of(read), counted.size, counted.unknown, counted.of, ids)


def put_segment(
    shop: Shop, segment: Segment, now: datetime, *, author: str | None = None, confirm: int | None = None
) -> Standing:
    """Define a segment, new or changed, and bring its members up to date.

    Args:
        shop: whose.
        segment: the definition.
        now: UTC.
        author: who did it.
        confirm: how many it is meant to hold, of one that holds everybody.

    Raises:
        BadCondition: points at what is wrong.
        Conflict: it matches everybody, and nobody confirmed the number; or there are too many segments.
    """
    read = read_for(shop, segment.condition, now)
    counted = shop.store.segments.count(lower(read, now, shop_zone(shop)), segment.who)
    if counted.of and counted.size == counted.of and not _confirmed(confirm, counted.size):
        raise Conflict(
            f"matches all {counted.size:,}",
            key="confirm",
            value=confirm,
            way_out=f"confirm the number {counted.size}, or make the condition narrower",
        )
    record = json.dumps(segment.plain(), ensure_ascii=False, sort_keys=True)
    known = shop.store.segments.all()
    if len(known) >= MOST_SEGMENTS and all(row["id"] != segment.id for row in known):
        raise Conflict(f"there are {MOST_SEGMENTS} segments already", key="segment", value=segment.id,
                       way_out="remove one that is not used")  # fmt: skip
    shop.store.segments.put(segment.id, record, now, author)
    evaluate_new(shop, now)
    return standing(shop, segment.id)


def _confirmed(confirm: int | None, size: int) -> bool:
    return confirm is not None and abs(confirm - size) <= size * _TOLERANCE


def standing(shop: Shop, segment_id: str) -> Standing:
    """One segment.

    Raises:
        NotFound: there is none with this id.
    """
    return _standing(shop.store.segments.get(segment_id))


def defined(shop: Shop, segment_id: str) -> dict[str, Any] | None:
    """A segment's definition as plain values; None = there is none with this id."""
    try:
        return standing(shop, segment_id).segment.plain()
    except NotFound:
        return None


def standings(shop: Shop) -> list[Standing]:
    """Every segment, by id."""
    return [_standing(row) for row in shop.store.segments.all()]


def _standing(row: Found) -> Standing:
    return Standing(
        segment_from(json.loads(row["record"])), row["version"], row["size"], from_micros(row["changed_at"])
    )


def remove_segment(shop: Shop, segment_id: str, now: datetime) -> int:
    """Take a segment out of use: everybody leaves it. Its versions stay: `undo_segment` brings it back.

    Returns:
        How many left.

    Raises:
        NotFound: there is none with this id.
    """
    return take_away(shop, shop.store.segments.get(segment_id)["no"], now)


def undo_segment(shop: Shop, segment_id: str, now: datetime, *, author: str | None = None) -> Standing:
    """Go back to the version before this one (of a removed segment: to its last), as a new version.

    Raises:
        NotFound: there is none with this id.
        Conflict: there is no version before it.
    """
    row = shop.store.segments.get(segment_id, removed=True)
    versions = shop.store.segments.versions(row["no"])
    back = versions[-1] if row["removed"] else _before(versions, row["record"])
    shop.store.segments.put(segment_id, str(back["record"]), now, author)
    evaluate_new(shop, now)
    return standing(shop, segment_id)


def restore_segment(
    shop: Shop, segment_id: str, before: Mapping[str, Any] | None, now: datetime, *, author: str | None = None
) -> None:
    """Make a segment as it was: of this definition, or (None) not there. One that held everybody may again.

    Raises:
        NotFound: it is to be taken out, and there is none.
        BadCondition: it named what the shop does not have any more.
    """
    if before is None:
        remove_segment(shop, segment_id, now)
        return
    segment = segment_from(before)
    size = preview(shop, segment.condition, segment.who, now, n=0).size
    put_segment(shop, segment, now, author=author, confirm=size)


def sheets_made(shop: Shop) -> bool:
    """Whether conditions can be asked at once; else `make_sheets` reads the whole shop first, once."""
    return bool(shop.store.segments.clock()["watching"] == shop.store.segments.digest)


def make_sheets(shop: Shop, now: datetime, tell: Tell = to_nobody) -> None:
    """Read the whole shop, so that conditions can be asked of it; from then on it is kept current.

    Args:
        shop: whose.
        now: UTC.
        tell: hears how many of all customers and visitors were written.
    """
    begin(shop, now, tell)


def _before(versions: Sequence[Found], record: str) -> Found:
    """The version that stood before: of those undone already the one before them."""
    first = next(place for place, each in enumerate(versions) if each["record"] == record)
    if first == 0:
        raise Conflict("there is no version before this one", key="version", value=versions[-1]["version"])
    return versions[first - 1]


def versions_of(shop: Shop, segment_id: str) -> list[dict[str, Any]]:
    """Every version, oldest first.

    Raises:
        NotFound: there was never one with this id.
    """
    row = shop.store.segments.get(segment_id, removed=True)
    return [
        {
            "version": each["version"],
            "at": from_micros(each["at"]).isoformat(),
            "author": each["author"],
            **{key: value for key, value in json.loads(each["record"]).items() if key != "id"},
        }
        for each in shop.store.segments.versions(row["no"])
    ]


def members_of(shop: Shop, segment_id: str, n: int, after: str = "") -> list[dict[str, Any]]:
    """Up to `n` members whose place in the list comes after `after`.

    Raises:
        NotFound: there is none with this id.
    """
    row = shop.store.segments.get(segment_id)
    return [
        {
            "customer_id": each["customer_id"],
            "anonymous_id": each["anonymous_id"],
            "since": from_micros(each["since"]).isoformat(),
            "cause": each["cause"],
            "place": each["subject"],
        }
        for each in shop.store.segments.members(row["no"], n, after)
    ]


def history_of(shop: Shop, segment_id: str) -> list[dict[str, Any]]:
    """The size at the end of each hour in which it changed, and how many came and went in it, oldest first.

    Raises:
        NotFound: there was never one with this id.
    """
    row = shop.store.segments.get(segment_id, removed=True)
    return [
        {
            "hour": from_micros(each["hour"]).isoformat(),
            "size": each["size"],
            "entered": each["entered"],
            "left": each["left"],
        }
        for each in shop.store.segments.history(row["no"])
    ]


def overlap_of(shop: Shop, segment_ids: Sequence[str]) -> dict[str, Any]:
    """How many are in two or more segments at once: sizes, every pair, and every combination exactly.

    Raises:
        BadValue: fewer than two, too many, or one twice.
        NotFound: there is none with an id.
    """
    if not 1 < len(segment_ids) <= MOST_OVERLAPPED or len(set(segment_ids)) < len(segment_ids):
        raise BadValue(f"must be 2 … {MOST_OVERLAPPED} different segments", key="segments", value=list(segment_ids))
    numbers = {shop.store.segments.get(each)["no"]: each for each in segment_ids}
    exact = shop.store.segments.overlap([*numbers])
    sizes = {each: sum(n for some, n in exact if no in some) for no, each in numbers.items()}
    pairs = [
        {"segments": [numbers[a], numbers[b]], "size": sum(n for some, n in exact if a in some and b in some)}
        for place, a in enumerate(numbers)
        for b in [*numbers][place + 1 :]
    ]
    return {
        "sizes": sizes,
        "pairs": pairs,
        "all": sum(n for some, n in exact if len(some) == len(numbers)),
        "exactly": [{"segments": [numbers[no] for no in some], "size": n} for some, n in exact],
    }


def events_after(shop: Shop, after: int, n: int, segment_id: str | None = None) -> list[dict[str, Any]]:
    """Up to `n` who entered or left a segment, with seq > after, in their order.

    Raises:
        NotFound: there was never a segment with this id.
    """
    no = None if segment_id is None else shop.store.segments.get(segment_id, removed=True)["no"]
    return [
        {
            "seq": each["seq"],
            "segment": each["segment_id"],
            "event": "entered" if each["entered"] else "left",
            "customer_id": each["customer_id"],
            "anonymous_id": each["anonymous_id"],
            "at": from_micros(each["at"]).isoformat(),
            "cause": each["cause"],
        }
        for each in shop.store.segments.events(after, n, no)
    ]


def latest_events(shop: Shop, segment_id: str, n: int) -> list[dict[str, Any]]:
    """Up to `n` who entered or left a segment, newest first.

    Raises:
        NotFound: there was never a segment with this id.
    """
    no = shop.store.segments.get(segment_id, removed=True)["no"]
    return [
        {
            "seq": each["seq"],
            "event": "entered" if each["entered"] else "left",
            "customer_id": each["customer_id"],
            "anonymous_id": each["anonymous_id"],
            "at": from_micros(each["at"]),
            "cause": each["cause"],
        }
        for each in shop.store.segments.latest_events(no, n)
    ]


def moved_since(shop: Shop, moment: datetime) -> dict[str, tuple[int, int]]:
    """Segment → how many came and how many went in the hours since a moment; those that did not move are not here."""
    return {
        str(row["segment_id"]): (int(row["entered"]), int(row["left"]))
        for row in shop.store.segments.moved_since(moment)
    }


# --- one customer --------------------------------------------------------------------------------------------


def sheet_of(shop: Shop, customer_id: str | None, anonymous_id: str | None = None) -> Sheet | None:
    """What conditions read of one customer or visitor, from the store; None of whom nothing is known."""
    subject = CUSTOMER + customer_id if customer_id is not None else VISITOR + (anonymous_id or "")
    row, acts = shop.store.segments.sheet(subject)
    return None if row is None else sheet_from(row, acts)


def sheet_from(row: Found, acts: Sequence[Found]) -> Sheet:
    """A sheet from its row and the rows of its acts, one per name of a product."""
    numbers = _object(row["numbers"])
    names: dict[tuple[int, str], set[str]] = {}
    kept: dict[tuple[int, str], Found] = {}
    for act in acts:
        key = (act["deed"], act["product_id"])
        kept[key] = act
        names.setdefault(key, {act["product_id"]}).update([] if act["name"] is None else [act["name"]])
    pairs = (part.partition("/") for part in row["consents"].strip("|").split("|") if part)
    return Sheet(
        cells={name: row[name] for name in (*TEXT_COLUMNS, *WHOLE_COLUMNS, *NUMBER_COLUMNS)},
        attributes=_object(row["texts"]),
        numbers={name: value / MILLIONTHS for name, value in numbers.items()},
        consents=frozenset((purpose, channel) for purpose, _, channel in pairs),
        acts={
            deed: tuple(
                Act(act["product_id"], frozenset(names[key]), act["last_at"], act["times"])
                for key, act in kept.items()
                if key[0] == code
            )
            for code, deed in enumerate(DEEDS)
        },
    )


def _object(value: "str | Mapping[str, Any] | None") -> dict[str, Any]:
    """JSON as either engine gives it."""
    if value is None:
        return {}
    return json.loads(value) if isinstance(value, str) else dict(value)


def why(
    shop: Shop, segment_id: str, now: datetime, customer_id: str | None = None, anonymous_id: str | None = None
) -> dict[str, Any]:
    """Whether somebody is in a segment now, and which part of its condition says so.

    Raises:
        NotFound: there is no such segment.
        UnknownCustomer: nothing is known of them.
    """
    segment = standing(shop, segment_id).segment
    sheet = sheet_of(shop, customer_id, anonymous_id)
    if sheet is None:
        raise UnknownCustomer("nothing is known of them", key="customer_id", value=customer_id or anonymous_id,
                              way_out="tsuide segment refresh takes up what came just now")  # fmt: skip
    asked = segment.who == "everyone" or (segment.who == "customers") == (customer_id is not None)
    parts = _parts(read_condition(segment.condition), sheet, now, shop_zone(shop))
    return {"segment": segment_id, "in": asked and parts["holds"] is True, "asked": asked, "parts": parts}


def _parts(condition: Condition, sheet: Sheet, now: datetime, place: ZoneInfo) -> dict[str, Any]:
    found = truth(lower(condition, now, place), sheet)
    told: dict[str, Any] = {"condition": text_of(condition), "holds": found}
    match condition:
        case AllOf(parts):
            told["all"] = [_parts(each, sheet, now, place) for each in parts]
        case AnyOf(parts):
            told["any"] = [_parts(each, sheet, now, place) for each in parts]
        case Not(part) if isinstance(part, (AllOf, AnyOf)):
            told["not"] = _parts(part, sheet, now, place)
        case _:
            pass
    return told


def segments_of(shop: Shop, customer_id: str | None, anonymous_id: str | None = None) -> list[str]:
    """The segments that a customer or visitor is in, by id."""
    subject = CUSTOMER + customer_id if customer_id is not None else VISITOR + (anonymous_id or "")
    return [*shop.store.segments.named(subject)]


# --- ready-made ----------------------------------------------------------------------------------------------


def take(
    shop: Shop,
    ready_id: str,
    given: Mapping[str, str],
    now: datetime,
    *,
    author: str | None = None,
    confirm: int | None = None,
) -> Standing:
    """Take a ready-made segment; taken again, its borders are drawn anew as a new version.

    Raises:
        NotFound: there is no such one.
        BadValue: something that it needs is missing.
        BadCondition: a category or product is called otherwise.
    """
    return put_segment(shop, ready_segment(shop, ready_id, given, now), now, author=author, confirm=confirm)


def ready_segment(shop: Shop, ready_id: str, given: Mapping[str, str], now: datetime) -> Segment:
    """The definition that taking a ready-made segment would write.

    Raises:
        NotFound: there is no such one.
        BadValue: something that it needs is missing.
    """
    begin(shop, now)
    return take_ready(ready_id, given, shop.store.segments.quantile, to_micros(now))
