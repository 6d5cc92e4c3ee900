"""Look-alikes: what customers of one age band, prefecture or industry buy more than others, with the evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import polars as pl

from tsuide.errors import BadArray, BadValue
from tsuide.kit.arrays import Float64, Int32, Int64, frozen
from tsuide.mining.fitted import Arrays, Meta, brief, taken
from tsuide.mining.index import Index
from tsuide.mining.significance import lift_interval, p_values

TRAITS: Final = ("age", "prefecture", "industry")
_BAND: Final = 10  # years
_OLDEST: Final = 130


def groups_of(attributes: Mapping[str, str], age: int | None = None) -> tuple[str, ...]:
    """The groups that a customer belongs to, as ``trait=value``; none where nothing is known.

    A whole age becomes a band of ten years; a band that the shop gave itself (``age``: "35-44") stays as it is.

    >>> groups_of({"prefecture": "北海道", "colour": "red"}, 34)
    ('age=30-39', 'prefecture=北海道')
    >>> groups_of({"age": "35-44", "industry": "retail"})
    ('age=35-44', 'industry=retail')
    """
    given = str(attributes.get("age") or "").strip()
    if age is None and given.isascii() and given.isdigit():
        age = int(given)
    if age is not None:
        given = f"{age // _BAND * _BAND}-{age // _BAND * _BAND + _BAND - 1}" if 0 <= age <= _OLDEST else ""
    values = {"age": given} | {name: str(attributes.get(name) or "").strip() for name in TRAITS[1:]}
    return tuple(f"{name}={values[name]}" for name in TRAITS if values[name])


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """What groups of customers buy more than everybody does.

    One customer counts once per product, however often they bought it. The lift is shrunk towards 1 by `prior`
    customers of whom nothing would be remarkable: (n_gi + prior) / (n_g N_i / N + prior). A pair is kept only when
    its 95 % interval lies above 1 and Fisher's exact test, corrected for all pairs tested (Bonferroni), calls it sure.
    Small groups are never told of: below `min_group` customers nobody could hide among the others.

    Args:
        min_group: customers with an order that a group must have.
        min_count: customers of the group who must have bought the product.
        prior: customers of shrinkage.
        rate: of error, over all pairs.
        most: products kept per group, those with the highest lower end of the lift first.

    >>> bought = pl.DataFrame({"customer_id": [f"c{i}" for i in range(200)],
    ...                        "product_id": ["snow-boots"] * 60 + ["sandals"] * 140})
    >>> groups = {f"c{i}": ("prefecture=北海道",) for i in range(80)}
    >>> found = Lookalikes().fit(bought, groups).frame()
    >>> found.select("group", "product_id", "count", "of", "bought", "customers").rows()
    [('prefecture=北海道', 'snow-boots', 60, 80, 60, 200)]
    """

    min_group: int = 50
    min_count: int = 10
    prior: float = 10.0
    rate: float = 0.05
    most: int = 40

    def fit(self, purchases: pl.DataFrame, groups: Mapping[str, tuple[str, ...]]) -> "FittedLookalikes":
        """Count and compare.

        Args:
            purchases: columns customer_id and product_id, one row per line; rows without a customer are left out.
            groups: customer id → their groups (`groups_of`); who is not there belongs to none.

        Raises:
            BadValue: a parameter out of range.
        """
        if min(self.min_group, self.min_count, self.most) < 1 or self.prior < 0 or not 0 < self.rate < 1:
            raise BadValue("counts ≥ 1, prior ≥ 0 and 0 < rate < 1", key="lookalikes", value=self)
        bought = purchases.select("customer_id", "product_id").drop_nulls().unique()
        item_ids = Index.of(bought["product_id"].unique().sort())
        customers = bought["customer_id"].unique()
        rows = [(customer, group) for customer in customers.to_list() for group in groups.get(customer, ())]
        of_group = pl.DataFrame(rows, schema={"customer_id": pl.String, "group": pl.String}, orient="row")
        sizes = of_group.group_by("group").len("size").filter(pl.col("size") >= self.min_group).sort("group")
        group_ids = Index.of(sizes["group"])
        held = bought.group_by("product_id").len("bought")
        pairs = (
            bought.join(of_group.join(sizes, on="group"), on="customer_id")
            .group_by("group", "product_id", "size")
            .len("count")
            .join(held, on="product_id")
            .filter(pl.col("count") >= self.min_count)
        )
        tests = len(group_ids) * int((held["bought"] >= self.min_count).sum())
        kept = self._kept(pairs, len(customers), tests)
        return FittedLookalikes(
            item_ids=item_ids,
            group_ids=group_ids,
            size=frozen(sizes["size"].cast(pl.Int64).to_numpy()),
            group=group_ids.positions(kept["group"].to_list()),
            item=item_ids.positions(kept["product_id"].to_list()),
            count=frozen(kept["count"].to_numpy()),
            bought=frozen(kept["bought"].to_numpy()),
            lift=frozen(kept["lift"].to_numpy()),
            lift_low=frozen(kept["lift_low"].to_numpy()),
            lift_high=frozen(kept["lift_high"].to_numpy()),
            n_customers=len(customers),
            parameters=self,
        )

    def _kept(self, pairs: pl.DataFrame, customers: int, tests: int) -> pl.DataFrame:
        count, size, bought = (pairs[name].cast(pl.Int64).to_numpy() for name in ("count", "size", "bought"))
        _, low, high = lift_interval(count, size, bought, max(customers, 1))
        tails = p_values(count.astype(np.int32), size, bought, customers) if len(count) else np.zeros(0)
        shrunk = (count + self.prior) / (size * bought / max(customers, 1) + self.prior)
        found = pairs.with_columns(
            pl.col("count", "bought").cast(pl.Int64),
            lift=pl.Series(shrunk, dtype=pl.Float64),
            lift_low=pl.Series(np.minimum(low, shrunk), dtype=pl.Float64),
            lift_high=pl.Series(np.maximum(high, shrunk), dtype=pl.Float64),
            sure=pl.Series(tails * max(tests, 1) <= self.rate, dtype=pl.Boolean),
        )
        return (
            found.filter(pl.col("sure"), pl.col("lift_low") > 1.0)
            .sort(["group", "lift_low", "product_id"], descending=[False, True, False])
            .group_by("group", maintain_order=True)
            .head(self.most)
        )


@dataclass(frozen=True, slots=True, eq=False)
class FittedLookalikes:
    """Groups and what they buy more than others; the rows of a group stand together, the surest first.

    Args:
        item_ids: dense item ↔ id.
        group_ids: dense group ↔ ``trait=value``.
        size: customers with an order in each group, int64 (groups,).
        group, item: of each pair, int32 (pairs,).
        count: customers of the group who bought the item, int64 (pairs,).
        bought: customers in all who did, int64 (pairs,).
        lift: shrunk, float64 (pairs,).
        lift_low, lift_high: the 95 % interval, float64 (pairs,).
        n_customers: with an order.
    """

    name: ClassVar[str] = "lookalikes"
    __repr__ = brief

    item_ids: Index
    group_ids: Index
    size: Int64
    group: Int32
    item: Int32
    count: Int64
    bought: Int64
    lift: Float64
    lift_low: Float64
    lift_high: Float64
    n_customers: int
    parameters: Lookalikes

    def of(self, groups: tuple[str, ...]) -> pl.DataFrame:
        """The rows of `frame` for some groups; none is an answer."""
        return self.frame().filter(pl.col("group").is_in(groups))

    def frame(self) -> pl.DataFrame:
        """Group, product_id, count, of (customers of the group), bought, customers, lift, lift_low, lift_high."""
        return pl.DataFrame(
            {
                "group": self.group_ids.series(self.group),
                "product_id": self.item_ids.series(self.item),
                "count": self.count,
                "of": self.size[self.group],
                "bought": self.bought,
                "customers": np.full(len(self.group), self.n_customers, np.int64),
                "lift": self.lift,
                "lift_low": self.lift_low,
                "lift_high": self.lift_high,
            }
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that is large."""
        numbers = {name: getattr(self, name) for name in ("size", "group", "item", *_COUNTS, *_LIFTS)}
        return {**self.item_ids.arrays("items"), **self.group_ids.arrays("groups"), **numbers}

    def meta(self) -> dict[str, Any]:
        """Everything that is small."""
        own = self.parameters
        return {
            "n_customers": self.n_customers,
            "min_group": own.min_group,
            "min_count": own.min_count,
            "prior": own.prior,
            "rate": own.rate,
            "most": own.most,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, meta: Meta) -> Self:
        """The result again.

        Raises:
            BadArray: the arrays do not fit together; named.
        """
        item_ids, group_ids = Index.from_arrays(arrays, "items"), Index.from_arrays(arrays, "groups")
        group = taken(arrays, "group", np.int32, (None,))
        item = taken(arrays, "item", np.int32, (len(group),))
        for name, places, most in (("group", group, len(group_ids)), ("item", item, len(item_ids))):
            if len(places) and not 0 <= int(places.min()) <= int(places.max()) < most:
                raise BadArray("points beyond its index", key=name)
        return cls(
            item_ids=item_ids,
            group_ids=group_ids,
            size=taken(arrays, "size", np.int64, (len(group_ids),)),
            group=group,
            item=item,
            **{name: taken(arrays, name, np.int64, (len(group),)) for name in _COUNTS},
            **{name: taken(arrays, name, np.float64, (len(group),)) for name in _LIFTS},
            n_customers=meta["n_customers"],
            parameters=Lookalikes(meta["min_group"], meta["min_count"], meta["prior"], meta["rate"], meta["most"]),
        )


_COUNTS: Final = ("count", "bought")
_LIFTS: Final = ("lift", "lift_low", "lift_high")
