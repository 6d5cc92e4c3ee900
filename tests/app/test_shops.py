"""The list of shops: every one that was added stands there, whoever added another at the same moment."""

import threading
from pathlib import Path

import pytest

from tsuide.app.shops import add_shop, remove_shop, shops_of
from tsuide.config import Settings
from tsuide.errors import Conflict, NotFound

NAMES = [f"s{n}" for n in range(8)]


def test_shops_added_at_one_moment_are_all_on_the_list(tmp_path: Path) -> None:
    first = Settings(home=tmp_path)
    begin = threading.Barrier(len(NAMES))

    def add(name: str) -> None:
        begin.wait()
        add_shop(first, name, None, None, {})

    threads = [threading.Thread(target=add, args=(name,)) for name in NAMES]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(shops_of(first)) == NAMES


def test_a_name_is_given_once_and_what_is_not_listed_cannot_be_removed(tmp_path: Path) -> None:
    first = Settings(home=tmp_path)
    made = add_shop(first, "second", None, None, {"currency": "USD"})
    assert (made.home, made.currency) == (tmp_path / "shops" / "second", "USD")
    with pytest.raises(Conflict, match="second"):
        add_shop(first, "second", tmp_path / "elsewhere", None, {})
    assert remove_shop(first, "second").home == made.home
    with pytest.raises(NotFound, match="second"):
        remove_shop(first, "second")
