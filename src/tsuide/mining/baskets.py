"""Orders as arrays: which items lay in one basket, whose it was, and when."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tsuide.errors import BadArray, BadValue
from tsuide.kit.arrays import Float32, Int32, Int64, checked_ints, frozen
from tsuide.mining import packing
from tsuide.mining.index import Index
from tsuide.mining.tables import NOT_KNOWN, Lines, Table, as_polars, read_lines


@dataclass(frozen=True, slots=True, eq=False)
class Baskets:
    """Baskets × items in compressed rows, each item once per basket.

    Args:
        items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`; int64 (baskets + 1,).
        item: dense item, ascending within a basket; int32 (entries,).
        quantity: units of the item in the basket, float32 (entries,); lines where it was not given.
        price: mean price of one unit, minor units, int64 (entries,); -1 = not known.
        customer: dense customer of each basket, int32 (baskets,); -1 = not known.
        time: microseconds since 1970 UTC, int64 (baskets,), ascending; 0 where times were not given.
        item_ids: dense item ↔ id.
        customer_ids: dense customer ↔ id.
        basket_ids: basket ↔ id, in the order of the rows.
        has_time: whether times were given.
    """

    items_of: Int64
    item: Int32
    quantity: Float32
    price: Int64
    customer: Int32
    time: Int64
    item_ids: Index
    customer_ids: Index
    basket_ids: Index
    has_time: bool

    @property
    def n_baskets(self) -> int:
        """Number of baskets."""
        return len(self.items_of) - 1

    @property
    def n_items(self) -> int:
        """Number of distinct items."""
        return len(self.item_ids)

    @property
    def n_customers(self) -> int:
        """Number of distinct customers."""
        return len(self.customer_ids)

    def __repr__(self) -> str:
        """How much of what; not the arrays themselves."""
        return f"Baskets({self.n_baskets:,} baskets, {self.n_items:,} items, {self.n_customers:,} customers)"

    def of(self, basket: int) -> Int32:
        """The items of one basket, ascending."""
        return self.item[self.items_of[basket] : self.items_of[basket + 1]]

    def basket_of_entry(self) -> Int32:
        """For each entry its basket; int32 (entries,)."""
        return np.repeat(np.arange(self.n_baskets, dtype=np.int32), np.diff(self.items_of))

    def count_of_item(self) -> Int64:
        """In how many baskets each item lies; int64 (items,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @classmethod
    def from_frame(
        cls,
        frame: Table,
        *,
        basket: str,
        item: str,
        customer: str | None = None,
        time: str | None = None,
        quantity: str | None = None,
        price: str | None = None,
    ) -> "Baskets":
        """Baskets from a table with one row per line.

        The table is not changed. Rows without basket or item are left out; lines of the same item in one
        basket become one entry with their quantities added. What was given back (units of an item in a basket that
        add up to nothing or less) was not bought: it is left out. Baskets are ordered by time, then by id; one whose
        time is not known stands first and belongs to no customer. Arrays of columns that were not named take no
        memory (one value seen everywhere).

        Args:
            frame: Polars, pandas or Arrow, or whatever else hands out Arrow's stream.
            basket: column with the basket's id; also the columns below are names.
            item: the item's id. Whole numbers that pandas made fractions of (10.0) count as whole.
            customer: whose basket it is.
            time: when; a datetime or ISO text (naive = UTC), or microseconds.
            quantity: units.
            price: of one unit, minor units.

        Raises:
            BadColumns: a named column is not in the table, or cannot be read as what it is named for: prices with
                a fraction are no minor units.

        >>> lines = pl.DataFrame({"order": ["o1", "o1", "o2", "o1"], "sku": ["b", "a", "a", "a"]})
        >>> baskets = Baskets.from_frame(lines, basket="order", item="sku")
        >>> [baskets.item_ids.series(baskets.of(b)).to_list() for b in range(baskets.n_baskets)]
        [['a', 'b'], ['a']]
        """
        wanted = {
            "basket": basket,
            "item": item,
            "customer": customer,
            "time": time,
            "quantity": quantity,
            "price": price,
        }
        given = {role: column for role, column in wanted.items() if column is not None}
        return _packed(read_lines(as_polars(frame, columns=given.values()), given))

    @classmethod
    def from_arrays(
        cls,
        items_of: npt.ArrayLike,
        item: npt.ArrayLike,
        *,
        n_items: int | None = None,
        item_ids: Index | None = None,
        customer: npt.ArrayLike | None = None,
        customer_ids: Index | None = None,
        time: npt.ArrayLike | None = None,
        quantity: npt.ArrayLike | None = None,
        price: npt.ArrayLike | None = None,
    ) -> "Baskets":
        """Baskets from arrays that are dense already; nothing is copied where the type fits.

        Args:
            items_of: items of basket b are `item[items_of[b]:items_of[b + 1]]`; (baskets + 1,).
            item: dense items, strictly ascending within a basket; (entries,).
            n_items: number of items; None = as many as `item_ids`, or the largest item + 1.
            item_ids: ids in the order of dense items; None = the numbers with leading zeros.
            customer: dense customer of each basket, -1 = not known; (baskets,).
            customer_ids: ids of the customers; None = the numbers with leading zeros.
            time: microseconds, ascending; (baskets,).
            quantity: units, (entries,).
            price: minor units, -1 = not known, (entries,).

        Raises:
            BadArray: an array has another length, does not ascend or is out of range; named.

        >>> baskets = Baskets.from_arrays([0, 2, 3], [0, 1, 1])
        >>> baskets.n_baskets, baskets.n_items, baskets.of(0).tolist()
        (2, 2, [0, 1])
        """
        of = checked_ints("items_of", items_of)
        entries = np.ascontiguousarray(np.asarray(item), dtype=np.int32)
        if len(of) == 0 or of[0] != 0 or of[-1] != len(entries) or (np.diff(of) < 0).any():
            raise BadArray("must ascend from 0 to the number of entries", key="items_of")
        known = n_items if item_ids is None else len(item_ids)
        if known is None:
            known = int(entries.max()) + 1 if len(entries) else 0
        bad = packing.first_unsorted(entries, of, known)
        if bad >= 0:
            raise BadArray(
                f"must ascend strictly within a basket, in [0, {known})",
                key=f"item[{bad}]",
                value=int(entries[bad]),
            )
        n_baskets = len(of) - 1
        times = _given("time", time, n_baskets, np.int64, 0)
        if (np.diff(times) < 0).any():
            raise BadArray("must ascend", key="time")
        whose = _given("customer", customer, n_baskets, np.int32, -1)
        n_customers = int(whose.max(initial=-1)) + 1
        return cls(
            items_of=frozen(of.view()),
            item=frozen(entries.view()),
            quantity=_given("quantity", quantity, len(entries), np.float32, 1),
            price=_given("price", price, len(entries), np.int64, -1),
            customer=whose,
            time=times,
            item_ids=item_ids or _numbered(known),
            customer_ids=customer_ids or _numbered(n_customers),
            basket_ids=_numbered(n_baskets),
            has_time=time is not None,
        )

    def select(self, baskets: npt.ArrayLike) -> "Baskets":
        """Some baskets, in ascending order; items and customers keep their dense integers.

        Args:
            baskets: a mask (baskets,) or distinct ascending basket numbers.

        Raises:
            BadArray: numbers out of range or not ascending, a mask of another length.

        >>> baskets = Baskets.from_arrays([0, 2, 3, 4], [0, 1, 1, 0])
        >>> [each.tolist() for each in map(baskets.select([0, 2]).of, range(2))]
        [[0, 1], [0]]
        """
        wanted = np.asarray(baskets)
        if wanted.dtype == np.bool_:
            if wanted.shape != (self.n_baskets,):
                raise BadArray("a mask has one place per basket", key="baskets.shape", value=wanted.shape)
            wanted = np.flatnonzero(wanted)
        picked = checked_ints("baskets", wanted, high=self.n_baskets)
        if (np.diff(picked) <= 0).any():
            raise BadArray("must ascend", key="baskets")
        of, entries = packing.pick_rows(self.items_of, picked)
        return replace(
            self,
            items_of=frozen(of),
            item=frozen(self.item[entries]),
            quantity=frozen(self.quantity[entries]),
            price=frozen(self.price[entries]),
            customer=frozen(self.customer[picked]),
            time=frozen(self.time[picked]),
            basket_ids=self.basket_ids.picked(picked),
        )

    def between(self, first: int, end: int) -> "Baskets":
        """Baskets number first to end - 1, as views of the same memory.

        >>> Baskets.from_arrays([0, 2, 3, 4], [0, 1, 1, 0]).between(1, 3).item.tolist()
        [1, 0]
        """
        first, end, _ = slice(first, end).indices(self.n_baskets)
        end = max(first, end)
        low, high = int(self.items_of[first]), int(self.items_of[end])
        return replace(
            self,
            items_of=frozen(self.items_of[first : end + 1] - low),
            item=self.item[low:high],
            quantity=self.quantity[low:high],
            price=self.price[low:high],
            customer=self.customer[first:end],
            time=self.time[first:end],
            basket_ids=self.basket_ids.between(first, end),
        )

    def before(self, micros: int) -> "Baskets":
        """The baskets before a moment (microseconds since 1970 UTC), as views.

        >>> baskets = Baskets.from_arrays([0, 1, 2], [0, 0], time=[10, 20])
        >>> baskets.before(20).n_baskets, baskets.after(20).n_baskets
        (1, 1)
        """
        return self.between(0, int(np.searchsorted(self.time, micros)))

    def after(self, micros: int) -> "Baskets":
        """The baskets at or after a moment (microseconds since 1970 UTC), as views."""
        return self.between(int(np.searchsorted(self.time, micros)), self.n_baskets)

    def of_customers(self, customers: npt.ArrayLike) -> "Baskets":
        """The baskets of some customers (dense integers)."""
        wanted = np.zeros(self.n_customers + 1, np.bool_)  # the last place: customer -1, not known
        wanted[checked_ints("customers", customers, high=self.n_customers)] = True
        return self.select(wanted[self.customer])

    def with_items(self, keep: npt.ArrayLike) -> "Baskets":
        """Only some items, numbered anew in the same order; baskets stay, even where they become empty.

        Args:
            keep: a mask, (items,).

        Raises:
            BadArray: a mask of another length.

        >>> baskets = Baskets.from_arrays([0, 2, 3], [0, 1, 1])
        >>> fewer = baskets.with_items([False, True])
        >>> fewer.item.tolist(), fewer.n_items, fewer.item_ids[0]
        ([0, 0], 1, '1')
        """
        kept = np.asarray(keep, dtype=np.bool_)
        if kept.shape != (self.n_items,):
            raise BadArray("a mask has one place per item", key="keep.shape", value=kept.shape)
        number = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
        stays = kept[self.item]
        of = np.zeros(len(self.items_of), np.int64)
        np.cumsum(stays, out=(running := np.zeros(len(stays) + 1, np.int64))[1:])
        of[:] = running[self.items_of]
        return replace(
            self,
            items_of=frozen(of),
            item=frozen(number[self.item[stays]]),
            quantity=frozen(self.quantity[stays]),
            price=frozen(self.price[stays]),
            item_ids=Index.of(self.item_ids.picked(np.flatnonzero(kept)).ids),
        )

    def with_frequent_items(self, min_baskets: int) -> "Baskets":
        """Only items that lie in at least `min_baskets` baskets."""
        return self.with_items(self.count_of_item() >= min_baskets)


def must_be_baskets(baskets: object) -> None:
    """Refuse a frame where baskets are needed, and say how the one becomes the other.

    Raises:
        BadValue: something else.

    >>> must_be_baskets(pl.DataFrame())
    Traceback (most recent call last):
    tsuide.errors.BadValue: baskets are needed: baskets = 'DataFrame'. Way out: Baskets.from_frame(frame, …)
    """
    if not isinstance(baskets, Baskets):
        name = type(baskets).__name__
        raise BadValue("baskets are needed", key="baskets", value=name, way_out="Baskets.from_frame(frame, …)")


def _given(
    name: str, values: npt.ArrayLike | None, length: int, dtype: npt.DTypeLike, default: int
) -> npt.NDArray[Any]:
    """An optional array of the stated type and length, read-only; the default takes no memory."""
    if values is None:
        return np.broadcast_to(np.array(default, dtype), (length,))
    array = np.ascontiguousarray(np.asarray(values), dtype=dtype)
    if array.shape != (length,):
        raise BadArray(f"must have the shape ({length},)", key=f"{name}.shape", value=array.shape)
    return frozen(array.view())


def _numbered(n: int) -> Index:
    """Ids 0 … n - 1 with leading zeros, so that their order as text is that of the numbers."""
    width = len(str(max(n - 1, 0)))
    return Index.of(pl.Series(np.arange(n)).cast(pl.String).str.zfill(width))


def _packed(lines: Lines) -> Baskets:
    """Baskets in the order of time, then id; items ascending within each, each once."""
    n_baskets = len(lines.basket_ids)
    row, basket_ids = lines.basket, lines.basket_ids
    time: Int64 = np.broadcast_to(np.int64(0), (n_baskets,))
    customer = np.broadcast_to(np.int32(-1), (n_baskets,))
    if lines.time is not None:
        time = packing.least_of_rows(lines.time, row, n_baskets)
        timeless = time == NOT_KNOWN
        time[timeless] = 0
        order = np.argsort(time, kind="stable")
        if (np.diff(order) < 0).any():
            place = np.empty(n_baskets, np.int32)
            place[order] = np.arange(n_baskets, dtype=np.int32)
            row, basket_ids, time, timeless = place[row], basket_ids.gather(order), time[order], timeless[order]
        time = frozen(time)
    if lines.customer is not None:
        customer = packing.first_of_rows(lines.customer, row, n_baskets)
        if lines.time is not None:
            customer[timeless] = -1
        customer = frozen(customer)
    begin = packing.begin_of_rows(row, n_baskets)
    items, source = packing.gather_rows(row, lines.item, begin)
    entry, n_entries = packing.merge_doubles(items, begin)
    n = int(n_entries[0])
    return Baskets(
        items_of=frozen(begin),
        item=frozen(items[:n] if n == len(items) else items[:n].copy()),
        quantity=(
            np.broadcast_to(np.float32(1), (n,))
            if lines.quantity is None and not len(entry)
            else frozen(packing.sum_entries(_ones_or(lines), source, entry, n))
        ),
        price=(
            np.broadcast_to(np.int64(-1), (n,))
            if lines.price is None
            else frozen(packing.mean_entries(lines.price, source, entry, n))
        ),
        customer=customer,
        time=time,
        item_ids=Index.of(lines.item_ids),
        customer_ids=Index.of(lines.customer_ids),
        basket_ids=Index.of(basket_ids),
        has_time=lines.time is not None,
    )


def _ones_or(lines: Lines) -> npt.NDArray[Any]:
    """Units of each line; 1 where they were not given."""
    return np.ones(len(lines.item)) if lines.quantity is None else lines.quantity
