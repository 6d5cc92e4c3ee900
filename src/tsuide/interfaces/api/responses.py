"""How failures stand in the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from tsuide.interfaces.api.problems import MEDIA_TYPE


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """One problem document per status; where a key is needed (401), also for one that asks too fast (429).

    >>> sorted(failures(401, 404, 503))
    [401, 404, 429, 503]
    """
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in (*statuses, *((429,) if 401 in statuses else ()))  # noqa: PLR2004 - as above
    }
