"""`tsuide segment …`: try conditions, define segments, see who is in, who came and went, and why."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from tsuide.app import segments as shelf
from tsuide.app.segment_keeping import keep_all_segments
from tsuide.app.wiring import opened
from tsuide.config import load_settings
from tsuide.errors import BadFile, BadValue, Conflict
from tsuide.interfaces.cli.options import Database, Home, now
from tsuide.interfaces.cli.terminal import Json, emit, errors_shown
from tsuide.outreach.segments.definition import Segment, segment_from
from tsuide.outreach.segments.ready import ready_made
from tsuide.outreach.segments.vocabulary import WHO, Who, described

segment = typer.Typer(no_args_is_help=True, help="Sets of customers that stay current: try, define, look inside.")
Id = Annotated[str, typer.Argument(help="As `tsuide segment list` shows it.")]
Among = Annotated[str, typer.Option("--who", help=f"Among whom: {', '.join(WHO)}.")]
Confirm = Annotated[
    int | None, typer.Option("--confirm", help="How many it is meant to hold, of one that holds everybody.")
]
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]


@segment.command("try")
def try_(
    condition: Annotated[str, typer.Argument(help="Such as \"prefecture = '東京都' and spent > 50000\".")],
    who: Among = "customers",
    sample: Annotated[int, typer.Option("--sample", min=0, max=1_000, help="Show so many of them.")] = 10,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Whom a condition holds of now; nothing is kept."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        found = shelf.preview(shop, condition, _who(who), now(), sample)
        emit(found.plain(), lambda: _sentence(found), as_json=as_json)


def _sentence(found: shelf.Preview) -> str:
    unknown = f"\nOf {found.unknown:,} it cannot be said: something is not known of them." if found.unknown else ""
    some = "\n" + ", ".join(found.sample) if found.sample else ""
    return f"{found.size:,} of {found.of:,}{unknown}{some}"


@segment.command("set")
def put(
    file: Annotated[Path, typer.Argument(help="One segment, or a list of them, as YAML or JSON.")],
    confirm: Confirm = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Define segments, new or changed; one that holds everybody asks for a yes with the number."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        defined = [segment_from(row) for row in _read(file)]
        rows = [_put(shop, each, confirm).plain() for each in defined]
        emit({"segments": rows}, lambda: _table(rows), as_json=as_json)


def _put(shop: Any, each: Segment, confirm: int | None) -> shelf.Standing:  # noqa: ANN401 - the open shop
    try:
        return shelf.put_segment(shop, each, now(), confirm=confirm)
    except Conflict as error:
        if error.key != "confirm" or confirm is not None or not sys.stdin.isatty():
            raise
        typer.confirm(f"{each.id} {error.what}. Define it so?", abort=True)
        whole = shelf.preview(shop, each.condition, each.who, now(), 0).size
        return shelf.put_segment(shop, each, now(), confirm=whole)


@segment.command("list")
def show(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Every segment with its size."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        keep_all_segments(shop, now())
        rows = [each.plain() for each in shelf.standings(shop)]
        emit({"segments": rows}, lambda: _table(rows), as_json=as_json)


@segment.command("show")
def one(
    segment_id: Id, limit: Most = 20, home: Home = None, database_url: Database = None, as_json: Json = False
) -> None:
    """One segment: its condition, some members, its size over time, its versions."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        keep_all_segments(shop, now())
        result = {
            "segment": shelf.standing(shop, segment_id).plain(),
            "members": shelf.members_of(shop, segment_id, limit),
            "history": shelf.history_of(shop, segment_id)[-limit:],
            "versions": shelf.versions_of(shop, segment_id),
        }
        emit(result, lambda: _shown(result), as_json=as_json)


