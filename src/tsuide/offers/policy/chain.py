"""All rules in the order in which they are asked: eligibility → applicability → suitability → contact.

The first rule that refuses a candidate is the one that counts, so the cheap and the plain stand first.
"""

import importlib
from functools import cache
from typing import Final, cast

import numpy as np

from tsuide.offers.policy.rule import STAGES, LoadedRule, Rule

ORDER: Final = (
    # eligibility: must be fulfilled
    "excluded",
    "category_filter",
    "kind_allowed",
    "sellable",
    "in_stock",
    "same_currency",
    "consent",
    "age_limit",
    "region",
    "lesson_audience",
    "ships_together",
    "sender_named",
    "quiet_hours",
    "qualification",
    "need_recorded",
    "final_confirmation",
    "premium_limit",
    "honest_price",
    # applicability: relevant now
    "in_cart",
    "already_owned",
    "lesson_over",
    "lesson_joined",
    "lesson_prerequisite",
    "not_due",
    "never_with",
    "required_part",
    "main_product",
    "too_early",
    "too_late",
    "down_sell_hesitation",
    "down_sell_first",
    "after_win",
    "shown_on_earlier_page",
    "filler_gap",
    # suitability: in the customer's own interest
    "payment_default",
    "open_complaint",
    "bad_score",
    "frequent_returner",
    "cost_to_serve",
    "budget",
    "price_reach",
    "upgrade_reach",
    "down_sell_reach",
    "alternative_reach",
    "margin_floor",
    "worthless",
    "quality_floor",
    "often_returned",
    "evidence",
    "unlikely",
    # contact limits and suppression
    "have_it",
    "not_for_me",
    "not_now",
    "too_dear",
    "suppressed",
    "contact_limit",
    "offers_per_page",
)


@cache
def rules() -> tuple[LoadedRule, ...]:
    """Every rule with its predicate, in order.

    >>> [loaded.rule.code for loaded in rules()][:3]
    ['excluded', 'category_filter', 'kind_allowed']
    """
    loaded = []
    for code in ORDER:
        module = importlib.import_module(f"tsuide.offers.policy.rules.{code}")
        rule = cast("Rule", module.RULE)
        loaded.append(LoadedRule(rule, module.refuses, module))
    stages = [STAGES.index(each.rule.stage) for each in loaded]
    if stages != sorted(stages) or [each.rule.code for each in loaded] != list(ORDER):
        raise AssertionError("a rule stands out of its stage, or under another name than its file's")
    return tuple(loaded)


def field(code: str, name: str) -> str:
    """The field of the policy's record that holds a rule's parameter (or its `on`)."""
    return f"{code}_{name}"


@cache
def policy_dtype() -> np.dtype[np.void]:
    """The policy as a structured record: for each rule `<code>_on` and `<code>_<parameter>`, all int64."""
    names = []
    for loaded in rules():
        names.append(field(loaded.rule.code, "on"))
        names.extend(field(loaded.rule.code, each.name) for each in loaded.rule.parameters)
    return np.dtype([(name, np.int64) for name in names])
