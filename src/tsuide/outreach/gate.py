"""The gate: whether a message may go out now. Pure; every channel asks it, and nothing goes round it.

The rules and their settings are those of the policy, the very same predicates that `decide` applies to offers:
`consent`, `quiet_hours` (by the customer's own clock), `contact_limit` (over every placement, journey and channel, from
one ledger), `open_complaint`, `bad_score`, `sender_named`. What only messages have stands here: an address that can be
written to, the frequency that the customer chose, and a moment after which it is too late.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast, get_args
from zoneinfo import ZoneInfo

import numpy as np

from tsuide.facts.consent import Channel
from tsuide.kit.clock import MICROS_PER_DAY, from_micros, to_micros
from tsuide.offers import codes
from tsuide.offers.candidates.contacts import contacts_left
from tsuide.offers.customer import Grant
from tsuide.offers.local_time import local_zone
from tsuide.offers.offer import OUTCOMES
from tsuide.offers.policy.policy import Policy
from tsuide.offers.policy.rules import bad_score, consent, contact_limit, open_complaint, quiet_hours, sender_named
from tsuide.outreach.message import PATIENCE, Message

Code: TypeAlias = Literal[
    "allowed",
    "too_late",
    "no_customer",
    "no_address",
    "undeliverable",
    "complained",
    "consent",
    "sender_named",
    "opt_in_record",
    "open_complaint",
    "bad_score",
    "quiet_hours",
    "contact_limit",
    "chosen_frequency",
    "no_offer",
    "no_carrier",
    "template_failed",
    "warm_up",
    "domain_rate",
    "left_journey",
]
CODES: Final[tuple[Code, ...]] = get_args(Code)
Say: TypeAlias = Literal["send", "later", "never"]
OUTBOUND: Final[frozenset[Channel]] = frozenset({"email", "line", "sms", "phone", "app"})
"""Channels on which we go to the customer; a rep's task or a page is there for whoever comes."""
_NOTHING: Final[Any] = SimpleNamespace(personal=False)


class Contact(NamedTuple):
    """One contact of the ledger, as limits count it: `at` in microseconds, outcome and channel as codes."""

    at: int
    outcome: int
    channel: int


class _Limit(NamedTuple):
    channel: int
    most: int
    window: int


@dataclass(frozen=True, slots=True)
class OptIn:
    """The customer's recorded yes: when, and where."""

    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate may know of a customer at the moment of sending.

    Args:
        known: whether there is such a customer.
        address: where the channel reaches them; None = nowhere.
        blocked: why nothing goes to that address any more: bounce, complaint; None = nothing speaks against it.
        consents: those that hold now.
        opt_in: the record of the consent to marketing on this channel.
        contacts: of the ledger, oldest first.
        open_complaint: a complaint or ticket waits for an answer.
        last_score: the last satisfaction score, 0 … 10.
        time_zone: IANA name; None = the shop's.
        every_days: not more often than once in so many days, as the customer chose; None = as the policy says.
    """

    known: bool = True
    address: str | None = None
    blocked: Literal["bounce", "complaint"] | None = None
    consents: tuple[Grant, ...] = ()
    opt_in: OptIn | None = None
    contacts: tuple[Contact, ...] = ()
    open_complaint: bool = False
    last_score: int | None = None
    time_zone: str | None = None
    every_days: int | None = None

    def allows(self, purpose: str, channel: str) -> bool:
        """Whether a consent holds, for the channel or for any."""
        return any(each.purpose == purpose and each.channel in {channel, "any"} for each in self.consents)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Args:
        say: send, later (again at `until`) or never.
        code: why; allowed where it says send.
        until: when to ask again.
    """

    say: Say
    code: Code
    until: datetime | None = None


ALLOWED: Final = Verdict("send", "allowed")


