"""Wants: what is sold a few times is told by its group, its buyer and its cart; every chance stays a chance."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import TooFewData
from tsuide.kit.clock import MICROS_PER_DAY, from_micros, to_micros
from tsuide.mining.baskets import Baskets
from tsuide.mining.logistic import probability
from tsuide.mining.wants import Wants
from tsuide.mining.wants_model import FittedWants, context_of

GROUPS = {f"{group}{n}": group for group in ("tea", "cup", "pen", "ink", "mat") for n in range(4)}
TODAY = from_micros(200 * MICROS_PER_DAY)


def shop(customers: int = 60, seed: int = 1) -> Baskets:
    """An order every ten days. Tea every 20 days, with cups; pens with ink; a mat hardly ever, once for all.

    Half are tea drinkers and never take pens, half the other way round. Everybody takes the product of a group whose
    number is theirs.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        mine = who % 4
        for n in range(18):
            main = "tea" if who % 2 else "pen"
            held = [f"{main}{mine}"] if n % 2 == 0 else []
            if held and rng.random() < 0.7:
                held.append(f"{'cup' if main == 'tea' else 'ink'}{mine}")
            if n == who % 18:
                held.append(f"mat{mine}")
            rows += [(f"o{who}-{n}", f"c{who}", each, (10 * n + who % 5) * MICROS_PER_DAY) for each in held]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")


@pytest.fixture(scope="module")
def fitted() -> FittedWants:
    return Wants().fit(shop(), GROUPS)


def chance_of(fitted: FittedWants, customer: str, group: str, now: datetime = TODAY, **asked: object) -> float:
    found = fitted.likely(customer, 40, now=now, **asked)  # type: ignore[arg-type]  # cart or looked_at
    return sum(each for item, each in zip(found.items, found.chance, strict=True) if GROUPS[item] == group)


def test_who_buys_of_a_group_is_told_from_who_does_not_and_gets_their_own_of_it_first(fitted: FittedWants) -> None:
    assert chance_of(fitted, "c1", "tea") > 5 * chance_of(fitted, "c0", "tea")
    teas = [each for each in fitted.likely("c1", 40, now=TODAY).items if GROUPS[each] == "tea"]
    assert teas[0] == "tea1"


def test_what_was_just_bought_is_wanted_less_than_what_has_run_out(fitted: FittedWants) -> None:
    last = 160 + 1  # c1's last tea
    soon, late = (from_micros((last + days) * MICROS_PER_DAY) for days in (2, 20))
    assert chance_of(fitted, "c1", "tea", soon) < 0.5 * chance_of(fitted, "c1", "tea", late)


def test_a_purchase_since_learning_counts_at_once(fitted: FittedWants) -> None:
    yesterday = {"tea1": 199 * MICROS_PER_DAY}
    assert chance_of(fitted, "c1", "tea", owned=yesterday) < 0.5 * chance_of(fitted, "c1", "tea")


def test_a_cart_calls_for_what_lies_in_carts_with_it_and_for_nothing_of_its_own_group(fitted: FittedWants) -> None:
    assert chance_of(fitted, "nobody", "cup", cart=["tea0"]) > 3 * chance_of(fitted, "nobody", "cup", cart=["pen0"])
    assert chance_of(fitted, "nobody", "cup", looked_at="tea0") > 3 * chance_of(
        fitted, "nobody", "cup", looked_at="pen0"
    )
    assert chance_of(fitted, "c1", "tea", cart=["tea0"]) == 0.0


def test_a_new_customer_wants_what_everybody_wants(fitted: FittedWants) -> None:
    assert chance_of(fitted, "nobody", "tea") > 2 * chance_of(fitted, "nobody", "mat") > 0


def test_chances_of_a_group_come_true_as_often_as_they_say() -> None:
    orders = shop(200, seed=3)
    learned = Wants().fit(orders.select(np.flatnonzero(orders.time < 160 * MICROS_PER_DAY)), GROUPS)
    later = np.flatnonzero(orders.time >= 160 * MICROS_PER_DAY)
    foretold = came = 0.0
    for basket in later.tolist():
        who, now = orders.customer_ids.ids[orders.customer[basket]], from_micros(int(orders.time[basket]))
        foretold += chance_of(learned, who, "tea", now)
        came += any(GROUPS[orders.item_ids.ids[each]] == "tea" for each in orders.of(basket).tolist())
    assert came > 50
    assert foretold == pytest.approx(came, rel=0.25)


def test_the_dearer_of_two_that_are_as_likely_comes_first() -> None:
    orders = shop()
    worth = dict.fromkeys(GROUPS, 100.0)
    cheap = Wants().fit(orders, GROUPS, worth=worth).likely("c1", 1, now=TODAY)
    dear = Wants().fit(orders, GROUPS, worth=worth | {"mat1": 1e6}).likely("c1", 1, now=TODAY)
    assert cheap.items == ["tea1"]
    assert dear.items == ["mat1"]


