"""Settings that are kept by the shop: the environment wins, every change can be taken back, passwords stay hidden."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tsuide.app.shop_settings import fixed_settings, kept_settings, set_settings, shown_settings, take_back_settings
from tsuide.app.wiring import held_settings, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, Conflict

NOW = datetime(2026, 11, 29, tzinfo=UTC)
SMTP = "smtp://me:very%20secret@mail.example.com:587"


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    opened = open_shop(Settings(home=tmp_path, currency="EUR"))
    yield opened
    opened.close()


def test_what_is_set_holds_at_once_in_the_next_process_and_in_one_that_looks_again(shop: Any, tmp_path: Path) -> None:
    other = open_shop(Settings(home=tmp_path))
    set_settings(shop, {"language": "en", "time_zone": "Europe/Berlin"}, "Aoi", NOW)
    assert (shop.settings.language, shop.settings.time_zone) == ("en", "Europe/Berlin")
    before = other.settings.language
    assert other.take_up_settings()
    assert (before, other.settings.language) == ("ja", "en")
    assert not other.take_up_settings()
    other.close()
    assert held_settings(Settings(home=tmp_path)).time_zone == "Europe/Berlin"


def test_the_environment_wins_and_what_it_fixes_is_not_set_here(shop: Any, tmp_path: Path) -> None:
    assert fixed_settings(shop) == {"currency"}
    with pytest.raises(Conflict, match="environment fixes this"):
        set_settings(shop, {"currency": "USD"}, "Aoi", NOW)
    set_settings(shop, {"language": "en"}, "Aoi", NOW)
    assert held_settings(Settings(home=tmp_path, language="ja")).language == "ja"


def test_one_change_is_taken_back_and_what_was_set_elsewhere_since_stays(shop: Any) -> None:
    first = set_settings(shop, {"language": "en"}, "Aoi", NOW)
    second = set_settings(shop, {"time_zone": "UTC"}, "Aoi", NOW)
    assert (first["before"], first["after"]) == ({"language": None}, {"language": "en"})
    take_back_settings(shop, first["undo"], "Aoi", NOW)
    assert kept_settings(shop) == {"time_zone": "UTC"}
    set_settings(shop, {"time_zone": "Asia/Seoul"}, "Ren", NOW)
    with pytest.raises(Conflict, match="newer"):
        take_back_settings(shop, second["undo"], "Aoi", NOW)


def test_a_password_is_never_told_and_stays_only_for_its_own_server(shop: Any) -> None:
    told = set_settings(shop, {"smtp": SMTP}, "Aoi", NOW)
    masked = "smtp://me:••••••@mail.example.com:587"
    assert told["after"] == {"smtp": masked}
    assert shown_settings(shop)["smtp"] == masked
    again = set_settings(shop, {"smtp": masked, "mail_from": "Shop <shop@example.com>"}, "Aoi", NOW)
    assert again["undo"]["names"] == ["mail_from"]
    assert shop.settings.smtp.get_secret_value() == SMTP
    with pytest.raises(BadValue, match="belongs to another address"):
        set_settings(shop, {"smtp": masked.replace("mail.", "evil.")}, "Aoi", NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "fr"), ("currency", "XXQ"), ("time_zone", "Mars/Base"), ("mail_from", "nobody"),
        ("mail_from", "a@example.com\nBcc: b@example.com"), ("smtp", "mail.example.com"), ("smtp", "smtp://h:port"),
        ("public_url", "example.com"), ("mail_rates", "fast"), ("mail_warm_up", "soon"), ("mail_return", "{id}"),
        ("product_page", "https://example.com/p"), ("home", "/srv"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name_and_nothing_is_set(tmp_path: Path, name: str, value: str) -> None:
    shop = open_shop(Settings(home=tmp_path))
    with pytest.raises(BadValue) as refused:
        set_settings(shop, {name: value}, "Aoi", NOW)
    assert refused.value.key == name
    assert kept_settings(shop) == {}
    shop.close()


def test_of_two_who_set_at_the_same_moment_one_is_told(shop: Any) -> None:
    store = shop.store.settings
    assert store.put_over("k", None, "a", NOW)
    assert not store.put_over("k", None, "b", NOW)
    assert not store.put_over("k", "b", "c", NOW)
    assert store.put_over("k", "a", "c", NOW)
    assert store.get("k") == "c"
