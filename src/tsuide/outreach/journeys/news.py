"""What happened, as journeys hear of it; whom it brings in, whose waiting it ends, who leaves by it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from tsuide.outreach.journeys.journey import About, Await, Journey, OnEvent, Trigger, period

NewsKind: TypeAlias = str
"""order, review, score, complaint, survey, segment, price, stock, reaction, said_later, or the kind of an event."""
_CART_EVENTS: Final = frozenset({"add", "cart"})
_CONTENT: Final = frozenset({"view", "page", "attended"})


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened to one customer, or to a product.

    Args:
        kind: see `NewsKind`.
        thing: its id (of the event, the order, the review); of a segment or survey its own.
        at: when.
        customer_id: whom; None = only a product is meant.
        products: that it is about.
        cart_id: of events.
        number: stars, score; of a price the fall in percent; of an order its number among the customer's.
        word: of a segment entered or left.
        properties: of an event; of a survey question → what was chosen, with commas between.
    """

    kind: NewsKind
    thing: str
    at: datetime
    customer_id: str | None
    products: tuple[str, ...] = ()
    cart_id: str | None = None
    number: int | None = None
    word: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Somebody who begins a journey.

    Args:
        key: one enrolment at a time for each.
        due: when the first step is taken.
        again: whether an enrolment of this key that has not begun starts its clock again.
    """

    customer_id: str
    key: str
    due: datetime
    context: Mapping[str, str]
    again: bool = False


class Shelf(Protocol):
    """What is known of products, and of who looked at them."""

    def names(self, product_id: str) -> frozenset[str]:
        """Its categories, at every level."""

    def teaches(self, product_id: str) -> bool:
        """Whether it is content."""

    def watchers(self, product_id: str, since: datetime) -> Sequence[str]:
        """Customers who looked at it or put it into a cart since then and did not buy it."""

    def reactions(self, customer_id: str, how: str, since: datetime) -> int:
        """How often they opened or clicked our mails since then."""

    def visits(self, customer_id: str, product_id: str, since: datetime) -> int:
        """On how many days since then an owner came to its category; 0 of whom owns nothing of it."""


def beginnings(journey: Journey, news: News, shelf: Shelf) -> list[Beginning]:
    """Whom a piece of news brings into a journey."""
    trigger, kind = journey.trigger, journey.trigger.kind
    if kind in {"price_drop", "back_in_stock"}:
        return _watching(trigger, news, shelf)
    if news.customer_id is None or not _fits(trigger, news, shelf):
        return []
    if trigger.cart_abandoned is not None:
        key, due = news.cart_id or news.customer_id, news.at + period(trigger.cart_abandoned.after)
        return [Beginning(news.customer_id, f"{news.customer_id}/{key}", due, _context(news), again=True)]
    return [Beginning(news.customer_id, news.customer_id, news.at, _context(news))]


def _watching(trigger: Trigger, news: News, shelf: Shelf) -> list[Beginning]:
    drop, back = trigger.price_drop, trigger.back_in_stock
    if drop is not None and (news.kind != "price" or (news.number or 0) < drop.by):
        return []
    if back is not None and news.kind != "stock":
        return []
    within = drop.within if drop is not None else back.within if back is not None else "1d"
    (product,) = news.products
    return [
        Beginning(each, f"{each}/{product}", news.at, _context(news))
        for each in shelf.watchers(product, news.at - period(within))
    ]


def _fits(trigger: Trigger, news: News, shelf: Shelf) -> bool:  # noqa: PLR0911, C901 - one arm each
    match trigger:
        case Trigger(event=OnEvent() as event):
            named = all(news.properties.get(name) == value for name, value in event.properties.items())
            return news.kind == event.kind and named and _about(event, news.products, shelf)
        case Trigger(cart_abandoned=None, order=order) if order is not None:
            return (
                news.kind == "order" and _about(order, news.products, shelf) and (not order.first or news.number == 1)
            )
        case Trigger(review=review) if review is not None:
            fine = review.at_least <= (news.number or 0) <= review.at_most
            return news.kind == "review" and fine and _about(review, news.products, shelf)
        case Trigger(score=score) if score is not None:
            return news.kind == "score" and score.at_least <= (news.number or 0) <= score.at_most
        case Trigger(survey=survey) if survey is not None:
            chosen = {name: said.split(",") for name, said in news.properties.items()}
            said = all(value in chosen.get(name, ()) for name, value in survey.answers.items())
            return news.kind == "survey" and news.thing == survey.survey and said
        case Trigger(segment=segment) if segment is not None:
            return news.kind == "segment" and news.thing == segment.segment and news.word == segment.move
        case Trigger(content=content) if content is not None:
            teaching = any(shelf.teaches(each) for each in news.products)
            return news.kind in _CONTENT and teaching and _about(content, news.products, shelf)
        case Trigger(said_later=later) if later is not None:
            return news.kind == "said_later" and _about(later, news.products, shelf)
        case Trigger(reactions=wanted) if wanted is not None:
            mine = news.kind == "reaction" and news.word == wanted.how and news.customer_id is not None
            since = news.at - period(wanted.within)
            return mine and shelf.reactions(news.customer_id or "", wanted.how, since) >= wanted.times
        case Trigger(comes_back=back) if back is not None:
            if news.kind != "view" or not news.products or not _about(back, news.products, shelf):
                return False
            since = news.at - period(back.within)
            return shelf.visits(news.customer_id or "", news.products[0], since) >= back.times
    if trigger.cart_abandoned is not None:
        return news.kind in _CART_EVENTS
    return (trigger.kind, news.kind) in {("delivered", "delivered"), ("complaint", "complaint")}


def _about(about: About, products: Sequence[str], shelf: Shelf) -> bool:
    """Whether one of the products is meant."""
    if about.product is not None and about.product not in products:
        return False
    return about.category is None or any(about.category in shelf.names(each) for each in products)


def _context(news: News) -> dict[str, str]:
    context = {"thing": news.thing}
    if news.kind == "order":
        context["value.order_id"] = news.thing
    if news.cart_id is not None:
        context["cart"] = news.cart_id
    if news.products:
        context["products"] = "\n".join(news.products[:20])
    if news.number is not None:
        context["value.number"] = str(news.number)
    return context


def ends_waiting(awaited: Await, news: News, shelf: Shelf) -> bool:
    """Whether this is what an enrolment waits for."""
    things = (news.thing,) if news.kind == "survey" else news.products
    return awaited.happens == news.kind and meant(awaited, things, shelf)


def meant(awaited: Await, things: Sequence[str], shelf: Shelf) -> bool:
    """Whether what was done with these products (of a survey that was answered: with it) is what is awaited."""
    if awaited.happens == "survey":
        return awaited.survey is None or awaited.survey in things
    if awaited.teaches and not any(shelf.teaches(each) for each in things):
        return False
    return _about(awaited, things, shelf)


def leaves(journey: Journey, news: News) -> bool:
    """Whether whoever did this leaves the journey; a cart that was bought is not left behind."""
    return news.kind in journey.leave_when or (news.kind == "order" and journey.trigger.cart_abandoned is not None)
