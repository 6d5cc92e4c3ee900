"""`tsuide curate …`: what people decide about single pairs, sets and fillers, in force everywhere at once."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from tsuide.app.curation import Wish, judge, judgements, subject, take_away, told
from tsuide.app.promotions import publish_deals
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.offers.curated import Mark

curate = typer.Typer(no_args_is_help=True, help="Ban, pin, approve or word single pairs, sets and fillers.")

About = Annotated[str, typer.Argument(help="beside, instead, set or filler.")]
Ids = Annotated[
    list[str], typer.Argument(help="The product and what is proposed with it, in this order; of a filler itself alone.")
]


@curate.command("list")
def show(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Everything that people decided."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [told(each) for each in judgements(shop)]
        emit({"curation": rows}, lambda: _table(rows), as_json=as_json)


@curate.command("set")
def put(
    about: About,
    products: Ids,
    verdict: Annotated[str | None, typer.Option(help="banned, pinned, or none to take either back.")] = None,
    approved: Annotated[bool | None, typer.Option(help="Looked at and found good; changes no offer.")] = None,
    ja: Annotated[str | None, typer.Option(help="What customers read in Japanese; empty = as it is made.")] = None,
    en: Annotated[str | None, typer.Option(help="The same in English.")] = None,
    by: Annotated[str, typer.Option(help="Who decides.")] = "",
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Decide about one; servers follow within a second. What it was before is printed too: setting it undoes this."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        texts = {language: text for language, text in (("ja", ja), ("en", en)) if text is not None}
        found = _subject(about, products)
        before, after = judge(shop, found, Wish(verdict, approved, texts), by or "tsuide curate", now())
        publish_deals(shop, now())
        rows = [told(after)]
        emit({"before": told(before), "curation": rows}, lambda: _table(rows), as_json=as_json)


@curate.command("clear")
def clear(about: About, products: Ids, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Take everything back that was decided about one."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [told(take_away(shop, _subject(about, products)))]
        publish_deals(shop, now())
        emit({"removed": rows}, lambda: _table(rows), as_json=as_json)


def _subject(about: str, products: list[str]) -> Mark:
    return subject(about, "", products) if about == "filler" else subject(about, products[0], products[1:])


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(caption=None if rows else "nothing yet: tsuide curate set beside PRODUCT OTHER --verdict banned")
    for name in ("about", "product", "with", "verdict", "approved by", "ja", "en"):
        table.add_column(name, overflow="fold")
    for each in rows:
        texts = each["texts"]
        cells = (each["about"], each["product_id"], ", ".join(each["other_ids"]), each["verdict"] or "",
                 each["approved_by"] or "", texts.get("ja", ""), texts.get("en", ""))  # fmt: skip
        table.add_row(*map(escape, cells))
    return table
