"""The port of the outbox: every message that was asked for, where it stands, and the contact that it is.

A row is `sending`, durably, before the channel is asked, and settled after it has answered. So whoever finds a row
`sending` after its lease knows that its process died or hangs in between, and that nobody can say whether the message
went out. The contact is written into the one ledger (`outcome`) in the same transaction that makes the row `sending`,
after the limits were counted once more; it is taken back where the channel says that nothing went out.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import from_micros, to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.outbox_tables import ON_SITE, EventKind, blocked_address, outbound, outbound_event, outbound_verdict
from tsuide.store.rows import Found, Value, found, insert_into
from tsuide.store.schema import consent, customer, outcome

Seen: TypeAlias = tuple[int, str, str | None]
"""A contact as the reservation counts it: at in microseconds, outcome, channel."""
Check: TypeAlias = Callable[[Sequence[Seen]], str | None]
BEST_CHANNEL: Final = "best_channel"
"""The code under which the choice of a channel stands among a message's verdicts."""
CLOSED: Final = "closed"
"""The code of a message that was shown on the site and closed by the customer."""
_ON_THE_WAY: Final = ("sending", "sent", "in_doubt")
ERASED_KEY: Final = "erased/"
"""With which the key of a message begins whose customer was erased."""


@dataclass(frozen=True, slots=True)
class Cap:
    """No more than `most` messages (to one domain) may have gone out since a moment.

    Args:
        code: the verdict when they have.
        until: when there is room again at the latest.
    """

    code: str
    since: datetime
    most: int
    until: datetime
    domain: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is about to go out.

    Args:
        attempt: as the row was read: of two who prepared the same message, one reserves it.
        touches: rows of the ledger, by the columns of `outcome`; empty = no contact (nothing is offered).
        since: from when on the check wants to see contacts.
        check: the limit that stands against one more contact, or None; it sees the contacts of the customer.
        caps: of the channel.
        values: other columns to set (domain, address_mark, reference, decision_id, links).
    """

    key: str
    attempt: int
    customer_id: str
    since: datetime
    check: Check
    touches: Sequence[Mapping[str, Value]] = ()
    caps: Sequence[Cap] = ()
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reserved:
    """What came of a reservation: reserved, taken (somebody else was first) or held (by `code`, until …)."""

    key: str
    outcome: Literal["reserved", "taken", "held"]
    code: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the channel answered.

    Args:
        state: sent; failed (it never will go out); waiting (it did not go out, again at `due`); in_doubt.
    """

    key: str
    attempt: int
    state: Literal["sent", "failed", "waiting", "in_doubt"]
    code: str | None = None
    due: datetime | None = None
    reference: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A customer as messages need them; attributes as JSON."""

    id: str
    kind: str
    name: str | None
    email: str | None
    language: str | None
    attributes: str | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Keeps messages; rows have the columns of `outbound`, moments in microseconds.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def put(self, rows: Sequence[Mapping[str, Value]]) -> int:
        """Ask for messages (key, id, customer_id, channel, purpose, template, source, record, asked_at, due_at).

        Returns:
            How many are new; a key that is known changes nothing.

        Raises:
            Conflict: a key stands for another message.
        """
        if not rows:
            return 0
        keys = [str(row["key"]) for row in rows]
        with writing(self.engine) as connection:
            known = {row["key"]: row for row in _few(connection, outbound.c.key, keys)}
            new = {str(row["key"]): _asked(row) for row in rows if row["key"] not in known}
            for row in rows:
                before = known.get(row["key"], new.get(str(row["key"])))
                if before is not None and before["record"] != row["record"]:
                    raise Conflict("this key stands for another message", key="key", value=row["key"])
            if new:
                insert = insert_into(connection, outbound).values([*new.values()])
                return len(connection.execute(insert.on_conflict_do_nothing().returning(outbound.c.key)).all())
        return 0

    def get(self, key: str) -> Found:
        """One message by its key.

        Raises:
            NotFound: nobody asked for it.
        """
        return self._one(outbound.c.key, key)

    def find(self, key: str) -> Found | None:
        """One message by its key; None where nobody asked for it."""
        with reading(self.engine) as connection:
            return next(iter(found(connection, sa.select(outbound).where(outbound.c.key == key))), None)

    def by_id(self, message_id: str) -> Found:
        """One message by its id.

        Raises:
            NotFound: there is none.
        """
        return self._one(outbound.c.id, message_id)

    def with_decision(self, decision_id: str) -> Found | None:
        """The message in which a decision's offers went out; None = none did."""
        with reading(self.engine) as connection:
            rows = _few(connection, outbound.c.decision_id, [decision_id])
        return rows[0] if rows else None

    def sources(self, decision_ids: Sequence[str]) -> dict[str, str]:
        """Decision → the journey or campaign in whose message its offers went out; none of the others."""
        with reading(self.engine) as connection:
            rows = _few(connection, outbound.c.decision_id, decision_ids)
        return {row["decision_id"]: row["source"] for row in rows if row["source"] is not None}

    def _one(self, column: sa.Column[Any], value: str) -> Found:
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(outbound).where(column == value))
        if not rows:
            raise NotFound("no such message", key=column.name, value=value)
        return rows[0]

    def listed(
        self, state: str | None = None, customer_id: str | None = None, after: str = "", n: int = 100
    ) -> list[Found]:
        """Messages in the order of their ids (which is that of time), after one."""
        query = sa.select(outbound).where(outbound.c.id > after).order_by(outbound.c.id).limit(n)
        for column, wanted in ((outbound.c.state, state), (outbound.c.customer_id, customer_id)):
            query = query if wanted is None else query.where(column == wanted)
        with reading(self.engine) as connection:
            return found(connection, query)

    def counts(self, since: datetime | None = None) -> list[Found]:
        """state, code, n: how many stand where, asked for since a moment."""
        c = outbound.c
        query = sa.select(c.state, c.code, sa.func.count().label("n")).group_by(c.state, c.code)
        query = query if since is None else query.where(c.asked_at >= to_micros(since))
        with reading(self.engine) as connection:
            return found(connection, query.order_by(c.state, c.code))

    def lease(self, now: datetime, until: datetime, n: int) -> list[Found]:
        """Take up to `n` messages that are due, for oneself until a moment; what must arrive goes first."""
        c, moment = outbound.c, to_micros(now)
        free = sa.or_(c.lease_until.is_(None), c.lease_until <= moment)
        rows: list[Found] = []
        with writing(self.engine) as connection:
            for purpose in ("transactional", "marketing"):
                query = sa.select(outbound).where(c.state == "waiting", c.purpose == purpose, c.due_at <= moment, free)
                query = query.order_by(c.due_at).limit(n - len(rows)).with_for_update(skip_locked=True)
                rows += found(connection, query) if len(rows) < n else []
            if rows:
                taken = sa.update(outbound).where(c.key.in_([row["key"] for row in rows]))
                connection.execute(taken.values(lease_until=to_micros(until)))
        return rows

    def reserve(self, wanted: Sequence[Reservation], now: datetime, lease_until: datetime) -> list[Reserved]:
        """Make messages `sending` and write down their contacts, each where nothing stands against it by now.

        Durable when it comes back: then, and only then, may the channel be asked.
        """
        if not wanted:
            return []
        c, keys = outbound.c, [each.key for each in wanted]
        customers = sorted({each.customer_id for each in wanted})  # one order for all: no deadlock
        with writing(self.engine) as connection:
            for customer_id in customers:
                _alone(connection, customer_id)
            query = sa.select(c.key, c.attempt).where(c.key.in_(keys), c.state == "waiting").order_by(c.key)
            free = {row.key: row.attempt for row in connection.execute(query.with_for_update())}
            seen = _contacts(connection, customers, min(each.since for each in wanted))
            answers: dict[str, Reserved] = {}
            going: list[Reservation] = []
            for each in wanted:
                answers[each.key] = self._weighed(connection, each, free, seen, len(going))
                if answers[each.key].outcome == "reserved":
                    going.append(each)
                    mine = [(_whole_of(touch["at"]), "shown", str(touch["channel"])) for touch in each.touches[:1]]
                    seen.setdefault(each.customer_id, []).extend(mine)
            _send_off(connection, going, to_micros(now), to_micros(lease_until))
        return [answers[key] for key in keys]

    def _weighed(
        self,
        connection: sa.Connection,
        each: Reservation,
        free: Mapping[str, int],
        seen: Mapping[str, Sequence[Seen]],
        before: int,
    ) -> Reserved:
        if free.get(each.key) != each.attempt:
            return Reserved(each.key, "taken")
        oldest = to_micros(each.since)
        code = each.check([contact for contact in seen.get(each.customer_id, ()) if contact[0] >= oldest])
        if code is not None:
            return Reserved(each.key, "held", code)
        for cap in each.caps:
            if _gone_out(connection, cap) + before >= cap.most:
                return Reserved(each.key, "held", cap.code, cap.until)
        return Reserved(each.key, "reserved")

    def settle(self, answers: Sequence[Settlement], now: datetime) -> None:
        """Write down what the channel answered; what did not go out was no contact."""
        if not answers:
            return
        c = outbound.c
        mine = {each.key: each for each in answers}
        with writing(self.engine) as connection:
            query = sa.select(outbound).where(c.key.in_(list(mine)), c.state.in_(("sending", "in_doubt")))
            rows = found(connection, query.order_by(c.key).with_for_update())
            simply = []
            for row in rows:
                each = mine[row["key"]]
                if row["attempt"] != each.attempt:
                    continue
                if each.state == "sent" and each.code is None:
                    simply.append({"the_key": each.key, "reference": each.reference})
                else:
                    _settled(connection, row, each, now)
            if simply:
                change = sa.update(outbound).where(c.key == sa.bindparam("the_key"))
                values = {"state": "sent", "code": None, "state_at": to_micros(now), "lease_until": None}
                connection.execute(change.values(**values, reference=sa.bindparam("reference")), simply)

    def judged(
        self, key: str, say: str, code: str, now: datetime, until: datetime | None = None, detail: str | None = None
    ) -> None:
        """Record a verdict that kept a waiting message back: for good (never), or until a moment (later)."""
        with writing(self.engine) as connection:
            rows = found(connection, sa.select(outbound).where(outbound.c.key == key).with_for_update())
            if not rows or rows[0]["state"] != "waiting":
                return
            state = {"state": "refused"} if say == "never" else {}
            due = {} if until is None else {"due_at": to_micros(until)}
            _told(connection, rows[0], say, code, now, until, detail)
            connection.execute(
                sa.update(outbound)
                .where(outbound.c.key == key)
                .values(code=code, state_at=to_micros(now), lease_until=None, **state, **due)
            )

    def chosen(self, key: str, channel: str, now: datetime, reason: str) -> None:
        """Note through which channel a waiting message goes that left it open, and why; said again it stands once."""
        c, v = outbound.c, outbound_verdict.c
        with writing(self.engine) as connection:
            rows = found(connection, sa.select(outbound).where(c.key == key).with_for_update())
            if not rows or rows[0]["state"] != "waiting":
                return
            said = sa.select(v.detail).where(v.message_id == rows[0]["id"], v.code == BEST_CHANNEL)
            if connection.execute(said.order_by(v.n.desc()).limit(1)).scalar() != reason:
                _told(connection, rows[0], "send", BEST_CHANNEL, now, None, reason)
            connection.execute(sa.update(outbound).where(c.key == key).values(channel=channel))

    # --- messages on the site ----------------------------------------------------------------------------------

    def any_on_site(self) -> bool:
        """Whether any message waits on the site."""
        with reading(self.engine) as connection:
            return bool(
                connection.execute(sa.select(sa.literal(1)).select_from(outbound).where(ON_SITE).limit(1)).all()
            )

    def on_site(self, customer_id: str, n: int) -> list[Found]:
        """Messages that wait on the site for a customer, those asked for first."""
        c = outbound.c
        query = sa.select(outbound).where(ON_SITE, c.customer_id == customer_id).order_by(c.asked_at, c.id).limit(n)
        with reading(self.engine) as connection:
            return found(connection, query)

    def shown(self, each: Reservation, now: datetime) -> bool:
        """A message was shown on the site: sent, and its contact written down; False where it was before, or is over.

        The limits were asked when it was composed: what was seen is a contact, whatever came in between.
        """
        c = outbound.c
        with writing(self.engine) as connection:
            _alone(connection, each.customer_id)
            mine = sa.and_(c.key == each.key, c.state == "waiting", c.attempt == each.attempt)
            if not found(connection, sa.select(c.key).where(mine).with_for_update()):
                return False
            _send_off(connection, [each], to_micros(now), to_micros(now))
            done = sa.update(outbound).where(c.key == each.key).values(state="sent", lease_until=None)
            connection.execute(done)
            return True

    def closed(self, key: str, now: datetime) -> bool:
        """The customer closed a message that was shown: each of its contacts has a no; False where it had before."""
        c, o = outbound.c, outcome.c
        with writing(self.engine) as connection:
            rows = found(connection, sa.select(outbound).where(c.key == key, c.state == "sent").with_for_update())
            if not rows or rows[0]["code"] == CLOSED:
                return False
            ids = json.loads(rows[0]["touches"] or "[]")
            shown = found(connection, sa.select(outcome).where(o.id.in_(ids)))
            no = [
                {**each, "id": f"{each['id'].removesuffix(':shown')}:declined", "outcome": "declined"}
                | {"at": to_micros(now)}
                for each in shown
            ]
            if no:
                connection.execute(insert_into(connection, outcome).on_conflict_do_nothing(), no)
            _told(connection, rows[0], "sent", CLOSED, now, None, None)
            connection.execute(sa.update(outbound).where(c.key == key).values(code=CLOSED, state_at=to_micros(now)))
            return True

    def recover(self, now: datetime) -> dict[str, int]:
        """What was left `sending` beyond its lease: marketing is in doubt, what must arrive is due again.

        Returns:
            How many of each.
        """
        c, moment, counts = outbound.c, to_micros(now), {"in_doubt": 0, "due_again": 0}
        with writing(self.engine) as connection:
            query = sa.select(outbound).where(c.state == "sending", c.lease_until <= moment)
            for row in found(connection, query.with_for_update(skip_locked=True)):
                again = row["purpose"] == "transactional"
                state: Literal["waiting", "in_doubt"] = "waiting" if again else "in_doubt"
                _settled(connection, row, Settlement(row["key"], row["attempt"], state, "interrupted", now), now)
                counts["due_again" if again else "in_doubt"] += 1
        return counts

    def resolve(self, key: str, now: datetime, *, went_out: bool, who: str) -> Found:
        """A person (or the mail server's log) says whether a message in doubt went out; if not, it is due again.

        Raises:
            NotFound: no such message.
            Conflict: it is not in doubt.
        """
        with writing(self.engine) as connection:
            rows = found(connection, sa.select(outbound).where(outbound.c.key == key).with_for_update())
            if not rows:
                raise NotFound("no such message", key="key", value=key)
            row = rows[0]
            if row["state"] != "in_doubt":
                raise Conflict("is not in doubt", key="state", value=row["state"])
            state: Literal["sent", "waiting"] = "sent" if went_out else "waiting"
            _settled(connection, row, Settlement(key, row["attempt"], state, "resolved", now, detail=who), now)
        return self.get(key)

    def gone_out(self, cap: Cap) -> int:
        """How many messages went out since the moment that a cap names."""
        with reading(self.engine) as connection:
            return _gone_out(connection, cap)

    def verdicts(self, message_id: str) -> list[Found]:
        """What was said of a message, oldest first."""
        query = sa.select(outbound_verdict).where(outbound_verdict.c.message_id == message_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(outbound_verdict.c.n))

    def recipients(self, ids: Sequence[str]) -> dict[str, Recipient]:
        """Customers by id, those that there are."""
        table = customer
        names = ("id", "kind", "name", "email", "language", "attributes")
        with reading(self.engine) as connection:
            query = sa.select(*(table.c[name] for name in names)).where(table.c.id.in_(list(ids)))
            return {row["id"]: Recipient(**row) for row in found(connection, query)}

    def consents_of(self, ids: Sequence[str]) -> dict[str, list[Found]]:
        """Every word of these customers about consents, oldest first."""
        table = consent
        query = sa.select(table).where(table.c.customer_id.in_(list(ids))).order_by(table.c.at)
        with reading(self.engine) as connection:
            return _grouped(found(connection, query))

    def contacts_of(self, ids: Sequence[str], since: datetime) -> dict[str, list[Seen]]:
        """What reached these customers since a moment, through whatever door, oldest first."""
        with reading(self.engine) as connection:
            return _contacts(connection, ids, since)

    # --- what came of messages ---------------------------------------------------------------------------------

    def happened(self, event_id: str, kind: EventKind, row: Mapping[str, Any], at: datetime, detail: str = "") -> bool:
        """Record an event of a message (`row` has its id and customer_id); False if it was recorded before."""
        values = {"id": event_id, "kind": kind, "message_id": row["id"], "customer_id": row["customer_id"]}
        values |= {"at": to_micros(at), "detail": detail or None}
        with writing(self.engine) as connection:
            insert = insert_into(connection, outbound_event).values(**values).on_conflict_do_nothing()
            return bool(connection.execute(insert.returning(outbound_event.c.id)).all())

    def clicked(self, offer_id: str, at: datetime) -> bool:
        """Note in the ledger that an offer of a message was followed; False where it was before, or was never made."""
        names = [c.name for c in outcome.columns]
        query = sa.select(outcome).where(outcome.c.id == f"{offer_id}:shown")
        with writing(self.engine) as connection:
            shown = found(connection, query)
            if not shown:
                return False
            row = {**shown[0], "id": f"{offer_id}:clicked", "outcome": "clicked", "at": to_micros(at)}
            insert = insert_into(connection, outcome).values({name: row[name] for name in names})
            return bool(connection.execute(insert.on_conflict_do_nothing().returning(outcome.c.id)).all())

    def events(self, message_id: str) -> list[Found]:
        """What came of a message, oldest first."""
        query = sa.select(outbound_event).where(outbound_event.c.message_id == message_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(outbound_event.c.at, outbound_event.c.id))

    def soft_bounces(self, mark: str, since: datetime) -> int:
        """How many messages to one address bounced for a passing reason since a moment."""
        joined = outbound_event.join(outbound, outbound.c.id == outbound_event.c.message_id)
        query = sa.select(sa.func.count()).select_from(joined).where(
            outbound.c.address_mark == mark,
            outbound_event.c.kind == "soft_bounce",
            outbound_event.c.at >= to_micros(since),
        )  # fmt: skip
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())

    def by_domain(self, since: datetime) -> list[Found]:
        """domain, purpose, sent, measured: mails that went out since a moment; `measured`: who agreed to it."""
        c = outbound.c
        query = (
            sa.select(c.domain, c.purpose, sa.func.count().label("sent"), sa.func.count(c.links).label("measured"))
            .where(c.channel == "email", c.sent_at >= to_micros(since), c.state == "sent")
            .group_by(c.domain, c.purpose)
        )
        with reading(self.engine) as connection:
            return found(connection, query.order_by(c.domain, c.purpose))

    def came_by_domain(self, since: datetime) -> list[Found]:
        """domain, purpose, kind, n: of how many mails that went out since a moment each kind of event came.

        `any_bounce` counts those of which either kind of bounce came once.
        """
        c, e = outbound.c, outbound_event.c
        joined = outbound.join(outbound_event, e.message_id == c.id)
        where = sa.and_(c.channel == "email", c.sent_at >= to_micros(since), c.state == "sent")
        either = sa.case((e.kind.in_(["bounce", "soft_bounce"]), "any_bounce"), else_="")
        found_: list[Found] = []
        with reading(self.engine) as connection:
            for kind in (e.kind, either):
                told = kind.label("kind")
                query = sa.select(c.domain, c.purpose, told, sa.func.count(c.id.distinct()).label("n"))
                query = query.select_from(joined).where(where).group_by(c.domain, c.purpose, told)
                found_ += [row for row in found(connection, query) if row["kind"]]
        return found_

    def all_blocked(self, n: int) -> list[Found]:
        """Up to `n` addresses to which nothing, or no advertising, goes; those that came last first."""
        c = blocked_address.c
        with reading(self.engine) as connection:
            return found(connection, sa.select(blocked_address).order_by(c.at.desc(), c.mark).limit(n))

    def one_blocked(self, mark: str) -> Found | None:
        """An address to which nothing, or no advertising, goes; None = it is not held back."""
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(blocked_address).where(blocked_address.c.mark == mark))
        return rows[0] if rows else None

    def count_blocked(self) -> int:
        """To how many addresses nothing, or no advertising, goes."""
        with reading(self.engine) as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(blocked_address)).scalar_one())

    def block(self, mark: str, reason: Literal["bounce", "complaint"], now: datetime, detail: str = "") -> None:
        """Nothing goes to an address any more; a bounce says more than a complaint."""
        values = {"mark": mark, "reason": reason, "at": to_micros(now), "detail": detail or None}
        with writing(self.engine) as connection:
            insert = insert_into(connection, blocked_address).values(**values)
            update = {"reason": reason, "at": to_micros(now), "detail": detail or None}
            worse = sa.literal(reason) == "bounce"
            connection.execute(insert.on_conflict_do_update(index_elements=["mark"], set_=update, where=worse))

    def unblock(self, mark: str) -> bool:
        """An address may be written to again; whether it was blocked."""
        with writing(self.engine) as connection:
            gone = sa.delete(blocked_address).where(blocked_address.c.mark == mark)
            return bool(connection.execute(gone).rowcount)

    def blocked(self, marks: Sequence[str]) -> dict[str, str]:
        """Mark → bounce or complaint, of those that are blocked."""
        c = blocked_address.c
        with reading(self.engine) as connection:
            query = sa.select(c.mark, c.reason).where(c.mark.in_(list(marks)))
            return {row["mark"]: row["reason"] for row in found(connection, query)}


