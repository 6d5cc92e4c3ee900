"""Decide for a running shop: the newest state, the prepared customer, the pure decision, the journal, the answer."""

import asyncio
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from tsuide.app.catalogue import Catalogue
from tsuide.app.customers import Customers
from tsuide.app.loading import Loaded, caught_up, load
from tsuide.app.policies import active_policy
from tsuide.app.promotions import withdrawn
from tsuide.app.relations import Relations, relations_of
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NothingLearned, SnapshotDamaged
from tsuide.facts.catalogue import PRODUCTS, Product
from tsuide.kit.clock import to_micros
from tsuide.mining.fitted import Fitted
from tsuide.mining.snapshot import current_snapshot
from tsuide.offers.customer import CustomerView
from tsuide.offers.deal_table import Deals
from tsuide.offers.decide import decide
from tsuide.offers.decision import Decision
from tsuide.offers.explain import reason_text
from tsuide.offers.offer import Reason
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State
from tsuide.store.decisions import decision_row
from tsuide.store.journal import Journal
from tsuide.store.rows import Row

Clock = Callable[[], datetime]
Entropy = Callable[[], int]
_EMPTY: Final = Catalogue(pl.DataFrame(schema=PRODUCTS), {})
UNKNOWN: Final = "unknown product set aside"


@dataclass(frozen=True, slots=True)
class Served:
    """A decision and what is needed to show it.

    Args:
        decision: already in the journal.
        warnings: what in the request was set aside.
    """

    decision: Decision
    state: State
    catalogue: Catalogue
    warnings: tuple[str, ...] = ()

    def product(self, product_id: str) -> Product:
        """A product of the decision's own catalogue: what is offered stands there."""
        product = self.catalogue.product(product_id)
        assert product is not None  # noqa: S101 - candidates come from the same rows
        return product

    def reason_text(self, reason: Reason, language: str) -> str:
        """The sentence that a reason makes."""
        return reason_text(reason, language, self.state)


