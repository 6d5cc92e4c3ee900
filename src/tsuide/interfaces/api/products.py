"""The catalogue as it is served, and what goes with a product."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.relations import Related
from tsuide.errors import UnknownProduct
from tsuide.facts.catalogue import Product, told
from tsuide.interfaces.api.cursors import LONGEST, answered, cursor_of, places_of
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.money import amount_text, signed_text
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import (
    Id,
    Language,
    ProductOut,
    ProductsOut,
    ProductWholeOut,
    RelatedOut,
    RelationsOut,
)

router = APIRouter(tags=["products"])
_MOST: Final = 20
_LARGEST_PAGE: Final = 100
_SAME: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "Not Modified"}}


def rep(request: Request) -> None:
    """A key with the scope rep is needed: figures of the shop's sales are nothing for a page."""
    require(request, "rep")


@router.get(
    "/v1/products",
    summary="What is on sale",
    response_model=ProductsOut,
    responses=_SAME | failures(400, 401, 403, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra={"security": SECURITY},
)
async def products(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Every word must stand in title, brand or category.")] = "",
    category: Annotated[list[Id], Query(max_length=10, description="Path from broad to narrow; repeat it.")] = [],  # noqa: B006 - FastAPI copies it
    cursor: Annotated[str | None, Query(max_length=LONGEST, description="`next` of the page before.")] = None,
    n: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 50,
    language: Language | None = None,
) -> Response:
    """Page by page, the most bought first: everything, a category, or what a search finds."""
    serving = serving_of(request)
    chosen = language or serving.settings.language
    after = None
    if cursor is not None:
        baskets, last = places_of(cursor, (int, str))
        after = (int(baskets), str(last))
    listing, following = await asyncio.to_thread(serving.decider.loaded.catalogue.page_after, q, category, after, n)
    shown = [product_out(each, chosen) for each in listing.products]
    following_cursor = None if following is None else cursor_of(*following)
    return answered(request, {"products": shown, "total": listing.total, "next": following_cursor})


@router.get(
    "/v1/products/{product}",
    summary="One product",
    response_model=ProductWholeOut,
    responses=_SAME | failures(401, 403, 404, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra={"security": SECURITY},
)
async def one_product(
    request: Request,
    product: Annotated[Id, Path(description="The shop's own product id.")],
    language: Language | None = None,
) -> Response:
    """A product as decisions know it, also one that is no longer sold. `If-None-Match` with its ETag gives a 304."""
    serving = serving_of(request)
    catalogue = serving.decider.loaded.catalogue
    found = catalogue.product(product)
    if found is None:
        raise UnknownProduct("no such product", key="product", value=product)
    chosen = language or serving.settings.language
    found = told(found, chosen)
    whole = product_out(found, chosen) | {
        "brand": found.brand,
        "parent_id": found.parent_id,
        "status": found.status,
        "kind": found.kind,
        "stock": found.stock,
        "attributes": {name: str(value) for name, value in found.attributes.items()},
        "baskets": catalogue.baskets_of(product),
    }
    return answered(request, whole)


@router.get(
    "/v1/products/{product}/relations",
    summary="What goes with a product",
    response_model=RelationsOut,
    responses=_SAME | failures(401, 403, 404, 422, 429, 503),
    dependencies=[Depends(rep)],
    openapi_extra={"security": SECURITY},
)
async def relations(
    request: Request,
    product: Annotated[Id, Path(description="The shop's own product id.")],
    n: Annotated[int, Query(ge=1, le=_MOST)] = 10,
    language: Language | None = None,
) -> Response:
    """Complements with their evidence; alternatives, better and cheaper models with what sets them apart; as learned.

    No policy is applied: use `POST /v1/offers` for what a customer may see.
    """
    serving = serving_of(request)
    chosen = language or serving.settings.language
    found = await asyncio.to_thread(serving.decider.relations, product, n, chosen)
    whole = RelationsOut(
        product=ProductOut(**product_out(found.product, chosen)),
        snapshot=found.snapshot_id,
        complements=[_related(each, chosen) for each in found.complements],
        alternatives=[_related(each, chosen) for each in found.alternatives],
        upgrades=[_related(each, chosen) for each in found.upgrades],
        cheaper=[_related(each, chosen) for each in found.cheaper],
    )
    return answered(request, whole.model_dump())


def _related(each: Related, language: str) -> RelatedOut:
    return RelatedOut(
        product=ProductOut(**product_out(each.product, language)),
        baskets=each.baskets,
        lift=each.lift,
        lift_low=each.lift_low,
        lift_high=each.lift_high,
        confidence=each.confidence,
        score=each.score,
        difference=each.difference,
        difference_text=signed_text(each.difference, each.product.currency, language),
        differences=each.differences,
    )


def product_out(product: Product, language: str) -> dict[str, Any]:
    """What a page needs to show a product, as plain JSON."""
    return {
        "id": product.id,
        "title": told(product, language).title,
        "category": list(product.category),
        "price": product.price,
        "price_text": amount_text(product.price, product.currency, language),
        "currency": product.currency,
        "image": product.image,
        "url": product.url,
    }
