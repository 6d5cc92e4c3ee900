"""Segments over a million made-up customers: a condition of five parts over all of them, and for one."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tsuide.app.segment_keeping import evaluate_everybody
from tsuide.app.segments import sheet_from
from tsuide.kit.clock import MICROS_PER_DAY, to_micros
from tsuide.outreach.segments.lowering import lower
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.sheets import ACTS, SHEETS
from tsuide.outreach.segments.truth import truth
from tsuide.outreach.segments.vocabulary import DEEDS
from tsuide.store.database import Store, open_store
from tsuide.store.segments import Turn

CONDITION: Final = (
    "prefecture = '東京都' and bought('camera', within => 90) and days_since_last_contact > 90 "
    "and churn_risk > 0.6 and spent > 20000"
)
BROAD: Final = (
    "prefecture <> '沖縄県' and not bought('tea', within => 10) and coalesce(days_since_last_contact, 999) > 20 "
    "and churn_risk > 0.3 and spent > 10000"
)
BUDGET_FULL_S: Final = 2.0
BUDGET_ONE_MS: Final = 5.0
_NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
_ZONE: Final = ZoneInfo("Asia/Tokyo")
_AT_ONCE: Final = 100_000
_PRODUCTS: Final = 1_000
_CATEGORIES: Final = ("camera", "tea", "garden", "phone", "book")
_PREFECTURES: Final = ("東京都", "大阪府", "愛知県", "北海道", "福岡県", "沖縄県", "京都府")
_ACTS: Final = 3  # of each customer, on average
Tell = Callable[[str], None]


def bench_segments(
    folder: Path, *, customers: int = 1_000_000, url: str | None = None, repeats: int = 5, seed: int = 0, tell: Tell
) -> dict[str, Any]:
    """Time a condition of five parts: an attribute, a deed within days, days since a contact, a learned value, money.

    Args:
        folder: for the SQLite file.
        customers: how many are made up.
        url: an empty PostgreSQL database instead.
        repeats: the median counts.
        seed: of what is made up.
        tell: hears what is at work.

    Returns:
        full_s (the whole segment: asked of everybody, its members written, who entered noted; full_cpu_s without what
        else the machine did, on SQLite, which works in this process), count_s (asked of
        everybody, nothing written), broad_full_s (the whole of another with so many members), again_s (the whole
        segment once more, nothing changed), one_ms (one customer's sheet read from the store and the condition held
        against it), in_memory_us (without reading), one_update_ms (one customer's memberships written after a fact);
        with the budgets of the first and of one.
    """
    store = open_store(url or f"sqlite:///{folder / 'segments.sqlite'}")
    try:
        _fill(store, customers, np.random.default_rng(seed), tell)
        return _timed(store, customers, repeats, tell)
    finally:
        store.close()


def _fill(store: Store, customers: int, rng: np.random.Generator, tell: Tell) -> None:
    shelf = [(f"p{n}", f"p{n}") for n in range(_PRODUCTS)]
    shelf += [(_CATEGORIES[n % len(_CATEGORIES)], f"p{n}") for n in range(_PRODUCTS)]
    with _turn(store) as turn:
        turn.write_shelf(pl.DataFrame(shelf, schema=["name", "product_id"], orient="row"), None)
    for start in range(0, customers, _AT_ONCE):
        tell(f"making up customers: {start:,}")
        sheets, acts = _people(start, min(_AT_ONCE, customers - start), rng)
        with _turn(store) as turn:
            turn.write_sheets(sheets, acts, [*SHEETS])
    store.segments.tidy()


def _people(start: int, n: int, rng: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    now = to_micros(_NOW)

    def ago(longest: int, known: float = 1.0) -> pl.Series:
        at = pl.Series(now - (rng.random(n) * longest * MICROS_PER_DAY).astype(np.int64))
        return at.zip_with(pl.Series(rng.random(n) < known), pl.Series([None] * n, dtype=pl.Int64))

    ids = [f"{start + place:07}" for place in range(n)]
    prefectures = [_PREFECTURES[place] for place in rng.integers(0, len(_PREFECTURES), n).tolist()]
    texts = [json.dumps({"prefecture": each, "rank": "b"}, ensure_ascii=False) for each in prefectures]
    made = pl.DataFrame({"subject": [f"c{each}" for each in ids], "customer_id": ids, "texts": texts}).with_columns(
        kind=pl.lit("person"),
        consents=pl.lit("|marketing/email|"),
        last_order_at=ago(400, 0.9),
        first_order_at=ago(1_000, 0.9),
        last_contact_at=ago(300, 0.7),
        last_seen_at=ago(60, 0.5),
        created_at=ago(1_500),
        churn_risk=pl.Series(rng.random(n)),
        spent=pl.Series(rng.gamma(1.5, 20_000, n).astype(np.int64)),
        order_count=pl.Series(rng.poisson(4, n).astype(np.int64)),
        open_complaint=pl.lit(0),
        has_email=pl.lit(1),
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SHEETS.items() if name not in made.columns]
    sheets = made.with_columns(*missing).select(pl.col(name).cast(dtype) for name, dtype in SHEETS.items())
    count = n * _ACTS
    acts = pl.DataFrame(
        {
            "subject": [f"c{ids[place]}" for place in rng.integers(0, n, count).tolist()],
            "deed": np.full(count, DEEDS.index("bought")),
            "product_id": [f"p{each}" for each in rng.integers(0, _PRODUCTS, count).tolist()],
            "last_at": now - (rng.random(count) * 400 * MICROS_PER_DAY).astype(np.int64),
            "times": rng.integers(1, 4, count),
        },
        schema=ACTS,
    )
    return sheets, acts.unique(["subject", "deed", "product_id"], keep="first", maintain_order=True)


def _timed(store: Store, customers: int, repeats: int, tell: Tell) -> dict[str, Any]:
    segments, now = store.segments, to_micros(_NOW)
    condition = read_condition(CONDITION)
    lowered = lower(condition, _NOW, _ZONE)
    tell("asking everybody")
    counted = segments.count(lowered, "customers")
    count = [_took(lambda: segments.count(lowered, "customers")) for _ in range(repeats)]
    full, cpu, again = [], [], []
    for place in range(repeats):
        tell(f"the whole segment, run {place + 1} of {repeats}")
        row = segments.put(f"bench-{place}", "{}", _NOW)

        def evaluate(no: int = row["no"]) -> None:
            evaluate_everybody(segments, no, lowered, "customers", now, "defined")

        begun = process_time()
        full.append(_took(evaluate))
        cpu.append(process_time() - begun)
        again.append(_took(evaluate))
    tell("a segment of a third of all")
    wide = lower(read_condition(BROAD), _NOW, _ZONE)
    broad = segments.put("bench-broad", "{}", _NOW)["no"]

    def evaluate_broad() -> None:
        evaluate_everybody(segments, broad, wide, "customers", now, "defined")

    begun = process_time()
    broad_s = _took(evaluate_broad)
    broad_cpu = process_time() - begun
    rng = np.random.default_rng(1)
    some = [f"c{place:07}" for place in rng.integers(0, customers, 500).tolist()]

    def one(subject: str) -> None:
        found, acts = segments.sheet(subject)
        assert found is not None  # noqa: S101 - made up above
        truth(lower(condition, _NOW, _ZONE), sheet_from(found, acts))

    tell("one customer")
    one(some[0])
    single = [_took(lambda subject=subject: one(subject)) for subject in some]  # type: ignore[misc]  # bound at once
    kept = sheet_from(*_sheet(store, some[0]))
    memory = min(_took(lambda: [truth(lowered, kept) for _ in range(1_000)]) for _ in range(repeats)) / 1_000

    def update(number: int) -> None:
        with _turn(store) as turn:
            turn.evaluate(row["no"], lowered, "customers", now, "order", [number])

    updates = [_took(lambda number=number: update(number)) for number in rng.integers(1, customers, 100).tolist()]  # type: ignore[misc]  # as above
    return {
        "customers": customers,
        "store": store.record.dialect.name,
        "condition": CONDITION,
        "members": counted.size,
        "full_s": round(median(full), 3),
        "full_worst_s": round(max(full), 3),
        "full_cpu_s": round(median(cpu), 3),
        "budget_full_s": BUDGET_FULL_S,
        "count_s": round(median(count), 3),
        "again_s": round(median(again), 3),
        "broad_members": segments.count(wide, "customers").size,
        "broad_full_s": round(broad_s, 3),
        "broad_cpu_s": round(broad_cpu, 3),
        "one_ms": round(median(single) * 1e3, 3),
        "one_p99_ms": round(float(np.percentile(single, 99)) * 1e3, 3),
        "budget_one_ms": BUDGET_ONE_MS,
        "in_memory_us": round(memory * 1e6, 2),
        "one_update_ms": round(median(updates) * 1e3, 3),
        "within_budget": bool(median(full) <= BUDGET_FULL_S and median(single) * 1e3 <= BUDGET_ONE_MS),
    }


def _sheet(store: Store, subject: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    row, acts = store.segments.sheet(subject)
    assert row is not None  # noqa: S101 - made up above
    return row, acts


def _turn(store: Store) -> AbstractContextManager[Turn]:
    return store.segments.turn(int(store.segments.clock()["turn"]))


def _took(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
