"""Keep segments current: as facts arrive, as the clock goes on, and as something new is learned.

Facts name whom they touch (triggers in the store); whose sheet is made anew is decided by that and by nothing else.
Reading and making sheets happens outside of the write transaction: a shop's decisions wait for no segment.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import polars as pl

from tsuide.app.jobs import Tell, to_nobody
from tsuide.app.locks import in_turn
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NothingLearned, SnapshotDamaged, Unavailable
from tsuide.kit.clock import MICROS_PER_DAY, from_micros, midnight, to_micros, zone
from tsuide.mining.snapshot import current_snapshot, open_snapshot
from tsuide.mining.value import FittedLifetimeValue
from tsuide.offers.moved import GROUPS, FittedUplift
from tsuide.outreach.segments.definition import Segment, segment_from
from tsuide.outreach.segments.lowering import Lowered, Tick, lower, ticks_of
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.sheets import ACTS, CUSTOMER, OWN_COLUMNS, SHEETS, VISITOR, make_sheets, shelf_of
from tsuide.outreach.segments.vocabulary import LEARNED_COLUMNS, Who
from tsuide.store.rows import Found
from tsuide.store.segments import Moved, Segments, Turn

VISITOR_DAYS: Final = 90
"""After so long without a sign a visitor without a name is forgotten here."""
MOST_AT_ONCE: Final = 500
_READ: Final = 20_000  # touches
_WHOLE_INSTEAD: Final = 50_000  # touches: making everything anew is quicker then
_AT_ONCE: Final = 20_000  # sheets of one transaction, so that nobody waits long for it
_EVALUATED_AT_ONCE: Final = 500_000  # sheets of one transaction: so long nobody else writes
_TURNED_BACK: Final = 600_000_000  # microseconds by which a clock may be set back without asking about everybody
_TRIES: Final = 5
_DAY: Final = timedelta(days=1)
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Kept:
    """What one look did.

    Args:
        sheets: made anew.
        entered: memberships begun.
        left: memberships ended.
        more: something waits for the next look.
    """

    sheets: int = 0
    entered: int = 0
    left: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A segment at one moment."""

    no: int
    segment: Segment
    lowered: Lowered


def shop_zone(shop: Shop) -> ZoneInfo:
    """By whose calendar days, ages and birthdays are counted."""
    return zone(shop.settings.time_zone)


def running(shop: Shop, now: datetime) -> list[Running]:
    """Every segment with its condition at `now`."""
    place = shop_zone(shop)
    found = []
    for row in shop.store.segments.all():
        segment = segment_from(json.loads(row["record"]))
        found.append(Running(row["no"], segment, lower(read_condition(segment.condition), now, place)))
    return found


def keep_segments(shop: Shop, now: datetime) -> Kept:
    """Bring every segment up to date with what happened until now; at most `MOST_AT_ONCE` customers at a time.

    Raises:
        Unavailable: the store does not answer.
    """
    if not shop.store.segments.clock()["watching"]:
        return Kept()
    begin(shop, now)
    return _alone(shop, lambda turn: _look(shop, now, turn))


def keep_all_segments(shop: Shop, now: datetime) -> Kept:
    """`keep_segments` until nothing waits any more.

    Raises:
        Unavailable: the store does not answer.
    """
    done = Kept(more=True)
    while done.more:
        one = keep_segments(shop, now)
        done = Kept(done.sheets + one.sheets, done.entered + one.entered, done.left + one.left, one.more)
    return done


def begin(shop: Shop, now: datetime, tell: Tell = to_nobody) -> bool:
    """See to it that facts are watched and every sheet is made; True where that was still to do."""
    segments = shop.store.segments
    if segments.clock()["watching"] == segments.digest:
        return False
    return _alone(shop, lambda _: _make_everything(shop, now, tell))