def test_who_bought_for_one_system_is_offered_what_fits_it_and_a_word_that_tells_nothing_is_not_read() -> None:
    systems = {item: {"system": "AB"[int(item[-1]) // 2], "odd": "x" if item < "m" else "y"} for item in GROUPS}
    plain, told = (Wants().fit(shop(), GROUPS, attributes=each) for each in (None, systems))
    assert told.strength < 1.0 < plain.strength  # everybody's products are all of one system
    assert [int(told.trait_of[told.item_ids.position(item)]) for item in ("tea1", "cup3")] == [0, 1]
    assert dict(zip(*_inks(plain), strict=True))["ink0"] < 2 * dict(zip(*_inks(plain), strict=True))["ink2"]
    inks = dict(zip(*_inks(told), strict=True))
    assert inks["ink0"] > 5 * inks["ink2"]  # c1 bought for A and never bought ink
    assert sum(inks.values()) == pytest.approx(sum(_inks(plain)[1]), rel=0.01)  # a group's chance is shared anew
    assert told.likely("nobody", 40, now=TODAY, looked_at="pen2").items[0] == "ink2"


def _inks(fitted: FittedWants) -> tuple[list[str], list[float]]:
    found = fitted.likely("c1", 40, now=TODAY)
    kept = [place for place, item in enumerate(found.items) if GROUPS[item] == "ink"]
    return [found.items[place] for place in kept], [found.chance[place] for place in kept]


def few_come_back(*, faithful: bool) -> Baskets:
    """One thing an order: 900 customers come once, 120 twice, a third of these for the same thing where faithful."""
    names = list(GROUPS)
    rows = [(f"s{who}", f"once{who}", names[who % 20], who % 100 * MICROS_PER_DAY) for who in range(900)]
    for who in range(120):
        then = 0 if faithful and who % 3 == 0 else 1 + who // 20
        rows += [
            (f"o{who}-{n}", f"c{who}", names[(who + n * then) % 20], (60 * n + who % 50) * MICROS_PER_DAY)
            for n in range(2)
        ]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    return Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at")


def test_who_comes_back_for_their_own_is_told_from_who_does_not_though_most_come_once() -> None:
    by_product = {item: item for item in GROUPS}
    faithful, alike = (Wants().fit(few_come_back(faithful=each), by_product) for each in (True, False))
    assert faithful.shape <= 0.2  # of twenty things a third of all bought the same again
    assert alike.shape >= 10.0  # nobody did


def test_an_offer_of_one_of_many_is_taken_as_often_as_an_offer_of_one_of_two() -> None:
    groups = {"a0": "few", "a1": "few"} | {f"b{n}": "many" for n in range(10)}
    rows = [  # each group by every customer, in turn of its products
        (f"o{who}-{n}", f"c{who}", f"a{who % 2}" if n % 2 else f"b{who % 10}", (20 * n + who % 5) * MICROS_PER_DAY)
        for who in range(60)
        for n in range(6)
    ]
    frame = pl.DataFrame(rows, schema=["order", "who", "sku", "at"], orient="row")
    fitted = Wants().fit(Baskets.from_frame(frame, basket="order", item="sku", customer="who", time="at"), groups)

    def ratio(*, offered: bool) -> float:
        found = fitted.likely("nobody", 12, now=TODAY, offered=offered)
        of = dict(zip(found.items, found.chance, strict=True))
        return float(max(of[each] for each in of if each[0] == "a") / max(of[each] for each in of if each[0] == "b"))

    assert ratio(offered=False) == pytest.approx(5.0, rel=0.1)  # bought is each of ten a fifth as often as each of two
    assert ratio(offered=True) == pytest.approx(1.0, rel=0.1)  # who wants one takes what is shown


def test_a_handful_of_orders_tells_nothing() -> None:
    with pytest.raises(TooFewData, match="orders"):
        Wants().fit(shop(2), GROUPS)


@given(
    customer=st.sampled_from([*(f"c{n}" for n in range(12)), "nobody"]),
    cart=st.lists(st.sampled_from([*GROUPS, "unheard-of"]), max_size=6),
    day=st.integers(150, 900),
)
def test_every_chance_is_one_and_no_product_comes_twice(
    fitted: FittedWants, customer: str, cart: list[str], day: int
) -> None:
    found = fitted.likely(customer, 12, now=from_micros(day * MICROS_PER_DAY), cart=cart)
    assert all(0 < each <= 1 for each in found.chance)
    assert len(set(found.items)) == len(found.items) <= 12
    assert not {GROUPS[each] for each in found.items} & {GROUPS[each] for each in cart if each in GROUPS}


def _plainly(
    fitted: FittedWants,
    customer: str,
    n: int,
    now: datetime,
    cart: list[str],
    owned: dict[str, int],
    *,
    offered: bool = False,
) -> list[tuple[str, float, int]]:
    """What `likely` should tell, product by product as it is written in `wants`."""
    index, c, today = fitted.item_ids, fitted.customer_ids.position(customer), to_micros(now)
    groups = len(fitted.mean)
    count, exposure, days = np.zeros(groups), np.zeros(groups), np.full(groups, -1.0)
    mine: dict[int, float] = {}
    if c >= 0:
        exposure[:] = fitted.orders[c]
        for pair in range(fitted.pair_of[c], fitted.pair_of[c + 1]):
            g = fitted.pair_group[pair]
            count[g], exposure[g] = fitted.pair_count[pair], fitted.pair_exposure[pair]
            days[g] = (today - fitted.pair_last[pair]) / MICROS_PER_DAY
        for place in range(fitted.own_of[c], fitted.own_of[c + 1]):
            mine[int(fitted.own_item[place])] = float(fitted.own_count[place])
    for name, at in owned.items():
        if at > fitted.end and name in index:
            item = index.position(name)
            g, since = fitted.group_of[item], (today - at) / MICROS_PER_DAY
            count[g] += 1
            exposure[g] += 1
            days[g] = since if days[g] < 0 else min(days[g], since)
            mine[item] = mine.get(item, 0.0) + 1
    there = np.zeros(groups, np.bool_)
    lying = [index.position(each) for each in cart if each in index]
    there[fitted.group_of[np.array(lying, np.int64)]] = True
    context = context_of(fitted, fitted.rate(count, exposure, days), there)
    chance = probability(context @ fitted.weights[2 if cart else 0])
    liked = np.ones(len(fitted.usual))
    if len(fitted.usual):
        traits = [int(fitted.trait_of[each]) for each in {*mine, *lying} if fitted.trait_of[each] >= 0]
        told = np.bincount(traits, minlength=len(fitted.usual))
        liked = (told + fitted.strength * fitted.usual) / (len(traits) + fitted.strength) / fitted.usual
    found = []
    for item in sorted({*fitted.top[fitted.top >= 0].tolist(), *mine}):
        g, trait = fitted.group_of[item], int(fitted.trait_of[item])
        suits = 1.0
        if len(fitted.usual):
            in_all = 1.0 - fitted.of_value[g].sum() + fitted.of_value[g] @ liked
            suits = (liked[trait] if trait >= 0 else 1.0) / in_all
        share = (mine.get(item, 0.0) + fitted.own * fitted.share[item] * suits) / (count[g] + fitted.own)
        share = min(share, 1.0)
        if offered:
            of_group = fitted.share[fitted.group_of == g]
            share = min(fitted.level * share / (share + max(float((of_group**2).sum()), 0.1)), 1.0)
        likely = 0.0 if there[g] else float(chance[g] * share)
        found.append((-likely * float(fitted.worth[item]), item, likely))
    best = [(item, likely) for _, item, likely in sorted(found)[:n] if likely > 0]
    return [(index.ids[item], likely, int(mine.get(item, 0.0))) for item, likely in best]


@pytest.fixture(scope="module")
def by_system() -> FittedWants:
    systems = {item: {"system": "AB"[int(item[-1]) // 2]} for item in GROUPS}
    worth = {item: 50.0 + 10 * n for n, item in enumerate(GROUPS)}
    return Wants().fit(shop(), GROUPS, attributes=systems, worth=worth)


@given(
    customer=st.sampled_from([*(f"c{n}" for n in range(12)), "nobody"]),
    cart=st.lists(st.sampled_from([*GROUPS, "unheard-of"]), max_size=4),
    since=st.dictionaries(st.sampled_from([*GROUPS, "unheard-of"]), st.integers(100, 300), max_size=3),
    day=st.integers(181, 900),
    n=st.integers(1, 30),
    with_trait=st.booleans(),
    offered=st.booleans(),
)
def test_the_compiled_telling_is_what_the_method_says_written_plainly(
    fitted: FittedWants,
    by_system: FittedWants,
    customer: str,
    cart: list[str],
    since: dict[str, int],
    day: int,
    n: int,
    *,
    with_trait: bool,
    offered: bool,
) -> None:
    learned, now = by_system if with_trait else fitted, from_micros(day * MICROS_PER_DAY)
    owned = {name: min(at, day) * MICROS_PER_DAY for name, at in since.items()}
    found = learned.likely(customer, n, now=now, cart=cart, owned=owned, offered=offered)
    plain = _plainly(learned, customer, n, now, cart, owned, offered=offered)
    worth = learned.worth
    values = [chance * worth[learned.item_ids.position(item)] for item, chance, _ in plain]
    assert found.chance == pytest.approx([chance for _, chance, _ in plain])
    assert [
        chance * worth[learned.item_ids.position(item)] for item, chance in zip(found.items, found.chance, strict=True)
    ] == pytest.approx(values)
    told = dict(zip(found.items, zip(found.chance, found.times, strict=True), strict=True))
    for item, chance, times in plain:
        if item in told:  # of equals at the end either may be left out
            assert told[item][0] == pytest.approx(chance)
            assert told[item][1] == times
