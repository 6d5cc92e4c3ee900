"""The effect of a shop's offers, and of its experiments: customers against control, attributed sales beside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from tsuide.app.experiments import experiment_of
from tsuide.app.exposures import Exposures, exposures
from tsuide.app.policies import active_policy
from tsuide.app.wiring import Shop
from tsuide.errors import Conflict, TooFewData
from tsuide.facts.consent import CONSENTS
from tsuide.kit.money import RATE_UNIT
from tsuide.offers.acceptance import QUOTE
from tsuide.offers.bind import ANY_CATEGORY
from tsuide.proof.attribution import KEPT_AMOUNT, Credit, Windows, attribute, summary
from tsuide.proof.effect import effect
from tsuide.proof.experiment import Experiment
from tsuide.proof.impact import Impressions, acceptance_lift
from tsuide.proof.metrics import Metrics, money_after, per_customer
from tsuide.proof.moments import FEWEST
from tsuide.proof.returns_on_cost import attributed_beside, share_of
from tsuide.proof.sample_ratio import SampleRatio, sample_ratio
from tsuide.proof.suits import Cell, what_suits

WINDOW: Final = 90
CELL_DAYS: Final = 30
BACK: Final = 180
_YES: Final = frozenset({"accepted", "purchased"})
_BASIS: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What read-outs join with the decision log.

    Args:
        lines: as `proof.metrics.per_customer` reads them, with line, product_id and currency.
        withdrawals: customer_id, at.
        complaints: customer_id, at; None = this shop records none.
        scores: customer_id, at, score.
        currency: of the lines.
        others: lines of other currencies: they are counted in no figure, and every report names them.
    """

    lines: pl.DataFrame
    withdrawals: pl.DataFrame
    complaints: pl.DataFrame | None
    scores: pl.DataFrame
    currency: str | None
    others: pl.DataFrame = field(default_factory=pl.DataFrame)


def gather_facts(shop: Shop, now: datetime, currency: str | None = None) -> Facts:
    """Orders of one currency with tax, cost and role, and consents taken back.

    A line without a cost takes the catalogue's, else the margin rate that a person set for its category. Amounts are
    never added across currencies.

    Args:
        shop: whose.
        now: UTC.
        currency: of the orders; None = the shop's own where it sold in it, else the one of most lines.
    """
    orders = shop.store.facts.orders().filter(pl.col("status") != "cancelled")
    lines = shop.store.facts.order_lines().join(
        orders.select("currency", "customer_id", "placed_at", order_id="id"), on="order_id"
    )
    products = _costs(shop.store.facts.products(), active_policy(shop, now).margin_rates)
    lines = lines.join(products, on="product_id", how="left")
    taxed = pl.when(pl.col("tax_included").fill_null(value=True)).then(pl.col("tax_rate").fill_null(0)).otherwise(0)
    net = pl.col("amount") / pl.col("quantity") * RATE_UNIT / (RATE_UNIT + taxed)
    by_rate = net * (1 - pl.col("rate") / _BASIS)
    lines = lines.with_columns(
        cost=pl.coalesce("cost", "catalogue_cost", by_rate),
        attached=(pl.col("role") == "attached") | offered(pl.col("offer_id")),
    )
    chosen = currency or _usual(lines["currency"], shop.settings.currency)
    mine = pl.col("currency") == (chosen or "")
    lines, others = lines.filter(mine), lines.filter(~mine)
    taken_back = shop.store.facts.consents().filter(~pl.col("granted"))
    assert "granted" in CONSENTS  # noqa: S101 - the frame's own schema
    said = shop.store.said.all().filter(pl.col("customer_id").is_not_null())
    complaints = said.filter(pl.col("kind") == "complaint").select("customer_id", "at")
    return Facts(
        lines=lines,
        withdrawals=taken_back.select("customer_id", "at"),
        complaints=None if complaints.is_empty() else complaints,
        scores=said.filter(pl.col("kind") == "score").select("customer_id", "at", "score"),
        currency=chosen,
        others=others,
    )


def _usual(currencies: pl.Series, home: str) -> str | None:
    if currencies.is_empty() or (currencies == home).any():
        return None if currencies.is_empty() else home
    return str(currencies.mode().sort()[0])


