"""How a shop's mail fares: what arrived where, which addresses take none, and what its set-up lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, cast

from tsuide.app.mail_links import mail_links
from tsuide.app.mail_setup import ANY, MailSetup, mail_setup
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.errors import BadSetting, NotFound
from tsuide.kit.clock import from_micros, zone
from tsuide.outreach.channels.mail.signature import public_half
from tsuide.store.outbox import Cap

Say: TypeAlias = Literal["good", "warn", "bad"]
_MANY_BOUNCES: Final = 0.02
_MANY_COMPLAINTS: Final = 0.001
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class MailFinding:
    """One thing about the set-up.

    Args:
        name: what it is about; pages have words for it.
        say: whether it is as it should be.
        detail: of it, as it is set; with the variable that sets it.
    """

    name: str
    say: Say
    detail: str = ""


def mail_findings(shop: Shop, now: datetime) -> list[MailFinding]:
    """What is set, and what is missing, so that mail goes out and arrives."""
    settings = shop.settings
    found = []
    if active_policy(shop, now).sender is None:
        found.append(MailFinding("sender_policy", "bad"))
    try:
        setup = mail_setup(settings)
    except BadSetting as error:
        return [*found, MailFinding("setup", "bad", str(error))]
    found.append(MailFinding("server", "good", f"{setup.identity.address} → {setup.server.host}"))
    signs = setup.key is not None
    found.append(MailFinding("signed" if signs else "unsigned", "good" if signs else "warn", "TSUIDE_DKIM"))
    domain = setup.identity.address.partition("@")[2]
    if setup.key is not None and not (domain == setup.key.domain or domain.endswith("." + setup.key.domain)):
        found.append(MailFinding("other_domain", "warn", f"{setup.key.domain} ≠ {domain}"))
    if not settings.bounces:
        found.append(MailFinding("no_bounces", "warn", "TSUIDE_BOUNCES"))
    doubt = len(shop.store.outbox.listed("in_doubt", n=_MOST))
    if doubt:
        found.append(MailFinding("in_doubt", "warn", str(doubt)))
    return found


def dns_records(shop: Shop) -> list[dict[str, str]]:
    """The records that the sender's domain should have: kind, name, value.

    Raises:
        BadSetting: mail is not set up.
    """
    setup = mail_setup(shop.settings)
    domain = setup.identity.address.partition("@")[2]
    records = [{"kind": "SPF", "name": domain, "value": f"v=spf1 a:{setup.server.host} mx ~all"}]
    if setup.key is not None:
        name = f"{setup.key.selector}._domainkey.{setup.key.domain}"
        records.append({"kind": "DKIM", "name": name, "value": f"v=DKIM1; k=rsa; p={public_half(setup.key)}"})
    value = f"v=DMARC1; p=none; rua=mailto:{setup.identity.address}"
    return [*records, {"kind": "DMARC", "name": f"_dmarc.{domain}", "value": value}]


def rates_told(shop: Shop, now: datetime) -> dict[str, Any]:
    """How fast mail may go out: by domain, and while the sender warms up; with how many went out.

    Raises:
        BadSetting: mail is not set up.
    """
    setup = mail_setup(shop.settings)
    rates = [{"domain": None if domain == ANY else domain, "a_minute": rate} for domain, rate in setup.rates.items()]
    return {"rates": rates, "warm_up": _warm_up(shop, setup, now)}


def _warm_up(shop: Shop, setup: MailSetup, now: datetime) -> dict[str, Any] | None:
    if setup.warm_up is None:
        return None
    local = now.astimezone(zone(setup.time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    most = setup.warm_up.most_on(local.date())
    gone = shop.store.outbox.gone_out(Cap("warm_up", midnight, most or 0, now, purpose="marketing"))
    return {"since": setup.warm_up.since, "most": most, "today": gone}


def delivered(shop: Shop, since: datetime) -> list[dict[str, Any]]:
    """By domain and purpose what came of the mails that went out since a moment.

    `delivered` is what the receiver's server took and did not send back; `opened` and `clicked` are of those alone
    who agreed to be measured (`measured`), and nobody knows of the others.
    """
    rows: dict[tuple[str | None, str], dict[str, Any]] = {}
    for row in shop.store.outbox.by_domain(since):
        rows[row["domain"], row["purpose"]] = {
            **{name: row[name] for name in ("domain", "purpose", "sent", "measured")},
            "any_bounce": 0, "bounce": 0, "soft_bounce": 0, "complaint": 0, "unsubscribe": 0, "open": 0, "click": 0,
        }  # fmt: skip
    for row in shop.store.outbox.came_by_domain(since):
        told = rows.get((row["domain"], row["purpose"]))
        if told is not None:
            told[row["kind"]] = row["n"]
    return [_judged(row) for row in rows.values()]


def _judged(row: Mapping[str, Any]) -> dict[str, Any]:
    sent = row["sent"]
    many = row["any_bounce"] > sent * _MANY_BOUNCES or row["complaint"] > sent * _MANY_COMPLAINTS
    return {**row, "delivered": sent - row["any_bounce"], "many": many}


def held_back(shop: Shop, since: datetime) -> list[dict[str, Any]]:
    """state, code, n: where the messages stand that were asked for since a moment."""
    return [dict(row) for row in shop.store.outbox.counts(since)]


def blocked_addresses(shop: Shop, n: int) -> list[dict[str, Any]]:
    """The newest `n` addresses to which nothing (bounce) or no advertising (complaint) goes: mark, reason, at, detail.

    The address itself is not kept, only its mark: `mark_of` tells the mark of an address.
    """
    return [_blocked(row) for row in shop.store.outbox.all_blocked(n)]


def blocked_address(shop: Shop, mark: str) -> dict[str, Any] | None:
    """One of them, by its mark; None = nothing is held back from it."""
    row = shop.store.outbox.one_blocked(mark)
    return None if row is None else _blocked(row)


def _blocked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "at": from_micros(row["at"])}


def blocked_in_all(shop: Shop) -> int:
    """From how many addresses something is held back."""
    return shop.store.outbox.count_blocked()


def mark_of(shop: Shop, address: str, now: datetime) -> str:
    """What stands for an address in the list of those that take none."""
    return mail_links(shop, now).mark(address)


def unblock_address(shop: Shop, mark: str) -> dict[str, Any]:
    """Write to an address again; how it was held back.

    Raises:
        NotFound: it is not in the list.
    """
    row = blocked_address(shop, mark)
    if row is None or not shop.store.outbox.unblock(mark):
        raise NotFound("nothing is held back from this address", key="mark", value=mark)
    return row


def block_again(shop: Shop, mark: str, reason: str, detail: str | None, now: datetime) -> None:
    """Put an address back into the list."""
    shop.store.outbox.block(mark, cast("Literal['bounce', 'complaint']", reason), now, detail or "")
