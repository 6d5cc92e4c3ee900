"""Which products are related, as far as the policy lets them be offered: for feeds and carts without an API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

import numpy as np

from tsuide.app.loading import Loaded
from tsuide.facts.catalogue import Product
from tsuide.mining.stated import StatedRelations
from tsuide.offers.customer import CustomerView
from tsuide.offers.decide import judge
from tsuide.offers.offer import KINDS, SOURCES, Kind
from tsuide.offers.policy import chain
from tsuide.offers.policy.policy import Policy
from tsuide.offers.prepare import Prepared, prepare_customer
from tsuide.offers.request import OfferRequest

Relationship: TypeAlias = Literal[
    "required_part", "part_of_set", "accessory", "often_bought_with", "substitute", "different_brand"
]
MOST: Final = 30  # Google Merchant takes no more per product
_FIRST: Final = ("required_part", "part_of_set", "accessory", "often_bought_with", "different_brand", "substitute")
_LEARNED: Final[dict[Kind, Relationship]] = {
    "cross_sell": "often_bought_with",
    "bundle": "often_bought_with",
    "up_sell": "substitute",
    "down_sell": "substitute",
    "alternative": "substitute",
}
_BOTH_WAYS: Final = frozenset({"substitute", "different_brand", "part_of_set"})
_ASKED: Final[tuple[Kind, ...]] = ("cross_sell", "up_sell", "down_sell", "alternative", "bundle")


@dataclass(frozen=True, slots=True)
class Pair:
    """One product that may be shown beside another.

    Args:
        relationship: in the words of Google Merchant's ``related_product``.
        kind: what it would be as an offer.
        declared: a person said so; else it was learned.
        priority: what `decide` ranks by; 0 where it is only declared.
    """

    product: Product
    other: Product
    relationship: Relationship
    kind: Kind
    declared: bool
    priority: float


def related(
    loaded: Loaded, policy: Policy, now: datetime, *, most: int = MOST, done: Callable[[], object] = lambda: None
) -> Iterator[tuple[Product, tuple[Pair, ...]]]:
    """Every product on sale with what may be shown beside it, the best first; products without any are left out.

    Each product is judged as its page would be for a visitor whom nobody knows, by every rule of the policy: what is
    out of stock, hidden, never to stand together, out of reach or too weak is not there. Nothing is shown by this, so
    no decision is recorded.

    Args:
        loaded: the state.
        policy: in force.
        now: UTC.
        most: pairs per product.
        done: called after each product.
    """
    nobody = prepare_customer(CustomerView(), loaded.state)
    declared = _declared(loaded)
    for product_id in loaded.state.ids.ids:
        product = loaded.catalogue.product(product_id)
        if product is not None and _on_sale(product):
            found = _of(product, loaded, nobody, declared.get(product_id, {}), policy, now)
            if found:
                yield product, found[:most]
        done()


def _of(
    product: Product,
    loaded: Loaded,
    nobody: Prepared,
    declared: dict[str, Relationship],
    policy: Policy,
    now: datetime,
) -> tuple[Pair, ...]:
    asked = (
        OfferRequest("product", product_id=product.id, kinds=_ASKED, n=1),
        # the cheaper models, which otherwise wait for a sign of hesitation
        OfferRequest("product", product_id=product.id, kinds=("down_sell",), n=1, hesitation=("price_objection",)),
    )
    best: dict[str, Pair] = {}
    for request in asked:
        for pair in _allowed(request, product, loaded, nobody, declared, policy, now):
            before = best.get(pair.other.id)
            if before is None or _order(pair) < _order(before):
                best[pair.other.id] = pair
    return tuple(sorted(best.values(), key=_order))


def _allowed(
    request: OfferRequest,
    product: Product,
    loaded: Loaded,
    nobody: Prepared,
    declared: dict[str, Relationship],
    policy: Policy,
    now: datetime,
) -> Iterator[Pair]:
    """What no rule refuses, the members of a set each by itself; and parts that only may not be sold as an extra."""
    state = loaded.state
    judged = judge(request, state, nobody, policy, now=now, seed=0)
    verdict = judged.verdict[: judged.count]
    for row in np.flatnonzero((verdict < 0) | (verdict == chain.ORDER.index("required_part"))).tolist():
        candidate = judged.pool[row]
        if candidate["anchor"] < 0 or state.ids.ids[int(candidate["anchor"])] != product.id:
            continue  # liked by everybody, and no relation of this product
        if SOURCES[candidate["source"]] == "combined":
            continue  # another model with what goes with that: both stand in this list by themselves
        kind, priority = KINDS[candidate["kind"]], float(candidate["priority"])
        places = [int(candidate["item"]), int(candidate["second"])]
        if candidate["set"] >= 0:
            places += state.sets["items"][int(candidate["set"])].tolist()
        for other in (loaded.catalogue.product(state.ids.ids[place]) for place in places if place >= 0):
            if other is not None and other.id != product.id and _on_sale(other):
                said = declared.get(other.id)
                yield Pair(product, other, said or _LEARNED[kind], kind, said is not None, priority)


def _order(pair: Pair) -> tuple[bool, int, float, str]:
    return (not pair.declared, _FIRST.index(pair.relationship), -pair.priority, pair.other.id)


def _on_sale(product: Product) -> bool:
    return product.status == "active" and (product.stock is None or product.stock > 0)


def _declared(loaded: Loaded) -> dict[str, dict[str, Relationship]]:
    """What people said: product → other → relationship; what holds both ways stands on both sides."""
    part = loaded.snapshot.parts.get("relations")
    found: dict[str, dict[str, Relationship]] = {}
    if not isinstance(part, StatedRelations):
        return found
    for product, other, relation in part.frame().iter_rows():
        if relation in _FIRST:
            found.setdefault(product, {}).setdefault(other, relation)
            if relation in _BOTH_WAYS:
                found.setdefault(other, {}).setdefault(product, relation)
    return found
