"""What every rule must hold: its file, its sentences, its page, and that machine code says what Python says."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.offers import codes
from tsuide.offers.kernels import kernels
from tsuide.offers.policy import chain
from tsuide.offers.policy.fuse import all_refusals, fuse, plain_verdict
from tsuide.offers.policy.load import ready_policy
from tsuide.offers.policy.phrases import RULES
from tsuide.offers.policy.rule import LoadedRule
from tsuide.offers.records import CANDIDATE, CUSTOMER, REQUEST, PlainRecord

ROOT = Path(__file__).parents[2]
FILES = sorted(path.stem for path in (ROOT / "src/tsuide/offers/policy/rules").glob("[!_]*.py"))
ALL_KINDS = 255

# A candidate that no rule of the standard policy refuses …
GOOD_CANDIDATE: dict[str, Any] = {
    "anchor": 1, "kind": codes.CROSS_SELL, "source": codes.COMPLEMENTS, "quantity": 1, "parent": -1,
    "price": 3_000, "list_price": 3_000, "anchor_price": 30_000, "nearest_price": -1, "net_price": 2_728,
    "margin": 1_500,
    "margin_basis": codes.MARGIN_FROM_COST, "worth": 1_400, "currency": 0, "stock": 5,
    "status": codes.ACTIVE, "durable": 1, "rating": 4.5, "reviews": 10, "count": 50, "base": 100,
    "lift": 4.0, "lift_low": 3.0, "chance": 0.5, "propensity": 0.5, "opens": -1, "closes": -1,
    "owned_days": -1, "kin_days": -1, "interval": -1, "said_not_for_me": -1, "said_not_now": -1, "said_too_dear": -1,
    "too_dear_price": -1, "returns": -1, "qualified": True,
}  # fmt: skip
GOOD_CUSTOMER: dict[str, Any] = {
    "known": True, "personalisation": True, "marketing": True, "age": 30, "band_low": 500,
    "band_middle": 2_000, "band_high": 9_000, "returns": 0, "last_score": 9, "cost_to_serve": -1, "margin": -1,
    "offered_before": True,
}  # fmt: skip
GOOD_REQUEST: dict[str, Any] = {
    "kinds": ALL_KINDS, "cart_value": 30_000, "cart_dearest": 30_000, "cart_lines": 1, "cart_shipping": 0,
    "currency": 0, "yen": True, "budget": -1, "local_minute": 720, "gap": -1, "contacts_left": 5,
    "sender_named": True,
}  # fmt: skip

# … and for each rule a change by which it, and nothing before it, refuses.
Change = dict[str, Any]
REFUSED: dict[str, tuple[Change, Change, Change, Change]] = {
    # rule: candidate, customer, request, policy
    "excluded": ({"excluded": True}, {}, {}, {}),
    "category_filter": ({"outside_filter": True}, {}, {}, {}),
    "kind_allowed": ({}, {}, {"kinds": 0}, {}),
    "sellable": ({"price": -1}, {}, {}, {}),
    "in_stock": ({"stock": 0}, {}, {}, {}),
    "same_currency": ({"currency": 1}, {}, {}, {}),
    "consent": ({"personal": True}, {"personalisation": False}, {}, {}),
    "age_limit": ({"min_age": 20}, {"age": -1}, {}, {}),
    "region": ({"regions": 2}, {"region": 1}, {}, {}),
    "lesson_audience": ({"lesson": codes.LESSON_AUDIENCE}, {}, {}, {}),
    "ships_together": ({"kind": codes.FILLER, "shipping": 1}, {}, {}, {}),
    "sender_named": ({}, {}, {"outbound": True, "sender_named": False}, {}),
    "quiet_hours": ({}, {}, {"outbound": True, "local_minute": 22 * 60}, {}),
    "qualification": ({"qualified": False}, {}, {"rep": True}, {"qualification_hand_over": 0}),
    "need_recorded": ({}, {}, {"rep": True}, {"need_recorded_on": 1}),
    "final_confirmation": ({"product_kind": codes.SUBSCRIPTION}, {}, {}, {}),
    "premium_limit": ({"premium": 601}, {}, {}, {}),
    "honest_price": ({"crossed_out": True}, {}, {}, {}),
    "in_cart": ({"variant_in_cart": True}, {}, {}, {}),
    "already_owned": ({"owned_days": 400, "durable": -1}, {}, {}, {}),
    "lesson_over": ({"lesson": codes.LESSON_OVER}, {}, {}, {}),
    "lesson_joined": ({"lesson": codes.LESSON_JOINED}, {}, {}, {}),
    "lesson_prerequisite": ({"lesson": codes.LESSON_PREREQUISITE}, {}, {}, {}),
    "not_due": ({"owned_days": 20, "interval": 30, "durable": 0}, {}, {}, {}),
    "never_with": ({"never_with": True}, {}, {}, {}),
    "required_part": ({"required_part": True}, {}, {}, {}),
    "main_product": ({"main_product": True}, {}, {}, {}),
    "too_early": ({"since_anchor": 2, "opens": 5, "closes": 90}, {}, {}, {}),
    "too_late": ({"since_anchor": 98, "opens": 1, "closes": 90}, {}, {}, {}),
    "down_sell_hesitation": ({"kind": codes.DOWN_SELL, "price": 20_000}, {}, {}, {}),
    "down_sell_first": (
        {"kind": codes.DOWN_SELL, "price": 20_000},
        {"offered_before": False},
        {"hesitation": codes.REPEATED_VIEWS_BIT},
        {},
    ),
    "after_win": ({}, {"company": True, "last_score": 8}, {}, {"after_win_on": 1}),
    "shown_on_earlier_page": ({"shown_before": True}, {}, {}, {}),
    "filler_gap": ({"kind": codes.FILLER, "reaches_gap": True}, {}, {"gap": 900}, {}),
    "payment_default": ({}, {"payment_default": True}, {}, {}),
    "open_complaint": ({}, {"open_complaint": True}, {}, {}),
    "bad_score": ({}, {"last_score": 6}, {}, {}),
    "frequent_returner": ({}, {"returns": 5_001, "bought_units": 5}, {}, {}),
    "cost_to_serve": ({}, {"cost_to_serve": 100, "margin": 99}, {}, {}),
    "budget": ({}, {}, {"budget": 2_999}, {}),
    "price_reach": ({"price": 30_001}, {}, {}, {}),
    "upgrade_reach": ({"kind": codes.UP_SELL, "price": 45_001}, {}, {}, {}),
    "down_sell_reach": ({"kind": codes.DOWN_SELL, "price": 29_000}, {}, {"hesitation": 1}, {}),
    "alternative_reach": ({"kind": codes.ALTERNATIVE, "price": 20_999, "nearest_price": 29_000}, {}, {}, {}),
    "margin_floor": ({"margin": 100}, {}, {}, {}),
    "worthless": ({"worth": 0}, {}, {}, {}),
    "quality_floor": ({"rating": 2.9, "reviews": 5}, {}, {}, {}),
    "often_returned": ({"returns": 2_501}, {}, {}, {}),
    "evidence": ({"lift_low": 0.9}, {}, {}, {}),
    "unlikely": ({"propensity": 0.001}, {}, {}, {}),
    "have_it": ({"said_have_it": True}, {}, {}, {}),
    "not_for_me": ({"said_not_for_me": 179}, {}, {}, {}),
    "not_now": ({"said_not_now": 13}, {}, {}, {}),
    "too_dear": ({"said_too_dear": 10, "too_dear_price": 3_000}, {}, {}, {}),
    "suppressed": ({"suppressed": 1}, {}, {}, {}),
    "contact_limit": ({}, {}, {"contacts_left": 0}, {}),
    "offers_per_page": ({"place": 3}, {}, {}, {}),
}
# … and a change beside it by which it does not.
PASSED: dict[str, tuple[Change, Change, Change, Change]] = {
    "sellable": ({"price": -1}, {}, {"rep": True, "needs_recorded": True}, {}),
    "in_stock": ({"stock": -1}, {}, {}, {}),
    "same_currency": ({"currency": 1}, {}, {"currency": -1}, {}),
    "age_limit": ({"min_age": 20}, {"age": 20}, {}, {}),
    "region": ({"regions": 2}, {"region": 0}, {}, {}),
    "ships_together": ({"shipping": 1}, {}, {}, {}),
    "sender_named": ({}, {}, {"outbound": True, "sender_named": False, "transactional": True}, {}),
    "quiet_hours": ({}, {}, {"outbound": True, "local_minute": 8 * 60}, {}),
    "qualification": ({"qualified": False}, {}, {"rep": True}, {}),
    "final_confirmation": ({"product_kind": codes.SUBSCRIPTION, "has_terms": True}, {}, {}, {}),
    "premium_limit": ({"premium": 600}, {}, {}, {}),
    "honest_price": ({"crossed_out": True, "price_history": True}, {}, {}, {}),
    "already_owned": ({"owned_days": 400, "durable": 0}, {}, {}, {}),
    "not_due": ({"owned_days": 21, "interval": 30, "durable": 0}, {}, {}, {}),
    "main_product": ({"main_product": True, "kind": codes.UP_SELL, "price": 40_000}, {}, {}, {}),
    "too_early": ({"since_anchor": 5, "opens": 5, "closes": 90}, {}, {}, {}),
    "too_late": ({"since_anchor": 97, "opens": 1, "closes": 90}, {}, {}, {}),
    "down_sell_hesitation": ({"kind": codes.DOWN_SELL, "price": 20_000}, {}, {"hesitation": 1}, {}),
    "after_win": ({}, {"company": True, "won": True}, {}, {"after_win_on": 1}),
    "filler_gap": ({"kind": codes.FILLER, "reaches_gap": True}, {}, {"gap": 1_000}, {}),
    "bad_score": ({}, {"last_score": 7}, {}, {}),
    "frequent_returner": ({}, {"returns": 5_001, "bought_units": 4}, {}, {}),
    "cost_to_serve": ({}, {"cost_to_serve": 100, "margin": 100}, {}, {}),
    "budget": ({}, {}, {"budget": 3_000}, {}),
    "upgrade_reach": ({"kind": codes.UP_SELL, "price": 45_000}, {}, {}, {}),
    "down_sell_reach": ({"kind": codes.DOWN_SELL, "price": 28_500}, {}, {"hesitation": 1}, {}),
    "alternative_reach": ({"kind": codes.ALTERNATIVE, "price": 18_500, "nearest_price": 18_500}, {}, {}, {}),
    "margin_floor": ({"margin": 0, "margin_basis": codes.UNKNOWN_MARGIN, "worth": 0}, {}, {}, {}),
    "quality_floor": ({"rating": 2.9, "reviews": 4}, {}, {}, {}),
    "not_for_me": ({"said_not_for_me": 180}, {}, {}, {}),
    "not_now": ({"said_not_now": 14}, {}, {}, {}),
    "too_dear": ({"said_too_dear": 10, "too_dear_price": 3_001}, {}, {}, {}),
    "contact_limit": ({}, {}, {"contacts_left": 0, "transactional": True}, {}),
}


def records(*changes: Change) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One record each, good but for the changes."""
    made = []
    for dtype, good, change in zip(
        (CANDIDATE, CUSTOMER, REQUEST), (GOOD_CANDIDATE, GOOD_CUSTOMER, GOOD_REQUEST), changes, strict=False
    ):
        row = np.zeros(1, dtype)
        for name, value in {**good, **change}.items():
            row[name] = value
        made.append(row)
    policy = ready_policy("standard").row.copy()
    for name, value in (changes[3] if len(changes) > 3 else {}).items():
        policy[name] = value
    return made[0], made[1], made[2], policy


