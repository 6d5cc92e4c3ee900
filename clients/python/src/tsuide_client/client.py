"""The client for ordinary code; `asynchronous` has the same for asyncio."""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, Self, TypeVar

import httpx

from tsuide_client import calls
from tsuide_client.calls import Call
from tsuide_client.errors import TsuideClientError, Unreachable
from tsuide_client.patience import Attempts, Patience
from tsuide_client.records import Acceptance, Answer, NoReason, Offer, Outcome, Placement, Recorded, SiteMessage

_T = TypeVar("_T")
_log: Final = logging.getLogger("tsuide_client")


class Tsuide:
    """A shop's door to its Tsuide server; safe to share between threads.

    Args:
        url: of the server.
        key: an API key; in a page or an app only one with the scope storefront.
        timeout: seconds that one attempt may take.
        attempts: at most so many attempts; those after the first wait, longer each time and by chance.
        patience: seconds in all, waits included.
        silent: a page must not break: a failed call is logged and answers with nothing (`trouble` says why).
            False: failures are raised. About a yes failures are always raised.
        transport: httpx's own, for tests and proxies.
        sleep, draw: of the waits.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 2.5,
        attempts: int = 3,
        patience: float = 10.0,
        silent: bool = True,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=headers_of(key), timeout=timeout, transport=transport)
        self._patience = Patience(attempts=attempts, seconds=patience)
        self._silent = silent
        self._sleep = sleep
        self._draw = draw

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def offers(self, placement: Placement, **asked: Any) -> Answer:  # noqa: ANN401 - typed in `calls.offers`
        """What to propose here and now; arguments as `tsuide_client.calls.offers`.

        Raises:
            TsuideClientError: unless silent.
        """
        return self._run(calls.offers(placement, **asked))

    def tell(self, offer: Offer, outcome: Outcome, reason: NoReason | None = None) -> Recorded:
        """What became of an offer.

        Raises:
            TsuideClientError: unless silent.
        """
        return self._run(calls.outcomes([(offer, outcome, reason)]))

    def shown(self, answer: Answer) -> Recorded:
        """That the customer saw all offers of an answer.

        Raises:
            TsuideClientError: unless silent.
        """
        if not answer.offers:
            return Recorded()
        return self._run(calls.outcomes([(each, "shown", None) for each in answer.offers]))

    def tell_message(self, message: SiteMessage, outcome: Literal["shown", "closed"]) -> Recorded:
        """What became of a message that an answer brought; its offers count as shown with it.

        Raises:
            TsuideClientError: unless silent.
        """
        return self._run(calls.site_message(message, outcome))

    def track(
        self,
        event: str,
        properties: Mapping[str, Any] | None = None,
        *,
        customer_id: str | None = None,
        anonymous_id: str | None = None,
    ) -> Recorded:
        """One event in the words of the Segment spec: ``track("Product Viewed", {"product_id": "cam-a"}, …)``.

        Raises:
            TsuideClientError: unless silent.
        """
        who = {"customer_id": customer_id, "anonymous_id": anonymous_id}
        return self.send([calls.event("track", event=event, properties=dict(properties or {}), **who)])

    def identify(
        self, customer_id: str, traits: Mapping[str, Any] | None = None, *, anonymous_id: str | None = None
    ) -> Recorded:
        """Who a visitor turned out to be, and what is known of them.

        Raises:
            TsuideClientError: unless silent.
        """
        who = {"customer_id": customer_id, "anonymous_id": anonymous_id}
        return self.send([calls.event("identify", traits=dict(traits or {}), **who)])

    def send(self, messages: Sequence[Mapping[str, Any]]) -> Recorded:
        """Many events at once, as `tsuide_client.calls.event` makes them.

        Raises:
            TsuideClientError: unless silent.
        """
        return self._run(calls.events(messages))

    def ask_yes(self, offer: Offer, **asked: Any) -> Acceptance:  # noqa: ANN401 - typed in `calls.ask_yes`
        """Put an offer before the customer: everything they must see, and the token for their answer.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return self._run(calls.ask_yes(offer, **asked))

    def look(self, token: str, language: str | None = None) -> Acceptance:
        """What a link confirms.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return self._run(calls.look(token, language))

    def confirm(self, token: str, language: str | None = None) -> Acceptance:
        """The customer's own yes.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return self._run(calls.answer_yes(token, "confirm", language=language))

    def decline(self, token: str, reason: NoReason | None = None) -> Acceptance:
        """The customer's no.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return self._run(calls.answer_yes(token, "decline", reason=reason))

    def later(self, token: str) -> Acceptance:
        """Not now.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return self._run(calls.answer_yes(token, "later"))

    def _run(self, call: Call[_T]) -> _T:
        try:
            return self._send(call)
        except TsuideClientError as error:
            log(call, error)
            return call.failed(error, silent=self._silent)

    def _send(self, call: Call[_T]) -> _T:
        tries = Attempts(self._patience, self._draw, time.monotonic)
        request = self._http.build_request(
            call.method, call.path, content=call.content(), headers=call.headers(), params=dict(call.params)
        )
        while True:
            try:
                response = self._http.send(request)
            except httpx.TransportError as exc:
                wait = tries.wait_after(None)
                if wait is None:
                    raise Unreachable(f"{call.path}: {str(exc) or type(exc).__name__}") from exc
            else:
                wait = tries.wait_after(call.status_of(response), response.headers)
                if wait is None:
                    return call.result(response)
            self._sleep(wait)


def headers_of(key: str) -> dict[bytes, bytes]:
    """What every request carries; whatever was pasted as the key goes to the server, which tells good from bad."""
    return {b"X-Api-Key": key.encode(), b"Accept": b"application/json", b"User-Agent": b"tsuide-client-python"}


def log(call: Call[Any], error: TsuideClientError) -> None:
    """Say what failed: a silent client must not fail unseen."""
    _log.warning("%s %s failed: %s", call.method, call.path.split("/")[2], error)
