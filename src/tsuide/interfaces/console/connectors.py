"""Connectors: how each system is connected, ready to be copied, with this server's own address and a key made here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from tsuide.app.hooks import hooks_told
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.console.data import TABS
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.keys import make
from tsuide.interfaces.console.phrases.data import DATA
from tsuide.interfaces.console.visit import Visit, change, see

_HOUR: Final = timedelta(hours=1)
_NO_KEY: Final = "tsk_…"


@dataclass(frozen=True, slots=True)
class Connector:
    """How one kind of system is connected.

    Args:
        id: of it; its phrases begin so.
        snippets: key of a phrase → text to be copied, ``{server}``, ``{key}`` and ``{host}`` in it.
        scope: of the key that it needs; "" = none.
        counted: what of the last hour's messages are its; "" = nothing is counted.
    """

    id: str
    snippets: tuple[tuple[str, str], ...]
    scope: str = ""
    counted: str = ""


CONNECTORS: Final = (
    Connector(
        "storefront",
        (
            ("snippet.html", """<script src="[server]/widget/tsuide.js"
  data-key="[key]" data-language="ja" async></script>
<tsuide-offers placement="product" product="PRODUCT-ID"></tsuide-offers>"""),
            ("snippet.track", """<script src="[server]/widget/tsuide.js"
  data-key="[key]" data-track="views carts" async></script>"""),
        ),
        "storefront", "offers",
    ),
    Connector(
        "segment",
        (
            ("snippet.python", """from segment.analytics import Client

analytics = Client("[key]", host="[server]")
analytics.track("c1", "Product Viewed", {"product_id": "PRODUCT-ID"})
analytics.flush()"""),
            ("snippet.node", """import { Analytics } from "@segment/analytics-node"

const analytics = new Analytics({ writeKey: "[key]", host: "[server]" })"""),
            ("snippet.rudder", """from rudderstack.analytics.client import Client

analytics = Client("[key]", host="[server]")"""),
        ),
        "admin", "segment",
    ),
    Connector(
        "ga4",
        (
            ("snippet.curl", """curl "[server]/mp/collect?measurement_id=G-XXXX&api_secret=[key]" \\
  -H "Content-Type: application/json" \\
  --data \'{"client_id": "visitor-1", "events": [
    {"name": "view_item", "params": {"items": [{"item_id": "PRODUCT-ID"}]}}]}\'"""),
        ),
        "storefront", "ga4",
    ),
    Connector(
        "shopify",
        (
            ("snippet.address", "[server]/v1/webhooks/shopify"),
            ("snippet.environment", "TSUIDE_SHOPIFY_SECRETS=…\nTSUIDE_SHOPIFY_DOMAIN=mine.myshopify.com"),
        ),
        "", "shopify",
    ),
    Connector(
        "woocommerce",
        (
            ("snippet.address", "[server]/v1/webhooks/woocommerce"),
            ("snippet.environment", "TSUIDE_WOOCOMMERCE_SECRETS=…"),
        ),
        "", "woocommerce",
    ),
    Connector(
        "api",
        (
            ("snippet.curl", """curl [server]/v1/offers \\
  -H "Authorization: Bearer [key]" -H "Content-Type: application/json" \\
  --data \'{"placement": "product", "product_id": "PRODUCT-ID", "anonymous_id": "visitor-1"}\'"""),
            ("snippet.python", """from tsuide_client import Tsuide

shop = Tsuide("[server]", key="[key]")
answer = shop.offers("product", product_id="PRODUCT-ID", anonymous_id="visitor-1")
for offer in answer.offers:
    print(offer.product.title, offer.price_text)
shop.shown(answer)"""),
            ("snippet.javascript", """import { Tsuide } from "[server]/widget/tsuide-client.js"

const shop = new Tsuide({ url: "[server]", key: "[key]" })
const answer = await shop.offers("product", { product_id: "PRODUCT-ID", anonymous_id: "visitor-1" })"""),
        ),
        "rep", "offers",
    ),
    Connector(
        "line",
        (("snippet.install", "pip install 'tsuide[line]'"), ("snippet.environment", "TSUIDE_LINE_TOKEN=…")),
    ),
    Connector("hooks", (("snippet.command", "tsuide hook set crm https://crm.example.com/tsuide"),)),
)  # fmt: skip


def connectors(visit: Visit) -> Response:
    """Every connector."""
    return _connectors(visit)


def _connectors(visit: Visit, problem: TsuideError | None = None, **shown: Any) -> Response:  # noqa: ANN401 - for the template
    made, key = str(shown.get("made", "")), str(shown.get("key", ""))
    counts = visit.shop.store.inbox.received_since(visit.now - _HOUR)
    settings = visit.serving.settings
    ready = {
        "shopify": bool(settings.shopify_secrets.get_secret_value()),
        "woocommerce": bool(settings.woocommerce_secrets.get_secret_value()),
        "line": bool(settings.line_token.get_secret_value()),
        "hooks": bool(hooks_told(visit.shop)),
    }
    cards = [
        {
            "id": each.id, "scope": each.scope, "ready": ready.get(each.id), "made": key if made == each.id else None,
            "count": counts.get(each.counted, 0) if each.counted else None, "counted": each.counted,
            "may": each.scope == "storefront" or visit.user.may("change", "settings"),
            "snippets": [
                (label, text.replace("[server]", visit.server).replace("[key]", key if made == each.id else _NO_KEY))
                for label, text in each.snippets
            ],
        }
        for each in CONNECTORS
    ]  # fmt: skip
    done = shown.get("done")
    return page(
        visit, "data_connectors.html", "room.data", DATA, problem=problem, done=done, tabs=TABS, cards=cards,
        public=bool(settings.public_url), settings=visit.user.may("see", "settings"),
    )  # fmt: skip


def made_key(visit: Visit) -> Response:
    """Make a key for a connector; the page that answers shows it in its texts, once."""
    try:
        wanted = visit.must("connector")
        found = next((each for each in CONNECTORS if each.id == wanted and each.scope), None)
        if found is None:
            raise BadValue("no such connector", key="connector", value=wanted)
        name = DATA.text(f"connector.{wanted}", visit.language)
        key, done = make(visit, name, found.scope)
    except TsuideError as error:
        return _connectors(visit, error)
    return _connectors(visit, made=wanted, key=key, done=done)


ROUTES: Final = [
    see("/data/connectors", "data", connectors),
    change("/data/connectors", "data", made_key),
]
