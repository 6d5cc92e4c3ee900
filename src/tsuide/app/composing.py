"""A message as it will be read: offers asked from `decide` at this moment, words in the customer's language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import quote, urljoin, urlsplit

from tsuide.app.deciding import Decider, Served
from tsuide.app.ledger import channel_of
from tsuide.app.mail_links import MailLinks
from tsuide.app.mail_setup import MailSetup
from tsuide.app.standings import Addressee
from tsuide.app.survey_pages import survey_link
from tsuide.app.surveys import surveys
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, NothingLearned, SnapshotDamaged
from tsuide.facts.catalogue import Product, told
from tsuide.kit.clock import to_micros, zone
from tsuide.kit.money import Money
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.offer import PLACEMENTS, Offer
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import CartLine, OfferRequest
from tsuide.outreach.channels.channel import Letter
from tsuide.outreach.channels.mail.compose import greeting, tracked
from tsuide.outreach.channels.mail.layout import Foot, whole
from tsuide.outreach.channels.mail.plain_text import plain_text
from tsuide.outreach.channels.mail.sandbox import Sandbox
from tsuide.outreach.channels.mail.template import ESCAPED, Asks, MailTemplate
from tsuide.outreach.message import Message
from tsuide.outreach.phrases import KINDS
from tsuide.store.rows import Value

_SURVEY: Final = re.compile(r"\bsurvey\s*\(")  # as a template asks for a survey's page


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter, ready to go.

    Args:
        touches: rows of the ledger that it makes; empty = it offers and advertises nothing, and is no contact.
        decision_id: the decision that made its offers.
        links: what its counted links lead to, and the offer that stands there.
        offered: how many offers it holds.
        served: the decision behind them (or that there are none): it must be kept before the letter goes out.
    """

    letter: Letter
    touches: tuple[Mapping[str, Value], ...] = ()
    decision_id: str | None = None
    links: tuple[tuple[str, str | None], ...] = ()
    offered: int = 0
    served: Served | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be composed.

    Args:
        message_id: drawn.
        keep: False = only to look at: nothing is counted.
        visit: of a message on the site: what its page asks; its offers are asked for in the same place.
    """

    message: Message
    message_id: str
    to: Addressee
    template: MailTemplate
    now: datetime
    keep: bool = True
    language: str | None = None
    visit: OfferRequest | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a letter will say, before its template is rendered.

    Args:
        served: the decision; in the holdout it made no offer, and is kept all the same.
        silent: there is nothing to say.
    """

    wanted: Wanted
    language: str
    served: Served | None
    foot: Foot
    context: dict[str, Any]
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes letters of one shop.

    Args:
        decider: asked for offers; None = nothing was ever learned, so nothing is offered.
    """

    shop: Shop
    setup: MailSetup
    links: MailLinks
    sandbox: Sandbox
    decider: Decider | None

    def compose(self, wanted: Wanted, policy: Policy) -> Composed | None:
        """The letter; None where the template needs an offer and there is none worth making.

        Raises:
            BadValue: the template cannot be rendered.
            NothingLearned: it needs an offer, and nothing has been learned yet.
        """
        draft = self.draft(wanted, policy)
        if draft.silent:
            return None
        (made,) = self.finish([draft])
        if isinstance(made, BadValue):
            raise made
        return made

    def draft(self, wanted: Wanted, policy: Policy) -> Draft:
        """What a letter will say; silent where the template needs an offer and there is none.

        Raises:
            NothingLearned: it needs an offer, and nothing has been learned yet.
        """
        language = self.language_of(wanted)
        served = self._offers(wanted, language, policy)
        offers = served.decision.offers if served is not None else ()
        advertises = wanted.message.purpose == "marketing" or bool(offers)
        foot = self._foot(wanted, policy, advertises=advertises)
        if wanted.template.offers is not None and wanted.template.offers.needed and not offers:
            return Draft(wanted, language, served, foot, {}, silent=True)
        return Draft(wanted, language, served, foot, self._context(wanted, language, served, foot))

    def finish(self, drafts: Sequence[Draft]) -> list[Composed | BadValue]:
        """The letters of drafts, rendered together; why a template cannot be rendered stands in a letter's place."""
        asked = [(each.wanted.template.parts(each.language), ESCAPED, each.context) for each in drafts]
        return [self._finished(*each) for each in zip(drafts, self.sandbox.render_many(asked), strict=True)]

    def said_on_site(self, draft: Draft) -> dict[str, str] | BadValue:
        """Title (subject) and text of a message as a page shows it: no HTML, no foot; or why it cannot be rendered."""
        parts = draft.wanted.template.parts_on_site(draft.language)
        (made,) = self.sandbox.render_many([(parts, frozenset(), draft.context)])
        return made

    def _finished(self, draft: Draft, parts: dict[str, str] | BadValue) -> Composed | BadValue:
        if isinstance(parts, BadValue):
            return parts
        wanted, language, foot = draft.wanted, draft.language, draft.foot
        counted = wanted.keep and wanted.to.standing.allows("analytics", wanted.message.channel)
        try:
            html, links = self._html(wanted, parts, foot, language, counted=counted)
        except BadValue as error:
            return error
        recipient = wanted.to.recipient
        letter = Letter(
            id=wanted.message_id,
            key=wanted.message.key,
            customer_id=wanted.message.customer_id,
            to=wanted.to.standing.address or "",
            to_name=recipient.name if recipient is not None else None,
            purpose=wanted.message.purpose,
            language=language,
            subject=parts["subject"].strip(),
            text=_plain(parts, foot, language),
            html=html,
            at=wanted.now,
            unsubscribe=foot.unsubscribe,
            more={
                "template": wanted.template.name,
                "source": wanted.message.source,
                "values": dict(wanted.message.values),
                "offers": draft.context["offers"],
                "products": draft.context["products"],
            },
        )
        offers = draft.served.decision.offers if draft.served is not None else ()
        touches = _touches(wanted, draft.served, offers) if foot.unsubscribe is not None else ()
        decision_id = draft.served.decision.id if draft.served is not None and offers else None
        offer_at = {each["url"]: str(each["offer_id"]) for each in reversed(draft.context["offers"])}
        leads = tuple((each, offer_at.get(each)) for each in links)
        return Composed(letter, touches, decision_id, leads, len(offers), draft.served)

    def language_of(self, wanted: Wanted) -> str:
        """The language asked for, else the customer's, else the shop's."""
        known = wanted.to.recipient.language if wanted.to.recipient is not None else None
        for each in (wanted.language, wanted.message.language, known):
            if each and each[:2].lower() in LANGUAGES:
                return each[:2].lower()
        return self.shop.settings.language

    def _offers(self, wanted: Wanted, language: str, policy: Policy) -> Served | None:
        asks, message = wanted.template.offers, wanted.message
        if asks is None:
            return None
        transactional = message.purpose == "transactional"
        if transactional and not (
            policy.sender is not None and wanted.to.standing.allows("marketing", message.channel)
        ):
            return None  # what must arrive carries an offer only to who wants news, with a sender to answer for it
        if wanted.visit is not None:
            return self._offers_of_visit(wanted.visit, asks, message)
        request = OfferRequest(
            message.channel if message.channel in PLACEMENTS else "email",
            n=asks.n,
            customer_id=message.customer_id,
            cart=tuple(CartLine(each) for each in message.products),
            product_id=message.products[0] if message.products else None,
            kinds=asks.kinds,
            hesitation=("abandoned",) if asks.abandoned else (),
            language=language,
            transactional=transactional,
        )
        try:
            return _asked(self.decider, request)
        except (NothingLearned, SnapshotDamaged):
            if asks.needed:
                raise
            return None

    def _offers_of_visit(self, visit: OfferRequest, asks: Asks, message: Message) -> Served | None:
        about = visit.product_id or next(iter(message.products), None)
        hesitation = tuple(dict.fromkeys((*visit.hesitation, *(("abandoned",) if asks.abandoned else ()))))
        request = replace(
            visit, n=asks.n, kinds=asks.kinds, slots=(), product_id=about, hesitation=cast("Any", hesitation)
        )
        try:
            return _asked(self.decider, request)
        except (NothingLearned, SnapshotDamaged):
            if asks.needed:
                raise
            return None

    def _foot(self, wanted: Wanted, policy: Policy, *, advertises: bool) -> Foot:
        setup, links, message_id = self.setup, self.links, wanted.message_id
        page = {
            name: setup.page(name, links.token(message_id, name)) if advertises else None
            for name in ("unsubscribe", "preferences")
        }
        return Foot(
            shop=self.shop_name(policy),
            sender=policy.sender,
            contact=setup.identity.address,
            unsubscribe=page["unsubscribe"],
            preferences=page["preferences"],
            opt_in=wanted.to.standing.opt_in,
            where=zone(self.shop.settings.time_zone),
        )

    def shop_name(self, policy: Policy) -> str:
        """As whose mail it is read: the name beside the sender's address, else the policy's sender."""
        if self.setup.identity.name:
            return self.setup.identity.name
        return policy.sender.name if policy.sender is not None else self.setup.identity.domain

    def _context(self, wanted: Wanted, language: str, served: Served | None, foot: Foot) -> dict[str, Any]:
        recipient = wanted.to.recipient
        name = recipient.name if recipient is not None else None
        return {
            "customer": {
                "name": name or greeting(None, language, company=False).rstrip(","),
                "greeting": greeting(name, language, company=wanted.to.company),
                "company": wanted.to.company,
                "attributes": dict(wanted.to.attributes),
            },
            "shop": {"name": foot.shop, "url": self.setup.public + "/"},
            "links": {"unsubscribe": foot.unsubscribe, "preferences": foot.preferences},
            "language": language,
            "values": dict(wanted.message.values),
            "products": self._products(wanted.message.products, served, language),
            "surveys": self._surveys(wanted, language),
            "offers": []
            if served is None
            else [self._offer(each, served, language) for each in served.decision.offers],
        }

    def _surveys(self, wanted: Wanted, language: str) -> dict[str, str]:
        """Survey → its page for this letter's customer; made where the template speaks of one."""
        if not any(_SURVEY.search(part) for part in wanted.template.parts(language).values()):
            return {}
        return {
            name: self.setup.page("survey", survey_link(self.links, each, wanted.message_id, wanted.now))
            for name, each in surveys(self.shop).items()
        }

    def _products(self, ids: tuple[str, ...], served: Served | None, language: str) -> list[dict[str, Any]]:
        """What the message is about, as the catalogue has it now; what is gone is left out."""
        catalogue = served.catalogue if served is not None else None
        if catalogue is None and self.decider is not None:
            catalogue = self.decider.catalogue
        found = [] if catalogue is None else [catalogue.product(each) for each in ids]
        return [self._told(each, language) for each in found if each is not None]

    def _told(self, product: Product, language: str) -> dict[str, Any]:
        title = told(product, language).title
        price = None if product.price is None else Money(product.price, product.currency).text(language)
        return {
            "id": product.id,
            "title": title,
            "price": price,
            "list_price": None,
            "url": self.address(product.url) or self.setup.product_page.replace("{id}", quote(product.id, safe="")),
            "image": self.address(product.image),
            "label": None,
            "reason": None,
        }

    def _offer(self, offer: Offer, served: Served, language: str) -> dict[str, Any]:
        shown = self._told(served.product(offer.product_id), language)
        titles = [
            told(served.product(each.product_id), language).title for each in offer.items if each.role != "anchor"
        ]

        def money(amount: int | None) -> str | None:
            return None if amount is None else Money(amount, offer.currency).text(language)

        crossed_out = offer.list_price is not None and offer.price is not None and offer.list_price > offer.price
        return shown | {
            "offer_id": offer.id,
            "kind": offer.kind,
            "title": " + ".join(titles) if offer.kind == "bundle" and titles else shown["title"],
            "price": money(offer.price),
            "list_price": money(offer.list_price) if crossed_out else None,
            "label": KINDS.text(offer.kind, language),
            "reason": next(iter(served.reasons_told(offer, language)), None),
        }

    def address(self, url: str | None) -> str | None:
        """A web address, whole; None where it is none: a catalogue's ``javascript:`` leads nowhere."""
        if not url:
            return None
        made = urljoin(self.setup.public + "/", url.strip())
        return made if urlsplit(made).scheme in {"http", "https"} and urlsplit(made).netloc else None

    def _html(
        self, wanted: Wanted, parts: Mapping[str, str], foot: Foot, language: str, *, counted: bool
    ) -> tuple[str, tuple[str, ...]]:
        def page(name: Any, use: str, rest: str = "") -> str:  # noqa: ANN401 - a page's name
            return self.setup.page(name, self.links.token(wanted.message_id, use)) + rest

        pixel = page("open", "open", ".gif") if counted else None
        style = wanted.template.style
        html = whole(parts["subject"], parts["preheader"], parts["body"], foot, language, pixel=pixel, style=style)
        if not counted:
            return html, ()
        but = tuple(each for each in (foot.unsubscribe, foot.preferences) if each is not None)
        return tracked(html, lambda n: page("click", f"click/{n}", f"/{n}"), but)


