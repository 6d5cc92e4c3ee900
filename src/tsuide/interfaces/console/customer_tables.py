"""The tables of one customer's page: what happened, what they have, what was said, sold, looked at and held back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tsuide.app.consent_words import every_consent_words, words_agreed_to
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit
from tsuide.outreach import phrases as words
from tsuide.outreach.sales.happened import TALKS, what_happened

Rows = list[dict[str, Any]]
_AT: Final = Column("at", kind="moment")
_WHOM: Final = Column("whom")
_PRODUCT: Final = Column("title", label="product")


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of a customer, and how everybody of their tree is called.

    Args:
        known: as `app.customer_whole` tells it.
        names: id → name of the tree's members.
    """

    visit: Visit
    known: dict[str, Any]
    names: Mapping[str, str]

    def whose(self, row: Mapping[str, Any]) -> str | None:
        who = row.get("customer_id")
        return None if who is None else self.names.get(who, who)

    def by(self, rows: Rows, **more: Callable[[Mapping[str, Any]], object]) -> Rows:
        """Each row with whose it is, and what `more` makes of it."""
        return [{**row, "whom": self.whose(row), **{name: make(row) for name, make in more.items()}} for row in rows]

    def named(self, rows: Rows) -> Rows:
        """Each row with whose it is, and what its product is called."""
        return self.by(rows, title=lambda row: row.get("title") or row.get("product_id"))


def tables_of(
    visit: Visit, known: dict[str, Any], offers: dict[str, Any] | None, deals: Rows, names: Mapping[str, str]
) -> list[Table]:
    """All tables; a part of the page shows its own.

    Args:
        visit: of whoever looks.
        known: as `app.customer_whole` tells it.
        offers: what would be offered now and what not; None = not asked.
        deals: as `app.deals` tells them.
        names: id → name of the tree's members.
    """
    told = _Told(visit, known, names)
    return [
        *_happened(told), *_bought(told), *_reached(told), *_worked_on(told, deals), *_voiced(told), *_looked_at(told),
        _refused(told, offers),
    ]  # fmt: skip


def _happened(told: _Told) -> list[Table]:
    language = told.visit.language
    happened = [
        {"at": at, "whom": told.names.get(who, who), "what": what}
        for at, who, what in what_happened(told.known, language)
    ]
    talks = told.by(told.known["interactions"], kind=lambda row: TALKS.text(row["kind"], language))
    return [
        Table("happened", [_AT, _WHOM, Column("what")], happened, empty="nothing_happened"),
        Table("talks", [_AT, Column("kind"), _WHOM, Column("who", label="by"), Column("department"), Column("text"),
                        Column("outcome", label="result")], talks, caption="talks"),
        Table("wins", [_AT, Column("metric"), Column("before", label="was"), Column("after", label="became"),
                       Column("evidence")], told.known["wins"], caption="wins"),
    ]  # fmt: skip


def _bought(told: _Told) -> list[Table]:
    def line(row: Mapping[str, Any]) -> str:
        return f"{row['title'] or row['product_id']} × {row['quantity']}"

    def holders(row: Mapping[str, Any]) -> list[str]:
        return [f"{told.names.get(who, who)} × {n}" for who, n in row["customers"].items()]

    orders = told.by(told.known["orders"], what=lambda row: [line(each) for each in row["lines"]])
    owned = told.named(told.by(told.known["owned"], who_has=holders))
    return [
        Table("orders", [Column("placed_at", kind="day"), Column("id", label="order"), _WHOM,
                         Column("what", kind="lines"), Column("amount", kind="money", help="of_order_amount"),
                         Column("status")], orders,
              caption="orders", empty="no_orders"),
        Table("owned", [_PRODUCT, Column("quantity", kind="number", help="of_owned"), Column("last_at", kind="day"),
                        Column("who_has", kind="lines")], owned, caption="owned", empty="no_orders"),
        Table("returned", [Column("placed_at", kind="day"), _PRODUCT, _WHOM,
                           Column("returned", kind="number", help="of_returned")],
              told.named(told.known["returned"]), caption="returned", empty="nothing_returned"),
    ]  # fmt: skip