def other_currencies(facts: Facts, start: datetime | None = None, end: datetime | None = None) -> list[dict[str, Any]]:
    """What was sold in other currencies than a report's: currency, orders, amount; of start ≤ at < end where given."""
    if facts.others.is_empty():
        return []
    at, lines = pl.col("placed_at"), facts.others
    if start is not None:
        lines = lines.filter(at >= start)
    if end is not None:
        lines = lines.filter(at < end)
    counted = lines.group_by("currency").agg(
        orders=pl.col("order_id").n_unique(), amount=KEPT_AMOUNT.sum()
    )  # fmt: skip
    return [{**row, "amount": int(row["amount"])} for row in counted.sort("currency").to_dicts()]


def offered(offer_id: pl.Expr) -> pl.Expr:
    """Whether a line came from an offer; what stands there of a quote's own lines is the quote."""
    return offer_id.is_not_null() & ~offer_id.str.starts_with(f"{QUOTE}_").fill_null(value=False)


def _costs(products: pl.DataFrame, rates: Mapping[str, int]) -> pl.DataFrame:
    def rate(path: list[str] | None) -> int | None:
        named = [name for name in reversed(path or []) if name in rates]
        return rates[named[0]] if named else rates.get(ANY_CATEGORY)

    of = [rate(path) for path in products["category"].to_list()]
    return products.select(
        "tax_rate", "tax_included", product_id="id", catalogue_cost=pl.col("cost"), rate=pl.Series(of, dtype=pl.Int64)
    )


def standing_effect(shop: Shop, now: datetime, *, back: int = BACK, window: int = WINDOW) -> dict[str, Any]:
    """Everybody against the standing holdout, as plain JSON: effect, what suits, and attributed figures, labelled.

    Args:
        shop: whose.
        now: UTC.
        back: customers whose first decision is at most so many days old.
        window: days per customer in which metrics are summed.

    Raises:
        SampleRatioMismatch: the holdout is not as large as the policy says.
        TooFewData: fewer than two customers in an arm.
    """
    start = now - timedelta(days=back)
    seen, read = exposures(shop, start, now), gather_facts(shop, now)
    return read_standing(shop, seen, read, under_units(shop, read, seen), now, back=back, window=window)


def read_standing(
    shop: Shop, seen: Exposures, read: Facts, facts: Facts, now: datetime, *, back: int = BACK, window: int = WINDOW
) -> dict[str, Any]:
    """`standing_effect` of what was gathered already.

    Args:
        shop: whose.
        seen: who was decided for.
        read: facts as they were read: what is attributed to an offer is its own customer's.
        facts: the same under whoever was decided for (`under_units`).
        now: UTC.
        back: as `standing_effect`.
        window: as there.

    Raises:
        SampleRatioMismatch, TooFewData: as `standing_effect`.
    """
    start = now - timedelta(days=back)
    arms, ratio = holdout_arms(shop, seen, now)
    metrics = {arm: metrics_of(people, facts, window, now) for arm, people in arms.items()}
    found = effect(metrics["treated"], metrics["holdout"])
    return {
        "since": start.isoformat(),
        "until": now.isoformat(),
        "window_days": window,
        "currency": facts.currency,
        "other_currencies": other_currencies(read, start, now),
        "sample_ratio": ratio.plain(),
        "left_out": len([each for each in seen.moved if each[0] == ""]),
        **found.plain(),
        "share_of_sales": share_of(found).plain(),
        "lines_without_cost": metrics["treated"].unknown_cost + metrics["holdout"].unknown_cost,
        "suits": {sort: [each.plain() for each in cells] for sort, cells in _suits(seen, facts, now).items()},
        "attributed": attributed(shop, read, start, now),
    }


def holdout_arms(shop: Shop, seen: Exposures, now: datetime) -> tuple[dict[str, pl.DataFrame], SampleRatio]:
    """Who is treated and who is held out, each customer_id and at; and whether they are as many as they should be.

    Raises:
        SampleRatioMismatch: the holdout is not as large as the policy says.
        TooFewData: the policy keeps no holdout.
    """
    holdout = active_policy(shop, now).holdout / _BASIS
    if holdout == 0:
        raise TooFewData("the policy keeps no holdout: no effect can be measured", key="holdout", value=0,
                         way_out="holdout: 5%")  # fmt: skip
    arms = {arm: seen.people("", arm) for arm in ("treated", "holdout")}
    counts = {arm: len(people) for arm, people in arms.items()}
    return arms, sample_ratio(counts, {"treated": 1 - holdout, "holdout": holdout}).checked("standing holdout")