def _asked(row: Mapping[str, Value]) -> dict[str, Value]:
    return {**row, "state": "waiting", "state_at": row["asked_at"], "attempt": 0, "verdicts": 0}


def _few(connection: sa.Connection, column: sa.Column[Any], values: Sequence[str]) -> list[Found]:
    rows: list[Found] = []
    for start in range(0, len(values), 500):
        rows += found(connection, sa.select(outbound).where(column.in_(values[start : start + 500])))
    return rows


def _contacts(connection: sa.Connection, ids: Sequence[str], since: datetime) -> dict[str, list[Seen]]:
    c = outcome.c
    query = sa.select(c.customer_id, c.at, c.outcome, c.channel).where(
        c.customer_id.in_(list(ids)), c.at >= to_micros(since), c.outcome == "shown"
    )
    rows: dict[str, list[Seen]] = {}
    for who, at, what, channel in connection.execute(query.order_by(c.at)):
        rows.setdefault(who, []).append((int(at), str(what), channel))
    return rows


def _grouped(rows: Iterable[Found]) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = {}
    for row in rows:
        groups.setdefault(row["customer_id"], []).append(row)
    return groups


def _whole_of(value: Value) -> int:
    assert isinstance(value, int)  # noqa: S101 - a moment in microseconds
    return value


