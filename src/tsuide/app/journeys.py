"""Journeys of a shop: written, looked at, run, paused, stopped, undone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from tsuide.app.mail_templates import templates
from tsuide.app.surveys import surveys
from tsuide.app.wiring import Shop
from tsuide.errors import BadJourney, Conflict, NotFound
from tsuide.kit.clock import from_micros
from tsuide.offers.moved import PREFIX as UPLIFT_PREFIX
from tsuide.outreach.journeys import ready
from tsuide.outreach.journeys.journey import Journey
from tsuide.outreach.journeys.reading import read_journey

_HEARD: Final[Mapping[str, tuple[str, ...]]] = {
    "cart_abandoned": ("add", "cart", "order"),
    "price_drop": ("price",),
    "back_in_stock": ("stock",),
    "content": ("view", "page", "attended"),
    "comes_back": ("view",),
    "order": ("order",),
    "delivered": ("delivered",),
    "review": ("review",),
    "score": ("score",),
    "complaint": ("complaint",),
    "survey": ("survey",),
    "segment": ("segment",),
    "reactions": ("reaction",),
    "said_later": ("said_later",),
}


@lru_cache(maxsize=256)
def journey_of(text: str) -> Journey:
    """The journey that a kept text describes."""
    return read_journey(text)


def listened_by(journeys: Iterable[Journey]) -> frozenset[str]:
    """The kinds of news that journeys want to hear."""
    kinds: set[str] = set()
    for journey in journeys:
        trigger = journey.trigger
        kinds |= {trigger.event.kind} if trigger.event is not None else {*_HEARD.get(trigger.kind, ())}
        kinds |= {*journey.leave_when}
        kinds |= {step.await_.happens for step in journey.steps if step.await_ is not None}
    return frozenset(kinds)


def _listened(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return listened_by(journey_of(row["text"]) for row in rows)


def put_journey(
    shop: Shop, text: str, now: datetime, *, author: str | None = None, move: bool = False, named: str | None = None
) -> tuple[Journey, int]:
    """Write a journey, or the next version of one; it and its version.

    A new journey is paused until somebody runs it. Of customers under way each keeps the version that they began with;
    where they are to `move`, those whose step the new version has too go on with it.

    Args:
        shop: whose.
        text: YAML.
        now: UTC.
        author: who wrote it.
        move: whether who is under way goes on with this version.
        named: the id that it must have; None = any.

    Raises:
        BadJourney: names the line; a message has no template, or one for something else; or its id is another.
    """
    journey = read_journey(text)
    _must_be_sendable(shop, journey)
    if named is not None and journey.id != named:
        raise BadJourney("the text is of another journey", key="id", value=journey.id, way_out=f"write id: {named}")
    moves = [step.id for step in journey.steps] if move else None
    version = shop.store.journeys.put(journey.id, text, now, author=author, moves=moves)
    shop.store.journeys.refresh_news(_listened)
    return journey, version


def doubts_of(shop: Shop, journey: Journey) -> list[str]:
    """What a journey names that the shop does not have, and so would lead nobody that way; empty where all is there."""
    segments = {*shop.store.segments.ids()}
    experiments = {row["id"] for row in shop.store.experiments.all()}
    found = [
        f"nobody defined the segment {each}: only who has it among their attribute `segments` is in it "
        f"(tsuide segment ready; tsuide segment take {each})"
        for each in dict.fromkeys(_segments_in(journey))
        if each not in segments and not each.startswith(UPLIFT_PREFIX)
    ]
    known = surveys(shop)
    found += [
        f"there is no survey {each}: nobody answers it (tsuide survey put FILE)"
        for each in dict.fromkeys(_surveys_in(journey))
        if each not in known
    ]
    asked = [(step.id, step.split.experiment) for step in journey.steps if step.split is not None]
    return found + [
        f"{step_id}: there is no experiment {each} yet: everybody goes on"
        for step_id, each in asked
        if each is not None and each not in experiments
    ]


def _segments_in(journey: Journey) -> Iterator[str]:
    trigger = journey.trigger
    for named in (journey.only, trigger.segment and trigger.segment.segment, trigger.date and trigger.date.segment):
        if named:
            yield named
    yield from (step.split.segment for step in journey.steps if step.split is not None and step.split.segment)


def _surveys_in(journey: Journey) -> Iterator[str]:
    if journey.trigger.survey is not None:
        yield journey.trigger.survey.survey
    for step in journey.steps:
        named = step.await_.survey if step.await_ is not None else None
        asked = step.message.values.get("survey") if step.message is not None else None
        yield from (each for each in (named, asked) if each)


def _must_be_sendable(shop: Shop, journey: Journey) -> None:
    """Every message has its template, for what it is for: else everybody would stand there for ever."""
    known = templates(shop)
    for place, step in enumerate(journey.steps):
        if step.message is None:
            continue
        found = known.get(step.message.template)
        key, value = f"steps.{place}.message", step.message.template
        if found is None:
            way_out = f"one of {', '.join(sorted(known))}; or put one of your own: tsuide mail put FILE"
            raise BadJourney("no such template", key=key, value=value, way_out=way_out)
        if found.purpose != step.message.purpose:
            way_out = f"write purpose: {found.purpose}"
            raise BadJourney(f"the template is {found.purpose}", key=key, value=value, way_out=way_out)


def check_templates(shop: Shop, text: str) -> Journey:
    """The journey that a text describes, if each of its messages could be sent.

    Raises:
        BadJourney: names the line; a message has no template, or one for something else.
    """
    journey = read_journey(text)
    _must_be_sendable(shop, journey)
    return journey


def undo_journey(shop: Shop, journey_id: str, now: datetime, *, author: str | None = None) -> int:
    """Write the version before the newest as a new one; its number.

    Raises:
        NotFound: no such journey.
        Conflict: it has one version only.
    """
    versions = shop.store.journeys.versions(journey_id)
    if not versions:
        raise NotFound("no such journey", key="journey", value=journey_id, way_out="tsuide journey list")
    if len(versions) < 2:  # noqa: PLR2004 - one before the newest
        raise Conflict("there is no version before this one", key="journey", value=journey_id)
    text = shop.store.journeys.text(journey_id, versions[1]["version"])
    return put_journey(shop, text, now, author=author)[1]


def set_journey(shop: Shop, journey_id: str, state: str, now: datetime) -> dict[str, Any]:
    """Run, pause or stop a journey; how it stands then.

    Raises:
        NotFound: no such journey.
    """
    shop.store.journeys.set_state(journey_id, state, now, _listened)
    return journey_told(shop, journey_id)


def take_back_state(shop: Shop, journey_id: str, before: str, stopped_at: datetime | None, now: datetime) -> None:
    """Let a journey do again what it did before; whoever left as it was stopped at `stopped_at` goes on.

    Raises:
        NotFound: no such journey.
    """
    if stopped_at is not None:
        shop.store.journeys.bring_back(journey_id, stopped_at)
    set_journey(shop, journey_id, before, now)


def take_back_journey(
    shop: Shop, journey_id: str, before: str | None, now: datetime, *, author: str, move: bool = False
) -> None:
    """Write what a journey said before as its next version; whoever was moved along then is moved along again.

    One that was new (None) is forgotten, or stopped where somebody began it.

    Raises:
        NotFound: no such journey.
        BadJourney: it names a template that there is not any more.
    """
    if before is not None:
        put_journey(shop, before, now, author=author, move=move, named=journey_id)
    elif shop.store.journeys.drop(journey_id):
        shop.store.journeys.refresh_news(_listened)
    else:
        set_journey(shop, journey_id, "stopped", now)


def newest_text(shop: Shop, journey_id: str) -> str | None:
    """What a journey says now; None = there is none of this id."""
    try:
        return str(shop.store.journeys.get(journey_id)["text"])
    except NotFound:
        return None


def version_text(shop: Shop, journey_id: str, version: int) -> str:
    """What a version of a journey says.

    Raises:
        NotFound: there is no such version.
    """
    return shop.store.journeys.text(journey_id, version)


def journeys_told(shop: Shop) -> list[dict[str, Any]]:
    """Every journey, in short."""
    return [_told(shop, row) for row in shop.store.journeys.all()]


def journey_told(shop: Shop, journey_id: str) -> dict[str, Any]:
    """One journey with its text, who is where, and how many went which way.

    Raises:
        NotFound: no such journey.
    """
    row = shop.store.journeys.get(journey_id)
    standing = shop.store.journeys.standing(journey_id)
    waiting = {str(each["step"] or "begin"): each["n"] for each in standing if each["state"] == "active"}
    under_way = shop.store.journeys.under_way(journey_id)
    return {
        **_told(shop, row),
        "doubts": doubts_of(shop, journey_of(row["text"])),
        "waiting": waiting,
        "ways": [dict(each) for each in shop.store.journeys.counts(journey_id)],
        "versions": [
            {**each, "at": from_micros(each["at"]).isoformat(), "under_way": under_way.get(each["version"], 0)}
            for each in shop.store.journeys.versions(journey_id)
        ],
        "text": row["text"],
    }  # fmt: skip


def _told(shop: Shop, row: Mapping[str, Any]) -> dict[str, Any]:
    journey = journey_of(row["text"])
    standing = shop.store.journeys.standing(row["id"])
    count = {
        state: sum(each["n"] for each in standing if each["state"] == state) for state in ("active", "done", "left")
    }
    return {
        "id": row["id"],
        "names": journey.names.model_dump(),
        "state": row["state"],
        "version": row["version"],
        "trigger": journey.trigger.kind,
        **count,
        "reached": sum(each["reached"] or 0 for each in standing),
        "changed_at": from_micros(row["changed_at"]).isoformat(),
    }


def enrolments_told(
    shop: Shop, journey_id: str, state: str | None = None, n: int = 100, customer_id: str | None = None
) -> list[dict[str, Any]]:
    """Who is in a journey, those that moved last first; with the steps that they passed.

    Raises:
        NotFound: no such journey.
    """
    shop.store.journeys.get(journey_id)
    told = []
    rows = shop.store.journeys.enrolments(journey_id, state, n, customer_id)
    marks = shop.store.journeys.marks_of([row["id"] for row in rows])
    for row in rows:
        passed = [f"{each['step']}{':' + each['said'] if each['said'] else ''}" for each in marks[row["id"]]]
        told.append({
            "id": row["id"], "customer_id": row["customer_id"], "key": row["key"], "version": row["version"],
            "state": row["state"], "step": row["step"], "why": row["why"], "passed": passed,
            "due_at": from_micros(row["due_at"]).isoformat() if row["state"] == "active" else None,
            "entered_at": from_micros(row["entered_at"]).isoformat(),
        })  # fmt: skip
    return told


def walk_told(shop: Shop, enrolment_id: str) -> dict[str, Any]:
    """One customer's walk: where they stand, and each step that they passed, when, and what came of it.

    Raises:
        NotFound: there is no such enrolment.
    """
    row = shop.store.journeys.enrolled(enrolment_id)
    names = ("id", "journey_id", "customer_id", "key", "version", "state", "step", "why")
    marks = [
        {**{name: each[name] for name in ("step", "way", "said")}, "at": from_micros(each["at"])}
        for each in shop.store.journeys.marks(enrolment_id)
    ]
    return {
        **{name: row[name] for name in names},
        "due_at": from_micros(row["due_at"]) if row["state"] == "active" else None,
        "entered_at": from_micros(row["entered_at"]),
        "reached": bool(row["reached"]),
        "passed": marks,
        "text": shop.store.journeys.text(row["journey_id"], row["version"]),
    }


def ready_journeys() -> dict[str, str]:
    """Every ready-made journey: id → its text."""
    folder = files(ready)
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    return {name.removesuffix(".yaml"): folder.joinpath(name).read_text(encoding="utf-8") for name in names}


def ready_journey(journey_id: str) -> str:
    """The text of a ready-made journey.

    Raises:
        NotFound: there is none of this name.
    """
    known = ready_journeys()
    if journey_id not in known:
        raise NotFound("no such ready-made journey", key="journey", value=journey_id, way_out=", ".join(known))
    return known[journey_id]


def check_journey(text: str) -> list[str]:
    """What is wrong with a text; nothing where it can run."""
    try:
        read_journey(text)
    except BadJourney as error:
        return [str(error)]
    return []
