"""`tsuide survey …`: write a survey, make a link to it, take an answer by hand, see what was answered."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from tsuide.config import load_settings
from tsuide.errors import BadFile, BadValue
from tsuide.interfaces.cli.effect import Language
from tsuide.interfaces.cli.options import At, Database, Home, entropy, moment, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown, local

survey = typer.Typer(no_args_is_help=True, help="Surveys: what is asked, and what the answers become.")
Name = Annotated[str, typer.Argument(help="The survey's id: `tsuide survey list`.")]
Who = Annotated[str, typer.Argument(help="The customer's id.")]
File = Annotated[Path, typer.Argument(help="YAML; docs/surveys.md describes it.")]


@survey.command("schema")
def schema() -> None:
    """The JSON schema of a survey's file, for editors."""
    from tsuide.outreach.surveys.survey import schema as made

    typer.echo(json.dumps(made(), ensure_ascii=False, indent=2))


@survey.command("ready")
def ready(
    name: Annotated[str | None, typer.Argument(help="One of them: its text, to begin one's own from.")] = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Ready-made surveys; they can be asked as they are."""
    from tsuide.outreach.surveys.survey import READY, ready_survey, ready_text

    with errors_shown(as_json=as_json):
        if name is not None:
            typer.echo(ready_text(name), nl=False)
            return
        told = language or load_settings().language
        found = [ready_survey(each) for each in READY]
        rows = [
            {"id": each.id, "name": each.names.model_dump()[told], "questions": len(each.questions)} for each in found
        ]
        table = Table("id", "name", "questions")
        for row in rows:
            table.add_row(*(escape(str(value)) for value in row.values()))
        emit({"surveys": rows}, lambda: table, as_json=as_json)


@survey.command("check")
def check(file: File, as_json: Json = False) -> None:
    """Whether a file is a survey; what is wrong, and on which line. Ends with 1 where something is."""
    from tsuide.app.surveys import check_survey

    with errors_shown(as_json=as_json):
        faults = check_survey(_text(file))
        emit({"faults": faults}, lambda: "\n".join(faults) or "nothing is wrong with it", as_json=as_json)
        if faults:
            raise typer.Exit(1)


@survey.command("put")
def put(
    file: File,
    author: Annotated[str | None, typer.Option("--author", help="Who wrote it.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Write a survey, or its next version; one of a ready-made id stands in its place."""
    from tsuide.app.surveys import put_survey
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        made, version = put_survey(shop, _text(file), now(), author=author)
        emit({"id": made.id, "version": version}, lambda: f"{made.id}, version {version}", as_json=as_json)


@survey.command("list")
def list_(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every survey that can be asked, and how many answered."""
    from tsuide.app.surveys import surveys_told
    from tsuide.app.wiring import opened

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        rows = surveys_told(shop)
        table = Table("id", "name", "version", "questions", "answered")
        for row in rows:
            version = "ready-made" if row["ready_made"] else str(row["version"])
            cells = (
                row["id"],
                row["names"][shop.settings.language],
                version,
                str(row["questions"]),
                f"{row['answered']:,}",
            )
            table.add_row(*map(escape, cells))
        emit({"surveys": rows}, lambda: table, as_json=as_json)


@survey.command("show")
def show(
    name: Name, language: Language = None, home: Home = None, database_url: Database = None, as_json: Json = False
) -> None:
    """One survey, and how often each answer was given; of each customer the newest counts."""
    from tsuide.app.surveys import survey_told
    from tsuide.app.wiring import opened

    settings = load_settings(home=home, database_url=database_url)
    with errors_shown(as_json=as_json), opened(settings) as shop:
        told = survey_told(shop, name)
        emit(told, lambda: _shown(told, language or shop.settings.language), as_json=as_json)


@survey.command("answers")
def answers(
    name: Name,
    customer: Annotated[str | None, typer.Option("--customer", help="Only theirs.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Earlier answers of the same customer too.")] = False,
    n: Annotated[int, typer.Option("--n", min=1, max=10_000, help="At most so many.")] = 200,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """What was answered, the newest first."""
    from tsuide.app.surveys import answers_told
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = answers_told(shop, name, customer_id=customer, every=every, n=n)
        table = Table("customer", "at", "by", "answers")
        for row in rows:
            said = [f"{key}: {', '.join(each)}" for key, each in row["answers"].items()]
            said += [f"{key}: {words}" for key, words in row["texts"].items()]
            table.add_row(
                *map(
                    escape,
                    (
                        row["customer_id"] or "–",
                        local(row["at"], shop.settings.time_zone),
                        row["source"],
                        "\n".join(said),
                    ),
                )
            )
        empty = f"nobody has answered yet: tsuide survey link {name} CUSTOMER makes a link"
        emit({"answers": rows}, lambda: table if rows else empty, as_json=as_json)


@survey.command("link")
def link(name: Name, customer: Who, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """A link to a survey for one customer, good as long as the survey says (`open_for`)."""
    from tsuide.app.mail_links import mail_links
    from tsuide.app.survey_pages import invite
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        at = now()
        made = invite(shop, mail_links(shop, at), name, customer, at, entropy())
        hint = "" if shop.settings.public_url else "\nTSUIDE_PUBLIC_URL says where customers reach this server"
        emit(made, lambda: f"{made['url']}{hint}", as_json=as_json)


@survey.command("answer")
def answer(
    name: Name,
    customer: Who,
    given: Annotated[list[str], typer.Argument(help="question=answer; of several answers each once more.")],
    at: At = None,
    own: Annotated[str | None, typer.Option("--id", help="Your own id of the conversation; else the moment.")] = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Take an answer by hand, as it was given on the phone or on paper."""
    from tsuide.app.surveys import Given, record_answer
    from tsuide.app.wiring import opened

    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        said: dict[str, list[str]] = {}
        for each in given:
            question, sign, value = each.partition("=")
            if not sign:
                raise BadValue("not an answer", key="given", value=each, way_out="write score=9")
            said.setdefault(question, []).append(value)
        when = moment(at, shop.settings.time_zone)
        made = record_answer(shop, name, Given(customer, own or f"hand {when.isoformat()}", "hand", said, when), now())
        state = "recorded" if made.new else "recorded before"
        emit({"answer": made.id, "new": made.new}, lambda: f"{made.id}: {state}", as_json=as_json)


def _shown(told: dict[str, Any], language: str) -> RenderableType:
    parts: list[RenderableType] = [f"{told['names'][language]}: {told['answered']:,} answered"]
    if told["nps"] is not None:
        parts.append(f"NPS {told['nps']:+d} of {told['scores']:,} scores")
    for question in told["questions"]:
        parts.append(f"\n{escape(question['ask'][language])} ({question['n']:,})")
        table = Table("answer", "n", show_header=False, box=None)
        for each in question["answers"]:
            table.add_row(escape(each["says"][language] if each["says"] else each["id"]), f"{each['n']:,}")
        if question["answers"]:
            parts.append(table)
    return Group(*parts)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise BadFile("cannot be read", key="file", value=str(file)) from exc
