"""Columns that no field is read from, kept as attributes: a JSON object of strings for each row."""

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

from tsuide.intake.fields import plain
from tsuide.intake.words import title

# what a shop must not carry along: secrets, and the address to the door
_LEFT_OUT: Final = tuple(
    plain(word)
    for word in [
        "password",
        "パスワード",
        "暗証",
        "card number",
        "カード番号",
        "cvv",
        "address1",
        "address2",
        "住所",
        "番地",
        "street",
        "秘密の",
    ]
)
_LONGEST: Final = 500


def attributes(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """The values of the columns as JSON; empty ones, secrets and street addresses are left out.

    >>> attributes(pl.DataFrame({"色": ["赤", None], "password": ["x", "y"]}), ["色", "password"]).to_list()
    ['{"色": "赤"}', '{}']
    """
    kept = may_be_kept(names)
    columns = [title(frame[name]).to_list() for name in kept]
    rows = [_object(kept, row) for row in zip(*columns, strict=True)] if kept else ["{}"] * frame.height
    return pl.Series("attributes", rows, dtype=pl.String)


def may_be_kept(names: Sequence[str]) -> list[str]:
    """The columns that are no secrets and no street addresses.

    >>> may_be_kept(["色", "Password", "tier"])
    ['色', 'tier']
    """
    return [name for name in names if not any(word in plain(name) for word in _LEFT_OUT)]


def _object(names: Sequence[str], row: tuple[str | None, ...]) -> str:
    told = {name: value[:_LONGEST] for name, value in zip(names, row, strict=True) if value}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)
