"""Experiments and effect over HTTP: create, start, stop, read; what offers added against silence."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request

from tsuide.app import experiments as desk
from tsuide.app.effect import read_experiment_effect, standing_effect
from tsuide.app.serving import clock
from tsuide.interfaces.api.keys import SECURITY, require, serving_of
from tsuide.interfaces.api.responses import failures
from tsuide.interfaces.api.schemas import Id, whole
from tsuide.offers.offer import Kind, Placement
from tsuide.offers.trial import Ranking
from tsuide.proof.experiment import DEFAULT_LAYER, Experiment, Metric, Unit, plain

router = APIRouter(tags=["experiments"])
_EXTRA: Final = {"security": SECURITY}
Millionths = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(whole)]
Days = Annotated[int, Field(ge=1, le=1_100), BeforeValidator(whole)]
Back = Annotated[int, Query(ge=1, le=1_100, description="Customers first seen so many days back.")]
Window = Annotated[int, Query(ge=1, le=400, description="Days summed per customer.")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ArmIn(_In):
    """One arm; the first is the control."""

    name: Id
    share: Millionths
    silent: bool = Field(False, description="Nothing is shown (of `kinds`, where the experiment names some).")
    ranking: Ranking = "usual"
    policy: Id | None = Field(None, description="NAME@VERSION of a kept policy.")


class ExperimentIn(_In):
    """A question, and how it is asked."""

    hypothesis: Annotated[str, Field(min_length=1, max_length=2_000)]
    arms: list[ArmIn] = Field(min_length=2, max_length=20)
    unit: Unit = "customer"
    layer: Id = DEFAULT_LAYER
    share: Millionths = 1_000_000
    kinds: list[Kind] = Field([], max_length=8)
    placements: list[Placement] = Field([], max_length=14)
    metric: Metric = "margin"
    window: Days = 90
    segments: list[Id] = Field([], max_length=20)
    days: Days | None = None


class ExperimentOut(BaseModel):
    """An experiment; what stands at its default is left out."""

    experiment: dict[str, Any]


class ExperimentsOut(BaseModel):
    """Every experiment, by id."""

    experiments: list[dict[str, Any]]


@router.get("/v1/experiments", summary="Every experiment", responses=failures(401, 403, 422, 503), openapi_extra=_EXTRA)
async def every(request: Request) -> ExperimentsOut:
    """And where it stands."""
    require(request, "admin")
    rows = await asyncio.to_thread(desk.experiments, serving_of(request).shop)
    return ExperimentsOut(experiments=[plain(each) for each in rows])


@router.put(
    "/v1/experiments/{experiment}",
    summary="Keep a draft",
    responses=failures(400, 401, 403, 404, 409, 413, 422, 503),
    openapi_extra=_EXTRA,
)
async def put(request: Request, experiment: Id, body: ExperimentIn) -> ExperimentOut:
    """New or changed; a started experiment is locked."""
    require(request, "admin")
    made = desk.read_experiment({"id": experiment, **body.model_dump()})
    kept = await asyncio.to_thread(desk.create_experiment, serving_of(request).shop, made, clock())
    return _out(kept)


@router.get(
    "/v1/experiments/{experiment}",
    summary="One experiment",
    responses=failures(401, 403, 404, 422, 503),
    openapi_extra=_EXTRA,
)
async def one(request: Request, experiment: Id) -> ExperimentOut:
    """Whole."""
    require(request, "admin")
    return _out(await asyncio.to_thread(desk.experiment_of, serving_of(request).shop, experiment))


@router.post(
    "/v1/experiments/{experiment}/start",
    summary="Start a draft",
    responses=failures(401, 403, 404, 409, 422, 503),
    openapi_extra=_EXTRA,
)
async def start(request: Request, experiment: Id) -> ExperimentOut:
    """From now on it is locked."""
    return await _moved(request, experiment, desk.start_experiment)


@router.post(
    "/v1/experiments/{experiment}/stop",
    summary="Stop an experiment",
    responses=failures(401, 403, 404, 409, 422, 503),
    openapi_extra=_EXTRA,
)
async def stop(request: Request, experiment: Id) -> ExperimentOut:
    """It can still be read."""
    return await _moved(request, experiment, desk.stop_experiment)


@router.get(
    "/v1/experiments/{experiment}/effect",
    summary="Read an experiment",
    responses=failures(401, 403, 404, 409, 422, 503),
    openapi_extra=_EXTRA,
)
async def effect_of(request: Request, experiment: Id) -> dict[str, Any]:
    """Every arm against the first; refused (403) where the arms are not split as planned."""
    require(request, "admin")
    return await asyncio.to_thread(read_experiment_effect, serving_of(request).shop, experiment, clock())


@router.get(
    "/v1/effect",
    summary="What offers added against silence",
    responses=failures(401, 403, 409, 422, 503),
    openapi_extra=_EXTRA,
)
async def effect(request: Request, days: Back = 180, window: Window = 90) -> dict[str, Any]:
    """Everybody against the standing holdout, with intervals; attributed figures beside, labelled as such."""
    require(request, "admin")
    shop = serving_of(request).shop
    return await asyncio.to_thread(standing_effect, shop, clock(), back=days, window=window)


async def _moved(request: Request, experiment: str, move: Any) -> ExperimentOut:  # noqa: ANN401 - start or stop
    require(request, "admin")
    serving = serving_of(request)
    found = await asyncio.to_thread(move, serving.shop, experiment, clock())
    await asyncio.to_thread(serving.decider.refresh)
    return _out(found)


def _out(experiment: Experiment) -> ExperimentOut:
    return ExperimentOut(experiment=plain(experiment))
