"""Why lines of a deal were proposed, in sentences."""

from collections.abc import Iterable

from tsuide.app.deciding import Decider
from tsuide.app.ledger import offer_of
from tsuide.app.wiring import Shop
from tsuide.errors import TsuideError
from tsuide.offers.decision import Decision
from tsuide.offers.explain import offer_text


def offer_reasons(shop: Shop, decider: Decider, offer_ids: Iterable[str], language: str) -> dict[str, list[str]]:
    """Offer → why it was made; of what cannot be read any more (an older state, an erased customer) nothing."""
    loaded = decider.loaded_or_none
    told: dict[str, list[str]] = {}
    for offer_id in offer_ids if loaded is not None else ():
        try:
            record = shop.store.decisions.get(offer_id.rpartition(".")[0])["record"]
            text = offer_text(offer_of(Decision.from_json(record), offer_id), language, loaded.state)  # type: ignore[union-attr]  # there is one
        except (TsuideError, KeyError):
            continue
        told[offer_id] = [text]
    return told