class Decider:
    """Decides with the newest state there is; `refresh` swaps in a newer one between two decisions.

    Args:
        shop: whose store and snapshots.
        journal: takes each decision before it is answered.
        clock: this moment, UTC.
        entropy: 64 random bits.
    """

    def __init__(self, shop: Shop, journal: Journal, clock: Clock, entropy: Entropy) -> None:
        self._shop = shop
        self._journal = journal
        self._clock = clock
        self._entropy = entropy
        self._customers = Customers(shop.store)
        self._loaded: Loaded | None = None
        self._trouble: NothingLearned | SnapshotDamaged | None = None
        self._policy = active_policy(shop, clock())
        self._remote = not shop.settings.url.startswith("sqlite")

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._policy

    @property
    def loaded(self) -> Loaded:
        """The state that the next decision reads.

        Raises:
            NothingLearned: there is none yet.
            SnapshotDamaged: there is one, and it cannot be used.
        """
        if self._loaded is None:
            raise self._trouble or NothingLearned("nothing has been learned yet", way_out="tsuide learn")
        return self._loaded

    @property
    def deals(self) -> Fitted | None:
        """The table of deals that the next decision reads; None while there is none."""
        return None if self._loaded is None else self._loaded.state.parts.get("deals")

    @property
    def catalogue(self) -> Catalogue:
        """What is on sale; empty while nothing has been learned."""
        return _EMPTY if self._loaded is None else self._loaded.catalogue

    async def decide(self, request: OfferRequest) -> Served:
        """One decision, in the journal before it comes back.

        Raises:
            NothingLearned: there is no state to decide on.
            BadValue: the request's numbers make no sense.
            Unavailable: the store does not answer; then nothing may be shown.
            Conflict: this moment and seed already name another decision, which stays.
        """
        loaded, policy, now = self.loaded, self._policy, self._clock()
        if self._remote:  # a database over the network must not hold up the other requests
            view = await asyncio.to_thread(self._customers.view, request, now, loaded)
        else:
            view = self._customers.view(request, now, loaded)
        decision = decide(request.checked(), loaded.state, view, policy, now=now, seed=self._entropy())
        await self._keep(row_of(decision))
        return Served(decision, loaded.state, loaded.catalogue, _warnings(request, loaded.catalogue))

    async def _keep(self, row: Row) -> None:
        """Write a decision down; one whose id is taken by another is not shown, since nobody could look it up."""
        (new,) = await self._journal.trace(row)
        if new:
            return
        kept = self._shop.store.decisions.get(str(row.values["id"]))
        if kept["record"] != row.values["record"]:
            raise Conflict(
                "this moment and seed already name another decision",
                key="decision",
                value=row.values["id"],
                way_out="draw 64 new random bits for each decision",
            )

    def relations(self, product_id: str, n: int) -> Relations:
        """What goes with a product.

        Raises:
            UnknownProduct: the catalogue has no such product.
            NothingLearned: there is no state yet.
        """
        return relations_of(self.loaded, product_id, n)

    def refresh(self) -> bool:
        """Take up a newer snapshot, product changes and a changed policy; True where something changed.

        Runs beside decisions: they keep the state they began with.
        """
        newest = current_snapshot(self._shop.snapshots)
        before = (self._loaded, self._policy.version)
        self._take_policy()
        if newest is None and self._loaded is None:
            return False
        try:
            if self._loaded is None or newest not in {self._loaded.snapshot.id, *self._passed_over}:
                loaded = load(self._shop)
                self._warm_up(loaded)
                gc.collect()
                gc.freeze()  # what was just read lives as long as the server: no later collection looks through it
                self._passed_over = frozenset({newest}) if loaded.snapshot.id != newest else frozenset()
                self._loaded = loaded
            else:
                self._loaded = caught_up(self._shop, self._loaded)
            self._loaded = _without_withdrawn(self._shop, self._loaded)
            self._trouble = None
        except (NothingLearned, SnapshotDamaged) as error:
            self._trouble = error
        return before != (self._loaded, self._policy.version)

    _passed_over: frozenset[str | None] = frozenset()  # a damaged current snapshot, in whose place an older one serves

    def _warm_up(self, loaded: Loaded) -> None:
        """Decide once for nobody, so that compiling and paging in are over before the first customer asks."""
        product = next(iter(loaded.catalogue.bestsellers(1)), None)
        asked = OfferRequest("product", product_id=None if product is None else product.id)
        decide(asked, loaded.state, CustomerView(), self._policy, now=self._clock(), seed=0)

    def _take_policy(self) -> None:
        row = self._shop.store.policies.active()
        if row is not None and (row["name"], row["version"]) != (self._policy.name, self._policy.version):
            self._policy = active_policy(self._shop, self._clock())


def _without_withdrawn(shop: Shop, loaded: Loaded) -> Loaded:
    """The state told which of its promotions are used up or paused; itself where nothing changed."""
    deals = loaded.state.parts.get("deals")
    if not isinstance(deals, Deals) or not len(deals.product):
        return loaded
    named = deals.promotions()
    gone = tuple(each for each in withdrawn(shop) if each in named)
    return loaded if gone == loaded.state.withdrawn else replace(loaded, state=replace(loaded.state, withdrawn=gone))


def row_of(decision: Decision) -> Row:
    """The decision as the journal takes it."""
    request = decision.request
    return decision_row(
        {
            "id": decision.id,
            "at": to_micros(decision.at),
            "customer_id": request.customer_id,
            "anonymous_id": request.anonymous_id,
            "session_id": request.session_id,
            "placement": request.placement,
            "arm": decision.arm,
            "snapshot_id": decision.snapshot_id,
            "sequence": decision.sequence,
            "policy_version": decision.policy_version,
            "seed": signed(decision.seed),
            "record": decision.to_json(),
        }
    )


def signed(bits: int) -> int:
    """64 bits as the store's signed whole number.

    >>> signed(5), signed((1 << 64) - 1)
    (5, -1)
    """
    return bits - (1 << 64) if bits >= 1 << 63 else bits


def _warnings(request: OfferRequest, catalogue: Catalogue) -> tuple[str, ...]:
    named: Sequence[str | None] = (request.product_id, *(line.product_id for line in request.cart))
    unknown = dict.fromkeys(each for each in named if each is not None and each not in catalogue)
    return tuple(f"{UNKNOWN}: {each}" for each in unknown)
