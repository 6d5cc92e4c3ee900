"""What a walk through a journey asks of a shop and does in it."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from tsuide.app.applying import customer_with
from tsuide.app.contact_habits import KeptHabits
from tsuide.app.deciding import Decider
from tsuide.app.experiments import Trials
from tsuide.app.memberships import Memberships
from tsuide.app.policies import active_policy
from tsuide.app.tasks import owner_of, task_row
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotReady, UnknownCustomer
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.kit.clock import Clock, from_micros, to_micros, zone
from tsuide.kit.ids import Entropy, time_id
from tsuide.offers.request import OfferRequest
from tsuide.outreach.gate import OUTBOUND
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
_TIME_ZONE: Final = "time_zone"


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
        habits: knows when customers react; None = learns it by itself.
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
        habits: KeptHabits | None = None,
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
        self._habits = habits or KeptHabits(shop, clock, lambda who: self._memberships.of(who, None))

    def zone(self, customer_id: str) -> ZoneInfo:
        """The customer's own, where they named one; else the shop's."""
        named = self._attributes(customer_id).get(_TIME_ZONE)
        try:
            return zone(named or self._shop.settings.time_zone)
        except BadValue:
            return zone(self._shop.settings.time_zone)

    def best_hour(self, customer_id: str, weekday: int, channel: str) -> int:
        """The hour of that weekday at which the customer reacts most on a channel, shrunk to their segment's."""
        habits, segment = self._habits.now(), self._habits.segment_of(customer_id)
        if channel == "best":
            channel = next((each.channel for each in habits.rates(customer_id, segment, OUTBOUND)), "email")
        hours = habits.hours(customer_id, channel, segment)
        return hours[weekday].hour if hours else USUAL_HOUR

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

    def task(self, key: str, customer_id: str, what: Do, due: datetime, rule: str) -> None:
        """Written down once for each key, and not while the same rule's last one about them is open."""
        now = self._clock()
        rota = tuple(what.assign) if isinstance(what.assign, list) else ()
        owner = owner_of(self._shop, customer_id) if what.assign == "owner" else what.assign
        row = task_row(
            time_id("tsk", now, self._entropy()), key, what.title.model_dump(), due, now,
            customer_id=customer_id, note=None if what.note is None else what.note.model_dump(),
            assignee="" if isinstance(owner, list) else owner, source="journey", rule=rule,
        )  # fmt: skip
        self._shop.store.tasks.give(row, rota)

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

    def reactions(self, customer_id: str, how: str, since: datetime) -> int:
        """How often they opened or clicked our mails since then."""
        return self._shop.store.trails.reactions(customer_id, how, since, self._clock())

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
