"""`tsuide evaluate …`: how good the offers are, on a time split, with baselines in the same table."""

import typer

evaluate = typer.Typer(no_args_is_help=True, help="Measure quality on a time split, beside baselines.")
