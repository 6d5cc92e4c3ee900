"""By whose clock a moment is read: the customer's, where they told their time zone, else the shop's."""

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tsuide.errors import BadValue
from tsuide.kit.clock import zone

ATTRIBUTE: Final = "time_zone"
"""The customer's attribute that names it."""


@lru_cache(maxsize=1_024)
def local_zone(own: str | None, shops: str) -> ZoneInfo:
    """The customer's own zone where it is one, else the shop's: a word that means nothing keeps nobody from a decision.

    >>> local_zone("America/New_York", "Asia/Tokyo").key, local_zone("Mars", "Asia/Tokyo").key
    ('America/New_York', 'Asia/Tokyo')
    """
    if own:
        try:
            return zone(own)
        except BadValue:
            pass
    return zone(shops)
