"""``python -m tsuide.mining.spark LINES.parquet --snapshots FOLDER``, also under spark-submit: see docs/scale.md."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from tsuide.errors import BadFile, TsuideError
from tsuide.mining.complements import Complements
from tsuide.mining.spark.job import RELATIONS, learn_with_spark
from tsuide.mining.spark.lines import Columns
from tsuide.mining.spark.session import spark_session


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tsuide.mining.spark", description="Learn relations on Spark.")
    options.add_argument("lines", nargs="+", help="Parquet files or folders, one row per order line")
    options.add_argument("--snapshots", type=Path, required=True, help="the shop's folder of snapshots")
    options.add_argument("--master", default="local[*]", help="as Spark's own option; a running session is taken")
    options.add_argument("--relations", nargs="+", default=list(RELATIONS), choices=RELATIONS)
    for column in ("basket", "item", "customer", "time"):
        options.add_argument(f"--{column}", default=getattr(Columns(), column), help="name of the column")
    for column in ("quantity", "price"):
        options.add_argument(
            f"--{column}", help="name of the column; value foretells amounts only where both are given"
        )
    options.add_argument("--categories", type=Path, help="Parquet with item and category (text), for replenishment")
    options.add_argument("--top", type=int, default=20, help="partners kept per product")
    options.add_argument("--min-count", type=int, default=3, help="common orders that a pair needs")
    options.add_argument("--score", default=None, help="how partners are ranked; else as in the current snapshot")
    options.add_argument("--sequence", type=int, default=0, help="up to which fact of the store the lines reach")
    options.add_argument("--seed", type=int, default=0)
    return options


def _categories(path: Path | None, item: str) -> dict[str, str] | None:
    """Item id → category; None where none were given."""
    if path is None:
        return None
    try:
        table = pl.read_parquet(path, columns=[item, "category"]).drop_nulls().cast(pl.String)
    except (OSError, pl.exceptions.PolarsError) as exc:
        raise BadFile("no categories can be read", key="categories", value=str(path), way_out=str(exc)[:120]) from exc
    return dict(zip(table[item].to_list(), table["category"].to_list(), strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn and save; the snapshot's id on stdout, everything else on stderr."""
    given = _options().parse_args(arguments)
    try:
        snapshot = learn_with_spark(
            spark_session(given.master),
            given.lines,
            given.snapshots,
            columns=Columns(given.basket, given.item, given.customer, given.time, given.quantity, given.price),
            relations=given.relations,
            parameters=Complements(given.top, given.min_count, given.score),
            groups=_categories(given.categories, given.item),
            now=datetime.now(UTC),
            sequence=given.sequence,
            seed=given.seed,
            tell=lambda what: print(what, file=sys.stderr),  # noqa: T201 - a command's progress
        )
    except TsuideError as error:
        print(f"{error.code}: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    print(snapshot)  # noqa: T201 - the command's result
    return 0


if __name__ == "__main__":
    sys.exit(main())
