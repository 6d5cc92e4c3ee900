from pathlib import Path

import pytest

from tsuide.config import load_settings
from tsuide.errors import BadSetting


def test_without_anything_the_shop_is_a_japanese_one_in_this_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "DATABASE_URL", "TIME_ZONE", "CURRENCY", "LANGUAGE", "TRACE_DURABILITY"):
        monkeypatch.delenv(f"TSUIDE_{name}", raising=False)
    settings = load_settings()
    assert (settings.time_zone, settings.currency, settings.language) == ("Asia/Tokyo", "JPY", "ja")
    assert settings.url == "sqlite:///.tsuide/store.sqlite"
    assert settings.snapshots == Path(".tsuide/snapshots")


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSUIDE_HOME", "/srv/a")
    assert load_settings().home == Path("/srv/a")
    assert load_settings(home=Path("/srv/b")).home == Path("/srv/b")


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("TSUIDE_TIME_ZONE", "Tokyo", "Asia/Tokyo"),
        ("TSUIDE_CURRENCY", "YEN", "JPY"),
        ("TSUIDE_LANGUAGE", "fr", "'ja' or 'en'"),
        ("TSUIDE_TRACE_DURABILITY", "fast", "'normal' or 'full'"),
        ("TSUIDE_DATABASE_URL", "mysql://x", "postgresql"),
    ],
)
def test_a_wrong_setting_names_key_value_and_way_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, way_out: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        load_settings()
    assert caught.value.key == name
    assert caught.value.value == value
    assert way_out in str(caught.value)


def test_a_password_is_not_repeated_in_an_error() -> None:
    with pytest.raises(BadSetting) as caught:
        load_settings(database_url="mysql://shop:secret@host/shop")
    assert "secret" not in str(caught.value)


def test_a_page_for_products_has_a_place_for_their_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSUIDE_PRODUCT_PAGE", "https://shop.example.com/p/{id}?from=mail")
    assert load_settings().product_page == "https://shop.example.com/p/{id}?from=mail"
    monkeypatch.setenv("TSUIDE_PRODUCT_PAGE", "https://shop.example.com/p/")
    with pytest.raises(BadSetting, match=r"https://shop\.example\.com/p/\{id\}"):
        load_settings()
