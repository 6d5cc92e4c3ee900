"""The port of promotions: what people set, and budgets that cannot be overdrawn."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tsuide.errors import BadValue, Conflict, NotFound
from tsuide.kit.clock import to_micros
from tsuide.store.engines import reading, writing
from tsuide.store.rows import Found, found
from tsuide.store.selling import promotion, promotion_use


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a promotion may cost; None = without end.

    Args:
        amount: minor units in all.
        uses: acceptances in all.
        each: acceptances of one customer.
    """

    amount: int | None = None
    uses: int | None = None
    each: int | None = None


@dataclass(frozen=True, slots=True)
class Promotions:
    """Keeps promotions; rows have the columns of the table `promotion`.

    Every method raises `Unavailable` when the database does not answer.
    """

    engine: sa.Engine

    def put(self, promotion_id: str, record: str, limits: Limits, now: datetime) -> None:
        """Set a promotion, new or changed; what it spent so far stays.

        Args:
            promotion_id: its id.
            record: the whole promotion as JSON.
            limits: its budget.
            now: UTC.

        Raises:
            BadValue: a budget below what is spent already.
        """
        values = {
            "record": record,
            "budget": limits.amount,
            "most_uses": limits.uses,
            "most_each": limits.each,
            "changed_at": to_micros(now),
        }
        change = sa.update(promotion).where(promotion.c.id == promotion_id).values(**values)
        try:
            with writing(self.engine) as connection:
                if connection.execute(change).rowcount == 0:
                    connection.execute(sa.insert(promotion).values(id=promotion_id, spent=0, uses=0, **values))
        except BadValue as error:
            raise BadValue(
                "less than what was given already", key="budget", value=promotion_id, way_out="pause it instead"
            ) from error

    def remove_unused(self, promotion_id: str) -> bool:
        """Take a promotion away that nobody has drawn on; whether there was such a one."""
        c = promotion.c
        drawn = sa.exists().where(promotion_use.c.promotion_id == promotion_id)
        gone = sa.delete(promotion).where(c.id == promotion_id, c.uses == 0, ~drawn)
        with writing(self.engine) as connection:
            return bool(connection.execute(gone).rowcount)

    def get(self, promotion_id: str) -> Found:
        """One promotion with what it spent.

        Raises:
            NotFound: no such promotion.
        """
        rows = self._rows(promotion.c.id == promotion_id)
        if not rows:
            raise NotFound("no such promotion", key="promotion", value=promotion_id)
        return rows[0]

    def all(self) -> list[Found]:
        """Every promotion, by id."""
        return self._rows()

    def uses_of(self, promotion_id: str) -> list[Found]:
        """Every yes that drew on it, oldest first; rows have the columns of `promotion_use`."""
        query = sa.select(promotion_use).where(promotion_use.c.promotion_id == promotion_id)
        with reading(self.engine) as connection:
            return found(connection, query.order_by(promotion_use.c.at, promotion_use.c.acceptance_id))

    def _rows(self, *where: sa.ColumnElement[bool]) -> list[Found]:
        with reading(self.engine) as connection:
            return found(connection, sa.select(promotion).where(*where).order_by(promotion.c.id))


def draw(
    connection: sa.Connection,
    promotion_id: str,
    acceptance_id: str,
    customer_id: str | None,
    amount: int,
    now: datetime,
) -> None:
    """Take an amount from a promotion's budget, as part of the caller's transaction.

    The one UPDATE asks and takes at once, and holds the promotion's row until the commit: two who draw at the same
    moment cannot both get the last of it.

    Raises:
        Conflict: the budget, the uses, or the customer's uses are used up.
        NotFound: no such promotion.
        BadValue: a negative amount.
    """
    if amount < 0:
        raise BadValue("must not be negative", key="amount", value=amount)
    c = promotion.c
    room = sa.and_(
        c.id == promotion_id,
        sa.or_(c.budget.is_(None), c.spent + amount <= c.budget),
        sa.or_(c.most_uses.is_(None), c.uses < c.most_uses),
    )
    change = sa.update(promotion).where(room).values(spent=c.spent + amount, uses=c.uses + 1)
    taken = connection.execute(change).rowcount
    rows = found(connection, sa.select(c.most_each).where(c.id == promotion_id))
    if not rows:
        raise NotFound("no such promotion", key="promotion", value=promotion_id)
    each = rows[0]["most_each"]
    if not taken or (
        each is not None and customer_id is not None and _uses(connection, promotion_id, customer_id) >= each
    ):
        raise Conflict(
            "this promotion is used up", key="promotion", value=promotion_id, way_out="ask for the offer anew"
        )
    connection.execute(
        sa.insert(promotion_use).values(
            promotion_id=promotion_id,
            acceptance_id=acceptance_id,
            customer_id=customer_id,
            amount=amount,
            at=to_micros(now),
        )
    )


def _uses(connection: sa.Connection, promotion_id: str, customer_id: str) -> int:
    own = sa.and_(promotion_use.c.promotion_id == promotion_id, promotion_use.c.customer_id == customer_id)
    return int(connection.execute(sa.select(sa.func.count()).select_from(promotion_use).where(own)).scalar_one())
