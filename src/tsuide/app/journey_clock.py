"""Whom the clock brings into journeys: days of the year, birthdays, silence, refills, windows that open."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from tsuide.app.deciding import Decider
from tsuide.app.wiring import Shop
from tsuide.errors import NotReady
from tsuide.kit.clock import MICROS_PER_DAY, to_micros, zone
from tsuide.mining.replenishment import FittedReplenishment
from tsuide.outreach.journeys.journey import Journey, OnSilence, Trigger
from tsuide.outreach.journeys.news import Beginning

LOOK_EVERY: Final = timedelta(hours=1)
_AT_ONCE: Final = 5_000


def brought(shop: Shop, decider: Decider | None, journey: Journey, now: datetime) -> Iterator[Beginning]:
    """Who begins a journey now because of what time it is; the same again begins nothing, by its key."""
    match journey.trigger:
        case Trigger(date=day) if day is not None:
            today = now.astimezone(zone(shop.settings.time_zone)).date()
            if (today.month, today.day) == (day.month, day.day):
                for customer_id, _ in _everybody(shop):
                    yield Beginning(customer_id, f"{customer_id}/{today.year}", now, {"thing": today.isoformat()})
        case Trigger(birthday=birthday) if birthday is not None:
            yield from _birthdays(shop, birthday.before, now)
        case Trigger(day_of=day) if day is not None:
            yield from _named_days(shop, day.attribute, day.before, now)
        case Trigger(silence=silence) if silence is not None:
            yield from _silent(shop, silence, now)
        case Trigger(refill_due=refill) if refill is not None:
            yield from _refills(decider, refill.within, now)
        case Trigger(window_opens=window) if window is not None:
            yield from _windows(shop, decider, journey, now)


def _everybody(shop: Shop) -> Iterator[tuple[str, dict[str, Any]]]:
    after = ""
    while rows := shop.store.facts.customers_after(after, _AT_ONCE):
        for row in rows:
            yield str(row["id"]), json.loads(str(row["attributes"] or "{}"))
        after = str(rows[-1]["id"])


def _birthdays(shop: Shop, before: int, now: datetime) -> Iterator[Beginning]:
    local = zone(shop.settings.time_zone)
    wanted = (now.astimezone(local) + timedelta(days=before)).date()
    for customer_id, attributes in _everybody(shop):
        try:
            born = date.fromisoformat(str(attributes.get("birth_date", "")))
        except ValueError:
            continue
        if birthday_in(born, wanted.year) == wanted:
            yield Beginning(customer_id, f"{customer_id}/{wanted.year}", now, {"thing": wanted.isoformat()})


def _named_days(shop: Shop, attribute: str, before: int, now: datetime) -> Iterator[Beginning]:
    """Whose attribute names the day that comes so many days from today; what is no date names none."""
    wanted = (now.astimezone(zone(shop.settings.time_zone)) + timedelta(days=before)).date()
    for customer_id, attributes in _everybody(shop):
        try:
            named = date.fromisoformat(str(attributes.get(attribute, ""))[:10])
        except ValueError:
            continue
        if named == wanted:
            yield Beginning(customer_id, f"{customer_id}/{wanted.isoformat()}", now, {"thing": wanted.isoformat()})


def birthday_in(born: date, year: int) -> date:
    """The birthday of a year; who was born on a leap day has it on the last of February.

    >>> birthday_in(date(2000, 2, 29), 2026), birthday_in(date(2000, 5, 1), 2026)
    (datetime.date(2026, 2, 28), datetime.date(2026, 5, 1))
    """
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _silent(shop: Shop, silence: OnSilence, now: datetime) -> Iterator[Beginning]:
    told = _quiet(shop, silence.days, now)
    for customer_id in told if silence.of == "customer" else _quiet_accounts(shop, list(told)):
        yield Beginning(customer_id, customer_id, now, {"thing": "silence", "value.days": str(silence.days)})


def _quiet(shop: Shop, days: int, now: datetime) -> Iterator[str]:
    after, until = "", now - timedelta(days=days)
    while found := shop.store.trails.silent(until, after, _AT_ONCE):
        yield from found
        after = found[-1]


def _quiet_accounts(shop: Shop, quiet: Sequence[str]) -> list[str]:
    """Of the quiet those who stand below nobody, and below whom everybody is quiet, however deep."""
    above: dict[str, str | None] = dict(shop.store.facts.customers().select("id", "parent_id").iter_rows())
    heard: set[str] = set()
    for each in above.keys() - set(quiet):
        at: str | None = each
        while at is not None and at not in heard:
            heard.add(at)
            at = above.get(at)
    return [each for each in quiet if above.get(each) is None and each not in heard]


def _refills(decider: Decider | None, within: int, now: datetime) -> Iterator[Beginning]:
    """Of each customer the refill that is surest; once for each purchase that it refills."""
    learned = _part(decider, "replenishment")
    if not isinstance(learned, FittedReplenishment):
        return
    wanted = np.flatnonzero(learned.count > 0)
    found = learned.outlook(wanted, now + timedelta(days=within), 1)
    owner = np.repeat(np.arange(len(learned.customer_ids)), np.diff(learned.owned_start))[wanted]
    rows = np.flatnonzero(found.due & (found.since_days < found.typical_days + within + 1))
    rows = rows[np.argsort(-found.chance[rows], kind="stable")]
    _, first = np.unique(owner[rows], return_index=True)
    for row in rows[np.sort(first)].tolist():
        place = int(wanted[row])
        customer_id, product = learned.customer_ids[int(owner[row])], learned.item_ids[int(learned.item[place])]
        key = f"{customer_id}/{product}/{int(learned.last[place]) // MICROS_PER_DAY}"
        yield Beginning(customer_id, key, now, {"thing": product, "products": product})


def _windows(shop: Shop, decider: Decider | None, journey: Journey, now: datetime) -> Iterator[Beginning]:
    """What goes with what was bought so many days ago that its time comes today; nobody for what they own."""
    if decider is None or journey.trigger.window_opens is None:
        return
    try:
        loaded = decider.loaded
    except NotReady:
        return
    links, ids = loaded.state.complements, loaded.state.ids
    opening = np.flatnonzero(links.rows["opens"] > 0)
    if not len(opening):
        return
    anchors = np.repeat(np.arange(len(links.of) - 1), np.diff(links.of))[opening]
    opens = links.rows["opens"][opening]
    about = journey.trigger.window_opens
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    by_day: dict[int, dict[str, str]] = {}
    for anchor, item, days in zip(anchors.tolist(), links.rows["item"][opening].tolist(), opens.tolist(), strict=True):
        product = loaded.catalogue.product(ids[anchor])
        named = product is not None and (about.category is None or about.category in product.category)
        if named and about.product in {None, ids[anchor]}:
            by_day.setdefault(days, {}).setdefault(ids[anchor], ids[item])
    for days, goods in sorted(by_day.items()):
        start = today - timedelta(days=days)
        for customer_id, bought in shop.store.trails.bought_between(start, start + timedelta(days=1), [*goods]):
            item = goods[bought]
            if item not in {row[0] for row in shop.store.people.bought(customer_id)}:
                key = f"{customer_id}/{bought}/{to_micros(start) // MICROS_PER_DAY}"
                yield Beginning(customer_id, key, now, {"thing": bought, "products": item})


def _part(decider: Decider | None, name: str) -> Any:  # noqa: ANN401 - a learned part
    if decider is None:
        return None
    try:
        return decider.loaded.state.parts.get(name)
    except NotReady:
        return None