def _reached(told: _Told) -> list[Table]:
    language = told.visit.language

    def channel(row: Mapping[str, Any]) -> str | None:
        return words.CHANNELS.text(row["channel"], language) if row["channel"] else None

    asked = every_consent_words(told.visit.shop, told.visit.now)
    consents = [
        {**row, "purpose": words.PURPOSES.text(row["purpose"], language), "channel": channel(row),
         "state": "granted" if row["granted"] else "withdrawn",
         "words": words_agreed_to(asked, row["evidence"]) if row["granted"] else None}
        for row in told.known["consents"]
    ]  # fmt: skip
    messages = told.by(
        told.known["messages"], channel=channel, state=lambda row: words.STATES.text(row["state"], language)
    )
    proposals = [
        {**row, "channel": channel(row), "outcome": f"became_{row['outcome']}"}
        for row in told.named(told.known["contacts"])
    ]
    return [
        Table("consents", [Column("purpose"), Column("channel"), Column("state", kind="mark"), _AT,
                           Column("words", "words_read", help="help_words_read"), Column("source"),
                           Column("evidence")], consents, caption="consents", empty="no_consents"),
        Table("messages", [Column("asked_at", label="at", kind="moment"), _WHOM, Column("channel"), Column("template"),
                           Column("state"), Column("reactions", kind="lines")], messages, caption="messages"),
        Table("proposals", [_AT, _WHOM, _PRODUCT, Column("channel"), Column("outcome", kind="mark"), Column("reason")],
              proposals, caption="proposals", empty="no_proposals"),
    ]  # fmt: skip


def _worked_on(told: _Told, deals: Rows) -> list[Table]:
    visit = told.visit
    task = Column("title", label="task", href=lambda row: visit.url(f"/tasks/{row['id']}"))
    deal = Column("title", label="deal", href=lambda row: visit.url(f"/deals/{row['id']}"))
    tasks = told.by(told.known["tasks"], title=lambda row: row["title"][visit.language])
    drafts = [{**row, "stage": f"stage_{row['stage']}", "total": (row["totals"] or [{"total": None}])[0]["total"],
               "currency": (row["totals"] or [{"currency": None}])[0]["currency"]} for row in deals]  # fmt: skip
    return [
        Table("tasks", [task, _WHOM, Column("due_at", kind="moment"), Column("assignee")], tasks, caption="tasks"),
        Table("deals", [deal, Column("stage", kind="mark"), Column("total", kind="money", help="of_deal_total"),
                        Column("changed_at", kind="day")], drafts, caption="deals"),
    ]  # fmt: skip


def _voiced(told: _Told) -> list[Table]:
    tickets = told.by(told.known["feedback"], kind=lambda row: f"said_{row['kind']}")
    surveys = told.by(
        told.known["surveys"],
        answers=lambda row: [f"{name}: {value}" for name, value in {**row["answers"], **row["texts"]}.items()],
    )
    return [
        Table("tickets", [_AT, _WHOM, Column("kind", kind="mark"), Column("score", kind="number", help="of_score"),
                          Column("text")],
              tickets, caption="tickets"),
        Table("surveys", [_AT, _WHOM, Column("survey_id"), Column("answers", kind="lines")], surveys,
              caption="surveys"),
        Table("reviews", [_AT, _PRODUCT, Column("rating", kind="number", help="of_rating"), Column("text")],
              told.named(told.known["reviews"]), caption="reviews"),
    ]  # fmt: skip


def _looked_at(told: _Told) -> list[Table]:
    web = told.known["web"]
    return [
        Table("viewed", [_PRODUCT, Column("times", kind="number", help="of_viewed"), _AT],
              told.named(web["viewed"]), caption="viewed",
              empty="nothing_viewed"),
        Table("acts", [_AT, _WHOM, Column("kind"), _PRODUCT, Column("query")], told.named(web["newest"]),
              caption="acts", empty="nothing_viewed"),
        Table("content", [_AT, _WHOM, _PRODUCT, Column("kind")], told.named(told.known["content"]), caption="content",
              empty="nothing_read"),
    ]  # fmt: skip


def _refused(told: _Told, offers: dict[str, Any] | None) -> Table:
    rows = [] if offers is None else [
        {"title": row["title"], "kind": words.KINDS.text(row["kind"], told.visit.language), "why_not": row["why_not"]}
        for row in offers["refused"]
    ]  # fmt: skip
    return Table("refused", [_PRODUCT, Column("kind"), Column("why_not", kind="lines")], rows, empty="nothing_refused")
