"""Surveys of a shop: written, looked at, answered; what is answered becomes a score, preferences and attributes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import polars as pl

from tsuide.app.applying import customer_with
from tsuide.app.consent_words import ConsentRead
from tsuide.app.feedback import record_feedback
from tsuide.app.wiring import Shop
from tsuide.errors import BadSurvey, BadValue, NotFound, Refused
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.feedback import Feedback
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.kit.clock import from_micros, must_have_happened, to_micros
from tsuide.outreach.surveys.answers import (
    Answers,
    added_up,
    answer_id,
    became_of,
    laid_over,
    plain,
    read_answers,
    score_of,
    words_of,
)
from tsuide.outreach.surveys.survey import READY, Question, Survey, read_survey, ready_survey, ready_text
from tsuide.store.rows import Found, Value

_GLAD: Final = 9  # who gives nine or ten recommends the shop …
_NOT_GLAD: Final = 6  # … who gives six or less speaks against it
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer.

    Args:
        id: the same for the very same answer, however often it comes.
        new: False where it is kept already.
    """

    id: str
    new: bool


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it comes in.

    Args:
        customer_id: whose.
        subject: by what it was asked for: a message's or an invitation's id, or the caller's own key.
        source: page, rep, import …
        given: question → what was said.
        at: UTC.
        agrees: whether they said here that suggestions may be chosen by what they answer.
        read: with which words that was asked; None = not on a page of ours.
    """

    customer_id: str
    subject: str
    source: str
    given: Mapping[str, Sequence[str]]
    at: datetime
    agrees: bool = False
    read: ConsentRead | None = None


# --- what people wrote ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _read(text: str) -> Survey:
    return read_survey(text)


def surveys(shop: Shop) -> dict[str, Survey]:
    """Every survey that can be asked, by id: the ready-made ones, and the shop's own in their place or beside them."""
    return {each: ready_survey(each) for each in READY} | {
        row["id"]: _read(row["text"]) for row in shop.store.surveys.all()
    }


def survey_of(shop: Shop, survey_id: str) -> tuple[Survey, int]:
    """One survey and its version; 0 of a ready-made one.

    Raises:
        NotFound: there is none of this name.
    """
    row = shop.store.surveys.get(survey_id)
    if row is not None:
        return _read(row["text"]), int(row["version"])
    if survey_id not in READY:
        way_out = f"one of {', '.join(sorted(surveys(shop)))}"
        raise NotFound("no such survey", key="survey", value=survey_id, way_out=way_out)
    return ready_survey(survey_id), 0


def text_of(shop: Shop, survey_id: str) -> str:
    """The YAML of one survey.

    Raises:
        NotFound: there is none of this name.
    """
    row = shop.store.surveys.get(survey_id)
    return str(row["text"]) if row is not None else ready_text(survey_id)


def put_survey(
    shop: Shop, text: str, now: datetime, *, author: str | None = None, named: str | None = None
) -> tuple[Survey, int]:
    """Write a survey, or the next version of one; it and its version. Answers to earlier versions stay.

    Args:
        shop: whose.
        text: YAML.
        now: UTC.
        author: who wrote it.
        named: the id that it must have; None = any.

    Raises:
        BadSurvey: names the line; or its id is another.
    """
    made = read_survey(text)
    if named is not None and made.id != named:
        raise BadSurvey("the text is of another survey", key="id", value=made.id, way_out=f"write id: {named}")
    return made, shop.store.surveys.put(made.id, text, now, author)


def check_survey(text: str) -> list[str]:
    """What is wrong with a text; nothing where it can be asked."""
    try:
        read_survey(text)
    except BadSurvey as error:
        return [str(error)]
    return []


# --- answers ----------------------------------------------------------------------------------------------------------


