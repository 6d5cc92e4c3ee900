"""How failures stand in the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from tsuide.interfaces.api.problems import MEDIA_TYPE


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """One problem document per status.

    >>> sorted(failures(404, 503))
    [404, 503]
    """
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }
