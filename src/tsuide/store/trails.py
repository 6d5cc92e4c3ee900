"""The port of what customers did, as journeys ask for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from tsuide.facts.behaviour import EVENT_KINDS
from tsuide.kit.clock import to_micros
from tsuide.store.arrivals import same_person
from tsuide.store.engines import reading
from tsuide.store.feedback import feedback
from tsuide.store.glance import Glance
from tsuide.store.interactions import REACHED, interaction
from tsuide.store.journey_news import named, with_products
from tsuide.store.outbox_tables import outbound_event
from tsuide.store.rows import Found, found
from tsuide.store.schema import customer, event, order_line, orders, outcome, product_number, review
from tsuide.store.segment_tables import segment, segment_event
from tsuide.store.selling import price_point
from tsuide.store.surveys import survey_answer

_AT_ONCE: Final = 500  # ids of one query


_REACTIONS: Final = sa.select(
    sa.literal("reaction").label("kind"), outbound_event.c.id.label("thing"), outbound_event.c.at,
    outbound_event.c.customer_id, sa.null().label("anonymous_id"), sa.null().label("product_id"),
    sa.null().label("cart_id"), sa.null().label("number"), outbound_event.c.kind.label("word"),
    sa.null().label("properties"),
).where(
    outbound_event.c.at >= sa.bindparam("low"), outbound_event.c.at < sa.bindparam("high"),
    outbound_event.c.customer_id.is_not(None), outbound_event.c.kind.in_(("open", "click")),
)  # fmt: skip
"""Mails that were opened or clicked, of who agreed to be measured."""

_LATER: Final = sa.select(
    sa.literal("said_later").label("kind"), outcome.c.id.label("thing"), outcome.c.at, outcome.c.customer_id,
    outcome.c.anonymous_id, outcome.c.product_id, sa.null().label("cart_id"), sa.null().label("number"),
    sa.null().label("properties"),
).where(
    outcome.c.at >= sa.bindparam("low"), outcome.c.at < sa.bindparam("high"), outcome.c.outcome == "later"
)  # fmt: skip
"""Who said "not now" to an offer, and later."""

_MOVES: Final = (
    sa.select(
        sa.literal("segment").label("kind"), segment.c.id.label("thing"), segment_event.c.at,
        segment_event.c.customer_id,
        sa.null().label("anonymous_id"), sa.null().label("product_id"), sa.null().label("cart_id"),
        sa.null().label("number"), sa.case((segment_event.c.entered == 1, "entered"), else_="left").label("word"),
        sa.null().label("properties"),
    )
    .join(segment, segment.c.no == segment_event.c.segment_no)
    .where(
        segment_event.c.at >= sa.bindparam("low"), segment_event.c.at < sa.bindparam("high"),
        segment_event.c.customer_id.is_not(None), segment_event.c.cause != "defined",
    )
)  # fmt: skip
"""Who entered or left a segment, by its history."""


_ANSWERS: Final = sa.select(
    sa.literal("survey").label("kind"), survey_answer.c.survey_id.label("thing"), survey_answer.c.at,
    survey_answer.c.customer_id,
    sa.null().label("anonymous_id"), sa.null().label("product_id"), sa.null().label("cart_id"),
    survey_answer.c.score.label("number"), survey_answer.c.answers.label("properties"),
).where(
    survey_answer.c.at >= sa.bindparam("low"), survey_answer.c.at < sa.bindparam("high"),
    survey_answer.c.customer_id.is_not(None),
)  # fmt: skip
"""Who answered a survey, and what."""


def _falls() -> sa.Select[Any]:
    """Prices that fell, in percent of what was asked before; what a promotion takes off is no new price."""
    p = price_point.c
    before = sa.func.lag(p.price).over(partition_by=p.product_id, order_by=p.at).label("before")
    points = (
        sa.select(p.product_id, p.at, p.price, before)
        .where(p.price.is_not(None), sa.func.coalesce(p.source, "") != "promotion")
        .subquery()
    )
    point = points.c
    return sa.select(
        sa.literal("price").label("kind"), point.product_id.label("thing"), point.at, sa.null().label("customer_id"),
        sa.null().label("anonymous_id"), point.product_id, sa.null().label("cart_id"),
        ((point.before - point.price) * 100 // point.before).label("number"), sa.null().label("properties"),
    ).where(
        point.at >= sa.bindparam("low"), point.at < sa.bindparam("high"), point.before > 0, point.price < point.before
    )  # fmt: skip


_FALLS: Final = _falls()


@dataclass(frozen=True, slots=True)
class Trails:
    """What journeys ask of what customers did. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine
    glance: Glance

    def watchers(self, product_id: str, since: datetime, until: datetime, n: int = 10_000) -> list[str]:
        """Customers who viewed a product or put it into a cart in that time, and did not buy it then."""
        e = event.c
        interest = sa.and_(
            e.product_id == product_id, e.at.between(to_micros(since), to_micros(until)), e.kind.in_(_INTEREST)
        )
        own = sa.select(e.customer_id).where(interest, e.customer_id.is_not(None))
        visitors = (
            sa.select(same_person.c.customer_id)
            .join(event, e.anonymous_id == same_person.c.anonymous_id)
            .where(interest, e.customer_id.is_(None))
        )
        bought = (
            sa.select(orders.c.customer_id)
            .join(order_line, order_line.c.order_no == orders.c.no)
            .join(product_number, product_number.c.no == order_line.c.product_no)
            .where(
                product_number.c.id == product_id,
                orders.c.placed_at.between(to_micros(since), to_micros(until)),
                orders.c.customer_id.is_not(None),
            )
        )
        both = sa.union(own, visitors).subquery()
        query = sa.select(both.c.customer_id).where(both.c.customer_id.not_in(bought)).order_by(both.c.customer_id)
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(query.limit(n)).scalars()]

    def reactions(self, customer_id: str, how: str, since: datetime, until: datetime) -> int:
        """How often a customer opened or clicked our mails in that time."""
        e = outbound_event.c
        query = sa.select(sa.func.count()).where(
            e.customer_id == customer_id, e.kind == how, e.at.between(to_micros(since), to_micros(until))
        )
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())

    def did(self, customer_id: str, kind: str, since: datetime) -> list[tuple[str | None, int]]:
        """(product, when) of each time that a customer did something since then.

        Of an order each of its products; of a survey that was answered its name in the product's place.
        """
        given = {"customer": customer_id, "kind": kind, "since": to_micros(since)}
        (rows,) = self.glance.rows((_done(kind if kind in _FACTS else "event"), given))
        return [(row[0], row[1]) for row in rows]

    def news_between(self, start: datetime, end: datetime, kinds: Iterable[str]) -> list[Found]:
        """What journeys would have heard in [start, end), oldest first, as `hear` tells it; nothing of stock.

        Of segments what their history tells, of prices what theirs does: what nobody noted then is not known.
        """
        low, high, wanted = to_micros(start), to_micros(end), {*kinds}
        parts = []
        acts = sorted(wanted & {*EVENT_KINDS})
        if acts:
            parts.append(
                sa.select(
                    event.c.kind.label("kind"), event.c.id.label("thing"), event.c.at.label("at"), event.c.customer_id,
                    event.c.anonymous_id, event.c.product_id, event.c.cart_id, event.c.quantity.label("number"),
                    event.c.properties,
                ).where(event.c.at >= low, event.c.at < high, event.c.kind.in_(acts))
            )  # fmt: skip
        for kind, table, at, number, product_id in (
            ("order", orders, orders.c.placed_at, sa.null(), sa.null()),
            ("review", review, review.c.at, review.c.rating, review.c.product_id),
            ("score", feedback, feedback.c.at, feedback.c.score, sa.null()),
            ("complaint", feedback, feedback.c.at, sa.null(), sa.null()),
        ):
            if kind not in wanted:
                continue
            query = sa.select(
                sa.literal(kind).label("kind"), table.c.id.label("thing"), at.label("at"), table.c.customer_id,
                sa.null().label("anonymous_id"), product_id.label("product_id"), sa.null().label("cart_id"),
                number.label("number"), sa.null().label("properties"),
            ).where(at >= low, at < high, table.c.customer_id.is_not(None))  # fmt: skip
            if table is feedback:
                query = query.where(feedback.c.kind == kind)
            if table is orders:
                query = query.where(orders.c.status == "placed")
            parts.append(query)
        parts += [_LATER] if "said_later" in wanted else []
        parts += [_REACTIONS] if "reaction" in wanted else []
        parts += [_MOVES] if "segment" in wanted else []
        parts += [_FALLS] if "price" in wanted else []
        parts += [_ANSWERS] if "survey" in wanted else []
        with reading(self.engine) as connection:
            rows = [row for part in parts for row in found(connection, part, {"low": low, "high": high})]
            told = [{"word": None, **row} for row in named(connection, with_products(connection, rows))]
        return sorted(told, key=lambda row: (row["at"], row["thing"]))

    def attributes(self, customer_ids: Sequence[str]) -> dict[str, str]:
        """Customer → their attributes as JSON; nobody whom the store does not know."""
        told: dict[str, str] = {}
        with reading(self.engine) as connection:
            for first in range(0, len(customer_ids), _AT_ONCE):
                part = [*customer_ids[first : first + _AT_ONCE]]
                query = sa.select(customer.c.id, customer.c.attributes).where(customer.c.id.in_(part))
                told |= {str(row[0]): str(row[1] or "{}") for row in connection.execute(query)}
        return told

    def in_cart(self, customer_id: str, cart_id: str | None, since: datetime, until: datetime) -> list[str]:
        """What lies in a customer's cart, by what they put in and took out in that time; the last put in first."""
        visitors = sa.select(same_person.c.anonymous_id).where(same_person.c.customer_id == customer_id)
        theirs = sa.or_(event.c.customer_id == customer_id, event.c.anonymous_id.in_(visitors))
        query = (
            sa.select(event.c.kind, event.c.product_id, event.c.quantity, event.c.cart_id)
            .where(
                theirs,
                event.c.at >= to_micros(since),
                event.c.at <= to_micros(until),
                event.c.kind.in_(("add", "remove")),
                event.c.product_id.is_not(None),
            )
            .order_by(event.c.at, event.c.id)
        )
        units: dict[str, int] = {}
        with reading(self.engine) as connection:
            for kind, product, quantity, cart in connection.execute(query):
                if cart_id is not None and cart is not None and cart != cart_id:
                    continue
                left = units.pop(product, 0) + (quantity or 1) * (1 if kind == "add" else -1)
                units[product] = max(left, 0)
        return [product for product, count in units.items() if count > 0][::-1]

    def bought_between(self, start: datetime, end: datetime, products: Sequence[str]) -> list[tuple[str, str]]:
        """(customer, product) of orders placed in [start, end) with one of these products, not as a gift."""
        wanted, bought = set(products), []
        query = (
            sa.select(orders.c.customer_id, product_number.c.id)
            .join(order_line, order_line.c.order_no == orders.c.no)
            .join(product_number, product_number.c.no == order_line.c.product_no)
            .where(
                orders.c.placed_at >= to_micros(start),
                orders.c.placed_at < to_micros(end),
                orders.c.status == "placed",
                orders.c.customer_id.is_not(None),
                order_line.c.gift == 0,
            )
            .order_by(orders.c.customer_id, product_number.c.id)
        )
        with reading(self.engine) as connection:
            for customer_id, product in connection.execute(query):
                if product in wanted:
                    bought.append((str(customer_id), str(product)))
        return bought

    def silent(self, until: datetime, after: str, n: int) -> list[str]:
        """Customers known before `until` with whom nothing happened since: no order, act, contact, talk or word."""
        at = to_micros(until)
        kept = outcome.c.channel.in_(_OUTREACH)
        query = (
            sa.select(customer.c.id)
            .where(
                customer.c.id > after,
                sa.or_(customer.c.created_at.is_(None), customer.c.created_at < at),
                ~sa.exists().where(orders.c.customer_id == customer.c.id, orders.c.placed_at >= at),
                ~sa.exists().where(event.c.customer_id == customer.c.id, event.c.at >= at),
                ~sa.exists().where(outcome.c.customer_id == customer.c.id, outcome.c.at >= at, kept),
                ~sa.exists().where(feedback.c.customer_id == customer.c.id, feedback.c.at >= at),
                ~sa.exists().where(survey_answer.c.customer_id == customer.c.id, survey_answer.c.at >= at),
                ~sa.exists().where(interaction.c.customer_id == customer.c.id, interaction.c.at >= at, REACHED),
            )
            .order_by(customer.c.id)
            .limit(n)
        )
        with reading(self.engine) as connection:
            return [str(each) for each in connection.execute(query).scalars()]


