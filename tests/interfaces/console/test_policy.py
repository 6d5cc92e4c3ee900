"""The policy's pages: a form that edits the YAML, a check that loses nothing, versions, and two who save at once."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from tsuide.app.jobs import wait_for
from tsuide.app.policies import active_policy, put_in_force
from tsuide.app.serving import clock
from tsuide.interfaces.console.diffs import compared
from tsuide.interfaces.console.policy_form import changes, fields_of, taken
from tsuide.offers.policy.load import load_policy, ready_text

STANDARD = ready_text("standard")
BASE = ("standard", load_policy(STANDARD).version)


@pytest.fixture
def owner(running: Any) -> Any:
    """An owner of a shop with the ready policy in force, and no draft."""
    put_in_force(running.shop, STANDARD, clock(), "A")
    return running.person("owner")


def sent(owner: Any, **fields: Any) -> dict[str, Any]:
    """What the form of the policy in force sends."""
    held = active_policy(owner.shop, clock())
    form = {name: list(value) for name, value in fields_of(held).items()}
    ticks = [name for name, value in form.items() if name.startswith(("rules.", "placements.")) and len(value) != 1]
    base = {"base_name": held.name, "base_version": held.version}
    return {"form": "1", "ticks": ticks, "text": held.text, "shown": held.text} | base | form | fields


def text_of(page: str) -> str:
    found = re.search(r'<textarea id="f-text".*?>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def test_every_field_that_is_not_touched_changes_nothing() -> None:
    for name in ("gentle", "standard", "sales_team"):
        fields = fields_of(load_policy(ready_text(name)))
        assert changes(fields, fields) == []
        assert taken(ready_text(name), ready_text(name), BASE, fields).text == ready_text(name)


def test_a_changed_field_stands_in_the_yaml_with_its_comment(owner: Any) -> None:
    fields = sent(owner, holdout="7.5%", **{"margin_rates[new].category": "お茶", "margin_rates[new].rate": "20%"})
    owner.post("/policy/check", **fields)
    page = owner.get("/policy")
    wanted = STANDARD.replace("holdout: 5% ", "holdout: 7.5% ").replace("rates: {}", "rates: {お茶: 20%}")
    assert text_of(page) == wanted
    assert 'name="margin_rates.お茶" value="20%"' in page
    assert "This policy is good" in page


def test_a_rule_is_switched_off_by_its_tick_and_rows_come_and_go(owner: Any) -> None:
    fields = sent(owner)
    del fields["rules.evidence"]
    fields |= {"ticks": [*fields["ticks"], "rules.evidence"], "contact_limits[0].remove": "on",
               "levers[new].percent": "20", "levers[new].kinds": ["bundle"], "levers[new].category": "tea"}  # fmt: skip
    owner.post("/policy/check", **fields)
    policy = load_policy(text_of(owner.get("/policy")))
    assert policy.value("evidence", "on") == 0
    assert (len(policy.limits), policy.levers[0].percent, policy.levers[0].category) == (4, 20, "tea")


def test_the_yaml_is_shown_in_the_form(owner: Any) -> None:
    text = STANDARD.replace("price_reach: {of_main: 100%", "price_reach: {of_main: 60%")
    owner.post("/policy/check", **sent(owner, text=text))
    assert 'name="rules.price_reach.of_main" value="60%"' in owner.get("/policy")


def test_what_is_wrong_in_the_yaml_is_named_with_its_line_and_nothing_is_lost(owner: Any) -> None:
    broken = STANDARD.replace("in_stock: {least: 1}", "in_stok: {least: 1}")
    owner.post("/policy/check", **sent(owner, text=broken, holdout="9%"))
    page = owner.get("/policy", status=200)
    line = broken.splitlines().index("  in_stok: {least: 1}") + 1
    assert f"▶ {line:4d}    in_stok" in page
    assert text_of(page) == broken
    assert 'name="holdout" value="9%"' in page  # waits until the YAML is right
    owner.post("/policy/check", **sent(owner, holdout="9%"))
    assert "holdout: 9% " in text_of(owner.get("/policy"))


def test_what_is_wrong_in_a_field_is_marked_there_and_stays(owner: Any) -> None:
    owner.post("/policy/check", **sent(owner, **{"rules.quiet_hours.start": "25:99", "holdout": "8%"}))
    page = owner.get("/policy")
    assert re.search(r'name="rules.quiet_hours.start" value="25:99" aria-invalid="true"', page)
    assert 'name="holdout" value="8%"' in page
    assert text_of(page) == STANDARD


def test_a_contradiction_points_at_its_line(owner: Any) -> None:
    owner.post("/policy/check", **sent(owner, **{"margin_rates[new].category": "tea", "margin_rates[new].rate": "1%"}))
    page = owner.get("/policy")
    assert "below rules.margin_floor.rate" in page
    assert re.search(r"▶ +\d+  margin_rates: \{tea: 1%\}", page)


def test_saved_with_a_note_and_undone(owner: Any) -> None:
    refused = owner.post("/policy/save", status=422, **sent(owner, holdout="6%"))
    assert 'id="f-note" name="note"' in refused.text
    assert 'name="holdout" value="6%"' in refused.text
    answer = owner.post("/policy/save", **sent(owner, holdout="6%", note="a larger group"))
    assert active_policy(owner.shop, clock()).holdout == 600
    assert "Put a new policy in force" in owner.get("/policy", done=answer.headers["location"].rpartition("=")[2])
    assert "a larger group" in owner.get("/policy/versions")
    owner.undo(answer)
    assert active_policy(owner.shop, clock()).text == STANDARD


def test_nothing_is_put_over_what_somebody_else_put_there_since(owner: Any, running: Any) -> None:
    mine = sent(owner, holdout="6%", note="mine")
    theirs = put_in_force(running.shop, STANDARD.replace("holdout: 5%", "holdout: 10%"), clock(), "B", note="theirs")
    page = owner.post("/policy/save", status=409, **mine).text
    assert "nothing was overwritten" in page
    assert "theirs" in page
    assert "holdout: 6%" in text_of(page)
    assert active_policy(running.shop, clock()).version == theirs.version
    owner.post("/policy/rebase", over=f"{theirs.name}@{theirs.version}")
    again = text_of(owner.get("/policy"))
    base = {"base_name": theirs.name, "base_version": theirs.version}
    owner.post("/policy/save", **mine | base | {"text": again, "shown": again})
    assert active_policy(running.shop, clock()).holdout == 600


def test_an_older_version_comes_back_and_that_is_undone_too(owner: Any, running: Any) -> None:
    newer = put_in_force(running.shop, STANDARD.replace("holdout: 5%", "holdout: 11%"), clock(), "B")
    over = f"{newer.name}@{newer.version}"
    answer = owner.post("/policy/restore", name=BASE[0], version=BASE[1], over=over)
    assert active_policy(running.shop, clock()).text == STANDARD
    assert owner.post("/policy/restore", status=409, name=BASE[0], version=BASE[1], over=over).status_code == 409
    owner.undo(answer)
    assert active_policy(running.shop, clock()).version == newer.version


def test_two_versions_are_compared_in_one_column_and_in_two(owner: Any, running: Any) -> None:
    newer = put_in_force(running.shop, STANDARD.replace("holdout: 5%", "holdout: 12%"), clock(), "B")
    query = {"one": "@".join(BASE), "two": f"{newer.name}@{newer.version}"}
    assert '<b aria-label="added">+</b>' in owner.get("/policy/diff", **query)
    assert '<b aria-label="changed">+</b>' in owner.get("/policy/diff", view="beside", **query)
    assert "Both are the same" in owner.get("/policy/diff", one=query["one"], two=query["one"])
    owner.get("/policy/diff", status=404, one="nothing@0")


def test_lines_that_only_one_text_has_are_told_apart() -> None:
    lines = compared("a\nb\nc\n", "a\nc\nd\n", beside=True)
    assert [(each.mark, each.was, each.now) for each in lines] == [
        (" ", "a", "a"), ("-", "b", ""), (" ", "c", "c"), ("+", "", "d"),
    ]  # fmt: skip


def test_a_policy_is_tried_before_it_is_saved(owner: Any, running: Any, decided: Any) -> None:
    decided(running.shop, clock() - timedelta(days=2), range(3))
    text = STANDARD.replace("margin_floor: {rate: 5%}", "margin_floor: {rate: 95%}")
    owner.post("/policy/try", status=422, **sent(owner, text=text, days="many"))
    owner.post("/policy/try", **sent(owner, text=text, days="30"))
    assert "data-job=" in owner.get("/policy")
    job = running.shop.store.jobs.recent("policy")[0]
    assert wait_for(running.shop, job["id"], clock, 60)["state"] == "done"
    page = owner.get("/policy")
    assert text_of(page) == text  # the draft outlives the page
    assert re.search(r'<td data-label="Rule">below the margin floor</td>', page)
    assert "/offers/decision/dec_" in page  # an example
    assert "Would have refused" in page
    owner.post("/policy/discard")
    assert "This was tried with another text" in owner.get("/policy")


def test_who_only_looks_sees_it_and_changes_nothing(running: Any) -> None:
    auditor = running.person("auditor")
    page = auditor.get("/policy")
    assert "readonly" in page
    assert "/policy/save" not in page
    auditor.post("/policy/save", status=403, text="name: x")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_of_it_is_there_in_both_languages(owner: Any, language: str) -> None:
    for path in ("/policy", "/policy/versions", "/policy/diff"):
        assert f'<html lang="{language}">' in owner.get(path, lang=language)
