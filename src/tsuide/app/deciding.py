"""Decide for a running shop: the newest state, the prepared customer, the pure decision, the journal, the answer."""

import asyncio
import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

import polars as pl
import structlog

from tsuide.app import metrics
from tsuide.app.catalogue import Catalogue
from tsuide.app.customers import Customers
from tsuide.app.experiments import Trials
from tsuide.app.folding import rehearse
from tsuide.app.late_decisions import LateDecisions
from tsuide.app.loading import Loaded, caught_up, load, newer
from tsuide.app.locks import in_turn
from tsuide.app.looks import kept_text, read_kept
from tsuide.app.policies import active_policy
from tsuide.app.promotions import withdrawn
from tsuide.app.relations import Relations, relations_of
from tsuide.app.tracing import span
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NothingLearned, SnapshotDamaged, Unavailable
from tsuide.facts.catalogue import PRODUCTS, Product
from tsuide.facts.looks import Look
from tsuide.kit.clock import Clock, to_micros
from tsuide.kit.ids import Entropy
from tsuide.kit.remembered import forget_remembered
from tsuide.mining.fitted import Fitted
from tsuide.mining.snapshot import current_snapshot
from tsuide.offers.customer import CustomerView
from tsuide.offers.deal_table import Deals
from tsuide.offers.decide import decide
from tsuide.offers.decision import Decision
from tsuide.offers.explain import reasons_told
from tsuide.offers.offer import Offer
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import OfferRequest
from tsuide.offers.state import State, Unchanged
from tsuide.offers.tiers import Tiers
from tsuide.store.decisions import decision_row
from tsuide.store.journal import Journal
from tsuide.store.rows import Row

_log = structlog.get_logger("tsuide.deciding")
_EMPTY: Final = Catalogue(pl.DataFrame(schema=PRODUCTS), {})
Degraded: TypeAlias = Literal["late", "stale", "contextual"]
"""While the store is away: `late`, everything was known, and the record follows; `stale`, the customer is as this
process last saw them; `contextual`, nothing is known but the page and its cart. All of them are in the store later."""
_PATIENCE_S: Final = 1.0
"""How long a page waits for the store to take its decision."""
UNKNOWN: Final = "unknown product set aside"


@dataclass(frozen=True, slots=True)
class Served:
    """A decision and what is needed to show it.

    Args:
        decision: already in the journal.
        warnings: what in the request was set aside.
        policy: by which it was decided; an experiment's arm may have its own.
        looks: that the shop has.
        degraded: how the store's absence shows; None = it was there.
    """

    decision: Decision
    state: State
    catalogue: Catalogue
    policy: Policy
    warnings: tuple[str, ...] = ()
    looks: tuple[Look, ...] = ()
    degraded: Degraded | None = None

    def look_of(self, offer: Offer) -> Look | None:
        """The look of which an offer and what it goes with are pieces; None for every other offer.

        Whoever found it: that both are often bought together takes no piece out of its picture.
        """
        if offer.kind != "cross_sell" or offer.anchor_id is None:
            return None
        both = {offer.product_id, offer.anchor_id}
        return next((each for each in self.looks if both <= {*each.items}), None)

    def product(self, product_id: str) -> Product:
        """A product of the decision's own catalogue: what is offered stands there."""
        product = self.catalogue.product(product_id)
        assert product is not None  # noqa: S101 - candidates come from the same rows
        return product

    def reasons_told(self, offer: Offer, language: str) -> list[str]:
        """The sentence of each reason of an offer."""
        return reasons_told(offer, language, self.state)


