"""`tsuide effect`: what offers really added, measured against silence; attributed figures beside it, labelled."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.kit.money import Money
from tsuide.proof.effect_phrases import EFFECT

Language = Annotated[str | None, typer.Option("--language", help="ja or en. [default: the shop's]")]
_MONEY = frozenset({"margin", "revenue", "average_order"})
_RATES = frozenset({"repeated", "unsubscribed", "complained", "attach_rate", "return_rate", "nps"})
_SHOWN_CELLS = 12


def effect(
    back: Annotated[int, typer.Option("--days", min=1, max=1100, help="Customers first seen so many days back.")] = 180,
    window: Annotated[int, typer.Option("--window", min=1, max=400, help="Days summed per customer.")] = 90,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Incremental margin, revenue, repeat rate, returns … against the standing holdout, with intervals."""
    from tsuide.app.effect import standing_effect
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        found = standing_effect(shop, now(), back=back, window=window)
        told = language or shop.settings.language
        emit(found, lambda: _whole(found, told), as_json=as_json)


def _whole(found: dict[str, Any], language: str) -> RenderableType:
    parts: list[RenderableType] = [effect_table(found, found["currency"], language)]
    cells = [
        (sort, cell) for sort, of in found["suits"].items() for cell in of if cell["suits"] != "not_certain"
    ]  # certain ones only
    title = EFFECT.text("suits", language)
    if cells:
        table = Table("", "", EFFECT.text("difference", language), title=title, title_justify="left")
        for sort, cell in cells[:_SHOWN_CELLS]:
            of = cell["difference"]
            verdict = EFFECT.text(cell["suits"], language)
            table.add_row(f"{sort}: {escape(cell['name'])}", verdict, _range(of, "margin", found["currency"], language))
        parts.append(table)
    else:
        parts.append(Text(f"{title}: {EFFECT.text('suits_not_yet', language)}"))
    for currency, amounts in found["attributed"]["amounts"].items():
        total = Money(amounts["total"], currency).text(language)
        parts.append(Text(f"{EFFECT.text('attributed', language)}: {total}"))
    parts.append(Text(found["attributed"]["label"][language], style="dim"))
    return Group(*parts)


def effect_table(found: dict[str, Any], currency: str | None, language: str) -> RenderableType:
    """One row per metric, the verdict above, a warning below while windows are open."""
    customers = found["customers"]
    title = EFFECT.text(
        "verdict",
        language,
        primary=EFFECT.text(found["primary"], language),
        verdict=EFFECT.text(found["verdict"], language),
        treated=f"{customers['treated']:,}",
        control=f"{customers['control']:,}",
    )
    heads = [
        EFFECT.text(each, language)
        for each in ("metric", "treated", "control", "difference", "always", "lift", "total")
    ]
    table = Table(*heads, title=title, title_justify="left")
    for name, each in found["metrics"].items():
        lift, total = each["relative_lift"]["value"], each["incremental_total"]
        table.add_row(
            EFFECT.text(name, language),
            _figure(each["treated"], name, currency, language),
            _figure(each["control"], name, currency, language),
            _range(each["difference"], name, currency, language),
            _bounds(each["always_valid"], name, currency, language),
            "–" if lift is None else f"{lift:+.1%}",
            "–" if total is None or name in _RATES else _figure(total, name, currency, language),
        )
    if found["windows_passed"] >= 1:
        return table
    return Group(table, Text(EFFECT.text("open_windows", language, share=f"{found['windows_passed']:.0%}")))


def _figure(value: float | None, name: str, currency: str | None, language: str) -> str:
    if value is None:
        return "–"
    if name in _MONEY and currency is not None:
        return Money(round(value), currency).text(language)
    return f"{value:.2%}" if name in _RATES else f"{value:,.3f}"


def _range(of: dict[str, Any], name: str, currency: str | None, language: str) -> str:
    return f"{_figure(of['value'], name, currency, language)} ({_bounds(of, name, currency, language)})"


def _bounds(of: dict[str, Any], name: str, currency: str | None, language: str) -> str:
    low, high = (_figure(of[side], name, currency, language) for side in ("low", "high"))
    return f"{low} … {high}"
