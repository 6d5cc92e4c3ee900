"""Initiatives in a running shop: costs and leads recorded, returns read against silence, verdict kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.app.experiments import create_experiment, read_experiment, start_experiment
from tsuide.app.initiative_effect import conclude, initiative_effect
from tsuide.app.initiatives import (
    initiative_of,
    put_initiative,
    read_initiative,
    record_cost,
    record_lead,
    review,
    undo_entry,
)
from tsuide.app.learn import learn
from tsuide.app.policies import active_policy, put_in_force
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.kit.money import Money
from tsuide.offers.decision import Decision

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
SPRING: dict[str, Any] = {
    "id": "spring",
    "sort": "campaign",
    "hypothesis": "Cards beside cameras bring margin.",
    "starts_at": (NOW - 9 * DAY).isoformat(),
    "ends_at": (NOW - DAY).isoformat(),
    "window": 5,
    "experiment": "spring",
}
ARMS = [{"name": "silent", "share": 500_000, "silent": True}, {"name": "offers", "share": 500_000}]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Shop:
    """A learned shop; the tests follow one campaign in turn."""
    opened = open_shop(Settings(home=tmp_path_factory.mktemp("initiative"), language="en"))
    fill_shop(opened)
    learn(opened, now=NOW - 20 * DAY, seed=0)
    asked = {"id": "spring", "hypothesis": "As the campaign says.", "window": 5, "arms": ARMS}
    create_experiment(opened, read_experiment(asked), NOW - 10 * DAY)
    return opened


def test_what_measures_it_must_be_there(shop: Shop) -> None:
    with pytest.raises(NotFound, match="autumn"):
        put_initiative(shop, read_initiative({**SPRING, "experiment": "autumn"}), NOW - 10 * DAY)
    with pytest.raises(BadValue, match="offers"):
        put_initiative(shop, read_initiative({**SPRING, "arm": "silent"}), NOW - 10 * DAY)
    with pytest.raises(BadValue, match="is set by Tsuide"):
        read_initiative({**SPRING, "conclusion": None})
    made = put_initiative(shop, read_initiative(SPRING), NOW - 10 * DAY)
    assert made.foretold
    with pytest.raises(Conflict, match="it is planned"):
        conclude(shop, "spring", "a", "b", NOW - 10 * DAY)


def test_return_on_cost_is_incremental_and_attributed_stands_beside(
    shop: Shop, decided: Callable[..., list[Decision]], buy: Callable[..., None]
) -> None:
    start_experiment(shop, "spring", NOW - 9 * DAY)
    made = [each for each in decided(shop, NOW - 8 * DAY, range(400)) if each.customer.arms]
    shown = [each.request.customer_id or "" for each in made if each.offers]
    buy(shop, shown[::2], NOW - 6 * DAY)
    assert record_cost(shop, "spring", "e1", Money(10_000, "JPY"), NOW - 7 * DAY, NOW, "banners")
    assert not record_cost(shop, "spring", "e1", Money(10_000, "JPY"), NOW - 7 * DAY, NOW, "banners")
    record_cost(shop, "spring", "e2", Money(99_999, "JPY"), NOW - 7 * DAY, NOW)
    assert undo_entry(shop, "e2", NOW)["undone_at"] is not None
    for n, who in enumerate(shown[:40]):
        record_lead(shop, "spring", f"l{n}", NOW - 7 * DAY, NOW, who)
    record_lead(shop, "spring", "l-unknown", NOW - 7 * DAY, NOW)

    found = initiative_effect(shop, "spring", NOW)
    added, n = found["incremental"], found["customers"]["treated"]
    assert (found["measured_by"], found["verdict"], found["costs"]) == ("spring", "gain", {"JPY": 10_000})
    margin = found["metrics"]["margin"]["difference"]
    assert added["margin"]["value"] == pytest.approx(margin["value"] * n, rel=1e-4)
    assert added["return_on_cost"]["low"] == pytest.approx(margin["low"] * n / 10_000 - 1, rel=1e-4)
    assert added["return_on_cost"]["low"] < added["return_on_cost"]["value"] < added["return_on_cost"]["high"]
    assert added["leads"]["value"] == pytest.approx(40, abs=0.01)
    assert found["leads"] == {"recorded": 41, "customers": 40, "cost_each": round(10_000 / 41, 2)}
    assert found["attributed"]["label"]["en"].startswith("Attributed")
    assert found["attributed"]["share_of_sales"] == 0.0  # nobody was told to have seen or clicked


def test_two_currencies_are_never_added(shop: Shop) -> None:
    record_cost(shop, "spring", "e3", Money(500, "USD"), NOW - 7 * DAY, NOW)
    found = initiative_effect(shop, "spring", NOW)
    assert (found["costs"], found["incremental"]["return_on_cost"]["value"]) == ({"JPY": 10_000, "USD": 500}, None)
    undo_entry(shop, "e3", NOW)


def test_the_verdict_is_computed_and_kept_with_what_was_learned(shop: Shop) -> None:
    later = NOW + 10 * DAY
    assert [each["id"] for each in review(shop, later)["due"]] == ["spring"]
    done = conclude(shop, "spring", "Cards work.", "Lenses too.", later).conclusion
    assert done is not None
    assert (done.verdict, done.metric, done.low is not None and done.low > 0) == ("gain", "margin", True)
    assert [each["conclusion"]["next_step"] for each in review(shop, later)["learned"]] == ["Lenses too."]
    with pytest.raises(Conflict, match="it is concluded"):
        conclude(shop, "spring", "a", "b", later)


def test_where_no_honest_figure_exists_that_is_the_verdict(shop: Shop) -> None:
    quiet = {
        **SPRING,
        "id": "quiet",
        "experiment": None,
        "starts_at": NOW.isoformat(),
        "ends_at": (NOW + DAY).isoformat(),
    }
    put_initiative(shop, read_initiative(quiet), NOW)
    done = conclude(shop, "quiet", "Nobody came.", "Ask again.", NOW + 10 * DAY).conclusion
    assert done is not None
    assert (done.verdict, done.value, "customers in both arms" in (done.why or "")) == ("not_readable", None, True)
    assert initiative_of(shop, "quiet").foretold


def test_a_change_of_policy_that_nobody_explained_is_listed(shop: Shop) -> None:
    active_policy(shop, NOW)
    changed = put_in_force(shop, "name: bold\nholdout: 5%\n", NOW + DAY)
    named = f"bold@{changed.version}"
    assert review(shop, NOW + DAY)["without_hypothesis"] == [{"sort": "policy", "subject": named}]
    bold = {**SPRING, "id": "bold", "sort": "policy", "subject": named, "experiment": None}
    put_initiative(shop, read_initiative(bold), NOW + DAY)
    assert review(shop, NOW + DAY)["without_hypothesis"] == []