class Decider:
    """Decides with the newest state there is; `refresh` swaps in a newer one between two decisions.

    Args:
        shop: whose store and snapshots.
        journal: takes each decision before it is answered.
        clock: this moment, UTC.
        entropy: 64 random bits.
        late: takes decisions while the store is away; None = then there are none.
    """

    def __init__(
        self, shop: Shop, journal: Journal, clock: Clock, entropy: Entropy, late: LateDecisions | None = None
    ) -> None:
        self._late = late
        self._shop = shop
        self._journal = journal
        self._clock = clock
        self._entropy = entropy
        self._customers = Customers(shop.store)
        self._trials = Trials(shop)
        self._merged: Mapping[str, str] = {}
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
    def loaded_or_none(self) -> Loaded | None:
        """The state that the next decision reads; None while there is none."""
        return self._loaded

    @property
    def deals(self) -> Fitted | None:
        """The table of deals that the next decision reads; None while there is none."""
        return None if self._loaded is None else self._loaded.state.parts.get("deals")

    @property
    def catalogue(self) -> Catalogue:
        """What is on sale; empty while nothing has been learned."""
        return _EMPTY if self._loaded is None else self._loaded.catalogue

    def view(self, request: OfferRequest) -> CustomerView:
        """What the next decision would know of the customer of a request.

        Raises:
            NothingLearned: nothing has been learned yet.
        """
        return self._customers.view(self._whose(request), self._clock(), self.loaded)

    async def decide(self, request: OfferRequest) -> Served:
        """One decision, in the journal before it comes back; while the store is away, in a file that it gets later.

        Raises:
            NothingLearned: there is no state to decide on.
            BadValue: the request's numbers make no sense.
            Unavailable: nobody can write the decision down; then nothing may be shown.
            Conflict: this moment and seed already name another decision, which stays.
        """
        return (await self._written([await self._decided(request)]))[0]

    def decide_now(self, request: OfferRequest) -> Served:
        """A decision for callers without an event loop, to look at: before a customer sees it, `keep_now` must.

        Raises:
            NothingLearned: there is no state to decide on.
            BadValue: the request's numbers make no sense.
            Unavailable: the store does not answer.
        """
        loaded, policy, now = self.loaded, self._policy, self._clock()
        request = self._whose(request)
        return self._answered(request, self._customers.view(request, now, loaded), loaded, policy, now)

    def preview(self, request: OfferRequest, seed: int) -> Served:
        """What would be decided now, for who wants to see it: nothing is recorded, and nobody may be shown it.

        Args:
            request: of a customer, a visitor, or nobody.
            seed: 64 bits; with the same one the same comes out, as long as nothing is learned.

        Raises:
            NothingLearned: there is no state to decide on.
            BadValue: the request's numbers make no sense.
            Unavailable: the store does not answer.
        """
        loaded, policy, now = self.loaded, self._policy, self._clock()
        request = self._whose(request)
        return self._answered(request, self._customers.view(request, now, loaded), loaded, policy, now, seed)

    def keep_now(self, served: Sequence[Served]) -> None:
        """Record decisions, with one commit; they may be shown when it comes back.

        Raises:
            Unavailable: the store does not answer; then none of them may be shown.
            Conflict: a moment and seed already name another decision, which stays.
        """
        rows = [row_of(each.decision) for each in served]
        if rows:
            self._taken(self._journal.write("trace", *rows), rows)
        for each in served:
            _count(self._shop, each.decision)

    async def keep(self, served: Sequence[Served]) -> None:
        """As `keep_now`, for callers with an event loop."""
        if served:
            await self._keep(*(row_of(each.decision) for each in served))
        for each in served:
            _count(self._shop, each.decision)

    async def decide_many(self, requests: Sequence[OfferRequest]) -> list[Served]:
        """Decisions for several customers, one after the other, all in the journal with one commit.

        Raises:
            NothingLearned, BadValue, Unavailable, Conflict: as `decide`; then none of them may be shown.
        """
        served = []
        for request in requests:
            served.append(await self._decided(request))
            await asyncio.sleep(0)  # other requests go on in between
        return await self._written(served)

    async def _decided(self, request: OfferRequest) -> Served:
        loaded, policy, now = self.loaded, self._policy, self._clock()
        request = self._whose(request)
        with span("decide", placement=request.placement):
            degraded: Degraded | None = None
            try:
                view = await self._view(request, now, loaded)
            except Unavailable as error:
                if self._late is None:
                    raise
                self._late.lost(error)
                view, known = self._customers.last_view(request, now, loaded)
                nobody = request.customer_id is None and request.anonymous_id is None
                degraded = "late" if nobody else "stale" if known else "contextual"
            served = self._answered(request, view, loaded, policy, now)
            return served if degraded is None else replace(served, degraded=degraded)

    async def _view(self, request: OfferRequest, now: datetime, loaded: Loaded) -> CustomerView:
        """The customer as the store knows them.

        Raises:
            Unavailable: it does not answer, or did not a moment ago.
        """
        if not self._remote:  # while somebody else writes into the file it can still be read
            return self._customers.view(request, now, loaded)
        if self._late is not None and self._late.away:
            raise Unavailable("the store is away")
        # a database over the network must not hold up the other requests
        return await asyncio.to_thread(self._customers.view, request, now, loaded)

    async def _written(self, served: Sequence[Served]) -> list[Served]:
        """Decisions that may be shown: the journal has them, or the file of those that are late."""
        rows = [row_of(each.decision) for each in served]
        with span("journal", rows=len(rows)):
            kept = await self._in_time(rows)
        for each in served:
            _count(self._shop, each.decision)
        return [*served] if kept else [replace(each, degraded=each.degraded or "late") for each in served]

    async def _in_time(self, rows: Sequence[Row]) -> bool:
        """Whether the journal took the rows; where it does not in time they are kept aside."""
        if self._late is None:
            await self._keep(*rows)
            return True
        if not self._late.away:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._keep(*rows)
            except (TimeoutError, Unavailable) as error:
                self._late.lost(error)
            else:
                return True
        self._late.keep(rows)  # it may be in the journal by now: handed in again it changes nothing
        return False

    def _whose(self, request: OfferRequest) -> OfferRequest:
        """The request for whoever the customer is by now: their id may have been merged into another's."""
        kept = self._merged.get(request.customer_id or "")
        return request if kept is None else replace(request, customer_id=kept)

    def _answered(
        self,
        request: OfferRequest,
        view: CustomerView,
        loaded: Loaded,
        policy: Policy,
        now: datetime,
        seed: int | None = None,
    ) -> Served:
        drawn, policy = self._trials.of(request, policy)
        if drawn.arms:
            view = replace(view, arms=drawn.arms, trial=drawn.trial)
        decision = decide(request, loaded.state, view, policy, now=now, seed=self._entropy() if seed is None else seed)
        warnings = _warnings(request, loaded.catalogue)
        return Served(decision, loaded.state, loaded.catalogue, policy, warnings, self._looks)

    async def _keep(self, *rows: Row) -> None:
        """Write decisions down; one whose id is taken by another is not shown, since nobody could look it up."""
        self._taken(await self._journal.trace(*rows), rows)

    def _taken(self, news: Sequence[bool], rows: Sequence[Row]) -> None:
        if all(news):
            return
        for row in (row for row, new in zip(rows, news, strict=True) if not new):
            kept = self._shop.store.decisions.get(str(row.values["id"]))
            if kept["record"] != row.values["record"]:
                raise Conflict(
                    "this moment and seed already name another decision",
                    key="decision",
                    value=row.values["id"],
                    way_out="draw 64 new random bits for each decision",
                )

    def relations(self, product_id: str, n: int, language: str = "en") -> Relations:
        """What goes with a product.

        Raises:
            UnknownProduct: the catalogue has no such product.
            NothingLearned: there is no state yet.
        """
        return relations_of(self.loaded, product_id, n, language)

    def take_memberships(self) -> None:
        """Take up who came into a segment or left one.

        Raises:
            Unavailable: the store does not answer.
        """
        self._customers.refresh()

    def refresh(self) -> bool:
        """Take up a newer snapshot, product changes and a changed policy; True where something changed.

        Runs beside decisions: they keep the state they began with.
        """
        newest = current_snapshot(self._shop.snapshots)
        before = (self._loaded, self._policy.version)
        self._take_policy()
        self._take_looks()
        self._merged = self._shop.store.aliases.all()
        tried = self._trials.refresh()
        if newest is None and self._loaded is None:
            return tried
        try:
            if self._loaded is None or newest not in {self._loaded.snapshot.id, *self._passed_over}:
                loaded = self._newest()
                self._passed_over = frozenset({newest}) if loaded.snapshot.id != newest else frozenset()
                self._loaded = loaded
            else:
                self._loaded = caught_up(self._shop, self._loaded)
            self._loaded = _without_withdrawn(self._shop, self._loaded)
            self._trouble = None
            if before[0] is not None and Unchanged(before[0].state) != Unchanged(self._loaded.state):
                forget_remembered()  # else the former state stays for as long as something is kept of it
        except (NothingLearned, SnapshotDamaged) as error:
            self._trouble = error
        return tried or before != (self._loaded, self._policy.version)

    def _newest(self) -> Loaded:
        before = self._loaded
        loaded = load(self._shop) if before is None else newer(self._shop, before)
        for each in loaded.snapshot.refused:
            _log.warning("a newer snapshot is damaged, an older one serves", snapshot=loaded.snapshot.id, why=each)
        self._warm_up(loaded)
        if before is None or loaded.state.items is not before.state.items:
            gc.collect()
            gc.freeze()  # what was just read lives as long as the server: no later collection looks through it
        return loaded

    _passed_over: frozenset[str | None] = frozenset()  # a damaged current snapshot, in whose place an older one serves

    def _warm_up(self, loaded: Loaded) -> None:
        """Decide once for nobody, so that compiling and paging in are over before the first customer asks.

        When a server starts, an order is folded in, too, and forgotten. One worker after the other: the first compiles
        for all, where together each would take as long for itself.
        """
        product = next(iter(loaded.catalogue.bestsellers(1)), None)
        asked = OfferRequest("product", product_id=None if product is None else product.id)
        with in_turn(self._shop.settings.home / "warming.lock"):
            decide(asked, loaded.state, CustomerView(), self._policy, now=self._clock(), seed=0)
            if self._loaded is None:
                rehearse(loaded.folded, loaded.state)

    _looks: tuple[Look, ...] = ()
    _looks_text: str | None = None

    def _take_looks(self) -> None:
        text = kept_text(self._shop)
        if text != self._looks_text:
            self._looks_text, self._looks = text, read_kept(text)

    def _take_policy(self) -> None:
        row = self._shop.store.policies.active()
        if row is not None and (row["name"], row["version"]) != (self._policy.name, self._policy.version):
            self._policy = active_policy(self._shop, self._clock())


def _without_withdrawn(shop: Shop, loaded: Loaded) -> Loaded:
    """The state told which of its promotions are used up or paused; itself where nothing changed."""
    deals, tiers = loaded.state.parts.get("deals"), loaded.state.parts.get("tiers")
    named = deals.promotions() if isinstance(deals, Deals) and len(deals.product) else frozenset()
    named |= tiers.promotions() if isinstance(tiers, Tiers) else frozenset()
    if not named:
        return loaded
    gone = tuple(each for each in withdrawn(shop) if each in named)
    return loaded if gone == loaded.state.withdrawn else replace(loaded, state=replace(loaded.state, withdrawn=gone))


def _count(shop: Shop, decision: Decision) -> None:
    metrics.decided(shop.settings.shop, decision.request.placement, decision.arm, len(decision.offers))


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
    named = [line.product_id for line in request.cart]
    if request.product_id is not None:
        named.insert(0, request.product_id)
    unknown = [each for each in named if each not in catalogue]
    return tuple(f"{UNKNOWN}: {each}" for each in dict.fromkeys(unknown)) if unknown else ()
