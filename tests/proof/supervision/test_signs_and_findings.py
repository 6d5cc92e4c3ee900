"""From reps' sales to findings: counted by hand on a few, scored on planted gamers, nobody accused of being good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.kit.clock import zone
from tsuide.proof.evaluation.supervision import evaluate_supervision
from tsuide.proof.supervision.chance import p_values, tail
from tsuide.proof.supervision.findings import findings
from tsuide.proof.supervision.phrases import SUPERVISION
from tsuide.proof.supervision.signs import ADVISED, SALES, SIGNS, signs

TOKYO = zone("Asia/Tokyo")
NOON = datetime(2026, 3, 2, 3, tzinfo=UTC)  # in Tokyo
NOW = NOON + timedelta(days=90)
NOBODY = pl.DataFrame(schema=ADVISED)


def sale(name: str, at: datetime = NOON, answer: float | None = 3_600, **more: Any) -> dict[str, Any]:
    given = None if answer is None else at + timedelta(seconds=answer)
    row = {"sale_id": name, "rep_id": "r", "customer_id": "c", "entered_at": at, "given_at": given, "closed": True}
    return row | {"undone_at": None, "used": None} | more


def counted(rows: list[dict[str, Any]], sign: str) -> tuple[int, int, list[str]]:
    found = signs(pl.DataFrame(rows, schema=SALES), NOBODY, zone=TOKYO, now=NOW)
    row = found.filter(pl.col("sign") == sign).row(0, named=True)
    return row["hits"], row["trials"], row["rows"]


def test_a_yes_within_a_minute_is_instant() -> None:
    rows = [sale("a", answer=59), sale("b", answer=60), sale("c", answer=None)]
    assert counted(rows, "instant_yes") == (1, 2, ["a"])


def test_what_was_never_answered_is_slow_and_what_still_waits_is_not() -> None:
    rows = [*(sale(f"{n}") for n in range(20)), sale("late", answer=90_000), sale("never", answer=None)]
    assert counted([*rows, sale("waits", answer=None, closed=False)], "slow_yes") == (2, 22, ["late", "never"])


def test_a_cancellation_within_two_weeks_of_the_yes_is_quick() -> None:
    yes = NOON + timedelta(hours=1)
    rows = [sale("a", undone_at=yes + timedelta(days=14)), sale("b", undone_at=yes + timedelta(days=15)), sale("c")]
    assert counted(rows, "quick_cancel") == (1, 3, ["a"])


def test_only_services_that_are_old_enough_can_be_dormant() -> None:
    new = NOW - timedelta(days=59)
    rows = [sale("a", used=False), sale("b", used=True), sale("c"), sale("d", at=new, used=False)]
    assert counted(rows, "dormant") == (1, 2, ["a"])


def test_three_within_an_hour_after_hours_are_a_burst_and_two_are_none() -> None:
    night = NOON + timedelta(hours=10)  # 22:00 in Tokyo
    burst = [sale(f"x{n}", at=night + timedelta(minutes=30 * n)) for n in range(3)]
    pair = [sale(f"y{n}", at=night + timedelta(days=1, minutes=n)) for n in range(2)]
    noon = [sale(f"z{n}", at=NOON + timedelta(minutes=n)) for n in range(5)]
    assert counted([*burst, *pair, *noon], "after_hours") == (3, 10, ["x0", "x1", "x2"])


@pytest.mark.parametrize(("hits", "p"), [(0, 1.0), (1, 0.75), (2, 0.5), (3, 0.25)])
def test_with_a_flat_rate_every_count_is_as_likely(hits: int, p: float) -> None:
    assert tail(hits, 3, 0.5, 1 / 3) == pytest.approx(p)


def test_gamers_do_not_hide_one_another() -> None:
    hits, trials = np.array([5, 4, 6, 5, 3, 7, 4, 5, 40, 45]), np.full(10, 100)
    p = p_values(hits, trials)
    assert p[8:].max() < 1e-4
    assert p[:8].min() > 0.1


def test_fewer_than_five_reps_are_not_compared() -> None:
    assert p_values(np.array([0, 0, 0, 90]), np.full(4, 100)).tolist() == [1.0] * 4


def table(**of: dict[str, int]) -> pl.DataFrame:
    """Ten ordinary reps, and some whose hits of 100 are given by sign."""
    usual = {"attach_rate": 20, "instant_yes": 2, "slow_yes": 10, "quick_cancel": 4, "dormant": 15, "after_hours": 0}
    reps: dict[str, dict[str, int]] = {f"ok{n}": {} for n in range(10)} | of
    rows = [
        {"rep_id": rep, "sign": sign, "hits": (usual | own)[sign], "trials": 100, "rows": ["s"]}
        for rep, own in reps.items()
        for sign in SIGNS
    ]
    return pl.DataFrame(rows)


def test_a_top_seller_is_told_as_one_and_not_accused() -> None:
    (found,) = findings(table(star={"attach_rate": 70}))
    assert (found.rep_id, found.pattern, found.accuses) == ("star", "top_seller", False)


def test_selling_much_that_customers_did_not_want_reads_as_quota_gaming() -> None:
    gamer, sloppy = findings(table(gamer={"attach_rate": 60, "quick_cancel": 40}, sloppy={"slow_yes": 70}))
    assert (gamer.rep_id, gamer.pattern, gamer.accuses) == ("gamer", "quota_gaming", True)
    assert (sloppy.rep_id, sloppy.pattern) == ("sloppy", "look")
    assert gamer.plain()["beyond_chance"][0]["usual"] < 0.25


def test_planted_gaming_is_found_and_honest_reps_are_left_alone() -> None:
    found = evaluate_supervision(worlds=3, seed=11)
    assert found["found"]["value"] >= 0.9
    assert found["top_sellers_accused"]["value"] == 0.0
    assert found["honest_accused"]["value"] <= 0.05


def test_every_phrase_is_there_in_both_languages() -> None:
    assert SUPERVISION.all("ja").keys() == SUPERVISION.all("en").keys() >= {*SIGNS}
