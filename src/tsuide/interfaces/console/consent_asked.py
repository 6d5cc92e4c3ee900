"""With which words consent is asked for: written here, every version kept as what customers agreed to."""

from typing import Any, Final

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.consent_words import CONSENTS_ASKED, every_consent_words, restore_consent_words, set_consent_words
from tsuide.errors import TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.settings import SETTINGS
from tsuide.interfaces.console.settings import TABS
from tsuide.interfaces.console.tables import Action, Column, Table
from tsuide.interfaces.console.visit import Visit, change, plain_form, see, whole
from tsuide.kit.phrases import LANGUAGES

_HERE: Final = "/settings/consent"


def words(visit: Visit) -> Response:
    """The words of now, to be changed, and every version before."""
    return _words(visit)


def _words(visit: Visit, problem: TsuideError | None = None) -> Response:
    versions = every_consent_words(visit.shop, visit.now)
    newest, language = versions[-1], visit.language
    given = {f"{name}.{tongue}": newest.text(name, tongue) for name in CONSENTS_ASKED for tongue in LANGUAGES}
    rows: list[dict[str, Any]] = [
        {"version": each.number, "since": each.at, "who": each.who or SETTINGS.text("as_brought", language),
         "said": [f"{SETTINGS.text(f'asked.{name}', language)}: {each.text(name, language)}"
                  for name in CONSENTS_ASKED]}
        for each in reversed(versions)
    ]  # fmt: skip
    columns = [
        Column("version", kind="number", help="of_version"), Column("since", kind="moment"),
        Column("who", "written_by"),
        Column("said", "words_said", kind="lines", sortable=False),
    ]  # fmt: skip
    again = Action("ask_so_again", f"{_HERE}/restore",
                   lambda row: None if row["version"] == newest.number else {"version": row["version"]})  # fmt: skip
    return page(
        visit, "settings_consent.html", "room.settings", SETTINGS, problem=problem, tabs=TABS, asked=CONSENTS_ASKED,
        given=given | (plain_form(visit.form) if problem is not None else {}), newest=newest.number,
        tables=[Table("versions", columns, rows, [again], title_key="version")],
    )  # fmt: skip


def set_words(visit: Visit) -> Response:
    """Ask with other words from now on."""
    said = {name: {tongue: visit.given(f"{name}.{tongue}") for tongue in LANGUAGES} for name in CONSENTS_ASKED}
    over = whole(visit.given("over")) or 0
    before = every_consent_words(visit.shop, visit.now)[-1]
    try:
        made = set_consent_words(visit.shop, said, visit.user.name, visit.now, over=over)
    except TsuideError as error:
        return _words(visit, error)
    if made.number == before.number:
        return visit.done(_HERE)
    return _done(visit, over, made.number)


def restore(visit: Visit) -> Response:
    """Ask with the words of an older version again."""
    versions = every_consent_words(visit.shop, visit.now)
    number = whole(visit.must("version")) or 0
    if not 1 <= number < len(versions):
        return visit.done(_HERE)
    made = restore_consent_words(visit.shop, number, visit.user.name, visit.now, over=len(versions))
    return visit.done(_HERE) if made.number == len(versions) else _done(visit, len(versions), made.number)


def _done(visit: Visit, before: int, after: int) -> Response:
    versions = every_consent_words(visit.shop, visit.now)
    was, now = versions[before - 1].words, versions[after - 1].words
    changed = [name for name in CONSENTS_ASKED if was.get(name) != now.get(name)]
    told = [{name: dict(each.get(name, {})) for name in changed} for each in (was, now)]
    undo = {"before": before, "made": after}
    return visit.done(_HERE, visit.record(Change("consent.words", "consent", told[0], told[1], undo)))


ROUTES: Final = [
    see(_HERE, "settings", words),
    change(_HERE, "settings", set_words),
    change(f"{_HERE}/restore", "settings", restore),
]