_FACTS: Final = frozenset({"order", "review", "score", "complaint", "survey"})
_INTEREST: Final = ("view", "add", "wishlist")
_OUTREACH: Final = ("email", "line", "sms", "phone", "post", "rep")


@cache
def _done(fact: str) -> sa.Select[Any]:
    """(product, when) of what one customer did since a moment: of orders, reviews, words of theirs, or events."""
    who, kind = sa.bindparam("customer", type_=sa.Text), sa.bindparam("kind", type_=sa.Text)
    since = sa.bindparam("since", type_=sa.BigInteger)
    if fact == "order":
        return (
            sa.select(product_number.c.id, orders.c.placed_at)
            .join(order_line, order_line.c.order_no == orders.c.no)
            .join(product_number, product_number.c.no == order_line.c.product_no)
            .where(orders.c.customer_id == who, orders.c.placed_at >= since, orders.c.status == "placed")
        )
    if fact == "review":
        return sa.select(review.c.product_id, review.c.at).where(review.c.customer_id == who, review.c.at >= since)
    if fact == "survey":
        a = survey_answer.c
        return sa.select(a.survey_id, a.at).where(a.customer_id == who, a.at >= since)
    if fact in {"score", "complaint"}:
        f = feedback.c
        return sa.select(sa.null(), f.at).where(f.customer_id == who, f.kind == kind, f.at >= since)
    visitors = sa.select(same_person.c.anonymous_id).where(same_person.c.customer_id == who)
    theirs = sa.or_(event.c.customer_id == who, event.c.anonymous_id.in_(visitors))
    return sa.select(event.c.product_id, event.c.at).where(theirs, event.c.kind == kind, event.c.at >= since)
