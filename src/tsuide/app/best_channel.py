"""Through which channel a message goes that leaves it open: the customer's best, among those that may carry it now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from tsuide.app.carriers import carried_by
from tsuide.app.contact_habits import KeptHabits
from tsuide.app.mail_links import MailLinks, mail_links
from tsuide.app.policies import active_policy
from tsuide.app.standings import Addressee, addressees
from tsuide.app.wiring import Shop
from tsuide.facts.consent import Channel
from tsuide.mining.contact_channel import Rate
from tsuide.offers.policy.policy import Policy
from tsuide.outreach.gate import OUTBOUND
from tsuide.outreach.message import Message


@dataclass(frozen=True, slots=True)
class Choice:
    """The channel that was chosen, and why, in figures: what stands beside it, and what may not carry the message.

    Args:
        possible: whether any channel may carry the message now; else `channel` is the message's own.
        reason: ``line 42% [20%, 66%] 3/5; email 12% [5%, 20%] 1/9; sms: consent``: chance of a reaction with its 95 %
            interval, and the customer's own reactions of their own contacts; then why a channel was none to choose.
    """

    channel: Channel
    reason: str
    possible: bool


def choose_channels(
    shop: Shop,
    links: MailLinks,
    policy: Policy,
    messages: Sequence[Message],
    carried: Collection[Channel],
    habits: KeptHabits,
    now: datetime,
) -> list[Choice]:
    """The channel of each message.

    A channel may be chosen where the customer has an address that nothing was returned from, a consent that holds (to
    marketing; for what must arrive, to that), and somebody who carries it. Of these the one with the highest chance of
    a reaction is; where nothing is known of any, mail, else the first of the others by name.

    Args:
        shop: whose.
        links: know the marks of addresses that something was returned from.
        policy: in force now.
        messages: that leave their channel open.
        carried: channels that somebody carries.
        habits: on which channel customers react.
        now: UTC.
    """
    order = sorted(OUTBOUND & frozenset(carried), key=lambda each: (each != _USUAL, each))
    by_channel: dict[Channel, list[Addressee]] = {
        each: addressees(shop, links, policy, [replace(message, channel=each) for message in messages], now)
        for each in order
    }
    found = []
    for place, message in enumerate(messages):
        against = {each: _against(message, each, by_channel[each][place]) for each in order}
        free = [each for each in order if against[each] is None]
        rates = habits.now().rates(message.customer_id, habits.segment_of(message.customer_id), free) if free else ()
        best = [each for each in free if rates and each == rates[0].channel] or free or [message.channel]
        known = {each.channel for each in rates}
        parts = [_told(each) for each in rates] + [f"{each}: nothing_known" for each in free if each not in known]
        parts += [f"{each}: {why}" for each, why in against.items() if why is not None]
        found.append(Choice(best[0], "; ".join(parts), bool(free)))
    return found


_USUAL: Final[Channel] = "email"


def _against(message: Message, channel: Channel, to: Addressee) -> str | None:
    """What speaks against a channel, by the gate's own codes; None where nothing does."""
    standing = to.standing
    if standing.address is None:
        return "no_address"
    if standing.blocked is not None:
        return "undeliverable" if standing.blocked == "bounce" else "complained"
    if standing.allows("marketing", channel):
        return None
    must_arrive = message.purpose == "transactional" and (
        channel == _USUAL or standing.allows("transactional", channel)
    )
    return None if must_arrive else "consent"


def contact_told(shop: Shop, habits: KeptHabits, customer_id: str, now: datetime) -> dict[str, Any]:
    """A customer's channels and best hours as JSON, and through which channel an advertisement would go now.

    Raises:
        UnknownCustomer: nobody has this id.
    """
    told = habits.told(customer_id)
    message = Message("look", customer_id, "offer", best=True)
    policy, carried = active_policy(shop, now), carried_by(shop.settings)
    (choice,) = choose_channels(shop, mail_links(shop, now), policy, [message], carried, habits, now)
    return told | {"best": {"channel": choice.channel if choice.possible else None, "reason": choice.reason}}


def _told(rate: Rate) -> str:
    """One channel in figures."""
    return f"{rate.channel} {rate.probability:.0%} [{rate.low:.0%}, {rate.high:.0%}] {rate.reactions}/{rate.contacts}"
