"""A running shop: everything that a server's handlers need, opened once, kept fresh, closed in order."""

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

import polars as pl
import structlog

from tsuide.app.arrivals import Arrivals
from tsuide.app.deciding import Decider
from tsuide.app.explaining import Told, tell
from tsuide.app.keys import Keyring, storefront_key
from tsuide.app.ledger import Ledger
from tsuide.app.ordering import Placed, place_order
from tsuide.app.promotions import asked_now, note_prices
from tsuide.app.quoting import Buyer, Quote, Wanted, items_of, quote
from tsuide.app.replaying import replay_decision
from tsuide.app.signing import DEMO_TERMS, sale_terms, set_sale_terms
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import TsuideError
from tsuide.kit.ids import ENTROPY_BITS
from tsuide.offers.offer import OfferItem
from tsuide.store.journal import Journal

_FRESH_S: Final = 0.25  # how often newer snapshots, products and policies are looked for
_LEFT_BEHIND_S: Final = 30.0  # how often for messages that a process which is gone left unread
_log = structlog.get_logger("tsuide.serving")


@dataclass(frozen=True, slots=True)
class Ready:
    """With what the next decision is made."""

    snapshot_id: str
    sequence: int
    policy: str


class Serving:
    """One shop behind a server; make it with `start`."""

    def __init__(self, shop: Shop, journal: Journal) -> None:
        self.shop = shop
        self.settings: Settings = shop.settings
        self.journal = journal
        self.decider = Decider(shop, journal, clock, entropy)
        self.keyring = Keyring(shop, time.monotonic)
        self.ledger = Ledger(shop.store, journal, clock, self._leaf_of)
        self.arrivals = Arrivals(shop, journal, self.ledger, clock)
        self.storefront_key = storefront_key(shop, clock())
        self.example_customers: tuple[str, ...] = ()
        self.watch: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, settings: Settings) -> Self:
        """Open the shop, load the newest snapshot, and begin to watch for newer ones.

        Raises:
            Unavailable: the store does not answer, or the home cannot be made.
            StoreOutdated: the store was made by newer code.
            BadPolicy: the policy in force cannot be read.
        """
        shop = await asyncio.to_thread(open_shop, settings)
        journal = shop.store.journal(trace_durability=settings.trace_durability)
        serving = await asyncio.to_thread(cls, shop, journal)
        await asyncio.to_thread(serving.decider.refresh)
        if settings.demo_shop:
            serving.example_customers = await asyncio.to_thread(example_customers, shop)
            if not sale_terms(shop).payment:
                await asyncio.to_thread(set_sale_terms, shop, DEMO_TERMS, clock())
        serving.watch = asyncio.create_task(serving.keep_fresh())
        return serving

    async def close(self) -> None:
        """Finish what is under way and give everything back."""
        if self.watch is not None:
            self.watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.watch
        await self.journal.close()
        self.shop.close()

    async def ready(self) -> Ready:
        """With what the next decision would be made; the store is asked too.

        Raises:
            NothingLearned: there is no snapshot yet.
            Unavailable: the store does not answer.
        """
        loaded = self.decider.loaded
        await asyncio.to_thread(self.shop.store.facts.sequence)
        policy = self.decider.policy
        return Ready(loaded.snapshot.id, loaded.sequence, f"{policy.name} {policy.version}")

    async def explain(self, decision_id: str, language: str) -> Told:
        """Decide a recorded decision again and tell every candidate's fate.

        Raises:
            UnknownDecision: there is none with this id.
            ReplayRefused: what it was decided with is gone.
        """
        replayed = await asyncio.to_thread(replay_decision, self.shop, decision_id)
        return await asyncio.to_thread(tell, replayed, language)

    async def quote(self, buyer: Buyer, wanted: list[Wanted], order_id: str | None = None) -> Quote:
        """What a cart of the demo shop costs now; of an order, what its offers gave still counts.

        Raises:
            BadValue: a product that is not for sale, or several currencies.
        """
        catalogue, now = self.decider.catalogue, clock()
        return await asyncio.to_thread(quote, self.shop, catalogue, buyer, wanted, now, order_id=order_id)

    async def offered(self, buyer: Buyer, decision_id: str, offer_id: str) -> tuple[OfferItem, ...]:
        """What taking an offer puts into the cart; nothing where the page's word is not to be believed."""
        return await asyncio.to_thread(items_of, self.shop, buyer, decision_id, offer_id)

    async def place(self, order_id: str, buyer: Buyer, wanted: list[Wanted], shown_total: int | None = None) -> Placed:
        """Take an order of the demo shop and tell the ledger what was bought from offers.

        Raises:
            BadValue: nothing wanted, or a product that is not for sale.
            Conflict: it does not cost what the customer saw.
        """
        catalogue = self.decider.loaded.catalogue
        placed = await asyncio.to_thread(
            place_order, self.shop, catalogue, order_id, buyer, wanted, clock(), shown_total
        )
        for decision_id, told in placed.told.items():
            await self.ledger.record(decision_id, told)
        return placed

    def _leaf_of(self, product_id: str) -> str | None:
        product = self.decider.loaded.catalogue.product(product_id)
        return product.category[-1] if product is not None and product.category else None

    async def keep_fresh(self) -> None:
        """Look for newer states, and for messages that nobody is at work on, for ever; `start` runs it."""
        looked, on = -_LEFT_BEHIND_S, tuple[str, ...]()
        while True:
            await asyncio.sleep(_FRESH_S)
            try:
                if time.monotonic() - looked >= _LEFT_BEHIND_S:
                    looked = time.monotonic()
                    await self.arrivals.resume()
                changed, before = await asyncio.to_thread(self.decider.refresh), on
                deals = self.decider.deals
                on = await asyncio.to_thread(asked_now, self.shop, deals, clock())
                if changed:
                    _log.info("took up a newer state", sequence=self.decider.loaded.sequence)
                if changed or on != before:
                    await asyncio.to_thread(note_prices, self.shop, deals, clock())
            except TsuideError as error:  # the store is away for a moment: what is loaded goes on serving
                _log.warning("cannot look for a newer state", error=str(error))


def example_customers(shop: Shop, n: int = 12) -> tuple[str, ...]:
    """A few customers whom the demo shop's visitor may play: those of the data who are best described."""
    customers = shop.store.facts.customers().sort(
        pl.col("attributes").str.len_bytes(), descending=True, nulls_last=True
    )
    return tuple(sorted(customers["id"].head(n), key=lambda each: (len(each), each)))


def clock() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def entropy() -> int:
    """64 random bits."""
    return secrets.randbits(ENTROPY_BITS)
