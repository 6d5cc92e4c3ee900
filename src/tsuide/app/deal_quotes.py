"""Quotes of deals: written, sent for a yes, and what the yes becomes. Nothing else makes an order of a deal."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tsuide.app.accepting import (
    Answer,
    countersign,
    draws_of,
    link,
    refuse_unshown,
    subscription_of,
    units_of,
)
from tsuide.app.catalogue import Catalogue
from tsuide.app.deal_accounts import Account, account_of, credit_of
from tsuide.app.deal_benefits import refuse_over
from tsuide.app.deal_offers import ByDecision, shown
from tsuide.app.deal_prices import case_of, goods_of, refuse_below_floors
from tsuide.app.deals import withdraw
from tsuide.app.ledger import Told, offer_of
from tsuide.app.mailing import report_mail, send
from tsuide.app.own_orders import order_accepted
from tsuide.app.signing import sale_terms, signing_keys
from tsuide.app.wiring import Shop
from tsuide.errors import BadSetting, BadValue, Conflict, NotReady, Refused
from tsuide.facts.catalogue import told as in_words
from tsuide.kit.clock import to_micros, zone
from tsuide.kit.ids import time_id
from tsuide.kit.phrases import LANGUAGES, Phrases
from tsuide.offers.acceptance import QUOTE, Item, claims_of, confirmation, from_json, is_quote, sign, to_json
from tsuide.offers.decision import Decision
from tsuide.offers.plain import build, plain
from tsuide.outreach.sales.deals import Deal, Line, refuse_closed, refuse_unquotable, totals
from tsuide.outreach.sales.quotes import Buyer, Quote, QuoteRow, Seller, checked_seller, html_of, text_of
from tsuide.store.confirmations import Waiting
from tsuide.store.deals import Deed
from tsuide.store.rows import Found

_SELLER: Final = "deal.seller"
_HOLDS: Final = 30  # days
_MOST_DAYS: Final = 366
PHRASES: Final = Phrases(
    {
        "subject": {"ja": "お見積書のご送付（{number}）", "en": "Your quotation {number}"},
        "letter": {
            "ja": "お見積書をお送りします。内容をご確認のうえ、下のページで「確定する」を押していただくと、"
            "ご注文となります。押すまで注文は成立しません。",
            "en": "Here is your quotation. Nothing is ordered until you press “confirm” on the page below.",
        },
    }
)  # fmt: skip


def seller_of(shop: Shop) -> Seller | None:
    """Who quotes; None where nobody has said."""
    kept = shop.store.settings.get(_SELLER)
    return build(Seller, json.loads(kept)) if kept else None


def set_seller(shop: Shop, seller: Seller, now: datetime) -> None:
    """Say who quotes: name and address in ja and en, registration number (登録番号).

    Raises:
        BadValue: a language is missing, or the number is not T and 13 digits.
    """
    shop.store.settings.put(_SELLER, json.dumps(plain(checked_seller(seller)), ensure_ascii=False), now)


def restore_seller(shop: Shop, kept: Mapping[str, object] | None, now: datetime) -> None:
    """Who quoted before; None = nobody had said."""
    shop.store.settings.put(_SELLER, "" if kept is None else json.dumps(kept, ensure_ascii=False), now)


@dataclass(frozen=True, slots=True)
class Written:
    """A quote and whom it is for."""

    quote: Quote
    buyer: Buyer


def write_quote(
    shop: Shop, deal_id: str, now: datetime, entropy: int, *, days: int = _HOLDS, who: str | None = None
) -> Written:
    """Write the quote of a deal as it stands, under its next number; one that still says the same is given back.

    Args:
        shop: whose.
        deal_id: of which.
        now: UTC.
        entropy: 64 random bits.
        days: it holds, and no longer than the promotions in it.
        who: writes it.

    Raises:
        NotFound: no such deal.
        BadValue: not a number of days.
        NotReady: nobody has said who quotes.
        Refused: the deal is closed, has no account, or its lines cannot stand in one quote.
    """
    if not 1 <= days <= _MOST_DAYS:
        raise BadValue(f"must be 1 … {_MOST_DAYS}", key="days", value=days)
    deal = shop.store.deals.get(deal_id)
    account = _ready(shop, deal, now)
    seller = seller_of(shop)
    if seller is None:
        raise NotReady("nobody has said who quotes", key="seller", way_out="tsuide deal seller FILE")
    given = [each.ends_at for each in refuse_over(shop, deal, now) if each.ends_at is not None]
    until = min([now + timedelta(days=days), *_ends(shop, deal.wanted), *given])
    made = _drafted(shop, deal, seller, time_id(QUOTE, now, entropy), now, until)
    kept = shop.store.deals.quotes(deal_id)
    if kept and _says_the_same(shop, kept[-1], made, now):
        return Written(read_quote(kept[-1]["content"]), account.buyer)
    day = f"{now.astimezone(zone(shop.settings.time_zone)):%y%m%d}"

    def content(number: int) -> str:
        numbered = replace(made, number=f"{day}-{deal_id[-5:].upper()}-{number}")
        return json.dumps(plain(numbered), ensure_ascii=False, sort_keys=True)

    row = {"id": made.id, "deal_id": deal_id, "at": to_micros(now), "expires_at": to_micros(until)}
    whole = shop.store.deals.quote({**row, "buyer": account.buyer.name, "acceptance_id": None}, content)
    made = read_quote(whole["content"])

    def note(before: Deal) -> tuple[Deal, Deed]:
        return before, Deed("quoted", who, None, {"quote": made.id, "number": made.number, "total": made.total})

    shop.store.deals.change(deal_id, note, now)
    return Written(made, account.buyer)


def read_quote(content: str) -> Quote:
    """The quote that was kept."""
    return build(Quote, json.loads(content))


@dataclass(frozen=True, slots=True)
class Sent:
    """A quote that waits for the customer's yes.

    Args:
        token: of the link; never for the rep who entered it.
        link: where the customer says yes; None where TSUIDE_PUBLIC_URL is not set.
        mailed: to whom.
        told: what the ledger must hear: what was offered was put before the customer.
    """

    written: Written
    acceptance_id: str
    token: str
    link: str | None
    mailed: tuple[str, ...]
    told: ByDecision


def send_quote(
    shop: Shop,
    deal_id: str,
    now: datetime,
    entropy: int,
    *,
    to: Sequence[str] = (),
    days: int = _HOLDS,
    language: str | None = None,
    approved_by: str | None = None,
    who: str | None = None,
) -> Sent:
    """Put the deal's quote before the customer for their yes; an earlier one that waits is taken back.

    Args:
        shop: whose.
        deal_id: of which.
        now: UTC.
        entropy: 64 random bits.
        to: addresses that it is mailed to; none = nobody is mailed, the link goes another way.
        days: a new quote holds.
        language: of the mail and of what is confirmed; None = the account's, else the shop's.
        approved_by: who lets the account pass its credit limit; it stands in the history.
        who: sends it.

    Raises:
        NotFound, Refused, NotReady, BadValue: as `write_quote`.
        Refused: the credit limit would be passed.
        NotReady: the shop has not written down what the law asks to be shown before a yes.
        BadSetting, Unavailable: it cannot be mailed; it waits for the yes all the same.
    """
    if to and not shop.settings.public_url:
        raise BadSetting("no address is named", key="TSUIDE_PUBLIC_URL", way_out="https://shop.example.com")
    written = write_quote(shop, deal_id, now, entropy, days=days, who=who)
    deal, quote = shop.store.deals.get(deal_id), written.quote
    account = _ready(shop, deal, now)
    tongue = language or (account.language if account.language in LANGUAGES else None) or shop.settings.language
    _refuse_over_limit(shop, account, deal, now, approved_by)
    waiting, told = _waiting(shop, deal, quote, tongue, now), shown(deal.lines)
    kept = shop.store.deals.quote_of(quote.id)
    if kept["acceptance_id"] is None:
        withdraw(shop, deal_id, now)
        shop.store.confirmations.ask(waiting, now)
        shop.store.deals.waits(quote.id, waiting.id)
    answer = link(shop, waiting.id, now)
    if answer.token is None:
        raise Conflict(f"this quote is {answer.state}", key="quote", value=quote.id, way_out="write another")
    address = f"{shop.settings.public_url}/m/quote/{answer.token}" if shop.settings.public_url else None

    def note(before: Deal) -> tuple[Deal, Deed]:
        stage = "quoted" if before.stage in {"lead", "qualified"} else before.stage
        content = {"quote": quote.id, "to": list(to), "approved_by": approved_by}
        return replace(before, stage=stage), Deed("sent", who, None, content)

    shop.store.deals.change(deal_id, note, now)
    if to and address is not None:
        _mail(shop, written, tongue, address, to)
    return Sent(written, waiting.id, answer.token, address, tuple(to), told)


def quote_page(shop: Shop, acceptance_id: str) -> Written:
    """The quote that waits (or waited) for a yes, and whom it is for.

    Raises:
        NotFound: no quote is of this acceptance.
    """
    row = shop.store.deals.quote_by(acceptance_id)
    account = account_of(shop, shop.store.deals.get(row["deal_id"]).customer_id)
    kind = "company" if account is None else account.buyer.kind
    return Written(read_quote(row["content"]), Buyer(row["buyer"] or "", kind))


def sold_of(shop: Shop, answer: Answer) -> Catalogue:
    """The products of what is confirmed, as they are now."""
    return goods_of(shop, [item.product_id for item in answer.confirmed.items])


def win_by_order_form(
    shop: Shop, deal_id: str, number: str, person: str, filed: str, now: datetime, *, who: str
) -> Answer:
    """The customer's yes as a purchase order (発注書): whose, which, and where it is filed. Call `settle` after it.

    Args:
        shop: whose.
        deal_id: of which.
        number: of the purchase order.
        person: at the customer, who ordered.
        filed: where it can be looked up.
        now: UTC.
        who: takes it in; not the deal's own rep.

    Raises:
        NotFound: no such deal.
        BadValue: something is not said.
        Refused: the deal's own rep takes it in, or no quote is out, or it has expired.
        Conflict: it was declined.
    """
    for key, text in (("number", number), ("person", person), ("filed", filed), ("who", who)):
        if not text.strip():
            raise BadValue("must be said", key=key)
    deal = shop.store.deals.get(deal_id)
    if who.strip() == deal.owner:
        raise Refused("a rep does not confirm their own deal", key="who", value=who, way_out="let a colleague do it")
    rows = [row for row in shop.store.deals.quotes(deal_id) if row["acceptance_id"] is not None]
    if not rows:
        raise Refused("no quote was sent", key="deal", value=deal_id, way_out=f"tsuide deal send {deal_id}")
    if rows[-1]["expires_at"] <= to_micros(now):
        raise Refused("its quote has expired", key="quote", value=rows[-1]["id"],
                      way_out=f"tsuide deal send {deal_id}")  # fmt: skip
    evidence = ("purchase_order", f"{number.strip()}; {person.strip()}; {filed.strip()}; taken in by {who.strip()}")
    return countersign(shop, str(rows[-1]["acceptance_id"]), evidence, now)


def settle(shop: Shop, acceptance_id: str, now: datetime) -> ByDecision:
    """Make the order of a quote that the customer has confirmed, and win its deal; again it is the same order.

    Returns:
        What the ledger must hear: what was attached is bought.

    Raises:
        NotFound: no such acceptance.
        Conflict: there is no yes to it.
    """
    row = shop.store.confirmations.get(acceptance_id)
    if not is_quote(row["offer_id"]):
        return {}
    made = from_json(row["content"])
    quote = shop.store.deals.quote_of(row["offer_id"])
    order_id = order_accepted(shop, goods_of(shop, [item.product_id for item in made.items]), acceptance_id, now)
    if shop.store.deals.get(quote["deal_id"]).order_id is None:

        def won(deal: Deal) -> tuple[Deal, Deed]:
            evidence = {"quote": quote["id"], "order": order_id, "evidence": row["evidence_kind"]}
            return replace(deal, stage="won", closed_at=now, order_id=order_id), Deed("won", None, None, evidence)

        shop.store.deals.change(quote["deal_id"], won, now)
    told: dict[str, list[Told]] = {}
    for offer, decision in made.offers:
        told.setdefault(decision, []).append(Told(offer, "accepted", evidence=acceptance_id))
        told[decision].append(Told(offer, "purchased", evidence=order_id))
    return told


def heard(shop: Shop, answer: Answer, reason: str | None, now: datetime) -> None:
    """Note in the deal's history that the customer has declined its quote, or put it off."""
    if not is_quote(answer.confirmed.offer_id) or answer.already:
        return
    deed = "customer_declined" if answer.state == "declined" else "customer_later"

    def note(deal: Deal) -> tuple[Deal, Deed]:
        content = {"quote": answer.confirmed.offer_id}
        return replace(deal, stage="negotiation") if deal.is_open else deal, Deed(deed, None, reason, content)

    shop.store.deals.change(shop.store.deals.quote_of(answer.confirmed.offer_id)["deal_id"], note, now)


