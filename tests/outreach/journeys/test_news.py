"""What a piece of news means to somebody who waits for it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tsuide.outreach.journeys.journey import Await
from tsuide.outreach.journeys.news import News, ends_waiting

NOON = datetime(2026, 6, 1, 3, tzinfo=UTC)


class Cameras:
    """A shelf on which `course` teaches and all the rest is cameras."""

    def names(self, product_id: str) -> frozenset[str]:
        return frozenset({"Courses"} if product_id == "course" else {"Cameras"})

    def teaches(self, product_id: str) -> bool:
        return product_id == "course"

    def watchers(self, _product_id: str, _since: datetime) -> Sequence[str]:
        return ()

    def visits(self, _customer_id: str, _product_id: str, _since: datetime) -> int:
        return 0


def seen(*products: str) -> News:
    return News("view", "e1", NOON, "c1", products)


@pytest.mark.parametrize(
    ("awaited", "products", "ends"),
    [
        ({}, (), True),
        ({}, ("cam",), True),
        ({"product": "cam"}, ("cam",), True),
        ({"product": "cam"}, ("course",), False),
        ({"category": "Cameras"}, ("course", "cam"), True),
        ({"category": "Cameras"}, (), False),
        ({"teaches": True}, ("cam",), False),
        ({"teaches": True}, (), False),
        ({"teaches": True}, ("course",), True),
        ({"teaches": True, "category": "Cameras"}, ("course",), False),
    ],
)
def test_a_wait_ends_with_what_is_meant(awaited: dict[str, object], products: tuple[str, ...], *, ends: bool) -> None:
    waiting = Await.model_validate({"happens": "view", "at_most": "7d"} | awaited)
    assert ends_waiting(waiting, seen(*products), Cameras()) is ends
