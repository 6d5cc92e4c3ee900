"""From orders to figures per customer, and from two arms to a verdict."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.errors import TooFewData
from tsuide.proof.attribution import LABEL, Windows, attribute, summary
from tsuide.proof.effect import effect
from tsuide.proof.metrics import Metrics, money_after, per_customer
from tsuide.proof.suits import what_suits

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def line(customer: str, day: float, **more: object) -> dict[str, object]:
    usual = {"order_id": f"{customer}{day}", "quantity": 1, "returned": 0, "amount": 1_100, "cost": 600}
    tax = {"tax_rate": 1_000, "tax_included": True, "attached": False}
    return {"customer_id": customer, "placed_at": DAY + timedelta(days=day), **usual, **tax, **more}


def people(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": names, "at": [DAY] * len(names)})


def test_only_the_window_counts_and_days_before_are_covariates() -> None:
    lines = pl.DataFrame([line("a", -1), line("a", -91), line("a", 0), line("a", 89), line("a", 90)])
    found = per_customer(people("a", "b"), lines, days=90, now=DAY + timedelta(days=200))
    assert found.values["margin"].tolist() == [800.0, 0.0]
    assert found.before["margin"].tolist() == [400.0, 0.0]
    assert found.values["repeated"].tolist() == [1.0, 0.0]
    assert found.complete == 1.0


def test_returns_and_unsubscribes_count_against() -> None:
    lines = pl.DataFrame([line("a", 1, quantity=2, amount=2_200, returned=2)])
    left = pl.DataFrame({"customer_id": ["b", "b", "a"], "at": [DAY + timedelta(days=d) for d in (3, 4, -3)]})
    found = per_customer(people("a", "b"), lines, days=90, now=DAY + timedelta(days=5), withdrawals=left)
    assert found.values["revenue"].tolist() == [0.0, 0.0]
    assert found.values["returned"].tolist() == [2.0, 0.0]
    assert found.values["unsubscribed"].tolist() == [0.0, 1.0]
    assert "complained" not in found.recorded
    assert found.complete == 0.0


def test_without_any_cost_margin_is_not_claimed() -> None:
    lines = pl.DataFrame([line("a", 1, cost=None)]).with_columns(pl.col("cost").cast(pl.Int64))
    found = per_customer(people("a"), lines, days=90, now=DAY + timedelta(days=5))
    assert "margin" not in found.recorded
    assert found.unknown_cost == 1


def arm(rng: np.random.Generator, n: int, *, margin: float, repeat: float = 0.5, returned: float = 0.1) -> Metrics:
    orders = 1.0 + (rng.random(n) < repeat)
    spend = np.asarray(rng.gamma(2.0, margin / 2, n), np.float64)
    names = ("revenue", "orders", "units", "lines", "attached")
    values: dict[str, Any] = {"margin": spend, **dict.fromkeys(names, orders)}
    values["returned"] = (rng.random(n) < returned) * 1.0
    values |= {"revenue": 3 * spend, "repeated": orders - 1, "unsubscribed": np.zeros(n), "complained": np.zeros(n)}
    before: dict[str, Any] = {name: rng.random(n) for name in values}
    ids = pl.Series([str(each) for each in range(n)])
    return Metrics(ids, values, before, 1.0, 0, frozenset(values) - {"complained"})


def test_a_gain_is_a_gain_and_adds_up() -> None:
    rng = np.random.default_rng(0)
    found = effect(arm(rng, 8_000, margin=1_100), arm(rng, 2_000, margin=1_000))
    reading = found.readings["margin"]
    assert found.verdict == "gain"
    assert reading.always.low < reading.change.low < 100 < reading.change.high
    assert reading.total == pytest.approx(float(reading.change.value) * 8_000)
    assert reading.bounds is not None
    assert "complained" not in found.plain()["metrics"]


def test_more_margin_with_fewer_coming_back_reads_as_a_loss() -> None:
    rng = np.random.default_rng(1)
    found = effect(arm(rng, 8_000, margin=1_100, repeat=0.4), arm(rng, 2_000, margin=1_000, repeat=0.5))
    assert found.readings["margin"].change.low > 0
    assert found.harmed == ("repeated",)
    assert found.verdict == "loss"


def test_no_difference_is_not_certain() -> None:
    rng = np.random.default_rng(3)
    assert effect(arm(rng, 500, margin=1_000), arm(rng, 500, margin=1_000)).verdict == "not_certain"


def test_an_empty_arm_is_too_few() -> None:
    rng = np.random.default_rng(3)
    with pytest.raises(TooFewData, match="both arms"):
        effect(arm(rng, 100, margin=1), arm(rng, 0, margin=1))


def test_what_suits_is_sorted_by_certainty_and_chance_is_not_taken_for_it() -> None:
    rng = np.random.default_rng(9)  # at 5 % of false discoveries, four of thirty seeds find one among forty cells
    rows = []
    for name, gain in (("good", 300.0), ("bad", -300.0), *((f"nothing{n}", 0.0) for n in range(40))):
        treated = np.arange(200) % 2 == 0
        money = rng.normal(1_000, 300, 200) + gain * treated
        rows += [("product", name, f"c{n}", bool(t), m) for n, (t, m) in enumerate(zip(treated, money, strict=True))]
    frame = pl.DataFrame(rows, schema=["sort", "name", "customer_id", "treated", "money"], orient="row")
    found = what_suits(frame)["product"]
    assert (found[0].name, found[0].suits, found[-1].name, found[-1].suits) == ("good", "gain", "bad", "loss")
    assert {each.suits for each in found[1:-1]} == {"not_certain"}
    assert what_suits(frame, least=101) == {}


def test_money_after_a_moment() -> None:
    moments = pl.DataFrame({"customer_id": ["a", "a"], "at": [DAY, DAY + timedelta(days=2)]})
    lines = pl.DataFrame([line("a", 1), line("a", 3)])
    found = money_after(moments, lines, days=30, now=DAY + timedelta(days=40))
    assert found["money"].to_list() == [800.0, 400.0]


# --- attribution ------------------------------------------------------------------------------------------

HOUR = 3_600_000_000


def bought(product: str = "tea", **more: object) -> dict[str, object]:
    usual = {"order_id": "o", "line": 1, "customer_id": "a", "placed_at": 100 * HOUR, "currency": "JPY"}
    return {**usual, "product_id": product, "quantity": 2, "returned": 0, "amount": 1_001, **more}


def touch(offer: str, hours_before: float, outcome: str = "shown", placement: str = "home") -> dict[str, object]:
    at = int((100 - hours_before) * HOUR)
    return {"customer_id": "a", "product_id": "tea", "offer_id": offer, "outcome": outcome, "at": at} | {
        "placement": placement
    }


def credited(lines: list[dict[str, object]], touches: list[dict[str, object]]) -> list[tuple[str, int, str]]:
    found = attribute(pl.DataFrame(lines), pl.DataFrame(touches), Windows())
    return [(each.offer_id, each.amount, each.reason) for each in found]


def test_a_click_counts_for_a_week_and_before_a_view() -> None:
    assert credited([bought()], [touch("x", 160, "clicked"), touch("y", 1)]) == [("x", 1_001, "click")]
    assert credited([bought()], [touch("x", 169, "clicked"), touch("y", 1)]) == [("y", 1_001, "view")]


def test_a_view_counts_for_a_day_and_never_backwards() -> None:
    assert credited([bought()], [touch("x", 25)]) == []
    assert credited([bought()], [touch("x", -1, "clicked")]) == []


def test_same_cart_needs_another_product_beside() -> None:
    seen = [touch("x", 1, placement="cart"), touch("y", 20)]
    assert credited([bought()], seen) == [("y", 501, "view"), ("x", 500, "view")]  # the older first
    both = [bought(), bought("cup", line=2)]
    assert credited(both, seen) == [("x", 1_001, "same_cart")]


def test_refunds_are_taken_off_and_parts_sum_to_the_line() -> None:
    offers = [touch(name, 1, "clicked") for name in "xyz"]
    assert credited([bought(returned=2)], offers) == []
    parts = credited([bought(returned=1)], offers)
    assert sum(each[1] for each in parts) == 500
    assert len(parts) == 3


def test_a_guest_and_an_empty_ledger_are_credited_nothing() -> None:
    assert credited([bought(customer_id=None)], [touch("x", 1)]) == []
    assert attribute(pl.DataFrame([bought()]), pl.DataFrame()) == []


def test_attribution_says_what_it_is() -> None:
    found = summary(attribute(pl.DataFrame([bought()]), pl.DataFrame([touch("x", 1)])))
    assert found["label"] == LABEL
    assert found["amounts"] == {"JPY": {"click": 0, "same_cart": 0, "view": 1_001, "total": 1_001}}


def scored(rows: list[tuple[str, float, int]]) -> Metrics:
    told = [{"customer_id": who, "at": DAY + timedelta(days=day), "score": score} for who, day, score in rows]
    lines = pl.DataFrame([line("a", 1)])
    now = DAY + timedelta(days=200)
    return per_customer(people("a", "b", "c"), lines, days=90, now=now, scores=pl.DataFrame(told))


def test_the_last_score_in_the_window_counts_and_who_did_not_answer_is_left_out() -> None:
    found = scored([("a", 1, 3), ("a", 5, 9), ("b", 2, 6), ("b", 91, 10), ("c", -1, 10)])
    assert found.values["recommends"].tolist() == [1.0, -1.0, 0.0]
    assert found.values["answered"].tolist() == [1.0, 1.0, 0.0]
    assert scored([("a", 1, 7), ("a", 1, 8)]).values["recommends"].tolist() == [0.0, 0.0, 0.0]


def test_more_margin_with_a_worse_nps_reads_as_a_loss() -> None:
    rng = np.random.default_rng(5)

    def answering(margin: float, happy: float) -> Metrics:
        made = arm(rng, 4_000, margin=margin)
        answered: Any = (rng.random(4_000) < 0.3) * 1.0
        recommends: Any = answered * np.where(rng.random(4_000) < happy, 1.0, -1.0)
        return replace(made, values={**made.values, "answered": answered, "recommends": recommends})

    found = effect(answering(1_200, 0.5), answering(1_000, 0.7))
    assert found.readings["nps"].control == pytest.approx(0.4, abs=0.06)
    assert found.readings["margin"].change.low > 0
    assert (found.harmed, found.verdict) == (("nps",), "loss")