def settle_all(shop: Shop, now: datetime) -> tuple[int, ByDecision]:
    """Settle every deal whose customer has said yes and whose order was not written yet; how many there were."""
    told: dict[str, Sequence[Told]] = {}
    left = shop.store.deals.unsettled()
    for acceptance_id in left:
        for decision, outcomes in settle(shop, acceptance_id, now).items():
            told[decision] = [*told.get(decision, ()), *outcomes]
    return len(left), told


def _drafted(shop: Shop, deal: Deal, seller: Seller, quote_id: str, now: datetime, until: datetime) -> Quote:
    """The quote of a deal as it stands, without its number."""
    goods = goods_of(shop, [line.product_id for line in deal.lines])
    summed, terms = totals(deal.wanted)[0], sale_terms(shop)
    options = [line for line in deal.lines if line.state == "proposed" and line.unit_price is not None]
    return Quote(
        quote_id, "", deal.id, deal.title, now, until, seller, deal.owner, summed.currency,
        tuple(_row(line, goods) for line in deal.wanted),
        tuple((rate, net, tax) for rate, (net, tax) in summed.by_rate.items()), summed.total,
        tuple(_row(line, goods) for line in options if line.currency == summed.currency),
        terms.payment, terms.delivery, terms.cancellation,
    )  # fmt: skip


def _says_the_same(shop: Shop, row: Found, made: Quote, now: datetime) -> bool:
    """Whether a quote that was written says what one would say that is written now, and nobody has answered it."""
    if row["expires_at"] <= to_micros(now):
        return False
    if row["acceptance_id"] is not None and shop.store.acceptances.get(row["acceptance_id"])["state"] != "waiting":
        return False
    before = read_quote(row["content"])
    return replace(made, id=before.id, number=before.number, at=before.at, expires_at=before.expires_at) == before


def _ready(shop: Shop, deal: Deal, now: datetime) -> Account:
    refuse_closed(deal)
    refuse_unquotable(deal.wanted)
    account = account_of(shop, deal.customer_id)
    if account is None:
        raise Refused("a quote is for somebody", key="customer_id", value=deal.customer_id,
                      way_out=f"tsuide deal change {deal.id} --customer ID")  # fmt: skip
    refuse_below_floors(shop, deal.wanted, now)
    refuse_over(shop, deal, now)
    return account


def _refuse_over_limit(shop: Shop, account: Account, deal: Deal, now: datetime, approved_by: str | None) -> None:
    credit = credit_of(shop, account, deal, now)
    if credit is None or not credit.over or approved_by:
        return
    raise Refused(
        f"the credit limit would be passed by {credit.over}",
        key="credit_limit",
        value=credit.limit,
        way_out="a smaller deal, or --approved-by NAME",
    )


