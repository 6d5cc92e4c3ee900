"""Promotions over HTTP: set, list, pause, and price a basket with them."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from tsuide.app import promotions as shelf
from tsuide.app.serving import Serving, clock
from tsuide.errors import Conflict, UnknownProduct
from tsuide.facts.catalogue import Product
from tsuide.facts.promotions import Benefit, BenefitKind, Budget, Promotion, Stacking, Targets
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Amount, Id, Moment, Units, zoned
from tsuide.kit.money import RATE_UNIT
from tsuide.offers.offer import Kind, Placement
from tsuide.offers.promotions import Basket, Line, Priced, apply_promotions, checked

router = APIRouter(tags=["promotions"])
_EXTRA: Final = {"security": SECURITY}
_MOST: Final = 200


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BenefitIn(_In):
    """What the customer gets."""

    kind: BenefitKind
    value: Amount = Field(0, description="percent and points: basis points; amount and set_price: minor units.")
    items: list[Id] = Field([], max_length=20)
    extra: list[Id] = Field([], max_length=2, description="Of a set price: what comes free with each set.")
    unit: Id = "points"
    point_value: Amount = 1
    elsewhere: bool = Field(False, description="The points buy in other shops too: then they count as a premium.")


class TargetsIn(_In):
    """What it is for; empty = everything."""

    products: list[Id] = Field([], max_length=_MOST)
    categories: list[Id] = Field([], max_length=_MOST)
    kinds: list[Kind] = Field([], max_length=8)
    placements: list[Placement] = Field([], max_length=14)
    segments: list[Id] = Field([], max_length=_MOST)
    least: Amount = 0


class BudgetIn(_In):
    """How much it may cost in all; missing = without end."""

    amount: Amount | None = None
    uses: Amount | None = None
    uses_per_customer: Amount | None = None


class NamesIn(_In):
    """What customers read."""

    ja: Id
    en: Id


class PromotionIn(_In):
    """A promotion as a person sets it."""

    names: NamesIn
    benefit: BenefitIn
    currency: str = Field(pattern="^[A-Z]{3}$")
    targets: TargetsIn = TargetsIn.model_validate({})
    budget: BudgetIn = BudgetIn()
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    stacking: Stacking = "stackable"
    group: str = Field("", max_length=200)
    priority: Amount = 0
    paused: bool = False
    rep_only: bool = Field(False, description="Only a rep may give it: no page, mail or agent knows of it.")


class PromotionOut(BaseModel):
    """A promotion and what it gave."""

    promotion: dict[str, Any] = Field(description="As it was set; what stands at its default is left out.")
    running: bool
    spent: int = Field(description="Minor units drawn by acceptances.")
    uses: int


class PromotionsOut(BaseModel):
    """Every promotion, by id."""

    promotions: list[PromotionOut]


class BasketLineIn(_In):
    """One line of the basket."""

    product_id: Id
    quantity: Units = 1
    kind: Kind | None = Field(None, description="Of the offer that it came from.")


class BasketIn(_In):
    """A basket to be priced."""

    lines: list[BasketLineIn] = Field(min_length=1, max_length=_MOST)
    shipping: Amount = 0
    placement: Placement | None = None
    segments: list[Id] = Field([], max_length=_MOST)


class GivenOut(BaseModel):
    """What one promotion gives."""

    promotion_id: str
    name: str
    cuts: list[int]
    shipping: int
    items: list[str]
    points: int
    unit: str
    saving: int


class PricedOut(BaseModel):
    """The basket after promotions; nothing is drawn from a budget before the customer's yes."""

    currency: str
    listed: list[int]
    amounts: list[int]
    shipping: int
    total: int
    given: list[GivenOut]
    unused: dict[str, str] = Field(description="Promotion → why it gives nothing.")


