"""When and on which channel customers react, learned from a year of the ledger; learned anew once a day."""

import json
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.facts.consent import Channel
from tsuide.kit.clock import Clock, zone
from tsuide.mining.contact_channel import ContactChannel, ContactChannels, Rate
from tsuide.mining.contact_time import ContactTime, ContactTimes, Hour
from tsuide.offers.local_time import ATTRIBUTE as TIME_ZONE
from tsuide.outreach.segments.sheets import CUSTOMER

CONTACTED: Final[frozenset[Channel]] = frozenset({"email", "line", "sms", "phone", "app", "post", "rep"})
"""Channels of outreach; what is shown on a page that somebody came to says nothing of hours and channels."""
LOOKED_BACK: Final = timedelta(days=365)
_EVERY: Final = timedelta(days=1)
_ENOUGH: Final = 30  # customers of a segment who were contacted: of fewer nothing is learned for their segment
_PAGE: Final = 5_000
_USUAL: Final = "email"


@dataclass(frozen=True, slots=True)
class Habits:
    """What was learned.

    Args:
        times: at which hours; None where nobody was ever contacted.
        channels: through which.
        segments: ids of the segments that were learned of, the narrowest first: of several a customer's is the first.
    """

    times: ContactTimes | None = None
    channels: ContactChannels | None = None
    segments: tuple[str, ...] = ()

    def segment_of(self, named: Collection[str]) -> str:
        """The segment that stands above a customer who is in these; "" = everybody does.

        >>> Habits(segments=("vip", "tokyo")).segment_of({"tokyo", "vip", "new"})
        'vip'
        """
        return next((each for each in self.segments if each in named), "")

    def rates(self, customer_id: str, segment: str, among: Collection[str] | None = None) -> tuple[Rate, ...]:
        """What their channels are worth, the best first; nothing where nobody was ever contacted."""
        return () if self.channels is None else self.channels.rates(customer_id, segment, among)

    def contacts(self, customer_id: str, channel: str) -> int:
        """How often this very customer was contacted on a channel, as far as was learned."""
        return 0 if self.times is None else self.times.contacts(customer_id, channel)

    def hours(self, customer_id: str, channel: str, segment: str) -> tuple[Hour, ...]:
        """Their best hour of each weekday, Monday first; of a channel that nobody was contacted on, that of mail.

        Nothing where nothing is known of mail either.
        """
        if self.times is None:
            return ()
        for each in (channel, _USUAL):
            try:
                return self.times.by_weekday(customer_id, each, segment=segment)
            except BadValue:  # nobody was contacted there
                continue
        return ()


def learn_habits(shop: Shop, now: datetime) -> Habits:
    """What a year of the ledger says of hours and channels.

    Raises:
        Unavailable: the store does not answer.
    """
    contacts = shop.store.reactions.of_contacts(now - LOOKED_BACK, now, CONTACTED)
    if contacts.is_empty():
        return Habits()
    customers = contacts["customer"].unique().sort().to_list()
    segments, of = _segments(shop, frozenset(customers))
    zones = _zones(shop, customers)
    contacts = contacts.with_columns(pl.col("customer").replace_strict(zones, default=None).alias("zone"))
    times = ContactTime(zone=shop.settings.time_zone).fit(contacts, of)
    return Habits(times, ContactChannel().fit(contacts, of), segments)


def _segments(shop: Shop, customers: frozenset[str]) -> tuple[tuple[str, ...], pl.DataFrame]:
    """The shop's segments, the narrowest first, and whose segment is which (customer, segment)."""
    rows = sorted(shop.store.segments.all(), key=lambda row: (row["size"] or 0, row["id"]))
    used: list[str] = []
    of: dict[str, str] = {}
    for row in rows:
        members = _members(shop, row["no"]) & customers
        if len(members) >= _ENOUGH and len(members) < len(customers):  # one that holds everybody says nothing
            used.append(row["id"])
            for each in members:
                of.setdefault(each, row["id"])
    table = {"customer": list(of), "segment": list(of.values())}
    return tuple(used), pl.DataFrame(table, schema={"customer": pl.String, "segment": pl.String})


def _members(shop: Shop, segment_no: int) -> frozenset[str]:
    found: set[str] = set()
    after = ""
    while rows := shop.store.segments.members(segment_no, _PAGE, after):
        found |= {row["customer_id"] for row in rows if row["customer_id"] is not None}
        after = rows[-1]["subject"]
    return frozenset(found)


def _zones(shop: Shop, customers: list[str]) -> dict[str, str]:
    """Customer → the time zone that they named, where it is one."""
    found = {}
    for who, text in shop.store.trails.attributes(customers).items():
        named = str(json.loads(text).get(TIME_ZONE) or "") if TIME_ZONE in text else ""
        if named and _is_zone(named):
            found[who] = named
    return found


def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except BadValue:
        return False
    return True


class KeptHabits:
    """Habits of one process, learned anew once a day. May be used by several threads.

    Args:
        shop: whose.
        clock: this moment, UTC.
        named: customer → ids of the segments that they are in now; None = as the store says.
    """

    def __init__(self, shop: Shop, clock: Clock, named: Callable[[str], Collection[str]] | None = None) -> None:
        self._shop = shop
        self._clock = clock
        self._named = named or (lambda customer_id: shop.store.segments.named(CUSTOMER + customer_id))
        self._turn = threading.Lock()
        self._kept: tuple[datetime, Habits] | None = None

    def now(self) -> Habits:
        """What is known today.

        Raises:
            Unavailable: the store does not answer.
        """
        with self._turn:
            now = self._clock()
            if self._kept is None or not timedelta() <= now - self._kept[0] < _EVERY:
                self._kept = (now, learn_habits(self._shop, now))
            return self._kept[1]

    def segment_of(self, customer_id: str) -> str:
        """The segment that stands above a customer now; "" = everybody does."""
        habits = self.now()
        return habits.segment_of(self._named(customer_id)) if habits.segments else ""

    def told(self, customer_id: str) -> dict[str, Any]:
        """A customer's best hours by weekday and their channels, as JSON.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        self._shop.store.facts.customer(customer_id)
        habits, segment = self.now(), self.segment_of(customer_id)
        rates = habits.rates(customer_id, segment)
        attributes = json.loads(self._shop.store.trails.attributes([customer_id]).get(customer_id, "{}"))
        named = str(attributes.get(TIME_ZONE) or "")
        return {
            "customer": customer_id,
            "segment": segment or None,
            "time_zone": named if named and _is_zone(named) else self._shop.settings.time_zone,
            "channels": [
                {
                    "channel": each.channel, **_interval(each), "contacts": each.contacts, "reactions": each.reactions,
                    "hours": [
                        {"weekday": hour.weekday, "hour": hour.hour, **_interval(hour), "contacts": hour.contacts}
                        for hour in habits.hours(customer_id, each.channel, segment)
                    ],
                }
                for each in rates
            ],
        }  # fmt: skip


_DIGITS: Final = 4


def _interval(found: Rate | Hour) -> dict[str, float]:
    return {name: round(getattr(found, name), _DIGITS) for name in ("probability", "low", "high")}
