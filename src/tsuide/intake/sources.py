"""Every system whose messages can be read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tsuide.intake import ga4, segment, shopify, woocommerce
from tsuide.intake.message import LiveSettings, Message, Said, Source

_READERS: Final[Mapping[Source, Callable[[Message, LiveSettings, Sequence[Message]], Said]]] = {
    "segment": segment.read,
    "ga4": ga4.read,
    "shopify": shopify.read,
    "woocommerce": woocommerce.read,
}


def read(message: Message, settings: LiveSettings, earlier: Sequence[Message] = ()) -> Said:
    """What a message says.

    Args:
        message: as it came.
        settings: what it does not say of itself.
        earlier: others about the same `thing`, where there are any.

    Raises:
        BadValue: it cannot be understood; names the key.
    """
    return _READERS[message.source](message, settings, earlier)