def _ends(shop: Shop, lines: Sequence[Line]) -> list[datetime]:
    """When the promotions of what is in a quote are over."""
    ends = []
    for line in lines:
        if line.decision_id is not None and line.offer_id is not None and line.discount and line.promotion_id is None:
            record = Decision.from_json(shop.store.decisions.get(line.decision_id)["record"])
            ends.append(offer_of(record, line.offer_id).expires_at)
    return [each for each in ends if each is not None]


def _row(line: Line, goods: Catalogue) -> QuoteRow:
    product = goods.product(line.product_id)
    titles = {each: line.title if product is None else in_words(product, each).title for each in LANGUAGES}
    return QuoteRow(
        line.place, line.product_id, titles, line.quantity, line.unit_price or 0, line.discount, line.tax_rate,
        line.tax_included, 1 if product is None else case_of(product),
    )  # fmt: skip


def _waiting(shop: Shop, deal: Deal, quote: Quote, language: str, now: datetime) -> Waiting:
    by_place = {line.place: line for line in deal.wanted}
    goods = goods_of(shop, [row.product_id for row in quote.rows])
    products = [each for row in quote.rows if (each := goods.product(row.product_id)) is not None]
    items = []
    for row in quote.rows:
        line = by_place[row.place]
        items.append(
            Item(
                row.product_id, row.titles[language], row.quantity, row.unit_price, row.tax_rate, row.tax_included,
                row.discount, "offered", line.offer_id or "", line.decision_id or "",
            )
        )  # fmt: skip
    made = confirmation(
        offer_id=quote.id, decision_id="", customer_id=deal.customer_id, items=items, currency=quote.currency,
        terms=replace(sale_terms(shop), shipping=0), expires_at=quote.expires_at,
        subscription=subscription_of(products, language), draws=_draws(shop, deal.wanted),
        entered_by=deal.owner or "-",
    )  # fmt: skip
    assert made.total == quote.total  # noqa: S101 - both round once per rate
    refuse_unshown(made, language)
    acceptance_id = f"acc_{quote.id}"
    token = sign(claims_of(made, acceptance_id), signing_keys(shop, now)[0])
    return Waiting(
        acceptance_id, quote.id, None, deal.customer_id, ("asked", deal.owner or "rep"), to_json(made),
        made.expires_at, token, deal.owner or "-",
    )  # fmt: skip


