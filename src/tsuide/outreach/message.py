"""One message to one customer: what is asked to go out, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args

from tsuide.errors import BadValue
from tsuide.facts.consent import CHANNELS, Channel
from tsuide.kit.text import must_be_short

MessagePurpose: TypeAlias = Literal["marketing", "transactional"]
MESSAGE_PURPOSES: Final[tuple[MessagePurpose, ...]] = get_args(MessagePurpose)
MessageState: TypeAlias = Literal["waiting", "sending", "sent", "refused", "failed", "in_doubt"]
MESSAGE_STATES: Final[tuple[MessageState, ...]] = get_args(MessageState)
SETTLED: Final[frozenset[MessageState]] = frozenset({"sent", "refused", "failed"})
PATIENCE: Final = timedelta(days=3)  # how long a message waits for its moment where nothing else is said
MOST_KEY: Final = 300  # characters
MOST_SLOT: Final = 60
MOST_PRODUCTS: Final = 50
MOST_VALUES: Final = 100


@dataclass(frozen=True, slots=True)
class Message:
    """What is asked to go out, once.

    Args:
        key: the asker's own: the same key is the same message, however often it is asked for
            (``journey/enrolment/node`` of a journey).
        customer_id: to whom.
        template: what it says.
        purpose: marketing keeps every limit and is never sent twice; transactional must arrive, so it is exempt
            from limits and is sent again where nobody knows whether it went out.
        channel: through which.
        language: ja or en; None = the customer's.
        values: what the template may name beside the customer and the shop (an order's number, a tracking link).
        products: product ids that the message is about (the cart left behind, what was ordered).
        source: the journey or campaign that asks; for reports.
        not_after: too late from then on; None = three days after it was first asked for.
        best: the customer's best channel, as it is at the moment of sending, takes the place of `channel`, which only
            stands for it where none may be chosen.
        slot: of the site: the place of a page that shows it; None = home, product, cart and account.

    >>> Message("welcome/c1", "c1", "offer").checked().purpose
    'marketing'
    """

    key: str
    customer_id: str
    template: str
    purpose: MessagePurpose = "marketing"
    channel: Channel = "email"
    language: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    products: tuple[str, ...] = ()
    source: str | None = None
    not_after: datetime | None = None
    best: bool = False
    slot: str | None = None

    def checked(self) -> "Message":
        """The message itself, if it makes sense.

        Raises:
            BadValue: no key or customer, an unknown channel, purpose or language, or too much of something.
        """
        for name in ("key", "customer_id", "template"):
            if not 1 <= len(getattr(self, name)) <= MOST_KEY:
                raise BadValue(f"must be 1 … {MOST_KEY} characters", key=name, value=getattr(self, name))
        _one_of("purpose", self.purpose, MESSAGE_PURPOSES)
        _one_of("channel", self.channel, CHANNELS)
        if self.language is not None:
            _one_of("language", self.language, ("ja", "en"))
        if self.slot is not None and (self.channel != "site" or not 1 <= len(self.slot) <= MOST_SLOT):
            raise BadValue(f"1 … {MOST_SLOT} characters, of a message on the site", key="slot", value=self.slot)
        if len(self.products) > MOST_PRODUCTS:
            raise BadValue(f"at most {MOST_PRODUCTS}", key="products", value=len(self.products))
        if len(self.values) > MOST_VALUES:
            raise BadValue(f"at most {MOST_VALUES}", key="values", value=len(self.values))
        for name, value in self.values.items():
            must_be_short(f"values.{name}", value)
        if self.not_after is not None and self.not_after.tzinfo is None:
            raise BadValue("a time without a time zone", key="not_after", value=self.not_after.isoformat())
        return self


@dataclass(frozen=True, slots=True)
class Sending:
    """Where a message stands.

    Args:
        state: waiting (for its moment, see `until`), sending (somebody is at it), sent, refused (the gate's last
            word), failed (the receiving side's last word), in_doubt (nobody knows whether it went out: a person
            says, or the mail server's log).
        code: why: a code of the gate's verdicts, or of the channel's answer; None where it was simply sent.
        until: when to ask again, of waiting and sending.
        reference: what the channel knows it by (a mail's Message-ID).
        new: whether this call sent it.
        channel: through which it goes or went, as far as that is settled.
    """

    key: str
    state: MessageState
    code: str | None = None
    until: datetime | None = None
    reference: str | None = None
    new: bool = False
    channel: Channel | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen by itself.

        >>> Sending("k", "sent").over, Sending("k", "waiting").over, Sending("k", "in_doubt").over
        (True, False, True)
        """
        return self.state in SETTLED or self.state == "in_doubt"


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadValue("not one of the choices", key=key, value=value, way_out=", ".join(known))
