"""Messages to customers over HTTP: asked for, previewed, tested, settled; templates; what comes back."""

import asyncio
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from tsuide.app import mail_templates as shelf
from tsuide.app import outbox as desk
from tsuide.app.sending import Preview, awaits_a_visit
from tsuide.app.serving import Serving
from tsuide.errors import BadValue
from tsuide.facts.consent import Channel
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Language, Moment, Note, Said, _In, zoned
from tsuide.outreach.channels.mail.template import LONGEST, MailTemplate
from tsuide.outreach.gate import CODES
from tsuide.outreach.message import MOST_PRODUCTS, MOST_VALUES, Message, MessagePurpose, MessageState
from tsuide.outreach.phrases import GATE

router = APIRouter(tags=["outreach"])
_EXTRA: Final = {"security": SECURITY}
Key = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
Address = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\s@<>,;\x00-\x1f]+@[^\s@<>,;\x00-\x1f]+$")]


class LookIn(_In):
    """A message to look at."""

    template: Name
    customer_id: Id
    purpose: MessagePurpose | None = Field(None, description="The template's when missing.")
    channel: Channel | Literal["best"] = Field(
        "email", description="best: the one this customer reacts on most, of those that may carry it when it goes out."
    )
    language: Language | None = Field(None, description="The customer's when missing.")
    values: dict[Id, Note] = Field({}, max_length=MOST_VALUES, description="What the template may name.")
    products: list[Id] = Field([], max_length=MOST_PRODUCTS, description="What the message is about.")


class TestIn(LookIn):
    """A message to send to one of the shop's own people."""

    to: Address


class MessageIn(LookIn):
    """A message to send, once."""

    key: Key = Field(description="Yours: the same key is the same message, however often you ask.")
    source: Id | None = Field(None, description="Journey or campaign, for reports.")
    not_after: Moment | None = Field(None, description="Too late from then on; three days from now when missing.")
    now: bool = Field(True, description="False: only ask for it; the worker sends it.")


class StandingOut(BaseModel):
    """Where a message stands."""

    id: str
    key: str
    state: MessageState
    code: str | None
    why: str | None = Field(description="The code in words.")
    until: str | None = Field(description="When it is tried again.")
    new: bool = Field(description="Whether this request sent it.")


class MessageOut(BaseModel):
    """A message with every verdict and event."""

    message: dict[str, Any]


class MessagesOut(BaseModel):
    """Messages in the order in which they were asked for."""

    messages: list[dict[str, Any]]


class PreviewOut(BaseModel):
    """A message as the customer would read it now, and what the gate says."""

    subject: str
    html: str | None
    text: str
    language: str
    verdict: str
    why: str
    until: str | None
    offers: int


class TestedOut(BaseModel):
    """What the mail server said."""

    state: Literal["sent", "waiting", "failed", "in_doubt"]
    code: str | None
    detail: str | None


class ResolveIn(_In):
    """What became of a message in doubt."""

    went_out: bool
    who: Said = Field(description="Who says so.")


