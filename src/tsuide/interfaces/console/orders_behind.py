"""The orders that stand behind an opportunity: one row each, newest first."""

from typing import Final

from starlette.responses import RedirectResponse, Response

from tsuide.app.orders_behind import WITHIN, orders_behind
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.opportunities import OPPORTUNITIES
from tsuide.interfaces.console.tables import Column, Table
from tsuide.interfaces.console.visit import Visit, see

_MOST: Final = 100
_PRODUCTS: Final = 8


def behind(visit: Visit) -> Response:
    """Orders with all of the products, a window of them at a time."""
    query = visit.request.query_params
    products = list(dict.fromkeys(each for each in query.getlist("item") if each))[:_PRODUCTS]
    if not products:
        return RedirectResponse(visit.url("/opportunities"), 303)
    deep = visit.number("deep", 0, most=100_000)
    rows, older = orders_behind(visit.shop, products, deep, _MOST)
    seen = visit.user.may("see", "customers")
    customer = Column("customer_id", "customer_of", href=lambda row: (
        visit.url("/customers/one", id=row["customer_id"]) if seen and row["customer_id"] else None))  # fmt: skip
    columns = [Column("placed_at", kind="moment"), Column("id", "order_id"), customer,
               Column("amount", kind="money", help="help_order_amount"),
               Column("beside", kind="number", help="help_beside")]  # fmt: skip
    loaded = visit.serving.decider.loaded_or_none
    names = [each if loaded is None else loaded.state.title(each, visit.language) for each in products]
    return page(
        visit, "opportunities_orders.html", "orders_behind", OPPORTUNITIES, names=names, window=WITHIN, deep=deep,
        tables=[Table("orders", columns, rows, empty="no_orders_behind")], most=len(rows) == _MOST,
        older=visit.here(deep=deep + 1) if older else None, newer=visit.here(deep=deep - 1 or None) if deep else None,
    )  # fmt: skip


ROUTES: Final = [see("/opportunities/orders", "opportunities", behind)]
