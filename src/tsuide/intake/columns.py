"""The fields of one table, converted column by column, each fault laid at its row and column."""

from collections.abc import Mapping as Dictionary
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from tsuide.errors import BadColumns, BadValue
from tsuide.facts.schema import MOMENT
from tsuide.intake.amounts import foreign_sign, minor
from tsuide.intake.mapping import Mapping
from tsuide.intake.moments import moments
from tsuide.intake.rejects import TOO_LONG, Rejecting
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.words import choice, number, text, title, yes
from tsuide.kit.arrays import Bool
from tsuide.kit.clock import FIRST
from tsuide.kit.money import minor_digits

_SAYS_CURRENCY: Final = {"円": "JPY", "YEN": "JPY", "¥": "JPY", "$": "USD", "€": "EUR", "£": "GBP"}
_AHEAD: Final = timedelta(days=1)  # clocks and zones differ; a later moment is a mistake


def mask(values: pl.Series) -> Bool:
    """Booleans as an array, null as no; shape (rows,)."""
    return values.fill_null(value=False).to_numpy().astype(np.bool_)


class Columns:
    """Reads one table's fields; a field without a column reads as nulls.

    Args:
        frame: the table's columns.
        mapping: field → column.
        settings: of the import.
        rejecting: collects what is wrong with which row.
    """

    def __init__(self, frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting) -> None:
        self.frame = frame
        self.mapping = mapping
        self.settings = settings
        self.rejecting = rejecting

    def has(self, field: str) -> bool:
        """Whether the table has a column for the field."""
        return field in self.mapping.columns

    def named(self, field: str) -> str:
        """The name of the field's column, the field's own where it has none."""
        return self.mapping.columns.get(field, field)

    def raw(self, field: str) -> pl.Series:
        """The field's column as it stands in the file; shape (rows,)."""
        if self.has(field):
            return self.frame[self.named(field)]
        return pl.Series(field, [None], dtype=pl.String).new_from_index(0, self.frame.height)

    def reject(self, bad: pl.Series | Bool, code: str, field: str, blanks: Dictionary[str, str] | None = None) -> None:
        """Reject rows for what stands in the field's column."""
        where = mask(bad) if isinstance(bad, pl.Series) else bad
        if where.any():
            self.rejecting.add(where, code, self.named(field), self.raw(field), blanks)

    def key(self, field: str, *, needed: bool = False) -> pl.Series:
        """An id: text in half width; rejects more than TOO_LONG characters, and missing ones if needed."""
        found = text(self.raw(field))
        self._check_key(found, field, needed=needed)
        return found.rename(field)

    def first_key(self, *fields: str, needed: bool = True) -> pl.Series:
        """The first id that is given among the fields."""
        found = text(self.raw(fields[0]))
        for field in fields[1:]:
            if self.has(field) and found.null_count():
                found = found.fill_null(text(self.raw(field)))
        shown = next((field for field in fields if self.has(field)), fields[0])
        self._check_key(found, shown, needed=needed)
        return found.rename(fields[0])

    def _check_key(self, found: pl.Series, field: str, *, needed: bool) -> None:
        if needed:
            self.reject(found.is_null(), "missing", field)
        if found.dtype == pl.String:
            self.reject(found.str.len_chars() > TOO_LONG, "long", field, {"a": str(TOO_LONG)})

    def title(self, field: str) -> pl.Series:
        """Text for people, its width as it was written."""
        return title(self.raw(field)).rename(field)

    def whole(self, field: str, low: int, high: int) -> pl.Series:
        """Whole numbers in [low, high]; rejects others."""
        found, bad = number(self.raw(field))
        self.reject(bad, "number", field)
        self.reject(found != found.round(), "whole", field)
        self.reject((found < low) | (found > high), "range", field, {"a": str(low), "b": str(high)})
        fits = (found >= low) & (found <= high) & (found == found.round())
        return found.set(~fits.fill_null(value=False), None).cast(pl.Int64).rename(field)

    def number(self, field: str) -> pl.Series:
        """Numbers; rejects what is none."""
        found, bad = number(self.raw(field))
        self.reject(bad, "number", field)
        return found.rename(field)

    def yes(self, field: str) -> pl.Series:
        """Yes or no; rejects what is neither."""
        found, bad = yes(self.raw(field))
        self.reject(bad, "yes_no", field)
        return found.cast(pl.Boolean).rename(field)

    def choice(self, field: str, words: Dictionary[str, str], *, strict: bool = True) -> pl.Series:
        """What the words stand for; rejects other words if strict, else they read as null."""
        found, bad = choice(self.raw(field), words)
        if strict:
            self.reject(bad, "choice", field, {"a": ", ".join(dict.fromkeys(words.values()))})
        return found.rename(field)

    def moment(self, field: str, *, needed: bool = False) -> pl.Series:
        """UTC moments; rejects what is no time, and a time more than a day after the import."""
        found, bad = moments(self.raw(field), self.settings)
        return self._check_moment(found, bad, field, needed=needed)

    def _check_moment(self, found: pl.Series, bad: pl.Series, field: str, *, needed: bool) -> pl.Series:
        early = (found < FIRST).fill_null(value=False)  # before the calendar begins, in some zone
        self.reject(bad | early, "time", field)
        found = found.set(early, None)
        self.reject(found > self.settings.now + _AHEAD, "future", field)
        if needed:
            self.reject(found.is_null(), "missing", field)
        return found.cast(MOMENT).rename(field)

    def moment_of_two(self, date: str, time: str) -> pl.Series:
        """As `moment`, from a column of dates and one of times where there are two."""
        if not self.has(time):
            return self.moment(date)
        days = self.raw(date)
        joined = text(days) + " " + text(self.raw(time)).fill_null("")
        found, bad = moments(joined.str.strip_chars().rename(self.named(date)), self.settings)
        return self._check_moment(found, bad, date, needed=False)

    def currency(self) -> pl.Series:
        """ISO 4217 as the rows say; null where they do not; rejects what is no currency.

        Raises:
            BadColumns: neither a column nor a setting names the currency.
        """
        if not self.has("currency"):
            if self.settings.currency is None:
                raise BadColumns(
                    "the file does not say its currency",
                    key="currency",
                    way_out="name it: --currency JPY, or --map currency=COLUMN",
                )
            return self.raw("currency")
        said = text(self.raw("currency")).str.to_uppercase()
        known = {word: code for word in said.unique().drop_nulls() if (code := _iso(word))}
        found = said.replace_strict(known, default=None, return_dtype=pl.String)
        self.reject(said.is_not_null() & found.is_null(), "currency", "currency")
        return found.rename("currency")

    def money(self, field: str, currency: pl.Series) -> pl.Series:
        """Minor units; rejects what is no amount, and the sign of another currency."""
        raw = self.raw(field)
        if not self.has(field):
            return raw.cast(pl.Int64)
        foreign = foreign_sign(raw, currency)
        if foreign.any():
            blanks = {"a": " / ".join(currency.unique().drop_nulls().sort().to_list())}
            self.reject(foreign, "sign", field, blanks)
        found, bad = minor(raw, currency)
        self.reject(bad & currency.is_not_null(), "money", field)
        return found.rename(field)


def _iso(word: str) -> str | None:
    code = _SAYS_CURRENCY.get(word, word)
    try:
        minor_digits(code)
    except BadValue:
        return None
    return code