def compiled(rows: tuple[np.ndarray, ...]) -> list[int]:
    verdict = np.full(len(rows[0]), 99, np.int32)
    refused = np.zeros(len(chain.ORDER), np.int64)
    cleared = kernels().verdicts(rows[0], len(rows[0]), rows[1], rows[2], rows[3], verdict, refused)
    assert cleared == (verdict < 0).sum()
    assert refused.sum() + cleared == len(rows[0])
    return list(verdict)


def plain(rows: tuple[np.ndarray, ...]) -> list[int]:
    rest = [PlainRecord(row[0]) for row in rows[1:]]
    return [plain_verdict(chain.rules(), (PlainRecord(candidate), rest[0], rest[1], rest[2])) for candidate in rows[0]]


def test_every_file_is_a_rule_of_the_chain_and_the_other_way_round() -> None:
    assert sorted(chain.ORDER) == FILES


@pytest.mark.parametrize("code", chain.ORDER)
def test_every_rule_is_documented_and_has_its_sentences(code: str) -> None:
    page = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
    assert f"`{code}`" in page
    for parameter in next(each.rule for each in chain.rules() if each.rule.code == code).parameters:
        assert f"`{parameter.name}`" in page
    for language in ("ja", "en"):
        assert RULES.text(code, language)


def test_nothing_refuses_the_good_candidate() -> None:
    rows = records({}, {}, {})
    assert compiled(rows) == plain(rows) == [-1]


