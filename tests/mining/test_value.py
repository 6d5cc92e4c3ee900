from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadArray, BadColumns, BadValue, TooFewData, UnknownCustomer
from tsuide.mining.baskets import Baskets
from tsuide.mining.risk import fit_shares
from tsuide.mining.value import LifetimeValue

DAY = 86_400_000_000
NOW = datetime(1970, 6, 1, tzinfo=UTC)


def lines() -> pl.DataFrame:
    """c0 … c119: customer n buys 1 + n % 7 times, every 5 + n % 20 days."""
    rows = [
        (f"{c}-{k}", f"c{c}", "tea", k * (5 + c % 20) * DAY, 1000 + 10 * c)
        for c in range(120)
        for k in range(1 + c % 7)
    ]
    return pl.DataFrame(rows, schema=["order", "who", "sku", "at", "price"], orient="row")


def baskets() -> Baskets:
    return Baskets.from_frame(lines(), basket="order", item="sku", customer="who", time="at", price="price")


def test_what_is_not_recorded_is_none_and_never_zero() -> None:
    found = LifetimeValue().fit(baskets()).of("c6", NOW)
    assert (found.margin, found.return_risk, found.payment_risk, found.cost_to_serve) == (None, None, None, None)
    assert found.amount is not None
    assert found.revenue is not None


def test_margin_and_returns_come_from_the_lines() -> None:
    purchases = lines().select(
        customer_id="who", quantity=pl.lit(2), amount=pl.lit(1000), cost=pl.lit(300), returned=pl.lit(0)
    )
    bad = pl.DataFrame({"customer_id": ["c6"], "quantity": [2], "amount": [1000], "cost": [300], "returned": [2]})
    value = LifetimeValue().fit(baskets(), purchases=pl.concat([purchases, bad.cast(purchases.schema)]))
    assert value.margin_rate == pytest.approx(0.4)
    returner, other = value.of("c6", NOW), value.of("c5", NOW)
    assert returner.return_risk is not None
    assert other.return_risk is not None
    assert returner.return_risk > other.return_risk
    assert other.margin == round((other.revenue or 0) * 0.4)


def test_payments_and_contacts_are_used_where_they_are_recorded() -> None:
    payments = pl.DataFrame({"customer_id": ["c5", "c5", "c6", "c6"], "defaulted": [True, True, False, False]})
    contacts = pl.DataFrame({"customer_id": ["c6"], "cost": [2800]})
    value = LifetimeValue().fit(baskets(), payments=payments, contacts=contacts)
    bad, good = value.of("c5", NOW), value.of("c6", NOW)
    assert bad.payment_risk is not None
    assert good.payment_risk is not None
    assert bad.payment_risk > good.payment_risk
    assert bad.cost_to_serve == 0
    assert (good.cost_to_serve or 0) > 0


def test_without_prices_there_are_purchases_and_no_amounts() -> None:
    bare = Baskets.from_frame(lines(), basket="order", item="sku", customer="who", time="at")
    found = LifetimeValue().fit(bare).of("c6", NOW)
    assert found.purchases > 0
    assert found.amount is None
    assert found.revenue is None


def test_it_refuses_by_name() -> None:
    value = LifetimeValue().fit(baskets())
    with pytest.raises(UnknownCustomer, match="'nobody'"):
        value.of("nobody", NOW)
    with pytest.raises(BadValue, match="days"):
        value.frame(NOW, 0)
    with pytest.raises(BadColumns, match="defaulted"):
        LifetimeValue().fit(baskets(), payments=pl.DataFrame({"customer_id": ["c1"]}))
    with pytest.raises(TooFewData, match="without customers"):
        LifetimeValue().fit(Baskets.from_frame(lines(), basket="order", item="sku", time="at"))


def test_shares_are_drawn_to_the_shop_the_more_the_fewer_trials() -> None:
    shares = fit_shares(np.array([0.0, 10.0, 5.0, 0.0]), np.array([100.0, 100.0, 100.0, 0.0]))
    found = shares.of(np.array([1.0, 100.0, 0.0]), np.array([1.0, 100.0, 0.0]))
    assert shares.mean == pytest.approx(0.05)
    assert found[2] == pytest.approx(0.05)
    assert found[2] < found[0] < found[1]
    with pytest.raises(BadArray, match="hits"):
        fit_shares(np.array([2.0]), np.array([1.0]))
