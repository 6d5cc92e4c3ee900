"""Worlds: the same seed gives the same shop, and what is drawn keeps to its family."""

from dataclasses import fields, replace

import numpy as np
import pytest

from tsuide.errors import BadValue
from tsuide.proof.worlds.family import families
from tsuide.proof.worlds.world import World, draw

ALL = families()


def small(name: str, shoppers: int = 60, seed: int = 3) -> World:
    return draw(replace(ALL[name], shoppers=shoppers), seed)


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_world_keeps_to_its_family(name: str) -> None:
    world, family = small(name), ALL[name]
    assert family.needs[0] <= world.needs <= family.needs[1]
    sizes = np.diff(world.start)
    assert sizes.min() >= family.products_per_need[0]
    assert sizes.max() <= family.products_per_need[1]
    assert (world.margin > 0).all()
    assert (world.link_from != world.link_to).all()
    assert world.taste.shape == (world.shoppers, world.needs)
    assert (world.rep >= 0).all() == bool(family.reps)


def test_the_same_seed_gives_the_same_world_and_another_one_another() -> None:
    one, same, other = small("fashion"), small("fashion"), small("fashion", seed=4)
    for each in fields(one):
        assert np.array_equal(getattr(one, each.name), getattr(same, each.name)), each.name
    assert one.products != other.products or not np.array_equal(one.price, other.price)


def test_what_is_true_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        small("fashion").price[0] = 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("x: [", "families"),
        ("", "families"),
        ("shop: {shoppers: 10}", "shop.links"),
        ("shop: {links: {mains: 0.5, eech: [1, 2]}}", "shop.links.eech"),
    ],
)
def test_a_file_of_families_that_is_wrong_says_where(text: str, key: str) -> None:
    with pytest.raises(BadValue) as caught:
        families(text)
    assert caught.value.key == key