class TemplateIn(_In):
    """A template as its YAML text: docs/outreach.md."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class TemplateOut(BaseModel):
    """A template."""

    name: str
    version: str
    purpose: MessagePurpose
    about: str
    offers: int = Field(description="How many offers it asks for at most.")
    text: str | None = None


class TemplatesOut(BaseModel):
    """Every template that may be sent."""

    templates: list[TemplateOut]


class BackIn(_In):
    """A raw message that came back: a bounce (DSN) or a complaint (ARF)."""

    message: Annotated[str, Field(min_length=1, max_length=150_000)]


class BackOut(BaseModel):
    """What was read in it; none = it was no report."""

    reports: list[dict[str, Any]]


@router.post("/v1/outreach/messages", summary="Send a message, once",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def send(request: Request, body: MessageIn) -> StandingOut:
    """Judged at this moment: consent, quiet hours, limits over everything, complaints, bounces. Never sent twice."""
    require(request, "admin")
    serving = serving_of(request)
    message = _message(serving, body, body.key, body.source, body.not_after)

    def work() -> tuple[Any, dict[str, Any]]:
        outreach = serving.outreach(strict=not awaits_a_visit(serving.settings, message))  # a page needs no mail server
        if body.now:
            found = outreach.send(message)
        else:
            outreach.ask([message])
            found = outreach.state(message.key)
        return found, serving.shop.store.outbox.get(message.key)

    found, row = await asyncio.to_thread(work)
    until = None if found.until is None else found.until.isoformat()
    return StandingOut(
        id=row["id"],
        key=found.key,
        state=found.state,
        code=found.code,
        why=_why(found.code),
        until=until,
        new=found.new,
    )


@router.get("/v1/outreach/messages", summary="Messages", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(
    request: Request,
    state: MessageState | None = None,
    customer: Annotated[Id | None, Query(description="Only this customer's.")] = None,
    after: Annotated[str, Query(max_length=60, description="Id of the last message of the page before.")] = "",
    n: Annotated[int, Query(ge=1, le=desk.MOST)] = 100,
) -> MessagesOut:
    """In the order in which they were asked for; state `in_doubt` = those that wait for a person."""
    require(request, "admin")
    shop = serving_of(request).shop
    return MessagesOut(messages=await asyncio.to_thread(desk.messages, shop, state, customer, after, n))


@router.get("/v1/outreach/messages/{message}", summary="One message", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def one(request: Request, message: Id) -> MessageOut:
    """With every verdict of the gate, and what came of it."""
    require(request, "admin")
    return MessageOut(message=await asyncio.to_thread(desk.message, serving_of(request).shop, message))


@router.post("/v1/outreach/messages/{message}/resolve", summary="Settle a message in doubt",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def settle(request: Request, message: Id, body: ResolveIn) -> MessageOut:
    """A person says whether it went out; if it did not, it is due again."""
    require(request, "admin")
    serving = serving_of(request)

    def work() -> dict[str, Any]:
        return desk.resolve_id(serving.shop, message, serving.clock(), went_out=body.went_out, who=body.who)

    return MessageOut(message=await asyncio.to_thread(work))


@router.post("/v1/outreach/preview", summary="Look at a message",
             responses=failures(400, 401, 403, 404, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def preview(request: Request, body: LookIn) -> PreviewOut:
    """As this customer would read it now, in ja or en; nothing goes out and nothing is recorded."""
    require(request, "admin")
    serving = serving_of(request)
    message = _message(serving, body, "preview")
    found: Preview = await asyncio.to_thread(lambda: serving.outreach(strict=False).preview(message, body.language))
    until = None if found.verdict.until is None else found.verdict.until.isoformat()
    return PreviewOut(
        subject=found.subject, html=found.html, text=found.text, language=found.language, verdict=found.verdict.code,
        why=GATE.text(found.verdict.code, serving.settings.language), until=until, offers=found.offered,
    )  # fmt: skip


@router.post("/v1/outreach/test", summary="Send a message to yourself",
             responses=failures(400, 401, 403, 404, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def try_out(request: Request, body: TestIn) -> TestedOut:
    """Marked as a test, to one address of the shop's own people; no contact of the customer's."""
    require(request, "admin")
    serving = serving_of(request)
    message = _message(serving, body, "test")
    said = await asyncio.to_thread(lambda: serving.outreach().test(message, body.to, body.language))
    return TestedOut(state=said.state, code=said.code, detail=said.detail)


@router.post("/v1/outreach/returns", summary="A message that came back",
             responses=failures(400, 401, 403, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def came_back(request: Request, body: BackIn) -> BackOut:
    """A bounce shuts its address up; a complaint ends advertising to it. The same message twice is taken once."""
    require(request, "admin")
    serving = serving_of(request)
    raw = body.message.encode("utf-8", "replace")
    return BackOut(reports=await asyncio.to_thread(serving.mail_answers.take_back, raw, serving.clock()))


@router.get("/v1/outreach/templates", summary="Templates", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def templates(request: Request) -> TemplatesOut:
    """The ready-made ones and the shop's own."""
    require(request, "admin")
    found = await asyncio.to_thread(shelf.templates, serving_of(request).shop)
    return TemplatesOut(templates=[_template(each) for each in found.values()])


@router.get("/v1/outreach/templates/{template}", summary="One template", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def template_of(request: Request, template: Name) -> TemplateOut:
    """With its text."""
    require(request, "admin")
    shop = serving_of(request).shop
    found = await asyncio.to_thread(shelf.template_of, shop, template)
    return _template(found, await asyncio.to_thread(shelf.text_of, shop, template))


@router.put("/v1/outreach/templates/{template}", summary="Keep a template",
            responses=failures(400, 401, 403, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put_template(request: Request, template: Name, body: TemplateIn) -> TemplateOut:
    """A new version, used from the next message on; one of a ready-made name stands in its place."""
    require(request, "admin")
    serving = serving_of(request)
    made = await asyncio.to_thread(shelf.put_template, serving.shop, template, body.text, serving.clock())
    return _template(made, body.text)


@router.delete("/v1/outreach/templates/{template}", summary="Take a template out of use",
               responses=failures(401, 403, 404, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def remove_template(request: Request, template: Name) -> TemplatesOut:
    """Of the shop's own; a ready-made one of its name holds again. What is left is told."""
    require(request, "admin")
    await asyncio.to_thread(shelf.remove_template, serving_of(request).shop, template)
    return await templates(request)


def _message(serving: Serving, body: LookIn, key: str, source: str | None = None, not_after: Any = None) -> Message:  # noqa: ANN401 - a moment, or none
    purpose = body.purpose or shelf.template_of(serving.shop, body.template).purpose
    if not_after is not None and zoned(not_after, "not_after") <= serving.clock():
        raise BadValue("has passed", key="not_after", value=not_after.isoformat())
    return Message(
        key=key,
        customer_id=body.customer_id,
        template=body.template,
        purpose=purpose,
        channel="email" if body.channel == "best" else body.channel,
        best=body.channel == "best",
        language=body.language,
        values=body.values,
        products=tuple(body.products),
        source=source,
        not_after=not_after,
    )


def _template(made: MailTemplate, text: str | None = None) -> TemplateOut:
    return TemplateOut(
        name=made.name, version=made.version, purpose=made.purpose, about=made.about,
        offers=made.offers.n if made.offers is not None else 0, text=text,
    )  # fmt: skip


def _why(code: str | None) -> str | None:
    return GATE.text(code, "en") if code in CODES else code
