"""What a shop has to sell by: its orders and products, what was learned, its policy, segments and journeys."""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from tsuide.app.doctor.finding import Finding
from tsuide.app.journeys import doubts_of, journey_of
from tsuide.app.loading import open_learned
from tsuide.app.policies import active_policy
from tsuide.app.segment_keeping import MOST_AT_ONCE
from tsuide.app.segments import names_of, standings
from tsuide.app.wiring import Shop
from tsuide.errors import BadCondition, NothingLearned
from tsuide.kit.clock import from_micros
from tsuide.mining.snapshot import Snapshot
from tsuide.outreach.segments.reading import read_condition

_OLD_DAYS: Final = 30
_STALE_DAYS: Final = 7  # where orders came since
_ENOUGH_ORDERS: Final = 200
_LATE: Final = timedelta(minutes=5)
_WORKER_LATE: Final = timedelta(minutes=15)  # longer than any lease


def facts(shop: Shop, now: datetime) -> list[Finding]:
    """Whether there are enough orders, of days that have been, and products that can be offered."""
    seen = shop.store.facts.overview()
    orders, newest = seen["orders"] or 0, seen["newest_order"]
    if orders == 0:
        findings = [Finding("orders", "bad", "orders_none")]
    else:
        lines = shop.store.facts.counts()["order_lines"]
        told = {"orders": f"{orders:,}", "lines": f"{lines:,}", "enough": str(_ENOUGH_ORDERS)}
        many = orders >= _ENOUGH_ORDERS
        findings = [Finding("orders", "good" if many else "mind", "orders" if many else "orders_few", told)]
    if newest is not None and from_micros(newest) > now + timedelta(days=1):
        findings.append(Finding("orders", "mind", "orders_ahead", {"at": f"{from_micros(newest):%Y-%m-%d}"}))
    return findings if orders == 0 else findings + _products(shop.store.facts.products())


def _products(products: pl.DataFrame) -> list[Finding]:
    if products.is_empty():
        return [Finding("products", "bad", "products_none")]
    sold = products.filter(pl.col("status") == "active")
    told = {"all": f"{len(products):,}", "sold": f"{len(sold):,}"}
    findings = [Finding("products", "good", "products", told)]
    for column, code in (("price", "products_priceless"), ("cost", "products_costless")):
        missing = sold[column].null_count()
        if missing:
            findings.append(Finding("products", "mind", code, told | {"count": f"{missing:,}"}))
    return findings


def snapshot(shop: Shop, now: datetime) -> list[Finding]:
    """Whether what was learned is whole, byte for byte, and not of long ago."""
    try:
        learned = open_learned(shop)
    except NothingLearned:
        return [Finding("snapshot", "bad", "snapshot_none")]
    damaged = [Finding("snapshot", "bad", "snapshot_damaged", {"text": each}) for each in learned.refused]
    return [*damaged, _age(shop, learned, now)]


def _age(shop: Shop, learned: Snapshot, now: datetime) -> Finding:
    at = datetime.fromisoformat(learned.meta["learned_at"])
    days = (now - at).days
    since = len(shop.store.facts.fresh_orders(int(learned.meta["sequence"]))) if days > _STALE_DAYS else 0
    if days > _OLD_DAYS or since:
        told = {"id": learned.id, "days": str(days), "orders": f"{since:,}"}
        return Finding("snapshot", "mind", "snapshot_old", told)
    return Finding("snapshot", "good", "snapshot", {"id": learned.id, "at": f"{at:%Y-%m-%d %H:%M}"})


def policy(shop: Shop, now: datetime) -> list[Finding]:
    """Whether an effect can be measured."""
    held = active_policy(shop, now)
    told = {"name": held.name, "version": held.version, "holdout": f"{held.holdout / 100:g}"}
    if held.holdout == 0:
        return [Finding("policy", "mind", "policy_no_holdout", told)]
    return [Finding("policy", "good", "policy", told)]


def segments(shop: Shop, now: datetime) -> list[Finding]:
    """Whether segments are kept current and name what there is; nothing is said where nobody defined any."""
    defined = standings(shop)
    if not defined:
        return []
    kept, names = shop.store.segments, names_of(shop)
    findings = []
    clock = kept.clock()
    late = clock["due_at"] is not None and from_micros(clock["due_at"]) < now - _LATE
    if late or clock["watching"] != kept.digest or len(kept.touches(MOST_AT_ONCE + 1)) > MOST_AT_ONCE:
        told = {"at": f"{from_micros(clock['checked_at']):%Y-%m-%d %H:%M}"}
        findings.append(Finding("segments", "mind", "segments_late", told))
    for each in defined:
        try:
            read_condition(each.segment.condition, names)
        except BadCondition as error:
            word = each.segment.condition[error.start : error.end]
            told = {"id": each.segment.id, "what": error.what, "word": word, "way": error.way_out or ""}
            findings.append(Finding("segments", "mind", "segment_wrong", told))
    return findings or [Finding("segments", "good", "segments", {"count": f"{len(defined):,}"})]


def journeys(shop: Shop, now: datetime) -> list[Finding]:
    """Whether somebody carries out the journeys that run; nothing is said where none does."""
    running = shop.store.journeys.running()
    if not running:
        return []
    due, count = shop.store.journeys.next_due(), f"{len(running):,}"
    if due is not None and from_micros(due) + _WORKER_LATE < now:
        told = {"count": count, "at": f"{from_micros(due):%Y-%m-%d %H:%M}"}
        return [Finding("journeys", "bad", "journeys_late", told)]
    made = [journey_of(row["text"]) for row in running]
    mails = sorted(
        journey.id for journey in made
        if any(step.message is not None and step.message.channel == "email" for step in journey.steps)
    )  # fmt: skip
    if mails and not shop.settings.mail_from:
        return [Finding("journeys", "bad", "journeys_mute", {"ids": ", ".join(mails)})]
    doubts = [each for journey in made for each in doubts_of(shop, journey)]
    if doubts:
        return [Finding("journeys", "mind", "journeys_doubt", {"doubts": "; ".join(doubts)})]
    return [Finding("journeys", "good", "journeys", {"count": count})]
