"""What was answered: checked against its survey, and what it becomes of the customer's preferences. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from tsuide.facts.feedback import HIGHEST_SCORE, LOWEST_SCORE
from tsuide.kit.text import fold_width
from tsuide.outreach.surveys.survey import CONTACT_DAYS, Contact, Question, Survey

Fault: TypeAlias = Literal["needed", "unknown", "long", "nothing"]
WHOLE: Final = ""
"""Stands for the survey itself where a fault is of no single question."""
FREQUENCY: Final = "mail_every_days"
"""The customer's attribute that names how often at most they want to hear from the shop."""
BUDGET: Final = "budget"
_LISTS: Final = {"taste": "tastes", "need": "needs", "goal": "goals"}  # what an answer says → the attribute
_MOST_WORDS: Final = 10  # that one text becomes
_LONGEST_WORD: Final = 100
_BETWEEN: Final = re.compile(r"[,、，\r\n]+")
_SCORES: Final = tuple(str(each) for each in range(LOWEST_SCORE, HIGHEST_SCORE + 1))


@dataclass(frozen=True, slots=True)
class Answers:
    """What a customer answered; a question that is in neither was left out.

    Args:
        chosen: question → what was chosen; of a score its number.
        texts: question → their words.
    """

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


Became: TypeAlias = dict[str, Any]
"""What one answer became: ``tastes``, ``needs``, ``goals`` (lists of words), ``budget``, ``contact``; of plain JSON."""


def read_answers(survey: Survey, given: Mapping[str, Sequence[str]]) -> tuple[Answers, dict[str, Fault]]:
    """The answers that a form or a caller gives, and what is wrong with them by question; keys of no question are none.

    >>> from tsuide.outreach.surveys.survey import ready_survey
    >>> answers, faults = read_answers(ready_survey("nps"), {"score": ["9"], "why": [" fast "]})
    >>> answers.chosen, answers.texts, faults
    ({'score': ('9',)}, {'why': 'fast'}, {})
    >>> read_answers(ready_survey("nps"), {"score": ["11"]})[1]
    {'score': 'unknown'}
    """
    chosen: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for question in survey.questions:
        said = tuple(dict.fromkeys(each.strip() for each in given.get(question.id, ()) if each.strip()))
        if not said:
            if question.needed:
                faults[question.id] = "needed"
        elif question.text is not None:
            words = "\n".join(said).replace("\r\n", "\n")
            if len(words) > question.text.most:
                faults[question.id] = "long"
            texts[question.id] = words
        else:
            if not set(said) <= set(_choices(question)) or (question.several is None and len(said) > 1):
                faults[question.id] = "unknown"
            chosen[question.id] = said
    if not chosen and not texts and not faults:
        faults[WHOLE] = "nothing"
    return Answers(chosen, texts), faults


def _choices(question: Question) -> Sequence[str]:
    return _SCORES if question.nps is not None else [each.id for each in question.options]


def score_of(survey: Survey, answers: Answers) -> int | None:
    """The score that was given; None where none was."""
    asked = survey.score
    said = answers.chosen.get(asked.id) if asked is not None else None
    return int(said[0]) if said else None


def words_of(survey: Survey, answers: Answers) -> str | None:
    """The customer's own words, as they stand beside a score; None where they wrote none."""
    said = [answers.texts[each.id] for each in survey.questions if each.id in answers.texts]
    return "\n".join(said) or None


def became_of(survey: Survey, answers: Answers) -> dict[str, Became]:
    """Question → what its answer becomes; an answered question that becomes nothing is there too, with nothing.

    >>> from tsuide.outreach.surveys.survey import ready_survey
    >>> became_of(ready_survey("needs"), Answers({"budget": ("to_3000",), "stage": ("beginning",)}))
    {'stage': {'goals': ['begin']}, 'budget': {'budget': 3000}}
    """
    found: dict[str, Became] = {}
    for question in survey.questions:
        said = answers.chosen.get(question.id, ())
        if said:
            found[question.id] = _became([each.becomes for each in question.options if each.id in said])
        elif question.id in answers.texts:
            becomes = question.text.becomes if question.text is not None else None
            words = _words(answers.texts[question.id]) if becomes is not None else []
            found[question.id] = {_LISTS[becomes]: words} if becomes is not None and words else {}
    return found


