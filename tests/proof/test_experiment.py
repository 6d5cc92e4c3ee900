"""Who is in which arm: even, for ever the same, never in two experiments of one layer, locked once started."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tsuide.errors import BadValue, Conflict
from tsuide.offers.request import OfferRequest
from tsuide.proof.experiment import Experiment, Treatment, arm_of, checked, controls, drawn, placed
from tsuide.proof.sample_ratio import sample_ratio

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HALF = (Treatment("silence", 500_000, silent=True), Treatment("offers", 500_000))


def question(name: str, **more: object) -> Experiment:
    return Experiment(name, "it helps", **{"arms": HALF, **more})  # type: ignore[arg-type]  # each test's own values


def own(customer: str) -> str:
    return customer


def test_arms_are_filled_as_planned_and_stay() -> None:
    arms = (Treatment("a", 900_000), Treatment("b", 100_000))
    started = placed(question("x", arms=arms), [], NOW)
    first = {f"c{n}": arm_of(started, f"c{n}") for n in range(20_000)}
    counts = Counter(arm.name for arm in first.values() if arm is not None)
    assert sample_ratio(counts, started.shares).holds
    assert all(arm_of(started, name) == arm for name, arm in list(first.items())[:100])


def test_experiments_of_one_layer_share_nobody_and_of_two_layers_are_independent() -> None:
    one = placed(question("one", share=400_000), [], NOW)
    two = placed(question("two", share=600_000), [one], NOW)
    other = placed(question("other", layer="mail"), [one, two], NOW)
    both = Counter()  # type: ignore[var-annotated]  # (arm, arm) of 10,000 customers
    for n in range(10_000):
        a, b, c = (arm_of(each, f"c{n}") for each in (one, two, other))
        assert (a is None) != (b is None)
        if a is not None and c is not None:
            both[a.name, c.name] += 1
    assert all(800 < count < 1_200 for count in both.values())
    assert len(both) == 4


def test_a_full_layer_takes_no_more_and_a_freed_slice_is_used_again() -> None:
    one = placed(question("one", share=500_000), [], NOW)
    two = placed(question("two", share=500_000), [one], NOW)
    with pytest.raises(Conflict, match=r"no slice of 10\.0% left"):
        placed(question("three", share=100_000), [one, two], NOW)
    assert placed(question("three", share=100_000), [two], NOW).start == 0


def test_a_started_experiment_is_locked() -> None:
    started = placed(question("x"), [], NOW)
    with pytest.raises(Conflict, match="locked"):
        placed(started, [], NOW)


def test_two_layers_may_not_both_choose_offers_otherwise() -> None:
    running = placed(controls(), [], NOW)
    steering = (Treatment("usual", 500_000), Treatment("bold", 500_000, policy="bold@1"))
    with pytest.raises(Conflict, match="the layer default"):
        placed(question("bold", arms=steering, layer="mail"), [running], NOW)


def test_what_arms_do_to_a_request() -> None:
    everybody = (Treatment("a", 1), Treatment("b", 999_999, silent=True))
    withheld = placed(question("fillers", arms=everybody, kinds=("filler",), layer="one"), [], NOW)
    by_place = placed(question("mail", arms=everybody, placements=("email",), layer="two"), [], NOW)
    seen = drawn([withheld, by_place], OfferRequest("cart", customer_id="c1"), own)
    assert (dict(seen.arms), seen.trial.withheld, seen.trial.silent) == ({"fillers": "b"}, ("filler",), False)
    assert drawn([withheld, by_place], OfferRequest("email", customer_id="c1"), own).trial.silent


def test_units() -> None:
    by_session = placed(question("s", unit="session"), [], NOW)
    assert not drawn([by_session], OfferRequest("cart", customer_id="c1"), own).arms
    assert drawn([by_session], OfferRequest("cart", session_id="s1"), own).arms
    by_account = placed(question("acc", unit="account"), [], NOW)
    arms = {drawn([by_account], OfferRequest("rep", customer_id=f"c{n}"), lambda _: "a1").arms["acc"] for n in range(9)}
    assert len(arms) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"hypothesis": " "},
        {"arms": HALF[:1]},
        {"arms": (HALF[0], replace(HALF[1], share=400_000))},
        {"arms": (HALF[0], replace(HALF[1], name="silence"))},
        {"share": 0},
        {"kinds": ("filler",), "arms": (Treatment("a", 500_000), Treatment("b", 500_000))},
        {"window": 0},
        {"days": 0},
        {"id": ""},
    ],
)
def test_a_question_without_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadValue):
        checked(replace(question("x"), **wrong))  # type: ignore[arg-type]  # as above
