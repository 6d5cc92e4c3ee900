"""Every part of a snapshot and how it is learned from a shop's material.

Choosing parameters on held-out orders costs many times a fit. Where that is cheap (complements, alternatives,
replenishment) a first run chooses; where it is dear (timing, completion, next basket, sessions) a first run takes the
documented defaults and `tsuide learn --tune` chooses. Every later run keeps the last choice unless asked anew.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias

import polars as pl

from tsuide.app.material import Material
from tsuide.errors import TooFewData
from tsuide.mining.alternatives import Alternatives, FittedAlternatives
from tsuide.mining.backoff import BackOff
from tsuide.mining.baskets import Baskets
from tsuide.mining.bundles import Bundles
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.completion import Completion, FittedCompletion
from tsuide.mining.fillers import Fillers
from tsuide.mining.fitted import Fitted
from tsuide.mining.lookalikes import Lookalikes, groups_of
from tsuide.mining.next_basket import FittedNextBasket, NextBasket
from tsuide.mining.replenishment import FittedReplenishment, Replenishment
from tsuide.mining.returns import Returns
from tsuide.mining.reviews import Reviews
from tsuide.mining.rooms import Rooms
from tsuide.mining.sessions import FittedSessions, Sessions
from tsuide.mining.timing import FittedTiming, Timing
from tsuide.mining.value import LifetimeValue
from tsuide.mining.wants import Wants
from tsuide.mining.weighing import Weights
from tsuide.offers.foretold import FittedForetold, Lists, foretold

Parts: TypeAlias = Mapping[str, Fitted]
ROOM_DAYS: Final = 365
ROOM_TRAITS: Final = ("industry", "size", "prefecture")
_RATE: Final = 10_000  # basis points
_PARTNERS: Final = 10  # per product, whose windows are learned


@dataclass(frozen=True, slots=True)
class Model:
    """One part of a snapshot and how it is learned.

    Args:
        name: of the part.
        fit: (material, the parts named in `after`) → the part; raises TooFewData where the shop's data cannot
            teach it, and is then left out.
        after: parts that must be learned before.
    """

    name: str
    fit: Callable[[Material, Parts], Fitted]
    after: tuple[str, ...] = ()


def _complements(material: Material, _: Parts) -> Fitted:
    last = material.previous.get("complements")
    kept = isinstance(last, FittedComplements) and not material.tune
    model = Complements(score=last.score) if kept and isinstance(last, FittedComplements) else Complements()
    return model.fit(material.baskets, views=material.views, tune=not kept, seed=material.seed)


def _alternatives(material: Material, _: Parts) -> Fitted:
    last = material.previous.get("alternatives")
    chosen = last.chosen if isinstance(last, FittedAlternatives) and not material.tune else None
    model = Alternatives() if chosen is None else Alternatives(weights=Weights(chosen["weights"], chosen["note"]))
    return model.fit(
        material.products,
        material.baskets,
        relations=material.relations,
        tune=chosen is None,
        seed=material.seed,
    )


def _learned_complements(parts: Parts) -> FittedComplements:
    found = parts.get("complements")
    if not isinstance(found, FittedComplements):
        raise TooFewData("no complements were learned", key="complements", value="none")
    return found


def _backoff(material: Material, parts: Parts) -> Fitted:
    return BackOff(few=1).fit(material.products, material.baskets, _learned_complements(parts))


def _timing(material: Material, _: Parts) -> Fitted:
    """Windows of the surest complements, and of what one customer buys one after the other."""
    last = material.previous.get("timing")
    model = Timing(top=_PARTNERS)
    if isinstance(last, FittedTiming) and not material.tune:
        found = replace(model, strength=last.strength).fit(material.baskets, tune=False, seed=material.seed)
        return replace(found, temper=last.temper)
    return model.fit(material.baskets, tune=material.tune, seed=material.seed)


def _replenishment(material: Material, _: Parts) -> Fitted:
    last = material.previous.get("replenishment")
    kept = isinstance(last, FittedReplenishment) and not material.tune
    found = Replenishment().fit(material.kept, groups=material.groups, tune=not kept, seed=material.seed)
    return replace(found, correction=last.correction) if kept and isinstance(last, FittedReplenishment) else found


def _completion(material: Material, _: Parts) -> Fitted:
    last = material.previous.get("completion")
    chosen = last.chosen if isinstance(last, FittedCompletion) and not material.tune else None
    model = Completion(chosen=chosen)
    return model.fit(material.baskets, groups=material.groups, tune=material.tune, seed=material.seed)


def _next_basket(material: Material, _: Parts) -> Fitted:
    last = material.previous.get("next_basket")
    chosen = last.chosen if isinstance(last, FittedNextBasket) and not material.tune else None
    model = NextBasket(chosen=chosen)
    return model.fit(material.baskets, groups=material.groups, tune=material.tune, seed=material.seed)


def _wants(material: Material, _: Parts) -> Fitted:
    margins = {item: float(each) for item, each in margins_of(material.products).items()}
    traits = traits_of(material.products)
    return Wants().fit(material.baskets, material.groups, worth=margins, attributes=traits, seed=material.seed)


def traits_of(products: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Product id → its attributes that are plain words.

    >>> traits_of(pl.DataFrame({"id": ["a", "b"], "attributes": ['{"system": "X", "sizes": [1]}', None]}))
    {'a': {'system': 'X'}}
    """
    told = ((item, json.loads(text)) for item, text in products.select("id", "attributes").iter_rows() if text)
    return {item: {name: value for name, value in each.items() if isinstance(value, str)} for item, each in told}


