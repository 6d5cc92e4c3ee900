"""The record of processing (GDPR 30; under APPI what a shop must be able to say): what is stored where, and why.

Made of the declarations by which data is found, erased and let go, so that it cannot say anything else.
"""

from collections.abc import Mapping
from typing import Any, Final

from tsuide.app.privacy.phrases import PLACES, TABLES, WORDS
from tsuide.store.personal import HELD, NOBODYS, Held

_COLUMNS: Final = ("table", "what", "purpose", "basis", "kept", "erased", "recipients")


def record_of(days: Mapping[str, int], language: str) -> dict[str, Any]:
    """The record, as JSON.

    Args:
        days: how long rows of each table are kept; 0 = as long as the customer is one.
        language: ja or en.
    """
    entries = [_entry(held, days, language) for held in HELD.values()]
    return {
        "customers": [each for each in entries if HELD[each["table"]].whose == "customer"],
        "staff": [each for each in entries if HELD[each["table"]].whose == "staff"],
        "places": [
            {"place": where, "what": WORDS.text(f"place.{name}", language)}
            | {"kept": WORDS.text(f"place.{name}.kept", language)}
            for name, where in PLACES.items()
        ],
        "nobody": sorted(NOBODYS),
    }


def record_text(days: Mapping[str, int], language: str) -> str:
    """The record as Markdown.

    >>> record_text({}, "en").splitlines()[0]
    '### Record of processing'
    """
    record = record_of(days, language)
    lines = [f"### {WORDS.text('title', language)}", ""]
    for part, columns in (("customer", _COLUMNS), ("staff", _COLUMNS), ("places", ("place", "what", "kept"))):
        rows = record["customers" if part == "customer" else part]
        lines += [f"#### {WORDS.text(f'of.{part}', language)}", ""]
        lines += ["| " + " | ".join(WORDS.text(f"column.{each}", language) for each in columns) + " |"]
        lines += ["|" + "---|" * len(columns)]
        lines += ["| " + " | ".join(_cell(row[each], each) for each in columns) + " |" for row in rows]
        lines += [""]
    lines += [f"#### {WORDS.text('of.nobody', language)}", ""]
    lines += [", ".join(f"`{name}`" for name in record["nobody"]), ""]
    return "\n".join(lines)


def _cell(value: object, column: str) -> str:
    if isinstance(value, list):
        return "; ".join(str(each) for each in value)
    return f"`{value}`" if column in {"table", "place"} else str(value)


def _entry(held: Held, days: Mapping[str, int], language: str) -> dict[str, Any]:
    name, staff = held.table.name, held.whose == "staff"
    kept = days.get(name, 0 if held.ages is None else held.ages.days)
    said = "kept.staff" if staff else "kept.days" if kept else "kept.whole"
    return {
        "table": name,
        "what": TABLES.text(name, language),
        "purpose": WORDS.text(f"purpose.{held.purpose}", language),
        "basis": WORDS.text(f"basis.{held.basis}", language),
        "kept": WORDS.text(said, language, days=kept),
        "kept_days": kept,
        "erased": WORDS.text("deed.staff" if staff else f"deed.{held.erased}", language),
        "recipients": [WORDS.text(f"recipient.{each}", language) for each in held.recipients or ("",)],
    }
