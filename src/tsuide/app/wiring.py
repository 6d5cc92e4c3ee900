"""The composition root: one shop's store, snapshots and policy, put together from its settings."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tsuide.config import Settings, with_kept
from tsuide.errors import Unavailable
from tsuide.store.database import Store, open_store

KEPT: Final = "shop.settings"
"""Under which the store keeps every version of what was set in the console, as JSON, the newest last."""


class Shop:
    """One shop, opened.

    Args:
        given: settings of the environment, or of a command.
        store: its ports.

    Raises:
        BadSetting: what was set in the console cannot be used.
    """

    __slots__ = ("_kept", "_settings", "given", "store")

    def __init__(self, given: Settings, store: Store) -> None:
        self.given = given
        self.store = store
        self._kept: str | None = None
        self._settings = given
        self.take_up_settings()

    @property
    def settings(self) -> Settings:
        """What holds now: the environment, then what was set in the console, then the defaults."""
        return self._settings

    def take_up_settings(self) -> bool:
        """Look whether something else was set in the console, and take it up; whether there was.

        Raises:
            Unavailable: the store does not answer.
            BadSetting: it cannot be used.
        """
        kept = self.store.settings.get(KEPT)
        if kept == self._kept:
            return False
        versions = json.loads(kept) if kept else []
        self._settings = with_kept(self.given, versions[-1]["values"] if versions else {})
        self._kept = kept
        return True

    @property
    def snapshots(self) -> Path:
        """The folder of what was learned."""
        return self.given.snapshots

    def close(self) -> None:
        """Give the store's connections back."""
        self.store.close()


def open_shop(settings: Settings) -> Shop:
    """Open (and where missing make) the shop's home and store.

    Raises:
        Unavailable: the home cannot be written, or the database does not answer.
        StoreOutdated: the store was made by newer code.
        BadSetting: what was set in the console cannot be used.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Unavailable(
            "the home folder cannot be made",
            key="home",
            value=str(settings.home),
            way_out="choose another with --home or TSUIDE_HOME",
        ) from exc
    return Shop(settings, open_store(settings.url))


def held_settings(settings: Settings) -> Settings:
    """What holds for a shop: what was set in its console too, where it is there already; nothing is made.

    Raises:
        Unavailable, StoreOutdated, BadSetting: as `open_shop`.
    """
    if settings.database_url is None and not (settings.home / "store.sqlite").exists():
        return settings
    with opened(settings) as shop:
        return shop.settings


@contextmanager
def opened(settings: Settings) -> Iterator[Shop]:
    """`open_shop`, closed at the end of the block."""
    shop = open_shop(settings)
    try:
        yield shop
    finally:
        shop.close()
