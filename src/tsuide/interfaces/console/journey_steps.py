"""A step more in a journey's text, from the fields of a form; everything that stands there already stays as it is."""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from tsuide.errors import BadJourney, BadValue
from tsuide.outreach.journeys.journey import Journey

KINDS: Final = ("wait", "message", "offer", "split", "task", "goal")
"""Those that the form knows; every other is written as text."""
_WIDTH: Final = 10_000  # no line is broken


def step_said(given: Mapping[str, str], journey: Journey) -> dict[str, Any]:
    """The step that fields say; its id is drawn from its kind.

    Raises:
        BadValue: a kind that the form does not know, or something that it needs is missing.
    """
    kind = given.get("kind", "")
    if kind not in KINDS:
        raise BadValue("not a kind of step", key="kind", value=kind, way_out=", ".join(KINDS))
    known = {step.id for step in journey.steps}
    name = next(each for n in range(1, len(known) + 2) if (each := kind if n == 1 else f"{kind}-{n}") not in known)
    return {"id": name, kind: _what(kind, given)}


def _what(kind: str, given: Mapping[str, str]) -> dict[str, Any]:  # noqa: PLR0911 - one arm per kind
    match kind:
        case "wait":
            how = given.get("wait", "for")
            if how == "best_hour":
                return {"best_hour": True}
            if how == "until":
                return {"until": _must(given, "until")}
            return {"for": _must(given, "for")}
        case "message":
            return {"template": _must(given, "template"), "purpose": given.get("purpose") or "marketing"}
        case "offer":
            return {"otherwise": "end"}
        case "split":
            return {"segment": _must(given, "segment"), "otherwise": "end"}
        case "task":
            return {"title": {"ja": _must(given, "title_ja"), "en": _must(given, "title_en")}}
    return {"name": given.get("goal") or "goal"}


def _must(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "").strip()
    if not value:
        raise BadValue("must be filled in", key=name, value="")
    return value


def with_step(text: str, after: str, step: Mapping[str, Any]) -> str:
    r"""The text with a step more, behind the step `after` ("" = at the end).

    Raises:
        BadJourney: there is no such step, or the steps do not stand in lines of their own.

    >>> print(with_step("steps:\n  - {id: a, goal: {}}  # first\n", "a", {"id": "b", "goal": {}}))
    steps:
      - {id: a, goal: {}}  # first
      - {id: b, goal: {}}
    <BLANKLINE>
    """
    top = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = top.value if isinstance(top, yaml.MappingNode) else []
    steps = next((value for key, value in pairs if key.value == "steps"), None)
    if not isinstance(steps, yaml.SequenceNode) or steps.flow_style or not steps.value:
        raise BadJourney("the steps do not stand in lines of their own", key="steps",
                         way_out="write each step on a line that begins with -")  # fmt: skip
    node = next((each for each in steps.value if _id(each) == after), steps.value[-1] if not after else None)
    if node is None:
        raise BadJourney("no such step", key="after", value=after)
    lines = text.split("\n")
    first = node.start_mark.line
    last = node.end_mark.line if node.flow_style else max(node.end_mark.line - 1, first)
    while last > first and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    indent = lines[first][: lines[first].index("-")]
    said = yaml.safe_dump(dict(step), default_flow_style=True, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return "\n".join([*lines[: last + 1], f"{indent}- {said.strip()}", *lines[last + 1 :]])


def _id(node: yaml.Node) -> str:
    if not isinstance(node, yaml.MappingNode):
        return ""
    return next((str(value.value) for key, value in node.value if key.value == "id"), "")
