"""The database: its version, whether it is whole, its schema and indexes against the code's, its settings and clock."""

from datetime import datetime, timedelta
from typing import Final

from tsuide.app.doctor.finding import Finding
from tsuide.app.wiring import Shop
from tsuide.store.inspection import (
    PER_PROCESS,
    ServerState,
    database_clock,
    drift,
    examination,
    newest_trace,
    server_state,
)
from tsuide.store.schema import metadata
from tsuide.store.upgrade import head

_APART: Final = timedelta(seconds=5)
_AHEAD: Final = timedelta(minutes=5)
_OLDEST: Final = 14_00_00  # PostgreSQL 14; server_version_num
_UNFROZEN: Final = 1_000_000_000  # PostgreSQL stops taking writes at two billions
_MOST_TOLD: Final = 5
_BUSY: Final = 0.8
_LONG_MS: Final = 3_600_000


def store(shop: Shop, now: datetime) -> list[Finding]:
    """Where it is, and whether its file is whole."""
    del now
    said = examination(shop.store.record)
    if said != "ok":
        return [Finding("store", "bad", "store_damaged", {"text": said})]
    server = server_state(shop.store.record)
    if server is None:
        import sqlite3

        engine = f"SQLite {sqlite3.sqlite_version}"
    else:
        engine = _version(server)
    return [Finding("store", "good", "store", {"url": shop.store.url.render_as_string(), "engine": engine})]


def _version(server: ServerState) -> str:
    return f"PostgreSQL {server.version // 10_000}.{server.version % 10_000}"


def schema(shop: Shop, now: datetime) -> list[Finding]:
    """Whether tables and indexes are those of the code."""
    del now
    found = drift(shop.store.record)
    findings = [
        Finding("indexes", "bad", "index_lacking", {"index": name, "statement": made})
        for name, made in found.lacking.items()
    ]
    findings += [Finding("indexes", "bad", "index_broken", {"index": name}) for name in found.broken]
    if not findings:
        count = sum(len(table.indexes) for table in metadata.sorted_tables)
        findings = [Finding("indexes", "good", "indexes", {"count": str(count)})]
    if not found.changed:
        return [Finding("schema", "good", "schema", {"revision": head()}), *findings]
    more = len(found.changed) - _MOST_TOLD
    what = "; ".join(found.changed[:_MOST_TOLD]) + (f" + {more}" if more > 0 else "")
    return [Finding("schema", "bad", "schema_drift", {"what": what}), *findings]


def clocks(shop: Shop, now: datetime, seconds: float) -> list[Finding]:
    """The database's clock beside this machine's, `seconds` after `now`, and rows that are yet to come."""
    there = database_clock(shop.store.record)
    findings = []
    if there is not None:
        apart = there - now - timedelta(seconds=seconds)
        if abs(apart) > _APART:
            told = {"seconds": f"{apart.total_seconds():+.0f}"}
            findings.append(Finding("clock", "bad", "clock_database", told))
    newest = newest_trace(shop.store.trace)
    if newest is not None and newest > now + _AHEAD:
        told = {"what": "decision", "at": f"{newest:%Y-%m-%d %H:%M}"}
        findings.append(Finding("clock", "mind", "clock_back", told))
    return findings


def postgresql(shop: Shop, now: datetime) -> list[Finding]:
    """PostgreSQL's settings where they break a promise; nothing is said of SQLite."""
    del now
    server = server_state(shop.store.record)
    if server is None:
        return []
    database = str(shop.store.url.database)
    told = {"version": _version(server), "connections": str(server.connections)}
    told |= {"most": str(server.most_connections), "each": str(PER_PROCESS)}
    findings = [*_promises(server, database), *_timeouts(server, database)]
    if server.version < _OLDEST:
        findings.append(Finding("postgresql", "mind", "postgresql_old", told))
    if server.most_connections < 2 * PER_PROCESS or server.connections > _BUSY * server.most_connections:
        findings.append(Finding("postgresql", "mind", "postgresql_connections", told))
    if server.settings["autovacuum"] == "off":
        findings.append(Finding("postgresql", "mind", "postgresql_vacuum"))
    if server.oldest > _UNFROZEN:
        findings.append(Finding("postgresql", "bad", "postgresql_wraparound", {"age": f"{server.oldest:,}"}))
    return findings or [Finding("postgresql", "good", "postgresql", told)]


def _promises(server: ServerState, database: str) -> list[Finding]:
    """What breaks a promise of docs/store.md."""
    findings = []
    if server.encoding != "UTF8":
        findings.append(Finding("postgresql", "bad", "postgresql_encoding", {"value": server.encoding}))
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        value = server.settings[name]
        if value == "off":
            findings.append(Finding("postgresql", "bad", "postgresql_unsafe", {"setting": name, "value": value}))
    isolation = server.settings["default_transaction_isolation"]
    if isolation != "read committed":
        told = {"value": isolation, "database": database}
        findings.append(Finding("postgresql", "bad", "postgresql_isolation", told))
    return findings


def _timeouts(server: ServerState, database: str) -> list[Finding]:
    """What would cut an import off."""
    return [
        Finding("postgresql", "mind", "postgresql_timeout", {"setting": name, "value": value, "database": database})
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
        if 0 < int(value := server.settings.get(name, "0")) < _LONG_MS
    ]