def under_units(shop: Shop, facts: Facts, seen: Exposures) -> Facts:
    """The same with every customer's rows under whom was decided for: themselves, else the nearest account above.

    What the people in an account buy counts for the account of which a rep asked, and is counted once.
    """
    frame = shop.store.facts.customers().select("id", "parent_id").filter(pl.col("parent_id").is_not_null())
    above = dict(frame.iter_rows())
    units = {unit for of, unit in seen.first if of == ""}
    moved = {who: unit for who in above if who not in units and (unit := _unit_of(who, above, units)) is not None}
    if not moved:
        return facts
    of = pl.DataFrame({"customer_id": list(moved), "unit": list(moved.values())})

    def lifted(rows: pl.DataFrame) -> pl.DataFrame:
        joined = rows.join(of, on="customer_id", how="left", maintain_order="left")
        return joined.with_columns(customer_id=pl.coalesce("unit", "customer_id")).drop("unit")

    complaints = None if facts.complaints is None else lifted(facts.complaints)
    return replace(facts, lines=lifted(facts.lines), withdrawals=lifted(facts.withdrawals), complaints=complaints,
                   scores=lifted(facts.scores))  # fmt: skip


def _unit_of(who: str, above: Mapping[str, str], units: Collection[str]) -> str | None:
    gone: set[str] = set()
    at: str | None = above.get(who)
    while at is not None and at not in gone:
        if at in units:
            return at
        gone.add(at)
        at = above.get(at)
    return None


def _suits(seen: Exposures, facts: Facts, now: datetime) -> dict[str, list[Cell]]:
    return what_suits(money_after(seen.cell_frame(), facts.lines, days=CELL_DAYS, now=now))


def metrics_of(people: pl.DataFrame, facts: Facts, window: int, now: datetime) -> Metrics:
    """Figures of some customers, `window` days each."""
    return per_customer(
        people,
        facts.lines,
        days=window,
        now=now,
        withdrawals=facts.withdrawals,
        complaints=facts.complaints,
        scores=facts.scores,
    )


def attributed(
    shop: Shop,
    facts: Facts,
    start: datetime,
    end: datetime,
    *,
    cost: int = 0,
    customers: pl.Series | None = None,
    placements: Sequence[str] = (),
) -> dict[str, Any]:
    """What was sold after an offer, labelled as what it is.

    Args:
        shop: whose.
        facts: lines as read.
        start: orders from here on.
        end: until here.
        cost: minor units: what attributed sales are divided by.
        customers: only these; None = all.
        placements: only offers shown there; empty = everywhere.
    """
    lines = _bought_between(facts, start, end, customers)
    found = summary(_claimed(shop, lines, start, end, placements))
    return attributed_beside(found, cost, int(lines.select(KEPT_AMOUNT.sum()).item() or 0), facts.currency)


def credits_of(shop: Shop, facts: Facts, start: datetime, end: datetime) -> list[Credit]:
    """What known customers bought with start ≤ at < end after an offer, line by line."""
    return _claimed(shop, _bought_between(facts, start, end), start, end)


def _bought_between(facts: Facts, start: datetime, end: datetime, customers: pl.Series | None = None) -> pl.DataFrame:
    lines = facts.lines.filter((pl.col("placed_at") >= start) & (pl.col("placed_at") < end))
    lines = lines.filter(pl.col("customer_id").is_not_null())
    return lines if customers is None else lines.filter(pl.col("customer_id").is_in(customers.to_list()))


def _claimed(
    shop: Shop, lines: pl.DataFrame, start: datetime, end: datetime, placements: Sequence[str] = ()
) -> list[Credit]:
    rows = [
        {name: row[name] for name in ("customer_id", "product_id", "offer_id", "outcome", "placement", "at")}
        for row in shop.store.outcomes.between(start - timedelta(days=Windows().click_days), end)
        if not placements or row["placement"] in placements
    ]
    touches = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()
    return attribute(lines.with_columns(pl.col("placed_at").dt.epoch("us")), touches)


