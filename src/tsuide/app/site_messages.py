"""Messages left for a customer's next visit: shown on the page, judged and offered for at that moment, counted once.

Such a message waits in the outbox like any other, until its moment has passed. A page that asks for offers for the
customer is told it: by then the gate judges it, its template's offers are asked for in the visit's own place, and the
decision is kept. It has been shown when the page says so: that is its one contact. Until then the next page shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from tsuide.app.carriers import carried_by
from tsuide.app.composing import Composer, Draft, Wanted
from tsuide.app.deciding import Decider, Served
from tsuide.app.mail_templates import templates
from tsuide.app.policies import active_policy
from tsuide.app.sending import Outreach, message_of
from tsuide.app.standings import addressees
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NotFound, NothingLearned, SnapshotDamaged
from tsuide.kit.clock import Clock, from_micros, to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import OfferRequest
from tsuide.outreach.gate import Verdict, judge, last_moment
from tsuide.outreach.message import Message
from tsuide.store.outbox import Reservation
from tsuide.store.rows import Found, Value

SiteOutcome: TypeAlias = Literal["shown", "closed"]
PLACES: Final = frozenset({"home", "product", "cart", "account"})
"""Where a message is shown that names no slot."""
_MOST: Final = 5  # messages of one customer that are looked at for one page
_JOURNEY: Final = "journey/"


@dataclass(frozen=True, slots=True)
class Left:
    """A message as its page shows it now.

    Args:
        served: the decision behind its offers, kept; None where it offers nothing.
        until: when it is too late.
    """

    id: str
    title: str
    text: str
    until: datetime
    served: Served | None = None

    @property
    def product_ids(self) -> tuple[str, ...]:
        """What it offers: the page need not offer it a second time."""
        return () if self.served is None else tuple(each.product_id for each in self.served.decision.offers)


class SiteMessages:
    """Messages of one shop that wait for visits; of a server.

    Args:
        shop: whose.
        decider: asked for offers, and keeps decisions.
        clock: this moment, UTC.
        outreach: has the composer; made when a message is first shown.
    """

    def __init__(self, shop: Shop, decider: Decider, clock: Clock, outreach: Callable[[], Outreach]) -> None:
        self._shop = shop
        self._decider = decider
        self._clock = clock
        self._outreach = outreach
        self._ours = "site" not in carried_by(shop.settings)  # else somebody else shows them
        self.any = False

    def refresh(self) -> None:
        """Look whether any message waits: a shop without them is asked nothing at any visit.

        Raises:
            Unavailable: the store does not answer.
        """
        self.any = self._ours and self._shop.store.outbox.any_on_site()

    def for_visit(self, visit: OfferRequest, slot: str | None) -> Left | None:
        """The message that a page shows first; None where none may be shown now.

        Args:
            visit: what the page asks, of a customer who is known to be this one.
            slot: the place that the page names; its messages are those that name it, too.

        Raises:
            Unavailable: the store does not answer.
        """
        if not self.any or visit.customer_id is None or (slot is None and visit.placement not in PLACES):
            return None
        now = self._clock()
        policy: Policy | None = None
        for row in self._shop.store.outbox.on_site(visit.customer_id, _MOST):
            message = message_of(row)
            if message.slot != slot:
                continue
            policy = policy or active_policy(self._shop, now)
            found = self._composed(row, message, visit, policy, now)
            if isinstance(found, Left):
                return found
            if found.say == "never" or found.code != row["code"]:  # said once, not at each page
                self._shop.store.outbox.judged(row["key"], found.say, found.code, now)
        return None

    def _composed(
        self, row: Found, message: Message, visit: OfferRequest, policy: Policy, now: datetime
    ) -> Left | Verdict:
        """The message as it is shown; or why it is not."""
        asked_at, outreach = from_micros(row["asked_at"]), self._outreach()
        if message.key.startswith(_JOURNEY) and not self._shop.store.journeys.goes_on(_enrolment(message.key)[0]):
            return Verdict("never", "left_journey")
        (to,) = addressees(self._shop, outreach.links, policy, [message], now)
        verdict, template = (
            judge(message, to.standing, policy, asked_at, now),
            templates(self._shop).get(message.template),
        )
        if verdict.say != "send":
            return verdict
        if template is None:  # it was taken out of use since
            return Verdict("never", "template_failed")
        wanted = Wanted(message, row["id"], to, template, now, language=visit.language, visit=visit)
        try:
            draft = outreach.composer.draft(wanted, policy)
        except (NothingLearned, SnapshotDamaged):
            return Verdict("later", "no_offer")
        return self._said(draft, outreach.composer, last_moment(message, asked_at))

    def _said(self, draft: Draft, composer: Composer, until: datetime) -> Left | Verdict:
        """A draft in words, its decision kept; silence is kept too where the effect is measured by it."""
        held_out = draft.served is not None and draft.served.decision.arm == "holdout"
        if draft.served is not None and (held_out or not draft.silent):
            self._decider.keep_now([draft.served])
        if draft.silent:
            return Verdict("never" if held_out else "later", "no_offer")
        said = composer.said_on_site(draft)
        if isinstance(said, BadValue):
            return Verdict("never", "template_failed")
        offered = draft.served if draft.served is not None and draft.served.decision.offers else None
        return Left(draft.wanted.message_id, said["subject"].strip(), said["text"].strip(), until, offered)

    def tell(self, message_id: str, outcome: SiteOutcome, decision_id: str | None = None) -> bool:
        """Note that a message was shown, or closed by the customer; whether that is new.

        Args:
            message_id: as the page was told it.
            outcome: what is closed was shown before, even where nobody said so.
            decision_id: of its offers, as the page was told it.

        Raises:
            NotFound: no such message on the site.
            UnknownDecision: no such decision.
        """
        row = self._shop.store.outbox.by_id(message_id)
        if row["channel"] != "site":
            raise NotFound("no such message", key="message", value=message_id)
        now = self._clock()
        new = row["state"] == "waiting" and self._shown(row, decision_id, now)
        if new and row["key"].startswith(_JOURNEY):
            self._shop.store.journeys.wake(*_enrolment(row["key"]), now)
        if outcome == "closed":
            new = self._shop.store.outbox.closed(row["key"], now)
            if new and row["key"].startswith(_JOURNEY):
                self._shop.store.journeys.said(*_enrolment(row["key"]), "shown", "closed")
        return new

    def _shown(self, row: Found, decision_id: str | None, now: datetime) -> bool:
        touches, offered = self._touches(row, decision_id, now)
        return self._shop.store.outbox.shown(
            Reservation(
                key=row["key"],
                attempt=row["attempt"],
                customer_id=row["customer_id"],
                since=now,
                check=lambda _: None,
                touches=touches,
                values={"decision_id": offered},
            ),
            now,
        )

    def _touches(
        self, row: Found, decision_id: str | None, now: datetime
    ) -> tuple[tuple[Mapping[str, Value], ...], str | None]:
        """The contact: one row of the ledger for each offer, at one moment; or one for the message itself."""
        common: dict[str, Any] = {"outcome": "shown", "channel": "site", "at": to_micros(now)}
        common["evidence"] = row["purpose"]
        if decision_id is None:
            return ({**common, "id": f"{row['id']}:shown"},), None
        decision = Decision.from_json(self._shop.store.decisions.get(decision_id)["record"])
        if decision.request.customer_id != row["customer_id"] or not decision.offers:
            raise NotFound("no decision of this message", key="decision", value=decision_id)
        common |= {"decision_id": decision.id, "placement": decision.request.placement}
        leaf = self._leaf_of
        return tuple(
            {
                **common, "id": f"{each.id}:shown", "offer_id": each.id, "product_id": each.product_id,
                "category": leaf(each.product_id), "kind": each.kind,
            }
            for each in decision.offers
        ), decision.id  # fmt: skip

    def _leaf_of(self, product_id: str) -> str | None:
        product = self._decider.catalogue.product(product_id)
        return product.category[-1] if product is not None and product.category else None


def _enrolment(key: str) -> tuple[str, str]:
    """Enrolment and step of a journey's message."""
    _, enrolment, step = key.split("/", 2)
    return enrolment, step
