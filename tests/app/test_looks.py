"""A merchandiser's look: set, offered piece by piece with its picture, taken back."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tsuide.app.deciding import Decider, Served
from tsuide.app.learn import learn
from tsuide.app.looks import looks_of, put_look, read_look, remove_look
from tsuide.app.promotions import publish_deals
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound
from tsuide.facts.looks import relations_of
from tsuide.offers.offer import Offer
from tsuide.offers.request import OfferRequest

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
ROOM = {"id": "tea-room", "names": {"ja": "茶の間", "en": "A tea room"}, "image": "/tea-room.jpg"}


def test_a_look_is_offered_with_its_picture_until_it_is_taken_back(small_shop: Shop) -> None:
    learn(small_shop, now=NOW, seed=0)
    look = read_look({**ROOM, "items": ["bag", "pot", "rice"]})

    async def told() -> list[list[Offer]]:
        journal = small_shop.store.journal()
        decider = Decider(small_shop, journal, lambda: NOW, iter(range(3, 90)).__next__)
        decider.refresh()

        async def pieces() -> tuple[Served, list[Offer]]:
            decider.refresh()
            served = await decider.decide(OfferRequest("product", product_id="bag", anonymous_id="v1", n=10))
            return served, [each for each in served.decision.slate if each.source == "look"]

        found = [(await pieces())[1]]
        put_look(small_shop, look, NOW)
        publish_deals(small_shop, NOW)
        served, offers = await pieces()
        found.append(offers)
        assert [served.look_of(each) for each in offers] == [look] * len(offers)
        assert served.look_of(replace(offers[0], source="complements")) == look  # bought together as well
        assert served.look_of(next(each for each in served.decision.slate if each.source != "look")) is None
        assert remove_look(small_shop, "tea-room", NOW) == look
        publish_deals(small_shop, NOW)
        found.append((await pieces())[1])
        await journal.close()
        return found

    before, there, after = asyncio.run(told())
    assert (before, after) == ([], [])
    assert {each.product_id for each in there} <= {"pot", "rice"}
    assert there
    assert there[0].reasons[0].code == "same_look"


def test_a_look_is_kept_changed_and_refused_by_name(empty_shop: Shop) -> None:
    assert looks_of(empty_shop) == ()
    put_look(empty_shop, read_look({**ROOM, "items": ["cup", "pot"]}), NOW)
    changed = put_look(empty_shop, read_look({**ROOM, "items": ["cup", "pot", "cake"]}), NOW)
    assert looks_of(empty_shop) == (changed,)
    assert relations_of([changed]).select("product_id", "other_id").rows()[:2] == [("cake", "cup"), ("cake", "pot")]
    with pytest.raises(BadValue, match="items"):
        read_look({**ROOM, "items": ["cup"]})
    with pytest.raises(BadValue, match="image"):
        read_look({**ROOM, "items": ["cup", "pot"], "image": "javascript:x"})
    with pytest.raises(NotFound, match="no such look"):
        remove_look(empty_shop, "gone", NOW)
