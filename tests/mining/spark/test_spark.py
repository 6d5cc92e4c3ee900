"""What Spark finds is what the local models find: counts, ranks and cuts exactly."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.app.loading import load
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.errors import BadColumns, BadFile, BadValue, MissingExtra, NothingLearned, TooFewData
from tsuide.intake import complete_journey
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements
from tsuide.mining.cooccurrence import Score
from tsuide.mining.fitted import Fitted
from tsuide.mining.replenishment import Replenishment
from tsuide.mining.snapshot import open_snapshot, save_snapshot
from tsuide.mining.spark.__main__ import main
from tsuide.mining.spark.complements import fit_complements
from tsuide.mining.spark.gather import gathered
from tsuide.mining.spark.job import learn_with_spark
from tsuide.mining.spark.lines import Columns, SparkBaskets, read_lines
from tsuide.mining.spark.session import missing, spark_session
from tsuide.mining.spark.timing import fit_timing
from tsuide.mining.timing import FEWEST_PAIRS, Timing
from tsuide.mining.value import LifetimeValue
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide
from tsuide.offers.policy.load import load_policy
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)  # noon in Tokyo
NAMES = {"basket": "order_id", "item": "product_id", "customer": "customer_id", "time": "placed_at"}

pytestmark = pytest.mark.spark


def local(lines: pl.DataFrame) -> Baskets:
    return Baskets.from_frame(lines, **NAMES, quantity="quantity", price="unit_price")


def same_baskets(found: Baskets, expected: Baskets) -> list[str]:
    """Arrays and ids that are not exactly the same."""
    arrays = ("items_of", "item", "quantity", "price", "customer", "time")
    left, right = ([getattr(each, name) for name in arrays] for each in (found, expected))
    pairs = zip(arrays, left, right, strict=True)
    differing = [name for name, a, b in pairs if a.dtype != b.dtype or not np.array_equal(a, b)]
    ids = ("item_ids", "customer_ids", "basket_ids", "has_time")
    return differing + [name for name in ids if getattr(found, name) != getattr(expected, name)]


def differences(one: Fitted, other: Fitted) -> list[str]:
    """Arrays and notes that are not exactly the same."""
    left, right = one.arrays(), other.arrays()
    found = list(left.keys() ^ right.keys())
    for name in left.keys() & right.keys():
        floats = left[name].dtype.kind == "f"  # NaN = not recorded, on both sides
        if not np.array_equal(left[name], right[name], equal_nan=floats):
            found.append(name)
    found += [name for name in left if left[name].dtype != right[name].dtype]
    return found + [name for name, value in one.meta().items() if other.meta()[name] != value]


def test_baskets_are_those_of_the_local_reading(spread: SparkBaskets, lines: pl.DataFrame) -> None:
    baskets = local(lines)
    assert (spread.n_baskets, spread.item_ids) == (baskets.n_baskets, baskets.item_ids)
    assert spread.degree.tolist() == baskets.count_of_item().tolist()
    assert same_baskets(gathered(spread), local(lines)) == []


@pytest.mark.parametrize(
    "parameters",
    [Complements(), Complements(top=5, min_count=2, score=Score("ppmi"), rate=0.2)],
    ids=["default", "few, ppmi"],
)
def test_complements_equal_the_local_ones(spread: SparkBaskets, lines: pl.DataFrame, parameters: Complements) -> None:
    alone = Complements(parameters.top, parameters.min_count, parameters.score, parameters.rate, keep=False)
    expected = alone.fit(local(lines), tune=False)
    assert expected.p_cut > 0
    assert expected.frame()["significant"].sum() > 0
    assert differences(fit_complements(spread, parameters), expected) == []


def test_timing_equals_the_local_one_also_in_what_it_tunes(spread: SparkBaskets, lines: pl.DataFrame) -> None:
    popular = [f"p{n}" for n in (1, 2, 3, 4, 5, 6, 41, 42, 51, 52, 53)]
    pairs = pl.DataFrame([(a, b) for a in popular for b in popular if a != b], schema=["anchor", "item"], orient="row")
    assert len(pairs) >= FEWEST_PAIRS
    expected = Timing().fit(local(lines), pairs=pairs, seed=3)
    assert expected.bought.sum() > 0
    assert expected.strength != Timing().strength
    assert differences(fit_timing(spread, pairs=pairs, seed=3), expected) == []


def test_timing_finds_the_pairs_that_the_local_one_finds(spread: SparkBaskets, lines: pl.DataFrame) -> None:
    expected = Timing().fit(local(lines))
    assert len(expected.partner) > 0
    assert differences(fit_timing(spread), expected) == []


def test_what_cannot_be_read_is_refused_by_name(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="nowhere"):
        read_lines(spark, [str(tmp_path / "nowhere.parquet")], Columns())
    path = tmp_path / "lines.parquet"
    pl.DataFrame({"order_id": [1, None], "product_id": [None, "a"], "weight": [1.5, 2.5]}).write_parquet(path)
    with pytest.raises(BadColumns, match="customer_id"):
        read_lines(spark, [str(path)], Columns())
    with pytest.raises(BadColumns, match="weight"):
        read_lines(spark, [str(path)], Columns(item="weight", customer=None, time=None))
    with pytest.raises(NothingLearned):
        read_lines(spark, [str(path)], Columns(customer=None, time=None))


def test_timing_without_times_is_refused(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    pl.DataFrame({"order_id": [1, 1], "product_id": [7, 8]}).write_parquet(path)
    baskets = read_lines(spark, [str(path)], Columns(customer=None, time=None))
    assert baskets.item_ids.ids == ["7", "8"]
    with pytest.raises(TooFewData, match="without times"):
        fit_timing(baskets)


def test_without_java_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert missing() == "Java is not installed"
    with pytest.raises(MissingExtra, match="Java 17"):
        spark_session()


def test_the_command_writes_a_snapshot_from_which_the_engine_decides(
    spark: Any, lines: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parquet in, one run of the command, a shop's own home, a decision out; what Spark does not learn is kept."""
    path, categories, home = tmp_path / "lines.parquet", tmp_path / "categories.parquet", tmp_path / "home"
    lines.rename({"order_id": "basket number"}).write_parquet(path)
    small = {f"p{n}": "small" for n in range(40)}
    pl.DataFrame({"product_id": list(small), "category": list(small.values())}).write_parquet(categories)
    with opened(Settings(home=home)) as shop:
        shop.store.facts.write_products(catalogue())
        before = Complements(score="ppmi").fit(local(lines[:500]), tune=False)  # as tuned here once
        sets = Bundles().fit(local(lines[:500]), before)
        save_snapshot(shop.snapshots, {"bundles": sets, "complements": before}, {})
        options = ["--relations", "complements", "replenishment", "value", "--sequence", "7"]
        options += ["--basket", "basket number", "--quantity", "quantity", "--price", "unit_price"]
        options += ["--categories", str(categories), "--master", spark.sparkContext.master]
        assert main([str(path), "--snapshots", str(shop.snapshots), *options]) == 0
        printed = capsys.readouterr()
        snapshot = open_snapshot(shop.snapshots)
        assert (printed.out.strip(), snapshot.number, snapshot.meta["sequence"]) == (snapshot.id, 2, 7)
        assert printed.err.split()[-5:] == ["read", "complements", "replenishment", "value", "save"]
        ranked = Complements(score="ppmi", keep=False).fit(local(lines), tune=False)
        assert differences(snapshot.parts["complements"], ranked) == []
        due = Replenishment().fit(local(lines), groups=small)
        assert differences(snapshot.parts["replenishment"], due) == []
        assert differences(snapshot.parts["value"], LifetimeValue().fit(local(lines))) == []
        assert differences(snapshot.parts["bundles"], sets) == []
        state = load(shop).state
    asked = OfferRequest("product", product_id="p41")
    decision = decide(asked, state, CustomerView(), load_policy("rules: {evidence: off}"), now=NOW, seed=7)
    assert decision.snapshot_id == snapshot.id
    best = decision.slate[0]
    assert (best.product_id, best.kind, best.source) == (
        "p42",
        "cross_sell",
        "complements",
    )
    assert best.reasons[0].numbers["count"] == ranked.of("p41", 1)["count"].item()


