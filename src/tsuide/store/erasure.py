"""The port of erasure: one person's rows removed, or made nobody's; what was counted stays counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from tsuide.store.arrivals import message, same_person
from tsuide.store.audit import audit_entry
from tsuide.store.audit import erase as erase_audit
from tsuide.store.deals import deal, deal_event, deal_line, deal_quote
from tsuide.store.deals import erase as erase_deals
from tsuide.store.engines import reading, writing
from tsuide.store.feedback import feedback
from tsuide.store.finding import customer_key
from tsuide.store.finding import erase as erase_keys
from tsuide.store.initiatives import initiative_entry
from tsuide.store.interactions import erase as erase_interactions
from tsuide.store.interactions import interaction, win
from tsuide.store.journey_tables import enrolment, enrolment_mark, journey_news
from tsuide.store.merges import customer_merge
from tsuide.store.merges import erase as erase_merges
from tsuide.store.merges import of as merges_of
from tsuide.store.outbox import erase as erase_messages
from tsuide.store.outbox_tables import outbound, outbound_event
from tsuide.store.rows import Found, found
from tsuide.store.schema import acceptance, consent, customer, decision, event, orders, outcome, review
from tsuide.store.segment_tables import (
    segment_act,
    segment_clock,
    segment_event,
    segment_member,
    segment_sheet,
    segment_touch,
)
from tsuide.store.selling import confirmation, promotion_use
from tsuide.store.surveys import erase as erase_answers
from tsuide.store.surveys import survey_answer, survey_invitation
from tsuide.store.tasks import task, task_event
from tsuide.store.worklist import erase as erase_worklist
from tsuide.store.worklist import worklist_answer, worklist_event

_NOBODY: Final = "erased"
_OF_CUSTOMERS: Final = (
    consent, orders, event, decision, outcome, acceptance, same_person, review, initiative_entry, feedback,
    outbound, outbound_event,
    enrolment, task, deal, survey_answer, worklist_answer, survey_invitation, interaction, win, audit_entry,
)  # fmt: skip
_FORGOTTEN: Final = (event, message, journey_news)  # whose rows say nothing once the person is gone


@dataclass(frozen=True, slots=True)
class Erasure:
    """Erases and discloses. Every method raises `Unavailable` when the database does not answer."""

    engine: sa.Engine

    def erase(self, customer_id: str, anonymise: Callable[[str], str], confirm: Callable[[str], str]) -> dict[str, int]:
        """Forget one customer, and every visitor who turned out to be them, in one transaction.

        Orders, reviews' stars, outcomes and decisions stay as nobody's, so that counts and sums stay right; nothing
        that stays leads back to the person. Consents, events, raw messages and the person's own row are deleted.

        Args:
            customer_id: whom.
            anonymise: a decision's record → the same without the person.
            confirm: a confirmation's content → the same without the person.

        Returns:
            Rows changed or deleted, by table.
        """
        with writing(self.engine) as connection:
            visitors = self._visitors(connection, customer_id)
            theirs = _theirs(customer_id, visitors)
            done: dict[str, int] = {}
            for row in found(connection, sa.select(decision.c.id, decision.c.record).where(theirs(decision))):
                change = sa.update(decision).where(decision.c.id == row["id"]).values(
                    customer_id=None, anonymous_id=None, session_id=None, record=anonymise(row["record"])
                )  # fmt: skip
                done["decision"] = done.get("decision", 0) + connection.execute(change).rowcount
            nobody = {"customer_id": None, "anonymous_id": None, "evidence": None}
            done["outcome"] = connection.execute(sa.update(outcome).where(theirs(outcome)).values(nobody)).rowcount
            done |= self._selling(connection, customer_id, confirm)
            done |= self._facts(connection, customer_id, theirs)
            done |= erase_messages(connection, customer_id)
            done["worklist_answer"] = erase_worklist(connection, customer_id)
            done |= erase_answers(connection, customer_id)
            done |= erase_interactions(connection, customer_id)
            done |= erase_merges(connection, customer_id)
            done |= erase_deals(connection, customer_id)
            done["audit_entry"] = erase_audit(connection, customer_id, _NOBODY)
            done |= _segments(connection, customer_id, visitors)
            mine = same_person.c.customer_id == customer_id
            done["same_person"] = connection.execute(sa.delete(same_person).where(mine)).rowcount
        return {name: count for name, count in done.items() if count}

    def _selling(self, connection: sa.Connection, customer_id: str, confirm: Callable[[str], str]) -> dict[str, int]:
        mine = sa.select(acceptance.c.id).where(acceptance.c.customer_id == customer_id)
        for row in found(connection, sa.select(confirmation).where(confirmation.c.acceptance_id.in_(mine))):
            change = sa.update(confirmation).where(confirmation.c.acceptance_id == row["acceptance_id"])
            connection.execute(change.values(content=confirm(row["content"])))
        yes = sa.update(acceptance).where(acceptance.c.customer_id == customer_id)
        use = sa.update(promotion_use).where(promotion_use.c.customer_id == customer_id)
        lead = sa.update(initiative_entry).where(initiative_entry.c.customer_id == customer_id)
        return {
            "initiative_entry": connection.execute(lead.values(customer_id=None, note=None)).rowcount,
            "promotion_use": connection.execute(use.values(customer_id=None)).rowcount,
            "acceptance": connection.execute(yes.values(customer_id=None, evidence_reference=_NOBODY)).rowcount,
        }

    def _facts(
        self, connection: sa.Connection, customer_id: str, theirs: Callable[[sa.Table], sa.ColumnElement[bool]]
    ) -> dict[str, int]:
        said = sa.update(review).where(review.c.customer_id == customer_id).values(customer_id=None, text=None)
        bought = sa.update(orders).where(orders.c.customer_id == customer_id).values(customer_id=None)
        below = sa.update(customer).where(customer.c.parent_id == customer_id).values(parent_id=None)
        connection.execute(below)
        heard = sa.update(feedback).where(feedback.c.customer_id == customer_id)
        done = {"feedback": connection.execute(heard.values(customer_id=None, text=None)).rowcount}
        done |= {"review": connection.execute(said).rowcount, "orders": connection.execute(bought).rowcount}
        for table in _FORGOTTEN:
            done[table.name] = connection.execute(sa.delete(table).where(theirs(table))).rowcount
        under_way = sa.update(enrolment).where(enrolment.c.customer_id == customer_id, enrolment.c.state == "active")
        connection.execute(under_way.values(state="left", why=_NOBODY))
        done["enrolment"] = _nobodys(connection, customer_id)
        about = sa.select(task.c.id).where(task.c.customer_id == customer_id)
        done["task_event"] = connection.execute(sa.delete(task_event).where(task_event.c.task_id.in_(about))).rowcount
        done["task"] = connection.execute(sa.delete(task).where(task.c.customer_id == customer_id)).rowcount
        done["consent"] = connection.execute(sa.delete(consent).where(consent.c.customer_id == customer_id)).rowcount
        done["customer_key"] = erase_keys(connection, [customer_id])
        done["customer"] = connection.execute(sa.delete(customer).where(customer.c.id == customer_id)).rowcount
        return done

    def forget(self, things: Sequence[str]) -> int:
        """Delete every message about these things; how many there were."""
        if not things:
            return 0
        with writing(self.engine) as connection:
            return int(connection.execute(sa.delete(message).where(message.c.thing.in_(list(things)))).rowcount)

    def everything_of(self, customer_id: str) -> dict[str, list[Found]]:
        """Every row that is kept of a customer, by table: what they may ask to see."""
        with reading(self.engine) as connection:
            theirs = _theirs(customer_id, self._visitors(connection, customer_id))
            tables: Sequence[tuple[sa.Table, sa.ColumnElement[bool]]] = (
                (customer, customer.c.id == customer_id),
                (customer_key, customer_key.c.customer_id == customer_id),
                (consent, consent.c.customer_id == customer_id),
                (orders, orders.c.customer_id == customer_id),
                (review, review.c.customer_id == customer_id),
                (feedback, feedback.c.customer_id == customer_id),
                (interaction, interaction.c.customer_id == customer_id),
                (win, win.c.customer_id == customer_id),
                (customer_merge, merges_of(customer_id)),
                (survey_answer, survey_answer.c.customer_id == customer_id),
                (survey_invitation, survey_invitation.c.customer_id == customer_id),
                *((table, theirs(table)) for table in (event, message, decision, outcome)),
                (acceptance, acceptance.c.customer_id == customer_id),
                (promotion_use, promotion_use.c.customer_id == customer_id),
                (initiative_entry, initiative_entry.c.customer_id == customer_id),
                (outbound, outbound.c.customer_id == customer_id),
                (outbound_event, outbound_event.c.customer_id == customer_id),
                (enrolment, enrolment.c.customer_id == customer_id),
                (enrolment_mark, enrolment_mark.c.enrolment_id.in_(_enrolments(customer_id))),
                (task, task.c.customer_id == customer_id),
                (task_event, task_event.c.task_id.in_(sa.select(task.c.id).where(task.c.customer_id == customer_id))),
                (deal, deal.c.customer_id == customer_id),
                *((table, table.c.deal_id.in_(_deals(customer_id))) for table in (deal_line, deal_event, deal_quote)),
                (worklist_answer, worklist_answer.c.customer_id == customer_id),
                (worklist_event, worklist_event.c.customer_id == customer_id),
                (same_person, same_person.c.customer_id == customer_id),
                (segment_sheet, segment_sheet.c.customer_id == customer_id),
                (segment_event, segment_event.c.customer_id == customer_id),
            )
            return {table.name: _shown(connection, table, where) for table, where in tables}

    def everyone(self) -> list[str]:
        """Every customer of whom anything is kept."""
        parts = [sa.select(customer.c.id.label("id"))]
        parts += [sa.select(table.c.customer_id).where(table.c.customer_id.is_not(None)) for table in _OF_CUSTOMERS]
        with reading(self.engine) as connection:
            return sorted(str(each) for each in connection.execute(sa.union(*parts)).scalars())

    def _visitors(self, connection: sa.Connection, customer_id: str) -> list[str]:
        query = sa.select(same_person.c.anonymous_id).where(same_person.c.customer_id == customer_id)
        return [str(each) for each in connection.execute(query).scalars()]


def _segments(connection: sa.Connection, customer_id: str, visitors: Sequence[str]) -> dict[str, int]:
    """Sheets and memberships go; who came and went stays as nobody, so that sizes add up.

    Whoever just makes sheets of facts from before writes none of them.
    """
    c, happened = segment_sheet.c, segment_event.c
    mine = sa.or_(c.customer_id == customer_id, c.anonymous_id.in_(visitors))
    numbers = [int(each) for each in connection.execute(sa.select(c.no).where(mine)).scalars()]
    for table in (segment_member, segment_act, segment_sheet):
        connection.execute(sa.delete(table).where(table.c.no.in_(numbers)))
    connection.execute(sa.update(segment_clock).values(turn=segment_clock.c.turn + 1))  # who read before reads again
    for touched in (segment_touch.c.customer_id == customer_id, segment_touch.c.anonymous_id.in_(visitors)):
        connection.execute(sa.delete(segment_touch).where(touched))
    theirs = sa.or_(happened.customer_id == customer_id, happened.anonymous_id.in_(visitors))
    nobody = sa.update(segment_event).where(theirs).values(customer_id=None, anonymous_id=None)
    return {"segment_event": connection.execute(nobody).rowcount, "segment_sheet": len(numbers)}


def _enrolments(customer_id: str) -> sa.Select[Any]:
    return sa.select(enrolment.c.id).where(enrolment.c.customer_id == customer_id)


def _deals(customer_id: str) -> sa.Select[Any]:
    return sa.select(deal.c.id).where(deal.c.customer_id == customer_id)


def _nobodys(connection: sa.Connection, customer_id: str) -> int:
    """Enrolments stay as nobody's, so that what passed each step stays counted; how many there were."""
    rows = connection.execute(sa.select(enrolment.c.id).where(enrolment.c.customer_id == customer_id)).scalars().all()
    for each in rows:
        values = {"customer_id": None, "key": f"{_NOBODY}/{each}", "context": "{}"}
        connection.execute(sa.update(enrolment).where(enrolment.c.id == each).values(**values))
    return len(rows)


def _theirs(customer_id: str, visitors: Sequence[str]) -> Callable[[sa.Table], sa.ColumnElement[bool]]:
    """Rows of the customer, and of their visitors where these are not somebody else's by now."""

    def where(table: sa.Table) -> sa.ColumnElement[bool]:
        alone = sa.and_(table.c.customer_id.is_(None), table.c.anonymous_id.in_(visitors))
        return sa.or_(table.c.customer_id == customer_id, alone)

    return where


def _shown(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[Any]) -> list[Found]:
    """Rows without what only machines need: hashes of tokens."""
    columns = [column for column in table.columns if column.name not in {"token_hash", "given"}]
    return found(connection, sa.select(*columns).where(where).order_by(*table.primary_key.columns))
