"""A journey as people write it in YAML: what begins it, its steps, when one may come again.

The models are strict: what nobody reads is refused. `schema` is the JSON schema that editors check against.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from tsuide.facts.behaviour import EventKind
from tsuide.facts.consent import Channel

END: Final = "end"
_UNITS: Final[Mapping[str, timedelta]] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PLAIN_ID: Final = r"^[a-z0-9][a-z0-9_-]{0,62}$"

Id: TypeAlias = Annotated[str, StringConstraints(pattern=_PLAIN_ID)]
Words: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Duration: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}[mhdw]$"), Field(description="30m, 2h, 3d or 1w.")
]
LocalTime: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(description="Local time, 10:00.")
]
Count: TypeAlias = Annotated[int, Field(ge=1, le=1_000)]
Days: TypeAlias = Annotated[int, Field(ge=1, le=3_650)]
Stars: TypeAlias = Annotated[int, Field(ge=1, le=5)]
Score: TypeAlias = Annotated[int, Field(ge=0, le=10)]
Happening: TypeAlias = Literal["order", "review", "score", "complaint", "survey"] | EventKind


def period(duration: str) -> timedelta:
    """How long a duration is.

    >>> period("2h"), period("1w")
    (datetime.timedelta(seconds=7200), datetime.timedelta(days=7))
    """
    return int(duration[:-1]) * _UNITS[duration[-1]]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _one_of(part: BaseModel, what: str, names: Sequence[str]) -> None:
    said = [name for name in names if getattr(part, name) is not None]
    if len(said) != 1:
        raise ValueError(f"{what} is exactly one of {', '.join(names)}; here: {', '.join(said) or 'none'}")


class About(_Part):
    """Which products are meant; nothing said = any."""

    product: Words | None = Field(None, description="A product's id.")
    category: Words | None = Field(None, description="A category's name, at any level.")


class Languages(_Part):
    """The same in Japanese and English."""

    ja: Words
    en: Words


# --- what begins a journey ------------------------------------------------------------------------------------------


class OnEvent(About):
    """A visitor who is known does something."""

    kind: EventKind
    properties: dict[Words, Words] = Field({}, description="Each must stand so in the event's properties.")


class OnCart(_Part):
    """A cart is left with something in it: once for each cart; whatever is put in starts the clock again."""

    after: Duration = "2h"


class OnOrder(About):
    """An order is placed."""

    first: bool = Field(False, description="Only the customer's first.")


class OnDelivery(_Part):
    """An order has arrived: an event `delivered`."""


class OnReview(About):
    """A review is written."""

    at_least: Stars = 1
    at_most: Stars = 5


class OnScore(_Part):
    """The customer says how likely they are to recommend the shop, 0 … 10."""

    at_least: Score = 0
    at_most: Score = 10


class OnComplaint(_Part):
    """The customer complains."""


class OnSurvey(_Part):
    """The customer answers a survey."""

    survey: Words
    answers: dict[Words, Words] = Field({}, description="Question → the answer that must be among those chosen.")


class OnSegment(_Part):
    """The customer comes into a segment, or leaves it."""

    segment: Words
    move: Literal["entered", "left"] = "entered"


class OnPriceDrop(_Part):
    """Something that the customer looked at lately costs less."""

    within: Duration = Field("30d", description="How lately.")
    by: Annotated[int, Field(ge=1, le=99)] = Field(5, description="Percent, at least.")


class OnBackInStock(_Part):
    """Something that the customer looked at lately can be had again."""

    within: Duration = "30d"


class OnContent(About):
    """The customer reads, watches or attends something that teaches."""


class OnReturn(About):
    """Somebody who owns something of a category comes back to it."""

    times: Count = 3
    within: Duration = "14d"


class OnDate(_Part):
    """A day of the year, for everybody (of a segment)."""

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    segment: Words | None = None


class OnBirthday(_Part):
    """The customer's birthday, or some days before it."""

    before: Annotated[int, Field(ge=0, le=60)] = 0


class OnDayOf(_Part):
    """The day that one of the customer's attributes names, or some days before it: the end of a contract."""

    attribute: Words
    before: Annotated[int, Field(ge=0, le=366)] = 0


class OnReactions(_Part):
    """The customer opened or clicked our mails so many times within a while; of who agreed to be measured."""

    how: Literal["open", "click"] = "open"
    times: Annotated[int, Field(ge=1, le=100)] = 3
    within: Duration = "7d"


class OnLater(About):
    """The customer said "not now, later" to an offer."""


class OnSilence(_Part):
    """Nobody has been in contact with the customer, and they did not come, for so many days."""

    days: Days = 90
    of: Literal["customer", "account"] = Field(
        "customer",
        description="account: only who stands below nobody, and where nobody below them was heard of either.",
    )