def catalogue() -> pl.DataFrame:
    """The shop's 80 products, on sale: one dear thing, and what could go with it."""
    ids = [f"p{n}" for n in range(1, 81)]
    return pl.DataFrame(
        {"id": ids, "title": [f"Thing {each}" for each in ids], "category": [[each] for each in ids]}
    ).with_columns(
        price=pl.when(pl.col("id") == "p41").then(10_000).otherwise(1_000),
        cost=pl.lit(500),
        currency=pl.lit("JPY"),
        stock=pl.lit(9),
        status=pl.lit("active"),
        kind=pl.lit("physical"),
        tax_rate=pl.lit(1000),
        tax_included=pl.lit(value=True),
    )


def test_what_cannot_be_learned_is_refused_by_name(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadValue, match="gossip"):
        learn_with_spark(spark, ["lines"], tmp_path, relations=["gossip"], now=NOW)
    nowhere = [str(tmp_path / "none"), "--snapshots", str(tmp_path), "--master", spark.sparkContext.master]
    assert main(nowhere) == 1
    assert "bad-file" in capsys.readouterr().err


@pytest.mark.soak
def test_a_grocers_year_is_learned_alike(spark: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """1.47 million real lines of 2,469 households: what is read, complements, timing and value, exactly."""
    data = complete_journey.load()
    orders = data.orders.select(pl.col("id").alias("order_id"), "customer_id", "placed_at")
    lines = data.lines.select("order_id", "product_id", "quantity", "unit_price").join(orders, on="order_id")
    path = tmp_path / "year.parquet"
    lines.write_parquet(path)
    tell = _clock(capfd)
    with _within(SOAK_MINUTES, spark):
        spread = read_lines(spark, [str(path)], Columns(quantity="quantity", price="unit_price"))
        tell(f"Spark has read {len(lines):,} lines")
        baskets = local(lines)
        assert same_baskets(gathered(spread), baskets) == []
        tell("and gives the same baskets back")
        complements = fit_complements(spread)
        tell(f"Spark has complements: {complements.pairs:,} pairs")
        assert differences(complements, Complements(keep=False).fit(baskets, tune=False)) == []
        tell("the same as here")
        timing = fit_timing(spread, seed=1)
        tell(f"Spark has timing: {len(timing.partner):,} pairs")
        assert differences(timing, Timing().fit(baskets, seed=1)) == []
        tell("the same as here")
        assert differences(LifetimeValue().fit(gathered(spread)), LifetimeValue().fit(baskets)) == []
        tell("value is the same as here")
        spread.release()


SOAK_MINUTES = 45  # of two busy cores; about 6 on two idle ones


def _clock(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Tells what was done, with the seconds since the last time, past pytest's capture."""
    last = [perf_counter()]

    def tell(what: str) -> None:
        now = perf_counter()
        with capfd.disabled():
            print(f"\n{now - last[0]:6.0f} s  {what}", end="", flush=True)  # noqa: T201 - progress of a long test
        last[0] = now

    return tell


@contextmanager
def _within(minutes: float, spark: Any) -> Iterator[None]:
    """Ends Spark's jobs, and so the test, when the time is over: a hanging worker is a failure, not a wait."""
    timer = Timer(60 * minutes, spark.sparkContext.cancelAllJobs)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
