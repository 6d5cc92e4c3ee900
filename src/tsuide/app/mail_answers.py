"""What customers and mail servers answer: leaving, choosing, opening, following a link, bouncing, complaining."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from tsuide.app.applying import customer_with
from tsuide.app.consent_words import ConsentRead
from tsuide.app.mail_links import MailLinks
from tsuide.app.standings import every_days
from tsuide.app.wiring import Shop
from tsuide.errors import BadFile, BadValue, NotFound, UnknownCustomer
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.facts.schema import conform
from tsuide.outreach.channels.mail.bounces import Back, read_back
from tsuide.outreach.surveys.answers import FREQUENCY
from tsuide.store.rows import Found

CHOICES: Final = (
    ("marketing", "email"),
    ("marketing", "line"),
    ("personalisation", "any"),
    ("analytics", "email"),
)
"""(purpose, channel) that a customer sets on the page of preferences."""
FREQUENCIES: Final = (0, 7, 30, 90)
"""Not more often than once in so many days; 0 = as the shop's policy says."""
_SOFT: Final = 5  # passing bounces …
_SOFT_WITHIN: Final = timedelta(days=14)  # … within which the address is taken for dead


@dataclass(frozen=True, slots=True)
class Choices:
    """What a customer chose.

    Args:
        granted: of `CHOICES`, what holds.
        every_days: of `FREQUENCIES`.
    """

    granted: frozenset[tuple[str, str]]
    every_days: int = 0


