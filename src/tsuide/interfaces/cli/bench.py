"""`tsuide bench …`: measured figures, as ratios to a named peer in the same run or against the budgets."""

import typer

bench = typer.Typer(no_args_is_help=True, help="Measure speed and memory beside named peers or the budgets.")
