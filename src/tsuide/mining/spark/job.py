"""One run: Parquet in, a snapshot that the engine opens out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tsuide.errors import BadValue, NothingLearned
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.fitted import Fitted
from tsuide.mining.replenishment import Replenishment
from tsuide.mining.snapshot import open_snapshot, save_snapshot
from tsuide.mining.spark.complements import fit_complements
from tsuide.mining.spark.gather import gathered
from tsuide.mining.spark.lines import Columns, SparkBaskets, read_lines
from tsuide.mining.spark.timing import fit_timing
from tsuide.mining.value import LifetimeValue

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RELATIONS: Final = ("complements", "timing", "replenishment", "value")


def learn_with_spark(
    spark: "SparkSession",
    paths: Sequence[str],
    folder: Path,
    *,
    columns: Columns | None = None,
    relations: Sequence[str] = RELATIONS,
    parameters: Complements | None = None,
    groups: Mapping[str, str] | None = None,
    now: datetime,
    sequence: int = 0,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Learn relations from order lines and save them as the new current snapshot; returns its id.

    Parts of the current snapshot that Spark does not learn are taken over as they are.

    Args:
        spark: of `spark_session`.
        paths: Parquet files or folders, anything that this Spark can read.
        folder: where the shop keeps its snapshots.
        columns: which column is what.
        relations: of `RELATIONS`.
        parameters: of complements. A score is not tuned here: None in it = the one that the current snapshot's
            complements are ranked with (`tsuide learn --tune` chooses it, on a sample), else asymmetric cosine.
        groups: item id → category, for replenishment.
        now: written into the snapshot.
        sequence: up to which fact of the store the lines reach, 0 where that is not known.
        seed: of what timing draws.
        tell: called with what is being done.

    Raises:
        BadValue: an unknown relation, or none.
        BadFile, BadColumns: the lines cannot be read.
        NothingLearned: there are none.
        SnapshotDamaged: the current snapshot is damaged, and there is no good one before it.
    """
    unknown = set(relations) - set(RELATIONS)
    if unknown or not relations:
        raise BadValue(
            "no such relation", key="relations", value=sorted(unknown), way_out=f"one of {', '.join(RELATIONS)}"
        )
    current = _current(folder)
    parameters = _with_last_score(parameters, current)
    tell("read")
    baskets = read_lines(spark, paths, columns or Columns())
    on_one_machine = cache(lambda: gathered(baskets))
    try:
        fits: dict[str, Callable[[], Fitted]] = {
            "complements": lambda: fit_complements(baskets, parameters),
            "timing": lambda: fit_timing(baskets, seed=seed),
            "replenishment": lambda: Replenishment().fit(on_one_machine(), groups=groups, seed=seed),
            "value": lambda: LifetimeValue().fit(on_one_machine()),
        }
        learned: dict[str, Fitted] = {}
        for name in relations:
            tell(name)
            learned[name] = fits[name]()
        meta = _meta(baskets, now, sequence, seed)
    finally:
        baskets.release()
    tell("save")
    return save_snapshot(folder, {**current, **learned}, meta)


def _current(folder: Path) -> dict[str, Fitted]:
    try:
        return dict(open_snapshot(folder).parts)
    except NothingLearned:
        return {}


def _with_last_score(parameters: Complements | None, current: Mapping[str, Fitted]) -> Complements:
    chosen, last = parameters or Complements(), current.get("complements")
    if chosen.score is None and isinstance(last, FittedComplements):
        return replace(chosen, score=last.score)
    return chosen


def _meta(baskets: SparkBaskets, now: datetime, sequence: int, seed: int) -> dict[str, Any]:
    return {
        "learned_at": now.isoformat(),
        "learned_with": "spark",
        "sequence": sequence,
        "seed": seed,
        "orders": baskets.n_baskets,
        "order_lines": int(baskets.degree.sum()),
        "products": len(baskets.item_ids),
    }
