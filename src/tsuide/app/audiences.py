"""A segment as an audience: those of its people who may be advertised to, by what they may be reached by."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tsuide.app.exporting import write_whole
from tsuide.app.segments import members_of
from tsuide.app.wiring import Shop
from tsuide.errors import Unavailable
from tsuide.outreach.audiences import (
    AudienceFormat,
    Reach,
    audience_file,
    checked_country,
    e164,
    same_email,
    takes_phones,
)
from tsuide.store.outbox import Recipient
from tsuide.store.rows import Found

_PAGE: Final = 500


@dataclass(slots=True)
class Exported:
    """What was written, and who was left out.

    Args:
        people: in the segment, visitors without a name among them.
        rows: in the file; two customers with the same addresses are one.
        without_name: visitors whom nothing names.
        without_consent: customers who have not agreed to marketing by any address of theirs that the format takes.
        without_address: who agreed, and have no such address, or none that can be read.
    """

    people: int = 0
    rows: int = 0
    without_name: int = 0
    without_consent: int = 0
    without_address: int = 0


def export_audience(shop: Shop, segment_id: str, form: AudienceFormat, path: Path, country: str = "JP") -> Exported:
    """Write an `audience`, whole or not at all; the file holds no address in the clear.

    Raises:
        NotFound: there is no such segment.
        BadValue: there is no such country.
        Unavailable: the file cannot be written.
    """
    text, told = audience(shop, segment_id, form, country)
    try:
        write_whole(path, text)
    except OSError as exc:
        raise Unavailable("the file cannot be written", key="--output", value=str(path)) from exc
    return told


def audience(shop: Shop, segment_id: str, form: AudienceFormat, country: str = "JP") -> tuple[str, Exported]:
    """A segment's people, as it was last brought up to date, in the form that a platform takes; and who is in it.

    An e-mail address is used with consent to marketing by `email`, a telephone number (attribute `phone`) with consent
    by `sms` or `phone`; consent by `any` holds for all of them. Of several words about one channel the newest holds.

    Args:
        shop: whose.
        segment_id: of the segment.
        form: the platform.
        country: of telephone numbers that name none.

    Raises:
        NotFound: there is no such segment.
        BadValue: there is no such country.
    """
    country = checked_country(country)
    told = Exported()
    reaches: list[Reach] = []
    for page in _pages(shop, segment_id):
        ids = [str(each["customer_id"]) for each in page if each["customer_id"] is not None]
        told.people += len(page)
        told.without_name += len(page) - len(ids)
        known = shop.store.outbox.recipients(ids)
        consents = shop.store.outbox.consents_of(ids)
        for who in ids:
            reach = _reach(known.get(who), consents.get(who, []), form, country)
            if reach is None:
                told.without_consent += 1
            elif reach == Reach():
                told.without_address += 1
            else:
                reaches.append(reach)
    text, told.rows = audience_file(reaches, form)
    return text, told


def _reach(known: Recipient | None, words: Sequence[Found], form: AudienceFormat, country: str) -> Reach | None:
    """By what a customer may be found; None where they agreed to nothing of what they could be found by."""
    if known is None:
        return None
    phone = str(json.loads(known.attributes or "{}").get("phone", "")) if takes_phones(form) else None
    whole = Reach(same_email(known.email), e164(phone, country))
    by_email, by_phone = agreed(words, ("email",)), takes_phones(form) and agreed(words, ("sms", "phone"))
    allowed = Reach(whole.email if by_email else None, whole.phone if by_phone else None)
    refused = allowed == Reach() and (whole != Reach() or not (by_email or by_phone))
    return None if refused else allowed


def agreed(words: Sequence[Found], channels: Sequence[str]) -> bool:
    """Whether the newest word about marketing by one of the channels (or by any) is a yes.

    Args:
        words: what a customer said about consents, oldest first.
        channels: it is enough that one of them is agreed to.

    >>> yes = {"purpose": "marketing", "channel": "any", "granted": 1}
    >>> agreed([yes], ["email"]), agreed([yes, {**yes, "channel": "email", "granted": 0}], ["email"])
    (True, False)
    """
    marketing = [row for row in words if row["purpose"] == "marketing"]
    for channel in channels:
        about = [row for row in marketing if row["channel"] in {channel, "any"}]
        if about and about[-1]["granted"]:
            return True
    return False


def _pages(shop: Shop, segment_id: str) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while page := members_of(shop, segment_id, _PAGE, after):
        yield page
        after = page[-1]["place"]
