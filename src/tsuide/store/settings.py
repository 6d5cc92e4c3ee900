"""The port of settings that are kept in the store, such as secrets of the shop."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.schema import setting

_INSERT: Final = "INSERT INTO setting (key, value, at) VALUES (:key, :value, :at) ON CONFLICT (key)"


@dataclass(frozen=True, slots=True)
class Settings:
    """Texts by key. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def get(self, key: str) -> str | None:
        """The value; None where it was never set."""
        with reading(self.engine) as connection:
            return connection.execute(sa.select(setting.c.value).where(setting.c.key == key)).scalar()

    def put(self, key: str, value: str, now: datetime) -> None:
        """Set a value, whatever it was before."""
        with writing(self.engine) as connection:
            connection.execute(
                sa.text(f"{_INSERT} DO UPDATE SET value = excluded.value, at = excluded.at"),
                {"key": key, "value": value, "at": to_micros(now)},
            )

    def put_once(self, key: str, value: str, now: datetime) -> str:
        """Set a value if there is none yet, and return the one that holds (of two who try, the first)."""
        with writing(self.engine) as connection:
            connection.execute(sa.text(f"{_INSERT} DO NOTHING"), {"key": key, "value": value, "at": to_micros(now)})
            return str(connection.execute(sa.select(setting.c.value).where(setting.c.key == key)).scalar_one())

    def put_over(self, key: str, before: str | None, value: str, now: datetime) -> bool:
        """Set a value if the one that holds is still `before` (None: there is none); whether it was."""
        with writing(self.engine) as connection:
            given = {"key": key, "value": value, "at": to_micros(now)}
            if before is None:
                return connection.execute(sa.text(f"{_INSERT} DO NOTHING"), given).rowcount == 1
            where = (setting.c.key == key) & (setting.c.value == before)
            return connection.execute(sa.update(setting).where(where).values(given)).rowcount == 1