def _became(said: Sequence[Any]) -> Became:
    told = [each.model_dump(exclude_none=True) for each in said if each is not None]
    made: Became = {}
    for name, attribute in _LISTS.items():
        words = list(dict.fromkeys(each[name] for each in told if name in each))
        if words:
            made[attribute] = words
    budgets = [each["budget"] for each in told if "budget" in each]
    if budgets:
        made["budget"] = max(budgets)
    contacts: list[Contact] = [each["contact"] for each in told if "contact" in each]
    if contacts:
        made["contact"] = max(contacts, key=CONTACT_DAYS.__getitem__)
    return made


def _words(text: str) -> list[str]:
    r"""What a text names, a line or a part between commas each.

    >>> _words("静かなキーボード、 手首の痛み\n大きい画面")
    ['静かなキーボード', '手首の痛み', '大きい画面']
    """
    parts = (" ".join(fold_width(each).split())[:_LONGEST_WORD] for each in _BETWEEN.split(text))
    return list(dict.fromkeys(each for each in parts if each))[:_MOST_WORDS]


def added_up(before: Mapping[str, Became], now: Mapping[str, Became], *, again: bool) -> dict[str, Became]:
    """What holds once these answers came: each question's newest.

    Args:
        before: what held.
        now: what the new answers become.
        again: whether they were given by the link of those before: then what was left out now was taken back.

    >>> added_up({"a": {"goals": ["x"]}, "b": {"budget": 5}}, {"a": {}}, again=False)
    {'b': {'budget': 5}}
    """
    kept = {} if again else {name: became for name, became in before.items() if name not in now}
    return {**kept, **{name: became for name, became in now.items() if became}}


def laid_over(
    attributes: Mapping[str, str], survey: Survey, before: Mapping[str, Became], now: Mapping[str, Became]
) -> dict[str, str]:
    """The attributes that change, where `now` holds of a survey after `before` did.

    What the customer could have chosen and did not is taken out; what came from elsewhere stays.

    >>> from tsuide.outreach.surveys.survey import ready_survey
    >>> needs = ready_survey("needs")
    >>> laid_over({"tastes": "wool, easy"}, needs, {}, {"matters": {"tastes": ["eco"]}})
    {'tastes': 'wool, eco'}
    >>> laid_over({"tastes": "wool, eco"}, needs, {"matters": {"tastes": ["eco"]}}, {})
    {'tastes': 'wool'}
    """
    changed: dict[str, str] = {}
    for name, attribute in _LISTS.items():
        new = list(dict.fromkeys(word for each in now.values() for word in each.get(attribute, ())))
        gone = {word for each in before.values() for word in each.get(attribute, ())} | _others(survey, now, name)
        known = [each.strip() for each in attributes.get(attribute, "").split(",") if each.strip()]
        words = [*(each for each in known if each not in gone and each not in new), *new]
        if words != known:
            changed[attribute] = ", ".join(words)
    budget, former = _newest(now, "budget"), _newest(before, "budget")
    if budget is not None:
        changed[BUDGET] = str(budget)
    elif former is not None and attributes.get(BUDGET) == str(former):
        changed[BUDGET] = ""
    days = _days(attributes, _newest(before, "contact"), _newest(now, "contact"))
    if days is not None:
        changed[FREQUENCY] = str(days)
    return {name: value for name, value in changed.items() if value != attributes.get(name, "")}


def _others(survey: Survey, now: Mapping[str, Became], name: str) -> set[str]:
    """Every word that the answered questions offer."""
    offered = (each for question in survey.questions if question.id in now for each in question.options)
    words = (getattr(each.becomes, name) for each in offered if each.becomes is not None)
    return {each for each in words if each is not None}


def _newest(became: Mapping[str, Became], name: str) -> Any:  # noqa: ANN401 - a number or a word
    return next((each[name] for each in reversed([*became.values()]) if name in each), None)


def _days(attributes: Mapping[str, str], before: Contact | None, now: Contact | None) -> int | None:
    """How many days lie between letters from now on; None where nothing changes. What is stricter already stays."""
    if before is None and now is None:
        return None
    text = attributes.get(FREQUENCY, "")
    chosen = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0  # noqa: PLR2004 - days
    if before is not None and chosen == CONTACT_DAYS[before]:
        chosen = 0  # it was this survey that said so
    return max(chosen, CONTACT_DAYS[now] if now is not None else 0)


def answer_id(subject: str, before: str | None, answers: Answers) -> str:
    """The id of an answer: the same words again after the same others are the same answer, however often they come."""
    told = json.dumps([subject, before, *plain(answers)], ensure_ascii=False, sort_keys=True)
    return f"sa_{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"


def plain(answers: Answers) -> tuple[dict[str, list[str]], dict[str, str]]:
    """(chosen, texts) as plain JSON."""
    return {name: list(each) for name, each in answers.chosen.items()}, dict(answers.texts)
