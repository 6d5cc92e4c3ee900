"""Returns in order tables: a negative quantity takes units back from earlier purchases.

A return is matched to the same customer's earlier lines of the same product, the latest first; without a
customer, to lines of the same order. Only a return whose every unit finds a purchase counts; any other is
rejected whole, so that nothing is half applied. A matched return leaves no line of its own: it raises
`returned` of the lines it met.
"""

from collections import defaultdict

import numpy as np
import polars as pl

from tsuide.intake.rejects import Rejecting


def match_returns(lines: pl.DataFrame, rejecting: Rejecting, column: str) -> pl.DataFrame:
    """The lines with `returned` raised by the returns among them.

    Args:
        lines: order_id, customer_id, placed_at, product_id, quantity (negative: a return), returned; one per
            row of the table, rejected ones included.
        rejecting: returns without a purchase are rejected here.
        column: the name of the quantity's column.

    >>> lines = pl.DataFrame({
    ...     "order_id": ["1", "2"], "customer_id": ["c", "c"], "placed_at": [0, 1], "product_id": ["p", "p"],
    ...     "quantity": [3, -2], "returned": [0, 0]})
    >>> match_returns(lines, Rejecting(pl.Series([2, 3]), "en"), "quantity")["returned"].to_list()
    [2, 0]
    """
    kept = rejecting.kept()
    quantity = lines["quantity"].fill_null(0).to_numpy()
    backs = np.flatnonzero(kept & (quantity < 0))
    if not backs.size:
        return lines
    holder = pl.when(pl.col("customer_id").is_null()).then("order_id").otherwise("customer_id")
    keyed = lines.select(
        pl.struct(pl.col("customer_id").is_null().alias("guest"), holder.alias("holder"), "product_id").alias("key"),
        "placed_at",
    )
    wanted = set(_keys(keyed, backs))
    bought = np.flatnonzero(kept & (quantity > 0) & keyed["key"].is_in(keyed["key"].gather(backs).implode()).to_numpy())
    places = keyed["placed_at"].to_physical().to_numpy()
    by_key: dict[tuple[object, ...], list[int]] = defaultdict(list)
    order = bought[np.argsort(places[bought], kind="stable")]
    for row, key in zip(order.tolist(), _keys(keyed, order), strict=True):
        if key in wanted:
            by_key[key].append(row)
    returned = lines["returned"].to_numpy().copy()
    unmatched = np.zeros(lines.height, dtype=np.bool_)
    backs = backs[np.argsort(places[backs], kind="stable")]
    for row, key in zip(backs.tolist(), _keys(keyed, backs), strict=True):
        earlier = [at for at in reversed(by_key[key]) if places[at] <= places[row]]
        unmatched[row] = not _take_back(-int(quantity[row]), earlier, quantity, returned)
    rejecting.add(unmatched, "return", column, lines["quantity"])
    return lines.with_columns(pl.Series("returned", returned))


def _keys(keyed: pl.DataFrame, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[tuple[object, ...]]:
    return [tuple(key.values()) for key in keyed["key"].gather(rows).to_list()]


def _take_back(
    units: int,
    rows: list[int],
    quantity: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    returned: "np.ndarray[tuple[int], np.dtype[np.int64]]",
) -> bool:
    """Raise `returned` of the rows by `units` in all; nothing, and False, where they hold fewer."""
    if sum(int(quantity[row] - returned[row]) for row in rows) < units:
        return False
    for row in rows:
        taken = min(units, int(quantity[row] - returned[row]))
        returned[row] += taken
        units -= taken
    return True
