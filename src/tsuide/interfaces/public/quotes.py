"""The page of a quote: what it says, and the customer's yes, no or later. Looking (GET) is no answer."""

import asyncio
from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app import accepting
from tsuide.app.accepting import Answer
from tsuide.app.deal_offers import tell
from tsuide.app.deal_quotes import Written, heard, quote_page, settle, sold_of
from tsuide.app.serving import Serving
from tsuide.errors import BadValue, TsuideError
from tsuide.interfaces.public.frame import language_of, serving_of, shown, sorry
from tsuide.kit.clock import zone
from tsuide.offers.acceptance import MOST_TOKEN
from tsuide.offers.confirming import shown as confirmed_rows
from tsuide.offers.offer import NO_REASONS
from tsuide.outreach.sales.quotes import body_of

_GONE: Final = 410
_SAID: Final = frozenset({"term", "renewal"})  # what the quote itself does not say
_STATES: Final = {"accepted": "yes", "used": "yes", "declined": "no", "expired": "over"}


async def quoted(request: Request) -> Response:
    """The quote; where the form was sent, what the customer answered."""
    serving, token = serving_of(request), request.path_params["token"]
    language = language_of(request)
    try:
        if len(token) > MOST_TOKEN:
            raise BadValue("not a token", key="token")
        if request.method == "POST":
            form = await request.form(max_files=0)
            said, reason = str(form.get("answer", "")), str(form.get("reason", "")) or None
            answer = await _answered(serving, token, said, reason, language)
        else:
            said, answer = "", await asyncio.to_thread(accepting.look, serving.shop, token, serving.clock())
        written = await asyncio.to_thread(quote_page, serving.shop, answer.acceptance_id)
    except TsuideError as error:
        return sorry(request, error)
    return _page(request, written, answer, said, language)


async def _answered(serving: Serving, token: str, said: str, reason: str | None, language: str) -> Answer:
    now, shop = serving.clock(), serving.shop
    if said == "yes":
        before = await asyncio.to_thread(accepting.look, shop, token, now)
        goods = await asyncio.to_thread(sold_of, shop, before)
        answer = await asyncio.to_thread(accepting.confirm, shop, goods, token, language, now)
        await tell(serving.ledger, accepting.by_decision(answer))
        await tell(serving.ledger, await asyncio.to_thread(settle, shop, answer.acceptance_id, now))
        return answer
    if said == "no":
        if reason is not None and reason not in NO_REASONS:
            raise BadValue("not a reason", key="reason", value=reason)
        answer = await asyncio.to_thread(accepting.decline, shop, token, reason, now)
    elif said == "later":
        reason, answer = None, await asyncio.to_thread(accepting.later, shop, token, now)
    else:
        raise BadValue("not an answer", key="answer", value=said)
    await asyncio.to_thread(heard, shop, answer, reason, now)
    return answer


def _page(request: Request, written: Written, answer: Answer, said: str, language: str) -> Response:
    local = zone(serving_of(request).settings.time_zone)
    view = "later" if said == "later" else _STATES.get(answer.state, "ask")
    rows: list[Any] = [row for row in confirmed_rows(answer.confirmed, language, local) if row.key in _SAID]
    return shown(
        request,
        f"quote_{view}_title",
        status=_GONE if view == "over" else 200,
        page="quote.html",
        view=view,
        body=Markup(body_of(written.quote, written.buyer, language, local, level=2)),  # noqa: S704 - it escapes
        rows=rows,
        reasons=NO_REASONS,
        asks=view in {"ask", "later"},
    )
