"""A policy is read strictly: what is wrong is named with its line, and with what was probably meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadPolicy, TsuideError
from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.offers.offer import KINDS, PLACEMENTS
from tsuide.offers.policy import chain
from tsuide.offers.policy.load import READY, load_policy, ready_policy, ready_text
from tsuide.offers.policy.phrases import PARAMETERS, RULES

_RESTS = """suppression:
  - {outcome: shown, scope: all, count: 1, within_days: 7, rest_days: 1}
rules: {suppressed: off}
"""


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "is empty"),
        ("rules:\n  in_stok: on", 2, "did you mean in_stock"),
        ("ruls: {}", 1, "did you mean rules"),
        ("rules:\n  in_stock:\n    leest: 2", 3, "did you mean least"),
        ("rules:\n  in_stock:\n    least: 0", 3, "must be 1"),
        ("rules:\n  in_stock:\n    least: two", 3, "whole number"),
        ("rules:\n  margin_floor:\n    rate: 120%", 3, "must be 0 … 1"),
        ("rules:\n  margin_floor:\n    rate: cheap", 3, "share"),
        ("rules:\n  quiet_hours:\n    start: 25:00", 3, "time of day"),
        ("\nrules:\n  consent: off", 3, "cannot be switched off"),
        ("rules:\n  in_stock: maybe", 2, "yes or no"),
        ("rules:\n  in_stock: on\n  in_stock: off", 3, "stands twice"),
        ("name: a\nname: b", 2, "stands twice"),
        ("a: [1", None, "not YAML"),
        ("rules: &x {}\nplacements: *x", 2, "aliases"),
        ("- a\n- b", 1, "keys with values"),
        ("placements:\n  cart: [cross_sel]", 2, "did you mean cross_sell"),
        ("placements:\n  kart: all", 2, "did you mean cart"),
        ("contact_limits:\n  - {channel: email, days: 7}", 2, "lacks most"),
        ("contact_limits:\n  - {channel: any, most: 0, days: 7}", 2, "no contact on any channel"),
        ("suppression:\n  - {outcome: seen, scope: product, count: 1, within_days: 7, rest_days: 1}", 2, "choices"),
        ("levers:\n  - {percent: -100}", 2, "must be -99"),
        ("mandatory:\n  - {product: a, kind: cross_sell, until: tomorrow}", 2, "time zone"),
        ("holdout: 95%", 1, "must be"),
        ("time_zone: Tokyo", None, "time zone"),
        ("currency: YEN", None, "currency"),
        # what contradicts itself
        ("rules: {margin_floor: {rate: 15%}}\nmargin_rates:\n  Books: 10%", 3, "below rules.margin_floor.rate of 15%"),
        ("rules:\n  upgrade_reach: {least: 200%, most: 150%}", 2, "nothing could pass"),
        (
            "placements: {cart: [filler]}\nmandatory:\n  - {product: a, kind: cross_sell, placements: [cart]}",
            3,
            "allows",
        ),
        ("exploration: {temperature: 10%, guard: 0%}", 1, "may give up nothing"),
        ("placements:\n  email: all\ncontact_limits: [{channel: email, most: 0, days: 7}]", 2, "allow no email"),
        ("placements:\n" + "".join(f"  {each}: none\n" for each in PLACEMENTS), 2, "no kind is allowed anywhere"),
        ("rules:\n  upgrade_reach: {least: 50%, most: 90%}", 2, "an upgrade costs more"),
        ("rules:\n  upgrade_reach: {least: 160%}", 2, "least 160% is above most 150%"),
        ("rules:\n  down_sell_reach: {least: 100%, most: 100%}", 2, "a down-sell costs less"),
        ("rules:\n  alternative_reach: {least: 110%}", 2, "at the same price could not pass"),
        ('rules:\n  quiet_hours: {start: "8:00"}', 2, "start and end are both 8:00"),
        ("rules:\n  filler_gap: {overshoot: 0%}", 2, "placements allow filler"),
        ("holdout: 100%", 1, "must be 0 … 0.9"),
        ("page:\n  offers: 2\n  per_need: 3", 3, "more offers for one need than offers on the page, 2"),
        ("rules:\n  offers_per_page: {most: 5}\npage:\n  offers: 3", 4, "rules.offers_per_page.most says 5"),
        ("rules: {offers_per_page: off}\npage:\n  offers: 3", 3, "rules.offers_per_page is off"),
        ("priors:\n  up_sell: 0.1%", 2, "below rules.unlikely.least of 0.2%"),
        (
            "placements: {cart: [filler]}\nlevers:\n  - {percent: 9, kinds: [bundle], placements: [cart]}",
            3,
            "weighs nothing",
        ),
        ("mandatory:\n  - {product: a, kind: cross_sell, placements: [email]}", 2, "no sender is named"),
        (
            "rules: {contact_limit: off}\ncontact_limits:\n  - {channel: email, most: 1, days: 7}",
            3,
            "contact_limit is off",
        ),
        (
            _RESTS,
            2,
            "suppressed is off",
        ),
        (
            "contact_limits:\n  - {channel: email, most: 1, days: 7}\n  - {channel: email, most: 3, days: 7}",
            3,
            "another row says 1",
        ),
        ("placements:\n  cart: all\ncontact_limits: [{channel: site, most: 0, days: 1}]", 2, "allow no site"),
        ("influence: {start: 90%, target: 80%, days: 30}", 1, "start 90% is above target 80%"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int | None, said: str) -> None:
    with pytest.raises(TsuideError) as caught:
        load_policy(text)
    assert said in str(caught.value)
    if isinstance(caught.value, BadPolicy) and line is not None:
        assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "rules: {upgrade_reach: off, quiet_hours: off, filler_gap: off}",
        "rules: {filler_gap: {overshoot: 0%}}\nplacements: {"
        + ", ".join(f"{each}: [cross_sell]" for each in PLACEMENTS)
        + "}",
        "rules: {offers_per_page: {most: 5}}\npage: {offers: 5, per_need: 5}",
        "rules: {contact_limit: off, suppressed: off}\ncontact_limits: []",
        "rules: {unlikely: off}\npriors: {up_sell: 0.1%}",
        "contact_limits: [{channel: email, most: 1, days: 7}, {channel: email, most: 3, days: 30}]",
        "contact_limits: [{channel: email, most: 0, days: 7}]",
    ],
)
def test_what_is_only_strict_is_no_contradiction(text: str) -> None:
    assert load_policy(text).text == text


@pytest.mark.parametrize("name", READY)
def test_ready_made_policies_load_and_name_themselves(name: str) -> None:
    policy = ready_policy(name)
    assert policy.name == name
    assert policy.value("in_stock", "on") == 1
    assert policy.text == ready_text(name)


def test_a_version_kept_before_a_contradiction_was_known_still_replays() -> None:
    text = "influence: {start: 90%, target: 80%, days: 30}"
    assert load_policy(text, kept=True).influence.start == 9_000


def test_gentle_is_gentler_than_standard() -> None:
    gentle, standard = ready_policy("gentle"), ready_policy("standard")
    assert gentle.page_most < standard.page_most
    assert gentle.value("not_now", "days") > standard.value("not_now", "days")
    assert gentle.suppression["rest"][0] == 30 * MICROS_PER_DAY


def test_numbers_are_kept_in_their_units() -> None:
    policy = load_policy(
        "rules:\n"
        "  margin_floor: {rate: 12.5%}\n"
        "  quality_floor: {rating: 3.5, reviews: 4}\n"
        '  quiet_hours: {start: "22:30", end: "7:00"}\n'
        "  ships_together: {kinds: [filler]}\n"
        "page: {offers: 5, per_need: 2}\n"
        "placements: {cart: none, product: all}\n"
        "priors: {up_sell: 2%}\n"
    )
    assert policy.value("margin_floor", "rate") == 1_250
    assert policy.value("quality_floor", "rating") == 350
    assert policy.value("quiet_hours", "start") == 22 * 60 + 30
    assert policy.value("ships_together", "kinds") == 1 << KINDS.index("filler")
    assert (policy.page_most, policy.per_need) == (5, 2)
    assert policy.kinds_of_placement[PLACEMENTS.index("cart")] == 0
    assert policy.kinds_of_placement[PLACEMENTS.index("product")] == 255
    assert policy.priors[KINDS.index("up_sell")] == 200


def test_the_version_is_the_hash_of_the_text() -> None:
    assert load_policy("name: a").version != load_policy("name: a ").version
    assert load_policy("name: a").version == load_policy("name: a").version


@given(st.text(max_size=200))
def test_whatever_is_written_gives_a_policy_or_a_clear_error(text: str) -> None:
    try:
        policy = load_policy(text)
    except TsuideError:
        return
    assert policy.text == text


def test_every_rule_and_every_parameter_is_told_in_words() -> None:
    named = {f"{each.rule.code}.{one.name}" for each in chain.rules() for one in each.rule.parameters}
    assert set(PARAMETERS.all("ja")) == named
    assert set(RULES.all("ja")) == set(chain.ORDER)


@pytest.mark.parametrize("depth", [60, 100_000])
def test_what_stands_too_deep_is_refused_and_not_walked_into(depth: int) -> None:
    with pytest.raises(BadPolicy, match=r"too deep|nesting depth"):
        load_policy("name: " + "[" * depth)


def test_half_a_character_is_refused_with_its_line() -> None:
    with pytest.raises(BadPolicy, match="half a character") as caught:
        load_policy("name: x\nabout: a\ud800b")
    assert caught.value.line == 2
