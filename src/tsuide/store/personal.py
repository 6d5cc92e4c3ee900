"""What every table holds of people: whose, how it is found and erased, what for, on what grounds, and for how long.

One declaration each; a table without one fails a test. What is shown to a person who asks, what is erased, what goes
by itself and the record of processing all read this list: they cannot say different things.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa

from tsuide.store.aliases import customer_alias
from tsuide.store.arrivals import message, same_person
from tsuide.store.audit import audit_entry
from tsuide.store.curation import curation
from tsuide.store.deals import deal, deal_event, deal_line, deal_quote
from tsuide.store.feedback import feedback
from tsuide.store.finding import customer_key
from tsuide.store.hooks import hook
from tsuide.store.initiatives import initiative_entry
from tsuide.store.interactions import interaction, win
from tsuide.store.jobs import job
from tsuide.store.journey_tables import enrolment, enrolment_mark, journey_news, journey_version
from tsuide.store.merges import customer_merge
from tsuide.store.merges import of as merges_of
from tsuide.store.outbox_tables import blocked_address, outbound, outbound_event, outbound_verdict
from tsuide.store.schedules import report_schedule
from tsuide.store.schema import (
    acceptance,
    consent,
    customer,
    decision,
    event,
    kept_answer,
    order_line,
    orders,
    outcome,
    policy,
    review,
)
from tsuide.store.segment_tables import (
    segment_act,
    segment_event,
    segment_member,
    segment_sheet,
    segment_touch,
    segment_version,
)
from tsuide.store.selling import confirmation, promotion_use
from tsuide.store.supervision import case_step, supervision_case
from tsuide.store.surveys import survey, survey_answer, survey_invitation
from tsuide.store.tasks import task, task_event
from tsuide.store.users import console_session, console_user
from tsuide.store.worklist import pitch_note, worklist_answer, worklist_event

Whose: TypeAlias = Literal["customer", "staff", "nobody"]
Purpose: TypeAlias = Literal["selling", "offering", "reaching", "measuring", "caring", "advising", "proving", "running"]
Basis: TypeAlias = Literal["contract", "consent", "interest", "law"]
Recipient: TypeAlias = Literal["mail", "platforms", "hooks"]
Deed: TypeAlias = Literal["deleted", "unlinked", "kept"]
NOBODY: Final = "erased"


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, and every visitor who turned out to be them."""

    customer_id: str
    visitors: tuple[str, ...] = ()