def judge(message: Message, standing: Standing, policy: Policy, asked_at: datetime, now: datetime) -> Verdict:
    """Whether a message may go out now; the first rule that refuses is named.

    Args:
        message: what would go out.
        standing: of its customer, read now.
        policy: in force now.
        asked_at: when the message was first asked for; its patience counts from there.
        now: UTC.

    >>> from datetime import UTC
    >>> from tsuide.offers.policy.load import ready_policy
    >>> noon = datetime(2026, 6, 1, 3, tzinfo=UTC)  # in Tokyo
    >>> judge(Message("k", "c", "offer"), Standing(address="c@example.com"), ready_policy("standard"), noon, noon).code
    'consent'
    """
    last = last_moment(message, asked_at)
    if now >= last:
        return Verdict("never", "too_late")
    for verdict in _verdicts(message, standing, policy, now):
        if verdict.say == "later" and verdict.until is not None and verdict.until >= last:
            return Verdict("never", verdict.code)
        return verdict
    return ALLOWED


def last_moment(message: Message, asked_at: datetime) -> datetime:
    """From when on a message is too late."""
    return message.not_after if message.not_after is not None else asked_at + PATIENCE


def _verdicts(message: Message, standing: Standing, policy: Policy, now: datetime) -> Iterator[Verdict]:
    """What speaks against it, the final first."""
    if not standing.known:
        yield Verdict("never", "no_customer")
    if standing.address is None:
        yield Verdict("never", "no_address")
    if standing.blocked == "bounce":
        yield Verdict("never", "undeliverable")
    if message.purpose == "transactional":
        return
    if standing.blocked == "complaint":
        yield Verdict("never", "complained")
    yield from _never(message, standing, policy)
    yield from _later(message, standing, policy, now)


def _never(message: Message, standing: Standing, policy: Policy) -> Iterator[Verdict]:
    request = _request(message, policy)
    customer = _record(
        marketing=standing.allows("marketing", message.channel),
        personalisation=True,
        open_complaint=standing.open_complaint,
        last_score=-1 if standing.last_score is None else standing.last_score,
    )
    row = _row(policy)
    for rule in (consent, sender_named, open_complaint, bad_score):
        code = rule.RULE.code
        if policy.value(code, "on") and rule.refuses(_NOTHING, customer, request, row):
            yield Verdict("never", cast("Code", code))
    if request.outbound and standing.opt_in is None:
        yield Verdict("never", "opt_in_record")


def _later(message: Message, standing: Standing, policy: Policy, now: datetime) -> Iterator[Verdict]:
    quiet = quiet_until(message.channel, standing.time_zone, policy, now)
    if quiet is not None:
        yield Verdict("later", "quiet_hours", quiet)
    if policy.value("contact_limit", "on"):
        free = free_at(standing.contacts, limits_of(policy), message.channel, now)
        if free > now:
            yield Verdict("later", "contact_limit", free)
    if standing.every_days is not None:
        chosen = [_Limit(codes.CHANNEL_CODE[message.channel], 1, standing.every_days * MICROS_PER_DAY)]
        free = free_at(standing.contacts, chosen, message.channel, now)
        if free > now:
            yield Verdict("later", "chosen_frequency", free)


def quiet_until(channel: Channel, time_zone: str | None, policy: Policy, now: datetime) -> datetime | None:
    """When the customer's quiet hours end; None where it is not quiet now.

    >>> from datetime import UTC
    >>> from tsuide.offers.policy.load import ready_policy
    >>> night = datetime(2026, 6, 1, 13, tzinfo=UTC)  # 22:00 in Tokyo, 9:00 in New York
    >>> quiet_until("email", None, ready_policy("standard"), night).isoformat()
    '2026-06-01T23:00:00+00:00'
    >>> quiet_until("email", "America/New_York", ready_policy("standard"), night) is None
    True
    """
    if channel not in OUTBOUND or not policy.value("quiet_hours", "on"):
        return None
    place = local_zone(time_zone, policy.time_zone)
    moment = now
    for _ in range(3):  # more than once where a clock is put forward over the end
        if not _quiet(moment, place, policy):
            return None if moment == now else moment
        moment = _next_local(moment, place, policy.value("quiet_hours", "end"))
    return moment


