"""Whether whoever asks wants not to be followed: Global Privacy Control, Do Not Track."""

from collections.abc import Mapping
from typing import Final

HEADERS: Final = ("sec-gpc", "dnt")
SET_ASIDE: Final = "visitor set aside: their browser asks not to be followed"


def wants_no_tracking(headers: Mapping[str, str]) -> bool:
    """Whether a browser says so.

    >>> wants_no_tracking({"sec-gpc": "1"}), wants_no_tracking({"dnt": "0"}), wants_no_tracking({})
    (True, False, False)
    """
    return any(headers.get(name, "").strip() == "1" for name in HEADERS)
