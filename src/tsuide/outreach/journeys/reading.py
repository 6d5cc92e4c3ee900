"""A journey from its YAML: every error names the line, and whatever cannot be walked is refused before it runs."""

import difflib
import graphlib
from typing import Final

import yaml

from tsuide.errors import BadJourney
from tsuide.outreach.journeys.journey import END, Journey, Step
from tsuide.outreach.written import Written, line_at

LONGEST_TEXT: Final = 50_000
_WRITTEN: Final = Written(Journey, BadJourney, LONGEST_TEXT, "start from a ready-made journey: tsuide journey ready")


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
    journey, top = _WRITTEN.read(text)
    _walkable(journey, top)
    return journey


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
    return line_at(top, ["steps", place])
