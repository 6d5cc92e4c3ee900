"""`tsuide init`: make a home with an empty store."""

from rich.panel import Panel

from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.interfaces.cli.options import Database, Home
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown

_NEXT = """[bold]{home}[/] is ready.

Next:
  tsuide import products.csv     what you sell
  tsuide import orders.csv       what was bought
  tsuide learn                   what goes with what
  tsuide serve                   offers over HTTP

or see it all on real data first: [bold]tsuide demo[/]"""


def init(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Make a home: a folder with an empty store, its schema up to date. Running it again changes nothing."""
    with errors_shown(as_json=as_json):
        settings = load_settings(home=home, database_url=database_url)
        with opened(settings) as shop:
            counts = shop.store.facts.counts()
        result = {"home": str(settings.home.resolve()), "counts": counts}
        emit(result, lambda: Panel.fit(_NEXT.format(home=settings.home)), as_json=as_json)
