"""What it means: baskets in, relations out. No clock, no SQL, no settings: arrays and a seed.

The library face, usable without store, settings or server::

    from tsuide.mining import Baskets, Complements

    baskets = Baskets.from_frame(frame, basket="order_id", item="product_id")
    Complements().fit(baskets).of("CAM-1")

A model's module is imported when its name is first used, so that asking for one does not wait for the others.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tsuide.mining.alternatives import Alternatives
    from tsuide.mining.backoff import BackOff
    from tsuide.mining.baskets import Baskets
    from tsuide.mining.bundles import Bundles
    from tsuide.mining.complements import Complements
    from tsuide.mining.completion import Completion
    from tsuide.mining.contact_channel import ContactChannel
    from tsuide.mining.contact_time import ContactTime
    from tsuide.mining.fillers import Fillers
    from tsuide.mining.next_basket import NextBasket
    from tsuide.mining.paths import Paths
    from tsuide.mining.replenishment import Replenishment
    from tsuide.mining.reviews import Reviews
    from tsuide.mining.sessions import Sessions
    from tsuide.mining.timing import Timing
    from tsuide.mining.value import LifetimeValue
    from tsuide.mining.whitespace import Whitespace

__all__ = [
    "Alternatives",
    "BackOff",
    "Baskets",
    "Bundles",
    "Complements",
    "Completion",
    "ContactChannel",
    "ContactTime",
    "Fillers",
    "LifetimeValue",
    "NextBasket",
    "Paths",
    "Replenishment",
    "Reviews",
    "Sessions",
    "Timing",
    "Whitespace",
]

_MODULES: Final = {
    "ContactChannel": "contact_channel",
    "ContactTime": "contact_time",
    "LifetimeValue": "value",
    "NextBasket": "next_basket",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class; type checkers read the imports above
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES.get(name, name.lower())}"), name)