@router.get("/v1/promotions", summary="Every promotion", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> PromotionsOut:
    """With what each gave so far."""
    require(request, "admin")
    rows = await asyncio.to_thread(shelf.standings, serving_of(request).shop)
    return PromotionsOut(promotions=[_out(row) for row in rows])


@router.put(
    "/v1/promotions/{promotion}",
    dependencies=[needs("admin")],
    summary="Set a promotion",
    responses=failures(400, 401, 403, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def put(request: Request, promotion: Id, body: PromotionIn) -> PromotionOut:
    """New or changed; what it gave so far stays. A budget never shrinks below that."""
    made = checked(_promotion(promotion, body))
    serving = serving_of(request)
    row = await asyncio.to_thread(shelf.put_promotion, serving.shop, made, clock())
    await asyncio.to_thread(serving.publish)
    return _out(row)


@router.post(
    "/v1/promotions/price",
    summary="What running promotions make of a basket",
    responses=failures(400, 401, 403, 404, 409, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def price(request: Request, body: BasketIn) -> PricedOut:
    """To the minor unit, and why each of the others gives nothing."""
    require(request, "storefront")
    serving = serving_of(request)
    every = await asyncio.to_thread(shelf.standings, serving.shop)
    rows = [each for each in every if not each.promotion.rep_only]  # a page does not even learn their names
    now = clock()
    basket = _basket(serving, body, [each.promotion for each in rows])
    running = [each for each in shelf.running(rows, now) if each.currency == basket.currency]
    return _priced(basket, apply_promotions(running, basket, now), running, serving.settings.language)


def _basket(serving: Serving, body: BasketIn, promotions: list[Promotion]) -> Basket:
    catalogue = serving.decider.loaded.catalogue
    lines, currencies = [], set()
    for each in body.lines:
        product = catalogue.product(each.product_id)
        if product is None:
            raise UnknownProduct("no such product", key="product_id", value=each.product_id)
        if product.price is None:
            raise Conflict("has no price", key="product_id", value=each.product_id)
        currencies.add(product.currency)
        lines.append(_line(product, product.price, each))
    if len(currencies) > 1:
        raise Conflict("a basket has one currency", key="currency", value=sorted(currencies))
    gifts = {item for each in promotions for item in (*each.benefit.items, *each.benefit.extra)}
    found = [product for item in gifts if (product := catalogue.product(item)) is not None]
    shelf_prices = {
        each.id: (each.price, each.price if each.cost is None else each.cost)
        for each in found
        if each.price is not None
    }
    return Basket(
        tuple(lines),
        currencies.pop(),
        body.shipping,
        body.placement or "",
        tuple(body.segments),
        shelf_prices,
    )


def _line(product: Product, price: int, wanted: BasketLineIn) -> Line:
    """No promotion takes a line below what it costs the shop, tax counted where the price contains it."""
    tax = product.tax_rate if product.tax_included else 0
    cost = -(-(product.cost or 0) * wanted.quantity * (RATE_UNIT + tax) // RATE_UNIT)
    floor = min(cost, price * wanted.quantity)
    return Line(product.id, wanted.quantity, price, floor, product.category, wanted.kind or "")


def _priced(basket: Basket, priced: Priced, running: list[Promotion], language: str) -> PricedOut:
    names = {each.id: each.names.get(language, each.id) for each in running}
    return PricedOut(
        currency=basket.currency,
        listed=[line.listed for line in basket.lines],
        amounts=list(priced.amounts),
        shipping=priced.shipping,
        total=priced.total,
        given=[
            GivenOut(
                promotion_id=each.promotion_id,
                name=names[each.promotion_id],
                cuts=list(each.cuts),
                shipping=each.shipping,
                items=list(each.items),
                points=each.points,
                unit=each.unit,
                saving=each.saving,
            )
            for each in priced.given
        ],
        unused=dict(priced.unused or {}),
    )


def _promotion(promotion_id: str, body: PromotionIn) -> Promotion:
    benefit, targets = body.benefit, body.targets
    for key, moment in (("starts_at", body.starts_at), ("ends_at", body.ends_at)):
        if moment is not None:
            zoned(moment, key)
    return Promotion(
        id=promotion_id,
        names={"ja": body.names.ja, "en": body.names.en},
        benefit=Benefit(
            benefit.kind,
            benefit.value,
            tuple(benefit.items),
            benefit.unit,
            benefit.point_value,
            benefit.elsewhere,
            tuple(benefit.extra),
        ),
        currency=body.currency,
        targets=Targets(
            tuple(targets.products),
            tuple(targets.categories),
            tuple(targets.kinds),
            tuple(targets.placements),
            tuple(targets.segments),
            targets.least,
        ),
        budget=Budget(body.budget.amount, body.budget.uses, body.budget.uses_per_customer),
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        stacking=body.stacking,
        group=body.group,
        priority=body.priority,
        paused=body.paused,
        rep_only=body.rep_only,
    )


def _out(row: shelf.Standing) -> PromotionOut:
    return PromotionOut(
        promotion=shelf.written(row.promotion),
        running=bool(shelf.running([row], clock())),
        spent=row.spent,
        uses=row.uses,
    )
