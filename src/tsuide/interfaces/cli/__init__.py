"""The command line: `tsuide VERB`.

Only the verb that is asked for is imported: `tsuide offer` must not wait for charts and simulations.
"""

import importlib
import os
import sys
from typing import Annotated, Final

import typer

from tsuide import __version__

VERBS: Final = {  # verb → where its function (or group of verbs) stands
    "demo": "tsuide.interfaces.cli.demo:demo",
    "init": "tsuide.interfaces.cli.init:init",
    "import": "tsuide.interfaces.cli.import_:import_table",
    "learn": "tsuide.interfaces.cli.learn:learn",
    "serve": "tsuide.interfaces.cli.serve:serve",
    "offer": "tsuide.interfaces.cli.offer:offer",
    "mcp": "tsuide.interfaces.cli.mcp:mcp",
    "export": "tsuide.interfaces.cli.export:export",
    "explain": "tsuide.interfaces.cli.explain:explain",
    "replay": "tsuide.interfaces.cli.replay:replay",
    "policy": "tsuide.interfaces.cli.policy:policy",
    "report": "tsuide.interfaces.cli.report:report",
    "results": "tsuide.interfaces.cli.results:results",
    "schedule": "tsuide.interfaces.cli.results:schedule",
    "segment": "tsuide.interfaces.cli.segment:segment",
    "journey": "tsuide.interfaces.cli.journey:journey",
    "job": "tsuide.interfaces.cli.job:job",
    "user": "tsuide.interfaces.cli.user:user",
    "task": "tsuide.interfaces.cli.task:task",
    "deal": "tsuide.interfaces.cli.deal:deal",
    "hook": "tsuide.interfaces.cli.hook:hook",
    "worker": "tsuide.interfaces.cli.journey:worker",
    "promotion": "tsuide.interfaces.cli.promotion:promotion",
    "curate": "tsuide.interfaces.cli.curate:curate",
    "look": "tsuide.interfaces.cli.look:look",
    "experiment": "tsuide.interfaces.cli.experiment:experiment",
    "feedback": "tsuide.interfaces.cli.feedback:feedback",
    "contact": "tsuide.interfaces.cli.contact:contact",
    "customer": "tsuide.interfaces.cli.customer:customer",
    "survey": "tsuide.interfaces.cli.survey:survey",
    "mail": "tsuide.interfaces.cli.mail:mail",
    "initiative": "tsuide.interfaces.cli.initiative:initiative",
    "effect": "tsuide.interfaces.cli.effect:effect",
    "uplift": "tsuide.interfaces.cli.uplift:uplift",
    "worklist": "tsuide.interfaces.cli.worklist:worklist",
    "supervise": "tsuide.interfaces.cli.supervise:supervise",
    "what-if": "tsuide.interfaces.cli.what_if:what_if",
    "acceptance": "tsuide.interfaces.cli.acceptance:acceptance",
    "keys": "tsuide.interfaces.cli.keys:keys",
    "erase": "tsuide.interfaces.cli.erase:erase",
    "disclose": "tsuide.interfaces.cli.erase:disclose",
    "shop": "tsuide.interfaces.cli.shop:shop",
    "privacy": "tsuide.interfaces.cli.privacy:privacy",
    "warm": "tsuide.interfaces.cli.warm:warm",
    "backup": "tsuide.interfaces.cli.backup:backup",
    "restore": "tsuide.interfaces.cli.backup:restore",
    "migrate": "tsuide.interfaces.cli.migrate:migrate",
    "doctor": "tsuide.interfaces.cli.doctor:doctor",
    "bench": "tsuide.interfaces.cli.bench:bench",
    "evaluate": "tsuide.interfaces.cli.evaluate:evaluate",
    "simulate": "tsuide.interfaces.cli.simulate:simulate",
}


def command_line(only: str | None = None) -> typer.Typer:
    """The command line with every verb, or with one."""
    cli = typer.Typer(
        name="tsuide",
        help="Sell the next right thing to a customer who is already there.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    cli.callback()(_whole)
    for verb, place in VERBS.items():
        if only is None or verb == only:
            module, _, name = place.partition(":")
            found = getattr(importlib.import_module(module), name)
            if isinstance(found, typer.Typer):
                cli.add_typer(found, name=verb)
            else:
                cli.command(verb)(found)
    return cli


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"tsuide {__version__}")  # noqa: T201 - this is what was asked for
        raise typer.Exit


def _whole(
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end.")
    ] = False,
    shop: Annotated[str, typer.Option("--shop", help="Which shop, where there are several: see `tsuide shop`.")] = "",
) -> None:
    """Sell the next right thing to a customer who is already there."""
    if shop:
        from tsuide.app.shops import settings_of
        from tsuide.config import environment, load_settings
        from tsuide.interfaces.cli.terminal import errors_shown

        with errors_shown():
            chosen = environment(settings_of(load_settings(), shop))
        for name in os.environ.keys() - chosen.keys():  # what only the first shop was given
            del os.environ[name]
        os.environ.update(chosen)


def main() -> None:
    """Run the command line."""
    given = sys.argv[1:]
    first = next((each for n, each in enumerate(given) if not each.startswith("-") and given[n - 1] != "--shop"), None)
    command_line("schedule" if sys.argv[1:] == ["--version"] else first if first in VERBS else None)()
