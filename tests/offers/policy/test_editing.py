"""A form changes one place of a policy's text and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsuide.errors import BadPolicy
from tsuide.offers.policy import chain
from tsuide.offers.policy.editing import Path, edited, flow, scalar
from tsuide.offers.policy.load import READY, load_policy, ready_text
from tsuide.offers.policy.reading import read

STANDARD = ready_text("standard")


def test_a_value_changes_and_its_comment_stays() -> None:
    made = edited(STANDARD, ("holdout",), "7.5%")
    assert made == STANDARD.replace("holdout: 5% ", "holdout: 7.5% ")


def test_a_key_of_a_rule_is_added_beside_the_others() -> None:
    text = 'rules:\n  quiet_hours: {start: "21:00"}  # night\n  region: on\n'
    made = edited(text, ("rules", "quiet_hours", "end"), scalar("8:30"))
    assert made == 'rules:\n  quiet_hours: {start: "21:00", end: "8:30"}  # night\n  region: on\n'


def test_a_rule_that_was_only_on_takes_parameters() -> None:
    made = edited(STANDARD, ("rules", "after_win", "score"), "8")
    assert load_policy(made).value("after_win", "score") == 8
    assert made == STANDARD.replace("after_win: off", "after_win: {score: 8}")


def test_a_row_is_added_behind_the_last_and_taken_out_whole() -> None:
    row = flow({"channel": "phone", "most": "1", "days": "30"})
    more = edited(STANDARD, ("contact_limits", 5), row)
    assert "  - {channel: site, most: 60, days: 1}\n  - {channel: phone, most: 1, days: 30}\n\nsuppression" in more
    assert edited(more, ("contact_limits", 5), None) == STANDARD


def test_what_is_missing_is_made_with_all_that_leads_there() -> None:
    text = "name: mine\n"
    assert edited(text, ("levers", 0), flow({"percent": "20", "category": "お茶"})) == (
        "name: mine\nlevers:\n  - {percent: 20, category: お茶}\n"
    )
    assert edited(text, ("margin_rates", "Books & more: all"), "20%") == (
        'name: mine\nmargin_rates:\n  "Books & more: all": 20%\n'
    )


def test_an_empty_mapping_fills_and_empties_again() -> None:
    filled = edited(STANDARD, ("margin_rates", "Cameras"), "20%")
    assert filled == STANDARD.replace("margin_rates: {}", "margin_rates: {Cameras: 20%}")
    assert edited(filled, ("margin_rates", "Cameras"), None) == STANDARD
    block = edited("name: a\nmargin_rates:\n  Cameras: 20%\n", ("margin_rates", "Cameras"), None)
    assert load_policy(block).margin_rates == {}


def test_a_key_without_a_value_takes_one() -> None:
    assert edited("levers:\nname: a\n", ("levers", 0), "{percent: 5}") == "levers: [{percent: 5}]\nname: a\n"


def test_a_block_of_keys_is_replaced_without_the_comment_behind_it() -> None:
    text = "rules:\n  in_stock:\n    least: 2\n  # the rest\n  region: on\n"
    assert edited(text, ("rules", "in_stock"), "off") == "rules:\n  in_stock:\n    off\n  # the rest\n  region: on\n"


def test_a_place_that_cannot_be_changed_alone_is_refused_with_its_line() -> None:
    with pytest.raises(BadPolicy, match="line 1") as refused:
        edited("name: a\n", ("name",), "b\nholdout: 1%")
    assert refused.value.way_out == "change the YAML"


@pytest.mark.parametrize("name", READY)
def test_every_rule_of_a_ready_policy_can_be_switched(name: str) -> None:
    text = ready_text(name)
    for loaded in chain.rules():
        if not loaded.rule.fixed:
            for said, on in (("off", 0), ("on", 1)):
                made = edited(text, ("rules", loaded.rule.code), said)
                assert load_policy(made, kept=True).value(loaded.rule.code, "on") == on
                assert made.count("#") == text.count("#")


paths = st.one_of(
    st.tuples(st.just("rules"), st.sampled_from(chain.ORDER), st.sampled_from(["least", "rate", "days"])),
    st.tuples(st.just("contact_limits"), st.integers(0, 5), st.sampled_from(["most", "days", "channel"])),
    st.tuples(st.just("margin_rates"), st.text(min_size=1, max_size=12).map(str.strip).filter(bool)),
    st.tuples(st.sampled_from(["holdout", "name", "levers", "page"])),
)


@settings(deadline=None, max_examples=60)
@given(paths, st.text(max_size=12), st.sampled_from(READY))
def test_an_edit_says_what_was_wanted_or_is_refused(path: Path, value: str, ready: str) -> None:
    text = ready_text(ready)
    try:
        made = edited(text, path, scalar(value))
    except BadPolicy:
        return
    found = read(made).node
    for key in path:
        if isinstance(key, int):
            found = found.value[min(key, len(found.value) - 1)]
        else:
            found = next(each for name, each in found.value if name.value == key)
    assert found.value == value.strip()
