"""Rows that are the same thing twice, and ids for rows that bring none."""

import hashlib
from collections import Counter
from typing import Final

import numpy as np
import polars as pl

from tsuide.intake.columns import Columns
from tsuide.intake.crm import long_id

_DIGITS: Final = 16  # bytes of a derived id


def reject_twice(columns: Columns, field: str, *ids: pl.Series) -> None:
    """Reject every row whose ids stood in an earlier good row, naming that row's line."""
    good = columns.rejecting.kept()
    names = [f"id{place}" for place in range(len(ids))]
    told = pl.DataFrame({**dict(zip(names, ids, strict=True)), "row": np.arange(good.size)})
    told = told.filter(pl.Series(good)).with_columns(first=pl.col("row").first().over(names))
    told = told.filter(pl.col("row") != pl.col("first"))
    if told.height:
        again = np.zeros(good.size, dtype=np.bool_)
        rows = told["row"].to_numpy()
        again[rows] = True
        first = np.zeros(good.size, dtype=np.int64)
        first[rows] = columns.rejecting.lines.gather(told["first"]).to_numpy()
        columns.rejecting.add(again, "duplicate", columns.named(field), ids[-1], {"a": first.tolist()})


def derived_ids(frame: pl.DataFrame, given: pl.Series, prefix: str) -> pl.Series:
    """The ids given, and for rows without one a digest of the row's whole content.

    Equal rows count up, so the same file gives the same ids.

    >>> made = derived_ids(pl.DataFrame({"a": ["x", "x"]}), pl.Series([None, "7"], dtype=pl.String), "e")
    >>> made.to_list()[1], made[0][:2]
    ('7', 'e_')
    """
    if not given.null_count():
        return given
    seen: Counter[bytes] = Counter()
    made: list[str] = []
    for known, row in zip(given.to_list(), frame.rows(), strict=True):
        if known is not None:
            made.append(known)
            continue
        content = "\x1f".join("" if one is None else str(one) for one in row).encode()
        seen[content] += 1
        digest = hashlib.blake2b(content + b"\x1e%d" % seen[content], digest_size=_DIGITS).hexdigest()
        made.append(f"{prefix}_{digest}")
    return pl.Series(given.name, made, dtype=pl.String)


def customer_ids(values: pl.Series) -> pl.Series:
    """Ids of customers as every kind of table writes them: mail addresses without case, those of CRMs at full length.

    A Salesforce id of 15 characters (accounts 001…, contacts 003…, leads 00Q…) becomes the one of 18, Zoho's lose their
    prefix.

    >>> customer_ids(pl.Series(["Ann@X.jp", "0015g00000Xy1Ab", "zcrm_12", "K-1"])).to_list()
    ['ann@x.jp', '0015g00000Xy1AbAAJ', '12', 'K-1']
    """
    different = values.unique().drop_nulls()
    odd = different.filter(different.str.contains(_ODD)).to_list()
    return values.replace({each: _as_everywhere(each) for each in odd}) if odd else values


_ODD: Final = r"@|^00[13Q][A-Za-z0-9]{12}$|^zcrm_[0-9]+$"


def _as_everywhere(one: str) -> str:
    if "@" in one:
        return one.lower()
    return one.removeprefix("zcrm_") if one.startswith("zcrm_") else long_id(one)
