"""The demo: a shop's data imported and learned; a second run finds everything in place.

Two shops can be shown: a grocer's year of real orders (`GROCER`), moved forward by whole weeks so that it ends now, and
a made-up shop of named products (`named_demo.NAMED`), drawn so that it ends now: what is due again, and what it is
too late for, is told from this moment.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import polars as pl

from tsuide.app.deciding import Decider, Served
from tsuide.app.importing import import_complete_journey
from tsuide.app.learn import Progress, learn
from tsuide.app.loading import Loaded, open_learned
from tsuide.app.policies import put_in_force
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, NothingLearned, SnapshotDamaged
from tsuide.facts.consent import CONSENTS
from tsuide.facts.schema import conform
from tsuide.intake.complete_journey import CURRENCY, MARGIN_RATES
from tsuide.mining.complements import FittedComplements
from tsuide.offers.decide import arm_of
from tsuide.offers.policy.load import ready_text
from tsuide.offers.policy.policy import Policy
from tsuide.offers.request import CartLine, OfferRequest

DEMO_IMPORTED: Final = "demo.imported"  # a setting of the store: "begun", then "done"
DEMO_GOODS: Final = "demo.goods"  # a setting of the store: the name of its goods
_BEGUN_AT: Final = "demo.begun_at"  # the moment to which its year is moved; kept, so that a second try writes the same
_MOST_VISITORS: Final = 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A demo that can be shown.

    Args:
        orders, order_lines, products, customers: rows in the store.
        import_seconds, learn_seconds: of this run; 0 where it was in place already.
        complement_pairs: pairs that pass the false-discovery gate.
        reused: nothing had to be imported or learned.
    """

    orders: int
    order_lines: int
    products: int
    customers: int
    import_seconds: float
    learn_seconds: float
    complement_pairs: int
    reused: bool


@dataclass(frozen=True, slots=True)
class Goods:
    """Where a demo's data come from.

    Args:
        name: by which the shop's pages know them.
        title: of the data.
        bring: (shop, the end of its time, progress, folder) → everything is in the store.
        policy: (…) → text of the policy that it starts with.
    """

    name: str
    title: str
    bring: Callable[[Shop, datetime, Progress, Path | None], None]
    policy: Callable[[], str]


def prepare(
    shop: Shop,
    *,
    now: datetime,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    goods: Goods | None = None,
) -> Prepared:
    """Import and learn whatever is not there yet; safe to run again after any interruption.

    Args:
        shop: empty, or one in which the demo was begun.
        now: this moment.
        seed: of learning.
        progress: told before each step.
        folder: the data's Parquet files; None = those of the installed package.
        goods: which data; None = the grocer's.

    Raises:
        Conflict: the store holds orders of somebody's own.
        MissingExtra: the demo's data are not installed.
        Unavailable: the store does not answer, or another learner is at work.
    """
    goods = goods or GROCER
    import_seconds = _import(shop, now, progress, folder, goods)
    put_in_force_once(shop, now, goods.policy())
    meta = _learned(shop) if import_seconds == 0.0 else None
    learn_seconds = 0.0
    if meta is None:
        start = perf_counter()
        pairs = learn(shop, now=now, seed=seed, progress=progress).complement_pairs
        learn_seconds = perf_counter() - start
    else:
        pairs = int(meta["complement_pairs"])
    counts = shop.store.facts.counts()
    return Prepared(
        orders=counts["orders"],
        order_lines=counts["order_lines"],
        products=counts["products"],
        customers=counts["customers"],
        import_seconds=import_seconds,
        learn_seconds=learn_seconds,
        complement_pairs=pairs,
        reused=import_seconds == learn_seconds == 0.0,
    )


def _import(shop: Shop, now: datetime, progress: Progress, folder: Path | None, goods: Goods) -> float:
    """Seconds that the import took; 0 where it was done before."""
    facts, settings = shop.store.facts, shop.store.settings
    mark = settings.get(DEMO_IMPORTED)
    if mark == "done":
        return 0.0
    if mark is None and facts.counts()["orders"] > 0:
        raise Conflict(
            "this shop holds orders of its own, with which the demo must not mix",
            key="home",
            value=str(shop.settings.home),
            way_out="tsuide demo --home another-folder",
        )
    begun_at = settings.put_once(_BEGUN_AT, now.isoformat(), now)
    settings.put(DEMO_IMPORTED, "begun", now)
    settings.put(DEMO_GOODS, goods.name, now)
    start = perf_counter()
    goods.bring(shop, datetime.fromisoformat(begun_at), progress, folder)
    seconds = perf_counter() - start
    settings.put(DEMO_IMPORTED, "done", now)
    return seconds


