"""A journey from its YAML: every error names the line, and whatever cannot be walked is refused before it runs."""

import difflib
import graphlib
from collections.abc import Sequence
from typing import Any, Final

import yaml
from pydantic import ValidationError

from tsuide.errors import BadJourney
from tsuide.outreach.journeys.journey import END, Journey, Step

LONGEST_TEXT: Final = 50_000
_SHOWN: Final = 100
_SCALARS: Final = frozenset({"str", "int", "float", "bool", "null", "timestamp"})


def read_journey(text: str) -> Journey:
    r"""The journey that a text describes.

    Raises:
        BadJourney: not YAML, an unknown key, a step to nowhere, a loop, a step that nothing leads to.

    >>> journey = read_journey('''
    ... id: thanks
    ... names: {ja: お礼, en: Thanks}
    ... trigger: {order: {}}
    ... steps:
    ...   - {id: rest, wait: {for: 1d}}
    ...   - {id: mail, message: {template: order, purpose: transactional}}
    ... ''')
    >>> journey.trigger.kind, [step.kind for step in journey.steps]
    ('order', ['wait', 'message'])
    >>> read_journey("id: x\nsteps: 3")
    Traceback (most recent call last):
    tsuide.errors.BadJourney: line 1: names is needed...
    """
    top = _composed(text)
    try:
        journey = Journey.model_validate(_plain(top, ""))
    except ValidationError as exc:
        raise _told(exc, top) from exc
    _walkable(journey, top)
    return journey


def _composed(text: str) -> yaml.Node:
    if len(text) > LONGEST_TEXT:
        raise BadJourney("too long", key="characters", value=len(text), way_out=f"at most {LONGEST_TEXT}")
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else None
                raise BadJourney("aliases are not read", line=line)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else None
        raise BadJourney(f"not YAML: {exc.problem}", line=line) from exc
    except (yaml.YAMLError, RecursionError) as exc:
        raise BadJourney("not YAML", value=str(exc)[:_SHOWN], key="text") from exc
    if not isinstance(node, yaml.MappingNode):
        raise BadJourney(
            "must be keys with values", line=1, way_out="start from a ready-made journey: tsuide journey ready"
        )
    return node


def _plain(node: yaml.Node, path: str) -> Any:  # noqa: ANN401 - whatever a file may hold
    """Plain values; a key that stands twice would be a step that somebody believes in."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, f"{path}.{place}") for place, each in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                raise BadJourney("stands twice", key=f"{path}.{name}".lstrip("."), line=key.start_mark.line + 1)
            found[name] = _plain(value, f"{path}.{name}")
        return found
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:  # noqa: ANN401 - text, number, yes or no, nothing
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind not in _SCALARS:
        raise BadJourney("tags are not read", value=node.tag, line=node.start_mark.line + 1)
    if kind == "timestamp" or (kind == "int" and ":" in node.value):  # 10:00 is 600 to YAML 1.1
        return str(node.value)
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        return str(node.value)


def _told(error: ValidationError, top: yaml.Node) -> BadJourney:
    """The first fault, with the line on which it stands."""
    first = error.errors()[0]
    where: list[str | int] = [each for each in first["loc"] if not isinstance(each, str) or each not in _BRANCHES]
    path = ".".join(str(each) for each in where)
    node, way_out = _at(top, where), None
    kind, line = first["type"], node.start_mark.line + 1
    value = str(node.value)[:_SHOWN] if isinstance(node, yaml.ScalarNode) else None
    if kind == "missing":
        return BadJourney(f"{where[-1]} is needed", key=path, line=line)
    if kind == "extra_forbidden":
        known = _known(where)
        close = difflib.get_close_matches(str(where[-1]), known, 1)
        way_out = f"did you mean {close[0]}?" if close else f"one of {', '.join(known)}"
        return BadJourney("unknown key", key=path, way_out=way_out, line=_key_line(top, where) or line)
    what = str(first["msg"]).removeprefix("Value error, ")
    return BadJourney(what[:1].lower() + what[1:], key=path or None, value=value, line=line)


_BRANCHES: Final = frozenset({"literal['never','always']", "constrained-str", "function-after"})


def _known(where: Sequence[str | int]) -> list[str]:
    """The keys that may stand where an unknown one does."""
    model: Any = Journey
    for part in where[:-1]:
        field = getattr(model, "model_fields", {}).get(str(part)) or _by_alias(model, part)
        if field is not None:
            model = _model_of(field.annotation)
    return [field.alias or name for name, field in getattr(model, "model_fields", {}).items()]


def _by_alias(model: Any, part: str | int) -> Any:  # noqa: ANN401 - pydantic's own
    fields = getattr(model, "model_fields", {}).values()
    return next((field for field in fields if field.alias == part), None)


def _model_of(annotation: Any) -> Any:  # noqa: ANN401 - pydantic's own
    """The model inside ``X | None``, ``list[X]`` and the like."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next((found for each in getattr(annotation, "__args__", ()) if (found := _model_of(each)) is not None), None)


def _at(node: yaml.Node, where: Sequence[str | int]) -> yaml.Node:
    """The node at a path, or the last one on the way to it."""
    for part in where:
        if isinstance(node, yaml.MappingNode):
            below = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            below = node.value[part]
        else:
            below = None
        if below is None:
            return node
        node = below
    return node


def _key_line(top: yaml.Node, where: Sequence[str | int]) -> int | None:
    above = _at(top, where[:-1])
    if not isinstance(above, yaml.MappingNode):
        return None
    return next((key.start_mark.line + 1 for key, _ in above.value if key.value == where[-1]), None)


def _walkable(journey: Journey, top: yaml.Node) -> None:
    """Every way leads on, and to an end.

    Raises:
        BadJourney: a step twice, one that there is not, one that nothing leads to, or a loop.
    """
    ids = [step.id for step in journey.steps]
    for place, step in enumerate(journey.steps):
        line = _line(top, place)
        if step.id in ids[:place]:
            raise BadJourney("a step of this name stands above", key=f"steps.{place}.id", value=step.id, line=line)
        for way in journey.ways(step):
            if way != END and way not in ids:
                close = difflib.get_close_matches(way, [*ids, END], 1)
                way_out = f"did you mean {close[0]}?" if close else f"one of {', '.join([*ids, END])}"
                raise BadJourney("no such step", key=f"steps.{place}", value=way, line=line, way_out=way_out)
    _without_loop(journey, top)
    reached = {ids[0]}
    for step in _in_order(journey):
        if step.id in reached:
            reached |= {*journey.ways(step)}
    for place, name in enumerate(ids):
        if name not in reached:
            raise BadJourney("nothing leads to this step", key="steps", value=name, line=_line(top, place))


def _without_loop(journey: Journey, top: yaml.Node) -> None:
    try:
        _in_order(journey)
    except graphlib.CycleError as exc:
        loop: list[str] = exc.args[1][::-1]
        place = next(place for place, step in enumerate(journey.steps) if step.id == loop[0])
        raise BadJourney(
            "a loop: nobody would ever come out",
            key="steps",
            value=" → ".join(loop),
            line=_line(top, place),
            way_out="let the journey end, and say under `again` when it may begin anew",
        ) from exc


def _in_order(journey: Journey) -> list[Step]:
    """Each step before those that it leads to."""
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for step in journey.steps:
        sorter.add(step.id)
        for way in journey.ways(step):
            sorter.add(way, step.id)
    found = (journey.step(each) for each in sorter.static_order())
    return [step for step in found if step is not None]


def _line(top: yaml.Node, place: int) -> int:
    return int(_at(top, ["steps", place]).start_mark.line) + 1