def record_answer(shop: Shop, survey_id: str, said: Given, now: datetime) -> Answered:
    """Keep an answer, and what it becomes: a score, preferences, how often the customer wants to hear from the shop.

    The same again changes nothing. Of several answers the newest holds; all are kept. The answer itself is written
    last: whoever was cut off before tries again, and then nothing is done twice.

    Raises:
        NotFound: no such survey.
        UnknownCustomer: nobody has this id.
        BadValue: an answer that the survey does not have, or one is missing; the question is named.
        Refused: the survey is closed.
    """
    survey, version = survey_of(shop, survey_id)
    if survey.closed:
        raise Refused("the survey is closed", key="survey", value=survey_id, way_out="write closed: false")
    shop.store.facts.customer(said.customer_id)
    must_have_happened("at", said.at, now)
    answers = checked(survey, said.given)
    before = shop.store.surveys.last_of(survey_id, said.customer_id)
    late = before is not None and before["at"] > to_micros(said.at)  # kept, but what is newer holds
    again = before is not None and before["subject"] == said.subject
    if before is not None and again and (_object(before["answers"]), _object(before["texts"])) == _stored(answers):
        _agree(shop, said, before["id"])
        return Answered(before["id"], new=False)
    made = answer_id(said.subject, None if before is None else before["id"], answers)
    held = {} if before is None else _object(before["became"])
    became = {} if late else added_up(held, became_of(survey, answers), again=again)
    score = score_of(survey, answers)
    _agree(shop, said, made)
    if not late:
        _tell_customer(shop, said, laid_over(_attributes(shop, said.customer_id), survey, held, became))
    if score is not None:
        words = words_of(survey, answers)
        told = Feedback(made, said.customer_id, "score", said.at, score, words, f"survey {survey_id}")
        record_feedback(shop, told, now)
    chosen, texts = _stored(answers)
    row: dict[str, Value] = {
        "id": made, "survey_id": survey_id, "version": version, "customer_id": said.customer_id,
        "subject": said.subject, "source": said.source, "at": to_micros(said.at), "score": score,
        "answers": _json(chosen), "texts": _json(texts) if texts else None,
        "became": _json(became) if became else None,
    }  # fmt: skip
    return Answered(made, shop.store.surveys.add(row))


def checked(survey: Survey, given: Mapping[str, Sequence[str]]) -> Answers:
    """The answers, if the survey has them.

    Raises:
        BadValue: names the first question that is at fault.
    """
    strange = next((each for each in given if each not in {question.id for question in survey.questions}), None)
    if strange is not None:
        raise BadValue("no such question", key="answers", value=strange,
                       way_out=", ".join(each.id for each in survey.questions))  # fmt: skip
    answers, faults = read_answers(survey, given)
    for name, fault in faults.items():
        what = {"needed": "is needed", "unknown": "not one of the answers", "long": "too long", "nothing": "no answers"}
        question = next((each for each in survey.questions if each.id == name), None)
        value = None if fault in {"needed", "nothing"} else ", ".join(given.get(name, ()))
        raise BadValue(what[fault], key=name or "answers", value=value, way_out=_way_out(question))
    return answers


def _way_out(question: Question | None) -> str | None:
    if question is None:
        return None
    if question.nps is not None:
        return "0 … 10"
    if question.text is not None:
        return f"at most {question.text.most} characters"
    return ", ".join(each.id for each in question.options)


def _agree(shop: Shop, said: Given, evidence: str) -> None:
    """Their yes to suggestions by what they answer, where they gave it here and it does not hold yet."""
    if not said.agrees or agreed(shop, said.customer_id):
        return
    words = "" if said.read is None else said.read.evidence("personalisation.survey")
    row = {"customer_id": said.customer_id, "purpose": "personalisation", "channel": "any", "granted": True}
    told = {**row, "at": said.at, "source": "survey page", "evidence": f"answer {evidence}" + words}
    shop.store.facts.write_consents(conform(pl.DataFrame([told]), CONSENTS))


def agreed(shop: Shop, customer_id: str) -> bool:
    """Whether the customer's answers may be used to choose what is suggested."""
    rows = shop.store.facts.consents_of(customer_id).iter_rows(named=True)
    return any(row["granted"] and row["purpose"] == "personalisation" for row in rows)


def _tell_customer(shop: Shop, said: Given, changed: Mapping[str, str]) -> None:
    if changed:
        customer = customer_with(shop, Customer(said.customer_id, attributes=changed), said.at)
        shop.store.facts.write_customers(frame_of([customer], CUSTOMERS))


def _attributes(shop: Shop, customer_id: str) -> dict[str, str]:
    return {str(k): str(v) for k, v in _object(shop.store.facts.customer(customer_id).get("attributes")).items()}


def _stored(answers: Answers) -> tuple[dict[str, str], dict[str, str]]:
    """(chosen with commas between, texts): as rows have them."""
    chosen, texts = plain(answers)
    return {name: ",".join(each) for name, each in chosen.items()}, texts


