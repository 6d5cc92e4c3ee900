"""The command line: `tsuide VERB`."""

import typer

from tsuide.interfaces.cli.bench import bench
from tsuide.interfaces.cli.evaluate import evaluate
from tsuide.interfaces.cli.import_ import import_table

cli = typer.Typer(
    name="tsuide",
    help="Sell the next right thing to a customer who is already there.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
cli.add_typer(bench, name="bench")
cli.add_typer(evaluate, name="evaluate")
cli.command("import")(import_table)


def main() -> None:
    """Run the command line."""
    cli()
