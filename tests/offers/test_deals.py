"""Promotions inside a decision: the price, the margin, what may be crossed out, and when it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.pricing import PricePoint
from tsuide.facts.promotions import Benefit, Promotion, Targets
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.kit.money import RATE_UNIT
from tsuide.offers import codes
from tsuide.offers.deal_table import Deals, asked_prices, given_by
from tsuide.offers.deals import laid_deals, make_deals, promotion_of
from tsuide.offers.kernels import kernels
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.records import CANDIDATE
from tsuide.offers.state import State, build_state

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CART, EMAIL = PLACEMENTS.index("cart"), PLACEMENTS.index("email")
GOODS = conform(
    pl.DataFrame(
        {
            "id": ["card", "tea", "asked"],
            "price": [3_300, 500, None],
            "cost": [1_200, 420, None],
            "category": [["camera"], ["food", "tea"], ["x"]],
            "currency": ["JPY"] * 3,
            "tax_rate": [1_000, 800, 1_000],
            "tax_included": [True, False, True],
        }
    ),
    PRODUCTS,
)


def promotion(name: str, kind: Any, value: int, **more: Any) -> Promotion:
    return Promotion(name, {"ja": "割引", "en": "Offer"}, Benefit(kind, value, more.pop("items", ())), "JPY", **more)


def table(*promotions: Promotion, history: dict[str, list[PricePoint]] | None = None) -> Deals:
    return make_deals(promotions, GOODS, history or {}, NOW)


def judged(
    deals: Deals,
    placement: int = CART,
    *,
    now: datetime = NOW,
    withdrawn: tuple[str, ...] = (),
    segments: tuple[str, ...] = (),
    **more: Any,
) -> tuple[np.ndarray, State]:
    """A candidate per product and kind, as decide has it before the rules."""
    state = replace(build_state({"deals": deals}, GOODS, snapshot_id="s"), withdrawn=withdrawn)
    rows = np.zeros(6, CANDIDATE)
    rows["item"] = np.tile(np.arange(3), 2)
    rows["kind"] = np.repeat([codes.CROSS_SELL, codes.UP_SELL], 3)
    for name in ("price", "list_price"):
        rows[name] = state.items["price"][rows["item"]]
    rows["net_price"] = state.items["net"][rows["item"]]
    rows["margin"] = rows["net_price"] - state.items["cost"][rows["item"]]
    rows["worth"], rows["quantity"] = rows["margin"], 1
    rows["set"] = rows["second"] = rows["promotion"] = -1
    for name, value in more.items():
        rows[name] = value
    laid, savings = laid_deals(state), np.zeros(len(state.sets), np.int64)
    bits = sum(1 << laid.named.position(each) for each in segments if laid.named is not None and each in laid.named)
    them = (laid.rows, laid.order, laid.of, laid.off, savings, 0.0, RATE_UNIT)
    kernels().apply(rows, len(rows), placement, bits, state.items, state.sets, *them, to_micros(now))
    return rows, state


def test_the_cut_comes_off_price_margin_and_worth() -> None:
    rows, state = judged(table(promotion("tenth", "percent", 1_000)))
    card = rows[0]
    assert (card["price"], card["discount"], card["net_price"]) == (2_970, 330, 2_700)  # tax inside: 3,000 → 2,700
    assert (card["margin"], card["worth"]) == (1_500, 1_500)
    assert promotion_of(state, int(card["promotion"])) == "tenth"
    assert promotion_of(state, -1) is None
    tea = rows[1]
    assert (tea["price"], tea["net_price"], tea["margin"]) == (450, 450, 30)  # tax on top
    assert rows[2]["price"] == -1  # the price is asked for


def test_a_product_is_never_sold_below_its_cost() -> None:
    rows, _ = judged(table(promotion("half", "percent", 5_000)))
    assert [int(each) for each in rows["price"][:2]] == [1_650, 500]  # tea would be 250, and costs 420


def test_the_best_of_a_group_that_holds_here_and_now() -> None:
    one = {"stacking": "group", "group": "g"}
    deals = table(
        promotion("a", "percent", 1_000, **one),
        promotion("b", "amount", 600, targets=Targets(placements=("email",)), **one),
        promotion("c", "amount", 500, targets=Targets(kinds=("up_sell",)), **one),
        promotion("d", "set_price", 2_000, items=("card",), starts_at=NOW + timedelta(days=1), **one),
    )
    assert [int(judged(deals)[0]["price"][at]) for at in (0, 3)] == [2_970, 2_800]
    assert int(judged(deals, EMAIL)[0]["price"][0]) == 2_700
    assert int(judged(deals, now=NOW + timedelta(days=1))[0]["price"][0]) == 2_000


def test_stackable_ones_are_given_together_while_all_of_them_run() -> None:
    deals = table(
        promotion("tenth", "percent", 1_000),
        promotion("off", "amount", 200, ends_at=NOW + timedelta(days=1)),
        promotion("points", "points", 100),
    )
    rows, state = judged(deals)
    assert int(rows["price"][0]) == 2_770  # 3,300 less a tenth, less 200
    gains = {each.promotion_id: each for each in given_by(deals, int(rows["promotion"][0]))}
    assert {name: each.saving for name, each in gains.items()} == {"tenth": 330, "off": 200, "points": 27}
    assert (gains["points"].points, gains["points"].cost) == (27, 27)
    assert (rows["net_price"][0], rows["margin"][0], rows["worth"][0]) == (2_519, 1_292, 1_292)  # points cost too
    later, _ = judged(deals, now=NOW + timedelta(days=1))
    assert int(later["price"][0]) == 2_970
    assert promotion_of(state, int(later["promotion"][0])) in {"tenth", "points"}


def test_an_exclusive_one_goes_alone_and_only_where_it_saves_more() -> None:
    others = (promotion("a", "amount", 300), promotion("b", "amount", 200))
    few, much = (promotion("x", "amount", value, stacking="exclusive") for value in (400, 600))
    assert int(judged(table(*others, few))[0]["price"][0]) == 2_800
    assert int(judged(table(*others, much))[0]["price"][0]) == 2_700


def test_what_comes_free_is_a_premium_and_costs_the_shop() -> None:
    gift = promotion("gift", "free_item", 0, items=("tea",), targets=Targets(products=("card",)))
    deals = table(gift)
    rows, _ = judged(deals)
    assert (rows["price"][0], rows["premium"][0], rows["margin"][0]) == (3_300, 500, 1_380)  # tea costs 420
    assert given_by(deals, int(rows["promotion"][0]))[0].items == ("tea",)
    more = promotion("more", "free_item", 0, items=("card",), targets=Targets(products=("card",)))
    assert judged(table(more))[0]["premium"][0] == 0  # more of the same is a rebate
    unknown = promotion("u", "free_item", 0, items=("asked",), targets=Targets(products=("card",)))
    assert judged(table(unknown))[0]["margin_basis"][0] == codes.UNKNOWN_MARGIN


def test_points_that_buy_elsewhere_are_a_premium_too() -> None:
    def points(*, elsewhere: bool) -> Promotion:
        benefit = Benefit("points", 3_000, unit="miles", elsewhere=elsewhere)
        return Promotion("p", {"ja": "", "en": ""}, benefit, "JPY", Targets(products=("card",)))

    assert [int(judged(table(points(elsewhere=at)))[0]["premium"][0]) for at in (False, True)] == [0, 990]


def test_free_shipping_costs_what_the_customer_would_have_paid() -> None:
    ship = promotion("ship", "free_shipping", 0, targets=Targets(products=("card",), least=3_000))
    deals = make_deals([ship], GOODS, {}, NOW, shipping=600)
    assert [int(judged(deals)[0][name][0]) for name in ("price", "worth")] == [3_300, 1_200]
    assert len(make_deals([ship], GOODS, {}, NOW).product) == 0  # it costs nothing anyway


def test_a_withdrawn_promotion_gives_nothing_at_once() -> None:
    deals = table(promotion("a", "amount", 300), promotion("b", "amount", 200))
    assert int(judged(deals, withdrawn=("a",))[0]["price"][0]) == 3_100
    assert int(judged(deals, withdrawn=("a", "b"))[0]["price"][0]) == 3_300


def test_a_segments_price_is_for_the_segment() -> None:
    deals = table(promotion("vip", "amount", 300, targets=Targets(segments=("vip", "staff"))))
    assert [int(judged(deals, segments=own)[0]["price"][0]) for own in ((), ("new",), ("staff",))] == [
        3_300,
        3_300,
        3_000,
    ]


def test_a_promotion_ends_at_its_moment() -> None:
    deals = table(promotion("a", "amount", 100, ends_at=NOW + timedelta(hours=1)))
    assert int(judged(deals, now=NOW + timedelta(minutes=59))[0]["discount"][0]) == 100
    assert int(judged(deals, now=NOW + timedelta(hours=1))[0]["discount"][0]) == 0


def test_only_an_honest_price_is_crossed_out() -> None:
    long, short = ([PricePoint("card", NOW - timedelta(days=days), 3_300, "JPY")] for days in (60, 10))
    honest = table(promotion("a", "amount", 300), history={"card": long})
    rows, _ = judged(honest)
    assert (rows["crossed_out"][0], rows["price_history"][0], rows["list_price"][0]) == (True, True, 3_300)
    after = judged(honest, now=NOW + timedelta(days=56))[0]
    assert (after["crossed_out"][0], after["list_price"][0], after["price"][0]) == (False, 3_000, 3_000)
    rows, _ = judged(table(promotion("a", "amount", 300), history={"card": short}))
    assert (rows["crossed_out"][0], rows["list_price"][0]) == (False, 3_000)


def test_what_has_another_price_already_keeps_it() -> None:
    deals = table(promotion("a", "amount", 100))
    changes: list[dict[str, Any]] = [{"second": 1}, {"kind": KINDS.index("filler")}, {"list_price": 3_299}]
    for more in changes:
        assert (judged(deals, **more)[0]["promotion"] == -1).all()


def test_what_cannot_be_told_of_one_product_is_left_to_the_basket() -> None:
    assert len(table(
        promotion("least", "amount", 100, targets=Targets(least=3_301)),
        promotion("paused", "amount", 100, paused=True),
        promotion("two", "set_price", 100, items=("card", "card")),
        Promotion("usd", {}, Benefit("amount", 100), "USD"),
    ).product) == 0  # fmt: skip
    assert table().of("card") == []


def test_a_campaigns_set_stands_under_each_of_its_members_at_its_price() -> None:
    deals = table(promotion("set", "set_price", 3_500, items=("card", "tea")))
    state = build_state({"deals": deals}, GOODS, snapshot_id="s")
    assert [state.sets["items"][at][:2].tolist() for at in range(2)] == [[0, 1], [1, 0]]
    rows, _ = judged(deals, set=np.array([-1, -1, -1, 1, -1, -1]), kind=codes.BUNDLE)
    one = rows[3]  # what is missing of it around the tea: the card, for 300 less
    assert (one["price"], one["list_price"], one["discount"], one["margin"]) == (3_000, 3_300, 300, 1_500)
    assert one["crossed_out"]  # beside it stands what its parts cost one by one
    gone, _ = judged(deals, withdrawn=("set",), set=1, kind=codes.BUNDLE)
    assert gone["discount"].max() == 0


def test_what_only_a_rep_may_give_is_given_by_reps_alone_and_crowds_out_no_page() -> None:
    deep = [promotion(f"r{at}", "percent", 3_000 + at, rep_only=True, stacking="exclusive") for at in range(5)]
    deals = table(promotion("all", "percent", 1_000), *deep)
    assert judged(deals)[0]["discount"][0] == 330
    assert judged(deals, EMAIL)[0]["discount"][0] == 330
    assert judged(deals, PLACEMENTS.index("rep"))[0]["discount"][0] == 992  # 30.04 %
    assert asked_prices(deals, (), to_micros(NOW))["price"].to_list() == [450, 2_970]
