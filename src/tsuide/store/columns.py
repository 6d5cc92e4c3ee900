"""Kinds of columns, and the check that a column holds one of a few words: the same in every table."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """Only these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def text(name: str, *, null: bool = False) -> sa.Column[Any]:
    """Text."""
    return sa.Column(name, sa.Text, nullable=null)


def whole(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A whole number of 64 bits: microseconds, minor units, counts."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def yes(name: str, *, null: bool = False) -> sa.Column[Any]:
    """0 or 1."""
    return sa.Column(name, sa.SmallInteger, nullable=null)


def key(name: str) -> sa.Column[Any]:
    """A text that is the row's own."""
    return sa.Column(name, sa.Text, primary_key=True, nullable=False)


def number(name: str) -> sa.Column[Any]:
    """A whole number that is the row's own, given by whoever writes it."""
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER is the row's own number in SQLite
    return sa.Column(name, big, primary_key=True, autoincrement=False, nullable=False)


def sequence(name: str) -> sa.Column[Any]:
    """A whole number that is the row's own, and one more with every row."""
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column(name, big, primary_key=True, autoincrement=True, nullable=False)
