"""Look over an installation and say what is wrong, what that means, and what to do."""

import importlib.metadata
import platform
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, TypeAlias

import polars as pl

from tsuide.app.hooks import hooks_told
from tsuide.app.journeys import doubts_of, journey_of
from tsuide.app.loading import open_learned
from tsuide.app.mail_setup import mail_setup
from tsuide.app.policies import active_policy
from tsuide.app.segment_keeping import MOST_AT_ONCE
from tsuide.app.segments import names_of, standings
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings, unknown_settings
from tsuide.errors import BadCondition, NothingLearned, TsuideError
from tsuide.kit.clock import from_micros
from tsuide.mining.snapshot import Snapshot
from tsuide.outreach.segments.reading import read_condition

Grade: TypeAlias = Literal["good", "mind", "bad"]
_FREE_BYTES: Final = 1 << 30
_OLD_DAYS: Final = 30
_ENOUGH_ORDERS: Final = 200
_LATE: Final = timedelta(minutes=5)
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_FLOOR: Final = re.compile(r">=\s*([\d.]+)")
_WORKER_LATE: Final = timedelta(minutes=15)  # longer than any lease
_BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)  # before this code existed no clock can be right


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        grade: good; mind: works, and could be better; bad: has to be mended.
        found: what stands there.
        do: what to do about it; empty where all is good.
    """

    name: str
    grade: Grade
    found: str
    do: str = ""


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Every finding, in the order in which one would mend them; nothing is changed but a missing store made."""
    findings = [_python(), *_packages(), *_settings(), _clock(now), _disk(settings.home)]
    try:
        shop = open_shop(settings)
    except TsuideError as error:
        return [*findings, Finding("store", "bad", str(error), error.way_out or "see the message")]
    try:
        return [*findings, *_of_shop(shop, now)]
    finally:
        shop.close()


def _of_shop(shop: Shop, now: datetime) -> list[Finding]:
    checks: tuple[Callable[[Shop, datetime], list[Finding]], ...] = (
        *(_data, _snapshot, _policy, _keys, _mail),
        *(_segments, _journeys, _hooks),
    )
    findings = [Finding("store", "good", f"{shop.store.url.render_as_string(hide_password=True)}, schema up to date")]
    for check in checks:
        try:
            findings += check(shop, now)
        except TsuideError as error:
            findings.append(Finding(check.__name__.strip("_"), "bad", str(error), error.way_out or "see the message"))
    return findings


def _python() -> Finding:
    return Finding("python", "good", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages() -> list[Finding]:
    """Packages that are older than what this version was made for."""
    found = []
    for text in importlib.metadata.requires("tsuide") or []:
        requirement, _, marker = text.partition(";")
        named, floors = _NAME.match(requirement), _FLOOR.search(requirement)
        if "extra" in marker or named is None:
            continue
        name, floor = named.group(), floors.group(1) if floors else ""
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, "bad", "not installed", f"pip install '{requirement.strip()}'"))
            continue
        if floor and _parts(version) < _parts(floor):
            found.append(Finding(name, "bad", f"{version}, needs {floor}", f"pip install '{requirement.strip()}'"))
    return found or [Finding("packages", "good", f"as needed, in {Path(sys.prefix).name}")]


def _parts(version: str) -> tuple[int, ...]:
    digits = ("".join(c for c in part if c.isdigit()) for part in version.partition("+")[0].split("."))
    return tuple(int(part) for part in digits if part)


def _settings() -> list[Finding]:
    slips = unknown_settings()
    if not slips:
        return []
    return [Finding("settings", "mind", f"{', '.join(slips)}: not a setting", "check the spelling: docs/quickstart.md")]


def _clock(now: datetime) -> Finding:
    if now < _BORN:
        return Finding("clock", "bad", f"{now:%Y-%m-%d %H:%M} UTC", "set this machine's clock")
    return Finding("clock", "good", f"{now:%Y-%m-%d %H:%M} UTC")