def _sessions(material: Material, _: Parts) -> Fitted:
    if material.views is None:
        raise TooFewData("no views are recorded", key="events", value=0)
    last = material.previous.get("sessions")
    kept = isinstance(last, FittedSessions) and not material.tune
    model = Sessions(last.latest, last.neighbours) if kept and isinstance(last, FittedSessions) else Sessions()
    found = model.fit(material.views, tune=material.tune, seed=material.seed)
    return replace(found, report=last.report) if kept and isinstance(last, FittedSessions) else found


def _bundles(material: Material, parts: Parts) -> Fitted:
    apart = material.relations.filter(pl.col("relation").is_in(["substitute", "different_brand", "never_with"]))
    pairs = zip(apart["product_id"].to_list(), apart["other_id"].to_list(), strict=True)
    return Bundles().fit(material.baskets, _learned_complements(parts), groups=material.groups, apart=pairs)


def _fillers(material: Material, _: Parts) -> Fitted:
    return Fillers().fit(material.baskets, material.products, margins=margins_of(material.products))


def margins_of(products: pl.DataFrame) -> dict[str, int]:
    """Product id → margin of one unit ex tax, minor units, where price and cost are known.

    >>> margins_of(pl.DataFrame({"id": ["a", "b"], "price": [1100, 500], "cost": [400, None],
    ...                          "tax_rate": [1000, 1000], "tax_included": [True, True]}))
    {'a': 600}
    """
    rate = pl.col("tax_rate").fill_null(1_000)
    tax = pl.when(pl.col("tax_included").fill_null(value=True)).then(pl.col("price") * rate // (_RATE + rate))
    known = products.drop_nulls(["price", "cost"]).select(
        "id", margin=pl.col("price") - tax.otherwise(0) - pl.col("cost")
    )
    return dict(zip(known["id"].to_list(), known["margin"].to_list(), strict=True))


def _reviews(material: Material, _: Parts) -> Fitted:
    if material.reviews.is_empty():
        raise TooFewData("there are no reviews", key="reviews", value=0)
    return Reviews().fit(material.reviews)


def _value(material: Material, _: Parts) -> Fitted:
    return LifetimeValue().fit(material.baskets, purchases=material.purchases, contacts=material.contacts)


def _returns(material: Material, _: Parts) -> Fitted:
    return Returns().fit(material.purchases)


def _lookalikes(material: Material, _: Parts) -> Fitted:
    groups = {
        customer: groups_of({str(name): str(value) for name, value in json.loads(text).items()})
        for customer, text in material.customers.select("id", "attributes").drop_nulls().iter_rows()
    }
    if not any(groups.values()):
        raise TooFewData("no age band, prefecture or industry is known of any customer", key="customers", value=0)
    return Lookalikes().fit(material.purchases, groups)


def _rooms(material: Material, _: Parts) -> Fitted:
    """What accounts' look-alikes buy and they do not, by a year of purchases before the moment of learning."""
    owners = accounts_of(material.customers)
    if owners.is_empty():
        raise TooFewData("no customer is a company or has an owner", key="customers", value=0)
    since = material.now - timedelta(days=ROOM_DAYS)
    bought = (
        material.purchases.filter(pl.col("placed_at") >= since, ~pl.col("gift"), pl.col("quantity") > 0)
        .select("customer_id", "product_id", "currency", "amount", "quantity", "returned")
        .join(_members(material.customers, owners), on="customer_id")
        .join(lines_of(material.products), on="product_id")
        .select(
            "line", "currency", customer="account",
            amount=pl.col("amount") * (pl.col("quantity") - pl.col("returned")) // pl.col("quantity"),
        )
    )  # fmt: skip
    if bought.is_empty():
        raise TooFewData("no account has bought anything of a known line in a year", key="orders", value=0)
    return Rooms().fit(bought, owners["customer"].to_list(), owners)


def accounts_of(customers: pl.DataFrame) -> pl.DataFrame:
    """Accounts: companies, and whoever has an owner and stands below no other; customer, industry, size, prefecture.

    >>> customers = pl.DataFrame({"id": ["a", "b", "c"], "kind": ["company", "person", "person"],
    ...     "parent_id": [None, "a", None], "attributes": ['{"industry": "dental"}', None, '{"owner": "sato"}']})
    >>> accounts_of(customers).rows()
    [('a', 'dental', None, None), ('c', None, None, None)]
    """
    about = [json.loads(text) if text else {} for text in customers["attributes"].to_list()]
    owned = [bool(str(each.get("owner") or "").strip()) for each in about]
    told = {name: [str(each[name]) if each.get(name) else None for each in about] for name in ROOM_TRAITS}
    wanted = (pl.col("kind") == "company") | (pl.Series(owned, dtype=pl.Boolean) & pl.col("parent_id").is_null())
    frame = customers.select(pl.col("id").alias("customer"), keep=wanted)
    columns = [pl.Series(name, values, dtype=pl.String) for name, values in told.items()]
    return frame.with_columns(columns).filter("keep").drop("keep")


def _members(customers: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Whose purchases count for which account: its own, and those of the people in it; customer_id, account."""
    own = accounts.select(customer_id="customer", account="customer")
    people = customers.filter(pl.col("kind") == "person", pl.col("parent_id").is_in(accounts["customer"].implode()))
    below = people.select(customer_id="id", account="parent_id").join(
        own.select("customer_id"), on="customer_id", how="anti"
    )
    return pl.concat([own, below])


def lines_of(products: pl.DataFrame) -> pl.DataFrame:
    """The product line of each product: its attribute `line`, else its widest category; product_id, line.

    >>> lines_of(pl.DataFrame({"id": ["a", "b", "c"], "category": [["paper", "a4"], ["paper"], None],
    ...                        "attributes": ['{"line": "supplies"}', None, None]})).rows()
    [('a', 'supplies'), ('b', 'paper')]
    """
    named = [
        str(json.loads(text).get("line") or "") or None if text and '"line"' in text else None
        for text in products["attributes"].to_list()
    ]
    line = pl.coalesce(pl.Series(named, dtype=pl.String), pl.col("category").list.first())
    return products.select(product_id="id", line=line).drop_nulls()


def _foretold(material: Material, parts: Parts) -> Fitted:
    """What the two lists' scores mean, read off some customers' last orders with the parameters in force."""
    last = material.previous.get("foretold")
    kept = isinstance(last, FittedForetold) and last.compared and last.holds_for(material.baskets.n_baskets)
    if isinstance(last, FittedForetold) and kept and not material.tune:
        return last
    following, completing = parts.get("next_basket"), parts.get("completion")
    margins = {item: float(each) for item, each in margins_of(material.products).items()}
    traits = traits_of(material.products)

    def learn(before: Baskets) -> Lists:
        again = (
            NextBasket(chosen=following.chosen).fit(before, groups=material.groups, tune=False, seed=material.seed)
            if isinstance(following, FittedNextBasket)
            else None
        )
        beside = (
            Completion(chosen=completing.chosen).fit(before, groups=material.groups, tune=False, seed=material.seed)
            if isinstance(completing, FittedCompletion)
            else None
        )
        try:
            wants = Wants().fit(before, material.groups, worth=margins, attributes=traits, seed=material.seed)
        except TooFewData:
            wants = None
        return Lists(again, beside, wants)

    complements = parts.get("complements")
    return foretold(
        material.baskets, learn, complements if isinstance(complements, FittedComplements) else None, margins
    )


MODELS: Final[tuple[Model, ...]] = (
    Model("alternatives", _alternatives),
    Model("complements", _complements),
    Model("timing", _timing),
    Model("backoff", _backoff, after=("complements",)),
    Model("replenishment", _replenishment),
    Model("completion", _completion),
    Model("next_basket", _next_basket),
    Model("wants", _wants),
    Model("foretold", _foretold, after=("complements", "completion", "next_basket", "wants")),
    Model("bundles", _bundles, after=("complements",)),
    Model("value", _value),
    Model("returns", _returns),
    Model("fillers", _fillers),
    Model("sessions", _sessions),
    Model("reviews", _reviews),
    Model("lookalikes", _lookalikes),
    Model("rooms", _rooms),
)
"""In the order in which they are begun: the longest first."""
