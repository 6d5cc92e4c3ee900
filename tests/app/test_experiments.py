"""Experiments in a running shop: arms reach decisions, are recorded, replayed, and read back; what-if earns."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.app.earning import would_have_earned
from tsuide.app.effect import gather_facts, read_experiment_effect, standing_effect, under_units
from tsuide.app.experiments import create_experiment, read_experiment, start_experiment, stop_experiment
from tsuide.app.exposures import exposures
from tsuide.app.group_effect import group_effect
from tsuide.app.learn import learn
from tsuide.app.past import replay_range
from tsuide.app.results import results
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import Conflict, NoSupport, NotFound, NothingLearned, SampleRatioMismatch
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.mining.snapshot import current_snapshot
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import load_policy
from tsuide.proof.experiment import controls

Decided = Callable[..., list[Decision]]
Buy = Callable[..., None]
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
SILENCE = {
    "id": "silence",
    "hypothesis": "Offers beside a camera raise margin.",
    "window": 30,
    "arms": [{"name": "silent", "share": 500_000, "silent": True}, {"name": "offers", "share": 500_000}],
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Shop:
    """A learned shop; decisions are made and read by the tests in turn."""
    opened = open_shop(Settings(home=tmp_path_factory.mktemp("trial"), language="en"))
    fill_shop(opened)
    learn(opened, now=NOW - 20 * DAY, seed=0)
    return opened


def test_an_experiment_from_draft_to_verdict(shop: Shop, decided: Decided, buy: Buy) -> None:
    create_experiment(shop, read_experiment(SILENCE), NOW - 10 * DAY)
    with pytest.raises(Conflict, match="never started"):
        read_experiment_effect(shop, "silence", NOW)
    assert not decided(shop, NOW - 10 * DAY, range(1))[0].customer.arms
    start_experiment(shop, "silence", NOW - 9 * DAY)
    with pytest.raises(Conflict, match="locked"):
        create_experiment(shop, read_experiment(SILENCE), NOW)

    made = decided(shop, NOW - 8 * DAY, range(400))
    inside = [each for each in made if each.customer.arms]
    arms = Counter(each.customer.arms["silence"] for each in inside)
    assert set(arms) == {"silent", "offers"}
    assert all(each.arm == "holdout" and not each.customer.trial.silent for each in made if not each.customer.arms)
    for each in inside:
        assert (not each.offers) == (each.customer.arms["silence"] == "silent"), each.id
        assert each.slate

    shown = [each.request.customer_id or "" for each in inside if each.offers]
    buy(shop, shown[::2], NOW - 6 * DAY)
    found = read_experiment_effect(shop, "silence", NOW)
    assert found["sample_ratio"]["counts"] == dict(arms)
    assert found["arms"]["offers"]["verdict"] == "gain"
    assert found["arms"]["offers"]["windows_passed"] == 0.0
    margin = found["arms"]["offers"]["metrics"]["margin"]
    assert margin["treated"] == pytest.approx(1_800 / 1.1 * len(shown[::2]) / len(shown), rel=0.2)
    assert stop_experiment(shop, "silence", NOW).state == "stopped"
    with pytest.raises(Conflict, match="it is stopped"):
        stop_experiment(shop, "silence", NOW)

    again = replay_range(shop, NOW - 9 * DAY, NOW)
    assert (again.same, again.differing) == (400, ())


def test_the_standing_holdout_is_read_with_attributed_figures_beside(shop: Shop) -> None:
    found = standing_effect(shop, NOW, back=30, window=30)
    assert found["customers"]["control"] > 0
    assert found["sample_ratio"]["holds"]
    assert found["attributed"]["label"]["en"].startswith("Attributed")
    assert set(found["metrics"]) >= {"margin", "revenue", "repeated", "unsubscribed"}
    assert "complained" not in found["metrics"]


def test_the_effect_is_told_by_rep_line_and_tier_and_what_people_of_an_account_buy_counts_for_it(shop: Shop) -> None:
    seen = exposures(shop, NOW - 30 * DAY, NOW)
    held = seen.people("", "holdout")["customer_id"].to_list()
    treated = seen.people("", "treated")["customer_id"].to_list()
    rows = [Customer(who, attributes={"owner": "ann", "tier": "gold"}) for who in (*treated[:200], *held)]
    rows += [Customer(who, parent_id="hq") for who in treated[200:250]]
    rows += [Customer("hq", "company", attributes={"owner": "bob"}), Customer("mina", parent_id=treated[0])]
    shop.store.facts.write_customers(frame_of(rows, CUSTOMERS))
    raw = gather_facts(shop, NOW)
    facts = replace(raw, lines=raw.lines.with_columns(customer_id=pl.when(pl.col("customer_id") == treated[0])
                                                      .then(pl.lit("mina")).otherwise("customer_id")))  # fmt: skip
    assert under_units(shop, facts, seen).lines.equals(raw.lines)
    found = group_effect(shop, seen, raw, NOW, window=30)
    told = {(each["sort"], each["name"]): each for each in found["groups"]}
    assert told["rep", "ann"]["customers"] == told["tier", "gold"]["customers"]
    assert told["rep", "ann"]["customers"] == {"treated": 200, "control": len(held)}
    assert (told["rep", "bob"]["customers"], told["rep", "bob"]["verdict"]) == (
        {"treated": 50, "control": 0}, "not_enough",
    )  # fmt: skip
    assert [name for sort, name in told if sort == "line"] == ["camera"]  # nothing else was sold since
    assert {each["sort"] for each in results(shop, NOW - 30 * DAY, NOW).groups["groups"]} == {"rep", "line", "tier"}


def test_arms_that_lose_customers_block_the_read_out(shop: Shop, decided: Decided) -> None:
    lopsided = {**SILENCE, "id": "lopsided", "arms": [{"name": "a", "share": 10_000}, {"name": "b", "share": 990_000}]}
    create_experiment(shop, read_experiment(lopsided), NOW)
    start_experiment(shop, "lopsided", NOW)
    made = decided(shop, NOW + DAY, range(1_000, 1_060))
    stop_experiment(shop, "lopsided", NOW + 2 * DAY)
    assert sum(bool(each.customer.arms) for each in made) > 50
    record = shop.store.experiments.get("lopsided")["record"].replace("10000", "500000").replace("990000", "500000")
    shop.store.experiments.change("lopsided", "stopped", lambda _one, _all: record, NOW)  # as if half were planned
    with pytest.raises(SampleRatioMismatch, match="experiment = 'lopsided'"):
        read_experiment_effect(shop, "lopsided", NOW + 2 * DAY)


def test_always_on_controls_rank_otherwise_and_replay(shop: Shop, decided: Decided) -> None:
    create_experiment(shop, controls(share=190_000), NOW)
    start_experiment(shop, "always_on_controls", NOW)
    made = decided(shop, NOW + 3 * DAY, range(2_000, 2_060))
    stop_experiment(shop, "always_on_controls", NOW + 4 * DAY)
    rankings = {each.customer.trial.ranking: each for each in made}
    assert set(rankings) == {
        "usual", "random", "propensity_only", "no_levers", "eligibility_only", "random_propensity",
    }  # fmt: skip
    at_random = rankings["random"].slate
    assert at_random[0].shown_probability < 1
    for offer in rankings["propensity_only"].slate:
        assert offer.scores.priority == offer.scores.propensity
    again = replay_range(shop, NOW + 2 * DAY, NOW + 4 * DAY)
    assert (again.same, again.differing) == (60, ())


def test_what_the_same_policy_would_have_earned_is_what_it_earned(shop: Shop, decided: Decided, buy: Buy) -> None:
    decided(shop, NOW + 5 * DAY, range(3_000, 3_200))
    buy(shop, [f"new{n}" for n in range(3_000, 3_200, 4)], NOW + 6 * DAY)
    found = would_have_earned(shop, NOW + 5 * DAY, NOW + 6 * DAY)
    assert found["support"]["mean_weight"] == pytest.approx(1.0)
    assert found["would_have_earned_per_decision"]["rips"]["value"] == pytest.approx(found["earned_per_decision"])
    assert found["skipped"]["holdout"] > 0


def test_what_the_model_of_then_would_have_earned_is_what_it_earned(shop: Shop) -> None:
    start, end = NOW + 5 * DAY, NOW + 6 * DAY
    current = current_snapshot(shop.snapshots)
    found = would_have_earned(shop, start, end, snapshot_id=current)
    assert found["support"]["mean_weight"] == pytest.approx(1.0)
    assert found["would_have_earned_per_decision"]["rips"]["value"] == pytest.approx(found["earned_per_decision"])
    assert found["earned_per_decision"] > 0
    with pytest.raises(NothingLearned):
        would_have_earned(shop, start, end, snapshot_id="never-learned")


def test_a_policy_that_shows_what_was_never_tried_is_refused(shop: Shop) -> None:
    levers = load_policy("name: bags\nlevers: [{product: bag, percent: 900}]\n", name="bags")  # the bag first, always
    with pytest.raises(NoSupport, match="was never tried"):
        would_have_earned(shop, NOW + 5 * DAY, NOW + 6 * DAY, policy=levers)


def test_a_policy_that_nobody_kept_is_refused(shop: Shop) -> None:
    arms = [{"name": "a", "share": 500_000}, {"name": "b", "share": 500_000, "policy": "bold@1"}]
    with pytest.raises(NotFound, match="bold"):
        create_experiment(shop, read_experiment({**SILENCE, "id": "bold", "arms": arms}), NOW)
