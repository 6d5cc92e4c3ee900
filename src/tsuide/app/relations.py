"""What goes with a product and what stands beside it, with the evidence."""

from dataclasses import dataclass

from tsuide.app.loading import Loaded
from tsuide.errors import UnknownProduct
from tsuide.facts.catalogue import Product
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.complements import FittedComplements


@dataclass(frozen=True, slots=True)
class Related:
    """One related product.

    Args:
        baskets: in how many both lay; None for alternatives.
        confidence: share of the first product's baskets that hold this one.
    """

    product: Product
    score: float
    baskets: int | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """Everything learned about one product's company."""

    product: Product
    snapshot_id: str
    complements: tuple[Related, ...]
    alternatives: tuple[Related, ...]


def relations_of(loaded: Loaded, product_id: str, n: int) -> Relations:
    """The best `n` complements that pass the false-discovery gate, and the best `n` alternatives.

    Raises:
        UnknownProduct: the catalogue has no such product.
    """
    product = loaded.catalogue.product(product_id)
    if product is None:
        raise UnknownProduct("no such product", key="product", value=product_id)
    return Relations(
        product, loaded.snapshot.id, _complements(loaded, product_id, n), _alternatives(loaded, product_id, n)
    )


def _complements(loaded: Loaded, product_id: str, n: int) -> tuple[Related, ...]:
    part = loaded.snapshot.parts.get("complements")
    if not isinstance(part, FittedComplements) or product_id not in part.item_ids:
        return ()
    found = []
    for row in part.of(product_id).iter_rows(named=True):
        other = loaded.catalogue.product(row["item"])
        if other is not None and row["significant"]:
            found.append(
                Related(
                    other,
                    row["score"],
                    row["count"],
                    row["lift"],
                    row["lift_low"],
                    row["lift_high"],
                    row["confidence"],
                )
            )
    return tuple(found[:n])


def _alternatives(loaded: Loaded, product_id: str, n: int) -> tuple[Related, ...]:
    part = loaded.snapshot.parts.get("alternatives")
    if not isinstance(part, FittedAlternatives) or product_id not in part.shelf.ids:
        return ()
    rows = part.of(product_id, n).select("item", "score").iter_rows()
    found = ((loaded.catalogue.product(item), score) for item, score in rows)
    return tuple(Related(other, score) for other, score in found if other is not None)
