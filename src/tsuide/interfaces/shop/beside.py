"""What stands beside a product on its page and is no offer: parts that it needs, its looks, and what buyers say."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request

from tsuide.facts.catalogue import Product, told
from tsuide.interfaces.shop.rendering import catalogue_of, serving_of
from tsuide.mining.reviews import ReviewSignals
from tsuide.mining.stated import StatedRelations

_MOST_IN_LOOK: Final = 8


@dataclass(frozen=True, slots=True)
class Look:
    """An outfit or a room: its picture and what it holds."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    image: str


@dataclass(frozen=True, slots=True)
class Opinions:
    """What buyers say of a product."""

    rating: str
    count: int
    quote: str


def parts_of(request: Request, product_id: str) -> list[Product | None]:
    """What a product does not work without, as the shop declared it."""
    return [catalogue_of(request).product(each) for each in _related(request, product_id, "required_part")]


def looks_of(request: Request, language: str) -> list[Look]:
    """The looks that the shop declared (parts of one set), each once, the main product first."""
    stated = _stated(request)
    if stated is None:
        return []
    members: dict[str, list[str]] = {}
    for one, other, relation in stated.frame().select("product_id", "other_id", "relation").iter_rows():
        if relation == "part_of_set":
            members.setdefault(one, [one]).append(other)
    found, seen = [], set[frozenset[str]]()
    for ids in members.values():
        products = [catalogue_of(request).product(each) for each in ids[:_MOST_IN_LOOK]]
        whole = [each for each in products if each is not None]
        if frozenset(ids) in seen or len(whole) < len(ids):
            continue
        seen.add(frozenset(ids))
        titles = tuple(told(each, language).title for each in whole)
        found.append(Look(tuple(each.id for each in whole), titles, f"/pictures/looks/{quote(ids[0], safe='')}.svg"))
    return found


def opinions_of(request: Request, product_id: str, language: str) -> Opinions | None:
    """The rating, and a sentence of a buyer in the reader's language; None where nobody has said anything."""
    loaded = serving_of(request).decider.loaded_or_none
    part = None if loaded is None else loaded.state.parts.get("reviews")
    standing = part.of(product_id) if isinstance(part, ReviewSignals) else None
    return None if standing is None else Opinions(f"{standing.rating:.1f}", standing.count, standing.quote_in(language))


def _related(request: Request, product_id: str, relation: str) -> list[str]:
    stated = _stated(request)
    if stated is None:
        return []
    rows = stated.frame().select("product_id", "other_id", "relation").iter_rows()
    return [other for one, other, said in rows if (one, said) == (product_id, relation)]


def _stated(request: Request) -> StatedRelations | None:
    loaded = serving_of(request).decider.loaded_or_none
    part = None if loaded is None else loaded.state.parts.get("relations")
    return part if isinstance(part, StatedRelations) else None
