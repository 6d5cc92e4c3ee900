"""`tsuide report FILE`: the first thing a newcomer does with their own orders; no store, no server."""

import locale
from pathlib import Path
from time import perf_counter
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.free_to_paid import shop_free_to_paid
from tsuide.app.reporting import Reported, read_orders, shop_orders, write_report
from tsuide.app.wiring import held_settings, opened
from tsuide.config import Settings, load_settings
from tsuide.errors import BadFile, BadValue
from tsuide.intake.mapping import parse_given
from tsuide.interfaces.cli.options import Home, now
from tsuide.interfaces.cli.terminal import Json, emit, err, errors_shown, progress
from tsuide.kit.clock import zone as checked_zone
from tsuide.kit.money import minor_digits
from tsuide.kit.phrases import LANGUAGES, Phrases
from tsuide.proof.reports.material import Material

_PHRASES: Final = Phrases(
    {
        "open": {"ja": "を開いてください", "en": "is ready to open"},
        "orders": {"ja": "注文", "en": "orders"},
        "pairs": {"ja": "一緒に売れる組", "en": "pairs that sell together"},
        "category_pairs": {"ja": "一緒に売れるカテゴリー", "en": "category pairs"},
        "next_steps": {"ja": "次に売れる流れ", "en": "next purchases"},
        "ladders": {"ja": "上位・下位の並び", "en": "ladders"},
        "rejected": {"ja": "読めなかった行", "en": "rows left out"},
        "seconds": {"ja": "秒", "en": "seconds"},
        "first": {"ja": "まず、これから", "en": "do this first"},
        "file": {"ja": "ファイルを読む", "en": "reading the file"},
        "read": {"ja": "注文を数える", "en": "counting orders"},
        "step_pairs": {"ja": "一緒に売れるもの", "en": "what sells together"},
        "step_ladders": {"ja": "上位と下位", "en": "better and cheaper"},
        "step_next": {"ja": "次に売れるもの", "en": "what sells next"},
        "step_alone": {"ja": "単独で売れるもの", "en": "what sells alone"},
        "page": {"ja": "ページを書く", "en": "writing the page"},
        "free_to_paid": {"ja": "無料プランから有料プランへ", "en": "From a free plan to a paid one"},
        "free": {"ja": "無料プランの顧客", "en": "free plan"},
        "paid": {"ja": "のちに有料", "en": "paid later"},
        "share": {"ja": "割合", "en": "share"},
        "median_days": {"ja": "日数（中央値）", "en": "days (median)"},
        "all": {"ja": "全員", "en": "everybody"},
        "after": {"ja": "間に提案を表示", "en": "an offer was shown between"},
        "without": {"ja": "提案なし", "en": "no offer"},
        "attribution": {
            "ja": "これは帰属であり、効果ではありません。効果は、何も表示しない比較群で測ります。",
            "en": "This is attribution, not effect: what an offer changes is told by the holdout.",
        },
    }
)
_STEPS: Final = {
    "read": "read",
    "pairs": "step_pairs",
    "ladders": "step_ladders",
    "next": "step_next",
    "alone": "step_alone",
    "page": "page",
}


