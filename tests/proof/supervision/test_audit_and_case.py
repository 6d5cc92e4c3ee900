"""The audit, row by row; and a case, which ends only when nothing is missing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.errors import BadValue, Conflict
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.proof.supervision.audit import CHECKS, audit
from tsuide.proof.supervision.case import Case, Step, StepKind, checked, opened, with_steps
from tsuide.proof.supervision.phrases import SUPERVISION

NOW = 100 * MICROS_PER_DAY
AT = datetime(2026, 6, 1, tzinfo=UTC)
YES: dict[str, Any] = {
    "id": "a1", "customer_id": "c", "entered_by": "r", "evidence_kind": "click", "evidence_reference": "token 1",
    "state": "used", "state_at": 0, "expires_at": NOW + 1,
}  # fmt: skip
CASE = Case("k", "r", ("a1",), ("quick_cancel",), AT, "Sato", "Nobody knew of it.")


def found(acceptance: dict[str, Any]) -> list[str]:
    return [check for check, rows in audit([YES | acceptance], [], [], NOW).items() if rows]


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        ({}, []),
        ({"evidence_kind": "signature"}, ["yes_on_paper"]),
        ({"evidence_kind": "asked", "evidence_reference": "r"}, ["yes_on_paper", "rep_gave_the_yes"]),
        ({"state": "accepted", "state_at": NOW - 31 * MICROS_PER_DAY}, ["yes_without_order"]),
        ({"state": "accepted", "state_at": NOW - 29 * MICROS_PER_DAY}, []),
        ({"state": "waiting", "expires_at": NOW}, ["never_answered"]),
    ],
)
def test_each_check_finds_its_rows(change: dict[str, Any], checks: list[str]) -> None:
    assert found(change) == checks


def test_a_message_needs_a_consent_that_held_when_it_went_out() -> None:
    def grant(at: int, channel: str = "email", *, granted: bool = True) -> dict[str, Any]:
        row = {"customer_id": "c", "purpose": "marketing", "channel": channel, "granted": granted, "at": at}
        return row | {"source": "form", "evidence": None}

    touches = [
        {"id": f"{channel}{at}", "customer_id": "c", "channel": channel, "at": at}
        for channel, at in (("email", 1), ("email", 3), ("email", 5), ("line", 7), ("site", 1))
    ]
    consents = [grant(2), grant(4, granted=False), grant(6, "any")]
    assert [row["id"] for row in audit([], touches, consents, NOW)["message_without_consent"]] == ["email1", "email5"]


def test_a_grant_without_source_or_evidence_is_named() -> None:
    row = {"customer_id": "c", "purpose": "marketing", "channel": "any", "granted": True, "at": 1}
    bare = row | {"source": None, "evidence": None}
    assert len(audit([], [], [bare, row | {"source": "form", "evidence": None}], NOW)["grant_without_evidence"]) == 1


def done(*kinds: StepKind) -> Case:
    return with_steps(CASE, [Step(kind, AT, "Sato") for kind in kinds])


def test_a_case_closes_when_everything_is_done_or_waived_with_a_reason() -> None:
    closure = Step("closure", AT, "Sato", note="Talked it over.")
    with pytest.raises(Conflict, match="refund, training"):
        checked(done("reversal", "notice"), closure)
    waived = Step("waived", AT, "Sato", note="Nothing was paid.", of="refund")
    case = with_steps(CASE, [*done("reversal", "notice", "training").steps, waived])
    assert case.missing == ()
    assert checked(case, closure) == closure
    with pytest.raises(Conflict, match="the case is closed"):
        checked(with_steps(case, [*case.steps, closure]), closure)


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (Step("refund", AT, " "), "by"),
        (Step("closure", AT, "Sato"), "note"),
        (Step("waived", AT, "Sato", note="why", of="closure"), "of"),
        (Step("refund", AT, "Sato", of="notice"), "of"),
    ],
)
def test_a_step_says_who_and_why(step: Step, key: str) -> None:
    with pytest.raises(BadValue) as caught:
        checked(CASE, step)
    assert caught.value.key == key


def test_a_case_says_what_it_is_about() -> None:
    with pytest.raises(BadValue, match="names no sale"):
        opened(replace(CASE, sales=()))
    with pytest.raises(BadValue, match="reason"):
        opened(replace(CASE, reason=""))


def test_every_check_and_step_has_its_words() -> None:
    assert {*CHECKS, "reversal", "refund", "notice", "training", "waived", "closure"} <= SUPERVISION.all("ja").keys()
