"""One condition, three ways: in memory, on SQLite, on PostgreSQL; of random conditions the same result."""

import json
import random
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tsuide.kit.clock import MICROS_PER_DAY, from_micros, to_micros, zone
from tsuide.outreach.segments.condition import (
    AllOf,
    Always,
    Among,
    AnyOf,
    Attribute,
    Between,
    BirthdayWithin,
    Compare,
    Condition,
    Consented,
    Did,
    Known,
    Like,
    Not,
    Otherwise,
    Plain,
    Sum,
    Unknown,
    Yes,
    text_of,
)
from tsuide.outreach.segments.lowering import lower, ticks_of, whole_date
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.sheets import ACTS, SHEETS, millionths
from tsuide.outreach.segments.truth import Act, Sheet, truth
from tsuide.outreach.segments.vocabulary import (
    DEEDS,
    FACTS,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    WHOLE_COLUMNS,
)
from tsuide.store.database import Store, open_store
from tsuide.store.engines import reading
from tsuide.store.segment_sql import where
from tsuide.store.segment_tables import segment_sheet

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ZONES = (zone("Asia/Tokyo"), zone("America/Sao_Paulo"), zone("UTC"))
WORDS = [
    "東京都",
    "Tokyo",
    "tokyo",
    "a*b",
    "a?b",
    "[a]",
    "50%",
    "a_b",
    "",
    "c\\d",
    "line\nbreak",
    "O'Neil",
    "12",
    "12.50",
    "-3",
]
NAMES = ["prefecture", "会員ランク", "points", "select", "within"]
SHELF = {"p1": ("p1", "camera", "camera/lens"), "p2": ("p2", "camera"), "p3": ("p3", "tea", "50%")}


