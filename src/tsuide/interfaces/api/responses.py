"""How failures stand in the OpenAPI document."""

from http import HTTPStatus
from typing import Any, Final

from tsuide.interfaces.api.problems import MEDIA_TYPE

_TOGETHER: Final = ((401, 429), (503, 507))


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """One problem document per status.

    Where a key is needed (401), also for one that asks too fast (429); where the store is (503), also for a full disk.

    >>> sorted(failures(401, 404, 503))
    [401, 404, 429, 503, 507]
    """
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in (*statuses, *(with_it for known, with_it in _TOGETHER if known in statuses))
    }