_SET_OFF: Final = ("domain", "address_mark", "reference", "decision_id", "links")


def _send_off(connection: sa.Connection, going: Sequence[Reservation], now: int, lease_until: int) -> None:
    """Mark messages `sending`, and write their contacts down."""
    if not going:
        return
    rows = []
    for each in going:
        ids = [str(touch["id"]) for touch in each.touches]
        own = {f"the_{name}": each.values.get(name) for name in _SET_OFF}
        own |= {"the_key": each.key, "the_attempt": each.attempt + 1, "the_touches": json.dumps(ids) if ids else None}
        rows.append(own)
    values: dict[str, Any] = {"state": "sending", "state_at": now, "sent_at": now, "lease_until": lease_until}
    values |= {name: sa.bindparam(f"the_{name}") for name in (*_SET_OFF, "attempt", "touches")}
    change = sa.update(outbound).where(outbound.c.key == sa.bindparam("the_key"))
    connection.execute(change.values(**values, code=None), rows)
    names = [column.name for column in outcome.columns]
    touches = [{"customer_id": each.customer_id, **touch} for each in going for touch in each.touches]
    if touches:
        whole = [{name: touch.get(name) for name in names} for touch in touches]
        connection.execute(insert_into(connection, outcome).on_conflict_do_nothing(), whole)