class MailAnswers:
    """Takes answers to a shop's messages; every one is recorded with the message that it answers.

    Args:
        shop: whose.
        links: check tokens.
    """

    def __init__(self, shop: Shop, links: MailLinks) -> None:
        self._shop = shop
        self._links = links

    def unsubscribe(self, token: str, now: datetime) -> None:
        """No advertising on this message's channel any more; saying it twice changes nothing.

        Raises:
            Refused: the token was not signed here.
        """
        row = self._row(token, "unsubscribe")
        if row is not None and row["customer_id"] is not None:
            self._withdraw(row, now, "one-click unsubscribe")
            self._shop.store.outbox.happened(f"{row['id']}:unsubscribe", "unsubscribe", row, now)

    def token_of(self, token: str, use: str, wanted: str) -> str:
        """The token of another page for the same message: who may leave may also choose.

        Raises:
            Refused: the token was not signed here.
        """
        return self._links.token(self._links.message_of(token, use), wanted)

    def choices(self, token: str) -> Choices:
        """What the customer of a message chose so far; nothing where they are gone.

        Raises:
            Refused: the token was not signed here.
        """
        row = self._row(token, "preferences")
        return Choices(frozenset()) if row is None or row["customer_id"] is None else self._choices(row["customer_id"])

    def choose(self, token: str, chosen: Choices, now: datetime, read: ConsentRead | None = None) -> None:
        """Write down what a customer chose.

        Args:
            token: of the message that led here.
            chosen: what they chose.
            now: UTC.
            read: which words they had before them.

        Raises:
            Refused: the token was not signed here.
            BadValue: what cannot be chosen.
        """
        row = self._row(token, "preferences")
        for each in chosen.granted:
            if each not in CHOICES:
                raise BadValue("cannot be chosen here", key="consent", value=each)
        if chosen.every_days not in FREQUENCIES:
            raise BadValue("cannot be chosen here", key="frequency", value=chosen.every_days)
        if row is None or row["customer_id"] is None:
            return
        who, before = row["customer_id"], self._choices(row["customer_id"])
        changed = [
            (each, each in chosen.granted) for each in CHOICES if (each in chosen.granted) != (each in before.granted)
        ]
        if any(purpose == "marketing" and not granted for (purpose, _), granted in changed):
            kept = [each for each in CHOICES if each[0] == "marketing" and each in chosen.granted]
            changed += [(("marketing", "any"), False), *((each, True) for each in kept if (each, True) not in changed)]
        self._say(who, changed, now, "preference page", row["id"], read)
        if chosen.every_days != before.every_days:
            told = customer_with(self._shop, Customer(who, attributes={FREQUENCY: str(chosen.every_days)}), now)
            self._shop.store.facts.write_customers(frame_of([told], CUSTOMERS))
        if (("marketing", "email"), False) in changed:
            self._shop.store.outbox.happened(f"{row['id']}:unsubscribe", "unsubscribe", row, now)
        elif (("marketing", "email"), True) in changed:
            mark = row["address_mark"]
            if mark is not None and self._shop.store.outbox.blocked([mark]).get(mark) == "complaint":
                self._shop.store.outbox.unblock(mark)  # their own hand, later than the complaint
            event = f"{row['id']}:resubscribe:{now.timestamp():.0f}"
            self._shop.store.outbox.happened(event, "resubscribe", row, now)

    def opened(self, token: str, now: datetime) -> None:
        """A mail was shown with its pictures.

        Raises:
            Refused: the token was not signed here.
        """
        row = self._row(token, "open")
        if row is not None and self._counted(row):
            self._shop.store.outbox.happened(f"{row['id']}:open", "open", row, now)

    def followed(self, token: str, n: int, now: datetime) -> str:
        """A counted link was followed; where it leads.

        Raises:
            Refused: the token was not signed here, or the mail is gone.
            NotFound: the mail has no such link.
        """
        row = self._row(token, f"click/{n}")
        links = json.loads(row["links"] or "[]") if row is not None else []
        if row is None or not 0 <= n < len(links):
            raise NotFound("the mail has no such link", key="link", value=n)
        address, offer_id = links[n]
        if self._counted(row):
            self._shop.store.outbox.happened(f"{row['id']}:click:{n}", "click", row, now, address)
            if offer_id is not None:
                self._shop.store.outbox.clicked(offer_id, now)
        return str(address)

    def take_back(self, raw: bytes, now: datetime) -> list[dict[str, Any]]:
        """Read a message that came back: bounces and complaints about our own mails.

        A report that does not carry the id of a message of ours is set aside: nobody shuts an address up from outside.

        Returns:
            For each report: kind, message (its key; None where it cannot be told), detail.
        """
        digest = hashlib.blake2b(raw, digest_size=8).hexdigest()
        return [self._taken(each, digest, now) for each in read_back(raw)]

    def take_folder(self, folder: Path, now: datetime) -> dict[str, int]:
        """Read what came into a maildir, or into a folder of ``.eml`` files; what was read is moved aside.

        Raises:
            BadFile: there is no such folder.
        """
        if not folder.is_dir():
            raise BadFile(
                "no such folder", key="bounces", value=str(folder), way_out="a maildir, or a folder of .eml files"
            )
        counts: dict[str, int] = {}
        for path, done in _waiting(folder):
            try:
                raw = path.read_bytes()
            except FileNotFoundError:  # another worker was quicker
                continue
            reports = self.take_back(raw, now)
            for each in reports or [{"kind": "no_report", "message": None}]:
                name = each["kind"] if each["kind"] == "no_report" or each["message"] else "unmatched"
                counts[name] = counts.get(name, 0) + 1
            done.parent.mkdir(exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # two read it: taken once, since its reports have ids
                path.rename(done)
        return counts

    def _taken(self, back: Back, digest: str, now: datetime) -> dict[str, Any]:
        outbox = self._shop.store.outbox
        try:
            row = outbox.by_id(back.message_id or "")
        except NotFound:
            return {"kind": back.kind, "message": None, "detail": back.detail}
        mark = row["address_mark"]
        outbox.happened(f"{row['id']}:{back.kind}:{digest}", back.kind, row, now, back.detail)
        if mark is not None and back.kind == "bounce":
            outbox.block(mark, "bounce", now, back.detail)
        elif mark is not None and back.kind == "soft_bounce":
            if outbox.soft_bounces(mark, now - _SOFT_WITHIN) >= _SOFT:
                outbox.block(mark, "bounce", now, f"{_SOFT} passing bounces in {_SOFT_WITHIN.days} days")
        elif mark is not None:
            outbox.block(mark, "complaint", now, back.detail)
        if back.kind == "complaint" and row["customer_id"] is not None:
            self._withdraw(row, now, "spam complaint")
        return {"kind": back.kind, "message": row["key"], "detail": back.detail}

    def _row(self, token: str, use: str) -> Found | None:
        """The message of a token; None where it is kept no longer (a preview or a test never was)."""
        try:
            return self._shop.store.outbox.by_id(self._links.message_of(token, use))
        except NotFound:
            return None

    def _counted(self, row: Mapping[str, Any]) -> bool:
        """Whether the customer agrees to be measured, now."""
        who = row["customer_id"]
        return who is not None and any(("analytics", each) in self._held(who) for each in (row["channel"], "any"))

    def _choices(self, customer_id: str) -> Choices:
        held = self._held(customer_id)
        granted = frozenset(
            each for each in CHOICES if each in held or (each[0], "any") in held or (each[0], "site") in held
        )
        try:
            attributes = json.loads(str(self._shop.store.facts.customer(customer_id).get("attributes") or "{}"))
        except UnknownCustomer:
            attributes = {}
        days = every_days(attributes) or 0
        return Choices(granted, next((each for each in FREQUENCIES if each >= days), FREQUENCIES[-1]))

    def _held(self, customer_id: str) -> set[tuple[str, str]]:
        rows = self._shop.store.facts.consents_of(customer_id)
        return {(row["purpose"], row["channel"]) for row in rows.iter_rows(named=True) if row["granted"]}

    def _withdraw(self, row: Mapping[str, Any], now: datetime, source: str) -> None:
        """No marketing on the message's channel; a yes to any channel ends with it, since it named this one too."""
        held = self._held(row["customer_id"])
        named = [each for each in (("marketing", row["channel"]), ("marketing", "any")) if each in held]
        self._say(
            row["customer_id"],
            [(each, False) for each in named or [("marketing", row["channel"])]],
            now,
            source,
            row["id"],
        )

    def _say(
        self,
        customer_id: str,
        words: list[tuple[tuple[str, str], bool]],
        now: datetime,
        source: str,
        evidence: str,
        read: ConsentRead | None = None,
    ) -> None:
        rows = [
            {"customer_id": customer_id, "purpose": purpose, "channel": channel, "granted": granted, "at": now}
            | {"source": source, "evidence": f"message {evidence}" + _words(read, purpose, channel)}
            for (purpose, channel), granted in words
        ]
        if rows:
            self._shop.store.facts.write_consents(conform(pl.DataFrame(rows), CONSENTS))


def _words(read: ConsentRead | None, purpose: str, channel: str) -> str:
    asked = read is not None and (purpose, channel) in CHOICES  # the page asks for nothing else
    return read.evidence(f"{purpose}.{channel}") if read is not None and asked else ""


def _waiting(folder: Path) -> Iterator[tuple[Path, Path]]:
    """(message, where it goes once it was read)."""
    if (folder / "new").is_dir():
        for path in sorted((folder / "new").iterdir()):
            yield path, folder / "cur" / f"{path.name}:2,S"
    else:
        for path in sorted(folder.glob("*.eml")):
            yield path, folder / "done" / path.name
