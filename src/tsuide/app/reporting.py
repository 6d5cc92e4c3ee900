"""`tsuide report`: a file of orders, or the shop's own store, as one HTML page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from tsuide.app.importing import Read, read_file, unambiguous
from tsuide.app.wiring import Shop
from tsuide.errors import BadColumns, BadFile, TooFewData
from tsuide.intake.convert import Intake, to_facts
from tsuide.intake.mapping import checked
from tsuide.intake.settings import IntakeSettings
from tsuide.kit.money import minor_digits
from tsuide.proof.reports.material import Material, Reject, from_lines, material
from tsuide.proof.reports.newcomer import Figures, figures
from tsuide.proof.reports.page import first_steps, page

_KEPT_REJECTS: Final = 200
_SIGNS: Final = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY", "₩": "KRW"}
_MONEY: Final = ("unit_price", "amount", "gross")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that was written.

    Args:
        path: of the HTML file.
        size: bytes.
        figures: what it says.
        first: what to do first, each with its reason, in the report's language.
    """

    path: Path
    size: int
    figures: Figures
    first: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """The main figures as plain data; money in minor units."""
        told = self.figures
        month = told.worth.month()
        return {
            "report": str(self.path),
            "bytes": self.size,
            "orders": told.seen.orders,
            "order_lines": told.seen.lines,
            "products": told.seen.products,
            "customers": told.seen.customers,
            "rejected": told.n_rejects,
            "pairs": len(told.together.pairs),
            "category_pairs": len(told.groups.together.pairs) if told.groups else 0,
            "ladders": len(told.ladders.ladders),
            "next_steps": len(told.sequence.steps),
            "orders_needed": told.needed,
            "worth_a_month": {"amount": month.amount, "currency": month.currency},
            "mapping": dict(told.mapping),
            "first": [{"do": do, "why": why} for do, why in self.first],
        }


def read_orders(
    path: Path,
    *,
    now: datetime,
    products: Path | None = None,
    given: Mapping[str, str] | None = None,
    currency: str | None = None,
    usual_currency: str = "JPY",
    zone: str = "Asia/Tokyo",
    language: str = "en",
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Material:
    """What the report reads, from a file of orders and, where given, one of products.

    Args:
        path: CSV or Parquet, one row per order line.
        now: the moment of reading; later orders are rejected.
        products: CSV or Parquet with names, categories, prices.
        given: field → column of the order file, where guessing is wrong.
        currency: ISO 4217 of amounts that name none; None: told from signs such as $, else `usual_currency`.
        usual_currency: of shops that write no sign.
        zone: IANA zone of times without an offset.
        language: of the reasons of rejects.
        encoding: of a CSV; None to find out.
        delimiter: of a CSV; None to find out.

    Raises:
        BadFile: a file cannot be read.
        BadColumns: a needed column is missing or cannot be told; or the currency is needed.
        TooFewData: no order line could be kept.
    """
    read = read_file(path, "orders", given, encoding=encoding, delimiter=delimiter)
    unambiguous(checked(read.mapping))
    settings = IntakeSettings(
        now=now,
        currency=currency or _currency_of(read, usual_currency),
        zone=zone,
        language=language,
    )
    intake = to_facts("orders", read.table, read.mapping, settings)
    lines = intake.frames["order_lines"]
    if lines.is_empty():
        raise TooFewData("no row of the file could be kept", key="file", value=path.name, way_out=_first_reason(intake))
    return material(
        path.name,
        intake.frames["orders"],
        lines,
        _catalogue(intake.frames.get("products"), products, settings),
        rejects=[
            Reject(line or 0, column or "", value or "", reason)
            for line, column, value, reason in intake.rejects.head(_KEPT_REJECTS)
            .select("line", "column", "value", "reason")
            .iter_rows()
        ],
        n_rejects=intake.rejects.height,
        zone=zone,
        mapping=read.mapping.columns,
    )


def shop_orders(shop: Shop) -> Material:
    """What the report reads, from the shop's store.

    Raises:
        TooFewData: the store holds no orders.
    """
    return from_lines(
        shop.settings.home.resolve().name or "store",
        shop.store.facts.purchases(),
        shop.store.facts.products(),
        zone=shop.settings.time_zone,
    )


def report_path(shop: Shop, language: str) -> Path:
    """Where the console keeps the page on the shop's own orders."""
    return shop.settings.home / "reports" / f"orders-{language}.html"


def write_report(
    read: Material,
    path: Path,
    *,
    language: str,
    now: datetime,
    top: int = 30,
    progress: Progress = lambda _: None,
) -> Reported:
    """Compute the figures, render the page, and write it.

    Args:
        read: the orders.
        path: the HTML file; replaced where it exists.
        language: ja or en.
        now: when the report is made, UTC.
        top: at most so many rows in each table.
        progress: called with the name of each step.

    Raises:
        BadFile: the page cannot be written there.
    """
    told = figures(read, now=now, top=top, progress=progress)
    progress("page")
    text = page(told, language).encode()
    try:
        path.write_bytes(text)
    except OSError as exc:
        raise BadFile(
            "the report cannot be written",
            key="--output",
            value=f"{path}: {exc.strerror}",
            way_out="name a file in a folder that exists and can be written",
        ) from exc
    return Reported(path, len(text), told, first_steps(told, language))


def _catalogue(named: pl.DataFrame | None, path: Path | None, settings: IntakeSettings) -> pl.DataFrame | None:
    """Products of the product file; what only the order file names comes from there."""
    if path is None:
        return named
    read = read_file(path, "products")
    unambiguous(checked(read.mapping))
    listed = to_facts("products", read.table, read.mapping, settings).frames["products"]
    if named is None:
        return listed
    return pl.concat([listed, named.join(listed, on="id", how="anti")])


def _currency_of(read: Read, usual: str) -> str:
    """The currency of amounts that name none: by their signs, else the usual one where it can be.

    Raises:
        BadColumns: amounts with decimals in a currency that has none.
    """
    columns = read.mapping.columns
    if "currency" in columns:
        return usual
    texts = [
        text
        for field in _MONEY
        if field in columns
        for text in read.table.frame[columns[field]].drop_nulls().head(_LOOKED_AT).cast(pl.String).to_list()
    ]
    signs = {_SIGNS[sign] for text in texts for sign in text if sign in _SIGNS}
    if len(signs) == 1:
        return signs.pop()
    if minor_digits(usual) == 0 and any(_has_decimals(text) for text in texts):
        raise BadColumns(
            f"amounts have decimals, which {usual} has not",
            key="currency",
            value=next(text for text in texts if _has_decimals(text)),
            way_out="say which currency it is, such as --currency USD",
        )
    return usual


_LOOKED_AT: Final = 500


def _has_decimals(text: str) -> bool:
    """Whether a text is an amount with decimals other than zero.

    >>> _has_decimals("12.50"), _has_decimals("1200.0"), _has_decimals("1,200")
    (True, False, False)
    """
    whole, point, part = text.strip().rpartition(".")
    return bool(point and whole and part.isdigit() and part.strip("0"))


def _first_reason(intake: Intake) -> str:
    if intake.rejects.is_empty():
        return "give a file with at least one order line"
    row = intake.rejects.row(0, named=True)
    return f"the first reason is line {row['line']}, {row['column']}: {row['reason']}"
