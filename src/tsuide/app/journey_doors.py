"""What a walk through a journey asks of a shop and does in it."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl

from tsuide.app.applying import customer_with
from tsuide.app.deciding import Clock, Decider, Entropy
from tsuide.app.experiments import Trials
from tsuide.app.memberships import Memberships
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotReady, TsuideError, UnknownCustomer
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.kit.clock import from_micros, to_micros, zone
from tsuide.kit.ids import time_id
from tsuide.mining.contact_time import ContactTime, ContactTimes
from tsuide.offers.request import OfferRequest
from tsuide.outreach.journeys.journey import Await, Call, Do, Update
from tsuide.outreach.journeys.news import meant
from tsuide.outreach.journeys.walk import Enrolment
from tsuide.outreach.message import Message, Sending

Send: TypeAlias = Callable[[Message], Sending]
Offered: TypeAlias = Callable[[str, str, str], bool]
"""(customer, channel, key) → whether there is something to offer."""
Posted: TypeAlias = Callable[[str, str, str, datetime], Literal["taken", "again", "refused"]]
"""(address, body as JSON, key, now) → what the other system said."""
USUAL_HOUR: Final = 10
_LOOKED_BACK: Final = timedelta(days=365)
_TIME_ZONE: Final = "time_zone"
_DAY: Final = timedelta(days=1)
_REACTIONS: Final = frozenset({"clicked", "accepted", "purchased"})


class ShopDoors:
    """The doors of one shop; of one worker.

    Args:
        shop: whose.
        clock: this moment, UTC.
        entropy: 64 random bits.
        send: sends a message, or says where it stands.
        offered: whether there is something to offer.
        posted: tells another system.
        decider: knows segments and what was learned; None = nothing was ever learned.
    """

    def __init__(
        self,
        shop: Shop,
        clock: Clock,
        entropy: Entropy,
        *,
        send: Send,
        offered: Offered,
        posted: Posted,
        decider: Decider | None = None,
    ) -> None:
        self._shop = shop
        self._clock = clock
        self._entropy = entropy
        self._send = send
        self._offered = offered
        self._posted = posted
        self._decider = decider
        self._trials = Trials(shop)
        self._memberships = Memberships(shop.store)
        self._known: dict[str, dict[str, str]] = {}
        self._hours: tuple[datetime, ContactTimes | None] | None = None

    def zone(self, customer_id: str) -> ZoneInfo:
        """The customer's own, where they named one; else the shop's."""
        named = self._attributes(customer_id).get(_TIME_ZONE)
        try:
            return zone(named or self._shop.settings.time_zone)
        except BadValue:
            return zone(self._shop.settings.time_zone)

    def best_hour(self, customer_id: str, weekday: int) -> int:
        """The hour of that weekday at which the customer reacts most to mail, shrunk to everybody's."""
        learned = self._contact_times()
        if learned is None:
            return USUAL_HOUR
        try:
            return learned.best(customer_id, "email", weekday=weekday).hour
        except BadValue:  # nobody was ever mailed
            return USUAL_HOUR

    def in_segment(self, segment: str, customer_id: str) -> bool:
        """Whether they are in a segment of the shop; of one that nobody defined, by their attribute or by learning."""
        if segment in self._memberships.defined:
            return segment in self._memberships.of(customer_id, None)
        told = self._attributes(customer_id).get("segments", "")
        return segment in {each.strip() for each in told.split(",")} or segment in self._learned(customer_id)

    def _learned(self, customer_id: str) -> tuple[str, ...]:
        """Segments that only learning tells (whom offers move)."""
        if self._decider is None:
            return ()
        try:
            return self._decider.view(OfferRequest("email", customer_id=customer_id)).segments
        except NotReady:
            return ()

    def arm(self, experiment: str, customer_id: str) -> str | None:
        """The arm of a running experiment; the standing holdout is in none."""
        self._trials.refresh()
        policy = active_policy(self._shop, self._clock())
        drawn, _ = self._trials.of(OfferRequest("email", customer_id=customer_id), policy)
        return dict(drawn.arms).get(experiment)

    def has_offer(self, customer_id: str, channel: str, key: str) -> bool:
        """Whether `decide` finds something now."""
        return self._offered(customer_id, channel, key)

    def happened(self, customer_id: str, awaited: Await, since: datetime) -> bool:
        """Whether facts say that they did it since then."""
        done = self._shop.store.trails.did(customer_id, awaited.happens, since)
        return any(meant(awaited, () if product is None else (product,), self) for product, _ in done)

    def send(self, message: Message) -> Sending:
        """Through the one gate there is."""
        return self._send(message)

    def task(self, key: str, customer_id: str, what: Do, due: datetime) -> None:
        """Written down once for each key."""
        now = self._clock()
        assignee = what.assign
        if assignee == "owner":
            assignee = self._attributes(customer_id).get("owner", "")
        note = None if what.note is None else json.dumps(what.note.model_dump(), ensure_ascii=False)
        self._shop.store.journeys.give(
            {
                "id": time_id("tsk", now, self._entropy()),
                "key": key,
                "customer_id": customer_id,
                "source": "journey",
                "title": json.dumps(what.title.model_dump(), ensure_ascii=False),
                "note": note,
                "assignee": assignee,
                "state": "open",
                "due_at": to_micros(due),
                "made_at": to_micros(now),
                "changed_at": to_micros(now),
                "reason": None,
            }
        )

    def call(self, key: str, what: Call, enrolment: Enrolment) -> Literal["taken", "again", "refused"]:
        """A POST of what the journey knows."""
        body = {
            "event": what.name, "key": key, "customer_id": enrolment.customer_id, "step": enrolment.step,
            "context": {k: v for k, v in enrolment.context.items() if k != "entered"},
        }  # fmt: skip
        return self._posted(what.url, json.dumps(body, ensure_ascii=False), key, self._clock())

    def update(self, customer_id: str, what: Update) -> None:
        """Laid over the customer's attributes; nothing where they are gone."""
        try:
            self._shop.store.facts.customer(customer_id)
        except UnknownCustomer:
            return
        told = Customer(customer_id, attributes={what.attribute: what.value})
        changed = customer_with(self._shop, told, self._clock())
        self._shop.store.facts.write_customers(frame_of([changed], CUSTOMERS))
        self._known.pop(customer_id, None)

    # --- what triggers ask ---------------------------------------------------------------------------------------

    def names(self, product_id: str) -> frozenset[str]:
        """A product's categories, at every level."""
        product = self._product(product_id)
        return frozenset() if product is None else frozenset(product["category"] or ())

    def teaches(self, product_id: str) -> bool:
        """Whether it is content."""
        product = self._product(product_id)
        return product is not None and product["kind"] == "content"

    def watchers(self, product_id: str, since: datetime) -> Sequence[str]:
        """Who looked at it since then and did not buy it."""
        return self._shop.store.trails.watchers(product_id, since, self._clock())

    def visits(self, customer_id: str, product_id: str, since: datetime) -> int:
        """On how many days since then an owner of something of its narrowest category came back to that category."""
        product = self._product(product_id)
        if product is None or not product["category"]:
            return 0
        leaf, local = product["category"][-1], zone(self._shop.settings.time_zone)
        now = to_micros(self._clock())
        bought = {row[0] for row in self._shop.store.people.bought(customer_id) if row[1] <= now}
        if not any(leaf in self.names(each) for each in bought):
            return 0
        seen = self._shop.store.trails.did(customer_id, "view", since)
        days = {
            from_micros(at).astimezone(local).date()
            for each, at in seen
            if each is not None and at <= now and leaf in self.names(each)
        }
        return len(days)

    def _product(self, product_id: str) -> dict[str, Any] | None:
        rows = self._shop.store.facts.products_of([product_id])
        return None if rows.is_empty() else rows.row(0, named=True)

    def _attributes(self, customer_id: str) -> dict[str, str]:
        kept = self._known.get(customer_id)
        if kept is None:
            self.know([customer_id])
            kept = self._known[customer_id]
        return kept

    def know(self, customer_ids: Sequence[str]) -> None:
        """Read these customers anew, and forget all others: a worker says so before each batch."""
        self._memberships.refresh()
        found = self._shop.store.trails.attributes(customer_ids)
        self._known = {
            each: {str(k): str(v) for k, v in json.loads(found.get(each, "{}")).items()} for each in customer_ids
        }

    def _contact_times(self) -> ContactTimes | None:
        """Learned from the ledger once a day."""
        now = self._clock()
        if self._hours is None or now - self._hours[0] >= _DAY:
            self._hours = (now, contact_times(self._shop, now))
        return self._hours[1]


def contact_times(shop: Shop, now: datetime) -> ContactTimes | None:
    """At which hours customers react to what they are sent, from a year of the ledger; None where nothing was sent."""
    shown: dict[str, tuple[str, str, int]] = {}
    reacted: set[str] = set()
    for row in shop.store.outcomes.between(now - _LOOKED_BACK, now):
        offer = row["offer_id"] or row["id"]
        if row["outcome"] in _REACTIONS:
            reacted.add(offer)
        elif row["outcome"] == "shown" and row["channel"] == "email" and row["customer_id"] is not None:
            shown.setdefault(offer, (row["customer_id"], row["channel"], row["at"]))
    if not shown:
        return None
    rows = [(who, channel, from_micros(at), offer in reacted) for offer, (who, channel, at) in shown.items()]
    frame = pl.DataFrame(rows, schema=["customer", "channel", "at", "reacted"], orient="row")
    try:
        return ContactTime(zone=shop.settings.time_zone).fit(frame)
    except TsuideError:
        return None