@segment.command("overlap")
def overlap(
    segments: Annotated[list[str], typer.Argument(help="Two or more.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """How many are in several segments at once."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        keep_all_segments(shop, now())
        result = shelf.overlap_of(shop, segments)
        emit(result, lambda: _overlap(result), as_json=as_json)


@segment.command("events")
def events(
    segment_id: Annotated[str | None, typer.Argument(help="Of this segment only.")] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Only what came after this seq.")] = 0,
    limit: Most = 100,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Who entered and who left, and why."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        keep_all_segments(shop, now())
        rows = shelf.events_after(shop, after, limit, segment_id)
        emit({"events": rows}, lambda: _rows(rows, "Nobody came or went."), as_json=as_json)


@segment.command("why")
def why(
    segment_id: Id,
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Whether a customer is in a segment, and which part of its condition says so."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        keep_all_segments(shop, now())
        result = shelf.why(shop, segment_id, now(), customer)
        emit(result, lambda: _why(result), as_json=as_json)


@segment.command("undo")
def undo(segment_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Go back to the version before; bring back what was removed."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        rows = [shelf.undo_segment(shop, segment_id, now()).plain()]
        emit({"segments": rows}, lambda: _table(rows), as_json=as_json)


@segment.command("remove")
def remove(segment_id: Id, home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Take a segment out of use; `undo` brings it back."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        left = shelf.remove_segment(shop, segment_id, now())
        emit({"segment": segment_id, "left": left}, lambda: f"{segment_id}: {left:,} left", as_json=as_json)


@segment.command("export")
def export(
    segment_id: Id,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file.")],
    form: Annotated[str, typer.Option("--format", help="google, meta or criteo.")] = "google",
    country: Annotated[str, typer.Option("--country", help="Of telephone numbers that name none.")] = "JP",
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Those who agreed to marketing, hashed as an ad platform takes them."""
    from tsuide.app.audiences import export_audience
    from tsuide.outreach.audiences import AUDIENCE_FORMATS

    with errors_shown(as_json=as_json):
        chosen = [each for each in AUDIENCE_FORMATS if each == form]
        if not chosen:
            raise BadValue("not a format", key="--format", value=form, way_out=", ".join(AUDIENCE_FORMATS))
        with opened(load_settings(home=home, database_url=database_url)) as shop:
            keep_all_segments(shop, now())
            told = asdict(export_audience(shop, segment_id, chosen[0], output, country))
        result = {"segment": segment_id, "format": form, "file": str(output), **told}
        emit(result, lambda: _exported(told), as_json=as_json)


def _exported(told: Mapping[str, int]) -> str:
    left = {
        "without_consent": "without consent to marketing", "without_address": "without an address",
        "without_name": "visitors without a name",
    }  # fmt: skip
    out = ", ".join(f"{told[name]:,} {words}" for name, words in left.items() if told[name])
    return f"{told['rows']:,} written of {told['people']:,}" + (f"; left out: {out}" if out else "")


@segment.command("refresh")
def refresh(home: Home = None, database_url: Database = None, as_json: Json = False) -> None:
    """Bring every segment up to date; a running server does so by itself."""
    with errors_shown(as_json=as_json), opened(load_settings(home=home, database_url=database_url)) as shop:
        done = keep_all_segments(shop, now())
        result = {"sheets": done.sheets, "entered": done.entered, "left": done.left}
        emit(result, lambda: f"{done.entered:,} entered, {done.left:,} left", as_json=as_json)


@segment.command("ready")
def ready(
    take: Annotated[str | None, typer.Argument(help="Take this one; without it every one is listed.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--with", help="What it needs, such as category=camera; may be given again.")
    ] = None,
    confirm: Confirm = None,
    home: Home = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Ready-made segments: list them, or take one with the shop's own borders."""
    with errors_shown(as_json=as_json):
        if take is None:
            rows = [each.plain() for each in ready_made().values()]
            emit({"ready": rows}, lambda: _ready(rows), as_json=as_json)
            return
        with opened(load_settings(home=home, database_url=database_url)) as shop:
            rows = [shelf.take(shop, take, _pairs(given or []), now(), confirm=confirm).plain()]
            emit({"segments": rows}, lambda: _table(rows), as_json=as_json)


@segment.command("vocabulary")
def vocabulary(as_json: Json = False) -> None:
    """Every fact that a condition may name."""
    with errors_shown(as_json=as_json):
        rows = described()
        emit({"facts": rows}, lambda: _rows(rows, ""), as_json=as_json)


def _who(text: str) -> Who:
    for each in WHO:
        if each == text:
            return each
    raise BadValue("not a choice", key="who", value=text, way_out=", ".join(WHO))


def _pairs(given: Sequence[str]) -> dict[str, str]:
    for each in given:
        if "=" not in each:
            raise BadValue("must be name=value", key="with", value=each, way_out="--with category=camera")
    return {name.strip(): value.strip() for name, _, value in (each.partition("=") for each in given)}


def _read(file: Path) -> list[Mapping[str, Any]]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise BadFile("cannot be read as YAML or JSON", key="file", value=str(file)) from exc
    rows = found if isinstance(found, list) else [found]
    if not rows or not all(isinstance(each, Mapping) for each in rows):
        raise BadFile("needs one object, or a list of them", key="file", value=str(file))
    return rows


def _table(rows: Sequence[Mapping[str, Any]]) -> Table | str:
    if not rows:
        return "No segments yet. Take one: tsuide segment ready vip"
    table = Table("id", "name", "among", "size", "version", "condition")
    for row in rows:
        size = "" if row["size"] is None else f"{row['size']:,}"
        table.add_row(row["id"], row["names"]["en"], row["who"], size, str(row["version"]), row["condition"])
    return table


def _ready(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("ready-made", "name", "what it holds", "needs")
    for row in rows:
        table.add_row(row["ready"], row["names"]["en"], row["about"]["en"], ", ".join(row["needs"]))
    return table


def _rows(rows: Sequence[Mapping[str, Any]], nothing: str) -> Table | str:
    if not rows:
        return nothing
    names = list(rows[0])
    table = Table(*names)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    return table


def _shown(result: Mapping[str, Any]) -> str:
    row = result["segment"]
    members = ", ".join(each["customer_id"] or each["anonymous_id"] for each in result["members"])
    sizes = "\n".join(f"  {each['hour']}  {each['size']:,}" for each in result["history"])
    return f"{row['names']['en']}: {row['condition']}\n{row['size'] or 0:,} in it: {members}\n{sizes}"


def _overlap(result: Mapping[str, Any]) -> Table:
    table = Table("in exactly these", "how many")
    for each in result["exactly"]:
        table.add_row(" + ".join(each["segments"]), f"{each['size']:,}")
    return table


def _why(result: Mapping[str, Any], depth: int = 0) -> str:
    part = result.get("parts", result)
    mark = {True: "yes", False: "no", None: "not known"}[part["holds"]]
    lines = [f"{'  ' * depth}{mark:>9}  {part['condition']}"]
    below = [*part.get("all", []), *part.get("any", []), *([part["not"]] if "not" in part else [])]
    return "\n".join([*lines, *(_why(each, depth + 1) for each in below)])
