"""Files of customers that a page takes in: kept for a week, piece by piece, and gone with whom they name."""

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tsuide.app import customer_files
from tsuide.app.erasing import erase_customer
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadFile, BadValue

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, store_url: str) -> Iterator[Shop]:
    opened = open_shop(Settings(home=tmp_path / "home", database_url=store_url, language="en"))
    yield opened
    opened.close()


def _taken(shop: Shop, text: str, now: datetime = NOW, name: str = "crm.csv") -> str:
    return customer_files.take_upload(shop, name, io.BytesIO(text.encode()), now)


def _there(shop: Shop) -> set[str]:
    return {path.name for path in (shop.settings.home / "uploads").iterdir()}


def test_the_same_file_is_kept_once_and_one_that_is_none_or_too_large_not_at_all(shop: Shop) -> None:
    assert _taken(shop, "id,name\na,A\n") == _taken(shop, "id,name\na,A\n")
    for text, name in (("", "a.csv"), ("x", "a.exe"), ("x" * (customer_files.MOST_BYTES + 1), "a.csv")):
        with pytest.raises(BadValue):
            _taken(shop, text, name=name)
    assert len(_there(shop)) == 1


def test_files_that_name_a_customer_and_their_rejects_go_when_the_customer_is_erased(shop: Shop) -> None:
    theirs, others = _taken(shop, "id,name\nc-17,Aoi\n"), _taken(shop, "id,name\nc-18,Ren\n")
    (shop.settings.home / "uploads" / f"{others}.rejects.csv").write_text("line\n3,c-17\n", encoding="utf-8")
    assert erase_customer(shop, "c-17", NOW)["upload"] == 2
    assert _there(shop) == {others}
    with pytest.raises(BadFile, match="gone"):
        customer_files.look_at_upload(shop, theirs, None, NOW)


def test_a_file_goes_by_itself_after_a_week(shop: Shop) -> None:
    name = _taken(shop, "id,name\na,A\n")
    path = shop.settings.home / "uploads" / name
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    assert customer_files.forget_old(shop, NOW + timedelta(days=6)) == 0
    assert customer_files.forget_old(shop, NOW + timedelta(days=8)) == 1
    assert _there(shop) == set()
