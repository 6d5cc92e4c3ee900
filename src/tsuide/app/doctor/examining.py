"""Every check, in the order in which one would mend what it finds."""

from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Final, TypeAlias

from tsuide.app.doctor import database, doors, shop
from tsuide.app.doctor.finding import Finding, of_error
from tsuide.app.doctor.machine import machine
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import TsuideError
from tsuide.store.inspection import revision_of
from tsuide.store.upgrade import head

_Check: TypeAlias = Callable[[Shop, datetime], list[Finding]]
# the name that an error of the check is told under
_CHECKS: Final[tuple[tuple[str, _Check], ...]] = (
    ("store", database.store),
    ("schema", database.schema),
    ("postgresql", database.postgresql),
    ("orders", shop.facts),
    ("snapshot", shop.snapshot),
    ("policy", shop.policy),
    ("keys", doors.keys),
    ("smtp", doors.smtp),
    ("mail", doors.mail),
    ("segments", shop.segments),
    ("journeys", shop.journeys),
    ("webhooks", doors.webhooks),
)


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Every finding; nothing is changed but a missing store made.

    A store of an earlier schema is not brought up to date: that it waits for it is what there is to say of it.
    """
    begun = perf_counter()
    findings = machine(settings, now)
    try:
        stands = revision_of(settings.url)
        if stands is not None and stands < head():
            return [*findings, Finding("schema", "bad", "schema_behind", {"revision": stands, "head": head()})]
        opened = open_shop(settings)
    except TsuideError as error:
        return [*findings, of_error("store", error)]
    try:
        return [*findings, *_of_shop(opened, now, begun)]
    finally:
        opened.close()


def _of_shop(opened: Shop, now: datetime, begun: float) -> list[Finding]:
    findings: list[Finding] = []
    try:
        findings += database.clocks(opened, now, perf_counter() - begun)
    except TsuideError as error:
        findings.append(of_error("clock", error))
    for name, check in _CHECKS:
        try:
            findings += check(opened, now)
        except TsuideError as error:
            findings.append(of_error(name, error))
    return findings
