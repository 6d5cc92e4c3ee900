"""Whatever is asked, in whatever JSON: a decision or a clear error, and never an offer that a rule refuses."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tsuide.errors import TsuideError
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import decide, judge
from tsuide.offers.decision import Decision
from tsuide.offers.offer import HESITATIONS, KINDS, NO_REASONS, OUTCOMES, PLACEMENTS
from tsuide.offers.plain import build
from tsuide.offers.policy import chain
from tsuide.offers.policy.fuse import all_refusals
from tsuide.offers.policy.load import READY, ready_policy
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import prepare_customer
from tsuide.offers.records import PlainRecord
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State

NOW = datetime(2026, 1, 31, 3, tzinfo=UTC)
ODD: list[Any] = [None, "", "x", -1, 0, 1, 3, 10**9, 1 << 70, 1.5, True, [], {}, ["card"], {"a": 1}, "カメラ", "\x00"]


def some(rng: random.Random, ids: list[str]) -> dict[str, Any]:
    """A request as JSON: mostly sensible, sometimes anything."""
    value: dict[str, Any] = {"placement": rng.choice(PLACEMENTS), "n": rng.randint(1, 50)}
    options: dict[str, Any] = {
        "customer_id": "c",
        "session_id": "s",
        "cart": [
            {"product_id": rng.choice(ids), "quantity": rng.choice([1, 2, 10**6])}
            | ({"unit_price": rng.choice([0, 100, 10**12])} if rng.random() < 0.3 else {})
            for _ in range(rng.choice([0, 1, 2, 40]))
        ],
        "product_id": rng.choice(ids),
        "kinds": rng.sample(KINDS, rng.randint(0, 3)),
        "exclude": rng.sample(ids, 2),
        "categories": [rng.choice(["Photo", "Bags", "Nowhere"])],
        "budget": rng.choice([0, 5_000, 10**6]),
        "hesitation": rng.sample(HESITATIONS, rng.randint(0, 2)),
        "slots": [{"name": "a", "n": 2}, {"name": "b", "n": 4, "kinds": ["up_sell"]}],
        "shown": rng.sample(ids, 1),
        "goal": "relax",
        "rep": {"id": "r", "needs": ["x"]},
        "transactional": True,
        "free_shipping_at": rng.choice([0, 4_000, 60_000]),
    }
    value.update({key: each for key, each in options.items() if rng.random() < 0.35})
    if rng.random() < 0.15:
        value[rng.choice([*options, "placement", "n", "nonsense"])] = rng.choice(ODD)
    return value


def somebody(rng: random.Random, ids: list[str]) -> dict[str, Any]:
    def ago(days: int) -> str:
        return (NOW - timedelta(days=rng.randint(-2, days))).isoformat()

    value: dict[str, Any] = {}
    options: dict[str, Any] = {
        "id": "c",
        "consents": [{"purpose": "personalisation"}],
        "owned": [{"product_id": each, "at": ago(500)} for each in rng.sample(ids, 3)],
        "touches": [
            {"at": ago(60), "outcome": rng.choice(OUTCOMES), "kind": rng.choice(KINDS), "product_id": rng.choice(ids)}
            | ({"reason": rng.choice(NO_REASONS)} if rng.random() < 0.5 else {})
            for _ in range(rng.choice([0, 3, 30]))
        ],
        "expected": [{"product_id": rng.choice(ids), "probability": rng.random()}],
        "due": [{"product_id": rng.choice(ids), "probability": 0.3, "days": 30, "interval": 28}],
        "price_band": {"low": 100, "middle": 3_000, "high": 9_000},
        "risks": {"last_score": rng.randint(0, 10), "open_complaint": rng.random() < 0.1},
        "company": True,
        "age": rng.randint(0, 99),
        "attributes": {"prefecture": "東京都", "remote": rng.choice(["yes", "no"])},
    }
    value.update({key: each for key, each in options.items() if rng.random() < 0.5})
    return value


def asked(rng: random.Random, ids: list[str]) -> tuple[OfferRequest, CustomerView] | None:
    """A request and a view, or None where they were refused by name."""
    value = json.loads(json.dumps(some(rng, ids)))
    try:
        return build(OfferRequest, value).checked(), build(CustomerView, somebody(rng, ids))
    except TsuideError:
        return None


def holds(request: OfferRequest, view: CustomerView, state: State, policy: Policy, seed: int) -> Decision:
    """Decide, and ask every rule in plain Python of every chosen candidate."""
    decision = decide(request, state, view, policy, now=NOW, seed=seed)
    judged = judge(request, state, prepare_customer(view, state), policy, now=NOW, seed=seed)
    rest = (
        PlainRecord(judged.question.customer[0]),
        PlainRecord(judged.question.request[0]),
        PlainRecord(policy.row[0]),
    )
    for pick in judged.picks:
        assert all_refusals(chain.rules(), (PlainRecord(judged.pool[pick["row"]]), *rest)) == []
    assert len(judged.picks) == len(decision.slate)
    products = [item.product_id for offer in decision.slate for item in offer.items if item.role == "offered"]
    assert len(products) == len(set(products))
    return decision


def run(state: State, count: int, seed: int) -> tuple[int, int]:
    """How many requests were decided, and how many offers that made."""
    rng = random.Random(seed)  # noqa: S311 - a test's dice
    ids, policies = [*state.ids.ids, "gone"], [ready_policy(name) for name in READY]
    decided = offers = 0
    for number in range(count):
        found = asked(rng, ids)
        if found is not None:
            decision = holds(*found, state, policies[number % len(policies)], rng.getrandbits(64))
            decided += 1
            offers += len(decision.slate)
    return decided, offers


def test_two_thousand_requests(shop: State) -> None:
    decided, offers = run(shop, 2_000, seed=1)
    assert decided > 1_500
    assert offers > 500


@pytest.mark.soak
def test_a_hundred_thousand_requests(shop: State) -> None:
    decided, offers = run(shop, 100_000, seed=2)
    assert decided > 80_000
    assert offers > 25_000
