"""Uplift in a running shop: learned from its holdout, kept as segments, and obeyed by the next decisions."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tsuide.app.learn import learn
from tsuide.app.past import replay_range
from tsuide.app.policies import put_in_force
from tsuide.app.uplift import account, segment_members, uplift_of
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, NothingLearned, TooFewData
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.decision import Decision
from tsuide.offers.policy.load import ready_text

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW = range(300), range(300, 600)  # customers who had bought before, and those who had not


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, fill_shop: Callable[[Shop], None]) -> Iterator[Shop]:
    """Half of everybody is in the holdout, everybody lets us use their history."""
    opened = open_shop(Settings(home=tmp_path_factory.mktemp("uplift"), language="en"))
    fill_shop(opened)
    text = ready_text("standard").replace("holdout: 5%", "holdout: 50%")
    assert "holdout: 50%" in text
    put_in_force(opened, text, NOW - 90 * DAY)
    ids = [f"new{n}" for n in (*OLD, *NEW, 900)]
    opened.store.facts.write_customers(conform(pl.DataFrame({"id": ids, "kind": ["person"] * len(ids)}), CUSTOMERS))
    grant = {"purpose": "personalisation", "channel": "any", "granted": True, "at": NOW - 90 * DAY}
    opened.store.facts.write_consents(conform(pl.DataFrame([{"customer_id": each, **grant} for each in ids]), CONSENTS))
    learn(opened, now=NOW - 80 * DAY, seed=0)
    yield opened
    opened.close()


def test_before_the_holdout_says_anything_so_it_is_told(shop: Shop) -> None:
    with pytest.raises(TooFewData, match="50 customers"):
        uplift_of(shop)
    with pytest.raises(BadValue, match=r"uplift\.persuadable"):
        segment_members(shop, "whales")


def test_nothing_learned_is_told_as_such(empty_shop: Shop) -> None:
    with pytest.raises(NothingLearned):
        uplift_of(empty_shop)


def test_whom_offers_put_off_is_left_in_peace_and_whom_they_move_is_more_likely(
    shop: Shop, decided: Callable[..., list[Decision]], buy: Callable[..., None]
) -> None:
    buy(shop, [f"new{n}" for n in (*OLD, 900)], NOW - 70 * DAY, "rice")
    made = decided(shop, NOW - 60 * DAY, range(600))
    arms = {each.request.customer_id or "": each.arm for each in made}
    buyers = []
    for n in range(600):
        likely = (arms[f"new{n}"] == "treated") == (n in NEW)  # offers move the new and put the old off
        if n % 10 < (8 if likely else 3):
            buyers.append(f"new{n}")
    buy(shop, buyers, NOW - 55 * DAY, "cake")
    learn(shop, now=NOW, seed=0)

    part = uplift_of(shop)
    told = account(part)
    assert told["groups"]["do_not_disturb"]["supported"]
    assert told["groups"]["do_not_disturb"]["factor"] == 0.0
    segment = segment_members(shop, "uplift.do_not_disturb")
    assert (segment["supported"], segment["learned_at"]) == (True, NOW.isoformat())
    assert len(set(segment["customers"])) == len(segment["customers"]) > 0
    put_off = [each for each in segment["customers"] if arms.get(each) == "treated"][:3]
    numbers = [int(each.removeprefix("new")) for each in put_off]
    for n in numbers:
        (again,) = decided(shop, NOW + timedelta(hours=n), range(n, n + 1))
        assert "uplift.do_not_disturb" in again.customer.segments
        assert again.offers == ()
        assert "put_off_by_offers" in again.notes
    assert numbers
    replayed = replay_range(shop, NOW, NOW + 30 * DAY)
    assert (replayed.same, replayed.differing) == (len(numbers), ())
