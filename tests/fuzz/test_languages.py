"""Whatever stands in place of a policy, a journey, a segment, a survey or a mail is read or refused, and no more."""

import functools
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from tests.fuzz.mutating import Target, shown, text, tree, written

from tsuide.errors import TsuideError
from tsuide.offers.policy.editing import edited, scalar
from tsuide.offers.policy.load import READY, load_policy, ready_text
from tsuide.outreach.channels.mail.template import READY as MAILS
from tsuide.outreach.channels.mail.template import read_template
from tsuide.outreach.channels.mail.template import ready_template_text as ready_mail
from tsuide.outreach.journeys.reading import read_journey
from tsuide.outreach.segments.condition import Condition, text_of
from tsuide.outreach.segments.definition import segment_from
from tsuide.outreach.segments.form import condition_of, form_of
from tsuide.outreach.segments.lowering import lower, ticks_of
from tsuide.outreach.segments.reading import read_condition
from tsuide.outreach.segments.ready import ready_made
from tsuide.outreach.segments.truth import Sheet, truth
from tsuide.outreach.surveys.survey import READY as SURVEYS
from tsuide.outreach.surveys.survey import read_survey
from tsuide.outreach.surveys.survey import ready_text as ready_survey

NOW, TOKYO = datetime(2026, 1, 31, 3, tzinfo=UTC), ZoneInfo("Asia/Tokyo")
POLICIES = [ready_text(name) for name in READY]
JOURNEYS = [
    each.read_text(encoding="utf-8")
    for each in sorted(resources.files("tsuide.outreach.journeys.ready").iterdir(), key=lambda each: each.name)
    if each.name.endswith(".yaml")
]
CONDITIONS = [
    *(each.condition.replace("{", "").replace("}", "") for each in ready_made().values()),
    "spent > 50000 and not bought('camera', within => 90)",
    "age between 20 and 39 or prefecture like '東京%' and language = 'ja'",
    "coalesce(last_score, 0) >= 9 and spent / order_count > 3000",
    "viewed('a''b', at_least => 3) or consented('marketing', 'email') and birthday_within(14)",
    "first_order_at is not null and last_order_at < '2026-01-01T09:00+09:00'",
    "prefecture in ('東京都', '大阪府') and not company",
]


def a_policy(dice: random.Random) -> None:
    made = written(dice, dice.choice(POLICIES), POLICIES)
    with shown(made):
        policy = load_policy(made)
        again = load_policy(policy.text, kept=True)
        assert (again.version, again.row.tobytes(), again.limits.tobytes()) == (
            policy.version,
            policy.row.tobytes(),
            policy.limits.tobytes(),
        )


def an_edited_policy(dice: random.Random) -> None:
    """Changed in one place, as the console does it: it says what was asked for there, or the change is refused."""
    made = dice.choice(POLICIES) if dice.random() < 0.5 else written(dice, dice.choice(POLICIES), POLICIES)
    load_policy(made)
    path = dice.choice(
        [("rules", "in_stock", "least"), ("name",), ("levers", 0, "percent"), ("never_with", 0), ("x", "y")]
    )
    value = scalar(text(dice, "12.5%")) if dice.random() < 0.8 else None
    with shown((made, path, value)):
        load_policy(edited(made, path, value))


def reads_back(read: Callable[[str], Any], text: str) -> None:
    """What is read and written again is the same."""
    found = read(text)
    plain = found.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert read(yaml.safe_dump(plain, allow_unicode=True)) == found


def a_journey(dice: random.Random) -> None:
    made = written(dice, dice.choice(JOURNEYS), JOURNEYS)
    with shown(made):
        reads_back(read_journey, made)


def a_survey(dice: random.Random) -> None:
    texts = [ready_survey(name) for name in SURVEYS]
    made = written(dice, dice.choice(texts), texts)
    with shown(made):
        reads_back(read_survey, made)


def a_mail(dice: random.Random) -> None:
    texts = [ready_mail(name) for name in MAILS]
    made = written(dice, dice.choice(texts), texts)
    with shown(made):
        template = read_template(made)
        assert read_template(made).version == template.version


def usable(condition: Condition) -> None:
    """It is written back and reads the same, as text and as a form, and can be asked of somebody."""
    assert read_condition(text_of(condition)) == condition
    form = form_of(condition)
    assert condition_of(json.loads(json.dumps(form))) == condition
    lowered = lower(condition, NOW, TOKYO)
    ticks_of(lowered)
    assert truth(lowered, Sheet()) in {True, False, None}


def a_condition(dice: random.Random) -> None:
    made = text(dice, dice.choice(CONDITIONS), CONDITIONS, "condition")
    with shown(made):
        usable(read_condition(made))


@functools.cache
def forms() -> list[Any]:
    """The examples that can be read as they are, as the form shows them."""
    found = []
    for each in CONDITIONS:
        try:
            found.append(form_of(read_condition(each)))
        except TsuideError:
            continue
    return found


def a_form(dice: random.Random) -> None:
    made = tree(dice, dice.choice(forms()), forms())
    with shown(made):
        usable(condition_of(made))


def a_segment(dice: random.Random) -> bool:
    whole = {
        "id": "vip",
        "names": {"ja": "上得意", "en": "VIP"},
        "condition": dice.choice(CONDITIONS),
        "who": "customers",
    }
    made = tree(dice, whole)
    with shown(made):
        if not isinstance(made, dict):
            return False
        segment = segment_from(made)
        assert segment_from(json.loads(json.dumps(segment.plain()))) == segment
        usable(read_condition(segment.condition))
        return True


FAMILIES: dict[str, dict[str, Target]] = {
    "policy": {"policy": a_policy, "edited policy": an_edited_policy},
    "journey": {"journey": a_journey},
    "segment": {"condition": a_condition, "form": a_form, "segment": a_segment},
    "others": {"survey": a_survey, "mail": a_mail},
}
TARGETS = {name: target for family in FAMILIES.values() for name, target in family.items()}


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_written_is_read_or_refused(campaign: Callable[..., object], name: str) -> None:
    campaign(name, TARGETS[name], 150 if name in FAMILIES["policy"] | FAMILIES["others"] else 300)


@pytest.mark.soak
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_written_is_read_or_refused_for_long(soak: Callable[..., object], family: str) -> None:
    soak(FAMILIES[family])