def read_experiment_effect(shop: Shop, experiment_id: str, now: datetime) -> dict[str, Any]:
    """Every arm against the first, as plain JSON.

    Raises:
        NotFound: no such experiment.
        Conflict: it was never started.
        SampleRatioMismatch: its arms are not split as planned: nothing of it may be read.
        TooFewData: fewer than two customers in an arm.
    """
    experiment = experiment_of(shop, experiment_id)
    if experiment.started_at is None:
        raise Conflict("it was never started", key="experiment", value=experiment_id,
                       way_out=f"tsuide experiment start {experiment_id}")  # fmt: skip
    end = experiment.stopped_at or now
    seen = exposures(shop, experiment.started_at, end, cells=False)
    facts = by_account(shop, gather_facts(shop, now)) if experiment.unit == "account" else gather_facts(shop, now)
    name = f"{experiment.id}@account" if experiment.unit == "account" else experiment.id
    counts = {arm.name: len(seen.people(name, arm.name)) for arm in experiment.arms}
    ratio = _ratio(experiment, counts)
    found: dict[str, Any] = {
        "experiment": experiment.id,
        "hypothesis": experiment.hypothesis,
        "state": experiment.state,
        "started_at": experiment.started_at.isoformat(),
        "until": end.isoformat(),
        "planned_end_reached": _ended(experiment, now),
        "window_days": experiment.window,
        "currency": facts.currency,
        "other_currencies": other_currencies(facts, experiment.started_at, end),
        "sample_ratio": ratio.plain(),
        "control": experiment.arms[0].name,
        "impressions": _impressions(shop, seen, experiment, end),
    }
    if experiment.unit == "session":
        return found | {"arms": {}, "segments": {}, "note": "sessions have no orders of their own: acceptance only"}
    return found | {
        "arms": _arms(seen, experiment, name, facts, now, None),
        "segments": {each: _arms(seen, experiment, name, facts, now, each) for each in experiment.segments},
    }


def _ratio(experiment: Experiment, counts: Mapping[str, int]) -> SampleRatio:
    return sample_ratio(counts, experiment.shares).checked(experiment.id)


def _ended(experiment: Experiment, now: datetime) -> bool | None:
    if experiment.days is None or experiment.started_at is None:
        return None
    return now >= experiment.started_at + timedelta(days=experiment.days)


def _arms(
    seen: Exposures, experiment: Experiment, name: str, facts: Facts, now: datetime, segment: str | None
) -> dict[str, Any]:
    """Arm → its effect against control; of a segment, None where an arm has too few customers."""
    control, *others = experiment.arms
    people = {arm.name: seen.people(name, arm.name, segment) for arm in experiment.arms}
    if segment is not None and min(len(each) for each in people.values()) < FEWEST:
        return {arm.name: None for arm in others}
    end = experiment.stopped_at or now
    until = min(now, end + timedelta(days=experiment.window))
    metrics = {arm: metrics_of(each, facts, experiment.window, until) for arm, each in people.items()}
    return {
        arm.name: effect(metrics[arm.name], metrics[control.name], primary=experiment.metric).plain() for arm in others
    }


def _impressions(shop: Shop, seen: Exposures, experiment: Experiment, end: datetime) -> dict[str, Any]:
    """Arm → what was shown and accepted, with the field's lift over control: per impression, not per customer."""
    shown, accepted = dict.fromkeys(experiment.shares, 0), dict.fromkeys(experiment.shares, 0)
    took: set[tuple[str, str]] = set()
    assert experiment.started_at is not None  # noqa: S101 - the caller has looked
    for row in shop.store.outcomes.between(experiment.started_at, end + timedelta(days=7)):
        arm = seen.decisions.get(row["decision_id"] or "", {}).get(experiment.id)
        if arm is None or row["offer_id"] is None:
            continue
        if row["outcome"] == "shown":
            shown[arm] += 1
        elif row["outcome"] in _YES and (arm, row["offer_id"]) not in took:
            took.add((arm, row["offer_id"]))
            accepted[arm] += 1
    groups = {arm: Impressions(n, min(accepted[arm], n)) for arm, n in shown.items() if n}
    control = groups.get(experiment.arms[0].name)
    return {
        arm: {"shown": shown[arm], "accepted": accepted[arm]}
        | ({"lift": acceptance_lift(group, control).plain()} if control and control.accepted else {})
        for arm, group in groups.items()
    }


def by_account(shop: Shop, facts: Facts) -> Facts:
    """The same with every customer's lines under their account."""
    accounts = shop.store.facts.customers().select(customer_id="id", account=pl.coalesce("parent_id", "id"))

    def lifted(frame: pl.DataFrame) -> pl.DataFrame:
        joined = frame.join(accounts, on="customer_id", how="left")
        return joined.with_columns(customer_id=pl.coalesce("account", "customer_id")).drop("account")

    complaints = None if facts.complaints is None else lifted(facts.complaints)
    return replace(facts, lines=lifted(facts.lines), withdrawals=lifted(facts.withdrawals), complaints=complaints,
                   scores=lifted(facts.scores))  # fmt: skip
