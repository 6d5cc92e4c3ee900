"""What goes with a product, and what stands beside it on the ladder."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from tsuide.app.relations import Related
from tsuide.facts.catalogue import Product
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.money import amount_text
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Language, ProductOut, RelatedOut, RelationsOut

router = APIRouter(tags=["products"])
_MOST: Final = 20


def storefront(request: Request) -> None:
    """A key with the scope storefront is needed."""
    require(request, "storefront")


@router.get(
    "/v1/products/{product}/relations",
    summary="What goes with a product",
    responses=failures(401, 403, 404, 422, 503),
    dependencies=[Depends(storefront)],
    openapi_extra={"security": SECURITY},
)
async def relations(
    request: Request,
    product: Annotated[Id, Path(description="The shop's own product id.")],
    n: Annotated[int, Query(ge=1, le=_MOST)] = 10,
    language: Language | None = None,
) -> RelationsOut:
    """Complements with their evidence, and alternatives with their scores, as learned; no policy is applied.

    Use `POST /v1/offers` for what a customer may see.
    """
    serving = serving_of(request)
    chosen = language or serving.settings.language
    found = serving.decider.relations(product, n)
    return RelationsOut(
        product=ProductOut(**product_out(found.product, chosen)),
        snapshot=found.snapshot_id,
        complements=[_related(each, chosen) for each in found.complements],
        alternatives=[_related(each, chosen) for each in found.alternatives],
    )


def _related(each: Related, language: str) -> RelatedOut:
    return RelatedOut(
        product=ProductOut(**product_out(each.product, language)),
        baskets=each.baskets,
        lift=each.lift,
        lift_low=each.lift_low,
        lift_high=each.lift_high,
        confidence=each.confidence,
        score=each.score,
    )


def product_out(product: Product, language: str) -> dict[str, Any]:
    """What a page needs to show a product, as plain JSON."""
    return {
        "id": product.id,
        "title": product.title,
        "category": list(product.category),
        "price": product.price,
        "price_text": amount_text(product.price, product.currency, language),
        "currency": product.currency,
        "image": product.image,
        "url": product.url,
    }
