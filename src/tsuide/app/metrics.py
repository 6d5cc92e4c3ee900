"""What a running server counts, for Prometheus.

With several workers each would tell only its own part, so `tsuide serve` lets them share their numbers through a folder
(PROMETHEUS_MULTIPROC_DIR, set before this module is imported): any worker then answers for all of them. Started in
another way, with that variable missing, a scrape tells the process that it met.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OWN: Final = CollectorRegistry()

requests: Final = Histogram(
    "tsuide_http_request_seconds",
    "Requests and how long they took, by route and status.",
    ("shop", "method", "route", "status"),
    buckets=_BUCKETS,
    registry=_OWN,
)
decisions: Final = Counter(
    "tsuide_decisions", "Decisions, by placement, arm and whether anything was offered.",
    ("shop", "placement", "arm", "offered"), registry=_OWN,
)  # fmt: skip
messages: Final = Counter(
    "tsuide_messages", "Messages of other systems: taken, known (sent again), quarantined, refused.",
    ("shop", "state"), registry=_OWN,
)  # fmt: skip
refused: Final = Counter(
    "tsuide_shed", "Requests that were refused at once because the process had no place for more.",
    ("lane",), registry=_OWN,
)  # fmt: skip
late: Final = Counter(
    "tsuide_late_decisions", "Decisions that were kept aside because the store did not take them in time.",
    registry=_OWN,
)  # fmt: skip
away: Final = Gauge(
    "tsuide_store_away", "Whether the store is away, as some process sees it: 1, or 0.",
    multiprocess_mode="livemax", registry=_OWN,
)  # fmt: skip
waiting: Final = Gauge(
    "tsuide_journal_waiting_rows", "Rows that wait for their commit.",
    ("shop", "grade"), multiprocess_mode="livesum", registry=_OWN,
)  # fmt: skip
snapshot_age: Final = Gauge(
    "tsuide_snapshot_age_seconds", "How long ago the snapshot was learned that decisions are made with.",
    ("shop",), multiprocess_mode="livemax", registry=_OWN,
)  # fmt: skip
sequence: Final = Gauge(
    "tsuide_fact_sequence", "The newest fact that decisions know of, in the worker that is furthest behind.",
    ("shop",), multiprocess_mode="livemin", registry=_OWN,
)  # fmt: skip


def answered(shop: str, method: str, route: str, status: int, seconds: float) -> None:
    """One request was answered; `shop` is "" for the first, or only, one."""
    _request_series(shop, method if method in _METHODS else "OTHER", route, status).observe(seconds)


def decided(shop: str, placement: str, arm: str, offers: int) -> None:
    """One decision was made."""
    _decision_series(shop, placement, arm, "yes" if offers else "no").inc()


@lru_cache(maxsize=4_096)
def _request_series(shop: str, method: str, route: str, status: int) -> Histogram:
    """Looked up once: to find a series by its labels takes as long as to count in it."""
    return requests.labels(shop, method, route, str(status))


@lru_cache(maxsize=4_096)
def _decision_series(shop: str, placement: str, arm: str, offered: str) -> Counter:
    return decisions.labels(shop, placement, arm, offered)


def took(shop: str, taken: int, known: int, quarantined: int, refused: int = 0) -> None:
    """A request's messages were dealt with."""
    for state, count in (("taken", taken), ("known", known), ("quarantined", quarantined), ("refused", refused)):
        if count:
            messages.labels(shop, state).inc(count)


def shed(lane: str) -> None:
    """One request found no place."""
    refused.labels(lane).inc()


def kept_late(decisions: int) -> None:
    """So many decisions wait for the store."""
    late.inc(decisions)


def store_away(is_away: int) -> None:
    """The store went away (1), or came back (0)."""
    away.set(is_away)


def observe(
    shop: str, journal: Sequence[tuple[str, int]], learned_at: datetime | None, newest: int, now: datetime
) -> None:
    """How things stand in this process now."""
    for grade, rows in journal:
        waiting.labels(shop, grade).set(rows)
    if learned_at is not None:
        snapshot_age.labels(shop).set(max((now - learned_at).total_seconds(), 0.0))
    sequence.labels(shop).set(newest)


def text(shop: str = "") -> bytes:
    """The figures in Prometheus' text format: of every worker where they share a folder.

    Args:
        shop: of one of several shops only its own; "" = all of them.
    """
    registry = _OWN
    if os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it ships no types
    return generate_latest(_OneShop(registry, shop) if shop else registry)


class _OneShop:
    """Collects the series of one shop."""

    def __init__(self, registry: CollectorRegistry, shop: str) -> None:
        self._registry = registry
        self._shop = shop

    def collect(self) -> Iterator[Metric]:
        """Each family with what is this shop's."""
        for family in self._registry.collect():
            family.samples = [each for each in family.samples if each.labels.get("shop") == self._shop]
            yield family


def forget_process() -> None:
    """This process ends: what it alone holds (rows that wait) counts no longer."""
    if os.environ.get(FOLDER):
        mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]  # as above
