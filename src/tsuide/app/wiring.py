"""The composition root: one shop's store, snapshots and policy, put together from its settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tsuide.config import Settings
from tsuide.errors import Unavailable
from tsuide.store.database import Store, open_store


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop, opened.

    Args:
        settings: as given.
        store: its ports.
    """

    settings: Settings
    store: Store

    @property
    def snapshots(self) -> Path:
        """The folder of what was learned."""
        return self.settings.snapshots

    def close(self) -> None:
        """Give the store's connections back."""
        self.store.close()


def open_shop(settings: Settings) -> Shop:
    """Open (and where missing make) the shop's home and store.

    Raises:
        Unavailable: the home cannot be written, or the database does not answer.
        StoreOutdated: the store was made by newer code.
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


@contextmanager
def opened(settings: Settings) -> Iterator[Shop]:
    """`open_shop`, closed at the end of the block."""
    shop = open_shop(settings)
    try:
        yield shop
    finally:
        shop.close()
