"""An import taken back: what its file changed stands as it did before, as long as nobody has changed it since.

Beside the file that was sent in lie the rows as they were, and as the import left them; they go with it. They are not
compressed, so that whoever is erased is found in them.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from tsuide.errors import BadFile, Conflict
from tsuide.facts.catalogue import PRODUCTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.orders import ORDER_LINES, ORDERS
from tsuide.facts.schema import Schema
from tsuide.store.facts import Facts

UNDONE: Final = frozenset({"products", "customers", "orders"})
"""Kinds of tables whose import can be taken back."""
SUFFIX: Final = ".arrow"
_SCHEMAS: Final[Mapping[str, Schema]] = {
    "products": PRODUCTS, "customers": CUSTOMERS, "orders": ORDERS, "order_lines": ORDER_LINES,
}  # fmt: skip
_OWNER: Final = {"order_lines": "order_id"}  # the column with the id of the thing that a row is of; else `id`
_EMPTY: Final = ("quantity", "discount", "amount", "returned")

Rows: TypeAlias = Mapping[str, pl.DataFrame]


def files_of(file: Path) -> list[Path]:
    """Everything that is kept of a file's imports."""
    return sorted(file.parent.glob(f"{file.name}.*{SUFFIX}"))


def imports_of(file: Path) -> int:
    """How many imports of a file something is kept of: the number of the newest."""
    return max((int(each.name.removeprefix(f"{file.name}.").partition(".")[0]) for each in files_of(file)), default=0)


class Kept:
    """The rows of one import of a file, before and after.

    Args:
        facts: where they are.
        file: that was sent in; what is kept lies beside it.
        number: of its imports, from 1 on: each is taken back by itself, the newest first.
    """

    def __init__(self, facts: Facts, file: Path, number: int) -> None:
        self._facts = facts
        self._file = file
        self._number = number

    def before(self, frames: Rows) -> None:
        """Keep the rows as they are, of everything that is going to be written."""
        touched = {name: frame for name, frame in frames.items() if name in _SCHEMAS}
        for name, frame in self._now(touched).items():
            self._keep("before", name, frame)

    def after(self, frames: Rows) -> None:
        """Keep the rows as they were written; without this, nothing is taken back."""
        touched = {name: frame for name, frame in frames.items() if name in _SCHEMAS}
        for name, frame in self._now(touched).items():
            self._keep("after", name, frame)

    def take_back(self) -> int:
        """Write what was there before. What the import made is made harmless: nothing that speaks of it is lost.

        A product that it made is discontinued, an order is cancelled, a line that it added to an order is emptied, and
        of a customer that it made the id alone is left.

        Returns:
            How many things were put back.

        Raises:
            BadFile: the import was cut off, or the rows are not kept any more.
            Conflict: some of them were changed again since.
        """
        after = {name: self._read("after", name) for name in _SCHEMAS if self._path("after", name).exists()}
        if not after:
            raise BadFile(
                "what was there before is not kept", key="import", value=self._file.name,
                way_out="files and what they changed are kept for seven days; import a right one over it",
            )  # fmt: skip
        now = self._now(after)
        changed = sum(_differing(rows, now[name], _OWNER.get(name, "id")) for name, rows in after.items())
        if changed:
            raise Conflict("changed since the import", key="import", value=changed, way_out="import them again")
        was = {name: self._read("before", name) for name in after}
        if "products" in after:
            self._facts.write_products(_back(after["products"], was["products"], status=pl.lit("discontinued")))
        if "customers" in after:
            nothing = {name: pl.lit(None, kind) for name, kind in CUSTOMERS.items() if name not in {"id", "kind"}}
            self._facts.write_customers(_back(after["customers"], was["customers"], **nothing))
        if "orders" in after:
            self._facts.write_orders(
                _back(after["orders"], was["orders"], status=pl.lit("cancelled")),
                _lines_back(after["order_lines"], was["order_lines"], was["orders"]),
            )
        return sum(rows.height for name, rows in after.items() if name != "order_lines")

    def _now(self, frames: Rows) -> Rows:
        """The rows of the same things as they stand."""
        readers = {"products": self._facts.products, "customers": self._facts.customers, "orders": self._facts.orders}
        found = {
            name: read().join(frames[name].select("id").unique(), on="id", how="semi")
            for name, read in readers.items()
            if name in frames
        }
        if "orders" in found:
            ids = found["orders"].select(order_id="id")
            found["order_lines"] = self._facts.order_lines().join(ids, on="order_id", how="semi")
        return found

    def _path(self, moment: str, name: str) -> Path:
        return self._file.with_name(f"{self._file.name}.{self._number}.{moment}-{name}{SUFFIX}")

    def _keep(self, moment: str, name: str, frame: pl.DataFrame) -> None:
        path = self._path(moment, name)
        beside = path.with_suffix(".part")
        frame.select(_SCHEMAS[name].keys()).write_ipc(beside, compression="uncompressed")
        beside.replace(path)

    def _read(self, moment: str, name: str) -> pl.DataFrame:
        try:
            return pl.read_ipc(io.BytesIO(self._path(moment, name).read_bytes()))
        except (OSError, pl.exceptions.PolarsError) as error:
            raise BadFile("what was there before is not kept", key="import", value=self._file.name) from error


def _differing(then: pl.DataFrame, now: pl.DataFrame, owner: str) -> int:
    """Of how many things a row is another one."""
    rows = [frame.select(then.columns).with_columns(pl.col(pl.List).list.join("\0")) for frame in (then, now)]
    both = list(then.columns)
    apart = [one.join(other, on=both, how="anti", nulls_equal=True) for one, other in (rows, rows[::-1])]
    return pl.concat([each.select(owner) for each in apart])[owner].n_unique()


def _back(after: pl.DataFrame, was: pl.DataFrame, **harmless: pl.Expr) -> pl.DataFrame:
    """Rows as they were, and those that were made, changed so that they do nothing."""
    made = after.join(was, on="id", how="anti").with_columns(**harmless)
    return pl.concat([was, made.select(was.columns)])


def _lines_back(after: pl.DataFrame, was: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Lines as they were, and those that were added to orders that stood already, emptied."""
    added = after.join(was, on=["order_id", "line"], how="anti").join(
        orders.select(order_id="id"), on="order_id", how="semi"
    )
    return pl.concat([was, added.with_columns(pl.lit(0, pl.Int64).alias(name) for name in _EMPTY).select(was.columns)])