def _quiet(moment: datetime, place: ZoneInfo, policy: Policy) -> bool:
    local = moment.astimezone(place)
    request = _record(outbound=True, transactional=False, local_minute=local.hour * 60 + local.minute)
    return quiet_hours.refuses(_NOTHING, _NOTHING, request, _row(policy))


def _next_local(moment: datetime, place: ZoneInfo, minute: int) -> datetime:
    """The next moment at which the local clock shows this minute of the day."""
    local = moment.astimezone(place)
    end = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0)
    found = end.astimezone(moment.tzinfo)
    return found if found > moment else (end + timedelta(days=1)).astimezone(moment.tzinfo)


def limits_of(policy: Policy) -> Sequence[Any]:
    """The policy's contact limits, row by row."""
    return [_Limit(int(row["channel"]), int(row["most"]), int(row["window"])) for row in policy.limits]


def left(contacts: Sequence[Contact], limits: Sequence[Any], channel: Channel, now: datetime) -> int:
    """How many more contacts are allowed: the policy's own count, as plain Python.

    >>> from datetime import UTC
    >>> from tsuide.offers.policy.load import ready_policy
    >>> left([], limits_of(ready_policy("standard")), "email", datetime(2026, 6, 1, tzinfo=UTC))
    1
    """
    counting = cast("Any", contacts_left).py_func
    return int(counting(contacts, limits, codes.CHANNEL_CODE[channel], to_micros(now)))


def free_at(contacts: Sequence[Contact], limits: Sequence[Any], channel: Channel, now: datetime) -> datetime:
    """The first moment from now on at which one more contact is allowed, if none comes in between.

    Where the limit allows none at all it is the end of time.
    """
    if left(contacts, limits, channel, now) > 0:
        return now
    ends = {each.at + limit.window for each in contacts for limit in limits}
    for end in sorted(end for end in ends if end > to_micros(now)):
        if left(contacts, limits, channel, from_micros(end)) > 0:
            return from_micros(end)
    return datetime.max.replace(tzinfo=now.tzinfo)


def contact_of(at: int, outcome: str, channel: str | None) -> Contact:
    """A row of the ledger as limits count it."""
    return Contact(at, OUTCOMES.index(outcome), codes.CHANNEL_CODE[channel or "site"])


def crowded(
    message: Message, contacts: Sequence[Contact], every_days: int | None, policy: Policy, now: datetime
) -> Code | None:
    """The limit that stands against one more contact, asked again where the contact is written down.

    Two messages that were judged at the same time cannot both be the last one allowed.
    """
    if message.purpose == "transactional":
        return None
    rules = _record(contacts_left=left(contacts, limits_of(policy), message.channel, now), transactional=False)
    if policy.value("contact_limit", "on") and contact_limit.refuses(_NOTHING, _NOTHING, rules, _row(policy)):
        return "contact_limit"
    if every_days is not None:
        chosen = [_Limit(codes.CHANNEL_CODE[message.channel], 1, every_days * MICROS_PER_DAY)]
        if left(contacts, chosen, message.channel, now) <= 0:
            return "chosen_frequency"
    return None


def _request(message: Message, policy: Policy) -> Any:  # noqa: ANN401 - as _record
    return _record(
        outbound=message.channel in OUTBOUND,
        transactional=message.purpose == "transactional",
        sender_named=policy.sender is not None,
    )


def _record(**fields: object) -> Any:  # noqa: ANN401 - a rule reads fields by name, of whatever record
    return SimpleNamespace(**fields)


def _row(policy: Policy) -> Any:  # noqa: ANN401 - a record of the policy's own kind
    return policy.row.view(np.recarray)[0]
