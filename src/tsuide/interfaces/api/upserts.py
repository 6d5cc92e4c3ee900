"""Facts in bulk from a server of the shop: good rows are kept, bad ones told."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from tsuide.errors import BadValue
from tsuide.facts.behaviour import Event, EventKind
from tsuide.facts.catalogue import Product, ProductKind, ProductStatus
from tsuide.facts.consent import Channel, Consent, Purpose
from tsuide.facts.customers import Customer, CustomerKind
from tsuide.facts.orders import Order, OrderLine, OrderStatus
from tsuide.facts.reviews import Review
from tsuide.intake.message import Said
from tsuide.interfaces.api.bodies import as_object, raw_body
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.problems import problem, request_id_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Amount, Id, Language, Moment, Units
from tsuide.kit.money import line_total, minor_digits

router = APIRouter(tags=["facts"])
MOST: Final = 1_000
_LARGEST: Final = 1_000_000  # bytes
_FAILURES: Final = failures(400, 401, 403, 413, 422, 503)
_SHOWN: Final = 200
_TOLD: Final = 20
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00]+$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Texts = Annotated[dict[Text, Text], Field(max_length=100)]


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone: 2026-11-22T09:00:00+09:00")
    return at


Zoned = Annotated[Moment, AfterValidator(_zoned)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LineIn(_In):
    """One line of an order; amounts in minor units (yen, cent)."""

    product_id: Id
    quantity: Units = 1
    unit_price: Amount
    discount: Amount = 0
    cost: Amount | None = None
    gift: bool = False
    returned: Amount = 0


class OrderIn(_In):
    """An order. The same id again changes it; lines that it has lost count as returned."""

    id: Id
    placed_at: Zoned
    currency: Currency
    customer_id: Id | None = None
    status: OrderStatus = "placed"
    channel: Text | None = None
    lines: list[LineIn] = Field(min_length=1, max_length=5_000)


class ProductIn(_In):
    """A product. What is left out stays as it was."""

    id: Id
    title: Text
    currency: Currency
    category: list[Text] = Field([], max_length=20, description="From broad to narrow.")
    price: Amount | None = None
    cost: Amount | None = None
    tax_rate: int = Field(1_000, ge=0, le=5_000, description="Basis points.")
    tax_included: bool = True
    brand: Text | None = None
    parent_id: Id | None = None
    variant: Text | None = None
    attributes: Texts = {}
    stock: Amount | None = None
    status: ProductStatus = "active"
    kind: ProductKind = "physical"
    durable: bool | None = None
    image: Text | None = None
    url: Text | None = None


class ConsentIn(_In):
    """A consent that was given or withdrawn."""

    purpose: Purpose
    channel: Channel = "any"
    granted: bool
    at: Zoned
    evidence: Text | None = None


class CustomerIn(_In):
    """A customer. What is left out stays as it was."""

    id: Id
    kind: CustomerKind = "person"
    parent_id: Id | None = None
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    language: Language | None = None
    attributes: Texts = {}
    created_at: Zoned | None = None
    consents: list[ConsentIn] = Field([], max_length=100)


class EventIn(_In):
    """Something that a visitor did."""

    id: Id
    kind: EventKind
    at: Zoned
    customer_id: Id | None = None
    anonymous_id: Id | None = None
    session_id: Id | None = None
    product_id: Id | None = None
    cart_id: Id | None = None
    quantity: Amount | None = None
    query: Text | None = None
    properties: Texts = {}


class ReviewIn(_In):
    """A review."""

    id: Id
    product_id: Id
    rating: int = Field(ge=1, le=5)
    at: Zoned
    customer_id: Id | None = None
    text: Text | None = None
    helpful: Amount = 0


class RejectOut(BaseModel):
    """One row that was not kept."""

    place: int = Field(description="In the list, from 0.")
    id: str | None
    reason: str


class UpsertOut(BaseModel):
    """What became of the rows."""

    kept: int
    rejected: list[RejectOut]


def _order(told: OrderIn) -> Said:
    minor_digits(told.currency)
    lines = tuple(
        OrderLine(
            told.id, place, line.product_id, line.quantity, line.unit_price, _amount(line, place),
            line.discount, line.cost, gift=line.gift, returned=min(line.returned, line.quantity),
        )
        for place, line in enumerate(told.lines, 1)
    )  # fmt: skip
    order = Order(told.id, told.placed_at, told.currency, told.customer_id, told.status, told.channel, "api", lines)
    return Said(orders=(order,), cancelled=(order.id,) if told.status == "cancelled" else ())


def _amount(line: LineIn, place: int) -> int:
    amount = line_total(line.unit_price, line.quantity, f"lines.{place - 1}.unit_price") - line.discount
    if amount < 0:
        raise BadValue("a discount larger than the line", key=f"lines.{place - 1}.discount", value=line.discount)
    return amount


def _product(told: ProductIn) -> Said:
    minor_digits(told.currency)
    return Said(products=(Product(**{**told.model_dump(), "category": tuple(told.category)}),))


def _customer(told: CustomerIn) -> Said:
    person = Customer(**told.model_dump(exclude={"consents"}))
    consents = tuple(
        Consent(told.id, each.purpose, each.channel, each.granted, each.at, "api", each.evidence)
        for each in told.consents
    )
    return Said(customers=(person,), consents=consents)


def _event(told: EventIn) -> Said:
    if told.customer_id is None and told.anonymous_id is None:
        raise BadValue("whose act? customer_id or anonymous_id is needed", key="customer_id")
    return Said(events=(Event(**told.model_dump()),))


def _review(told: ReviewIn) -> Said:
    return Said(reviews=(Review(**told.model_dump()),))


_KINDS: Final[Mapping[str, tuple[type[BaseModel], Callable[[Any], Said], str]]] = {
    "orders": (OrderIn, _order, "Orders with their lines"),
    "products": (ProductIn, _product, "Products"),
    "customers": (CustomerIn, _customer, "Customers with their consents"),
    "events": (EventIn, _event, "What visitors did"),
    "reviews": (ReviewIn, _review, "Reviews"),
}


def _upsert(kind: str) -> Any:  # noqa: ANN401 - a handler, whose annotations FastAPI reads
    model, fact, _ = _KINDS[kind]
    adapter = TypeAdapter(model)

    async def upsert(request: Request) -> Response:
        """Write up to 1,000 rows; the same again changes nothing. A bad row costs only itself: `rejected` says why.

        Durable when the answer comes, and in force for the next decision; products, and what orders change of
        relations, limits and refills, within a second. Where no row can be kept it is a 422.
        Needs a key with the scope admin.
        """
        require(request, "admin")
        body = as_object(await raw_body(request, _LARGEST))
        rows = body.get(kind)
        if not isinstance(rows, list) or set(body) != {kind}:
            raise BadValue(f"an object with the one key {kind}, a list, is needed", key=kind)
        if len(rows) > MOST:
            raise BadValue(f"more than {MOST} rows", key=kind, value=len(rows), way_out="send several requests")
        good, rejected = _read(rows, adapter, fact)
        await serving_of(request).arrivals.put([_together(good)] if good else [])
        if rejected and not good:
            errors = [{"where": f"body.{kind}.{each.place}", "what": each.reason} for each in rejected[:_TOLD]]
            return problem(request_id_of(request), 422, "bad-request", "No row could be kept", errors=errors)
        told = UpsertOut(kept=len(good), rejected=rejected)
        return Response(told.model_dump_json(), media_type="application/json")

    upsert.__name__ = f"upsert_{kind}"
    return upsert


def _read(
    rows: Sequence[object], adapter: TypeAdapter[Any], fact: Callable[[Any], Said]
) -> tuple[list[Said], list[RejectOut]]:
    good: list[Said] = []
    rejected: list[RejectOut] = []
    for place, row in enumerate(rows):
        try:
            good.append(fact(adapter.validate_python(row)))
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            rejected.append(RejectOut(place=place, id=_id_of(row), reason=f"{where}: {first['msg']}"[:_SHOWN]))
        except BadValue as exc:
            rejected.append(RejectOut(place=place, id=_id_of(row), reason=str(exc)[:_SHOWN]))
    return good, rejected


def _id_of(row: object) -> str | None:
    found = row.get("id") if isinstance(row, dict) else None
    return found[:_SHOWN].encode("utf-8", "replace").decode() if isinstance(found, str) else None


def _together(said: Sequence[Said]) -> Said:
    """The facts of all rows; of two with one id the later one holds."""
    return Said(
        events=tuple(each for one in said for each in one.events),
        customers=tuple({each.id: each for one in said for each in one.customers}.values()),
        consents=tuple(each for one in said for each in one.consents),
        orders=tuple({each.id: each for one in said for each in one.orders}.values()),
        cancelled=tuple(dict.fromkeys(each for one in said for each in one.cancelled)),
        products=tuple({each.id: each for one in said for each in one.products}.values()),
        reviews=tuple({each.id: each for one in said for each in one.reviews}.values()),
    )


def _body(kind: str) -> dict[str, Any]:
    model, _, _ = _KINDS[kind]
    rows = {"type": "array", "maxItems": MOST, "items": {"$ref": f"#/components/schemas/{model.__name__}"}}
    schema = {"type": "object", "required": [kind], "properties": {kind: rows}, "additionalProperties": False}
    return {
        "security": SECURITY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


BODIES: Final[tuple[type[BaseModel], ...]] = tuple(model for model, _, _ in _KINDS.values())
for _kind, _about in _KINDS.items():
    router.add_api_route(
        f"/v1/{_kind}",
        _upsert(_kind),
        methods=["POST"],
        summary=_about[2],
        response_model=UpsertOut,
        responses=_FAILURES,
        openapi_extra=_body(_kind),
    )
