"""The same client for asyncio; `client` has the one for ordinary code."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Self, TypeVar

import httpx

from tsuide_client import calls
from tsuide_client.calls import Call
from tsuide_client.client import headers_of, log
from tsuide_client.errors import TsuideClientError, Unreachable
from tsuide_client.patience import Attempts, Patience
from tsuide_client.records import Acceptance, Answer, NoReason, Offer, Outcome, Placement, Recorded, SiteMessage

_T = TypeVar("_T")


class AsyncTsuide:
    """A shop's door to its Tsuide server, for one event loop.

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
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=headers_of(key), timeout=timeout, transport=transport)
        self._patience = Patience(attempts=attempts, seconds=patience)
        self._silent = silent
        self._sleep = sleep
        self._draw = draw

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def offers(self, placement: Placement, **asked: Any) -> Answer:  # noqa: ANN401 - typed in `calls.offers`
        """What to propose here and now; arguments as `tsuide_client.calls.offers`.

        Raises:
            TsuideClientError: unless silent.
        """
        return await self._run(calls.offers(placement, **asked))

    async def tell(self, offer: Offer, outcome: Outcome, reason: NoReason | None = None) -> Recorded:
        """What became of an offer.

        Raises:
            TsuideClientError: unless silent.
        """
        return await self._run(calls.outcomes([(offer, outcome, reason)]))

    async def shown(self, answer: Answer) -> Recorded:
        """That the customer saw all offers of an answer.

        Raises:
            TsuideClientError: unless silent.
        """
        if not answer.offers:
            return Recorded()
        return await self._run(calls.outcomes([(each, "shown", None) for each in answer.offers]))

    async def tell_message(self, message: SiteMessage, outcome: Literal["shown", "closed"]) -> Recorded:
        """What became of a message that an answer brought; its offers count as shown with it.

        Raises:
            TsuideClientError: unless silent.
        """
        return await self._run(calls.site_message(message, outcome))

    async def track(
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
        return await self.send([calls.event("track", event=event, properties=dict(properties or {}), **who)])

    async def identify(
        self, customer_id: str, traits: Mapping[str, Any] | None = None, *, anonymous_id: str | None = None
    ) -> Recorded:
        """Who a visitor turned out to be, and what is known of them.

        Raises:
            TsuideClientError: unless silent.
        """
        who = {"customer_id": customer_id, "anonymous_id": anonymous_id}
        return await self.send([calls.event("identify", traits=dict(traits or {}), **who)])

    async def send(self, messages: Sequence[Mapping[str, Any]]) -> Recorded:
        """Many events at once, as `tsuide_client.calls.event` makes them.

        Raises:
            TsuideClientError: unless silent.
        """
        return await self._run(calls.events(messages))

    async def ask_yes(self, offer: Offer, **asked: Any) -> Acceptance:  # noqa: ANN401 - typed in `calls.ask_yes`
        """Put an offer before the customer: everything they must see, and the token for their answer.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return await self._run(calls.ask_yes(offer, **asked))

    async def look(self, token: str, language: str | None = None) -> Acceptance:
        """What a link confirms.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return await self._run(calls.look(token, language))

    async def confirm(self, token: str, language: str | None = None) -> Acceptance:
        """The customer's own yes.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return await self._run(calls.answer_yes(token, "confirm", language=language))

    async def decline(self, token: str, reason: NoReason | None = None) -> Acceptance:
        """The customer's no.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return await self._run(calls.answer_yes(token, "decline", reason=reason))

    async def later(self, token: str) -> Acceptance:
        """Not now.

        Raises:
            TsuideClientError: always, when it fails.
        """
        return await self._run(calls.answer_yes(token, "later"))

    async def _run(self, call: Call[_T]) -> _T:
        try:
            return await self._send(call)
        except TsuideClientError as error:
            log(call, error)
            return call.failed(error, silent=self._silent)

    async def _send(self, call: Call[_T]) -> _T:
        tries = Attempts(self._patience, self._draw, time.monotonic)
        request = self._http.build_request(
            call.method, call.path, content=call.content(), headers=call.headers(), params=dict(call.params)
        )
        while True:
            try:
                response = await self._http.send(request)
            except httpx.TransportError as exc:
                wait = tries.wait_after(None)
                if wait is None:
                    raise Unreachable(f"{call.path}: {str(exc) or type(exc).__name__}") from exc
            else:
                wait = tries.wait_after(call.status_of(response), response.headers)
                if wait is None:
                    return call.result(response)
            await self._sleep(wait)