Finds: TypeAlias = Callable[[Person], sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Ages:
    """How long rows are kept.

    Args:
        column: the moment that counts, in microseconds.
        days: unless a shop says otherwise; 0 = as long as the customer is one.
        only: rows that may go at all: nothing that is still under way.
    """

    column: str
    days: int
    only: Callable[[], sa.ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What a table holds.

    Args:
        table: of the schema.
        whose: a customer's (or visitor's), somebody's of the house, nobody's.
        purpose: what for.
        basis: on what grounds (GDPR 6; under APPI the purposes are published, consent where it says so).
        erased: what erasing does; `kept` = what is left names nobody.
        finds: a customer's rows; None = it holds none of theirs.
        nobody: what erasing and old age write into rows that stay, by column.
        recipients: who outside may get it.
        hidden: columns that only machines need, never shown.
        naming: columns with JSON of anything, which may name a customer whom no other column does.
        ages: how long.
    """

    table: sa.Table
    whose: Whose
    purpose: Purpose
    basis: Basis
    erased: Deed = "kept"
    finds: Finds | None = None
    nobody: Mapping[str, Any] = field(default_factory=dict)
    recipients: tuple[Recipient, ...] = ()
    hidden: frozenset[str] = frozenset()
    naming: tuple[str, ...] = ()
    ages: Ages | None = None


def _by_customer(table: sa.Table) -> Finds:
    return lambda person: table.c.customer_id == person.customer_id


def _by_visitor(table: sa.Table) -> Finds:
    """Rows of the customer, and of their visitors where these are not somebody else's by now."""

    def found(person: Person) -> sa.ColumnElement[bool]:
        alone = sa.and_(table.c.customer_id.is_(None), table.c.anonymous_id.in_(person.visitors))
        return sa.or_(table.c.customer_id == person.customer_id, alone)

    return found


def _by_either(table: sa.Table) -> Finds:
    return lambda person: sa.or_(
        table.c.customer_id == person.customer_id, table.c.anonymous_id.in_(person.visitors)
    )  # fmt: skip


def _below(column: sa.Column[Any], above: sa.Column[Any], owner: sa.Table) -> Finds:
    """Rows that hang on a customer's rows of another table."""
    return lambda person: column.in_(sa.select(above).where(owner.c.customer_id == person.customer_id))


def _of_sheet(table: sa.Table) -> Finds:
    return lambda person: table.c.no.in_(sa.select(segment_sheet.c.no).where(_by_either(segment_sheet)(person)))


def _marked(person: Person) -> sa.ColumnElement[bool]:
    mine = sa.and_(outbound.c.customer_id == person.customer_id, outbound.c.address_mark.is_not(None))
    return blocked_address.c.mark.in_(sa.select(outbound.c.address_mark).where(mine))


_YEAR: Final = 365
_PAIR: Final = {"customer_id": None, "anonymous_id": None}


def _customers() -> tuple[Held, ...]:
    """Children before what they hang on: erasing goes through them in this order."""
    yes = acceptance.c.id
    return (
        Held(order_line, "customer", "selling", "contract", "unlinked",
             _below(order_line.c.order_no, orders.c.no, orders)),
        Held(orders, "customer", "selling", "contract", "unlinked", _by_customer(orders), {"customer_id": None},
             ages=Ages("placed_at", 0)),
        Held(confirmation, "customer", "selling", "contract", "unlinked",
             _below(confirmation.c.acceptance_id, yes, acceptance)),
        Held(promotion_use, "customer", "selling", "contract", "unlinked", _by_customer(promotion_use),
             {"customer_id": None}),
        Held(acceptance, "customer", "selling", "contract", "unlinked", _by_customer(acceptance),
             {"customer_id": None, "evidence_reference": NOBODY}, hidden=frozenset({"token_hash", "given"})),
        Held(consent, "customer", "proving", "law", "deleted", _by_customer(consent)),
        Held(event, "customer", "offering", "consent", "deleted", _by_visitor(event),
             ages=Ages("at", 3 * _YEAR)),
        Held(message, "customer", "running", "interest", "deleted", _by_visitor(message), naming=("body",),
             ages=Ages("received_at", _YEAR, lambda: message.c.state != "waiting")),
        Held(journey_news, "customer", "reaching", "consent", "deleted", _by_visitor(journey_news)),
        Held(decision, "customer", "offering", "consent", "unlinked", _by_visitor(decision),
             {**_PAIR, "session_id": None}, ages=Ages("at", 3 * _YEAR)),
        Held(outcome, "customer", "measuring", "interest", "unlinked", _by_visitor(outcome),
             {**_PAIR, "evidence": None},
             ages=Ages("at", 3 * _YEAR)),
        Held(review, "customer", "caring", "consent", "unlinked", _by_customer(review),
             {"customer_id": None, "text": None}),
        Held(feedback, "customer", "caring", "contract", "unlinked", _by_customer(feedback),
             {"customer_id": None, "text": None}, ages=Ages("at", 5 * _YEAR)),
        Held(initiative_entry, "customer", "measuring", "interest", "unlinked", _by_customer(initiative_entry),
             {"customer_id": None, "note": None}),
        Held(outbound_verdict, "customer", "reaching", "law", "unlinked",
             _below(outbound_verdict.c.message_id, outbound.c.id, outbound), {"detail": None}),
        Held(blocked_address, "customer", "reaching", "law", "kept", _marked, {"detail": None}),
        Held(outbound_event, "customer", "reaching", "consent", "unlinked", _by_customer(outbound_event),
             {"customer_id": None, "detail": None}, ages=Ages("at", 3 * _YEAR)),
        Held(outbound, "customer", "reaching", "consent", "unlinked", _by_customer(outbound),
             {"customer_id": None, "address_mark": None, "links": None, "domain": None, "reference": None,
              "record": "{}"},
             ("mail", "platforms"),
             ages=Ages("asked_at", 3 * _YEAR, lambda: outbound.c.state.not_in(("waiting", "sending")))),
        Held(enrolment_mark, "customer", "reaching", "consent", "unlinked",
             _below(enrolment_mark.c.enrolment_id, enrolment.c.id, enrolment)),
        Held(enrolment, "customer", "reaching", "consent", "unlinked", _by_customer(enrolment),
             {"customer_id": None, "context": "{}"}, ("hooks",),
             ages=Ages("moved_at", 3 * _YEAR, lambda: enrolment.c.state != "active")),
        Held(task_event, "customer", "advising", "interest", "deleted", _below(task_event.c.task_id, task.c.id, task),
             recipients=("hooks",)),
        Held(task, "customer", "advising", "interest", "deleted", _by_customer(task), recipients=("hooks",),
             ages=Ages("changed_at", 3 * _YEAR, lambda: task.c.state != "open")),
        Held(deal_line, "customer", "advising", "contract", "unlinked",
             _below(deal_line.c.deal_id, deal.c.id, deal), {"reason": None}),
        Held(deal_event, "customer", "advising", "contract", "unlinked",
             _below(deal_event.c.deal_id, deal.c.id, deal), {"reason": None, "content": None}, ("hooks",)),
        Held(deal_quote, "customer", "advising", "contract", "unlinked",
             _below(deal_quote.c.deal_id, deal.c.id, deal), {"buyer": None}),
        Held(deal, "customer", "advising", "contract", "unlinked", _by_customer(deal),
             {"customer_id": None, "title": NOBODY, "note": None, "needs": "[]"}, ("hooks",),
             ages=Ages("closed_at", 0)),
        Held(worklist_answer, "customer", "advising", "interest", "unlinked", _by_customer(worklist_answer),
             {"customer_id": None, "note": None}, ages=Ages("at", 3 * _YEAR)),
        Held(worklist_event, "customer", "advising", "interest", "deleted", _by_customer(worklist_event),
             recipients=("hooks",), ages=Ages("at", 3 * _YEAR)),
        Held(interaction, "customer", "advising", "interest", "unlinked", _by_customer(interaction),
             {"customer_id": None, "text": None, "outcome": None}, ages=Ages("at", 5 * _YEAR)),
        Held(win, "customer", "advising", "interest", "unlinked", _by_customer(win),
             {"customer_id": None, "evidence": None}),
        Held(survey_answer, "customer", "caring", "consent", "unlinked", _by_customer(survey_answer),
             {"customer_id": None, "subject": None, "texts": None, "became": None}, ages=Ages("at", 3 * _YEAR)),
        Held(survey_invitation, "customer", "caring", "interest", "deleted", _by_customer(survey_invitation),
             ages=Ages("at", _YEAR)),
        Held(audit_entry, "customer", "proving", "interest", "unlinked", _by_customer(audit_entry),
             {"subject": NOBODY, "customer_id": NOBODY, "before": None, "after": None, "undo": None}),
        Held(segment_member, "customer", "reaching", "consent", "deleted", _of_sheet(segment_member)),
        Held(segment_act, "customer", "reaching", "consent", "deleted", _of_sheet(segment_act)),
        Held(segment_sheet, "customer", "reaching", "consent", "deleted", _by_either(segment_sheet)),
        Held(segment_touch, "customer", "reaching", "consent", "deleted", _by_either(segment_touch)),
        Held(segment_event, "customer", "reaching", "consent", "unlinked", _by_either(segment_event), _PAIR,
             ("platforms",),
             ages=Ages("at", 3 * _YEAR)),
        Held(customer_merge, "customer", "running", "interest", "deleted", lambda who: merges_of(who.customer_id)),
        Held(customer_alias, "customer", "running", "interest", "deleted",
             lambda who: sa.or_(customer_alias.c.kept_id == who.customer_id,
                                customer_alias.c.merged_id == who.customer_id)),
        Held(customer_key, "customer", "running", "interest", "deleted", _by_customer(customer_key)),
        Held(kept_answer, "customer", "running", "interest", "unlinked",
             nobody={"media_type": None, "body": None}, naming=("body",)),
        Held(job, "customer", "running", "interest", "deleted", naming=("wanted", "result"),
             ages=Ages("ended_at", _YEAR)),
        Held(same_person, "customer", "offering", "consent", "deleted", _by_customer(same_person),
             ages=Ages("at", 3 * _YEAR)),
        Held(customer, "customer", "selling", "contract", "deleted", lambda who: customer.c.id == who.customer_id,
             recipients=("mail", "platforms")),
    )  # fmt: skip


_STAFF: Final = (
    Held(console_user, "staff", "running", "contract", hidden=frozenset({"password", "invitation"})),
    Held(console_session, "staff", "running", "contract", hidden=frozenset({"hash"})),
    Held(curation, "staff", "offering", "interest"),
    Held(hook, "staff", "running", "interest", recipients=("hooks",)),
    Held(journey_version, "staff", "proving", "interest"),
    Held(pitch_note, "staff", "advising", "interest"),
    Held(policy, "staff", "proving", "interest"),
    Held(report_schedule, "staff", "measuring", "interest", recipients=("mail",)),
    Held(segment_version, "staff", "proving", "interest"),
    Held(supervision_case, "staff", "proving", "law"),
    Held(case_step, "staff", "proving", "law"),
    Held(survey, "staff", "proving", "interest"),
)
"""Tables that name people of the house: who made, changed or was looked at."""

NOBODYS: Final = frozenset({
    "api_key", "erased_person", "experiment", "fact_sequence", "fresh_basket", "initiative", "journey", "mail_template",
    "order_undone", "price_list", "price_point", "product", "product_change", "product_number", "promotion", "relation",
    "segment", "segment_clock", "segment_shelf", "segment_size", "setting",
})  # fmt: skip
"""Tables that hold nothing of a person."""

CUSTOMERS: Final = _customers()
HELD: Final[dict[str, Held]] = {each.table.name: each for each in (*CUSTOMERS, *_STAFF)}
"""Every table that holds something of people, by name."""
