"""Deals over HTTP: what may be sold to accounts, quoted, and won by the customer's own yes."""

import asyncio
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, BeforeValidator, Field
from starlette.requests import Request

from tsuide.app import deal_quotes
from tsuide.app import deals as desk
from tsuide.app.deal_offers import answer_line, propose, tell
from tsuide.app.deal_promotions import give_promotion, promotions_for, take_back_promotion
from tsuide.app.deal_report import BACK, deal_report
from tsuide.app.deal_sending import put_before_customer
from tsuide.app.serving import clock, entropy
from tsuide.app.silence import why_silent
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Amount, Id, Language, OfTeam, _In, whole
from tsuide.kit.clock import zone
from tsuide.offers.offer import NoReason
from tsuide.outreach.sales.deals import MOST_UNITS, Deal, Loss, Stage
from tsuide.outreach.sales.quotes import html_of, text_of


def _once(request: Request) -> None:
    """Refuse a query that says one thing twice: which of them is meant, nobody knows."""
    names = [name for name, _ in request.query_params.multi_items()]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise BadValue("said twice", key=twice[0], way_out="say it once")


router = APIRouter(tags=["deals"], dependencies=[Depends(_once)])
T = TypeVar("T")
_EXTRA: Final = {"security": SECURITY}
_ASKED: Final = failures(400, 401, 403, 404, 422, 503)
_TOLD: Final = failures(400, 401, 403, 404, 409, 413, 422, 503)
Named = Annotated[Id, Path(description="The deal's id.")]
Place = Annotated[int, Path(ge=1, le=10_000, description="The line's number.")]
Most = Annotated[int, Query(ge=1, le=1_000, description="At most so many.")]
_SAYS: Final = (
    r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"  # something, and nothing that cannot be printed
)
Words = Annotated[str, Field(min_length=1, max_length=500, pattern=_SAYS)]
Address = Annotated[
    str, Field(min_length=3, max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$")
]
Days = Annotated[int, Field(ge=1, le=366), BeforeValidator(whole)]
Line = Annotated[int, Field(ge=1, le=10_000), BeforeValidator(whole)]
Many = Annotated[int, Field(ge=0, le=MOST_UNITS), BeforeValidator(whole)]
Few = Annotated[int, Field(ge=1, le=20), BeforeValidator(whole)]


class DealIn(_In):
    """Something that may be sold."""

    title: Words
    customer_id: Id | None = Field(None, description="The account; without one the deal is kept, and says so.")
    owner: Words | None = Field(None, description="The rep. Left out: the account's owner.")
    needs: list[Words] = Field([], max_length=50, description="That the customer named.")
    note: Words | None = None
    id: Id | None = Field(None, description="Yours; the same id makes no second deal.")
    who: Words | None = None


class DealChangeIn(_In):
    """What changes; `won` a deal becomes by the customer's yes only."""

    title: Words | None = None
    customer_id: Id | None = None
    owner: Words | None = None
    needs: list[Words] | None = Field(None, max_length=50)
    note: Words | None = None
    stage: Literal["lead", "qualified", "quoted", "negotiation", "lost"] | None = Field(
        None, description="`lost` needs a reason; any other takes a lost deal up again."
    )
    reason: Loss | None = Field(None, description="Of a loss.")
    who: Words | None = None


class DealLineIn(_In):
    """A product in a deal."""

    product_id: Id
    quantity: Many = Field(1, description="Whole cases; 0 takes it out.")
    price: Amount | None = Field(
        None,
        description="Of one unit, a rep's own, in the currency's smallest unit; left out: price list or catalogue.",
    )
    with_id: Id | None = Field(None, description="The main product that the rep attaches it to.")
    who: Words | None = None


class SetPriceIn(_In):
    """One price for several lines; it holds while the whole set is wanted."""

    lines: list[Line] = Field(min_length=2, max_length=100, description="Their places in the deal.")
    price: Amount = Field(description="Of all units of all of them together, in the currency's smallest unit.")
    who: Words | None = None


class GiveIn(_In):
    """A promotion for lines of a deal, those that only a rep may give among them."""

    promotion: Id
    lines: list[Line] = Field([], max_length=100, description="On these only; left out: on all that it is for.")
    who: Words | None = Field(None, description="Who gives it; left out: the deal's rep. It stands in the history.")


class ProposeIn(_In):
    """What the rep may advise on, and how many proposals they want."""

    n: Few = 3
    qualifications: list[Id] = Field([], max_length=50)
    who: Words | None = None


class LineAnswerIn(_In):
    """What the customer said, as the rep heard it."""

    state: Literal["accepted", "declined", "proposed"]
    reason: NoReason | None = None
    who: Words | None = None


class QuoteIn(_In):
    """How long it holds, and in which language it is told."""

    days: Days = 30
    language: Language | None = None
    who: Words | None = None


class SendIn(QuoteIn):
    """To whom; left out: the account's own address."""

    to: list[Address] = Field([], max_length=20)
    approved_by: Words | None = Field(None, description="Who lets the credit limit be passed; needs the scope admin.")


class OrderFormIn(_In):
    """The customer's yes on paper (発注書)."""

    number: Words
    person: Words = Field(description="At the customer, who ordered.")
    filed: Words = Field(description="Where it can be looked up.")
    who: Words = Field(description="Who takes it in; not the deal's own rep.")


class DealLineOut(BaseModel):
    """One line; amounts in minor units, as prices are shown."""

    place: int
    product_id: str
    title: str
    quantity: int
    unit_price: int | None
    currency: str
    role: Literal["main", "attached"]
    state: Literal["proposed", "accepted", "declined"]
    discount: int
    tax_rate: int
    tax_included: bool
    reason: str | None
    with_id: str | None
    kind: str | None
    price_from: str
    requires: list[str]
    decision_id: str | None
    offer_id: str | None
    promotion_id: str | None = Field(description="What a rep gave on it; `discount` is what that takes off.")
    amount: int | None


class TaxOut(BaseModel):
    """Of one rate (basis points): the lines ex tax, and the tax, rounded once."""

    rate: int
    net: int
    tax: int


class TotalsOut(BaseModel):
    """Of one currency."""

    currency: str
    subtotal: int
    total: int = Field(description="Tax included.")
    unpriced: int
    taxes: list[TaxOut]


class DealQuoteOut(BaseModel):
    """A quote, and where it stands."""

    id: str
    number: str
    at: str
    expires_at: str
    currency: str
    total: int
    state: Literal["written", "waiting", "accepted", "used", "declined", "expired"]
    acceptance: str | None


class DealOut(BaseModel):
    """A deal; `flags` say what is lacking."""

    id: str
    title: str
    customer_id: str | None
    owner: str
    stage: Stage
    needs: list[str]
    note: str | None
    reason: str | None
    order_id: str | None
    made_at: str
    changed_at: str
    closed_at: str | None
    lines: list[DealLineOut]
    totals: list[TotalsOut]
    flags: list[str]
    quotes: list[DealQuoteOut] | None = Field(None, description="Where one deal was asked for.")


class DealsOut(BaseModel):
    """The last changed first."""

    deals: list[DealOut]


class GivableOut(BaseModel):
    """A promotion that may be given in a deal: what it takes off, or what stands against it."""

    promotion: str
    names: dict[str, str]
    benefit: dict[str, Any]
    currency: str
    rep_only: bool = Field(description="No page, mail or agent knows of it.")
    given: bool
    ends_at: str | None
    saving: int | None
    lines: list[int]
    refused: str | None


class GivablesOut(BaseModel):
    """What saves the customer most comes first."""

    promotions: list[GivableOut]


class SilenceOut(BaseModel):
    """Why nothing is proposed."""

    code: str = Field(description="The rule that refused most, `holdout`, or `nothing_fits`.")
    text: str
    question: str | None = Field(description="What to ask the customer, where that would help.")


class ProposedOut(BaseModel):
    """What `decide` found, kept as proposed lines."""

    deal: DealOut
    decision: str
    arm: str
    lines: list[int]
    reasons: dict[str, list[str]] = Field(description="Line → why, in sentences.")
    handed_over: list[str] = Field(description="Products that only a qualified colleague may propose.")
    why_none: SilenceOut | None = Field(description="Where nothing goes with it: why, and what to ask.")


class QuoteOut(BaseModel):
    """The quote as it was written."""

    id: str
    number: str
    currency: str
    total: int
    expires_at: str
    text: str
    html: str


class SentOut(BaseModel):
    """A quote that waits for the customer's yes."""

    quote: str
    number: str
    acceptance: str
    total: int
    currency: str
    mailed: list[str]
    link: str | None = Field(description="Where the customer says yes; only for a key with the scope admin.")


class DealDeedOut(BaseModel):
    """Something that was done with a deal; `stage` as it was from then on."""

    seq: int
    deal_id: str
    at: str
    deed: str
    who: str | None
    reason: str | None
    stage: str
    content: dict[str, Any] | None


class DealDeedsOut(BaseModel):
    """In their order; who has read up to a seq misses nothing that comes later."""

    events: list[DealDeedOut]


class DealReportOut(BaseModel):
    """Only what customers have confirmed counts; currencies stand apart."""

    since: str
    until: str
    deals: int
    combinations: list[dict[str, Any]]
    reps: list[dict[str, Any]]
    losses: dict[str, int]


@router.get("/v1/deals", summary="Deals", responses=failures(400, 401, 403, 422, 503), openapi_extra=_EXTRA)
async def deals(
    request: Request,
    stage: Literal["open", "all", "lead", "qualified", "quoted", "negotiation", "won", "lost"] = "open",
    owner: Annotated[Id | None, Query(description="Only this rep's.")] = None,
    team: OfTeam = None,
    customer: Annotated[Id | None, Query(description="Only of this account.")] = None,
    limit: Most = 200,
) -> DealsOut:
    """The last changed first. Needs a key with the scope rep."""
    require(request, "rep")
    shop = serving_of(request).shop
    rows = await asyncio.to_thread(
        lambda: desk.deals_told(shop, stage, owner=owner, team=team, customer_id=customer, n=limit)
    )
    return DealsOut(deals=[DealOut(**row) for row in rows])


@router.post("/v1/deals", dependencies=[needs("rep")], summary="Begin a deal", responses=_TOLD, openapi_extra=_EXTRA)
async def begin(request: Request, body: DealIn) -> DealOut:
    """Of one id there is one deal: sent again, it is told as it is."""
    shop = serving_of(request).shop
    made = await asyncio.to_thread(
        lambda: desk.add_deal(
            shop, body.title, clock(), entropy(), customer_id=body.customer_id, owner=body.owner, needs=body.needs,
            note=body.note, who=body.who, deal_id=body.id,
        )
    )  # fmt: skip
    return await _told(shop, made.id)


@router.get("/v1/deals/events", summary="What was done with deals", responses=failures(400, 401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def events(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only what came after this seq.")] = 0,
    limit: Most = 200,
) -> DealDeedsOut:
    """For systems that keep their own deals. Needs a key with the scope rep."""
    require(request, "rep")
    rows = await asyncio.to_thread(serving_of(request).shop.store.deals.events, after, limit)
    return DealDeedsOut(events=[DealDeedOut(**desk.deed_told(row)) for row in rows])


@router.get("/v1/deals/report", summary="Which combinations win", responses=failures(400, 401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def report(
    request: Request,
    by: Literal["line", "product"] = "line",
    each_rep: Annotated[bool, Query(description="Combinations of each rep by themselves.")] = False,  # noqa: FBT002 - a query
    owner: Annotated[Id | None, Query(description="Only this rep's.")] = None,
    team: OfTeam = None,
    days: Annotated[int, Query(ge=1, le=36_500, description="Deals changed within so many days.")] = BACK,
) -> DealReportOut:
    """By product line and rep, with 95 % intervals. Needs a key with the scope rep."""
    require(request, "rep")
    shop = serving_of(request).shop
    made = await asyncio.to_thread(
        lambda: deal_report(shop, clock(), back=days, group=by, each_rep=each_rep, owner=owner, team=team)
    )
    return DealReportOut(**made)


@router.get("/v1/deals/{deal}", summary="One deal", responses=_ASKED, openapi_extra=_EXTRA)
async def one(request: Request, deal: Named) -> DealOut:
    """With its lines, totals and quotes. Needs a key with the scope rep."""
    require(request, "rep")
    return await _told(serving_of(request).shop, deal)


@router.post("/v1/deals/{deal}", dependencies=[needs("rep")], summary="Change, lose or take up a deal",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def change(request: Request, deal: Named, body: DealChangeIn) -> DealOut:
    """What is left out stays."""
    shop = serving_of(request).shop
    await asyncio.to_thread(_changed, shop, deal, body)
    return await _told(shop, deal)


@router.get("/v1/deals/{deal}/history", summary="What was done with a deal", responses=_ASKED, openapi_extra=_EXTRA)
async def history(request: Request, deal: Named) -> DealDeedsOut:
    """In its order. Needs a key with the scope rep."""
    require(request, "rep")
    rows = await asyncio.to_thread(desk.deal_history, serving_of(request).shop, deal)
    return DealDeedsOut(events=[DealDeedOut(**row) for row in rows])


@router.post("/v1/deals/{deal}/lines", dependencies=[needs("rep")], summary="Put a product into a deal",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def put_line(request: Request, deal: Named, body: DealLineIn) -> DealOut:
    """Or change its units and price, or take it out. A rep's own price keeps the policy's margin floor."""
    shop = serving_of(request).shop
    await asyncio.to_thread(
        lambda: desk.put_line(
            shop, deal, body.product_id, body.quantity, clock(), price=body.price, with_id=body.with_id, who=body.who
        )
    )
    return await _told(shop, deal)


@router.post("/v1/deals/{deal}/set-price", dependencies=[needs("rep")], summary="One price for several lines",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def set_price(request: Request, deal: Named, body: SetPriceIn) -> DealOut:
    """Within the margin floor, over the whole set."""
    shop = serving_of(request).shop
    await asyncio.to_thread(desk.price_set, shop, deal, body.lines, body.price, clock(), body.who)
    return await _told(shop, deal)


@router.get("/v1/deals/{deal}/promotions", summary="What may be given in a deal", responses=_ASKED,
            openapi_extra=_EXTRA)  # fmt: skip
async def givable(request: Request, deal: Named) -> GivablesOut:
    """Promotions that run, also those that only a rep may give, with what each takes off. Needs the scope rep."""
    require(request, "rep")
    rows = await asyncio.to_thread(promotions_for, serving_of(request).shop, deal, clock())
    return GivablesOut(promotions=[GivableOut(**row) for row in rows])


@router.post("/v1/deals/{deal}/promotions", dependencies=[needs("rep")], summary="Give a promotion in a deal",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def give(request: Request, deal: Named, body: GiveIn) -> DealOut:
    """Within the policy's margin floor; refused by its name where it would break it. The customer's yes draws on it."""
    shop = serving_of(request).shop
    await asyncio.to_thread(
        lambda: give_promotion(shop, deal, body.promotion, clock(), places=body.lines, who=body.who)
    )
    return await _told(shop, deal)


@router.delete("/v1/deals/{deal}/promotions/{promotion}", dependencies=[needs("rep")],
               summary="Take a promotion out of a deal", responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def take_back(
    request: Request,
    deal: Named,
    promotion: Annotated[Id, Path(description="The promotion's id.")],
    who: Annotated[Words | None, Query(description="Who does it, for the history.")] = None,
) -> DealOut:
    """Its lines cost what they did."""
    shop = serving_of(request).shop
    await asyncio.to_thread(lambda: take_back_promotion(shop, deal, promotion, clock(), who=who))
    return await _told(shop, deal)


@router.post("/v1/deals/{deal}/propose", dependencies=[needs("rep")], summary="What goes with a deal",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def proposals(request: Request, deal: Named, body: ProposeIn) -> ProposedOut:
    """Asked under the same policy as everywhere, recorded as a decision, kept as proposed lines."""
    serving = serving_of(request)
    found = await propose(
        serving.shop, serving.decider.decide, deal, clock(), n=body.n, qualifications=body.qualifications, who=body.who
    )
    decision = found.served.decision
    offers = {offer.id: offer for offer in decision.offers}
    language = decision.request.language
    reasons = {
        str(place): found.served.reasons_told(offers[str(found.deal.line(place).offer_id)], language)
        for place in found.places
    }  # fmt: skip
    return ProposedOut(
        deal=await _told(serving.shop, deal), decision=decision.id, arm=decision.arm, lines=list(found.places),
        reasons=reasons, handed_over=list(found.handed_over),
        why_none=None if offers else SilenceOut(**why_silent(decision, language)),
    )  # fmt: skip


@router.post("/v1/deals/{deal}/lines/{line}/answer", dependencies=[needs("rep")], summary="What was said to a line",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def answer(request: Request, deal: Named, line: Place, body: LineAnswerIn) -> DealOut:
    """A no teaches at once; a yes counts as accepted when the customer confirms the quote."""
    serving = serving_of(request)
    _, told = await asyncio.to_thread(
        lambda: answer_line(serving.shop, deal, line, body.state, clock(), reason=body.reason, who=body.who)
    )
    await tell(serving.ledger, told)
    return await _told(serving.shop, deal)


@router.post("/v1/deals/{deal}/quote", dependencies=[needs("rep")], summary="Write the quote of a deal",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def quote(request: Request, deal: Named, body: QuoteIn) -> QuoteOut:
    """As text and as a page (見積書); one that still says the same is given back."""
    serving = serving_of(request)
    language = body.language or serving.settings.language
    local = zone(serving.settings.time_zone)

    def made() -> QuoteOut:
        written = deal_quotes.write_quote(serving.shop, deal, clock(), entropy(), days=body.days, who=body.who)
        it = written.quote
        return QuoteOut(
            id=it.id, number=it.number, currency=it.currency, total=it.total, expires_at=it.expires_at.isoformat(),
            text=text_of(it, written.buyer, language, local), html=html_of(it, written.buyer, language, local),
        )  # fmt: skip

    return await asyncio.to_thread(made)


@router.post("/v1/deals/{deal}/send", dependencies=[needs("rep")], summary="Put the quote before the customer",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def send(request: Request, deal: Named, body: SendIn) -> SentOut:
    """By mail. A rep is told no link: what they enter waits for the customer.

    An address of their own choice asks for a key with the scope admin, as does passing the credit limit.
    """
    serving = serving_of(request)
    is_admin, can_mail = "admin" in require(request, "rep"), bool(serving.settings.smtp.get_secret_value())
    sent = await asyncio.to_thread(
        lambda: put_before_customer(
            serving.shop, deal, clock(), entropy(), free=is_admin,
            to=body.to if body.to and (can_mail or not is_admin) else None, days=body.days, language=body.language,
            approved_by=body.approved_by, who=body.who,
        )
    )  # fmt: skip
    await tell(serving.ledger, sent.told)
    made = sent.written.quote
    return SentOut(
        quote=made.id, number=made.number, acceptance=sent.acceptance_id, total=made.total, currency=made.currency,
        mailed=list(sent.mailed), link=(sent.link or f"/m/quote/{sent.token}") if is_admin else None,
    )  # fmt: skip


@router.post("/v1/deals/{deal}/order-form", dependencies=[needs("admin")], summary="Win a deal by its order form",
             responses=_TOLD, openapi_extra=_EXTRA)  # fmt: skip
async def order_form(request: Request, deal: Named, body: OrderFormIn) -> DealOut:
    """A purchase order (発注書) with a person and where it is filed. Needs the scope admin, which a rep has not."""
    serving, now = serving_of(request), clock()
    shop = serving.shop
    given = await asyncio.to_thread(
        lambda: deal_quotes.win_by_order_form(shop, deal, body.number, body.person, body.filed, now, who=body.who)
    )
    await tell(serving.ledger, await asyncio.to_thread(deal_quotes.settle, shop, given.acceptance_id, now))
    return await _told(shop, deal)


def _changed(shop: Shop, deal: str, body: DealChangeIn) -> None:
    now = clock()
    names = ("title", "customer_id", "owner", "note", "stage")
    values: dict[str, Any] = {name: value for name in names if (value := getattr(body, name)) is not None}
    if body.needs is not None:
        values["needs"] = tuple(body.needs)
    if not values:
        raise BadValue("says nothing", key="body", way_out="title, customer_id, owner, needs, note or stage")
    before: Deal = shop.store.deals.get(deal)
    if body.stage == "lost":
        if body.reason is None:
            raise BadValue("a loss has a reason", key="reason", way_out="price, competitor, no_need …")
        desk.lose_deal(shop, deal, body.reason, now, note=body.note, who=body.who)
        return
    if before.stage == "lost" and body.stage is not None:
        desk.reopen_deal(shop, deal, now, body.who)
    desk.change_deal(shop, deal, now, body.who, **values)


async def _told(shop: Shop, deal: str) -> DealOut:
    return DealOut(**await asyncio.to_thread(desk.deal_told, shop, deal))
