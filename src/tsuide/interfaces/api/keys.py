"""Who may ask: API keys with scopes and rates, as ``X-Api-Key`` or as a bearer; and who a page's customer is."""

import base64
import binascii
import math
from collections.abc import MutableMapping
from typing import Any, Final

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tsuide.app.keys import Holder, Scope
from tsuide.app.serving import Serving
from tsuide.errors import Refused, WrongKey

SCHEMES: Final[dict[str, Any]] = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "Bearer": {"type": "http", "scheme": "bearer"},
    "Basic": {"type": "http", "scheme": "basic"},
}
SECURITY: Final[list[dict[str, list[str]]]] = [{"ApiKey": []}, {"Bearer": []}]
CUSTOMER_TOKEN: Final = "X-Customer-Token"  # noqa: S105 - the header's name
SET_ASIDE: Final = "customer set aside"
_WAY_OUT: Final = "send X-Api-Key or Authorization: Bearer; `tsuide keys create` makes a key"
_HOLDER: Final = "tsuide.holder"


def serving_of(request: Request) -> Serving:
    """The running shop."""
    serving: Serving = request.app.state.serving
    return serving


def require(request: Request, scope: Scope) -> frozenset[Scope]:
    """All scopes of the caller's key, if it has `scope`.

    Raises:
        HTTPException: 401, no key or one that is not known; 429, it asks faster than it may.
        WrongKey: a good key that may not do this.
    """
    return required(request, _token(request), scope, "Bearer")


def needs(scope: Scope) -> Any:  # noqa: ANN401 - FastAPI's Depends is typed so
    """A route's dependency on a scope: a caller without it is told so before the body is looked at."""

    def checked(request: Request) -> None:
        require(request, scope)

    return Depends(checked)


def required(request: Request, key: str, scope: Scope, scheme: str) -> frozenset[Scope]:
    """As `require`, of a key that stands somewhere else than in our own headers.

    Raises:
        HTTPException: 401, no key or one that is not known; 429, it asks faster than it may.
        WrongKey: a good key that may not do this.
    """
    scopes = admitted(request.scope, serving_of(request), key, scheme).scopes
    may(scopes, scope)
    return scopes


def may(scopes: frozenset[Scope], scope: Scope) -> None:
    """Nothing, if a key of these scopes may do what needs `scope`.

    Raises:
        WrongKey: it may not.
    """
    if scope not in scopes:
        raise WrongKey(
            "this key may not do that",
            key="scope",
            value=", ".join(sorted(scopes)),
            way_out=f"use a key with the scope {scope}",
        )


def admit_caller(request: Request) -> str | None:
    """Id of the key in the headers; None where there is none that is known.

    Raises:
        HTTPException: 429, it asks faster than it may.
    """
    key = _token(request)
    if not key or serving_of(request).keyring.holder(key) is None:
        return None
    return admitted(request.scope, serving_of(request), key, "Bearer").id


def admitted(request: MutableMapping[str, Any], serving: Serving, key: str, scheme: str) -> Holder:
    """The key's holder; a request (its ASGI scope) counts once, however often it is looked at.

    Raises:
        HTTPException: 401, no key or one that is not known; 429, it asks faster than it may.
    """
    known: Holder | None = request.get(_HOLDER)
    if known is not None:
        return known
    keyring = serving.keyring
    holder = keyring.holder(key)
    if holder is None:
        raise HTTPException(401, f"The key is missing or not known: {_WAY_OUT}", {"WWW-Authenticate": scheme})
    wait = keyring.wait(holder)
    if wait:
        headers = {"Retry-After": str(max(math.ceil(wait), 1))}
        raise HTTPException(429, f"This key may ask {holder.rate} times (a second / at once)", headers)
    request[_HOLDER] = holder
    return holder


def holder_of(request: Request) -> str:
    """The id of the key that was let in; "" before one was."""
    holder: Holder | None = request.scope.get(_HOLDER)
    return "" if holder is None else holder.id


def may_name(request: Request, scopes: frozenset[Scope], customer_id: str) -> str | None:
    """As `may_speak_of`, of a request's own token."""
    return may_speak_of(serving_of(request), scopes, request.headers.get(CUSTOMER_TOKEN), customer_id)


def may_speak_of(serving: Serving, scopes: frozenset[Scope], token: str | None, customer_id: str) -> str | None:
    """None if the caller may speak of this customer; else why not, for a warning.

    A server's key (rep, admin) may name anybody. A storefront key stands in pages: it may name only the customer
    whom a token of the shop's server proves.

    Returns:
        None, or the reason.
    """
    if "rep" in scopes:
        return None
    if not token:
        return f"{SET_ASIDE}: a storefront key needs {CUSTOMER_TOKEN} to name one"
    try:
        proven = serving.customer_tokens.customer(token, serving.clock())
    except Refused as error:
        return f"{SET_ASIDE}: the token is not good, {error.what}"
    return None if proven == customer_id else f"{SET_ASIDE}: the token is another customer's"


def _token(request: Request) -> str:
    headers = request.headers
    given = headers.get("x-api-key")
    if given is not None:
        return given
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return user_of(token)
    return token.strip() if scheme.lower() == "bearer" else ""


def user_of(token: str) -> str:
    """The user of Basic credentials; "" where they cannot be read.

    >>> user_of("a2V5Og=="), user_of("%%")
    ('key', '')
    """
    try:
        return base64.b64decode(token.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
