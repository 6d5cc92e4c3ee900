"""The port of the shop's own mail templates: every version is kept, one of each holds."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.kit.clock import to_micros
from tsuide.store.columns import key, text, whole, yes
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found, insert_into
from tsuide.store.schema import RECORD, metadata

mail_template = sa.Table(
    "mail_template",
    metadata,
    key("name"),
    key("version"),
    text("text"),
    whole("at"),
    yes("active"),
    info=RECORD,
)


@dataclass(frozen=True, slots=True)
class MailTemplates:
    """Keeps every version of the shop's own templates. Every method raises `Unavailable` when there is no answer."""

    engine: sa.Engine

    def put(self, name: str, version: str, text: str, now: datetime) -> None:
        """Keep a version and make it the one that holds."""
        c = mail_template.c
        with writing(self.engine) as connection:
            connection.execute(sa.update(mail_template).where(c.name == name).values(active=0))
            row = {"name": name, "version": version, "text": text, "at": to_micros(now), "active": 1}
            insert = insert_into(connection, mail_template).values(**row)
            again = {"active": 1, "at": to_micros(now)}
            connection.execute(insert.on_conflict_do_update(index_elements=["name", "version"], set_=again))

    def remove(self, name: str) -> bool:
        """Take a template out of use; every version stays. Whether it was in use."""
        c = mail_template.c
        with writing(self.engine) as connection:
            change = sa.update(mail_template).where(c.name == name, c.active == 1).values(active=0)
            return bool(connection.execute(change).rowcount)

    def versions(self, name: str) -> list[Found]:
        """Every version of a template, the one that was kept last first."""
        c = mail_template.c
        query = sa.select(mail_template).where(c.name == name).order_by(c.at.desc(), c.version)
        with reading(self.engine) as connection:
            return found(connection, query)

    def active(self) -> list[Found]:
        """Those in use, by name."""
        query = sa.select(mail_template).where(mail_template.c.active == 1).order_by(mail_template.c.name)
        with reading(self.engine) as connection:
            return found(connection, query)