def a_sheet(draw: random.Random, place: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A customer of whom much is not known, with values on and beside every border."""

    def maybe(value: Any) -> Any:
        return None if draw.random() < 0.3 else value

    def moment() -> int:
        days = draw.choice([0, 1, 7, 30, 89, 90, 91, 365, -2])
        return to_micros(NOW) - days * MICROS_PER_DAY + draw.choice([-1, 0, 1, 3_600_000_000])

    born = maybe(draw.choice([date(2006, 3, 1), date(2006, 3, 2), date(2004, 2, 29), date(1950, 12, 31)]))
    texts = {name: draw.choice(WORDS) for name in NAMES if draw.random() < 0.7}
    numbers = {name: found for name, text in texts.items() if (found := millionths(text)) is not None}
    consents = [each for each in ("marketing/email", "marketing/any", "analytics/site") if draw.random() < 0.4]
    row: dict[str, Any] = dict.fromkeys(SHEETS) | {
        "subject": f"c{place:03}",
        "customer_id": f"{place:03}",
        **{name: maybe(moment()) for name in WHOLE_COLUMNS if name.endswith("_at")},
        **{name: maybe(draw.choice([0, 1, 5, 90, 10**15, -1])) for name in WHOLE_COLUMNS if name[-3:] != "_at"},
        **{name: maybe(draw.choice([0.0, 0.1, 0.5, 0.6, 1.0, 1 / 3, 90.0])) for name in NUMBER_COLUMNS},
        **{name: maybe(draw.choice([*FACTS[name].choices, "ja"])) for name in TEXT_COLUMNS},
        **{name: draw.choice([0, 1, None]) for name in ("has_email", "has_phone", "open_complaint")},
        "born": None if born is None else whole_date(born),
        "birthday": None if born is None else born.month * 100 + born.day,
        "age_given": draw.choice([None, None, 20]),
        "consents": f"|{'|'.join(consents)}|" if consents else "",
        "texts": json.dumps(texts, ensure_ascii=False) if texts else None,
        "numbers": json.dumps(numbers, ensure_ascii=False) if numbers else None,
    }  # fmt: skip
    acts = [
        {
            "subject": row["subject"],
            "deed": deed,
            "product_id": product,
            "last_at": moment(),
            "times": draw.choice([1, 2]),
        }
        for deed in range(len(DEEDS))
        for product in SHELF
        if draw.random() < 0.3
    ]
    return row, acts


def in_memory(row: dict[str, Any], acts: list[dict[str, Any]]) -> Sheet:
    numbers = json.loads(row["numbers"] or "{}")
    return Sheet(
        cells={name: row[name] for name in (*TEXT_COLUMNS, *WHOLE_COLUMNS, *NUMBER_COLUMNS)},
        attributes=json.loads(row["texts"] or "{}"),
        numbers={name: value / 1_000_000 for name, value in numbers.items()},
        consents=frozenset(
            (part.split("/")[0], part.split("/")[1]) for part in row["consents"].strip("|").split("|") if part
        ),
        acts={
            deed: [
                Act(act["product_id"], frozenset(SHELF[act["product_id"]]), act["last_at"], act["times"])
                for act in acts
                if act["deed"] == code
            ]
            for code, deed in enumerate(DEEDS)
        },
    )


DRAW = random.Random(7)  # noqa: S311 - customers of a test
PEOPLE = [a_sheet(DRAW, place) for place in range(60)]
IN_MEMORY = {row["subject"]: in_memory(row, acts) for row, acts in PEOPLE}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('segments') / 'store.sqlite'}"
    else:
        base = sa.make_url(request.getfixturevalue("postgres")).set(drivername="postgresql")
        name = f"t{secrets.token_hex(8)}"
        with psycopg.connect(base.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = base.set(database=name).render_as_string(hide_password=False)
    store = open_store(url)
    segments = store.segments
    sheets = pl.DataFrame([row for row, _ in PEOPLE], schema=SHEETS)
    acts = pl.DataFrame([act for _, acts in PEOPLE for act in acts], schema=ACTS)
    shelf = pl.DataFrame(
        [(name, product) for product, names in SHELF.items() for name in names],
        schema=["name", "product_id"],
        orient="row",
    )
    with segments.turn(segments.clock()["turn"]) as turn:
        turn.write_shelf(shelf, None)
        turn.write_sheets(sheets, acts, [*SHEETS])
    yield store
    store.close()


def in_database(store: Store, condition: Condition, now: datetime, place: Any, *, few: bool) -> dict[str, bool | None]:
    sql = where(lower(condition, now, place), store.record.dialect.name, few=few)
    value = sa.case((sql, 1), (sa.not_(sql), 0), else_=None)
    with reading(store.record) as connection:
        rows = connection.execute(sa.select(segment_sheet.c.subject, value)).all()
    return {subject: None if found is None else bool(found) for subject, found in rows}


# --- random conditions ------------------------------------------------------------------------------------

OPERATORS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
EQUAL = st.sampled_from(["=", "<>"])
PLAIN = st.one_of(
    st.sampled_from([0, 1, 2, 5, 90, 0.5, 0.6, 12.5, -3, 10**15]),
    st.integers(-1000, 1000),
    st.sampled_from([0.1, 1e-6]),
)


def named(*kinds: str) -> list[str]:
    return [name for name, fact in FACTS.items() if fact.kind in kinds]


NUMERIC = st.one_of(
    st.sampled_from(named("whole", "money", "number")).map(Known),
    st.sampled_from(NAMES).map(lambda name: Attribute(name, number=True)),
)
SUMS = st.recursive(
    NUMERIC,
    lambda inner: st.one_of(
        st.builds(Sum, st.sampled_from("+-*/"), inner, st.one_of(inner, PLAIN.map(Plain))),
        st.builds(Otherwise, inner, PLAIN),
    ),
    max_leaves=3,
)
CLOCKED = st.sampled_from(named("days", "age")).map(Known)
FREE_TEXT = st.one_of(st.just(Known("language")), st.sampled_from(NAMES).map(Attribute))
TEXTS = st.one_of(FREE_TEXT, st.builds(Otherwise, FREE_TEXT, st.sampled_from(WORDS)))
DATES = st.sampled_from(
    [
        "2026-03-01",
        "2026-02-28",
        "2025-03-01",
        "2026-01-30",
        "2026-03-01T03:00:00+00:00",
        "2026-02-28T12:00",
        "2025-10-19",
    ]
)
MOMENTS = st.sampled_from(named("moment")).map(Known)
PATTERNS = st.lists(
    st.sampled_from(["%", "_", "a", "t", "T", "*", "?", "[", "]", "\\%", "\\_", "\\\\", "京", "5"]), max_size=5
).map("".join)
DEED = st.sampled_from(DEEDS)
WHAT = st.sampled_from([None, "camera", "camera/lens", "p3", "50%", "nothing of the kind"])
LEAVES = st.one_of(
    st.builds(Compare, SUMS, OPERATORS, st.one_of(PLAIN.map(Plain), SUMS)),
    st.builds(Compare, CLOCKED, OPERATORS, st.sampled_from([0, 1, 20, 89, 90, 90.5, 91, -1, 365]).map(Plain)),
    st.builds(
        lambda term, instead, operator, value: Compare(Otherwise(term, instead), operator, Plain(value)),
        CLOCKED,
        st.sampled_from([0, 90, 999]),
        OPERATORS,
        st.sampled_from([0, 90, 91]),
    ),
    st.builds(Compare, TEXTS, EQUAL, st.one_of(st.sampled_from(WORDS).map(Plain), TEXTS)),
    st.builds(Compare, MOMENTS, OPERATORS, st.one_of(DATES.map(Plain), MOMENTS)),
    st.builds(
        Between, st.one_of(SUMS, CLOCKED), st.sampled_from([-1, 0, 1, 0.5, 89]), st.sampled_from([1, 20, 90, 90.5])
    ),
    st.builds(Between, MOMENTS, DATES, DATES),
    st.builds(Among, st.one_of(SUMS, CLOCKED), st.lists(PLAIN, min_size=1, max_size=3).map(tuple)),
    st.builds(Among, TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple)),
    st.builds(Like, TEXTS, PATTERNS),
    st.builds(Unknown, st.one_of(SUMS, CLOCKED, TEXTS, MOMENTS)),
    st.builds(Yes, st.sampled_from(named("yes"))),
    st.builds(Did, DEED, WHAT, st.sampled_from([None, 1, 7, 90, 365])),
    st.builds(Did, DEED, WHAT, st.none(), st.sampled_from([1, 2, 3])),
    st.builds(Consented, st.sampled_from(["marketing", "analytics"]), st.sampled_from(["email", "site", "any"])),
    st.builds(BirthdayWithin, st.sampled_from([0, 1, 7, 366])),
    st.builds(Always, st.booleans()),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=6,
)
THREE_WAYS = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@THREE_WAYS
@given(
    condition=CONDITIONS,
    shift=st.sampled_from([0, 1, -1, 86_400_000_000, 40_000_000_000]),
    place=st.sampled_from(ZONES),
)
@example(condition=Compare(Sum("/", Known("spent"), Known("order_count")), ">", Plain(0.5)), shift=0, place=ZONES[0])
@example(condition=Not(Like(Attribute("prefecture"), "t%")), shift=0, place=ZONES[0])
def test_memory_and_database_agree_on_every_condition(
    filled: Store, condition: Condition, shift: int, place: Any
) -> None:
    now = from_micros(to_micros(NOW) + shift)
    lowered = lower(condition, now, place)
    expected = {subject: truth(lowered, sheet) for subject, sheet in IN_MEMORY.items()}
    assert in_database(filled, condition, now, place, few=False) == expected, text_of(condition)
    assert in_database(filled, condition, now, place, few=True) == expected, text_of(condition)


def ambiguous(condition: Condition) -> bool:
    """An attribute alone beside nothing that says how it is read, or a number of days that nobody may write."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return any(ambiguous(each) for each in parts)
        case Not(part):
            return ambiguous(part)
        case Unknown(term):
            return isinstance(term, Attribute) and term.number
        case Compare(Attribute(_, True), _, Attribute(_, True)):
            return True
        case Among(Known(name), values):
            return FACTS[name].kind in {"days", "age"} and any(abs(float(each)) > 36_500 for each in values)
        case _:
            return False


@settings(max_examples=200)
@given(condition=CONDITIONS)
def test_a_conditions_text_reads_back_to_what_holds_of_the_same_customers(condition: Condition) -> None:
    text = text_of(condition)
    assume(not ambiguous(condition))
    again = read_condition(text)
    assert text_of(again) == text_of(read_condition(text_of(again)))
    lowered, reread = (lower(each, NOW, ZONES[0]) for each in (condition, again))
    assert [truth(lowered, each) for each in IN_MEMORY.values()] == [
        truth(reread, each) for each in IN_MEMORY.values()
    ], text


@settings(max_examples=200)
@given(condition=CONDITIONS, hours=st.integers(1, 24 * 40), person=st.sampled_from([*IN_MEMORY]))
def test_what_no_tick_announces_does_not_change_with_the_clock(condition: Condition, hours: int, person: str) -> None:
    """Between two moments a membership changes only where a tick says so."""
    later, place = NOW + timedelta(hours=hours), ZONES[0]
    before, after = lower(condition, NOW, place), lower(condition, later, place)
    sheet = IN_MEMORY[person]
    assert truth(before, sheet) == truth(after, sheet) or ticks_of(before)
    assert ticks_of(before) == ticks_of(after)
