"""The requests themselves: what is sent where, and how the answer is read. No input or output."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar
from urllib.parse import quote

import httpx

from tsuide_client.errors import Refused, TsuideClientError, Unreachable
from tsuide_client.patience import AGAIN
from tsuide_client.records import (
    Acceptance,
    Answer,
    Kind,
    NoReason,
    Offer,
    Outcome,
    Placement,
    Recorded,
    SiteMessage,
    acceptance_of,
    answer_of,
    recorded_of,
)

_T = TypeVar("_T")
Line: TypeAlias = str | tuple[str, int] | Mapping[str, Any]
_CLIENT_ERROR: Final = 400
_CONFLICT: Final = 409
_NOT_NOW: Final = 503


@dataclass(frozen=True, slots=True)
class Call(Generic[_T]):
    """One request, the same however often it is sent.

    Args:
        read: makes the result of the answer's JSON.
        otherwise: makes the result of a failure, for a silent client; None = failures are always raised.
        key: sent as Idempotency-Key, so that a repeated request is not a second one; None where it cannot be one
            (outcomes and events count once by their own ids) or where a second does no harm (another decision).
    """

    method: str
    path: str
    read: Callable[[Any], _T]
    body: Mapping[str, Any] | None = None
    otherwise: Callable[[Exception], _T] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    customer_token: str | None = None

    def headers(self) -> dict[str, str]:
        """What this call adds to the client's own headers."""
        found = {"Content-Type": "application/json"} if self.body is not None else {}
        if self.key is not None:
            found["Idempotency-Key"] = self.key
        if self.customer_token is not None:
            found["X-Customer-Token"] = self.customer_token
        return found

    def content(self) -> bytes | None:
        """The body as JSON."""
        return None if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()

    def status_of(self, response: httpx.Response) -> int:
        """The status, by which it is decided whether to try again.

        The first sending of this very request may still be worked on: that is told as a conflict about the key, and
        counts as "not now".
        """
        if response.status_code == _CONFLICT and self.key is not None and b'"Idempotency-Key"' in response.content:
            return _NOT_NOW
        return response.status_code

    def result(self, response: httpx.Response) -> _T:
        """What the answer says.

        Raises:
            Refused: 4xx.
            Unreachable: an answer that is not the server's own.
        """
        if response.status_code in AGAIN:
            raise Unreachable(f"{self.path}: HTTP {response.status_code}", response.status_code)
        try:
            value = response.json()
            if response.status_code >= _CLIENT_ERROR:
                raise Refused(response.status_code, value if isinstance(value, dict) else {})
            return self.read(value)
        except (ValueError, KeyError, TypeError) as exc:
            if response.status_code >= _CLIENT_ERROR:
                raise Refused(response.status_code, {}) from exc
            raise Unreachable(f"{self.path}: not an answer of Tsuide", response.status_code) from exc

    def failed(self, error: TsuideClientError, *, silent: bool) -> _T:
        """The result that stands for a failure.

        Raises:
            TsuideClientError: itself, unless the client is silent and the call may fail unnoticed.
        """
        if silent and self.otherwise is not None:
            return self.otherwise(error)
        raise error


def new_key() -> str:
    """A key that nobody else has."""
    return uuid.uuid4().hex


def offers(
    placement: Placement,
    *,
    n: int = 3,
    product_id: str | None = None,
    cart: Iterable[Line] = (),
    customer_id: str | None = None,
    anonymous_id: str | None = None,
    session_id: str | None = None,
    kinds: Sequence[Kind] = (),
    exclude: Sequence[str] = (),
    slots: Mapping[str, Mapping[str, Any]] | None = None,
    language: str | None = None,
    customer_token: str | None = None,
    idempotency_key: str | None = None,
    **more: Any,  # noqa: ANN401 - whatever else the API takes: budget, hesitation, goal, rep …
) -> Call[Answer]:
    """Ask for the offers of one page.

    >>> call = offers("cart", cart=["tea", ("cup", 2)], customer_id="c1")
    >>> call.body == {"placement": "cart", "n": 3, "customer_id": "c1",
    ...     "cart": [{"product_id": "tea"}, {"product_id": "cup", "quantity": 2}]}
    True
    """
    given: dict[str, Any] = {
        "product_id": product_id,
        "customer_id": customer_id,
        "anonymous_id": anonymous_id,
        "session_id": session_id,
        "language": language,
        "cart": [_line(each) for each in cart],
        "kinds": list(kinds),
        "exclude": list(exclude),
        "slots": dict(slots or {}),
        **more,
    }
    body = {"placement": placement, "n": n} | {
        name: value for name, value in given.items() if value not in (None, [], {})
    }
    return Call(
        "POST",
        "/v1/offers",
        answer_of,
        body,
        lambda error: Answer(placement=placement, trouble=error),
        key=idempotency_key,
        customer_token=customer_token,
    )


