"""The demo shop: server-rendered pages whose offers come from the public API.

The pages themselves hold no offer. Their script (static/offers.js) calls `POST /v1/offers` from the browser with the
shop's storefront key and reports what was shown, clicked, accepted and refused, exactly as any shop's page would:
no way around the policy, the contact ledger or the journal. Without the script the shop sells and offers nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tsuide.interfaces.shop import actions, more_pages, pages
from tsuide.interfaces.shop.rendering import failed, not_found, refused

_HERE: Final = Path(__file__).parent


def build_shop(base: str, *, api: str = "", links: Mapping[str, str] | None = None) -> Starlette:
    """The shop, to be mounted at `base`; `app.state.serving` must be set before the first request.

    Args:
        base: its own address.
        api: where the API of the same shop begins.
        links: name → address of every demo shop of the server, where there are several; "" names the first.
    """
    app = Starlette(
        routes=[
            Route("/", pages.home),
            Route("/c", pages.category),
            Route("/search", pages.search),
            Route("/p/{product:path}", pages.product),
            Route("/cart", pages.cart),
            Route("/checkout", pages.checkout),
            Route("/order", pages.confirmation),
            Route("/report", pages.report),
            Route("/account", more_pages.account),
            Route("/doors", more_pages.doors),
            Route("/account", actions.consent, methods=["POST"]),
            Route("/cart/add", actions.add, methods=["POST"]),
            Route("/cart/set", actions.change, methods=["POST"]),
            Route("/cart/remove", actions.remove, methods=["POST"]),
            Route("/checkout", actions.place, methods=["POST"]),
            Route("/who", actions.choose, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        exception_handlers={404: not_found, 403: refused, 400: refused, 500: failed},
    )
    app.state.base = base
    app.state.api = api
    app.state.links = links or {}
    app.state.report = None
    return app