def _alone(shop: Shop, work: Callable[[int], Done]) -> Done:
    """Do what takes a turn; where somebody on another machine took it first, look again."""
    with in_turn(shop.settings.home / "segments.lock"):
        for _ in range(_TRIES):
            try:
                return work(int(shop.store.segments.clock()["turn"]))
            except Conflict as error:
                if error.key != "turn":
                    raise
        raise Unavailable("others keep segments current without end", key="segments", way_out="try again")


def _look(shop: Shop, now: datetime, expected: int) -> Kept:
    segments = shop.store.segments
    touches = segments.touches(_READ)
    if len(touches) == _READ and segments.newest_touch() - int(touches[0]["seq"]) >= _WHOLE_INSTEAD:
        _make_all_sheets(shop, now, expected)
        _evaluate_all(shop, now, "import")
        return Kept(more=True)
    clock = segments.clock()
    snapshot = current_snapshot(shop.snapshots)
    if snapshot is not None and snapshot != clock["snapshot_id"]:
        _take_up_learned(shop, now, snapshot)
        moved = _evaluate_all(shop, now, "learned")
        return Kept(0, moved.entered, moved.left, more=True)
    if any(row["evaluated_at"] is None for row in segments.all()):
        moved = _evaluate_all(shop, now, "defined", only_new=True)
        return Kept(0, moved.entered, moved.left, more=True)
    if to_micros(now) < clock["checked_at"] - _TURNED_BACK:
        moved = _evaluate_all(shop, now, "time")
        return Kept(0, moved.entered, moved.left, more=True)
    due = clock["due_at"] is not None and to_micros(now) >= clock["due_at"]
    if not touches and not due:
        return Kept()
    some = _first(touches, MOST_AT_ONCE)
    return _move(shop, now, expected, some, due=due, more=len(some) < len(touches) or len(touches) == _READ)


def _first(touches: Sequence[Found], n: int) -> list[Found]:
    """Every touch of the first `n` who were touched: who did ten things is made anew once."""
    whom: set[tuple[object, ...]] = set()
    some = []
    for touch in touches:
        who = (touch["customer_id"], touch["anonymous_id"], touch["product_id"])
        if who in whom or len(whom) < n:
            whom.add(who)
            some.append(touch)
    return some


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """Sheets of some, made but not written."""

    sheets: pl.DataFrame
    acts: pl.DataFrame
    shelf: pl.DataFrame
    products: list[str]
    gone: dict[str, str]
    causes: dict[str, str]


def _move(shop: Shop, now: datetime, expected: int, touches: Sequence[Found], *, due: bool, more: bool) -> Kept:
    """Make the sheets of who was touched anew, and ask about them, and about those whom the clock may have moved."""
    made = _made(shop, touches, now)
    at, entered, left = to_micros(now), 0, 0
    runs = running(shop, now)
    with shop.store.segments.turn(expected) as turn:
        clock = shop.store.segments.clock()
        turn.take([each["seq"] for each in touches])
        numbers = turn.write_sheets(made.sheets, made.acts, OWN_COLUMNS) if len(made.sheets) else {}
        for subject, cause in made.gone.items():
            left += turn.drop_sheets([subject], at, cause)
        by_cause: dict[str, set[int]] = {}
        for subject, number in numbers.items():
            by_cause.setdefault(made.causes.get(subject, "joined"), set()).add(number)
        if made.products:
            by_cause.setdefault("product", set()).update(turn.write_shelf(made.shelf, made.products))
        asked: set[int] = set()
        for cause, some in by_cause.items():
            these = sorted(some - asked)
            asked |= some
            for run in runs if these else ():
                moved = turn.evaluate(run.no, run.lowered, run.segment.who, at, cause, these)
                entered, left = entered + moved.entered, left + moved.left
        ticks = _ticks(runs)
        start = int(clock["checked_at"])
        days = (from_micros(start).astimezone(shop_zone(shop)).date(), now.astimezone(shop_zone(shop)).date())
        if due:
            moved = _by_the_clock(turn, runs, start, at, days)
            entered, left = entered + moved.entered, left + moved.left
            turn.set_clock(checked_at=at, due_at=_due(shop, turn, ticks, now, None))
        elif asked:
            sooner = [_due(shop, turn, ticks, now, sorted(asked)), clock["due_at"]]
            turn.set_clock(due_at=min((each for each in sooner if each is not None), default=None))
    if due and days[0] != days[1]:
        left += _forget_visitors(shop, at)
    return Kept(len(numbers), entered, left, more)


def _made(shop: Shop, touches: Sequence[Found], now: datetime) -> _Made:
    causes: dict[str, str] = {}
    customers: set[str] = set()
    visitors: set[str] = set()
    products: set[str] = set()
    for touch in touches:
        customer, visitor, product = (touch[name] for name in ("customer_id", "anonymous_id", "product_id"))
        if customer is not None:
            customers.add(customer)
            causes[CUSTOMER + customer] = touch["cause"]
        if visitor is not None:
            visitors.add(visitor)
            causes.setdefault(VISITOR + visitor, touch["cause"])
        if product is not None:
            products.add(product)
    if not causes:
        empty = pl.DataFrame(schema=SHEETS), pl.DataFrame(schema=ACTS)
        return _Made(*empty, _shelf(shop, products), sorted(products), {}, {})
    facts = shop.store.segments.facts(sorted(customers), sorted(visitors), now - timedelta(days=VISITOR_DAYS))
    joined = dict(facts["joined"].iter_rows())
    for visitor in visitors & joined.keys():
        causes.setdefault(CUSTOMER + joined[visitor], causes[VISITOR + visitor])
    bought = facts["lines"]["product_id"].unique().to_list()
    sheets, acts = make_sheets(facts, _leaves(shop.store.segments.products(bought)))
    there = set(sheets["subject"].to_list())
    gone = {subject: "joined" if subject[1:] in joined else "gone" for subject in causes if subject not in there}
    return _Made(sheets, acts, _shelf(shop, products), sorted(products), gone, causes)


def _leaves(products: pl.DataFrame) -> dict[str, str]:
    """Product → its leaf category."""
    return {id_: category[-1] for id_, category in products.select("id", "category").iter_rows() if category}


def _shelf(shop: Shop, products: set[str]) -> pl.DataFrame:
    return shelf_of(shop.store.segments.products(sorted(products)))


def _by_the_clock(turn: Turn, runs: Sequence[Running], start: int, at: int, days: tuple[date, date]) -> Moved:
    """Ask about those whom the clock may have moved since the last look."""
    whom: dict[Tick, list[int]] = {}
    entered = left = 0
    for run in runs:
        some: set[int] = set()
        for tick in ticks_of(run.lowered):
            if tick not in whom:
                whom[tick] = turn.ticked(tick, start, at, days)
            some.update(whom[tick])
        if some:
            moved = turn.evaluate(run.no, run.lowered, run.segment.who, at, "time", sorted(some))
            entered, left = entered + moved.entered, left + moved.left
    return Moved(entered, left)


def _forget_visitors(shop: Shop, at: int) -> int:
    """Take away every visitor without a name who is silent for too long; how many memberships ended.

    Part by part, as they may be many; who is killed in between goes on at the next midnight.
    """
    segments, left = shop.store.segments, 0
    while silent := segments.silent_visitors(at - VISITOR_DAYS * MICROS_PER_DAY, _AT_ONCE):
        with segments.turn(int(segments.clock()["turn"])) as turn:
            left += turn.drop_sheets(silent, at, "gone")
    return left


def _ticks(runs: Sequence[Running]) -> list[Tick]:
    return [*dict.fromkeys(tick for run in runs for tick in ticks_of(run.lowered))]