def _gone_out(connection: sa.Connection, cap: Cap) -> int:
    c = outbound.c
    query = sa.select(sa.func.count()).where(c.sent_at >= to_micros(cap.since), c.state.in_(_ON_THE_WAY))
    query = query if cap.domain is None else query.where(c.domain == cap.domain)
    query = query if cap.purpose is None else query.where(c.purpose == cap.purpose)
    return int(connection.execute(query).scalar_one())


def _settled(connection: sa.Connection, row: Found, answer: Settlement, now: datetime) -> None:
    values: dict[str, Any] = {"state": answer.state, "code": answer.code, "state_at": to_micros(now)}
    values["lease_until"] = None
    if answer.reference is not None:
        values["reference"] = answer.reference
    if answer.state in {"failed", "waiting"}:
        values["sent_at"], values["touches"] = None, None
        if row["touches"]:
            connection.execute(sa.delete(outcome).where(outcome.c.id.in_(json.loads(row["touches"]))))
    if answer.due is not None:
        values["due_at"] = to_micros(answer.due)
    connection.execute(sa.update(outbound).where(outbound.c.key == row["key"]).values(**values))
    if answer.state != "sent" or answer.code is not None:
        _told(connection, row, answer.state, answer.code or answer.state, now, answer.due, answer.detail)