class OnRefill(_Part):
    """What the customer buys again and again runs out, as learned from their own pace."""

    within: Annotated[int, Field(ge=0, le=14)] = Field(3, description="Days ahead.")


class OnWindow(About):
    """The time has come for what goes with a purchase, as learned; `product`, `category`: of what was bought."""


TRIGGERS: Final = (
    "event", "cart_abandoned", "order", "delivered", "review", "score", "complaint", "survey", "segment", "price_drop",
    "back_in_stock", "content", "comes_back", "date", "birthday", "day_of", "reactions", "said_later",
    "silence",    "refill_due", "window_opens",
)  # fmt: skip
TIMED: Final = frozenset({"date", "birthday", "day_of", "silence", "refill_due", "window_opens"})
"""Those that nothing brings but the clock."""


class Trigger(_Part):
    """What begins it: exactly one key."""

    event: OnEvent | None = None
    cart_abandoned: OnCart | None = None
    order: OnOrder | None = None
    delivered: OnDelivery | None = None
    review: OnReview | None = None
    score: OnScore | None = None
    complaint: OnComplaint | None = None
    survey: OnSurvey | None = None
    segment: OnSegment | None = None
    price_drop: OnPriceDrop | None = None
    back_in_stock: OnBackInStock | None = None
    content: OnContent | None = None
    comes_back: OnReturn | None = None
    date: OnDate | None = None
    birthday: OnBirthday | None = None
    day_of: OnDayOf | None = None
    reactions: OnReactions | None = None
    said_later: OnLater | None = None
    silence: OnSilence | None = None
    refill_due: OnRefill | None = None
    window_opens: OnWindow | None = None

    @model_validator(mode="after")
    def _checked(self) -> "Trigger":
        _one_of(self, "a trigger", TRIGGERS)
        return self

    @property
    def kind(self) -> str:
        """Its key."""
        return next(name for name in TRIGGERS if getattr(self, name) is not None)


# --- steps ----------------------------------------------------------------------------------------------------------


class Wait(_Part):
    """Wait: for a time, for business days (Japanese holidays are none), until a local time, or the best hour."""

    for_: Duration | None = Field(None, alias="for")
    business_days: Annotated[int, Field(ge=1, le=60)] | None = None
    until: LocalTime | None = Field(None, description="The next time that it is so late, where the customer lives.")
    best_hour: Literal[True] | None = Field(
        None, description="The hour at which this customer reacts most, within a day."
    )

    @model_validator(mode="after")
    def _checked(self) -> "Wait":
        if self.for_ is not None and self.business_days is not None:
            raise ValueError("a wait is for a time or for business days, not both")
        if self.until is not None and self.best_hour is not None:
            raise ValueError("a wait is until a local time or the best hour, not both")
        if all(each is None for each in (self.for_, self.business_days, self.until, self.best_hour)):
            raise ValueError("a wait says for, business_days, until or best_hour")
        return self


class Await(About):
    """Wait until the customer does something, at most so long."""

    happens: Happening
    teaches: bool = Field(False, description="Only when it is about something that teaches: an article, a course.")
    survey: Words | None = Field(None, description="Of `happens: survey`: which; left out: any.")
    at_most: Duration
    then: Id | None = Field(None, description="Where to go when it happened; left out: the next step.")
    otherwise: Id | None = Field(None, description="Where to go when it did not; left out: the next step.")

    @model_validator(mode="after")
    def _checked(self) -> "Await":
        if self.survey is not None and self.happens != "survey":
            raise ValueError("survey is named of what happens: survey")
        return self


class Split(_Part):
    """Go one way or another: by segment, by chance, or by the arm of an experiment."""

    segment: Words | None = None
    random: dict[Id, Annotated[int, Field(ge=1, le=100)]] | None = Field(
        None, description="Step → percent; they sum to 100."
    )
    experiment: Words | None = Field(None, description="Its arms are looked up in `arms`.")
    arms: dict[Words, Id] | None = Field(None, description="Arm → step; an arm that is not named goes on.")
    then: Id | None = Field(None, description="Where members of the segment go; left out: the next step.")
    otherwise: Id | None = Field(None, description="Where all others go; left out: the next step.")

    @model_validator(mode="after")
    def _checked(self) -> "Split":
        _one_of(self, "a split", ("segment", "random", "experiment"))
        if self.random is not None and sum(self.random.values()) != 100:  # noqa: PLR2004 - percent
            raise ValueError(f"the percents of a random split sum to 100; here: {sum(self.random.values())}")
        if (self.experiment is None) != (self.arms is None):
            raise ValueError("an experiment comes with its arms, and arms with an experiment")
        return self


