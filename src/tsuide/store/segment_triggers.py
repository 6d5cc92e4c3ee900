"""Triggers by which facts name whom they touch: in the transaction that writes the fact, whoever writes it.

They are made when the first segment is defined: a shop without segments pays nothing for them. A decision's own
impressions on the site touch nobody.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import sqlalchemy as sa

from tsuide.outreach.segments.sheets import SHEETS
from tsuide.outreach.segments.vocabulary import CONTACT_CHANNELS

_OUTREACH: Final = ", ".join(f"'{each}'" for each in CONTACT_CHANNELS)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A table whose rows touch somebody.

    Args:
        verbs: INSERT, UPDATE, DELETE.
        customer: the column that names the customer; so for the others; NULL = none.
        when: which rows count; {row} is the row.
    """

    table: str
    verbs: tuple[str, ...]
    cause: str
    customer: str = "{row}.customer_id"
    anonymous: str = "NULL"
    product: str = "NULL"
    when: str = "{row}.customer_id IS NOT NULL"


_ANYBODY: Final = "({row}.customer_id IS NOT NULL OR {row}.anonymous_id IS NOT NULL)"
_WATCHED: Final = (
    _Watched("event", ("INSERT",), "event", anonymous="{row}.anonymous_id", when=_ANYBODY),
    _Watched(
        "outcome",
        ("INSERT", "DELETE"),  # a message that did not go out was no contact
        "outcome",
        anonymous="{row}.anonymous_id",
        when=_ANYBODY + f" AND ({{row}}.outcome <> 'shown' OR {{row}}.channel IN ({_OUTREACH}))",
    ),
    _Watched("orders", ("INSERT", "UPDATE"), "order"),
    _Watched("customer", ("INSERT", "UPDATE"), "customer", customer="{row}.id", when="{row}.id IS NOT NULL"),
    _Watched("consent", ("INSERT", "UPDATE"), "consent"),
    _Watched("feedback", ("INSERT",), "feedback"),
    _Watched("review", ("INSERT", "UPDATE"), "review"),
    _Watched("interaction", ("INSERT", "UPDATE"), "interaction"),
    _Watched("same_person", ("INSERT", "UPDATE"), "joined", anonymous="{row}.anonymous_id"),
    _Watched("product", ("INSERT", "UPDATE"), "product", customer="NULL", product="{row}.id", when="{row}.id <> ''"),
)  # fmt: skip
_PRODUCT_CHANGED: Final = "OLD.category IS NOT NEW.category OR OLD.brand IS NOT NEW.brand"
_PRODUCT_CHANGED_THERE: Final = "(o.category IS DISTINCT FROM n.category OR o.brand IS DISTINCT FROM n.brand)"
_COLUMNS: Final = "customer_id, anonymous_id, product_id, cause"


def created(dialect: str) -> Iterator[str]:
    r"""The statements that make every trigger, for sqlite or postgresql.

    >>> next(iter(created("sqlite"))).split("\n")[0]
    'CREATE TRIGGER segment_event_insert AFTER INSERT ON event'
    """
    for watched in _WATCHED:
        for verb in watched.verbs:
            yield from (_sqlite(watched, verb) if dialect == "sqlite" else _postgresql(watched, verb))


def _sqlite(watched: _Watched, verb: str) -> Iterator[str]:
    row = "OLD" if verb == "DELETE" else "NEW"
    when = watched.when.format(row=row)
    if watched.table == "product" and verb == "UPDATE":
        when = _PRODUCT_CHANGED
    if watched.table == "orders" and verb == "UPDATE":
        yield (
            f"CREATE TRIGGER {_name(watched, verb)}_from AFTER UPDATE ON orders\n"
            "WHEN OLD.customer_id IS NOT NULL AND OLD.customer_id IS NOT NEW.customer_id\n"
            f"BEGIN INSERT INTO segment_touch ({_COLUMNS}) VALUES (OLD.customer_id, NULL, NULL, 'order'); END"
        )
    yield (
        f"CREATE TRIGGER {_name(watched, verb)} AFTER {verb} ON {watched.table}\n"
        f"WHEN {when}\n"
        f"BEGIN INSERT INTO segment_touch ({_COLUMNS}) VALUES ({_values(watched, row)}); END"
    )


def _postgresql(watched: _Watched, verb: str) -> Iterator[str]:
    """Of a whole statement at once: a thousand rows cost one call."""
    name = _name(watched, verb)
    tables, source, when = "NEW TABLE AS new_rows", "new_rows n", watched.when.format(row="n")
    more = ""
    if verb == "DELETE":
        tables, source = "OLD TABLE AS old_rows", "old_rows n"
    if verb == "UPDATE" and watched.table in {"product", "orders"}:
        tables = "OLD TABLE AS old_rows NEW TABLE AS new_rows"
        key = "id" if watched.table == "product" else "no"
        joined = f"new_rows n JOIN old_rows o ON o.{key} = n.{key}"
        if watched.table == "product":
            source, when = joined, _PRODUCT_CHANGED_THERE
        else:
            more = (
                f"INSERT INTO segment_touch ({_COLUMNS}) SELECT o.customer_id, NULL, NULL, 'order' FROM {joined} "
                "WHERE o.customer_id IS NOT NULL AND o.customer_id IS DISTINCT FROM n.customer_id; "
            )
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO segment_touch ({_COLUMNS}) SELECT {_values(watched, 'n')} FROM {source} WHERE {when}; "
        f"{more}RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {verb} ON {watched.table} REFERENCING {tables} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


@cache
def digest(dialect: str) -> int:
    """By which the triggers of this code are known, and what its sheets hold."""
    text = "\n".join([*created(dialect), *SHEETS])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())


def watch(connection: sa.Connection) -> None:
    """Make the triggers, in place of those of other code.

    What was not watched until now touched nobody: every sheet must be made after it, and only then is `digest` noted.
    """
    unwatch(connection)
    for statement in created(connection.dialect.name):
        connection.exec_driver_sql(statement)


def unwatch(connection: sa.Connection) -> None:
    """Take the triggers away; whoever keeps segments then finds that they are not those of its code, and makes them."""
    dialect = connection.dialect.name
    for name, table in connection.exec_driver_sql(_FIND[dialect]).all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if dialect == "sqlite" else f" ON {table}"))
    if sa.inspect(connection).has_table("segment_clock"):
        connection.execute(sa.text("UPDATE segment_clock SET watching = 0"))


_FIND: Final = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'segment_*'",
    "postgresql": (
        "SELECT t.tgname, t.tgrelid::regclass::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = current_schema()::regnamespace "
        "WHERE NOT t.tgisinternal AND starts_with(t.tgname, 'segment_')"
    ),
}


def _name(watched: _Watched, verb: str) -> str:
    return f"segment_{watched.table}_{verb.lower()}"


def _values(watched: _Watched, row: str) -> str:
    named = (each.format(row=row) for each in (watched.customer, watched.anonymous, watched.product))
    return f"{', '.join(named)}, '{watched.cause}'"
