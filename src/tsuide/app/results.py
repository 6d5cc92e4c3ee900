"""The report of results from a shop's store, its rows, and its files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from tsuide.app.effect import (
    BACK,
    Facts,
    credits_of,
    gather_facts,
    offered,
    other_currencies,
    read_standing,
    under_units,
)
from tsuide.app.exposures import exposures, records_between
from tsuide.app.group_effect import group_effect
from tsuide.app.models import lines_of
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, SampleRatioMismatch, TooFewData, TsuideError, Unavailable
from tsuide.kit.clock import from_micros, midnight, zone
from tsuide.proof.reports.results import (
    SOUGHT,
    TOUCHED,
    Because,
    Results,
    customer_table,
    exploded,
    first_purchases,
    offer_table,
    reason_table,
    unmet,
)
from tsuide.proof.reports.results_page import groups_csv, results_csv, results_page, rows_csv

BEFORE: Final = timedelta(days=30)  # decisions so much older may still be answered in the range
_COUNTED: Final = ("results", "result_count", "number_of_results", "hits", "total_results")
_SOUGHT_KINDS: Final = frozenset({"search", "view", "click", "add"})


def results(shop: Shop, start: datetime, end: datetime, *, window: int = 90, currency: str | None = None) -> Results:
    """What was proposed, taken and sold with start ≤ at < end.

    Args:
        shop: whose.
        start: UTC.
        end: UTC.
        window: days per customer of the effect beside it.
        currency: of the amounts; None = as `gather_facts` chooses. Proposals and answers count whatever it is.
    """
    facts = gather_facts(shop, end, currency)
    touched = touched_rows(shop, start, end)
    credits_ = credits_of(shop, facts, start, end)
    effect, groups = _effects(shop, facts, end, window)
    leaf = shop.store.facts.products().select(product_id="id", category=pl.col("category").list.last())
    bought = facts.lines.join(leaf, on="product_id", how="left")
    bought = bought.with_columns(offered=offered(pl.col("offer_id")))
    return Results(
        start=start,
        end=end,
        currency=facts.currency,
        offers=offer_table(touched, credits_),
        customers=customer_table(facts.lines, credits_, start, end),
        first_in_category=first_purchases(bought, start, end),
        searches=unmet(_sought(shop, start, end)),
        reasons=reason_table(touched),
        effect=effect,
        groups=groups,
        other_currencies=other_currencies(facts, start, end),
    )


def days_between(shop: Shop, since: str, until: str) -> tuple[datetime, datetime]:
    """From the beginning of one day to the end of another, as the shop's zone has them.

    Raises:
        BadValue: not a day, or the second lies before the first.
    """
    days = {}
    for key, text in (("since", since), ("until", until)):
        try:
            days[key] = date.fromisoformat(text)
        except ValueError as exc:
            raise BadValue("not a day", key=key, value=text, way_out="2026-06-01") from exc
    if days["until"] < days["since"]:
        raise BadValue("lies before the first day", key="until", value=until)
    place = zone(shop.settings.time_zone)
    first, behind = days["since"], days["until"] + timedelta(days=1)
    return from_micros(midnight(first, place)), from_micros(midnight(behind, place))


def rows_behind(shop: Shop, start: datetime, end: datetime, sort: str | None, name: str | None) -> pl.DataFrame:
    """The outcomes behind a figure: TOUCHED with sort and name."""
    rows = exploded(touched_rows(shop, start, end))
    if sort is not None:
        rows = rows.filter(pl.col("sort") == sort)
    if name is not None:
        rows = rows.filter(pl.col("name") == name)
    return rows.sort("sort", "name", "at", "offer_id", "outcome")


def write_results(
    shop: Shop, folder: Path, start: datetime, end: datetime, language: str, currency: str | None = None
) -> dict[str, Any]:
    """Write results.html, results.csv, effect.csv and rows.csv; the figures as JSON, with the files.

    Raises:
        Unavailable: the folder cannot be written.
    """
    found = results(shop, start, end, currency=currency)
    return {**found.plain(), "files": write_files(folder, files_of(shop, found, language))}


def files_of(shop: Shop, found: Results, language: str) -> dict[str, str]:
    """Name → text of the report's files: the page, its figures, and the rows behind them."""
    return {
        "results.html": results_page(found, language, rows_at="rows.csv"),
        "results.csv": results_csv(found),
        "effect.csv": groups_csv(found),
        "rows.csv": rows_csv(rows_behind(shop, found.start, found.end, None, None)),
    }