def _due(shop: Shop, turn: Turn, ticks: Sequence[Tick], now: datetime, numbers: Sequence[int] | None) -> int:
    """When the clock may next change something: a lag that runs out, or else the next midnight."""
    place = shop_zone(shop)
    tomorrow = midnight(now.astimezone(place).date() + _DAY, place)
    lapses = [turn.next_tick(tick, to_micros(now), numbers) for tick in ticks]
    return min([tomorrow, *(each for each in lapses if each is not None)])


def take_away(shop: Shop, segment_no: int, now: datetime) -> int:
    """Take a segment out of use: everybody leaves it; how many."""

    def work(expected: int) -> int:
        with shop.store.segments.turn(expected) as turn:
            return turn.remove(segment_no, to_micros(now))

    return _alone(shop, work)


def evaluate_new(shop: Shop, now: datetime) -> Moved:
    """Ask about everybody for segments that are new or changed."""
    return _alone(shop, lambda _: _evaluate_all(shop, now, "defined", only_new=True))


def _evaluate_all(shop: Shop, now: datetime, cause: str, *, only_new: bool = False) -> Moved:
    """Ask about everybody, one segment per transaction."""
    segments, at = shop.store.segments, to_micros(now)
    entered = left = 0
    new = {row["no"] for row in segments.all() if row["evaluated_at"] is None}
    for run in running(shop, now):
        if only_new and run.no not in new:
            continue
        why = "defined" if run.no in new else cause
        moved = evaluate_everybody(segments, run.no, run.lowered, run.segment.who, at, why)
        entered, left = entered + moved.entered, left + moved.left
    runs = running(shop, now)
    with segments.turn(int(segments.clock()["turn"])) as turn:
        clock = segments.clock()
        if not clock["checked_at"] or not only_new:
            turn.set_clock(checked_at=at)
        due = _due(shop, turn, _ticks(runs), now, None)
        turn.set_clock(due_at=due if clock["due_at"] is None or not only_new else min(due, clock["due_at"]))
    return Moved(entered, left)


def evaluate_everybody(segments: Segments, segment_no: int, lowered: Lowered, who: Who, at: int, cause: str) -> Moved:
    """Ask about everybody, part by part: others who write wait for one part at most."""
    entered = left = 0
    for start in range(1, segments.newest_number() + 1, _EVALUATED_AT_ONCE):
        with segments.turn(int(segments.clock()["turn"])) as turn:
            part = range(start, start + _EVALUATED_AT_ONCE)
            moved = turn.evaluate(segment_no, lowered, who, at, cause, part)
            entered, left = entered + moved.entered, left + moved.left
    with segments.turn(int(segments.clock()["turn"])) as turn:
        turn.evaluated(segment_no, at)
    return Moved(entered, left)


def _make_everything(shop: Shop, now: datetime, tell: Tell) -> bool:
    """Watch, make every sheet, and only then say so: who is killed in between begins anew."""
    segments = shop.store.segments
    if segments.clock()["watching"] == segments.digest:  # another process was quicker
        return False
    segments.watch()
    _make_all_sheets(shop, now, int(segments.clock()["turn"]), tell)
    snapshot = current_snapshot(shop.snapshots)
    if snapshot is not None:
        _take_up_learned(shop, now, snapshot)
    _evaluate_all(shop, now, "import")
    with segments.turn(int(segments.clock()["turn"])) as turn:
        turn.set_clock(watching=segments.digest)
    return True


