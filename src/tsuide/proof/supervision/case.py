"""A case: what follows a confirmed finding, each step recorded with who, when and where it is filed.

It is opened by a person who looked at the rows and confirms the finding. Its steps are reversal, refund, notice to the
customer, and training; closure ends it, and is refused while a step is missing that nobody waived with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

from tsuide.errors import BadValue, Conflict
from tsuide.kit.text import must_be_said, must_be_short

StepKind: TypeAlias = Literal["reversal", "refund", "notice", "training", "waived", "closure"]
STEPS: Final[tuple[StepKind, ...]] = get_args(StepKind)
NEEDED: Final[tuple[StepKind, ...]] = ("reversal", "refund", "notice", "training")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done.

    Args:
        kind: what; `waived`: a step that is not needed, named in `of`.
        at: when, UTC.
        by: who did it.
        note: in their own words; a waiver and a closure need one.
        reference: where it is filed: a refund's number, a letter.
        of: the step that is waived.
    """

    kind: StepKind
    at: datetime
    by: str
    note: str | None = None
    reference: str | None = None
    of: StepKind | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A confirmed finding.

    Args:
        id: its own.
        rep_id: whose sales.
        sales: the sales that it is about.
        signs: what was beyond chance when it was opened.
        opened_at, opened_by: when, and who confirmed the finding.
        reason: what they saw in the rows.
        steps: what was done, oldest first.
    """

    id: str
    rep_id: str
    sales: tuple[str, ...]
    signs: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    reason: str
    steps: tuple[Step, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return any(each.kind == "closure" for each in self.steps)

    @property
    def missing(self) -> tuple[StepKind, ...]:
        """Steps that were neither done nor waived."""
        done = {each.of if each.kind == "waived" else each.kind for each in self.steps}
        return tuple(each for each in NEEDED if each not in done)


def opened(case: Case) -> Case:
    """The case itself, if it says what it is about.

    Raises:
        BadValue: names the field.
    """
    if not case.sales:
        raise BadValue("names no sale", key="sales", way_out="the rows of the finding that you confirm")
    for key, text in (("rep_id", case.rep_id), ("opened_by", case.opened_by), ("reason", case.reason)):
        must_be_said(key, text)
    return case


def checked(case: Case, step: Step) -> Step:
    """The step, if it may follow.

    Raises:
        Conflict: the case is closed, or would be closed with steps missing.
        BadValue: nobody did it, a waiver or closure without a reason, or a waiver of nothing.
    """
    if case.closed:
        raise Conflict("the case is closed", key="case", value=case.id, way_out="open another one")
    must_be_said("by", step.by)
    if step.kind in {"waived", "closure"} and not (step.note or "").strip():
        raise BadValue("needs its reason", key="note", value=step.note)
    must_be_short("note", step.note)
    must_be_short("reference", step.reference)
    if (step.kind == "waived") != (step.of is not None) or (step.of is not None and step.of not in NEEDED):
        raise BadValue("only a waiver names the step that is not needed", key="of", value=step.of,
                       way_out=f"one of {', '.join(NEEDED)}")  # fmt: skip
    if step.kind == "closure" and case.missing:
        raise Conflict("steps are missing", key="missing", value=", ".join(case.missing),
                       way_out="record them, or waive them with a reason")  # fmt: skip
    return step


def with_steps(case: Case, steps: Sequence[Step]) -> Case:
    """The case with its steps, oldest first."""
    return Case(
        case.id, case.rep_id, case.sales, case.signs, case.opened_at, case.opened_by, case.reason,
        tuple(sorted(steps, key=lambda each: each.at)),
    )  # fmt: skip
