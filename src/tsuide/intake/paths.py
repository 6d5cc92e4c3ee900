"""Category paths as people write them: ``A > B``, ``A/B``, ``A|B``."""

import re
from typing import Final

import polars as pl

_SEPARATORS: Final = (">", "＞", "»", "|", "/", "／")


def category_path(text: str) -> list[str]:
    """The path from broad to narrow; of several paths, the first.

    The first of ``>``, ``»``, ``|`` and ``/`` that occurs separates. WooCommerce lists several paths with
    commas beside ``>``: the first one counts.

    >>> category_path("Home > Kitchen, Sale"), category_path("食品／乳製品"), category_path("Tea")
    (['Home', 'Kitchen'], ['食品', '乳製品'], ['Tea'])
    """
    if ">" in text and "," in text:
        text = text.split(",", maxsplit=1)[0]
    for mark in _SEPARATORS:
        if mark in text:
            parts = [part.strip() for part in re.split(re.escape(mark), text)]
            return [part for part in parts if part]
    return [text.strip()] if text.strip() else []


def category_paths(texts: pl.Series) -> pl.Series:
    """`category_path` of every text; an empty path where there is none."""
    distinct = texts.unique().drop_nulls()
    table = pl.DataFrame(
        {"text": distinct, "path": [category_path(text) for text in distinct]},
        schema={"text": pl.String, "path": pl.List(pl.String)},
    )
    joined = texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    return joined.select(pl.col("path").fill_null(pl.lit([], dtype=pl.List(pl.String)))).to_series()
