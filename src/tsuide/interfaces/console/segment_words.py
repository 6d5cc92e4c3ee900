"""A condition, and why somebody came or went, in words."""

from collections.abc import Mapping
from typing import Any

from tsuide.interfaces.console.phrases.segments import SEGMENTS
from tsuide.interfaces.console.segment_form import Group, Row, rows_of
from tsuide.outreach.segments.vocabulary import DEED_WORDS, FACTS


def cause_said(cause: str, language: str) -> str:
    """Why somebody came or went."""
    known = SEGMENTS.all(language)
    return known.get(f"cause.{cause}", cause)


def condition_spoken(form: Mapping[str, Any], language: str) -> list[str]:
    """A condition in words: one line for each row of its form."""
    rows = rows_of(dict(form))
    told = []
    for _, item, inside in rows.numbered():
        said = [_row_said(row, language) for _, row in inside]
        if not isinstance(item, Group):
            told += said
            continue
        joined = SEGMENTS.text(f"join.{item.join}", language).join(said)
        told.append(SEGMENTS.text("negated_group", language, what=joined) if item.negated else joined)
    return told


def _row_said(row: Row, language: str) -> str:
    place = 0 if language == "ja" else 1
    match row.kind:
        case "did":
            words = DEED_WORDS[row.name][place]  # type: ignore[index]  # of a condition that was read
            parts = {"what": row.value or SEGMENTS.text("anything", language), "did": words}
            said = SEGMENTS.text("said.did", language, **parts)
            said += SEGMENTS.text("said.within", language, n=row.within) if row.within else ""
            said += SEGMENTS.text("said.times", language, n=row.times) if row.times else ""
        case "consented":
            said = SEGMENTS.text("said.consented", language, purpose=row.value, channel=row.how)
        case "birthday":
            said = SEGMENTS.text("said.birthday", language, n=row.value)
        case "everybody":
            said = SEGMENTS.text("said.everybody" if row.how == "yes" else "said.nobody", language)
        case "condition":
            said = row.value
        case _:
            fact = FACTS.get(row.name) if row.kind != "attribute" else None
            name = row.name if fact is None else (fact.ja if place == 0 else fact.en)
            said = SEGMENTS.text(f"said.{row.how}", language, name=name, value=row.value, high=row.high)
    return SEGMENTS.text("negated", language, what=said) if row.negated else said
