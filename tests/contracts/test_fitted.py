"""What every learned result must do, whatever the model. Add yours to CASES.

- fitting changes none of its inputs;
- the same seed gives the same result;
- saved in a snapshot and opened again it gives the same answers;
- many questions at once get the answers of one at a time;
- arrays that are missing, of another type or shape are refused by name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadArray
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.promotions import Benefit, Promotion, Targets
from tsuide.facts.schema import conform
from tsuide.kit.arrays import frozen
from tsuide.mining.alternatives import Alternatives
from tsuide.mining.backoff import BackOff
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements
from tsuide.mining.completion import Completion
from tsuide.mining.contact_channel import ContactChannel
from tsuide.mining.contact_time import ContactTime
from tsuide.mining.fillers import Fillers
from tsuide.mining.fitted import Fitted
from tsuide.mining.index import Index
from tsuide.mining.lookalikes import Lookalikes
from tsuide.mining.next_basket import NextBasket
from tsuide.mining.paths import Paths
from tsuide.mining.ranked import Ranked
from tsuide.mining.replenishment import Replenishment
from tsuide.mining.reviews import Reviews
from tsuide.mining.rooms import Rooms
from tsuide.mining.sessions import Sessions
from tsuide.mining.snapshot import open_snapshot, save_snapshot
from tsuide.mining.stated import StatedRelations
from tsuide.mining.timing import Timing
from tsuide.mining.value import LifetimeValue
from tsuide.mining.wants import Wants
from tsuide.mining.whitespace import Whitespace
from tsuide.offers.deal_table import Deals
from tsuide.offers.deals import make_deals
from tsuide.offers.foretold import Lists, foretold
from tsuide.offers.moved import FittedUplift
from tsuide.offers.propensity import Propensity
from tsuide.offers.tiers import Tiers, make_tiers
from tsuide.proof.uplift.groups import groups


@dataclass(frozen=True)
class Case:
    """One model under the contract.

    Args:
        inputs: makes the inputs anew each time, always the same.
        fit: (inputs, seed) → the learned result.
        keys: what can be asked of it.
        one: (result, key) → the answer to one question: frames, arrays, numbers, lists of them.
        many: (result, keys) → the answers to many questions asked at once, in their order.
        unchecked: arrays whose length nothing else tells; left out of the check of shapes only.
    """

    inputs: Callable[[], Sequence[Any]]
    fit: Callable[[Sequence[Any], int], Fitted]
    keys: Sequence[Any]
    one: Callable[[Any, Any], Any]
    many: Callable[[Any, Sequence[Any]], Sequence[Any]]
    unchecked: frozenset[str] = frozenset()


def regulars() -> Baskets:
    """40 customers who take their own product again and again."""
    rows = [(f"o{who}-{n}", f"p{who % 7}", f"c{who}") for n in range(5) for who in range(40)]
    return Baskets.from_frame(
        pl.DataFrame(rows, schema=["order", "sku", "who"], orient="row"), basket="order", item="sku", customer="who"
    )


def uplift(scores: np.ndarray) -> FittedUplift:
    """60 customers from the most put off to the most moved; the holdout supports the two outer groups."""
    group = groups(scores, np.full(len(scores), 0.2))
    ids = Index.of([f"c{n:02}" for n in range(len(scores))])
    untreated, factors = frozen(np.full(len(scores), 0.2)), frozen(np.array([1.5, 1, 1, 0.0]))
    return FittedUplift(ids, frozen(scores.copy()), untreated, frozen(group), factors, {"learner": "t"})


def orders(seed: int = 0) -> pl.DataFrame:
    """400 orders of 60 customers over a year: 30 products, p3 is bought with p4 and p5."""
    rng = np.random.default_rng(seed)
    rows = []
    for order in range(400):
        items = set(rng.zipf(1.6, int(rng.integers(1, 6))).clip(max=30).tolist())
        if 3 in items and rng.random() < 0.8:
            items |= {4, 5}
        day = int(rng.integers(0, 365))
        rows += [(f"o{order:03}", f"p{item}", f"c{order % 60:02}", day, 1 + item % 2) for item in sorted(items)]
    frame = pl.DataFrame(rows, schema=["order", "product", "customer", "day", "quantity"], orient="row")
    return frame.with_columns(
        at=pl.datetime(2025, 1, 1, time_zone="UTC") + pl.duration(days=pl.col("day")),
        price=pl.col("product").str.slice(1).cast(pl.Int64) * 100 + 100,
    )


def baskets() -> Baskets:
    return Baskets.from_frame(
        orders(), basket="order", item="product", customer="customer", time="at", quantity="quantity", price="price"
    )


def catalogue_of_letters() -> pl.DataFrame:
    """The products of `orders` and one more, in three categories, named alike within each."""
    numbers = [*range(1, 31), 99]
    return pl.DataFrame(
        {
            "id": [f"p{n}" for n in numbers],
            "title": [f"{('茶碗', '急須', '湯のみ')[n % 3]} {n}" for n in numbers],
            "category": [[("bowls", "pots", "cups")[n % 3]] for n in numbers],
        }
    )


def complements_at_once(fitted: Any, keys: Sequence[str]) -> list[pl.DataFrame]:
    whole = fitted.frame()
    return [whole.filter(pl.col("anchor") == key) for key in keys]


def wants_of(fitted: Any, key: str) -> tuple[list[str], list[float], list[int]]:
    found = fitted.likely(key, 5, now=datetime(2026, 1, 5, tzinfo=UTC), cart=["p3"])
    return found.items, found.chance, found.times


def ids_of(ranked: Ranked) -> list[list[str]]:
    return [ranked.ids(query) for query in range(len(ranked))]


def reviews() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return pl.DataFrame(
        {
            "product_id": [f"p{n % 8}" for n in range(80)],
            "rating": rng.integers(1, 6, 80),
            "text": [(f"Review {n}. More of it.", f"評価その{n}です。", None)[n % 3] for n in range(80)],
            "helpful": rng.integers(0, 9, 80),
        }
    )


def bought() -> pl.DataFrame:
    return orders().select("customer", pl.col("product").alias("line"), pl.col("price").alias("amount"))


def touches() -> pl.DataFrame:
    rows = orders()
    return rows.select(
        "customer",
        pl.lit("email").alias("channel"),
        (pl.col("at") + pl.duration(hours=pl.col("price") % 24)).alias("at"),
        (pl.col("price") % 3 == 0).alias("reacted"),
    )


def offers_shown(n: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    product = rng.integers(0, 20, n)
    return pl.DataFrame(
        {
            "unit": [f"u{each}" for each in rng.integers(0, 90, n)],
            "kind": ["cross_sell", "up_sell"] * (n // 2),
            "placement": ["cart"] * n,
            "source": ["complements"] * n,
            "product_id": [f"p{each}" for each in product],
            "category": [f"c{each % 4}" for each in product],
            "anchor_category": [None, "c1"] * (n // 2),
            "place": rng.integers(0, 3, n),
            "prior": rng.uniform(0, 1, n),
            "accepted": rng.random(n) < 0.3,
        }
    )


def deals() -> Deals:
    products = conform(
        pl.DataFrame({"id": ["a", "b", "c"], "price": [1000, 500, None], "currency": ["JPY"] * 3}), PRODUCTS
    )
    tenth = Promotion("tenth", {}, Benefit("percent", 1_000), "JPY")
    off = Promotion("off", {}, Benefit("amount", 80), "JPY", Targets(products=("a", "b")))
    return make_deals([tenth, off], products, {}, datetime(2026, 1, 1, tzinfo=UTC))


def shelf_of_tea() -> pl.DataFrame:
    """30 products of three needs, with sizes, brands and attributes; prices rise with the number."""
    return pl.DataFrame(
        {
            "id": [f"p{n}" for n in range(1, 31)],
            "title": [f"お茶 {n} 100g" for n in range(1, 31)],
            "category": [["drinks", f"tea {n % 3}"] for n in range(1, 31)],
            "brand": [f"b{n % 4}" for n in range(1, 31)],
            "price": [100 + 30 * n for n in range(1, 31)],
            "currency": ["JPY"] * 30,
            "attributes": [f'{{"grade": "{n % 5}"}}' for n in range(1, 31)],
        }
    )


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tiers() -> Tiers:
    """Five percent off from 4,000; points for some on tea."""
    names = {"ja": "週", "en": "The week"}
    vip = Targets(least=9_000, segments=("vip",), categories=("tea",), placements=("cart",), products=("a",))
    return make_tiers(
        [
            Promotion("week", names, Benefit("percent", 500), "JPY", Targets(least=4_000)),
            Promotion("vip", names, Benefit("points", 500), "JPY", vip),
        ],
        pl.DataFrame({"id": ["a"], "price": [500], "cost": [200]}),
    )


CASES: dict[str, Case] = {
    "alternatives": Case(
        inputs=lambda: [shelf_of_tea(), baskets()],
        fit=lambda inputs, seed: Alternatives(top=5).fit(inputs[0], inputs[1], seed=seed),
        keys=["p1", "p3", "p7"],
        one=lambda fitted, key: fitted.of(key)["item"].to_list(),
        many=lambda fitted, keys: [fitted.frame().filter(pl.col("anchor") == key)["item"].to_list() for key in keys],
        unchecked=frozenset(
            {"ids_blob", "ids_offsets", "titles_blob", "titles_offsets", "brands_blob", "brands_offsets"}
            | {"attributes_keys_blob", "attributes_keys_offsets", "attributes_values_blob", "attributes_values_offsets"}
        ),
    ),
    "timing": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: Timing(min_count=2).fit(inputs[0], seed=seed),
        keys=[("p3", "p4"), ("p3", "p5")],
        one=lambda fitted, key: fitted.window(*key).ratio_low,
        many=lambda fitted, keys: [
            fitted.frame().filter((pl.col("anchor") == a) & (pl.col("item") == b))["ratio_low"].item() for a, b in keys
        ],
    ),
    "replenishment": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: Replenishment().fit(inputs[0], groups={"p1": "a", "p2": "a"}, seed=seed),
        keys=[("c01", "p1"), ("c17", "p2"), ("nobody", "p1")],
        one=lambda fitted, key: float(fitted.probability([key[0]], [key[1]], NOW)[0]),
        many=lambda fitted, keys: fitted.probability([key[0] for key in keys], [key[1] for key in keys], NOW).tolist(),
    ),
    "value": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, _: LifetimeValue().fit(inputs[0]),
        keys=["c01", "c17"],
        one=lambda fitted, key: fitted.of(key, NOW).purchases,
        many=lambda fitted, keys: [
            fitted.frame(NOW).filter(pl.col("customer") == key)["purchases"].item() for key in keys
        ],
    ),
    "deals": Case(
        inputs=list,
        fit=lambda _inputs, _seed: deals(),
        keys=["a", "b"],
        one=lambda fitted, key: fitted.of(key),
        many=lambda fitted, keys: [fitted.of(key) for key in keys],
        unchecked=frozenset({"products_offsets", "groups_offsets", "gives_offsets", "named_blob", "named_offsets"}),
    ),
    "tiers": Case(
        inputs=list,
        fit=lambda _inputs, _seed: tiers(),
        keys=["week", "vip", "gone"],
        one=lambda fitted, key: fitted.title(key, "en"),
        many=lambda fitted, keys: [fitted.title(key, "en") for key in keys],
    ),
    "lookalikes": Case(
        inputs=lambda: [
            orders().select(
                customer_id="customer",
                product_id=pl.when(pl.col("customer").str.slice(1).cast(pl.Int64) % 3 == 0)
                .then(pl.lit("snow-boots"))
                .otherwise("product"),
            )
        ],
        fit=lambda inputs, _: Lookalikes(min_group=5, min_count=2).fit(
            inputs[0], {f"c{n:02}": ("age=20-29",) if n % 3 else ("prefecture=北海道",) for n in range(60)}
        ),
        keys=["age=20-29", "prefecture=北海道", "industry=none"],
        one=lambda fitted, key: fitted.of((key,)),
        many=lambda fitted, keys: [fitted.frame().filter(pl.col("group") == key) for key in keys],
        unchecked=frozenset({"items_offsets", "groups_offsets"}),
    ),
    "relations": Case(
        inputs=lambda: [
            pl.DataFrame(
                [("a", "b", "accessory"), ("b", "c", "never_with")],
                schema=["product_id", "other_id", "relation"],
                orient="row",
            )
        ],
        fit=lambda inputs, _: StatedRelations.of(inputs[0]),
        keys=["a", "b"],
        one=lambda fitted, key: fitted.frame().filter(product_id=key),
        many=lambda fitted, keys: [fitted.frame().filter(product_id=key) for key in keys],
        unchecked=frozenset({"ids_offsets"}),
    ),
    "backoff": Case(
        inputs=lambda: [catalogue_of_letters(), baskets()],
        fit=lambda inputs, _: BackOff(few=1).fit(
            inputs[0], inputs[1], Complements(top=5, min_count=2).fit(inputs[1], tune=False)
        ),
        keys=["p30", "p3", "p99"],
        one=lambda fitted, key: fitted.of(key),
        many=complements_at_once,
    ),
    "propensity": Case(
        inputs=lambda: [offers_shown()],
        fit=lambda inputs, _: Propensity().fit(inputs[0]),
        keys=[0, 1, 399],
        one=lambda fitted, key: fitted.predict(offers_shown()[key]),
        many=lambda fitted, keys: list(fitted.predict(offers_shown()[keys]).reshape(-1, 1)),
        unchecked=frozenset({"categories_offsets", "table"}),
    ),
    "foretold": Case(
        inputs=lambda: [regulars()],
        fit=lambda inputs, _: foretold(inputs[0], lambda before: Lists(NextBasket().fit(before, tune=False))),
        keys=[0.0, 0.3, 1.0],
        one=lambda fitted, key: fitted.next.of(np.array([key])),
        many=lambda fitted, keys: list(fitted.next.of(np.array(keys)).reshape(-1, 1)),
        unchecked=frozenset({"beside_scores", "beside_shares"}),
    ),
    "uplift": Case(
        inputs=lambda: [np.linspace(-0.2, 0.3, 60)],
        fit=lambda inputs, _: uplift(inputs[0]),
        keys=["c00", "c30", "c59", "nobody"],
        one=lambda fitted, key: [fitted.segment_of(key)],
        many=lambda fitted, keys: [[fitted.segment_of(key)] for key in keys],
    ),
    "reviews": Case(
        inputs=lambda: [reviews()],
        fit=lambda inputs, _: Reviews().fit(inputs[0]),
        keys=["p0", "p3"],
        one=lambda fitted, key: fitted.of(key),
        many=lambda fitted, keys: [fitted.of(key) for key in keys],
    ),
    "whitespace": Case(
        inputs=lambda: [bought()],
        fit=lambda inputs, _: Whitespace(neighbours=10).fit(inputs[0]),
        keys=["c00", "c17"],
        one=lambda fitted, key: fitted.of(key),
        many=lambda fitted, keys: [fitted.of(key) for key in keys],
        unchecked=frozenset({"lines_offsets"}),
    ),
    "rooms": Case(
        inputs=lambda: [bought().with_columns(currency=pl.lit("JPY"))],
        fit=lambda inputs, _: Rooms().fit(inputs[0], sorted(set(inputs[0]["customer"]))),
        keys=["c00", "c17", "nobody"],
        one=lambda fitted, key: fitted.of(key),
        many=lambda fitted, keys: [fitted.of(key) for key in keys],
        unchecked=frozenset({"lines_offsets"}),
    ),
    "contact_channel": Case(
        inputs=lambda: [touches()],
        fit=lambda inputs, _: ContactChannel().fit(inputs[0]),
        keys=["c00", "c17", "nobody"],
        one=lambda fitted, key: fitted.rates(key),
        many=lambda fitted, keys: [fitted.rates(key) for key in keys],
    ),
    "contact_time": Case(
        inputs=lambda: [touches()],
        fit=lambda inputs, _: ContactTime().fit(inputs[0]),
        keys=["c00", "c17", "nobody"],
        one=lambda fitted, key: fitted.best(key, "email"),
        many=lambda fitted, keys: [fitted.best(key, "email") for key in keys],
    ),
    "bundles": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, _: Bundles(min_count=2).fit(inputs[0], Complements(min_count=2).fit(inputs[0], tune=False)),
        keys=["p3", "p4", "p5"],
        one=lambda fitted, key: fitted.of(key),
        many=lambda fitted, keys: [fitted.of(key) for key in keys],
    ),
    "fillers": Case(
        inputs=lambda: [baskets(), orders().select(pl.col("product").alias("id"), "price").unique("id").sort("id")],
        fit=lambda inputs, _: Fillers().fit(inputs[0], inputs[1], margins={"p1": 60, "p2": 90}),
        keys=[150, 400],
        one=lambda fitted, key: fitted.recommend(key),
        many=lambda fitted, keys: [fitted.recommend(key) for key in keys],
    ),
    "paths": Case(
        inputs=lambda: [orders()],
        fit=lambda inputs, _: Paths(min_count=2).fit(
            inputs[0].select("customer", pl.col("at").alias("time"), pl.col("product").alias("step"))
        ),
        keys=["p1", "p3"],
        one=lambda fitted, key: fitted.next(key),
        many=lambda fitted, keys: [fitted.next(key) for key in keys],
        unchecked=frozenset({"steps_offsets"}),
    ),
    "completion": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: Completion().fit(inputs[0], seed=seed),
        keys=[(("p3",), "c01"), (("p1", "p2"), None), ((), "c17")],
        one=lambda fitted, key: fitted.recommend([key[0]], [key[1]], n=5).ids(0),
        many=lambda fitted, keys: ids_of(fitted.recommend([key[0] for key in keys], [key[1] for key in keys], n=5)),
    ),
    "next_basket": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: NextBasket().fit(inputs[0], seed=seed),
        keys=["c01", "c17", "nobody"],
        one=lambda fitted, key: fitted.recommend([key], n=5).ids(0),
        many=lambda fitted, keys: ids_of(fitted.recommend(keys, n=5)),
        unchecked=frozenset({"curve_base", "curve_knot", "curve_weight"}),  # empty: so few orders get no curves
    ),
    "wants": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: Wants().fit(inputs[0], {f"p{n}": f"g{n % 5}" for n in range(1, 31)}, seed=seed),
        keys=["c01", "c17", "nobody"],
        one=wants_of,
        many=lambda fitted, keys: [wants_of(fitted, key) for key in keys],
        unchecked=frozenset({"usual"}),  # empty: no attribute tells anything
    ),
    "sessions": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: Sessions().fit(inputs[0], seed=seed),
        keys=[("p3",), ("p1", "p4"), ("p2", "p9", "p3")],
        one=lambda fitted, key: fitted.recommend(list(key), n=5).ids(0),
        many=lambda fitted, keys: [fitted.recommend(list(key), n=5).ids(0) for key in keys],
    ),
    "complements": Case(
        inputs=lambda: [baskets()],
        fit=lambda inputs, seed: Complements(top=5, min_count=2).fit(inputs[0], seed=seed),
        keys=["p1", "p3", "p7"],
        one=lambda fitted, key: fitted.of(key),
        many=complements_at_once,
        unchecked=frozenset({"apart"}),
    ),
}

NAMES = sorted(CASES)


def leaves(thing: Any) -> list[Any]:
    """An input or answer as a flat list of plain values, for comparison."""
    if isinstance(thing, pl.DataFrame):
        return [thing.schema, thing.rows()]
    if isinstance(thing, np.ndarray):
        return [thing.dtype.str, thing.shape, thing.tobytes()]
    if isinstance(thing, Fitted):
        return [leaves(dict(thing.arrays())), thing.meta()]
    if isinstance(thing, dict):
        return [(key, leaves(value)) for key, value in sorted(thing.items())]
    if hasattr(thing, "__dataclass_fields__"):
        thing = [(name, getattr(thing, name)) for name in thing.__dataclass_fields__]
    return [leaves(each) for each in thing] if isinstance(thing, list | tuple) else [thing]


@pytest.fixture(scope="module")
def fitted() -> Callable[[str], Fitted]:
    kept: dict[str, Fitted] = {}

    def get(name: str) -> Fitted:
        if name not in kept:
            kept[name] = CASES[name].fit(CASES[name].inputs(), 0)
        return kept[name]

    return get


@pytest.mark.parametrize("name", NAMES)
def test_fitting_changes_none_of_its_inputs(name: str) -> None:
    inputs = CASES[name].inputs()
    CASES[name].fit(inputs, 0)
    assert leaves(list(inputs)) == leaves(list(CASES[name].inputs()))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_result(name: str, fitted: Callable[[str], Fitted]) -> None:
    again = CASES[name].fit(CASES[name].inputs(), 0)
    assert leaves(again) == leaves(fitted(name))


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_opened_it_gives_the_same_answers(name: str, fitted: Callable[[str], Fitted], tmp_path: Path) -> None:
    result = fitted(name)
    save_snapshot(tmp_path, {result.name: result}, {})
    opened = open_snapshot(tmp_path).parts[result.name]
    assert type(opened) is type(result)
    assert leaves(opened) == leaves(result)
    case = CASES[name]
    assert [leaves(case.one(opened, key)) for key in case.keys] == [leaves(case.one(result, key)) for key in case.keys]


@pytest.mark.parametrize("name", NAMES)
def test_many_questions_get_the_answers_of_one_at_a_time(name: str, fitted: Callable[[str], Fitted]) -> None:
    case, result = CASES[name], fitted(name)
    singly = [leaves(case.one(result, key)) for key in case.keys]
    assert any(len(str(each)) > 2 for each in singly)
    assert [leaves(each) for each in case.many(result, case.keys)] == singly


@pytest.mark.parametrize("name", NAMES)
def test_what_it_carries_nobody_changes(name: str, fitted: Callable[[str], Fitted]) -> None:
    assert [key for key, array in fitted(name).arrays().items() if array.flags.writeable] == []


@pytest.mark.parametrize("name", NAMES)
def test_bad_arrays_are_refused_by_name(name: str, fitted: Callable[[str], Fitted]) -> None:
    result = fitted(name)
    whole, meta = dict(result.arrays()), result.meta()
    for key, array in whole.items():
        with pytest.raises(BadArray, match=key):
            type(result).from_arrays({other: each for other, each in whole.items() if other != key}, meta)
        with pytest.raises(BadArray, match=key):
            type(result).from_arrays({**whole, key: array.astype("U8")}, meta)
        if key not in CASES[name].unchecked:
            longer = {**whole, key: np.concatenate([array, array[-1:]])}
            with pytest.raises(BadArray, match="|".join(whole)):  # of two that do not fit, either is named
                type(result).from_arrays(longer, meta)
