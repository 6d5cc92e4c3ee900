"""The real engine in a simulated shop: facts go in, offers come out and outcomes go back through the server's doors.

A simulated day is a day of the engine's clock. The engine sees products, customers, orders and what became of its own
offers, as a shop would tell it; nothing of the world's truth.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from tsuide.app.doors import Doors, Receive, Scope, Send
from tsuide.app.keys import create_key
from tsuide.app.learn import learn
from tsuide.app.policies import put_in_force
from tsuide.app.serving import Serving
from tsuide.app.wiring import opened
from tsuide.config import Settings
from tsuide.proof.worlds.answers import Ask, Offers
from tsuide.proof.worlds.choice import NOTHING
from tsuide.proof.worlds.life import Life
from tsuide.proof.worlds.rollout import Day
from tsuide.proof.worlds.strategies import PLACES_ON_PAGE
from tsuide.proof.worlds.world import TAX_RATE, World

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Day 0 of a world, at midnight."""
_OPENING: Final = timedelta(hours=1)  # 10:00 in Tokyo
_SECONDS: Final = 30_000  # in which a day's visits take place
_AT_CART: Final = timedelta(minutes=5)  # after the first product page
_ROWS: Final = 200  # in one bulk request
_CURRENCY: Final = "JPY"
_CONSONANTS: Final = "bdfghjkmnprstwyz"
_VOWELS: Final = "aeiou"


class Built(Protocol):
    """A server's application with a lifespan: what `tsuide.asgi.create` makes."""

    router: Any
    state: Any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        ...


Builder = Callable[..., Built]
"""`tsuide.asgi.create`: (settings, clock=…, entropy=…) → application."""


@dataclass(slots=True)
class SimulatedClock:
    """A clock that says what the simulation says."""

    now: datetime = EPOCH

    def __call__(self) -> datetime:
        """This moment of the simulation."""
        return self.now


@dataclass(slots=True)
class Engine:
    """Tsuide as a strategy of a simulated shop; make one with `running`.

    Args:
        relearn: days between two runs of learning; 0 = never again.
    """

    world: World
    clock: SimulatedClock
    doors: Doors
    serving: Serving
    loop: asyncio.AbstractEventLoop
    seed: int
    relearn: int = 14
    asked: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    _offered: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    _orders: int = 0
    _days: int = 0

    def __call__(self, ask: Ask) -> Offers:
        """Offers for the visitors of an ask, one call each; what was shown is told."""
        return self.loop.run_until_complete(self._offers(ask))

    async def _offers(self, ask: Ask) -> Offers:
        chosen = np.full((len(ask.who), PLACES_ON_PAGE), NOTHING, dtype=np.int32)
        for row in range(len(ask.who)):
            self.clock.now = _moment(ask, row)
            answer = await self.doors.post("/v1/offers", self._question(ask, row))
            self.asked += 1
            products = self._products(ask, row, answer)
            chosen[row, : len(products)] = products[:PLACES_ON_PAGE]
            if answer["offers"]:
                shown = [{"offer_id": each["id"], "outcome": "shown"} for each in answer["offers"]]
                await self.doors.post(f"/v1/offers/{answer['decision']}/outcomes", {"outcomes": shown})
        return chosen

    def _question(self, ask: Ask, row: int) -> dict[str, Any]:
        who = int(ask.who[row])
        cart = [{"product_id": product_name(each)} for each in ask.cart[row] if each != NOTHING]
        asked: dict[str, Any] = {
            "placement": ask.place,
            "customer_id": shopper_name(who),
            "cart": cart,
            "n": PLACES_ON_PAGE,
        }
        if ask.product[row] != NOTHING:
            asked["product_id"] = product_name(ask.product[row])
        if self.world.family.reps and ask.place != "email":
            asked |= {"placement": "rep", "rep": {"id": f"rep{self.world.rep[who]}"}}
        return asked

    def _products(self, ask: Ask, row: int, answer: dict[str, Any]) -> list[int]:
        """The products of an answer in the order shown; of a set, every piece that is not there already."""
        there = {int(each) for each in ask.cart[row]} | {int(ask.product[row])}
        found: list[int] = []
        for offer in answer["offers"]:
            self.kinds[offer["kind"]] = self.kinds.get(offer["kind"], 0) + 1
            pieces = [item["product_id"] for item in offer["items"]] or [offer["product"]["id"]]
            for piece in map(product_number, pieces):
                if piece not in there and piece not in found:
                    found.append(piece)
                    self._offered[int(ask.who[row]), piece] = (answer["decision"], offer["id"])
        return found

    def saw(self, day: int, orders: Day, _life: Life) -> None:
        """A day ends: its orders go in, taken offers are told, and now and then everything is learned anew."""
        self.loop.run_until_complete(self._night(day, orders))

    async def _night(self, day: int, orders: Day) -> None:
        self.clock.now = EPOCH + timedelta(days=day, hours=14)
        await self.tell(orders)
        for row, need in zip(*np.nonzero(orders.from_offer), strict=True):
            key = int(orders.who[row]), int(orders.basket[row, need])
            if key in self._offered:
                decision, offer = self._offered[key]
                told = [{"offer_id": offer, "outcome": each} for each in ("accepted", "purchased")]
                await self.doors.post(f"/v1/offers/{decision}/outcomes", {"outcomes": told})
        self._offered.clear()
        self._days += 1
        if self.relearn and self._days % self.relearn == 0:
            await self.learn()
        await asyncio.to_thread(self.serving.decider.refresh)

    async def tell(self, orders: Day) -> None:
        """Send a day's orders in, as a shop's server would."""
        rows = [self._order(orders, row) for row in range(len(orders.who))]
        for part in _parts(rows):
            await self.doors.post("/v1/orders", {"orders": part})

    def _order(self, orders: Day, row: int) -> dict[str, Any]:
        self._orders += 1
        when = _within_day(orders.day, row / len(orders.who), _AT_CART)
        return {
            "id": f"o{self._orders}",
            "placed_at": when.isoformat(),
            "currency": _CURRENCY,
            "customer_id": shopper_name(int(orders.who[row])),
            "lines": [
                {
                    "product_id": product_name(each),
                    "unit_price": int(self.world.price[each]),
                    "cost": int(self.world.cost[each]),
                    "gift": bool(orders.gift[row]),
                    "returned": int(orders.returned[row, need]),
                }
                for need, each in enumerate(orders.basket[row])
                if each != NOTHING
            ],
        }

    async def introduce(self) -> None:
        """Send products and customers in."""
        for part in _parts([product_row(self.world, each) for each in range(self.world.products)]):
            await self.doors.post("/v1/products", {"products": part})
        for part in _parts([_customer_row(each) for each in range(self.world.shoppers)]):
            await self.doors.post("/v1/customers", {"customers": part})

    async def learn(self, *, tune: bool = False) -> None:
        """Learn everything from the facts so far; `tune`: choose parameters, too, as a shop does once."""
        await asyncio.to_thread(learn, self.serving.shop, now=self.clock.now, seed=self.seed, tune=tune)