def _draws(shop: Shop, lines: Sequence[Line]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    goods = goods_of(shop, [line.product_id for line in lines if line.price_from == "gift"])
    for line in lines:
        if line.promotion_id is not None:
            gift = goods.product(line.product_id) if line.price_from == "gift" else None
            cost = line.discount if gift is None or gift.cost is None else gift.cost * line.quantity
            found[line.promotion_id] = found.get(line.promotion_id, 0) + cost
    own = [line for line in lines if line.discount and line.promotion_id is None]
    for offer_id, decision_id in dict.fromkeys((line.offer_id, line.decision_id) for line in own):
        if offer_id is None or decision_id is None:
            continue
        offer = offer_of(Decision.from_json(shop.store.decisions.get(decision_id)["record"]), offer_id)
        for promotion, amount in draws_of(offer, units_of(offer)).items():
            found[promotion] = found.get(promotion, 0) + amount
    return found


def _mail(shop: Shop, written: Written, language: str, address: str, to: Sequence[str]) -> None:
    quote, local = written.quote, zone(shop.settings.time_zone)
    letter = PHRASES.text("letter", language)
    text = f"{letter}\n\n{address}\n\n{text_of(quote, written.buyer, language, local)}"
    html = html_of(quote, written.buyer, language, local)
    html = html.replace(
        "<body>", f'<body><div class="quote"><p>{letter}</p><p><a href="{address}">{address}</a></p></div>', 1
    )
    subject = PHRASES.text("subject", language, number=quote.number)
    send(shop.settings, report_mail(shop.settings, to, subject, text, html, {}))