def _bring_grocer(shop: Shop, until: datetime, progress: Progress, folder: Path | None) -> None:
    facts = shop.store.facts
    import_complete_journey(facts, progress=progress, folder=folder, until=until)
    facts.write_consents(_consents(facts.customers()))


def _consents(customers: pl.DataFrame) -> pl.DataFrame:
    """Every household lets the shop use its history: invented for the demo, and said so in `source`."""
    granted = customers.select(
        customer_id="id",
        purpose=pl.lit("personalisation"),
        channel=pl.lit("any"),
        granted=pl.lit(value=True),
        at=pl.lit(datetime.fromisoformat("2017-01-01T00:00:00+00:00")),
        source=pl.lit("demo"),
        evidence=pl.lit("invented for the demo"),
    )
    return conform(granted, CONSENTS)


def _learned(shop: Shop) -> dict[str, Any] | None:
    """What a usable snapshot says of itself; None where one has to be made."""
    try:
        return dict(open_learned(shop).meta)
    except (NothingLearned, SnapshotDamaged):
        return None


def demo_policy() -> str:
    """The ready-made policy `standard`, in the data's currency and with margins that are assumed, not known."""
    rates = "".join(f"\n  {json.dumps(name)}: {rate / 100:g}%" for name, rate in MARGIN_RATES.items())
    text = ready_text("standard")
    return (
        text.replace("name: standard", "name: demo")
        .replace("currency: JPY", f"currency: {CURRENCY}")
        .replace("margin_rates: {}", f"margin_rates:{rates}")
    )


def put_in_force_once(shop: Shop, now: datetime, text: str) -> None:
    """Give the demo its policy, unless somebody has put one in force already."""
    if shop.store.policies.active() is None:
        put_in_force(shop, text, now, author="tsuide demo")


GROCER: Final = Goods("grocer", "The Complete Journey, a grocer's year", _bring_grocer, demo_policy)


async def example_offers(decider: Decider, language: str) -> list[dict[str, Any]]:
    """A few real decisions, recorded like any other: a product page, a cart, a household's home page."""
    loaded = decider.loaded
    first, second = _typical(loaded)
    asked = [
        OfferRequest("product", product_id=first, language=language),
        OfferRequest("cart", cart=(CartLine(first), CartLine(second)), language=language),
    ]
    shown = []
    for place, request in enumerate(asked, 1):
        visitor = _treated(f"demo-example-{place}", decider.policy)
        served = await decider.decide(_of(request, visitor))
        shown.append(_told(served, loaded))
    return shown


def _of(request: OfferRequest, anonymous_id: str) -> OfferRequest:
    return OfferRequest(
        request.placement,
        anonymous_id=anonymous_id,
        cart=request.cart,
        product_id=request.product_id,
        language=request.language,
    )


def _treated(name: str, policy: Policy) -> str:
    """A visitor outside the holdout, so that the example shows something."""
    names = [f"{name}-{n}" for n in range(_MOST_VISITORS)]
    return next((each for each in names if arm_of(each, policy) == "treated"), name)


def _typical(loaded: Loaded) -> Sequence[str]:
    """Two much bought products of different departments that have complements worth showing."""
    part = loaded.snapshot.parts.get("complements")
    found: dict[str, str] = {}
    for product in loaded.catalogue.bestsellers(200):
        department = product.category[0] if product.category else ""
        if department in found or not isinstance(part, FittedComplements) or product.id not in part.item_ids:
            continue
        if part.of(product.id)["significant"].any():
            found[department] = product.id
    ids = [*found.values(), *(product.id for product in loaded.catalogue.bestsellers(2))]
    return ids[:2]


def _told(served: Served, loaded: Loaded) -> dict[str, Any]:
    decision = served.decision
    request = decision.request
    named = [line.product_id for line in request.cart] or [request.product_id or ""]
    return {
        "decision": decision.id,
        "placement": request.placement,
        "for": [loaded.state.title(each, request.language) for each in named],
        "arm": decision.arm,
        "offers": [
            {
                "product": offer.product_id,
                "title": loaded.state.title(offer.product_id, request.language),
                "kind": offer.kind,
                "price": offer.price,
                "currency": offer.currency,
                "reason": next(iter(served.reasons_told(offer, request.language)), ""),
            }
            for offer in decision.offers
        ],
    }