def outcomes(told: Sequence[tuple[Offer, Outcome, NoReason | None]]) -> Call[Recorded]:
    """Tell what became of offers of one decision.

    Raises:
        ValueError: none, or of several decisions.
    """
    decisions = {offer.decision for offer, _, _ in told}
    if len(decisions) != 1:
        raise ValueError("outcomes of one decision at a time")
    body = [
        {"offer_id": offer.id, "outcome": outcome} | ({} if reason is None else {"reason": reason})
        for offer, outcome, reason in told
    ]
    path = f"/v1/offers/{quote(decisions.pop(), safe='')}/outcomes"
    return Call("POST", path, recorded_of, {"outcomes": body}, lambda error: Recorded(trouble=error))


def site_message(message: SiteMessage, outcome: Literal["shown", "closed"]) -> Call[Recorded]:
    """Tell what became of a message on the site; its offers count as shown with it.

    >>> from datetime import UTC, datetime
    >>> left = SiteMessage("m_1", "Hello", "", None, (), datetime(2026, 1, 5, tzinfo=UTC))
    >>> site_message(left, "shown").path
    '/v1/site-messages/m_1/outcomes'
    """
    body = {"outcome": outcome} | ({} if message.decision is None else {"decision": message.decision})
    path = f"/v1/site-messages/{quote(message.id, safe='')}/outcomes"

    def read(value: Mapping[str, Any]) -> Recorded:
        return Recorded(1, 0) if value["recorded"] else Recorded(0, 1)

    return Call("POST", path, read, body, lambda error: Recorded(trouble=error))


def event(
    kind: str,
    *,
    customer_id: str | None = None,
    anonymous_id: str | None = None,
    **members: Any,  # noqa: ANN401 - as the Segment spec names them: event, properties, traits …
) -> dict[str, Any]:
    """One message of the Segment spec.

    Raises:
        ValueError: neither id.
    """
    if customer_id is None and anonymous_id is None:
        raise ValueError("an event needs customer_id or anonymous_id")
    who = {"userId": customer_id, "anonymousId": anonymous_id}
    known = {name: value for name, value in who.items() if value is not None}
    now = datetime.now(UTC).isoformat()
    return {"type": kind, "messageId": new_key(), "timestamp": now, **known, **members}


def events(messages: Sequence[Mapping[str, Any]]) -> Call[Recorded]:
    """Send messages of the Segment spec; one sent twice (by its messageId) counts once."""
    body = {"batch": list(messages), "sentAt": datetime.now(UTC).isoformat()}
    return Call("POST", "/v1/batch", lambda _: Recorded(len(messages)), body, lambda error: Recorded(trouble=error))


def ask_yes(
    offer: Offer,
    *,
    quantity: int = 1,
    include: Sequence[str] = (),
    variants: Mapping[str, str] | None = None,
    language: str | None = None,
    idempotency_key: str | None = None,
) -> Call[Acceptance]:
    """Put an offer before the customer for their yes."""
    body: dict[str, Any] = {"decision": offer.decision, "offer_id": offer.id, "quantity": quantity}
    given = {
        "include": list(include),
        "variants": dict(variants or {}),
        "language": language,
        "idempotency_key": idempotency_key,
    }
    body |= {name: value for name, value in given.items() if value not in (None, [], {})}
    return Call("POST", "/v1/acceptances", acceptance_of, body, key=new_key())


def look(token: str, language: str | None = None) -> Call[Acceptance]:
    """What a link confirms; looking is no answer."""
    params = {} if language is None else {"language": language}
    return Call("GET", f"/v1/acceptances/{quote(token, safe='')}", acceptance_of, params=params)


def answer_yes(
    token: str, answer: str, *, language: str | None = None, reason: NoReason | None = None
) -> Call[Acceptance]:
    """The customer's yes, no or later; a failure is always raised: a yes that was not taken must not look taken."""
    given = {"language": language, "reason": reason}
    body = {name: value for name, value in given.items() if value is not None}
    return Call("POST", f"/v1/acceptances/{quote(token, safe='')}/{answer}", acceptance_of, body, key=new_key())


def _line(line: Line) -> dict[str, Any]:
    if isinstance(line, str):
        return {"product_id": line}
    if isinstance(line, tuple):
        return {"product_id": line[0], "quantity": line[1]}
    return dict(line)