def _told(
    connection: sa.Connection,
    row: Found,
    say: str,
    code: str,
    now: datetime,
    until: datetime | None,
    detail: str | None,
) -> None:
    """Write a verdict down, unless the one before was the same."""
    c = outbound_verdict.c
    last = found(
        connection,
        sa.select(outbound_verdict).where(c.message_id == row["id"]).order_by(c.n.desc()).limit(1),
    )
    if last and (last[0]["say"], last[0]["code"], last[0]["detail"]) == (say, code, detail):
        return
    n = last[0]["n"] + 1 if last else 1
    values = {"message_id": row["id"], "n": n, "at": to_micros(now), "say": say, "code": code, "detail": detail}
    values["until"] = None if until is None else to_micros(until)
    connection.execute(sa.insert(outbound_verdict).values(**values))
    connection.execute(sa.update(outbound).where(outbound.c.key == row["key"]).values(verdicts=n))


def _alone(connection: sa.Connection, customer_id: str) -> None:
    """Only one transaction counts and writes a customer's contacts: on SQLite only one writes at all."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.blake2b(b"contact\0" + customer_id.encode(), digest_size=8).digest()
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))


def moment(micros: int | None) -> str | None:
    """A stored moment as text; None where there is none."""
    return None if micros is None else from_micros(micros).isoformat()
