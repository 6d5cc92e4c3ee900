"""What is learned from a store's own decisions: counted by hand on a few, learned on many."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tsuide.app.deciding import row_of
from tsuide.app.outcomes_learning import gather_outcomes, learn_propensity
from tsuide.app.propensity_report import account, plot_reliability
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.offers.customer import CustomerView
from tsuide.offers.decision import Decision
from tsuide.offers.incremental import Incremental
from tsuide.offers.offer import Offer, OfferItem, Scores
from tsuide.offers.request import OfferRequest
from tsuide.store.outcomes import outcome_row
from tsuide.store.rows import Row

NOW = datetime(2026, 6, 1, tzinfo=UTC)
THEN = NOW - timedelta(days=30)
GOODS = conform(
    pl.DataFrame({"id": ["card", "bag"], "title": ["Card", "Bag"], "category": [["camera", "cards"], ["camera"]]}),
    PRODUCTS,
)
NOTHING = pl.DataFrame(
    schema={"customer_id": pl.String, "product_id": pl.String, "placed_at": pl.Datetime("us", "UTC")}
)


def decision(name: str, who: str | None, *products: str, at: datetime = THEN, **more: Any) -> Decision:
    propensity, prior = more.pop("propensity", 0.2), more.pop("prior", None)
    slate = tuple(
        Offer(
            id=f"{name}.{place}",
            place=place,
            kind="cross_sell",
            source="complements",
            product_id=each,
            anchor_id="bag",
            currency="JPY",
            items=(OfferItem(each),),
            scores=Scores(propensity, None, 1.0, 1.0, 0.2, prior=prior),
        )
        for place, each in enumerate(products)
    )
    return Decision(
        id=name,
        at=at,
        request=OfferRequest("cart", customer_id=who),
        customer=CustomerView(id=who),
        snapshot_id="s",
        sequence=0,
        policy="p",
        policy_version="1",
        seed=0,
        arm=more.pop("arm", "treated"),
        unit="customer",
        slate=slate,
    )


def outcome(offer: str, what: str, at: datetime = THEN) -> Row:
    return outcome_row({"id": f"{offer}:{what}", "offer_id": offer, "outcome": what, "at": to_micros(at)})


def written(shop: Shop, decisions: list[Decision], outcomes: list[Row]) -> None:
    journal = shop.store.journal()
    journal.write("trace", *map(row_of, decisions), *outcomes)
    journal.close_now()


def test_only_what_was_shown_and_is_ripe_counts(empty_shop: Shop) -> None:
    written(
        empty_shop,
        [
            decision("a", "c1", "card", "bag"),
            decision("b", "c2", "card", propensity=0.1, prior=0.3),
            decision("held", "c3", "card", arm="holdout"),
            decision("fresh", "c4", "card", at=NOW - timedelta(days=6)),
        ],
        [
            outcome("a.0", "shown"),
            outcome("a.0", "accepted", THEN + timedelta(days=7)),
            outcome("b.0", "shown"),
            outcome("b.0", "purchased", THEN + timedelta(days=7, seconds=1)),  # too late to be its doing
            outcome("fresh.0", "shown", NOW - timedelta(days=6)),
        ],
    )
    found = gather_outcomes(empty_shop, NOTHING, GOODS, NOW)
    assert found.shown.select("unit", "product_id", "category", "anchor_category", "prior", "accepted").rows() == [
        ("c1", "card", "camera > cards", "camera", 0.2, True),
        ("c2", "card", "camera > cards", "camera", 0.3, False),  # the prior, not what was learned from it
    ]


def test_people_are_counted_once_and_the_holdout_by_what_it_would_have_seen(empty_shop: Shop) -> None:
    later = THEN + timedelta(days=2)
    decisions = [
        decision("a", "c1", "card"),
        decision("a2", "c1", "bag", at=later),  # the same person again
        decision("b", "c2", "card", "bag"),
        decision("h", "c3", "card", arm="holdout"),
        decision("nobody", None, "card"),
    ]
    written(empty_shop, decisions, [])
    purchases = pl.DataFrame(
        {
            "customer_id": ["c1", "c2", "c3", "c3"],
            "product_id": ["card", "bag", "card", "card"],
            "placed_at": [later, THEN + timedelta(days=8), THEN - timedelta(days=1), THEN + timedelta(days=7)],
        },
        schema=NOTHING.schema,
    )
    found = gather_outcomes(empty_shop, purchases, GOODS, NOW)
    assert found.incremental == {("cross_sell", "cart"): Incremental(2, 1, 1, 1)}


def test_a_shop_without_outcomes_keeps_its_priors(empty_shop: Shop, tmp_path: Path) -> None:
    fitted = learn_propensity(empty_shop, NOTHING, GOODS, NOW)
    assert (fitted.basis, account(fitted)["shown"], account(fitted)["least_each"]) == ("prior", 0, 50)
    with pytest.raises(BadValue, match="too few"):
        plot_reliability(fitted, tmp_path / "x.svg")


def test_a_shop_with_outcomes_learns_and_draws(empty_shop: Shop, tmp_path: Path) -> None:
    drawn = random.Random(1)  # noqa: S311 - a simulation
    decisions, outcomes = [], []
    for n in range(1_500):
        product = drawn.choice(["card", "bag"])
        made = decision(f"d{n}", f"c{n % 400}", product, propensity=0.5)
        decisions.append(made)
        outcomes.append(outcome(f"d{n}.0", "shown"))
        if drawn.random() < (0.4 if product == "card" else 0.1):
            outcomes.append(outcome(f"d{n}.0", "accepted"))
    written(empty_shop, decisions, outcomes)
    fitted = learn_propensity(empty_shop, NOTHING, GOODS, NOW)
    told = account(fitted)
    assert told["shown"] == 1_500
    assert told["brier"] < told["brier_prior"]
    card, bag = (fitted.predict(gather_outcomes(empty_shop, NOTHING, GOODS, NOW).shown.filter(product_id=each))[0]
                 for each in ("card", "bag"))  # fmt: skip
    assert card == pytest.approx(0.4, abs=0.06)
    assert bag == pytest.approx(0.1, abs=0.04)
    for name in ("plot.svg", "plot.html"):
        assert plot_reliability(fitted, tmp_path / name).stat().st_size > 1_000
    with pytest.raises(BadValue, match="not a picture"):
        plot_reliability(fitted, tmp_path / "plot.exe")
