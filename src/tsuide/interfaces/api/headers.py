"""The request headers that many calls understand, as parameters of the OpenAPI document.

They are read by middleware and by `keys`, not by the handlers, so FastAPI cannot find them by itself.
"""

from typing import Any, Final

from tsuide.interfaces.api.idempotency import KEY_PATTERN
from tsuide.interfaces.api.keys import CUSTOMER_TOKEN
from tsuide.interfaces.api.responses import failures

IDEMPOTENCY: Final = "Idempotency-Key"
_IDEMPOTENCY: Final[dict[str, Any]] = {
    "name": IDEMPOTENCY,
    "in": "header",
    "required": False,
    "description": "Of your choice, new for each request; sent again with the same within 24 hours, the request is not "
    "done again and the first answer comes back. With another request it is a 422; while the first is still at work, "
    "a 409.",
    "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
}
_TOKEN: Final[dict[str, Any]] = {
    "name": CUSTOMER_TOKEN,
    "in": "header",
    "required": False,
    "description": "Signed by the shop's server: lets a storefront key name the customer of the page. Other keys need "
    "none, and do not look at it.",
    "schema": {"type": "string"},
}
_NAMES_CUSTOMERS: Final = frozenset(
    {"/v1/offers", "/mp/collect"}
    | {f"/v1/{call}" for call in ("identify", "track", "page", "screen", "group", "alias", "batch")}
)
_WEBHOOKS: Final = "/v1/webhooks/"  # they have delivery ids of their own, and no key


def with_headers(schema: dict[str, Any]) -> None:
    """Put the headers, and the failures that come with them, into every call of a document that understands them.

    >>> schema = {"paths": {"/v1/offers": {"post": {"responses": {}}}}}
    >>> with_headers(schema)
    >>> [each["name"] for each in schema["paths"]["/v1/offers"]["post"]["parameters"]]
    ['Idempotency-Key', 'X-Customer-Token']
    >>> list(schema["paths"]["/v1/offers"]["post"]["responses"])
    ['400', '409', '422']
    """
    for path, item in schema["paths"].items():
        call = item.get("post")
        if call is None:
            continue
        if path.startswith("/v1/") and not path.startswith(_WEBHOOKS):
            _add(call, _IDEMPOTENCY)
            for status, told in failures(400, 409, 422).items():
                call["responses"].setdefault(str(status), told)
        if path in _NAMES_CUSTOMERS:
            _add(call, _TOKEN)


def _add(call: dict[str, Any], parameter: dict[str, Any]) -> None:
    call.setdefault("parameters", []).append(parameter)