def _make_all_sheets(shop: Shop, now: datetime, expected: int, tell: Tell = to_nobody) -> None:
    """Every sheet from all facts, written part by part; what is touched meanwhile stays touched.

    Raises:
        Conflict: somebody else took a turn, or somebody was erased, since the facts were read.
    """
    segments, turns = shop.store.segments, count(expected)
    tell("read", 0, 0)
    upto = segments.newest_touch()
    facts = segments.facts(None, (), now - timedelta(days=VISITOR_DAYS))
    products = segments.products(None)
    sheets, acts = make_sheets(facts, _leaves(products))
    gone = sorted(set(segments.subjects()) - set(sheets["subject"].to_list()))
    with segments.turn(next(turns)) as turn:
        turn.write_shelf(shelf_of(products), None)
        turn.drop_sheets(gone, to_micros(now), "gone")
    acts = acts.join(sheets.select("subject", place=pl.int_range(pl.len())), on="subject", maintain_order="left")
    for start in range(0, len(sheets), _AT_ONCE):
        here = acts.filter(pl.col("place").is_between(start, start + _AT_ONCE - 1)).drop("place")
        with segments.turn(next(turns)) as turn:
            turn.write_sheets(sheets.slice(start, _AT_ONCE), here, OWN_COLUMNS)
        tell("write", min(start + _AT_ONCE, len(sheets)), len(sheets))
    with segments.turn(next(turns)) as turn:
        turn.forget_touches(upto)
        turn.set_clock(snapshot_id=None)


def _take_up_learned(shop: Shop, now: datetime, snapshot_id: str) -> None:
    """Write what was learned of each customer into their sheets: only what changed."""
    segments = shop.store.segments
    turns, learned = count(int(segments.clock()["turn"])), _learned(shop, now)
    rows = segments.learned_rows()
    before = rows.select("no", *LEARNED_COLUMNS)
    after = rows.select("no", "subject").join(learned, on="subject", how="left", maintain_order="left").drop("subject")
    after = after.select("no", *LEARNED_COLUMNS)
    changed = pl.any_horizontal(pl.col(name).ne_missing(before[name]) for name in LEARNED_COLUMNS)
    moved = after.filter(after.select(changed).to_series())
    for start in range(0, len(moved), _AT_ONCE):
        with segments.turn(next(turns)) as turn:
            turn.write_learned(moved.slice(start, _AT_ONCE))
    with segments.turn(next(turns)) as turn:
        turn.set_clock(snapshot_id=snapshot_id)


def _learned(shop: Shop, now: datetime) -> pl.DataFrame:
    """`subject` and learned columns, of everybody of whom something was learned."""
    shape = {name: SHEETS[name] for name in ("subject", *LEARNED_COLUMNS)}
    try:
        parts = open_snapshot(shop.snapshots).parts
    except (NothingLearned, SnapshotDamaged):
        return pl.DataFrame(schema=shape)
    value, uplift = parts.get("value"), parts.get("uplift")
    found = pl.DataFrame(schema={"subject": pl.String()})
    if isinstance(value, FittedLifetimeValue):
        found = value.frame(now).select(
            subject=CUSTOMER + pl.col("customer"),
            churn_risk=1 - pl.col("alive"),
            expected_orders="purchases",
            expected_spend=pl.col("revenue").cast(pl.Float64).round().cast(pl.Int64),
            expected_margin=pl.col("margin").cast(pl.Float64).round().cast(pl.Int64),
            return_risk="return_risk",
            payment_risk="payment_risk",
        )
    if isinstance(uplift, FittedUplift):
        supported = {group: group if uplift.supported(group) else None for group in GROUPS}
        names = pl.Series([GROUPS[place] for place in uplift.group.tolist()], dtype=pl.String)
        moved = pl.DataFrame(
            {
                "subject": pl.Series(uplift.customer_ids.ids, dtype=pl.String),
                "uplift": uplift.uplift,
                "uplift_group": names.replace_strict(supported, default=None, return_dtype=pl.String),
            }
        ).with_columns(subject=CUSTOMER + pl.col("subject"))
        found = found.join(moved, on="subject", how="full", coalesce=True)
    missing = [pl.lit(None, shape[name]).alias(name) for name in shape if name not in found.columns]
    whole = found.with_columns(*missing)
    return whole.select(pl.col(name).cast(dtype).fill_nan(None) if dtype == pl.Float64() else pl.col(name).cast(dtype)
                        for name, dtype in shape.items())  # fmt: skip
