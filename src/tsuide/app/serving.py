"""A running shop: everything that a server's handlers need, opened once, kept fresh, closed in order."""

import asyncio
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import polars as pl
import structlog

from tsuide.app import customer_files, metrics, repeating, tracing, uploads
from tsuide.app.account import Account, account_of, choose, goods_of, names_of
from tsuide.app.arrivals import Arrivals
from tsuide.app.consent_words import ConsentWords, consent_words, read_of
from tsuide.app.contact_habits import KeptHabits
from tsuide.app.customer_tokens import CustomerTokens
from tsuide.app.deal_offers import tell as hear
from tsuide.app.deal_quotes import settle_all
from tsuide.app.deciding import Decider
from tsuide.app.explaining import Told, tell
from tsuide.app.keys import Keyring, demo_rep_key, storefront_key
from tsuide.app.late_decisions import FOLDER, LateDecisions
from tsuide.app.ledger import Ledger
from tsuide.app.mail_answers import MailAnswers
from tsuide.app.mail_links import mail_links
from tsuide.app.named_shop.people import SHOWN
from tsuide.app.opportunities import make_ready
from tsuide.app.ordering import Placed, place_order
from tsuide.app.promotions import asked_now, note_prices, publish_changed
from tsuide.app.quoting import Buyer, Quote, Wanted, offer_to, quote
from tsuide.app.replaying import replay_decision
from tsuide.app.segment_keeping import keep_all_segments
from tsuide.app.sending import Outreach
from tsuide.app.signing import DEMO_TERMS, sale_terms, set_sale_terms
from tsuide.app.site_messages import SiteMessages
from tsuide.app.snapshots import learned_at
from tsuide.app.survey_pages import SurveyPages
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import TsuideError, Unavailable
from tsuide.kit.clock import Clock
from tsuide.kit.ids import ENTROPY_BITS, Entropy
from tsuide.kit.threads import to_its_end
from tsuide.offers.offer import Offer
from tsuide.store.journal import Journal

_AWAY_S: Final = 0.25  # how often a store that is away is asked whether it is back
_SEGMENTS_S: Final = 0.5  # how often segments are brought up to date
_FRESH_S: Final = 0.1  # how often newer snapshots, products and policies are looked for
_TOKEN_LIFE: Final = timedelta(hours=12)
_FORGET_S: Final = 600.0  # how often for answers that need not be kept any longer
_LEFT_BEHIND_S: Final = 30.0  # how often for messages that a process which is gone left unread
_log = structlog.get_logger("tsuide.serving")


def clock() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def entropy() -> int:
    """64 random bits."""
    return secrets.randbits(ENTROPY_BITS)


@dataclass(frozen=True, slots=True)
class Ready:
    """With what the next decision is made, and whether without the store."""

    snapshot_id: str
    sequence: int
    policy: str
    degraded: bool = False