def _disk(home: Path) -> Finding:
    place = next(each for each in (home.absolute(), *home.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free"
    return Finding("disk", "good", text) if free > _FREE_BYTES else Finding("disk", "bad", text, "free some space")


def _data(shop: Shop, now: datetime) -> list[Finding]:
    counts = shop.store.facts.counts()
    if counts["orders"] == 0:
        return [Finding("orders", "bad", "none", "tsuide import orders FILE, or tsuide demo")]
    many = counts["orders"] >= _ENOUGH_ORDERS
    text = f"{counts['orders']:,} with {counts['order_lines']:,} lines"
    findings = [
        Finding("orders", "good", text)
        if many
        else Finding("orders", "mind", text, f"from {_ENOUGH_ORDERS} on, relations begin to be sure")
    ]
    last = shop.store.facts.orders()["placed_at"].max()
    if isinstance(last, datetime) and last > now + timedelta(days=1):
        findings.append(Finding("order dates", "mind", f"the newest is of {last:%Y-%m-%d}", "check the time zone"))
    return findings + _products(shop.store.facts.products())


def _products(products: pl.DataFrame) -> list[Finding]:
    if products.is_empty():
        return [Finding("products", "bad", "none: nothing can be offered", "tsuide import products FILE")]
    sold = products.filter(pl.col("status") == "active")
    findings = [Finding("products", "good", f"{len(products):,}, of which {len(sold):,} are on sale")]
    for column, do in (
        ("price", "a product without price is never offered: import prices"),
        ("cost", "without cost a margin must be assumed: import costs, or set margin_rates in the policy"),
    ):
        missing = sold[column].null_count()
        if missing:
            findings.append(Finding(f"products without {column}", "mind", f"{missing:,} of {len(sold):,}", do))
    return findings


def _snapshot(shop: Shop, now: datetime) -> list[Finding]:
    try:
        snapshot = open_learned(shop)
    except NothingLearned:
        return [Finding("snapshot", "bad", "nothing learned yet", "tsuide learn")]
    damaged = [
        Finding("snapshot", "bad", f"a newer one is damaged: {each}", "tsuide learn") for each in snapshot.refused
    ]
    return [*damaged, _age(snapshot, now)]


def _age(snapshot: Snapshot, now: datetime) -> Finding:
    learned_at = datetime.fromisoformat(snapshot.meta["learned_at"])
    days = (now - learned_at).days
    text = f"{snapshot.id}, verified, of {learned_at:%Y-%m-%d %H:%M} UTC"
    if days > _OLD_DAYS:
        return Finding("snapshot", "mind", f"{text}: {days} days old", "tsuide learn")
    return Finding("snapshot", "good", text)


def _policy(shop: Shop, now: datetime) -> list[Finding]:
    policy = active_policy(shop, now)
    holdout = f"{policy.holdout / 100:g} % holdout"
    text = f"{policy.name} {policy.version}, {holdout}"
    if policy.holdout == 0:
        return [Finding("policy", "mind", text, "without a holdout no effect can be measured: holdout: 5%")]
    return [Finding("policy", "good", text)]


def _keys(shop: Shop, now: datetime) -> list[Finding]:
    del now
    live = [each for each in shop.store.keys.all() if each.revoked_at is None]
    if not live:
        return [Finding("API keys", "mind", "none: nobody can call the API", "tsuide keys create 'web shop'")]
    return [Finding("API keys", "good", ", ".join(f"{each.name} ({' '.join(each.scopes)})" for each in live))]


def _mail(shop: Shop, now: datetime) -> list[Finding]:
    """Whether mail to customers could go out; nothing is said where nobody set up any."""
    settings = shop.settings
    if not (settings.public_url or settings.dkim):
        return []
    setup = mail_setup(settings)
    findings = []
    if active_policy(shop, now).sender is None:
        findings.append(
            Finding("mail", "bad", "the policy names no sender: no advertising goes out", "docs/outreach.md")
        )
    if setup.key is None:
        findings.append(Finding("mail", "mind", "not signed here", "TSUIDE_DKIM, unless the mail server signs"))
    doubt = len(shop.store.outbox.listed("in_doubt", n=1_000))
    if doubt:
        findings.append(Finding("mail", "mind", f"{doubt:,} in doubt", "tsuide mail held"))
    return findings or [Finding("mail", "good", f"as {setup.identity.address} through {setup.server.host}")]


def _segments(shop: Shop, now: datetime) -> list[Finding]:
    """Whether segments are kept current and name what there is; nothing is said where nobody defined any."""
    defined = standings(shop)
    if not defined:
        return []
    segments, names = shop.store.segments, names_of(shop)
    findings = []
    clock = segments.clock()
    late = clock["due_at"] is not None and from_micros(clock["due_at"]) < now - _LATE
    if late or clock["watching"] != segments.digest or len(segments.touches(MOST_AT_ONCE + 1)) > MOST_AT_ONCE:
        found = f"last brought up to date at {from_micros(clock['checked_at']):%Y-%m-%d %H:%M} UTC"
        findings.append(Finding("segments", "mind", found, "tsuide serve or tsuide worker keeps them so"))
    for each in defined:
        try:
            read_condition(each.segment.condition, names)
        except BadCondition as error:
            word = each.segment.condition[error.start : error.end]
            found = f"{each.segment.id}: {error.what}: {word}"
            findings.append(Finding("segments", "mind", found, f"tsuide segment set: {error.way_out}"))
    return findings or [Finding("segments", "good", f"{len(defined):,}, kept current")]


def _hooks(shop: Shop, now: datetime) -> list[Finding]:  # noqa: ARG001 - as every check
    """Whether other systems take what they are told; nothing is said where none is told."""
    return [
        Finding("webhooks", "bad", f"{row['id']} takes nothing: {row['error']}", f"mend {row['url']}; nothing is lost")
        for row in hooks_told(shop)
        if row["failing_since"] is not None
    ]


def _journeys(shop: Shop, now: datetime) -> list[Finding]:
    """Whether somebody carries out the journeys that run; nothing is said where none does."""
    running = shop.store.journeys.running()
    if not running:
        return []
    due = shop.store.journeys.next_due()
    if due is not None and from_micros(due) + _WORKER_LATE < now:
        late = f"{len(running):,} run, and somebody is due since {from_micros(due):%Y-%m-%d %H:%M} UTC"
        return [Finding("journeys", "bad", late, "start a worker: tsuide worker")]
    journeys = [journey_of(row["text"]) for row in running]
    mails = sorted(
        journey.id for journey in journeys
        if any(step.message is not None and step.message.channel == "email" for step in journey.steps)
    )  # fmt: skip
    if mails and not shop.settings.mail_from:
        mute = f"{', '.join(mails)}: mail would be sent, and nobody is named as sender"
        return [
            Finding(
                "journeys", "bad", mute, "set TSUIDE_MAIL_FROM, TSUIDE_SMTP and TSUIDE_PUBLIC_URL: docs/outreach.md"
            )
        ]
    doubts = [each for journey in journeys for each in doubts_of(shop, journey)]
    if doubts:
        return [Finding("journeys", "mind", "; ".join(doubts), "tsuide journey show ID")]
    return [Finding("journeys", "good", f"{len(running):,} run")]
