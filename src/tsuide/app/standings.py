"""What the gate may know of a customer at the moment of sending, read from the store."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast

from tsuide.app.mail_links import MailLinks
from tsuide.app.wiring import Shop
from tsuide.facts.consent import Channel, Purpose
from tsuide.kit.clock import MICROS_PER_DAY, from_micros
from tsuide.offers.customer import Grant
from tsuide.offers.local_time import ATTRIBUTE as TIME_ZONE
from tsuide.offers.policy.policy import Policy
from tsuide.outreach.gate import OptIn, Standing, contact_of
from tsuide.outreach.message import Message
from tsuide.outreach.surveys.answers import FREQUENCY
from tsuide.store.outbox import Recipient
from tsuide.store.rows import Found

_LONGEST: Final = 400  # days
_YES: Final = frozenset({"yes", "true", "1"})


@dataclass(frozen=True, slots=True)
class Addressee:
    """A customer to whom a message goes.

    Args:
        mark: stands for the address where it must not be readable.
    """

    standing: Standing
    recipient: Recipient | None
    attributes: Mapping[str, str]
    mark: str | None

    @property
    def company(self) -> bool:
        """Whether they are addressed as one."""
        return self.recipient is not None and self.recipient.kind == "company"


def addressees(
    shop: Shop, links: MailLinks, policy: Policy, messages: Sequence[Message], now: datetime
) -> list[Addressee]:
    """What is known of each message's customer now; read for all of them at once."""
    ids = sorted({each.customer_id for each in messages})
    known = shop.store.outbox.recipients(ids)
    attributes = {who: _attributes(each) for who, each in known.items()}
    days = max([longest_days(policy, each) for each in attributes.values()], default=1)
    consents = shop.store.outbox.consents_of(ids)
    contacts = shop.store.outbox.contacts_of(ids, now - timedelta(days=days))
    reached = [_reached(each, known, attributes) for each in messages]
    marks = [None if address is None else links.mark(address) for address in reached]
    blocked = shop.store.outbox.blocked([mark for mark in marks if mark is not None])
    found = []
    for message, address, mark in zip(messages, reached, marks, strict=True):
        who = message.customer_id
        if who not in known:
            found.append(Addressee(Standing(known=False), None, {}, None))
            continue
        told = attributes[who]
        score = told.get("last_score", "")
        standing = Standing(
            address=address,
            blocked=cast('Literal["bounce", "complaint"] | None', blocked.get(mark or "")),
            consents=_held(consents.get(who, [])),
            opt_in=_opt_in(consents.get(who, []), message.channel),
            contacts=tuple(contact_of(*row) for row in contacts.get(who, [])),
            open_complaint=told.get("open_complaint", "").strip().lower() in _YES,
            last_score=int(score) if score.isdigit() and len(score) < 3 else None,  # noqa: PLR2004 - 0 … 10
            time_zone=told.get(TIME_ZONE),
            every_days=every_days(told),
        )
        found.append(Addressee(standing, known[who], told, mark))
    return found


def _attributes(recipient: Recipient) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(recipient.attributes or "{}").items()}


def _reached(
    message: Message, known: Mapping[str, Recipient], attributes: Mapping[str, Mapping[str, str]]
) -> str | None:
    who = message.customer_id
    return address_of(known[who], attributes[who], message.channel) if who in known else None


def _held(rows: Sequence[Found]) -> tuple[Grant, ...]:
    """What holds now: the latest word of each purpose and channel, where it grants."""
    latest = {(row["purpose"], row["channel"]): row["granted"] for row in rows}
    return tuple(
        Grant(cast("Purpose", purpose), cast("Channel", channel))
        for (purpose, channel), granted in latest.items()
        if granted
    )


def _opt_in(rows: Sequence[Found], channel: Channel) -> OptIn | None:
    """The record of the consent to marketing on a channel that holds (of the channel itself, else of any)."""
    latest = {row["channel"]: row for row in rows if row["purpose"] == "marketing"}
    held = [latest[name] for name in (channel, "any") if name in latest and latest[name]["granted"]]
    return OptIn(from_micros(held[0]["at"]), held[0]["source"] or "–") if held else None


def address_of(recipient: Recipient, attributes: Mapping[str, str], channel: Channel) -> str | None:
    """Where a channel reaches a customer: mail by their address, a rep's task by their id, others by an attribute.

    >>> address_of(Recipient("c", "person", None, None, None, None), {"line_id": "U1"}, "line")
    'U1'
    """
    if channel == "email":
        return (recipient.email or "").strip() or None
    if channel in {"rep", "till", "agent", "site", "any"}:
        return recipient.id
    name = "phone" if channel in {"sms", "phone"} else f"{channel}_id"
    return attributes.get(name, "").strip() or None


def every_days(attributes: Mapping[str, str]) -> int | None:
    """The frequency that a customer chose; None = as the policy says."""
    text = attributes.get(FREQUENCY, "").strip()
    return min(int(text), _LONGEST) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) > 0 else None  # noqa: PLR2004 - days


def longest_days(policy: Policy, attributes: Mapping[str, str]) -> int:
    """How far back contacts count for some limit."""
    windows = [int(row["window"]) // MICROS_PER_DAY + 1 for row in policy.limits]
    return max([1, every_days(attributes) or 1, *windows])
