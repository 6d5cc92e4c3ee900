"""The port of confirmations: what waits for a customer's yes, and the one moment at which it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import sqlalchemy as sa

from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.acceptances import token_hash
from tsuide.store.engines import reading, writing
from tsuide.store.promotions import draw
from tsuide.store.rows import Found, found
from tsuide.store.schema import acceptance
from tsuide.store.selling import confirmation

_GIVEN: Final = ("accepted", "used")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is about to wait for the customer.

    Args:
        id: of the acceptance.
        evidence: kind and reference of what there is already (who asked, a signed order form …).
        content: the confirmation as JSON; it never changes.
        token: the single-use token, of which only the hash is kept; None where nobody is told one yet.
        entered_by: the rep who entered it.
    """

    id: str
    offer_id: str
    decision_id: str | None
    customer_id: str | None
    evidence: tuple[str, str]
    content: str
    expires_at: datetime
    token: str | None = None
    entered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Keeps what waits for a yes; found rows join the tables `acceptance` and `confirmation`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def ask(self, waiting: Waiting, now: datetime) -> bool:
        """Let it wait; False if this id waits (or was answered) already.

        Raises:
            Conflict: the id was used for another offer.
        """
        with writing(self.engine) as connection:
            before = found(connection, sa.select(acceptance.c.offer_id).where(acceptance.c.id == waiting.id))
            if before:
                if before[0]["offer_id"] != waiting.offer_id:
                    raise Conflict("this id stands for another offer", key="id", value=waiting.id)
                return False
            connection.execute(
                sa.insert(acceptance).values(
                    id=waiting.id,
                    offer_id=waiting.offer_id,
                    decision_id=waiting.decision_id,
                    customer_id=waiting.customer_id,
                    evidence_kind=waiting.evidence[0],
                    evidence_reference=waiting.evidence[1],
                    token_hash=None if waiting.token is None else token_hash(waiting.token),
                    at=to_micros(now),
                    state="waiting",
                    state_at=to_micros(now),
                )
            )
            connection.execute(
                sa.insert(confirmation).values(
                    acceptance_id=waiting.id,
                    content=waiting.content,
                    expires_at=to_micros(waiting.expires_at),
                    entered_by=waiting.entered_by,
                )
            )
        return True

    def retoken(self, acceptance_id: str, token: str) -> None:
        """Another token in place of the former, while it waits; the former is worth nothing then.

        Raises:
            Conflict: it does not wait any more.
        """
        waits = sa.and_(acceptance.c.id == acceptance_id, acceptance.c.state == "waiting")
        with writing(self.engine) as connection:
            change = sa.update(acceptance).where(waits).values(token_hash=token_hash(token))
            if connection.execute(change).rowcount == 0:
                raise Conflict("it does not wait for an answer", key="acceptance", value=acceptance_id)

    def confirm(
        self,
        acceptance_id: str,
        evidence: tuple[str, str],
        draws: Mapping[str, int],
        now: datetime,
        also: Sequence[tuple[str, str]] = (),
    ) -> Literal["confirmed", "already"]:
        """The yes, and what it draws from promotions: both or neither, once, whoever else tries.

        Args:
            acceptance_id: what waits.
            evidence: kind and reference of the yes.
            draws: promotion → minor units.
            now: UTC.
            also: (offer, decision) of what the same yes accepts with it: a quote's attached lines.

        Raises:
            NotFound: no such acceptance, or promotion.
            Conflict: it was declined or has expired, the offer is accepted by another yes, or a budget is used up.
        """
        try:
            return self._confirm(acceptance_id, evidence, draws, now, also)
        except BadValue as error:
            if error.key != "row":  # ours, of an amount; else the constraint: one yes per offer
                raise
            raise Conflict("this offer was accepted already", key="acceptance", value=acceptance_id) from error

    def _confirm(
        self,
        acceptance_id: str,
        evidence: tuple[str, str],
        draws: Mapping[str, int],
        now: datetime,
        also: Sequence[tuple[str, str]],
    ) -> Literal["confirmed", "already"]:
        row = acceptance.c.id == acceptance_id
        change = sa.update(acceptance).where(row, acceptance.c.state == "waiting")
        values = {"evidence_kind": evidence[0], "evidence_reference": evidence[1]}
        with writing(self.engine) as connection:
            done = connection.execute(change.values(state="accepted", state_at=to_micros(now), **values)).rowcount
            rows = found(connection, sa.select(acceptance.c.state, acceptance.c.customer_id).where(row))
            if not rows:
                raise NotFound("no such acceptance", key="acceptance", value=acceptance_id)
            if not done:
                if rows[0]["state"] in _GIVEN:
                    return "already"
                raise Conflict(f"this is {rows[0]['state']}", key="acceptance", value=acceptance_id)
            for promotion_id, amount in sorted(draws.items()):  # one order for all: no two wait for each other
                draw(connection, promotion_id, acceptance_id, rows[0]["customer_id"], amount, now)
            for offer_id, decision_id in also:
                connection.execute(
                    sa.insert(acceptance).values(
                        id=f"{acceptance_id}:{offer_id}", offer_id=offer_id, decision_id=decision_id,
                        customer_id=rows[0]["customer_id"], evidence_kind=evidence[0], evidence_reference=evidence[1],
                        at=to_micros(now), state="accepted", state_at=to_micros(now),
                    )
                )  # fmt: skip
        return "confirmed"

    def placed(self, acceptance_id: str, order_id: str, now: datetime) -> bool:
        """The order that the yes became; False if it was noted before.

        Raises:
            Conflict: it is not accepted, or became another order.
        """
        row = acceptance.c.id == acceptance_id
        with writing(self.engine) as connection:
            change = sa.update(acceptance).where(row, acceptance.c.state == "accepted")
            done = connection.execute(change.values(state="used", state_at=to_micros(now))).rowcount
            of_it = confirmation.c.acceptance_id == acceptance_id
            if done:
                connection.execute(sa.update(confirmation).where(of_it).values(order_id=order_id))
                with_it = acceptance.c.id.startswith(f"{acceptance_id}:", autoescape=True)
                lines = sa.update(acceptance).where(with_it, acceptance.c.state == "accepted")
                connection.execute(lines.values(state="used", state_at=to_micros(now)))
                return True
            if connection.execute(sa.select(confirmation.c.order_id).where(of_it)).scalar() == order_id:
                return False
        raise Conflict("it is not an acceptance that waits for its order", key="acceptance", value=acceptance_id)

    def get(self, acceptance_id: str) -> Found:
        """One acceptance with what was confirmed.

        Raises:
            NotFound: no such acceptance.
        """
        rows = self._rows(acceptance.c.id == acceptance_id)
        if not rows:
            raise NotFound("no such acceptance", key="acceptance", value=acceptance_id)
        return rows[0]

    def waiting(self, now: datetime) -> list[Found]:
        """What waits and has not expired, oldest first."""
        return self._rows(acceptance.c.state == "waiting", confirmation.c.expires_at > to_micros(now))

    def expire(self, now: datetime) -> int:
        """Close what nobody answered in time; how many."""
        late = sa.select(confirmation.c.acceptance_id).where(confirmation.c.expires_at <= to_micros(now))
        change = sa.update(acceptance).where(acceptance.c.state == "waiting", acceptance.c.id.in_(late))
        with writing(self.engine) as connection:
            return connection.execute(change.values(state="expired", state_at=to_micros(now))).rowcount

    def _rows(self, *where: sa.ColumnElement[bool]) -> list[Found]:
        of_it = confirmation.c.acceptance_id == acceptance.c.id
        more = (confirmation.c.content, confirmation.c.expires_at, confirmation.c.entered_by, confirmation.c.order_id)
        query = sa.select(*acceptance.c, *more).join(confirmation, of_it).where(*where)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(acceptance.c.at, acceptance.c.id))
