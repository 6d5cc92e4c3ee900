"""The port of acceptances: the customer's recorded yes, and the single use of its token."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.errors import Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.schema import acceptance


def token_hash(token: str) -> str:
    """How a token is kept: SHA-256 in hexadecimal.

    >>> token_hash("x")[:8]
    '2d711642'
    """
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Acceptances:
    """Keeps acceptances; rows have the columns of the table `acceptance`.

    States: waiting → accepted | declined | expired; accepted → used. At most one acceptance of an offer is ever
    given (accepted or used). Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def add(
        self,
        acceptance_id: str,
        offer_id: str,
        at: datetime,
        evidence: tuple[str, str],
        state: str = "accepted",
        token: str | None = None,
        decision_id: str | None = None,
        customer_id: str | None = None,
    ) -> bool:
        """Record a yes, or one that waits for the customer; False if this id was recorded before.

        Args:
            acceptance_id: the idempotency key.
            offer_id: what is accepted.
            at: when, UTC.
            evidence: kind (click, link, signature …) and its reference.
            state: accepted, or waiting.
            token: the single-use token; only its hash is kept.
            decision_id: the decision that made the offer.
            customer_id: whose yes it is.

        Raises:
            Conflict: the token was used before, the offer is accepted already, or the id belongs to another.
        """
        row = {
            "id": acceptance_id,
            "offer_id": offer_id,
            "decision_id": decision_id,
            "customer_id": customer_id,
            "evidence_kind": evidence[0],
            "evidence_reference": evidence[1],
            "token_hash": None if token is None else token_hash(token),
            "at": to_micros(at),
            "state": state,
            "state_at": to_micros(at),
        }
        with writing(self.engine) as connection:
            before = found(connection, sa.select(acceptance).where(acceptance.c.id == acceptance_id))
            if before and before[0]["offer_id"] == offer_id:
                return False
            same_token = sa.false() if token is None else acceptance.c.token_hash == row["token_hash"]
            given = sa.and_(acceptance.c.offer_id == offer_id, acceptance.c.given == 1)
            taken = found(connection, sa.select(acceptance.c.id).where(sa.or_(same_token, given)))
            if before or (taken and (state in {"accepted", "used"} or token is not None)):
                raise Conflict(
                    "this yes was already given: an offer is accepted once, and a token used once",
                    key="offer_id",
                    value=offer_id,
                )
            connection.execute(sa.insert(acceptance).values(**row))
        return True

    def move(self, acceptance_id: str, states: tuple[str, str], at: datetime) -> None:
        """From one state to another, once: of two who try, one is refused.

        Raises:
            NotFound: no such acceptance.
            Conflict: it is not (or no longer) in the first state.
        """
        change = sa.update(acceptance).where(acceptance.c.id == acceptance_id, acceptance.c.state == states[0])
        with writing(self.engine) as connection:
            done = connection.execute(change.values(state=states[1], state_at=to_micros(at))).rowcount
            if done:
                return
            row = found(connection, sa.select(acceptance.c.state).where(acceptance.c.id == acceptance_id))
        if not row:
            raise NotFound("no such acceptance", key="acceptance", value=acceptance_id)
        raise Conflict(f"the acceptance is {row[0]['state']}, not {states[0]}", key="acceptance", value=acceptance_id)

    def get(self, acceptance_id: str) -> Found:
        """One acceptance.

        Raises:
            NotFound: no such acceptance.
        """
        return self._one(acceptance.c.id == acceptance_id, acceptance_id)

    def by_token(self, token: str) -> Found:
        """The acceptance that a token belongs to.

        Raises:
            NotFound: no acceptance has this token.
        """
        return self._one(acceptance.c.token_hash == token_hash(token), "by token")

    def of_offer(self, offer_id: str) -> list[Found]:
        """Every acceptance of an offer, oldest first."""
        query = sa.select(acceptance).where(acceptance.c.offer_id == offer_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(acceptance.c.at, acceptance.c.id))

    def _one(self, where: sa.ColumnElement[bool], shown: str) -> Found:
        with reading(self.engine) as connection:
            rows = found(connection, sa.select(acceptance).where(where))
        if not rows:
            raise NotFound("no such acceptance", key="acceptance", value=shown)
        return rows[0]
