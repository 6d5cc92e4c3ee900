"""The shop as tables, the way any shop would hand its own over: `tsuide import` reads each of them as it stands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import permutations
from typing import Final
from urllib.parse import quote

import numpy as np
import polars as pl

from tsuide.app.named_shop.assortment import Assortment, Item, read_assortment
from tsuide.app.named_shop.opinions import draw_reviews
from tsuide.app.named_shop.people import draw_consents, draw_people
from tsuide.app.named_shop.purchases import Drawing, Order
from tsuide.app.named_shop.visits import Visits
from tsuide.facts.looks import Look

CUSTOMERS: Final = 900
SOLD_OUT: Final = frozenset({"S1-blue", "ROSE-white", "BUD2-navy", "L70300", "SENCHA2"})
FEW: Final[Mapping[str, int]] = {"M7": 3, "TABLE-olive": 2, "MOWER2": 4}
_STOCK: Final = 200


def make_tables(now: datetime, *, seed: int, customers: int = CUSTOMERS) -> dict[str, pl.DataFrame]:
    """Every table of the shop, by kind of table.

    Args:
        now: the end of its eighteen months.
        seed: the same seed gives the same shop.
        customers: how many people and firms buy there.
    """
    shop = read_assortment()
    draws = [np.random.default_rng([seed, part]) for part in range(5)]
    people = draw_people(shop, customers, now, draws[0])
    orders = [each for each in Drawing(shop, people, now, draws[1]).orders() if each.at < now]
    names = people.frame["id"].to_list()
    return {
        "products": _products(shop),
        "relations": _relations(shop),
        "customers": people.frame,
        "consents": draw_consents(people, draws[2]),
        "orders": _orders(orders, names),
        "events": _events(Visits(shop, draws[3]), orders, names, now),
        "reviews": draw_reviews(orders, names, now, draws[4]),
    }


def _products(shop: Assortment) -> pl.DataFrame:
    return pl.DataFrame([_product(item) for item in shop.items], infer_schema_length=None)


def _product(item: Item) -> dict[str, str | int | None]:
    """One row; every column that is no field of a product becomes an attribute."""
    stock = 0 if item.id in SOLD_OUT else FEW.get(item.id, _STOCK)
    row: dict[str, str | int | None] = {
        "product_id": item.id,
        "title": item.ja,
        "handle": item.base if item.variant else None,
        "variant": item.variant[0] if item.variant else None,
        "category": " > ".join(item.category.path_ja),
        "brand": item.brand[0],
        "price": item.price,
        "cost": item.cost,
        "tax_rate": f"{item.tax}%",
        "stock": stock if item.kind == "physical" else None,
        "kind": item.kind,
        "durable": None if item.durable is None else ("yes" if item.durable else "no"),
        "image": f"/pictures/{item.drawing}-{item.colour}.svg",
        "title_en": item.en,
        "variant_en": item.variant[1] if item.variant else None,
        "category_en": " > ".join(item.category.path_en),
        "brand_en": item.brand[1],
        "need": item.need,
        "goals": item.goals or None,
    }
    return row | {name.removesuffix("_ja"): value for name, value in item.attributes.items()}


def _relations(shop: Assortment) -> pl.DataFrame:
    rows = [*_declared(shop), *_looks(shop)]
    return pl.DataFrame(rows, schema=["product_id", "related_product_id", "relation"], orient="row").unique(
        maintain_order=True
    )


def _declared(shop: Assortment) -> Iterator[tuple[str, str, str]]:
    for item in shop.items:
        if item.part:
            yield item.id, shop.of_base(item.part)[0].id, "required_part"
        for partner in item.goes_with:
            yield item.id, _same_colour(item, shop.of_base(partner)).id, "accessory"
        if item.better:
            yield item.id, _same_colour(item, shop.of_base(item.better)).id, "upgrade_of"


def _looks(shop: Assortment) -> Iterator[tuple[str, str, str]]:
    for look in shop.looks:
        for one, other in permutations([_one(shop, each) for each in look], 2):
            yield one, other, "part_of_set"


def made_looks() -> list[Look]:
    """The shop's outfits and rooms with their pictures, each named after its main piece.

    >>> {each.id: each.items[0] for each in made_looks()}["CHAIR-white"]
    'CHAIR-white'
    """
    shop = read_assortment()
    made = []
    for look in shop.looks:
        ids = tuple(_one(shop, each) for each in look)
        main = next(each for each in shop.items if each.id == ids[0])
        names = {"ja": f"{main.ja}に合わせて", "en": f"To go with: {main.en}"}
        made.append(Look(ids[0], names, ids, f"/pictures/looks/{quote(look[0], safe='')}.svg"))
    return made


def _one(shop: Assortment, name: str) -> str:
    return name if any(each.id == name for each in shop.items) else shop.of_base(name)[0].id


def _same_colour(item: Item, family: Sequence[Item]) -> Item:
    return next((each for each in family if each.colour == item.colour), family[0])


def _orders(orders: Sequence[Order], names: Sequence[str]) -> pl.DataFrame:
    rows = [
        (order.id, order.at.isoformat(), None if order.customer is None else names[order.customer], line.item.id,
         line.quantity, line.item.price, line.discount, line.paid, line.item.cost, "yes" if line.gift else "no", "web")
        for order in orders
        for line in order.lines
    ]  # fmt: skip
    columns = ["order_id", "order_date", "customer_id", "product_id", "quantity", "unit_price", "line_discount",
               "line_amount", "unit_cost", "is_gift", "channel"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def _events(visits: Visits, orders: Sequence[Order], names: Sequence[str], now: datetime) -> pl.DataFrame:
    rows = [
        (each.id, each.event, each.timestamp.isoformat(), names[each.who] if each.known else None, f"b{each.who}",
         each.session, each.product, each.quantity, each.query)
        for each in visits.around(orders)
        if each.timestamp < now
    ]  # fmt: skip
    columns = ["event_id", "event", "timestamp", "customer_id", "anonymous_id", "session_id", "product_id", "quantity",
               "query"]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
