"""Scheduled reports of a shop: set, listed, and run when they are due, each by one of all who try."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tsuide.app.mailing import report_mail, send
from tsuide.app.results import files_of, results, write_files
from tsuide.app.tasks import task_digest
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound, TsuideError
from tsuide.kit.clock import from_micros, to_micros, zone
from tsuide.offers.plain import build
from tsuide.offers.plain import plain as as_record
from tsuide.proof.reports.results_page import results_page, summary_text
from tsuide.proof.reports.results_phrases import RESULTS
from tsuide.proof.reports.schedule import RETRY, Schedule, checked, newest_slot


def read_schedule(value: Mapping[str, Any]) -> Schedule:
    """A schedule as a person writes it.

    Raises:
        BadValue: names the field by its path.

    >>> read_schedule({"id": "weekly", "folder": "reports"}).every
    'week'
    """
    return checked(build(Schedule, dict(value)))


def put_schedule(shop: Shop, schedule: Schedule, now: datetime) -> Schedule:
    """Set a schedule; a new one is first run at its next moment."""
    shop.store.schedules.put(schedule.id, json.dumps(as_record(checked(schedule)), ensure_ascii=False), now)
    return schedule


def pause_schedule(shop: Shop, schedule_id: str, now: datetime, *, paused: bool) -> bool:
    """Let a schedule wait, or go on from its next moment on: what fell into the pause is not made up for.

    Returns:
        Whether anything changed.

    Raises:
        NotFound: there is none of this id.
    """
    row = next((each for each in shop.store.schedules.all() if each["id"] == schedule_id), None)
    if row is None:
        raise NotFound("no such schedule", key="schedule", value=schedule_id, way_out="tsuide schedule list")
    schedule = build(Schedule, json.loads(row["record"]))
    if schedule.paused == paused:
        return False
    if not paused:
        shop.store.schedules.remove(schedule_id)  # set anew, it is first run at its next moment
    put_schedule(shop, replace(schedule, paused=paused), now)
    return True


def remove_schedule(shop: Shop, schedule_id: str) -> dict[str, Any]:
    """Take a schedule away; it as it was: setting it again undoes this.

    Raises:
        NotFound: there is none of this id.
    """
    return _plain(shop.store.schedules.remove(schedule_id))


def schedules(shop: Shop) -> list[dict[str, Any]]:
    """Every schedule with what it was last run for, and why the last try failed."""
    return [_plain(row) for row in shop.store.schedules.all()]


def run_due(shop: Shop, now: datetime, post: Callable[[EmailMessage], None] | None = None) -> list[dict[str, Any]]:
    """Run what is due; what fails is tried again after ten minutes, and does not keep the others waiting.

    Args:
        shop: whose.
        now: UTC.
        post: sends a mail; None = through TSUIDE_SMTP.

    Returns:
        For each run: schedule, the moment it was for, and its files or its error.
    """
    done = []
    for row in shop.store.schedules.all():
        schedule = build(Schedule, json.loads(row["record"]))
        if schedule.paused:
            continue
        slot = newest_slot(schedule, now, zone(shop.settings.time_zone))
        wait = row["error"] is not None and from_micros(row["tried_at"]) + RETRY > now
        if to_micros(slot) <= row["ran_for"] or wait:
            continue
        if not shop.store.schedules.claim(row["id"], row["ran_for"], to_micros(slot), now):
            continue
        told: dict[str, Any] = {"schedule": schedule.id, "for": slot.isoformat()}
        try:
            told |= _run(shop, schedule, slot, post)
        except TsuideError as error:
            shop.store.schedules.fail(row["id"], row["ran_for"], to_micros(slot), str(error))
            told["error"] = str(error)
        done.append(told)
    return done


def _run(shop: Shop, schedule: Schedule, slot: datetime, post: Callable[[EmailMessage], None] | None) -> dict[str, Any]:
    post = post or (lambda each: send(shop.settings, each))
    if schedule.about == "tasks":
        made = task_digest(shop, slot, schedule.language, schedule.whose)
        if made is None:
            return {"files": [], "mailed": []}
        post(report_mail(shop.settings, schedule.to, made.subject, made.text, made.html, {}))
        return {"files": [], "mailed": list(schedule.to)}
    start, language = slot - schedule.back, schedule.language
    found = results(shop, start, slot)
    files = files_of(shop, found, language)
    written = [] if schedule.folder is None else write_files(Path(schedule.folder) / f"{slot:%Y-%m-%d-%H%M}", files)
    if schedule.to:
        when = RESULTS.text("range", language, start=f"{start:%Y-%m-%d}", end=f"{slot:%Y-%m-%d}")
        subject = f"{RESULTS.text('title', language)} {when}"
        html = results_page(found, language, rows_at=schedule.link or "#methods")
        text = summary_text(found.plain(), language)
        message = report_mail(shop.settings, schedule.to, subject, text, html, files)
        post(message)
    return {"files": written, "mailed": list(schedule.to)}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    schedule = build(Schedule, json.loads(row["record"]))
    told = {
        "every": schedule.every,
        "at": schedule.at,
        "language": schedule.language,
        "paused": schedule.paused,
        **as_record(schedule),
    }
    return {
        **told,
        "ran_for": from_micros(row["ran_for"]).isoformat(),
        "error": row["error"],
        "ever_ran": row["tried_at"] is not None,
    }
