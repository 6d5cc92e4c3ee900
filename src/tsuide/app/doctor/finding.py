"""What was found, and how it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from tsuide.app.doctor.words import WORDS
from tsuide.errors import TsuideError

Grade: TypeAlias = Literal["good", "mind", "bad"]
_ERROR: Final = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        name: of what was looked at; the same in every language.
        grade: good; mind: works, and could be better; bad: has to be mended.
        code: of the words that say what stands there and what to do about it.
        blanks: of those words.
    """

    name: str
    grade: Grade
    code: str
    blanks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in one language.

    Args:
        title: what was looked at.
        found: what stands there.
        do: what to do about it; empty where all is good.
    """

    name: str
    grade: Grade
    code: str
    title: str
    found: str
    do: str


def told(finding: Finding, language: str) -> Told:
    """A finding in words.

    >>> told(Finding("clock", "bad", "clock_early", {"at": "1970-01-01 00:00"}), "en").do
    "set this machine's clock (timedatectl set-ntp true)"
    >>> told(Finding("clock", "good", "clock", {"at": "2026-12-01 00:00"}), "ja").found
    '2026-12-01 00:00 UTC'
    """
    found, do = (WORDS.text(f"{finding.code}.{part}", language, **finding.blanks) for part in ("found", "do"))
    title = WORDS.text(f"name.{finding.name}", language)
    return Told(finding.name, finding.grade, finding.code, title, found, do)


def of_error(name: str, error: TsuideError) -> Finding:
    """What an error says, as a finding: its own words, since they name key, value and the way out."""
    return Finding(name, "bad", _ERROR, {"text": str(error), "way": error.way_out or ""})


def found_again(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Findings that were kept as plain data; what another version wrote is left out.

    >>> found_again([{"name": "disk", "found": "of an older version"}])
    []
    """
    known = WORDS.all("en")
    return [
        Finding(row["name"], row["grade"], row["code"], dict(row["blanks"]))
        for row in rows
        if f"{row.get('code')}.found" in known and f"name.{row['name']}" in known
    ]