def write_files(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Write files into a folder that is made where it is missing; their paths.

    Raises:
        Unavailable: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise Unavailable("the report cannot be written", key="folder", value=str(folder)) from exc
    return [str(folder / name) for name in texts]


def touched_rows(shop: Shop, start: datetime, end: datetime) -> pl.DataFrame:
    """Outcomes of offers within the range, as TOUCHED."""
    told = [row for row in shop.store.outcomes.between(start, end) if row["offer_id"] is not None]
    wanted = {row["decision_id"] for row in told}
    of_offer: dict[str, dict[str, Any]] = {}
    for row, record in records_between(shop, start - BEFORE, end) if told else ():
        if row["id"] in wanted:
            of_offer.update(_dimensions(record))
    sources = shop.store.outbox.sources(sorted(each for each in wanted if each is not None))
    lines = dict(lines_of(shop.store.facts.products()).select("product_id", "line").iter_rows()) if told else {}
    known = _known(shop, sorted({row["customer_id"] for row in told if row["customer_id"] is not None}))
    rows = [
        {
            "at": from_micros(row["at"]),
            **{name: row[name] for name in ("outcome", "reason", "offer_id", "decision_id", "customer_id")},
            "product": row["product_id"],
            **{name: row[name] for name in ("category", "kind", "placement")},
            **of_offer.get(row["offer_id"], {}),
            "journey": sources.get(row["decision_id"]),
            **known.get(row["customer_id"], {}),
            "line": lines.get(row["product_id"]),
        }
        for row in told
    ]
    return pl.DataFrame(rows, schema=TOUCHED)


def _known(shop: Shop, customer_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Customer → their attributes `tier` and `team`, as they are now."""
    told = {who: json.loads(text) for who, text in shop.store.trails.attributes(customer_ids).items()}
    return {who: {name: str(all_[name]) for name in ("tier", "team") if all_.get(name)} for who, all_ in told.items()}


def _dimensions(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    rep = record["request"].get("rep")
    segments = record.get("customer", {}).get("segments") or None
    for offer in record.get("slate", ()):
        anchor = offer.get("anchor_id")
        pair = f"{anchor} → {offer['product_id']}" if anchor else None
        yield offer["id"], {"rep": rep["id"] if rep else None, "segment": segments, "pair": pair}


def _sought(shop: Shop, start: datetime, end: datetime) -> pl.DataFrame:
    """Searches and looks as SOUGHT."""
    rows = [
        {
            "at": row["at"],
            "person": row["customer_id"] or row["anonymous_id"],
            "kind": row["kind"],
            "query": row["query"],
            "results": _results(row["properties"]) if row["kind"] == "search" else None,
        }
        for row in shop.store.facts.events(start, end).iter_rows(named=True)
        if row["kind"] in _SOUGHT_KINDS
    ]
    return pl.DataFrame(rows, schema=SOUGHT)


def _results(properties: str | None) -> int | None:
    """How many results a search was told to have."""
    told = json.loads(properties) if properties else {}
    for name in _COUNTED:
        text = str(told.get(name, "")).strip()
        if text.isdecimal():
            return int(text)
    return None


def _because(error: TsuideError) -> Because:
    if isinstance(error, SampleRatioMismatch):
        return "off_ratio"
    if not isinstance(error, TooFewData):
        return "other"
    return "no_holdout" if error.key == "holdout" else "too_few"


def _effects(shop: Shop, read: Facts, now: datetime, window: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The effect, and that of each rep, product line and tier; or why there is none."""
    seen = exposures(shop, now - timedelta(days=BACK), now)
    facts = under_units(shop, read, seen)
    try:
        found = read_standing(shop, seen, read, facts, now, window=window)
        groups = group_effect(shop, seen, facts, now, window=window)
    except TsuideError as error:
        why = {"why": str(error), "because": _because(error)}
        return why, why
    primary = found["primary"]
    told = {"verdict": found["verdict"], "primary": primary, "difference": found["metrics"][primary]["difference"]}
    return told, groups
