import asyncio
from datetime import UTC, datetime

import polars as pl
import pytest

from tsuide.app.deciding import Decider, signed
from tsuide.app.duplicates import merge
from tsuide.app.learn import learn
from tsuide.app.policies import put_in_force
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NothingLearned, ReplayRefused
from tsuide.mining.snapshot import list_snapshots
from tsuide.offers.policy.load import ready_text
from tsuide.offers.request import CartLine, OfferRequest

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
CAMERA = OfferRequest("product", product_id="cam-a", anonymous_id="v1", language="en")


def with_decider(shop: Shop, *requests: OfferRequest, seed: int = 7) -> list[str]:
    """Decide each request with one decider; ids of the decisions."""

    async def ask() -> list[str]:
        journal = shop.store.journal()
        decider = Decider(shop, journal, lambda: NOW, iter(range(seed, seed + 1000)).__next__)
        decider.refresh()
        ids = [(await decider.decide(each)).decision.id for each in requests]
        await journal.close()
        return ids

    return asyncio.run(ask())


def test_before_learning_a_decision_is_refused_by_name(small_shop: Shop) -> None:
    with pytest.raises(NothingLearned, match="nothing has been learned yet"):
        with_decider(small_shop, CAMERA)


def test_every_decision_is_in_the_store_and_replays_bit_for_bit(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    requests = [
        CAMERA,
        OfferRequest("cart", customer_id="c01", cart=(CartLine("tea", 2), CartLine("nothing like it"))),
        OfferRequest("home", customer_id="nobody knows them 😀"),
        OfferRequest("cart", anonymous_id="v2", cart=(CartLine("cam-c"),), hesitation=("removed",)),
    ]
    for decision_id in with_decider(small_shop, *requests, seed=(1 << 64) - 500):
        assert replay_decision(small_shop, decision_id).same


def test_an_id_that_names_another_decision_is_refused_by_name(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    other = OfferRequest("cart", anonymous_id="v2", cart=(CartLine("cam-a"),))
    (first,) = with_decider(small_shop, CAMERA)
    assert with_decider(small_shop, CAMERA) == [first]  # the same decision once more: nothing is lost
    with pytest.raises(Conflict, match="already name another decision"):
        with_decider(small_shop, other)
    assert replay_decision(small_shop, first).recorded.request == CAMERA


def test_a_replay_sees_the_catalogue_as_it_was(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    (before,) = with_decider(small_shop, CAMERA)
    products = small_shop.store.facts.products()
    sold_out = products.with_columns(stock=pl.when(pl.col("id") == "card").then(0).otherwise(pl.col("stock")))
    small_shop.store.facts.write_products(sold_out)
    (after,) = with_decider(small_shop, CAMERA, seed=8)
    old, new = replay_decision(small_shop, before), replay_decision(small_shop, after)
    assert old.same
    assert new.same
    assert "card" in {each.product_id for each in old.again.slate}
    assert "card" not in {each.product_id for each in new.again.slate}


def test_a_running_decider_takes_up_products_snapshots_and_policies(small_shop: Shop) -> None:
    async def live() -> None:
        journal = small_shop.store.journal()
        decider = Decider(small_shop, journal, lambda: NOW, iter(range(1000)).__next__)
        assert not decider.refresh()
        first = learn(small_shop, now=NOW, seed=0).snapshot_id
        assert decider.refresh()
        assert (await decider.decide(CAMERA)).decision.snapshot_id == first
        products = small_shop.store.facts.products()
        dearer = products.filter(id="card").with_columns(price=3_300)
        small_shop.store.facts.write_products(dearer)
        assert decider.refresh()
        served = await decider.decide(CAMERA)
        assert served.product("card").price == 3_300
        second = learn(small_shop, now=NOW, seed=1, tune=False).snapshot_id
        put_in_force(small_shop, ready_text("standard") + "\n# changed\n", NOW)
        decider.refresh()
        served = await decider.decide(CAMERA)
        assert served.decision.snapshot_id == second
        assert not decider.refresh()
        await journal.close()

    asyncio.run(live())


def test_a_damaged_snapshot_leaves_the_one_before_it_in_use(small_shop: Shop) -> None:
    first = learn(small_shop, now=NOW, seed=0).snapshot_id
    second = learn(small_shop, now=NOW, seed=1).snapshot_id
    assert list_snapshots(small_shop.snapshots) == [second, first]
    manifest = small_shop.snapshots / "manifests" / f"{second}.json"
    manifest.write_bytes(manifest.read_bytes()[:-2])
    (decision,) = with_decider(small_shop, CAMERA)
    assert replay_decision(small_shop, decision).recorded.snapshot_id == first


def test_a_replay_without_its_snapshot_is_refused_by_name(small_shop: Shop) -> None:
    snapshot = learn(small_shop, now=NOW, seed=0).snapshot_id
    (decision,) = with_decider(small_shop, CAMERA)
    (small_shop.snapshots / "manifests" / f"{snapshot}.json").unlink()
    with pytest.raises(ReplayRefused, match="not there any more"):
        replay_decision(small_shop, decision)


def test_64_bits_fit_the_store() -> None:
    assert [signed(n) for n in (0, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)] == [0, (1 << 63) - 1, -(1 << 63), -1]


def test_a_merged_id_is_decided_for_as_whoever_stays(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    merge(small_shop, "c01", "c02", NOW, 1)
    (decision_id,) = with_decider(small_shop, OfferRequest("home", customer_id="c02"))
    replayed = replay_decision(small_shop, decision_id)
    assert (replayed.same, replayed.recorded.request.customer_id) == (True, "c01")
    assert small_shop.store.decisions.get(decision_id)["customer_id"] == "c01"