# --- looking ----------------------------------------------------------------------------------------------------------


def surveys_told(shop: Shop) -> list[dict[str, Any]]:
    """Every survey, in short."""
    own = {row["id"]: row["version"] for row in shop.store.surveys.all()}
    return [
        {
            "id": each.id, "names": each.names.model_dump(), "version": own.get(each.id, 0),
            "ready_made": each.id not in own, "closed": each.closed, "questions": len(each.questions),
            "answered": len(_newest_of_each(shop.store.surveys.answers(each.id))),
        }
        for _, each in sorted(surveys(shop).items())
    ]  # fmt: skip


def survey_told(shop: Shop, survey_id: str) -> dict[str, Any]:
    """One survey with its text, and how often each answer was given: of each customer the newest counts.

    Raises:
        NotFound: there is none of this name.
    """
    survey, version = survey_of(shop, survey_id)
    rows = _newest_of_each(shop.store.surveys.answers(survey_id))
    scores = [row["score"] for row in rows if row["score"] is not None]
    return {
        "id": survey.id,
        "names": survey.names.model_dump(),
        "version": version,
        "closed": survey.closed,
        "answered": len(rows),
        "nps": nps(scores),
        "scores": len(scores),
        "questions": [_told(each, rows) for each in survey.questions],
        "text": text_of(shop, survey_id),
    }


def nps(scores: Sequence[int]) -> int | None:
    """The share of those who give nine or ten less that of those who give six or less, −100 … 100; None without any.

    >>> nps([10, 9, 8, 3]), nps([])
    (25, None)
    """
    if not scores:
        return None
    glad, not_glad = sum(each >= _GLAD for each in scores), sum(each <= _NOT_GLAD for each in scores)
    return round(_PERCENT * (glad - not_glad) / len(scores))


def _told(question: Question, rows: Sequence[Found]) -> dict[str, Any]:
    said = [_object(row["answers"]).get(question.id) for row in rows]
    words = sum(question.id in _object(row["texts"]) for row in rows)
    answered = [each for each in said if each]
    known = [str(each) for each in range(11)] if question.nps is not None else [each.id for each in question.options]
    names = {each.id: each.says.model_dump() for each in question.options}
    counts = [
        {"id": each, "says": names.get(each), "n": sum(each in one.split(",") for one in answered)} for each in known
    ]
    n = words if question.text is not None else len(answered)
    return {"id": question.id, "ask": question.ask.model_dump(), "kind": question.kind, "n": n, "answers": counts}


def _newest_of_each(rows: Sequence[Found]) -> list[Found]:
    """Of each customer the first; whom nobody knows any more counts each time."""
    seen: set[str] = set()
    found = []
    for row in rows:
        who = row["customer_id"]
        if who is None or who not in seen:
            found.append(row)
        if who is not None:
            seen.add(who)
    return found


def answers_told(
    shop: Shop, survey_id: str, *, customer_id: str | None = None, every: bool = False, n: int = 200
) -> list[dict[str, Any]]:
    """What was answered, the newest first.

    Args:
        shop: whose.
        survey_id: which.
        customer_id: only theirs.
        every: earlier answers of the same customer too.
        n: at most so many.

    Raises:
        NotFound: there is no survey of this name.
    """
    survey_of(shop, survey_id)
    rows = shop.store.surveys.answers(survey_id)
    if customer_id is not None:
        rows = [row for row in rows if row["customer_id"] == customer_id]
    return [
        {
            "id": row["id"], "customer_id": row["customer_id"], "at": from_micros(row["at"]).isoformat(),
            "version": row["version"], "source": row["source"], "score": row["score"],
            "answers": read_row(row)[0], "texts": read_row(row)[1], "became": _object(row["became"]),
        }
        for row in (rows if every else _newest_of_each(rows))[:n]
    ]  # fmt: skip


def read_row(row: Found) -> tuple[dict[str, list[str]], dict[str, str]]:
    """(question → what was chosen, question → their words) of an answer as it is kept."""
    chosen = {name: str(each).split(",") for name, each in _object(row["answers"]).items()}
    return chosen, {name: str(each) for name, each in _object(row["texts"]).items()}


def _object(text: object) -> dict[str, Any]:
    found = json.loads(str(text)) if text else {}
    return found if isinstance(found, dict) else {}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
