"""Promotions inside a decision: the price, the margin, what may be crossed out, and when it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.pricing import PricePoint
from tsuide.facts.promotions import Benefit, Promotion, Targets
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.offers import codes
from tsuide.offers.deals import Deals, apply_deals, make_deals, promotion_of
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


def judged(deals: Deals, placement: int = CART, *, now: datetime = NOW, **more: Any) -> tuple[np.ndarray, State]:
    """A candidate per product and kind, as decide has it before the rules."""
    state = build_state({"deals": deals}, GOODS, snapshot_id="s")
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
    apply_deals(rows, len(rows), placement, state, to_micros(now))
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


def test_the_cheapest_that_holds_here_and_now() -> None:
    deals = table(
        promotion("a", "percent", 1_000),
        promotion("b", "amount", 600, targets=Targets(placements=("email",))),
        promotion("c", "amount", 500, targets=Targets(kinds=("up_sell",))),
        promotion("d", "set_price", 2_000, items=("card",), starts_at=NOW + timedelta(days=1)),
    )
    assert [int(judged(deals)[0]["price"][at]) for at in (0, 3)] == [2_970, 2_800]
    assert int(judged(deals, EMAIL)[0]["price"][0]) == 2_700
    assert int(judged(deals, now=NOW + timedelta(days=1))[0]["price"][0]) == 2_000


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
    changes: list[dict[str, Any]] = [{"set": 0}, {"second": 1}, {"kind": KINDS.index("filler")}, {"list_price": 3_299}]
    for more in changes:
        assert (judged(deals, **more)[0]["promotion"] == -1).all()


def test_what_cannot_be_told_of_one_product_is_left_to_the_basket() -> None:
    assert len(table(
        promotion("least", "amount", 100, targets=Targets(least=1)),
        promotion("vip", "amount", 100, targets=Targets(segments=("vip",))),
        promotion("set", "set_price", 100, items=("card", "tea")),
        promotion("points", "points", 100),
        promotion("paused", "amount", 100, paused=True),
        Promotion("usd", {}, Benefit("amount", 100), "USD"),
    ).product) == 0  # fmt: skip
    assert table().of("card") == []
