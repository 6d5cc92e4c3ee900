"""Surveys over HTTP: write, look, make links, take answers, see what was answered."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from tsuide.app import surveys as shelf
from tsuide.app.serving import entropy
from tsuide.app.survey_pages import invite
from tsuide.interfaces.api.keys import SECURITY, needs, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, Moment, _In, zoned
from tsuide.outreach.surveys.survey import LONGEST_ANSWER, LONGEST_TEXT, READY, ready_text, schema

router = APIRouter(tags=["surveys"])
_EXTRA: Final = {"security": SECURITY}
Named = Annotated[Id, Path(description="The survey's id.")]
Every = Annotated[bool, Query(description="Earlier answers of the same customer too.")]
Most = Annotated[int, Query(ge=1, le=10_000, description="At most so many.")]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, description="YAML; see docs/surveys.md.")]
Said = Annotated[str, Field(max_length=LONGEST_ANSWER)]


class SurveyIn(_In):
    """A survey as a person writes it."""

    text: Text


class InvitationIn(_In):
    """Whom a link is for."""

    customer_id: Id


class SurveyAnswerIn(_In):
    """What a customer answered, on the phone, on paper or on a page of your own."""

    customer_id: Id
    answers: dict[str, list[Said]] = Field(
        description="Question → the ids of the answers chosen; of a score its number, of words the words.",
        min_length=1,
        max_length=20,
    )
    at: Moment | None = Field(None, description="Now when missing.")
    id: Id | None = Field(
        None, description="Yours, of the conversation: given again with other answers, these stand in their place."
    )
    agrees: bool = Field(
        default=False, description="Whether they said that suggestions may be chosen by their answers."
    )


class SurveyOut(BaseModel):
    """A survey, in short."""

    id: str
    names: dict[str, str]
    version: int = Field(description="0 of a ready-made one.")
    ready_made: bool
    closed: bool
    questions: int
    answered: int


class SurveysOut(BaseModel):
    """Every survey that can be asked, by id."""

    surveys: list[SurveyOut]


class SurveyWholeOut(BaseModel):
    """A survey with its text, and how often each answer was given."""

    id: str
    names: dict[str, str]
    version: int
    closed: bool
    answered: int
    nps: int | None = Field(description="-100 … 100; null without any score.")
    scores: int
    questions: list[dict[str, Any]]
    text: str


class WrittenOut(BaseModel):
    """Which version it is."""

    id: str
    version: int


class InvitationOut(BaseModel):
    """A link for one customer."""

    url: str = Field(description="A path where TSUIDE_PUBLIC_URL is not set.")
    until: str


class AnswerOut(BaseModel):
    """What is on record; `new` is false where it was before."""

    answer: str
    new: bool


class AnswersOut(BaseModel):
    """The newest first."""

    answers: list[dict[str, Any]]


@router.get("/v1/surveys", summary="Every survey", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> SurveysOut:
    """The ready-made ones and your own, and how many answered."""
    require(request, "rep")
    rows = await asyncio.to_thread(shelf.surveys_told, serving_of(request).shop)
    return SurveysOut(surveys=[SurveyOut(**row) for row in rows])


@router.get("/v1/surveys/schema", summary="The schema of a survey", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def described(request: Request) -> dict[str, Any]:
    """JSON schema, for editors."""
    require(request, "rep")
    return schema()


@router.get("/v1/surveys/ready", summary="Ready-made surveys", responses=failures(401, 403, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def ready(request: Request) -> dict[str, str]:
    """Id → text, to begin one's own from; they can be asked as they are."""
    require(request, "rep")
    return {each: ready_text(each) for each in READY}


@router.get("/v1/surveys/{survey}", summary="One survey", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def one(request: Request, survey: Named) -> SurveyWholeOut:
    """With its text, and how often each answer was given: of each customer the newest counts."""
    require(request, "rep")
    return SurveyWholeOut(**await asyncio.to_thread(shelf.survey_told, serving_of(request).shop, survey))


@router.put("/v1/surveys/{survey}", dependencies=[needs("admin")], summary="Write a survey",
            responses=failures(400, 401, 403, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def put(request: Request, survey: Named, body: SurveyIn) -> WrittenOut:
    """The next version; answers to earlier ones stay. The id in the text must be the address's."""
    serving = serving_of(request)
    made, version = await asyncio.to_thread(shelf.put_survey, serving.shop, body.text, serving.clock(), named=survey)
    return WrittenOut(id=made.id, version=version)


@router.get("/v1/surveys/{survey}/answers", summary="What was answered", responses=failures(401, 403, 404, 422, 503),
            openapi_extra=_EXTRA)  # fmt: skip
async def answers(
    request: Request,
    survey: Named,
    customer: Id | None = None,
    every: Every = False,  # noqa: FBT002 - a query
    limit: Most = 200,
) -> AnswersOut:
    """Of each customer the newest; with `every=true` those before too."""
    require(request, "rep")
    shop = serving_of(request).shop
    rows = await asyncio.to_thread(shelf.answers_told, shop, survey, customer_id=customer, every=every, n=limit)
    return AnswersOut(answers=rows)


@router.post("/v1/surveys/{survey}/answers", summary="Take an answer",
             responses=failures(400, 401, 403, 404, 409, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def take(request: Request, survey: Named, body: SurveyAnswerIn) -> AnswerOut:
    """A score becomes feedback, the others what the survey says; the same again changes nothing."""
    require(request, "rep")
    serving = serving_of(request)
    now = serving.clock()
    at = zoned(body.at or now, "at")
    subject = body.id or f"api {at.isoformat()}"
    said = shelf.Given(body.customer_id, subject, "api", body.answers, at, body.agrees)
    made = await asyncio.to_thread(shelf.record_answer, serving.shop, survey, said, now)
    return AnswerOut(answer=made.id, new=made.new)


@router.post("/v1/surveys/{survey}/links", summary="A link for one customer",
             responses=failures(400, 401, 403, 404, 413, 422, 503), openapi_extra=_EXTRA)  # fmt: skip
async def link(request: Request, survey: Named, body: InvitationIn) -> InvitationOut:
    """To a page without login that says nothing of the customer; good as long as the survey says (`open_for`)."""
    require(request, "rep")
    serving = serving_of(request)
    made = await asyncio.to_thread(
        invite, serving.shop, serving.links, survey, body.customer_id, serving.clock(), entropy()
    )
    return InvitationOut(**made)
