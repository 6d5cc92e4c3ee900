"""What goes with a product and what stands beside it, with the evidence."""

from dataclasses import dataclass

from tsuide.app.loading import Loaded
from tsuide.errors import UnknownProduct
from tsuide.facts.catalogue import Product
from tsuide.mining.alternatives import FittedAlternatives
from tsuide.mining.complements import FittedComplements
from tsuide.offers.curated import Curated


@dataclass(frozen=True, slots=True)
class Related:
    """One related product.

    Args:
        baskets: in how many both lay; None for alternatives.
        confidence: share of the first product's baskets that hold this one.
        difference: its price minus the first product's, minor units; of upgrades and cheaper ones.
        differences: in what it differs, sentences of the asked language; of the same.
    """

    product: Product
    score: float
    baskets: int | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    confidence: float | None = None
    difference: int | None = None
    differences: str | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """Everything learned about one product's company."""

    product: Product
    snapshot_id: str
    complements: tuple[Related, ...]
    alternatives: tuple[Related, ...]
    upgrades: tuple[Related, ...] = ()
    cheaper: tuple[Related, ...] = ()


def relations_of(loaded: Loaded, product_id: str, n: int, language: str = "en") -> Relations:
    """The best `n` of each: complements that pass the false-discovery gate, alternatives, steps up and down.

    Without what people banned.

    Raises:
        UnknownProduct: the catalogue has no such product.
    """
    product = loaded.catalogue.product(product_id)
    if product is None:
        raise UnknownProduct("no such product", key="product", value=product_id)
    return Relations(
        product,
        loaded.snapshot.id,
        _complements(loaded, product_id, n),
        _alternatives(loaded, product_id, n),
        _steps(loaded, product, n, language, up=True),
        _steps(loaded, product, n, language, up=False),
    )


def _complements(loaded: Loaded, product_id: str, n: int) -> tuple[Related, ...]:
    part = loaded.snapshot.parts.get("complements")
    if not isinstance(part, FittedComplements) or product_id not in part.item_ids:
        return ()
    found = []
    for row in part.of(product_id).iter_rows(named=True):
        other = loaded.catalogue.product(row["item"])
        if other is not None and row["significant"] and not _banned(loaded, product_id, other.id):
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
    return tuple(
        Related(other, score)
        for other, score in found
        if other is not None and not _banned(loaded, product_id, other.id)
    )


def _banned(loaded: Loaded, product_id: str, other_id: str) -> bool:
    part = loaded.snapshot.parts.get("curated")
    return isinstance(part, Curated) and part.bans(product_id, other_id)


def _steps(loaded: Loaded, product: Product, n: int, language: str, *, up: bool) -> tuple[Related, ...]:
    part = loaded.snapshot.parts.get("alternatives")
    if not isinstance(part, FittedAlternatives) or product.id not in part.shelf.ids:
        return ()
    rows = (part.up if up else part.down)(product.id, n, language=language)
    found = []
    for item, score, told in rows.select("item", "score", "differences").iter_rows():
        other = loaded.catalogue.product(item)
        if other is not None and not _banned(loaded, product.id, other.id):
            known = other.price is not None and product.price is not None and other.currency == product.currency
            apart = (other.price or 0) - (product.price or 0) if known else None
            found.append(Related(other, score, difference=apart, differences=told or None))
    return tuple(found)
