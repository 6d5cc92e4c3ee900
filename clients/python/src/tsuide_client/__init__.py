"""A thin client of Tsuide: ask for offers, tell what became of them, send events, take the customer's yes.

>>> from tsuide_client import Tsuide
>>> shop = Tsuide("http://127.0.0.1:9", key="tsk_none", attempts=1)
>>> shop.offers("product", product_id="cam-a").offers  # nobody answers: the page goes on without
()
"""

from tsuide_client.asynchronous import AsyncTsuide
from tsuide_client.client import Tsuide
from tsuide_client.errors import Refused, TsuideClientError, Unreachable
from tsuide_client.records import Acceptance, Answer, Item, Offer, Product, Reason, Recorded, SiteMessage

__version__ = "0.1.0"
__all__ = [
    "Acceptance",
    "Answer",
    "AsyncTsuide",
    "Item",
    "Offer",
    "Product",
    "Reason",
    "Recorded",
    "Refused",
    "SiteMessage",
    "Tsuide",
    "TsuideClientError",
    "Unreachable",
]
