"""`tsuide uplift`: whom offers move and whom they put off, with what it is worth; the customers of each group."""

from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.proof.uplift.phrases import UPLIFT

_SHOWN = 50


def uplift(
    segment: Annotated[
        str | None, typer.Argument(help="persuadable, do_not_disturb, sure_thing or lost_cause: its customers.")
    ] = None,
    language: Language = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Qini, uplift@k and groups as the last `tsuide learn` found them; with a group's name its customers."""
    from tsuide.app.uplift import account, segment_members, uplift_of
    from tsuide.app.wiring import opened
    from tsuide.config import load_settings

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        told = language or shop.settings.language
        if segment is None:
            found = account(uplift_of(shop))
            emit(found, lambda: uplift_table(found, told), as_json=as_json)
        else:
            members = segment_members(shop, segment)
            emit(members, lambda: _members(members, told), as_json=as_json)


def uplift_table(found: dict[str, Any], language: str) -> RenderableType:
    """Groups with their tested effects, Qini above, uplift@k below."""
    head = UPLIFT.text(
        "trial",
        language,
        treated=f"{found['treated']:,}",
        holdout=f"{found['holdout']:,}",
        days=found["window_days"],
        date=found["learned_at"][:10],
    )
    own = found["qini"][found["learner"]]
    response = f"{found['qini_of_response_model']:.3f}"
    numbers = {"value": f"{own['value']:.3f}", "deviation": f"{own['deviation']:.3f}", "response": response}
    names = ("group", "customers", "effect", "used")
    table = Table(*(UPLIFT.text(each, language) for each in names))
    for name, each in found["groups"].items():
        factor = f"{each['factor']:g}"
        used = UPLIFT.text("factor", language, factor=factor) if each["supported"] else "–"
        if not each["supported"] and name in {"persuadable", "do_not_disturb"}:
            used = UPLIFT.text("not_supported", language)
        table.add_row(UPLIFT.text(name, language), f"{each['customers']:,}", _points(each["effect"]), used)
    for k, each in found["uplift_at"].items():
        table.add_row(UPLIFT.text("top", language, k=f"{float(k):.0%}"), "", _points(each), "")
    return Group(
        Text(head),
        Text(UPLIFT.text("qini", language, **numbers)),
        table,
        Text(found["definition"][language], style="dim"),
    )


def _points(of: dict[str, Any] | None) -> str:
    return "–" if of is None else f"{of['value']:+.2%} ({of['low']:+.2%} … {of['high']:+.2%})"


def _members(found: dict[str, Any], language: str) -> RenderableType:
    title = f"{found['segment']}: {len(found['customers']):,} ({found['learned_at'][:10]})"
    table = Table(UPLIFT.text("members", language), title=title, title_justify="left")
    for each in found["customers"][:_SHOWN]:
        table.add_row(escape(each))
    if len(found["customers"]) > _SHOWN:
        table.add_row("…")
    return Group(table, Text(found["definition"][language], style="dim"))