def report(
    file: Annotated[
        Path | None,
        typer.Argument(help="Orders, one row per line: CSV or Parquet. Without it: the orders of the shop's store."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
    products: Annotated[Path | None, typer.Option(help="Names, categories and prices: makes ladders possible.")] = None,
    given: Annotated[list[str] | None, typer.Option("--map", help="field=column of FILE; repeat it.")] = None,
    language: Annotated[str | None, typer.Option(help="ja or en; else by TSUIDE_LANGUAGE or your locale.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217, where the file has no such column.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone of times without an offset.")] = None,
    encoding: Annotated[str | None, typer.Option(help="utf-8, cp932 or utf-16; told from the bytes.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a CSV; told from its first lines.")] = None,
    top: Annotated[int, typer.Option(min=1, max=500, help="Rows in each table, at most.")] = 30,
    free_to_paid: Annotated[
        bool, typer.Option("--free-to-paid", help="Only count free plans of the shop that became paid ones.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write one HTML page: what sells together, what sells next, and when; nothing is stored or sent."""
    with errors_shown(as_json=as_json):
        if free_to_paid:
            _free_to_paid(held_settings(load_settings(home=home)), language, as_json=as_json)
            return
        began = perf_counter()
        settings = held_settings(load_settings(home=home))
        spoken = _language(language, settings)
        moment = now()
        with progress() as shown:
            task = shown.add_task(_PHRASES.text("file", spoken), total=len(_STEPS) + 1)

            def tell(step: str) -> None:
                shown.update(task, description=_PHRASES.text(_STEPS[step], spoken), advance=1)

            if file is None:
                read = _of_store(settings)
            else:
                read = read_orders(
                    file,
                    now=moment,
                    products=products,
                    given=parse_given(given or []),
                    currency=_checked_currency(currency),
                    usual_currency=settings.currency,
                    zone=checked_zone(zone).key if zone else settings.time_zone,
                    language=spoken,
                    encoding=encoding,
                    delimiter=delimiter,
                )
            done = write_report(read, output, language=spoken, now=moment, top=top, progress=tell)
        seconds = perf_counter() - began
        emit(
            {**done.to_json(), "seconds": round(seconds, 3)},
            lambda: _table(done, seconds, spoken),
            as_json=as_json,
        )
        if not as_json:
            err.print(f"{output} ", style="bold", end="", markup=False, highlight=False)
            err.print(_PHRASES.text("open", spoken))


def _free_to_paid(settings: Settings, language: str | None, *, as_json: bool) -> None:
    spoken = _language(language, settings)
    with opened(settings) as shop:
        found = shop_free_to_paid(shop, now())

    def told() -> Table:
        text = {key: _PHRASES.text(key, spoken) for key in ("free", "paid", "share", "median_days")}
        table = Table("", *text.values(), title=_PHRASES.text("free_to_paid", spoken), title_justify="left")
        for key, group in (("all", found.all), ("after", found.after_offer), ("without", found.without_offer)):
            share = "–" if group.share is None else f"{group.share:.1%}"
            days = "–" if group.days is None else f"{group.days:.0f}"
            table.add_row(_PHRASES.text(key, spoken), f"{group.free:,}", f"{group.paid:,}", share, days)
        table.caption = _PHRASES.text("attribution", spoken)
        return table

    emit(found.to_json(), told, as_json=as_json)


def _of_store(settings: Settings) -> Material:
    if settings.database_url is None and not settings.home.exists():
        raise BadFile(
            "there is neither a file nor a shop to report on",
            key="home",
            value=str(settings.home),
            way_out="tsuide report orders.csv, or import orders first",
        )
    with opened(settings) as shop:
        return shop_orders(shop)


def _checked_currency(code: str | None) -> str | None:
    if code is not None:
        minor_digits(code)
    return code


def _language(asked: str | None, settings: Settings) -> str:
    """What was asked for, else the setting where it is set, else the locale's, else the setting's default.

    Raises:
        BadValue: neither ja nor en.
    """
    if asked is not None:
        if asked not in LANGUAGES:
            raise BadValue("not a language", key="--language", value=asked, way_out="use ja or en")
        return asked
    if "language" in settings.model_fields_set:
        return settings.language
    spoken = (locale.getlocale()[0] or "")[:2]
    return spoken if spoken in LANGUAGES else settings.language


def _table(done: Reported, seconds: float, language: str) -> Table:
    told = done.to_json()
    table = Table(show_header=False, title=escape(str(done.path)), title_justify="left")
    for key in ("orders", "pairs", "category_pairs", "next_steps", "ladders", "rejected"):
        table.add_row(_PHRASES.text(key, language), f"{told[key]:,}")
    table.add_row(_PHRASES.text("seconds", language), f"{seconds:.1f}")
    for place, (do, why) in enumerate(done.first):
        label = _PHRASES.text("first", language) if place == 0 else ""
        table.add_row(label, f"[bold]{escape(do)}[/]\n{escape(why)}")
    return table
