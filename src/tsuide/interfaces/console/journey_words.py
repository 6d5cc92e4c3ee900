"""A journey and what came of it, in words and as its picture."""

from collections.abc import Mapping
from typing import Any

from tsuide.interfaces.console.journey_picture import BEGIN, picture_of
from tsuide.interfaces.console.phrases.journeys import JOURNEYS
from tsuide.outreach.journeys.journey import END, Journey, Step, Wait
from tsuide.outreach.phrases import GATE, STATES


def drawn(
    journey: Journey,
    language: str,
    counts: Mapping[tuple[str, str], int] | None = None,
    begun: int | None = None,
    waiting: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """What the picture shows."""
    made = picture_of(journey)
    known = JOURNEYS.all(language)
    nodes = [
        {
            "id": node.id, "x": node.x, "y": node.y, "waiting": (waiting or {}).get(node.id, 0),
            "kind": node.step.kind if node.step is not None else node.id,
            "head": _head(node.step, node.id, journey, language), "line": line_said(node.step, language),
        }
        for node in made.nodes
    ]  # fmt: skip
    edges = []
    for edge in made.edges:
        n = begun if edge.source == BEGIN else (counts or {}).get((edge.source, edge.target), 0)
        said = "・".join(known.get(each, each) for each in edge.said)
        edges.append(
            {"path": edge.path, "x": edge.x, "y": edge.y, "said": said, "n": n if counts is not None else None}
        )
    return {"nodes": nodes, "edges": edges, "picture": made}


def _head(step: Step | None, node: str, journey: Journey, language: str) -> str:
    if step is None:
        trigger = JOURNEYS.text(f"trigger.{journey.trigger.kind}", language)
        return trigger if node == BEGIN else JOURNEYS.text("the_end", language)
    return JOURNEYS.text(f"step.{step.kind}", language)


def line_said(step: Step | None, language: str) -> str:  # noqa: PLR0911 - one arm per kind of step
    """What a step does, in a few words."""
    say = JOURNEYS.text
    match step:
        case Step(wait=wait) if wait is not None:
            return _wait_said(wait, language)
        case Step(await_=awaited) if awaited is not None:
            what = (
                say(f"happens.{awaited.happens}", language) if _knows(f"happens.{awaited.happens}") else awaited.happens
            )
            return say("at_most", language, what=what, time=_duration(awaited.at_most, language))
        case Step(split=split) if split is not None:
            return split.segment or split.experiment or say("by_chance", language)
        case Step(offer=offer) if offer is not None:
            return offer.channel
        case Step(message=message) if message is not None:
            return (
                f"{message.template}（{message.channel}）"
                if language == "ja"
                else f"{message.template} ({message.channel})"
            )
        case Step(task=task) if task is not None:
            return str(getattr(task.title, language))
        case Step(webhook=call) if call is not None:
            return call.name
        case Step(update=update) if update is not None:
            return f"{update.attribute} = {update.value}"
        case Step(goal=goal) if goal is not None:
            return goal.name
    return ""


def _wait_said(wait: Wait, language: str) -> str:
    say = JOURNEYS.text
    parts = []
    if wait.for_ is not None:
        parts.append(_duration(wait.for_, language))
    if wait.business_days is not None:
        parts.append(say("business_days", language, n=wait.business_days))
    if wait.until is not None:
        parts.append(say("until", language, at=wait.until))
    if wait.best_hour:
        parts.append(say("best_hour", language))
    return "・".join(parts)


def _knows(key: str) -> bool:
    return key in JOURNEYS.all("en")


def _duration(text: str, language: str) -> str:
    return JOURNEYS.text(f"time.{text[-1]}", language, n=text[:-1])


def way_said(way: str, language: str) -> str:
    """Where a way leads."""
    return JOURNEYS.text("the_end", language) if way == END else way


def came_said(said: str, language: str) -> str:
    """What came of a step, in words: ``refused:consent``, ``happened``, ``sent``."""
    state, _, code = said.partition(":")
    words = STATES.all(language).get(state) or JOURNEYS.all(language).get(f"said.{state}", state)
    return f"{words}: {GATE.all(language).get(code, code)}" if code else words


def passed_said(mark: str, language: str) -> str:
    """A step that was passed with what came of it, as `enrolments_told` has it: ``remind:refused:consent``."""
    step, _, said = mark.partition(":")
    return f"{step} ({came_said(said, language)})" if said else step


def why_said(why: str | None, language: str) -> str | None:
    """Why somebody left."""
    known = JOURNEYS.all(language)
    return None if why is None else known.get(f"left.{why}", known.get(f"happens.{why}", why))
