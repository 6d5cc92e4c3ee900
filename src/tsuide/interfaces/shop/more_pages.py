"""The customer's own page, and one page with every other door through which the same offers come."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.account import CHOICES
from tsuide.errors import UnknownCustomer
from tsuide.interfaces.shop import views
from tsuide.interfaces.shop.pages import DUE, asked
from tsuide.interfaces.shop.rendering import catalogue_of, page, serving_of, visitor
from tsuide.kit.clock import zone

DOORS: Final = ("app", "email", "line", "rep", "till", "agent")
_AGENT_BUDGET: Final = 50_000


async def account(request: Request) -> Response:
    """Orders, what may be running out, consent and contact preferences; a visitor who plays nobody is told how."""
    who, serving, catalogue = visitor(request), serving_of(request), catalogue_of(request)
    if who.customer_id is None:
        return page(request, "account.html", who, account=None, ask=None)
    try:
        found = await serving.account(who.customer_id)
    except UnknownCustomer:
        return page(request, "account.html", who, account=None, ask=None)
    local, words = zone(serving.settings.time_zone), await serving.consent_words()

    def line(product_id: str, units: int, amount: int) -> dict[str, Any]:
        product = catalogue.product(product_id)
        currency = serving.settings.currency if product is None else product.currency
        return {
            "product": None if product is None else views.product_view(product, who.language),
            "id": product_id,
            "units": units,
            "amount": views.price_text(amount, currency, who.language),
        }

    purchases = [
        {"day": f"{each.day.astimezone(local):%Y-%m-%d}", "lines": [line(*one) for one in each.lines]}
        for each in found.purchases
    ]
    due = [
        {"product": views.product_view(product, who.language), "days": each.days, "interval": each.interval}
        for each in found.due[:5]
        if (product := catalogue.product(each.product_id)) is not None
    ]
    return page(
        request,
        "account.html",
        who,
        account=found,
        purchases=purchases,
        due=due,
        words=words.number,
        choices=[("_".join(each), each in found.granted, words.text(".".join(each), who.language)) for each in CHOICES],
        ask=asked(who, "account", slots={"due": DUE, "account": {"n": 3}}),
    )


async def doors(request: Request) -> Response:
    """App, mail, LINE, sales desk, till and agent: the same decisions, policy and ledger, in their frames."""
    who, serving, catalogue = visitor(request), serving_of(request), catalogue_of(request)
    first = next((each for each in catalogue.bestsellers(1)), None)
    scanned = [each.id for each in catalogue.bestsellers(3)]
    more: dict[str, dict[str, Any]] = {
        "rep": {"rep": {"id": "demo-desk", "needs": ["demo"]}},
        "agent": {"budget": _AGENT_BUDGET, **({"product_id": first.id} if first is not None else {})},
    }
    asks = {
        door: asked(who, door, slots={door: {"n": 1}}, **more.get(door, {}))
        for door in DOORS
        if door != "till" and (door != "rep" or serving.rep_key)
    }
    return page(request, "doors.html", who, asks=asks, rep_key=serving.rep_key, scanned=scanned)
