"""What a customer's own page shows: orders, what may be running out, and what they agreed to; and changing the last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.consent_words import ConsentRead
from tsuide.app.deciding import Decider
from tsuide.app.demo import DEMO_GOODS
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, UnknownCustomer
from tsuide.facts.consent import CONSENTS
from tsuide.facts.schema import conform
from tsuide.kit.clock import from_micros
from tsuide.offers.customer import Due
from tsuide.offers.request import OfferRequest

CHOICES: Final = (("personalisation", "any"), ("marketing", "email"), ("marketing", "line"))
"""(purpose, channel) that a customer sets on their page."""
_MOST_DAYS: Final = 10  # days with purchases that are shown


@dataclass(frozen=True, slots=True)
class Purchases:
    """What was bought on one day, amounts paid in minor units: (product id, units, amount)."""

    day: datetime
    lines: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's own page.

    Args:
        name: as the shop has it; their id where it has none.
        about: attributes such as prefecture.
        purchases: the newest first.
        due: refills that learning expects by now, the surest first.
        granted: of `CHOICES`, what holds.
    """

    name: str
    about: Mapping[str, str]
    purchases: tuple[Purchases, ...]
    due: tuple[Due, ...]
    granted: frozenset[tuple[str, str]]


def account_of(shop: Shop, decider: Decider, customer_id: str) -> Account:
    """The page of one customer.

    Raises:
        UnknownCustomer: nobody has this id.
        NothingLearned: nothing has been learned yet.
    """
    known = shop.store.facts.customer(customer_id)
    customer_id = str(known["id"])
    view = decider.view(OfferRequest("account", customer_id=customer_id))
    days: dict[int, list[tuple[str, int, int]]] = {}
    for product, at, quantity, _, _, amount in shop.store.people.bought(customer_id):
        days.setdefault(at, []).append((product, quantity, amount))
    newest = sorted(days, reverse=True)[:_MOST_DAYS]
    held = {(grant.purpose, grant.channel) for grant in view.consents}
    return Account(
        str(known.get("name") or customer_id),
        {name: str(value) for name, value in json.loads(str(known.get("attributes") or "{}")).items()},
        tuple(Purchases(from_micros(at), tuple(days[at])) for at in newest),
        tuple(each for each in view.due if each.days >= each.interval),
        frozenset(each for each in CHOICES if each in held),
    )


def choose(
    shop: Shop,
    customer_id: str,
    granted: Sequence[tuple[str, str]],
    now: datetime,
    read: ConsentRead | None = None,
) -> None:
    """Write down what a customer agreed to on their page, and what not.

    Args:
        shop: whose.
        customer_id: who.
        granted: of `CHOICES`; the others are withdrawn.
        now: UTC.
        read: which words they had before them.

    Raises:
        BadValue: a purpose and channel that cannot be chosen there.
        UnknownCustomer: nobody has this id.
    """
    shop.store.facts.customer(customer_id)
    for each in granted:
        if each not in CHOICES:
            raise BadValue("cannot be chosen here", key="consent", value=each)
    words = {each: "" if read is None else read.evidence(".".join(each)) for each in CHOICES}
    rows = [
        {"customer_id": customer_id, "purpose": purpose, "channel": channel, "granted": (purpose, channel) in granted,
         "at": now, "source": "account page", "evidence": "form" + words[purpose, channel]}
        for purpose, channel in CHOICES
    ]  # fmt: skip
    shop.store.facts.write_consents(conform(pl.DataFrame(rows), CONSENTS))


def goods_of(shop: Shop) -> str:
    """Which demo's goods the shop sells: grocer or named; "" for somebody's own."""
    return shop.store.settings.get(DEMO_GOODS) or ""


def names_of(shop: Shop, customers: Sequence[str]) -> dict[str, str]:
    """Names of customers, for a list from which a visitor chooses whom to play."""
    found = {}
    for customer in customers:
        try:
            found[customer] = str(shop.store.facts.customer(customer).get("name") or "")
        except UnknownCustomer:
            found[customer] = ""
    return found