@contextmanager
def running(
    world: World,
    history: Sequence[Day],
    policy: str,
    *,
    home: Path,
    build: Builder,
    seed: int,
    relearn: int = 14,
    tune: bool = True,
) -> Iterator[Engine]:
    """An engine that has learned from a history, behind its own doors.

    Args:
        world: the shop.
        history: its orders so far, oldest first.
        policy: the policy's text.
        home: an empty folder.
        build: makes the application.
        seed: of learning and of every decision.
        relearn: days between two runs of learning.
        tune: choose parameters in the first of them.
    """
    settings = Settings(home=home, currency=_CURRENCY, language="en")
    clock = SimulatedClock(EPOCH + timedelta(days=history[-1].day + 1 if history else 0))
    dice = np.random.default_rng([seed, world.seed])
    with opened(settings) as shop:
        put_in_force(shop, policy, clock.now)
        key, _ = create_key(shop, "simulation", ["admin"], clock.now)
    loop = asyncio.new_event_loop()
    application = build(settings, clock=clock, entropy=lambda: int(dice.integers(0, 1 << 63)))
    life: AbstractAsyncContextManager[Any] = application.router.lifespan_context(application)
    loop.run_until_complete(life.__aenter__())
    try:
        engine = Engine(
            world, clock, Doors(application, key), application.state.serving, loop, seed=seed, relearn=relearn
        )
        loop.run_until_complete(_begin(engine, history, tune=tune))
        yield engine
    finally:
        loop.run_until_complete(life.__aexit__(None, None, None))
        loop.close()


async def _begin(engine: Engine, history: Sequence[Day], *, tune: bool) -> None:
    await engine.introduce()
    for day in history:
        await engine.tell(day)
    await engine.learn(tune=tune)
    await asyncio.to_thread(engine.serving.decider.refresh)


def _moment(ask: Ask, row: int) -> datetime:
    """Visits follow each other; a shopper's mail goes out at the same time of the day every week."""
    if ask.place == "email":
        return _within_day(ask.day, float(ask.who[row] % _SECONDS) / _SECONDS)
    return _within_day(ask.day, row / len(ask.who), _AT_CART if ask.place == "cart" else timedelta())


def _within_day(day: int, share: float, late: timedelta = timedelta()) -> datetime:
    return EPOCH + timedelta(days=day, seconds=share * _SECONDS) + _OPENING + late


def product_name(product: int) -> str:
    """The id that the shop gives a product.

    >>> product_name(7), product_number("p7")
    ('p7', 7)
    """
    return f"p{int(product)}"


def product_number(name: str) -> int:
    """The product of an id."""
    return int(name[1:])


def shopper_name(shopper: int) -> str:
    """The id that the shop gives a shopper."""
    return f"c{shopper}"


def product_row(world: World, product: int) -> dict[str, Any]:
    """What the catalogue says of a product; nothing of what only the world knows."""
    need = int(world.need[product])
    system = int(world.system[product])
    return {
        "id": product_name(product),
        "title": f"{_need_title(need)} model {product - int(world.start[need]) + 1}",
        "currency": _CURRENCY,
        "category": [world.family.title["en"], f"Need {need}"],
        "price": int(world.price[product]),
        "cost": int(world.cost[product]),
        "tax_rate": TAX_RATE,
        "durable": bool(world.durable[need]),
        "attributes": {"system": f"S{system}"} if system != NOTHING else {},
    }


def _need_title(need: int) -> str:
    """What things for a need are called: alike among themselves, and no more like those for the next than others.

    >>> _need_title(12), _need_title(13), _need_title(112)
    ('Wuhuwo', 'Mafabi', 'Mufimu')
    """
    mixed = (need + 1) * 2_654_435_761 % (1 << 32)
    return "".join(_CONSONANTS[mixed >> at & 15] + _VOWELS[(mixed >> (at + 4)) % 5] for at in (8, 14, 20)).capitalize()


def _customer_row(shopper: int) -> dict[str, Any]:
    given = {"granted": True, "at": (EPOCH - timedelta(days=400)).isoformat(), "evidence": "simulated"}
    consents = [{"purpose": "personalisation", **given}, {"purpose": "marketing", "channel": "email", **given}]
    return {"id": shopper_name(shopper), "consents": consents}


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), _ROWS):
        yield rows[start : start + _ROWS]
