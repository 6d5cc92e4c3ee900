"""Journeys with everything that they need: a decider, the sender of messages, the caller of other systems."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from tsuide.app.best_channel import choose_channels
from tsuide.app.carriers import carried_by
from tsuide.app.contact_habits import KeptHabits
from tsuide.app.deciding import Decider
from tsuide.app.jobs import Tell, to_nobody
from tsuide.app.journey_doors import ShopDoors
from tsuide.app.journey_dry import dry_run
from tsuide.app.journey_work import JourneyWorker
from tsuide.app.mail_links import mail_links
from tsuide.app.policies import active_policy
from tsuide.app.sending import Outreach, awaits_a_visit
from tsuide.app.standings import addressees
from tsuide.app.wiring import Shop
from tsuide.errors import NotReady
from tsuide.kit.clock import Clock, to_micros
from tsuide.kit.ids import Entropy
from tsuide.offers.offer import Placement
from tsuide.offers.request import OfferRequest
from tsuide.outreach.channels.channel import Letter
from tsuide.outreach.channels.webhook import WebhookChannel
from tsuide.outreach.gate import Contact, contact_of, judge, last_moment
from tsuide.outreach.journeys.journey import Journey
from tsuide.outreach.message import Message, Sending

_PLACEMENTS: Final[dict[str, Placement]] = {"email": "email", "line": "line", "rep": "rep"}
_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Working:
    """A worker and what it works with.

    Args:
        worker: of journeys.
        outreach: of messages; opened with the first one, since a shop may have journeys without mail.
        decider: to be kept fresh by whoever works for long.
    """

    worker: JourneyWorker
    outreach: "_Messages"
    decider: Decider


class _Messages:
    """The shop's sender, opened when it is first needed."""

    def __init__(self, shop: Shop, decider: Decider, clock: Clock, entropy: Entropy, habits: KeptHabits) -> None:
        self._given, self._habits = (shop, decider, clock, entropy), habits
        self._opened: Outreach | None = None
        self._without_mail: Outreach | None = None  # what pages show needs no mail server

    @property
    def sender(self) -> Outreach:
        """The sender.

        Raises:
            BadSetting: who sends, through which server, is not set.
        """
        if self._opened is None:
            self._opened = Outreach(*self._given, habits=self._habits)
        return self._opened

    def send(self, message: Message) -> Sending:
        """Through the one gate there is."""
        if not awaits_a_visit(self._given[0].settings, message):
            return self.sender.send(message)
        if self._without_mail is None:
            self._without_mail = Outreach(*self._given, habits=self._habits, strict=False)
        return self._without_mail.send(message)

    def close(self) -> None:
        """Give everything back; whoever sends afterwards opens it anew, as the settings then say."""
        for each in (self._opened, self._without_mail):
            if each is not None:
                each.close()
        self._opened = self._without_mail = None


@contextmanager
def working(shop: Shop, clock: Clock, entropy: Entropy) -> Iterator[Working]:
    """A worker of a shop's journeys; any number may work beside each other.

    Args:
        shop: whose.
        clock: this moment, UTC.
        entropy: 64 random bits.
    """
    journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    decider = Decider(shop, journal, clock, entropy)
    habits = KeptHabits(shop, clock)
    messages = _Messages(shop, decider, clock, entropy, habits)
    try:
        decider.refresh()
        hooks = _Hooks(shop.settings.carrier_secret.get_secret_value(), inner=shop.settings.inner_webhooks)
        doors = ShopDoors(
            shop, clock, entropy, send=messages.send, offered=_Offers(decider).found, posted=hooks.post,
            decider=decider, habits=habits,
        )  # fmt: skip
        yield Working(JourneyWorker(shop, doors, clock, entropy, decider), messages, decider)
    finally:
        messages.close()
        journal.close_now()


class _Offers:
    """Whether there is something to offer; only looked at, never recorded: the message that goes out asks again."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider

    def found(self, customer_id: str, channel: str, _key: str) -> bool:
        request = OfferRequest(_PLACEMENTS[channel], customer_id=customer_id)
        try:
            return bool(self._decider.decide_now(request).decision.offers)
        except NotReady:
            return False


class _Hooks:
    """Posts to addresses that journeys name; not into the house's own network, unless that is allowed."""

    def __init__(self, secret: str, *, inner: bool) -> None:
        self._secret, self._inner = secret, inner

    def post(self, url: str, body: str, key: str, now: datetime) -> Literal["taken", "again", "refused"]:
        letter = Letter(
            id=key, key=key, customer_id="", to=url, purpose="transactional", language="en", subject="journey",
            text=body, html=None, at=now,
        )  # fmt: skip
        answer = WebhookChannel(url, self._secret, private=self._inner).deliver(letter)
        if answer.state == "sent":
            return "taken"
        return "refused" if answer.state == "failed" else "again"


def dry_run_of(
    shop: Shop,
    journey: Journey,
    start: datetime,
    end: datetime,
    clock: Clock,
    tell: Tell = to_nobody,
) -> dict[str, Any]:
    """A dry run whose messages are judged by the policy in force, with the contacts of those days and its own.

    Raises:
        BadValue: the days are in the wrong order, or too many.
    """
    journal = shop.store.journal()
    try:
        decider: Decider | None = Decider(shop, journal, clock, lambda: 0)
        if decider is not None and not decider.refresh() and decider.loaded_or_none is None:
            decider = None
        return dry_run(shop, journey, start, end, _GateOfThePast(shop, clock()).code, decider, tell)
    finally:
        journal.close_now()


class _GateOfThePast:
    """Judges messages as the gate would have, with what the dry run itself would have sent."""

    def __init__(self, shop: Shop, now: datetime) -> None:
        self._shop = shop
        self._policy = active_policy(shop, now)
        self._links = mail_links(shop, now)
        self._sent: dict[str, list[Contact]] = {}
        self._carried = carried_by(shop.settings)
        self._habits = KeptHabits(shop, lambda: now)

    def code(self, message: Message, moment: datetime) -> str | None:
        """Why it would not have gone out; None where it would have, at once or a little later."""
        for choice in choose_channels(
            self._shop, self._links, self._policy, [message] if message.best else [], self._carried, self._habits,
            moment,
        ):  # fmt: skip
            message = replace(message, channel=choice.channel)
        (to,) = addressees(self._shop, self._links, self._policy, [message], moment)
        own = self._sent.setdefault(message.customer_id, [])
        earlier = tuple(each for each in to.standing.contacts if each.at <= to_micros(moment))
        standing, at = replace(to.standing, contacts=(*earlier, *own)), moment
        for _ in range(_TRIES):
            verdict = judge(message, standing, self._policy, moment, at)
            if verdict.say == "send":
                own.append(contact_of(to_micros(at), "shown", message.channel))
                return None
            if verdict.say == "never" or verdict.until is None or verdict.until >= last_moment(message, moment):
                return verdict.code
            at = verdict.until
        return verdict.code