class Ask(_Part):
    """Ask what there is to offer now, by the policy in force; nothing is a possible answer."""

    channel: Literal["email", "line", "rep"] = "email"
    then: Id | None = Field(None, description="Where to go when there is something; left out: the next step.")
    otherwise: Id | None = Field(None, description="Where to go when there is nothing; left out: the next step.")


class Send(_Part):
    """Send a message. Its offers are asked for when it goes out; consent, quiet hours and limits are kept then."""

    template: Words
    channel: Channel | Literal["best"] = Field(
        "email",
        description="best: the one that this customer reacts on most, of those that may carry it when it goes out.",
    )
    purpose: Literal["marketing", "transactional"] = "marketing"
    within: Duration = Field("3d", description="How long it may wait for its moment.")
    values: dict[Words, Words] = Field({}, description="What the template may name as `values`.")
    slot: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$")] | None = Field(
        None,
        description="With channel site: the place of a page that shows it; left out: home, product, cart, account.",
    )

    @model_validator(mode="after")
    def _checked(self) -> "Send":
        if self.slot is not None and self.channel != "site":
            raise ValueError("a slot is a place of a page: it comes with `channel: site`")
        return self


class Do(_Part):
    """A task for a person: the customer's own rep, or whoever takes it."""

    title: Languages
    note: Languages | None = None
    due: Duration = "1d"
    assign: Words | Annotated[list[Words], Field(min_length=1, max_length=50)] = Field(
        "owner", description="owner, somebody's name, or several who take turns."
    )


class Call(_Part):
    """Tell another system: a signed POST, repeated until it is taken."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]{1,500}$")]
    name: Words = "journey"


class Update(_Part):
    """Write down something about the customer."""

    attribute: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    value: Annotated[str, StringConstraints(max_length=500)]


class Goal(_Part):
    """The journey has reached what it is for."""

    name: Words = "goal"


STEPS: Final = ("wait", "await_", "split", "offer", "message", "task", "webhook", "update", "goal")


class Step(_Part):
    """One step: an id, exactly one thing to do, and perhaps where to go next."""

    id: Id
    wait: Wait | None = None
    await_: Await | None = Field(None, alias="await")
    split: Split | None = None
    offer: Ask | None = None
    message: Send | None = None
    task: Do | None = None
    webhook: Call | None = None
    update: Update | None = None
    goal: Goal | None = None
    next: Id | None = Field(None, description="`end`, or another step; left out: the one below.")

    @model_validator(mode="after")
    def _checked(self) -> "Step":
        _one_of(self, "a step", STEPS)
        if self.id == END:
            raise ValueError("`end` is the end of every journey; call the step otherwise")
        return self

    @property
    def kind(self) -> str:
        """Its key, as it is written."""
        return next(name for name in STEPS if getattr(self, name) is not None).rstrip("_")


class Journey(_Part):
    """A whole journey."""

    id: Id
    names: Languages
    purpose: Languages | None = Field(None, description="What it is for, in a sentence.")
    trigger: Trigger
    again: Duration | Literal["never", "always"] = Field(
        "never", description="After how long the same customer (or cart) may begin it again."
    )
    only: Words | None = Field(None, description="A segment: nobody else begins it.")
    leave_when: list[Happening] = Field([], description="Whoever does this leaves at once.")
    holidays: bool = Field(True, description="Whether Japanese holidays are no business days.")
    steps: Annotated[list[Step], Field(min_length=1, max_length=200)]

    def step(self, step_id: str) -> Step | None:
        """A step by its id; None where this version has none of it."""
        return next((each for each in self.steps if each.id == step_id), None)

    def after(self, step: Step) -> str:
        """Where a step leads to of itself."""
        if step.next is not None:
            return step.next
        place = next(place for place, each in enumerate(self.steps) if each is step) + 1
        return self.steps[place].id if place < len(self.steps) else END

    def ways(self, step: Step) -> list[str]:
        """Every place to which a step can lead."""
        usual = self.after(step)
        match step:
            case Step(await_=Await() as fork) | Step(offer=Ask() as fork):
                return [fork.then or usual, fork.otherwise or usual]
            case Step(split=Split(random=dict() as shares)):
                return [*shares]
            case Step(split=Split(arms=dict() as arms)):
                return [*arms.values(), usual]
            case Step(split=Split() as split):
                return [split.then or usual, split.otherwise or usual]
        return [usual]


def schema() -> dict[str, Any]:
    """The JSON schema of a journey's file, for editors.

    >>> sorted(schema()["required"])
    ['id', 'names', 'steps', 'trigger']
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Journey.model_json_schema(by_alias=True)}