@pytest.mark.parametrize("code", chain.ORDER)
def test_every_rule_refuses_what_it_is_there_for(code: str) -> None:
    rows = records(*REFUSED[code])
    assert chain.ORDER[plain(rows)[0]] == code
    assert compiled(rows) == plain(rows)


@pytest.mark.parametrize("code", PASSED)
def test_every_rule_lets_the_next_thing_through(code: str) -> None:
    rows = records(*PASSED[code])
    assert code not in all_refusals(chain.rules(), tuple(PlainRecord(row[0]) for row in rows))  # type: ignore[arg-type]  # four of them
    assert compiled(rows) == plain(rows)


@pytest.mark.parametrize("code", chain.ORDER)
def test_a_rule_that_is_off_refuses_nothing(code: str) -> None:
    candidate, customer, request, policy = records(*REFUSED[code])
    policy[f"{code}_on"] = 0
    assert plain((candidate, customer, request, policy)) == compiled((candidate, customer, request, policy))
    assert chain.ORDER.index(code) not in plain((candidate, customer, request, policy))


def random_rows(dtype: np.dtype[np.void], count: int, seed: int) -> np.ndarray:
    """Rows of values around the edges at which rules decide."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, dtype)
    edges = [-1, 0, 1, 2, 3, 5, 7, 10, 13, 14, 90, 97, 200, 600, 999, 1000, 3000, 5001, 30_000, 10**12]
    for name in dtype.names or ():
        kind = dtype[name].kind
        if kind == "b":
            rows[name] = rng.random(count) < 0.15
        elif kind == "f":
            rows[name] = rng.choice([-1.0, 0.0, 0.001, 0.002, 0.5, 0.99, 1.0, 1.01, 2.9, 3.0, 5.0], count)
        else:
            room = np.iinfo(dtype[name])
            rows[name] = np.clip(rng.choice(edges, count), room.min, room.max)
    if "kind" in (dtype.names or ()):
        rows["kind"] = rng.integers(0, 8, count)
        rows["source"] = rng.integers(0, 16, count)
        rows["status"] = rng.choice([0, 0, 0, 1, 2], count)
    if "kinds" in (dtype.names or ()):
        rows["kinds"] = rng.choice([ALL_KINDS, 0b10101010, 0], count, p=[0.8, 0.1, 0.1])
    return rows


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(["standard", "gentle", "sales_team"]), on=st.booleans())
def test_the_compiled_verdict_is_the_plain_verdict(seed: int, name: str, *, on: bool) -> None:
    policy = ready_policy(name).row.copy()
    if on:
        rng = np.random.default_rng(seed)
        for code in chain.ORDER:
            policy[f"{code}_on"] = rng.random() < 0.3
    rows = (
        random_rows(CANDIDATE, 40, seed),
        random_rows(CUSTOMER, 1, seed + 1),
        random_rows(REQUEST, 1, seed + 2),
        policy,
    )
    assert compiled(rows) == plain(rows)


def test_a_changed_rule_never_keeps_its_old_machine_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The incident: Numba's cache looks at the outermost file only, and refused offers came through."""
    name = "changing_rule_for_test"
    path = tmp_path / f"{name}.py"
    text = (
        "from tsuide.offers.policy.rule import Rule\n"
        "RULE = Rule('in_stock', 'eligibility')\n"
        "def refuses(candidate, customer, request, policy):\n"
        "    return candidate.stock < {least}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    verdicts = []
    for least in (1, 9):
        path.write_text(text.format(least=least))
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        kernel = fuse([LoadedRule(module.RULE, module.refuses, module)], tmp_path)
        candidate, customer, request, policy = records({}, {}, {})
        verdict = np.zeros(1, np.int32)
        kernel(candidate, 1, customer, request, policy, verdict, np.zeros(1, np.int32))
        verdicts.append(int(verdict[0]))
    assert verdicts == [-1, 0]
