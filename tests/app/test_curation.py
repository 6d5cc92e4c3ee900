"""A pair that a person bans is gone from a running shop without learning anew, and comes back when it is undone."""

import asyncio
import itertools
import time
from datetime import UTC, datetime

import pytest

from tsuide.app.curation import Wish, judge, judgement_of, judgements, restore, subject, take_away, told, told_again
from tsuide.app.deciding import Decider, Served
from tsuide.app.learn import learn
from tsuide.app.promotions import publish_deals
from tsuide.app.replaying import replay_decision
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
PAIR = subject("beside", "cam-a", ["card"])
_SEEDS = itertools.count(11)


def offered(served: Served) -> list[str]:
    return [each.product_id for each in served.decision.offers]


def test_in_force_in_a_running_shop_until_it_is_undone(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0, tune=False)

    async def run() -> None:
        journal = small_shop.store.journal()
        decider = Decider(small_shop, journal, lambda: NOW, _SEEDS.__next__)
        decider.refresh()
        request = OfferRequest("product", product_id="cam-a", anonymous_id="v1", language="en", kinds=("cross_sell",))
        before = await decider.decide(request)
        assert "card" in offered(before)
        was, now = judge(small_shop, PAIR, Wish("banned", texts={"en": "Fits in the bag."}), "Mori", NOW)
        assert (was.empty, now.mark.verdict, now.changed_by) == (True, "banned", "Mori")
        began = time.perf_counter()
        publish_deals(small_shop, NOW)
        assert decider.refresh()
        assert time.perf_counter() - began < 5  # a second, on a machine that has nothing else to do
        without = await decider.decide(request)
        assert "card" not in offered(without)
        assert "card" not in [each.product.id for each in decider.relations("cam-a", 5).complements]
        restore(small_shop, was, over=now)
        publish_deals(small_shop, NOW)
        decider.refresh()
        assert offered(await decider.decide(request)) == offered(before)
        judge(small_shop, PAIR, Wish(texts={"en": "Fits in  the camera.", "ja": ""}), "Mori", NOW)
        publish_deals(small_shop, NOW)
        decider.refresh()
        worded = await decider.decide(request)
        card = next(each for each in worded.decision.offers if each.product_id == "card")
        assert worded.reasons_told(card, "en")[0] == "Fits in the camera."
        await journal.close()
        for each in (before, without, worded):
            assert replay_decision(small_shop, each.decision.id).same

    asyncio.run(run())
    learn(small_shop, now=NOW, seed=0, tune=False)  # learning anew keeps what people decided
    decider = Decider(small_shop, small_shop.store.journal(), lambda: NOW, _SEEDS.__next__)
    decider.refresh()
    part = decider.loaded.snapshot.parts["curated"]
    assert part.meta()["marks"] == [["beside", "cam-a", ["card"], None, {"en": "Fits in the camera."}]]


def test_approved_is_a_mark_with_who_and_when_and_changes_no_offer(small_shop: Shop) -> None:
    _, now = judge(small_shop, PAIR, Wish(approved=True), "Abe", NOW)
    assert (now.approved_by, now.approved_at) == ("Abe", NOW)
    assert told_again(told(now)) == now == judgement_of(small_shop, PAIR)
    judge(small_shop, PAIR, Wish(approved=False), "Abe", NOW)
    assert judgements(small_shop) == []
    with pytest.raises(NotFound):
        take_away(small_shop, PAIR)


def test_a_change_is_undone_unless_something_newer_stands(small_shop: Shop) -> None:
    nothing, banned = judge(small_shop, PAIR, Wish("banned"), "Mori", NOW)
    _, worded = judge(small_shop, PAIR, Wish(texts={"en": "Fits."}), "Abe", NOW)
    with pytest.raises(Conflict):
        restore(small_shop, nothing, over=banned)
    assert judgements(small_shop) == [worded]
    restore(small_shop, banned, over=worded)
    restore(small_shop, nothing, over=banned)
    assert judgements(small_shop) == []
    with pytest.raises(Conflict):
        restore(small_shop, worded, over=banned)
    with pytest.raises(BadValue):
        restore(small_shop, nothing, over=told_again({**told(banned), "other_ids": ["bag"]}))
    assert judgements(small_shop) == []


@pytest.mark.parametrize(
    ("about", "product", "others", "key"),
    [
        ("pair", "a", ["b"], "about"),
        ("beside", "a", [], "other_ids"),
        ("beside", "a", ["b", "c"], "other_ids"),
        ("beside", "", ["b"], "product_id"),
        ("filler", "a", ["b"], "product_id"),
        ("set", "a", ["a", "b"], "other_ids"),
    ],
)
def test_what_cannot_be_judged_is_refused_by_name(about: str, product: str, others: list[str], key: str) -> None:
    with pytest.raises(BadValue) as refused:
        subject(about, product, others)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("wish", "key"),
    [(Wish("maybe"), "verdict"), (Wish(texts={"fr": "x"}), "texts"), (Wish(texts={"ja": "x" * 301}), "text_ja")],
)
def test_a_wish_that_makes_no_sense_is_refused_by_name(small_shop: Shop, wish: Wish, key: str) -> None:
    with pytest.raises(BadValue) as refused:
        judge(small_shop, PAIR, wish, "Mori", NOW)
    assert refused.value.key == key
    assert judgements(small_shop) == []