class Serving:
    """One shop behind a server; make it with `start`."""

    def __init__(self, shop: Shop, journal: Journal, clock: Clock, entropy: Entropy) -> None:
        self.shop = shop
        self.clock = clock
        self.entropy = entropy
        self.journal = journal
        self.late = LateDecisions(
            shop.settings.home / FOLDER, journal, shop.store.facts.sequence,
            synced=shop.settings.trace_durability == "full",
        )  # fmt: skip
        self.decider = Decider(shop, journal, clock, entropy, self.late)
        self.keyring = Keyring(shop, time.monotonic, lambda: self.late.away)
        self.customer_tokens = CustomerTokens(shop, time.monotonic, lambda: self.late.away)
        self.ledger = Ledger(shop.store, journal, clock, self._leaf_of)
        self.arrivals = Arrivals(shop, journal, self.ledger, clock)
        links = mail_links(shop, clock())
        self.mail_answers = MailAnswers(shop, links)
        self.survey_pages = SurveyPages(shop, links)
        self.links = links
        self.storefront_key = storefront_key(shop, clock())
        self.example_customers: tuple[str, ...] = ()
        self.example_names: dict[str, str] = {}
        self.goods = ""
        self.rep_key = ""
        self.watch: asyncio.Task[None] | None = None
        self.reading: asyncio.Task[None] | None = None
        self._read: tuple[str, str] | None = None
        self._outreach: dict[bool, Outreach] = {}
        self._retired: list[Outreach] = []
        self.habits = KeptHabits(shop, clock)
        self.site_messages = SiteMessages(shop, self.decider, clock, lambda: self.outreach(strict=False))
        self._making = threading.Lock()
        self.segments: asyncio.Task[None] | None = None
        self.handing_in: asyncio.Task[None] | None = None

    @property
    def settings(self) -> Settings:
        """What holds now."""
        return self.shop.settings

    @classmethod
    async def start(cls, settings: Settings, *, clock: Clock = clock, entropy: Entropy = entropy) -> Self:
        """Open the shop, load the newest snapshot, and begin to watch for newer ones.

        Args:
            settings: whose shop.
            clock: of decisions, of the ledger and of what arrives; a simulation has its own.
            entropy: of decisions.

        Raises:
            Unavailable: the store does not answer, or the home cannot be made.
            StoreOutdated: the store was made by newer code.
            BadPolicy: the policy in force cannot be read.
        """
        shop = await asyncio.to_thread(open_shop, settings)
        journal = shop.store.journal(trace_durability=settings.trace_durability)
        serving = await asyncio.to_thread(cls, shop, journal, clock, entropy)
        await asyncio.to_thread(serving.late.close)  # what a process before this one left: its pages tell of it now
        await asyncio.to_thread(serving.decider.refresh)
        if settings.demo_shop:
            serving.goods = await asyncio.to_thread(goods_of, shop)
            serving.example_customers = await asyncio.to_thread(example_customers, shop, serving.goods)
            serving.example_names = await asyncio.to_thread(names_of, shop, serving.example_customers)
            if serving.goods == "named":  # its customers are made up: any visitor may sit at the sales desk
                serving.rep_key = await asyncio.to_thread(demo_rep_key, shop, clock())
            if not sale_terms(shop).payment:
                await asyncio.to_thread(set_sale_terms, shop, DEMO_TERMS, clock())
        if settings.tracing and not tracing.on():
            tracing.start(tracing.provider_of_environment())
        serving.watch = asyncio.create_task(serving.keep_fresh())
        serving.segments = asyncio.create_task(serving.keep_segments())
        serving.handing_in = asyncio.create_task(serving.hand_in())
        return serving

    async def close(self) -> None:
        """Finish what is under way and give everything back."""
        for task in (self.watch, self.segments, self.handing_in, self.reading):
            if task is not None:
                task.cancel()
                for fault in await asyncio.gather(task, return_exceptions=True):
                    if isinstance(fault, Exception):  # closing goes on
                        _log.error("a task of the server failed", error=repr(fault))
        for each in (*self._outreach.values(), *self._retired):
            each.close()
        if self.late.used:
            await asyncio.to_thread(self.late.close)
        await self.journal.close()
        self.shop.close()
        metrics.forget_process()

    async def ready(self) -> Ready:
        """With what the next decision would be made; the store is asked too. Offers go on while it is away.

        Raises:
            NothingLearned: there is no snapshot yet.
        """
        loaded = self.decider.loaded
        if not self.late.away:
            try:
                await asyncio.to_thread(self.shop.store.facts.sequence)
            except Unavailable as error:
                self.late.lost(error)
        policy = self.decider.policy
        return Ready(loaded.snapshot.id, loaded.sequence, f"{policy.name} {policy.version}", self.late.away)

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
        catalogue, now = self.decider.catalogue, self.clock()
        return await asyncio.to_thread(quote, self.shop, catalogue, buyer, wanted, now, order_id=order_id)

    async def offered(self, buyer: Buyer, decision_id: str, offer_id: str) -> Offer | None:
        """The offer that a page of the demo shop names; None where its word is not to be believed."""
        return await asyncio.to_thread(offer_to, self.shop, buyer, decision_id, offer_id)

    async def place(self, order_id: str, buyer: Buyer, wanted: list[Wanted], shown_total: int | None = None) -> Placed:
        """Take an order of the demo shop and tell the ledger what was bought from offers.

        Raises:
            BadValue: nothing wanted, or a product that is not for sale.
            Conflict: it does not cost what the customer saw.
        """
        catalogue = self.decider.loaded.catalogue
        placed = await asyncio.to_thread(
            place_order, self.shop, catalogue, order_id, buyer, wanted, self.clock(), shown_total
        )
        for decision_id, told in placed.told.items():
            await self.ledger.record(decision_id, told)
        return placed

    def signed_in(self, customer_id: str) -> str:
        """A token that lets a page of the demo shop, in which a visitor may play any customer, name this one."""
        return self.customer_tokens.sign(customer_id, self.clock(), _TOKEN_LIFE)

    def outreach(self, *, strict: bool = True) -> Outreach:
        """What sends messages, made when it is first asked for; `strict` False = only to look at them.

        Raises:
            BadSetting: the shop's mail is not set up.
        """
        with self._making:
            if strict not in self._outreach:
                self._outreach[strict] = Outreach(
                    self.shop, self.decider, self.clock, entropy, habits=self.habits, strict=strict, refreshing=False
                )
        return self._outreach[strict]

    def take_up_settings(self) -> None:
        """Use what was set in the console since; mail goes another way from the next message on."""
        if self.shop.take_up_settings():
            self.renew_outreach()

    def renew_outreach(self) -> None:
        """Send the next message as the settings now say."""
        with self._making:
            self._retired += self._outreach.values()  # closed at the end: somebody may be sending with them
            self._outreach = {}

    async def account(self, customer_id: str) -> Account:
        """A customer's own page.

        Raises:
            UnknownCustomer: nobody has this id.
        """
        return await asyncio.to_thread(account_of, self.shop, self.decider, customer_id)

    async def consent(self, customer_id: str, granted: list[tuple[str, str]], words: str, language: str) -> None:
        """Write down what a customer agreed to on their page; `words`: the number of those that stood there, or "".

        Raises:
            BadValue: what cannot be chosen there, or no such words.
        """
        read = await asyncio.to_thread(read_of, self.shop, words, language, self.clock()) if words else None
        await asyncio.to_thread(choose, self.shop, customer_id, granted, self.clock(), read)

    async def consent_words(self) -> ConsentWords:
        """The words with which the shop asks for consent now."""
        return await asyncio.to_thread(consent_words, self.shop, self.clock())

    def publish(self) -> None:
        """Put what people changed (promotions, looks, curation) into the learned state; servers take it up at once."""
        loaded = self.decider.loaded_or_none
        publish_changed(self.shop, self.clock(), None if loaded is None else loaded.products)

    def observe(self) -> None:
        """Tell the gauges how things stand."""
        loaded = self.decider.loaded_or_none
        learned = None if loaded is None else learned_at(loaded.snapshot)
        newest = 0 if loaded is None else loaded.sequence
        metrics.observe(self.settings.shop, tuple(self.journal.waiting.items()), learned, newest, self.clock())

    def _leaf_of(self, product_id: str) -> str | None:
        product = self.decider.loaded.catalogue.product(product_id)
        return product.category[-1] if product is not None and product.category else None

    async def keep_fresh(self) -> None:
        """Look for newer states, and for what a process that is gone left behind, for ever; `start` runs it."""
        looked, forgot = -_LEFT_BEHIND_S, time.monotonic()
        noted: tuple[object, object, tuple[str, ...]] = (None, None, ())
        while True:
            await asyncio.sleep(_FRESH_S)
            try:
                self.observe()
                await to_its_end(self.take_up_settings)
                if time.monotonic() - forgot >= _FORGET_S:
                    forgot = time.monotonic()
                    await to_its_end(repeating.forget_old, self.shop, clock())
                    for files in (uploads, customer_files):
                        await to_its_end(files.forget_old, self.shop, self.clock())
                if time.monotonic() - looked >= _LEFT_BEHIND_S:
                    looked = time.monotonic()
                    await to_its_end(self.shop.store.keys.saw, self.keyring.take_seen(), self.clock())
                    await self.arrivals.resume()
                    await hear(self.ledger, (await to_its_end(settle_all, self.shop, self.clock()))[1])
                if await to_its_end(self.decider.refresh):
                    _log.info("took up a newer state", sequence=self.decider.loaded.sequence)
                self._read_opportunities()
                catalogue, deals = self.decider.catalogue, self.decider.deals
                on = await to_its_end(asked_now, self.shop, deals, self.clock())
                if catalogue is not noted[0] or deals is not noted[1] or on != noted[2]:  # orders change no price
                    await to_its_end(note_prices, self.shop, deals, self.clock())
                    noted = (catalogue, deals, on)
            except TsuideError as error:  # the store is away for a moment: what is loaded goes on serving
                _log.warning("cannot look for a newer state", error=str(error))

    async def hand_in(self) -> None:
        """Ask for a store that is away, and give it the decisions that wait, for ever; `start` runs it."""
        looked = -_LEFT_BEHIND_S
        while True:
            await asyncio.sleep(_AWAY_S)
            if not self.late.used and time.monotonic() - looked < _LEFT_BEHIND_S:
                continue
            looked = time.monotonic()  # now and then also for what a process that is gone left behind
            try:
                await to_its_end(self.late.hand_in)
            except TsuideError:
                continue  # said when it went away
            except Exception as error:  # noqa: BLE001 - a file that cannot be read must not end the asking
                _log.error("cannot hand in late decisions", error=repr(error))

    def _read_opportunities(self) -> None:
        """In the background, after the start and after each learning: the console's first page would wait for it."""
        loaded, policy = self.decider.loaded_or_none, self.decider.policy
        if loaded is None or (loaded.snapshot.id, policy.version) == self._read:
            return
        if self.reading is None or self.reading.done():
            self._read = (loaded.snapshot.id, policy.version)
            self.reading = asyncio.create_task(to_its_end(make_ready, loaded, policy))

    async def keep_segments(self) -> None:
        """Bring segments up to date with what arrives and with the clock, for ever; `start` runs it."""
        while True:
            await asyncio.sleep(_SEGMENTS_S)
            try:
                await to_its_end(keep_all_segments, self.shop, self.clock())
                await to_its_end(self.decider.take_memberships)
                await to_its_end(self.site_messages.refresh)
            except TsuideError as error:  # as above
                _log.warning("cannot keep segments current", error=str(error))


def example_customers(shop: Shop, goods: str = "", n: int = SHOWN) -> tuple[str, ...]:
    """A few customers whom the demo shop's visitor may play: those of the data who are best described.

    Of the made-up shop the first ones: they were drawn to have agreed to everything.
    """
    if goods == "named":
        return tuple(shop.store.facts.customers()["id"].sort().head(n))
    customers = shop.store.facts.customers().sort(
        pl.col("attributes").str.len_bytes(), descending=True, nulls_last=True
    )
    return tuple(sorted(customers["id"].head(n), key=lambda each: (len(each), each)))