def _asked(decider: Decider | None, request: OfferRequest) -> Served:
    if decider is None:
        raise NothingLearned("nothing has been learned yet", way_out="tsuide learn")
    return decider.decide_now(request)


def _plain(parts: Mapping[str, str], foot: Foot, language: str) -> str:
    own = parts["text"].strip() if "text" in parts else plain_text(parts["body"])
    links = [f"{words}: {address}" for words, address in foot.links(language)]
    return "\n".join([own, "", "-" * 24, *links, *foot.lines(language)])


def _touches(wanted: Wanted, served: Served | None, offers: tuple[Offer, ...]) -> tuple[Mapping[str, Value], ...]:
    """The contact that a letter is: one row for each offer, or one for the letter itself."""
    message = wanted.message
    common: dict[str, Value] = {
        "outcome": "shown",
        "channel": message.channel,
        "placement": message.channel if message.channel in PLACEMENTS else None,
        "at": to_micros(wanted.now),
        "evidence": message.purpose,
    }
    if served is None or not offers:
        return ({**common, "id": f"{wanted.message_id}:shown"},)
    decision = served.decision
    return tuple(
        {
            **common,
            "id": f"{each.id}:shown",
            "decision_id": decision.id,
            "offer_id": each.id,
            "product_id": each.product_id,
            "category": _leaf(served.product(each.product_id)),
            "kind": each.kind,
            "placement": decision.request.placement,
            "channel": message.channel if message.channel not in PLACEMENTS else channel_of(decision.request.placement),
        }
        for each in offers
    )


def _leaf(product: Product) -> str | None:
    return product.category[-1] if product.category else None
