"""What can go wrong.

::

    TsuideClientError
    ├── Unreachable     nobody answered, or only with "not now", until patience ended
    └── Refused         the server understood and said no (4xx); carries its problem document
"""

from collections.abc import Mapping
from typing import Any


class TsuideClientError(Exception):
    """Anything that this client reports."""


class Unreachable(TsuideClientError):
    """No usable answer came in time.

    Args:
        status: of the last answer; None where there was none.
    """

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(what)
        self.status = status


class Refused(TsuideClientError):
    """The server refused the request.

    Args:
        status: HTTP.
        problem: the problem document (RFC 9457): `code`, `detail`, `key`, `way_out`, `request_id`.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or f"HTTP {status}"))
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The kind of problem, for machines."""
        return str(self.problem.get("code", ""))
