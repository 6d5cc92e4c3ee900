"""Sending: the only way from a message to a channel. Every one is judged, counted and written down before it goes out.

A message passes these states::

    asked for → waiting ─(gate)→ refused
                   │ ↑
                   │ └── later: quiet hours, limits, a server that is away
                   └─(reserved: the row says `sending`, and the contact stands in the ledger)→ channel
                          sent · failed · waiting again · in doubt (nobody knows whether it went out)

`send` may be called again with the same message as often as anybody likes: whoever was killed in between, a marketing
message goes out at most once, and one that must arrive goes out at least once.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from tsuide.app.best_channel import Choice, choose_channels
from tsuide.app.carriers import Carriers, carried_by
from tsuide.app.composing import Composed, Composer, Draft, Wanted
from tsuide.app.contact_habits import KeptHabits
from tsuide.app.deciding import Decider, Served
from tsuide.app.mail_links import MailLinks, mail_links
from tsuide.app.mail_setup import MailSetup, mail_setup, preview_setup
from tsuide.app.mail_templates import template_of, templates
from tsuide.app.policies import active_policy
from tsuide.app.standings import Addressee, addressees, every_days, longest_days
from tsuide.app.wiring import Shop
from tsuide.config import Settings
from tsuide.errors import BadValue, Conflict, NotFound, NothingLearned, SnapshotDamaged, TsuideError
from tsuide.kit.clock import Clock, from_micros, to_micros
from tsuide.kit.ids import Entropy, time_id
from tsuide.offers.plain import build, plain
from tsuide.offers.policy.policy import Policy
from tsuide.outreach.channels.channel import Answer
from tsuide.outreach.channels.mail.layout import FOOT, PRELUDE
from tsuide.outreach.channels.mail.sandbox import Sandbox
from tsuide.outreach.channels.mail.template import MailTemplate
from tsuide.outreach.gate import Verdict, contact_of, crowded, judge, last_moment
from tsuide.outreach.message import Message, Sending
from tsuide.store.journal import Journal
from tsuide.store.outbox import Reservation, Seen, Settlement
from tsuide.store.rows import Found

LEASE: Final = timedelta(minutes=10)
"""How long a message may be on its way before everybody takes it that its process died."""
MARGIN: Final = timedelta(minutes=3)
"""Of that, what one letter may take at most; nothing is begun later."""
BATCH: Final = 20
"""Messages that one worker has on the way at once: at most so many are in doubt after a kill."""
_AGAIN: Final = timedelta(minutes=1)
_LONG: Final = timedelta(minutes=30)
_FRESH: Final = timedelta(seconds=1)
_WAITS: Final = (60, 300, 900, 3_600, 4 * 3_600)  # seconds, by try
_PAGE: Final = 500
_NO_LINE: Final = ("no_server", "no_answer")
_DEAD: Final = 2
"""After so many batches in a row on which nobody answered the rest waits: the worker has other things to do, too."""
_MESSAGE_ID: Final = re.compile(r"\bm_[0-9a-hjkmnp-tv-z]{24}\b")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that passed the gate, with its letter."""

    row: Found
    message: Message
    to: Addressee
    composed: Composed


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be read now, and what the gate would say."""

    subject: str
    html: str | None
    text: str
    language: str
    verdict: Verdict
    offered: int
    to: str | None


class Outreach:
    """Sends messages of one shop. May be used by several threads; close it before the shop.

    Args:
        shop: whose.
        decider: asked for offers at the moment of sending.
        clock: this moment, UTC.
        entropy: 64 random bits.
        carriers: who carries each channel; None = as the settings say.
        habits: knows on which channel customers react; None = learns it by itself.
        refreshing: whether to look for what was newly learned; False where somebody else keeps the decider fresh.
        strict: False = only to look: what the settings lack is made up, so nothing can be sent.

    Raises:
        BadSetting: sender, server or public address are not set, or wrong.
    """

    def __init__(
        self,
        shop: Shop,
        decider: Decider | None,
        clock: Clock,
        entropy: Entropy,
        carriers: Carriers | None = None,
        *,
        habits: KeptHabits | None = None,
        strict: bool = True,
        refreshing: bool = True,
    ) -> None:
        self.shop = shop
        self.setup: MailSetup = mail_setup(shop.settings) if strict else preview_setup(shop.settings)
        self.links: MailLinks = mail_links(shop, clock())
        self._decider = decider
        self._clock = clock
        self._entropy = entropy
        self._sandbox = Sandbox(PRELUDE)
        self.composer = Composer(shop, self.setup, self.links, self._sandbox, decider)
        self._carriers = carriers or Carriers(shop, self.setup)
        self._habits = habits or KeptHabits(shop, clock)
        self._policy: Policy | None = None
        self._refreshed: datetime | None = None if refreshing else datetime.max.replace(tzinfo=UTC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give connections and processes back."""
        self._carriers.close()
        self._sandbox.close()

    # --- asking ------------------------------------------------------------------------------------------------

    def ask(self, messages: Sequence[Message]) -> int:
        """Ask for messages without sending them now: `deliver_due` does. How many are new.

        Raises:
            BadValue: a message makes no sense.
            Conflict: a key stands for another message.
            NotFound: a template that there is not.
        """
        shelf = templates(self.shop)
        return self.shop.store.outbox.put([self._asked(each, shelf) for each in messages])

    def send(self, message: Message) -> Sending:
        """Send one message now if it may go out now; where it stands.

        Whoever asks again with the same message gets its state; nothing is sent twice. A journey asks again at
        `until`, with a lease of its own: what it learns then is what happened, whoever did it.

        Raises:
            BadValue, Conflict, NotFound: as `ask`.
            Unavailable: nothing can be sent now; the message waits.
        """
        self.ask([message])
        row = self.shop.store.outbox.get(message.key)
        now = self._clock()
        if row["state"] == "sending" and row["lease_until"] <= to_micros(now):
            self.shop.store.outbox.recover(now)
            row = self.shop.store.outbox.get(message.key)
        if row["state"] != "waiting" or row["due_at"] > to_micros(now):
            return sending_of(row)
        self._attempt([row])
        found = self.shop.store.outbox.get(message.key)
        return replace(sending_of(found), new=found["state"] == "sent" and found["attempt"] > row["attempt"])

    def state(self, key: str) -> Sending:
        """Where a message stands.

        Raises:
            NotFound: nobody asked for it.
        """
        return sending_of(self.shop.store.outbox.get(key))

    def _asked(self, message: Message, shelf: Mapping[str, MailTemplate]) -> dict[str, Any]:
        message.checked()
        template = shelf.get(message.template) or template_of(self.shop, message.template)
        if template.purpose != message.purpose:
            raise BadValue(
                f"the template {template.name} is {template.purpose}", key="purpose", value=message.purpose,
                way_out="what a message is for is its template's to say",
            )  # fmt: skip
        now = self._clock()
        record = plain(message)
        return {
            "key": message.key,
            "id": time_id("m", now, self._entropy()),
            "customer_id": message.customer_id,
            "channel": message.channel,
            "purpose": message.purpose,
            "template": message.template,
            "source": message.source,
            "record": _json(record),
            "asked_at": to_micros(now),
            "due_at": to_micros(last_moment(message, now) if awaits_a_visit(self.shop.settings, message) else now),
        }

    # --- delivering --------------------------------------------------------------------------------------------

    def deliver_due(self, most: int = 1_000_000, threads: int = 1) -> dict[str, int]:
        """Send what is due until nothing is, `most` were tried or nobody answers; each worker takes its own.

        Returns:
            State (with its code) → how many; ``tried`` and what was found left behind by dead processes.
        """
        now = self._clock()
        counts: dict[str, int] = {name: n for name, n in self.shop.store.outbox.recover(now).items() if n}
        lock, left = threading.Lock(), [most]

        def work() -> None:
            dead = 0
            while dead < _DEAD:
                with lock:
                    wanted = min(BATCH, left[0])
                    left[0] -= wanted
                moment = self._clock()
                rows = self.shop.store.outbox.lease(moment, moment + LEASE, wanted) if wanted else []
                if not rows:
                    return
                told = self._attempt(rows)
                dead = dead + 1 if any(each.endswith(_NO_LINE) for each in told) else 0
                with lock:
                    counts["tried"] = counts.get("tried", 0) + len(rows)
                    for each in told:
                        counts[each] = counts.get(each, 0) + 1

        if threads == 1:
            work()
        else:
            with ThreadPoolExecutor(threads, "mail") as pool:
                for done in [pool.submit(work) for _ in range(threads)]:
                    done.result()
        return counts

    def _attempt(self, rows: Sequence[Found]) -> list[str]:
        """Judge, compose, reserve and hand over; what became of each."""
        now = self._clock()
        policy = self._policy_now(now)
        messages = self._settled_channels(rows, policy, now)
        found = addressees(self.shop, self.links, policy, messages, now)
        shelf = templates(self.shop)
        drafts: list[tuple[Found, Draft]] = []
        silent: list[tuple[Found, Draft]] = []
        told: list[str] = []
        for place, (row, message, to) in enumerate(zip(rows, messages, found, strict=True)):
            moment = now - timedelta(microseconds=place)  # each a contact of its own
            draft = self._drafted(row, message, to, shelf, policy, moment)
            if isinstance(draft, Verdict):
                told.append(self._keep_back(row, draft, now))
            else:
                (silent if draft.silent else drafts).append((row, draft))
        self._keep([draft.served for _, draft in silent])
        told += [self._keep_back(row, Verdict("never", "no_offer"), now) for row, _ in silent]
        ready: list[_Ready] = []
        for (row, draft), made in zip(drafts, self.composer.finish([each for _, each in drafts]), strict=True):
            if isinstance(made, BadValue):
                told.append(self._keep_back(row, Verdict("never", "template_failed"), now, str(made)[:500]))
            else:
                ready.append(_Ready(row, draft.wanted.message, draft.wanted.to, made))
        return told + (self._hand_over(ready, policy, now) if ready else [])

    def _settled_channels(self, rows: Sequence[Found], policy: Policy, now: datetime) -> list[Message]:
        """The messages of rows; those that leave their channel open with the one that is best now, written down."""
        messages = [message_of(row) for row in rows]
        places = [place for place, each in enumerate(messages) if each.best]
        for place, choice in zip(places, self._chosen([messages[each] for each in places], policy, now), strict=True):
            self.shop.store.outbox.chosen(rows[place]["key"], choice.channel, now, choice.reason)
            messages[place] = replace(messages[place], channel=choice.channel)
        return messages

    def _chosen(self, messages: Sequence[Message], policy: Policy, now: datetime) -> list[Choice]:
        if not messages:
            return []
        return choose_channels(self.shop, self.links, policy, messages, self._carriers.carried, self._habits, now)

    def _keep(self, served: Sequence[Served | None]) -> None:
        """Record decisions before anything comes of them; those of silence too: the holdout is measured by them."""
        made = [each for each in served if each is not None]
        if self._decider is not None and made:
            self._decider.keep_now(made)

    def _keep_back(self, row: Found, verdict: Verdict, now: datetime, why: str | None = None) -> str:
        self.shop.store.outbox.judged(row["key"], verdict.say, verdict.code, now, verdict.until, why)
        return verdict.code

    def _drafted(
        self,
        row: Found,
        message: Message,
        to: Addressee,
        shelf: Mapping[str, MailTemplate],
        policy: Policy,
        now: datetime,
    ) -> Draft | Verdict:
        verdict = judge(message, to.standing, policy, from_micros(row["asked_at"]), now)
        if verdict.say != "send":
            return verdict
        for cap in self._caps(message, to, now):
            if self.shop.store.outbox.gone_out(cap) >= cap.most:
                return Verdict("later", cap.code, cap.until)
        if not self._carriers.carries(message.channel):
            return Verdict("later", "no_carrier", now + _LONG)
        template = shelf.get(message.template)
        if template is None:  # it was taken out of use since
            return Verdict("never", "template_failed")
        try:
            return self.composer.draft(Wanted(message, row["id"], to, template, now), policy)
        except (NothingLearned, SnapshotDamaged):  # there may be offers once something was learned
            return Verdict("later", "no_offer", now + _LONG)

    def _caps(self, message: Message, to: Addressee, now: datetime) -> Sequence[Any]:
        if message.channel != "email":
            return ()
        return self.setup.caps(_domain(to), message.purpose, now)

    def _hand_over(self, ready: Sequence[_Ready], policy: Policy, now: datetime) -> list[str]:
        self._keep([each.composed.served for each in ready])
        until = now + LEASE
        wanted = [self._reservation(each, policy, now) for each in ready]
        told, going = [], []
        for each, reserved in zip(ready, self.shop.store.outbox.reserve(wanted, now, until), strict=True):
            if reserved.outcome == "reserved":
                going.append(each)
            elif reserved.outcome == "held":
                again = reserved.until or now + _AGAIN
                self.shop.store.outbox.judged(each.row["key"], "later", reserved.code or "contact_limit", now, again)
                told.append(reserved.code or "contact_limit")
            else:
                told.append("taken")
        answers: list[Settlement] = []
        try:
            for each in going:
                answers.append(self._carried(each, until, answers))
        finally:  # also where this thread is ended: what was not begun did not go out
            begun = {each.key for each in answers}
            missing = [each for each in going if each.row["key"] not in begun]
            answers += [self._settled(each, Answer("in_doubt" if n == 0 else "waiting", "interrupted"))
                        for n, each in enumerate(missing)]  # fmt: skip
            self.shop.store.outbox.settle(answers, self._clock())
        return told + [each.state if each.code is None else f"{each.state}:{each.code}" for each in answers]

    def _carried(self, each: _Ready, until: datetime, before: Sequence[Settlement]) -> Settlement:
        if before and before[-1].code in {"no_server", "no_answer"}:
            return self._settled(each, Answer("waiting", before[-1].code))  # the line is down: nobody waits for each
        if self._clock() > until - MARGIN:
            return self._settled(each, Answer("waiting", "slow"))
        return self._settled(each, self._carriers.of(each.message.channel).deliver(each.composed.letter))

    def _settled(self, each: _Ready, answer: Answer) -> Settlement:
        attempt = each.row["attempt"] + 1
        again = answer.state == "waiting" or (
            answer.state == "in_doubt" and each.message.purpose == "transactional"
        )  # what must arrive is sent again rather than held for a person
        seconds = _WAITS[min(attempt - 1, len(_WAITS) - 1)] if answer.code != "slow" else 0
        due = self._clock() + timedelta(seconds=seconds) if again else None
        state = "waiting" if again else answer.state
        return Settlement(each.row["key"], attempt, state, answer.code, due, answer.reference, answer.detail)

    def _reservation(self, each: _Ready, policy: Policy, now: datetime) -> Reservation:
        message, composed = each.message, each.composed
        chosen = every_days(each.to.attributes)

        def check(contacts: Sequence[Seen]) -> str | None:
            found = [contact_of(at, what, channel) for at, what, channel in contacts]
            return crowded(message, found, chosen, policy, now)

        return Reservation(
            key=each.row["key"],
            attempt=each.row["attempt"],
            customer_id=message.customer_id,
            since=now - timedelta(days=longest_days(policy, each.to.attributes)),
            check=check,
            touches=composed.touches,
            caps=self._caps(message, each.to, now),
            values={
                "domain": _domain(each.to) if message.channel == "email" else None,
                "address_mark": each.to.mark,
                "decision_id": composed.decision_id,
                "links": _json(list(composed.links)) if composed.links else None,
            },
        )

    def _policy_now(self, now: datetime) -> Policy:
        """The policy in force at this moment; what was learned is looked for anew once a second."""
        if self._decider is not None and (self._refreshed is None or now - self._refreshed >= _FRESH):
            self._refreshed = now
            self._decider.refresh()
        row = self.shop.store.policies.active()
        if self._policy is None or row is None or row["version"] != self._policy.version:
            self._policy = active_policy(self.shop, now)
        return self._policy

    # --- looking -----------------------------------------------------------------------------------------------

    def preview(self, message: Message, language: str | None = None, template: MailTemplate | None = None) -> Preview:
        """A message as this customer would read it now; nothing is recorded, nothing goes out.

        Where a `template` is given it is looked at in place of the one that the shop keeps.

        Raises:
            NotFound: no such template.
            BadValue: it cannot be rendered; the template's own fault.
        """
        now = self._clock()
        policy = self._policy_now(now)
        composed, to = self._looked_at(message, policy, now, language, template)
        verdict = judge(message, to.standing, policy, now, now)
        if composed is None:
            verdict = verdict if verdict.say == "never" else Verdict("never", "no_offer")
            spoken = language or message.language or self.shop.settings.language
            return Preview("", None, "", spoken, verdict, 0, to.standing.address)
        letter = composed.letter
        return Preview(
            letter.subject, letter.html, letter.text, letter.language, verdict, composed.offered, to.standing.address
        )

    def test(
        self, message: Message, to: str, language: str | None = None, template: MailTemplate | None = None
    ) -> Answer:
        """Send one message to an address of the shop's own people: marked as a test, and no contact of anybody's.

        Where a `template` is given it is sent in place of the one that the shop keeps.

        Raises:
            NotFound: no such template.
            BadValue: it cannot be rendered, or needs an offer and there is none for this customer.
        """
        now = self._clock()
        policy = self._policy_now(now)
        composed, _ = self._looked_at(message, policy, now, language, template)
        if composed is None:
            raise BadValue(
                "there is nothing to offer to this customer now", key="customer_id", value=message.customer_id
            )
        letter = composed.letter
        marked = replace(  # a key of its own: a receiver that drops second copies must still take the real one
            letter,
            key=f"test/{letter.id}",
            to=to,
            to_name=None,
            subject=FOOT.text("test", letter.language) + letter.subject,
        )
        return self._carriers.of(message.channel).deliver(marked)

    def _looked_at(
        self,
        message: Message,
        policy: Policy,
        now: datetime,
        language: str | None,
        template: MailTemplate | None = None,
    ) -> tuple[Composed | None, Addressee]:
        message.checked()
        for choice in self._chosen([message] if message.best else [], policy, now):
            message = replace(message, channel=choice.channel)
        (to,) = addressees(self.shop, self.links, policy, [message], now)
        if to.recipient is None:
            raise NotFound("no such customer", key="customer_id", value=message.customer_id)
        template = template or template_of(self.shop, message.template)
        message_id = time_id("m", now, self._entropy())
        wanted = Wanted(message, message_id, to, template, now, keep=False, language=language)
        return self.composer.compose(wanted, policy), to


def awaits_a_visit(settings: Settings, message: Message) -> bool:
    """Whether a page shows it (app/site_messages.py): the sender finds it again only when its moment has passed."""
    return message.channel == "site" and "site" not in carried_by(settings)


def sending_of(row: Mapping[str, Any]) -> Sending:
    """Where a row of the outbox stands."""
    until = {"waiting": row["due_at"], "sending": row["lease_until"]}.get(row["state"])
    return Sending(
        row["key"],
        row["state"],
        row["code"],
        None if until is None else from_micros(until),
        row["reference"],
        channel=row["channel"],
    )


def message_of(row: Mapping[str, Any]) -> Message:
    """The message of a row, as it was asked for."""
    return build(Message, json.loads(row["record"]))


def resolve(shop: Shop, key: str, now: datetime, *, went_out: bool, who: str) -> Sending:
    """A person says whether a message in doubt went out; if it did not, it is due again.

    Raises:
        NotFound: no such message.
        Conflict: it is not in doubt.
    """
    return sending_of(shop.store.outbox.resolve(key, now, went_out=went_out, who=who))


def reconcile(shop: Shop, log: str, now: datetime, *, whole: bool = False) -> dict[str, int]:
    """Settle messages in doubt by what the mail server's log names: Message-IDs that it took.

    Args:
        shop: whose.
        log: its text, whatever its form: ids are looked for anywhere in it.
        now: UTC.
        whole: the log holds everything since the oldest message in doubt: what it does not name did not go out.

    Returns:
        went_out, did_not and left: messages in doubt that are settled so, or not. And how log and ledger agree:
        not_in_log (sent by the ledger since the first message that the log names, and not named by it) and
        not_in_ledger (named by the log, and not sent by the ledger).
    """
    named = set(_MESSAGE_ID.findall(log))
    counts = {"went_out": 0, "did_not": 0, "left": 0}
    for row in _every(shop, "in_doubt"):
        if row["id"] not in named and not whole:
            counts["left"] += 1
            continue
        went = row["id"] in named
        try:
            resolve(shop, row["key"], now, went_out=went, who="log")
        except Conflict:  # somebody was quicker
            continue
        counts["went_out" if went else "did_not"] += 1
    since = min(named, default="")
    sent = {row["id"] for row in _every(shop, "sent", since) if row["channel"] == "email"} if named else set()
    return counts | {"not_in_log": len(sent - named), "not_in_ledger": len(named - sent)}


def _every(shop: Shop, state: str, since: str = "") -> Iterator[Found]:
    """Every message in a state, from one of an id on."""
    after = since[:-1]  # ids sort by time; the first is one of them
    while rows := shop.store.outbox.listed(state, after=after, n=_PAGE):
        after = rows[-1]["id"]
        yield from rows


def _domain(to: Addressee) -> str:
    return (to.standing.address or "").rpartition("@")[2].lower()


def _json(value: Any) -> str:  # noqa: ANN401 - plain JSON
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def running(
    shop: Shop, clock: Clock, entropy: Entropy, *, strict: bool = True
) -> "tuple[Outreach, Callable[[], None]]":
    """An outreach of its own, with its own decider, for a worker or a command; and how to close it.

    Raises:
        BadSetting: sender, server or public address are not set (unless it is only to look).
    """
    journal: Journal = shop.store.journal(trace_durability=shop.settings.trace_durability)
    decider = Decider(shop, journal, clock, entropy)
    try:
        decider.refresh()
        outreach = Outreach(shop, decider, clock, entropy, strict=strict)
    except TsuideError:
        journal.close_now()
        raise

    def close() -> None:
        outreach.close()
        journal.close_now()

    return outreach, close
