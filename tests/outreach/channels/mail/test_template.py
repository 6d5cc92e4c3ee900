"""Templates: read strictly, the ready-made ones in both languages, and nothing of the law left to them."""

import json
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue, NotFound
from tsuide.kit.phrases import LANGUAGES
from tsuide.offers.policy.policy import Sender
from tsuide.outreach.channels.mail.layout import PRELUDE, Foot, refuse, whole
from tsuide.outreach.channels.mail.plain_text import plain_text
from tsuide.outreach.channels.mail.sandbox import Sandbox
from tsuide.outreach.channels.mail.template import ESCAPED, READY, read_template, ready_template
from tsuide.outreach.gate import OptIn

AT = datetime(2026, 1, 5, 3, tzinfo=UTC)
FOOT = Foot(
    "Shop", Sender("Shop KK", "Tokyo 1-1", "by the link"), "shop@example.com",
    "https://s.jp/m/unsubscribe/x", "https://s.jp/m/preferences/x", OptIn(AT, "sign-up form"),
)  # fmt: skip
CARD = {"title": "<b>Card</b>", "price": "¥3,000", "list_price": None, "url": "https://s.jp/p?a=1&b=2", "image": None}
CARD |= {"label": "Goes well", "reason": "often together"}
CONTEXT = {
    "customer": {"name": "<i>山田</i>", "greeting": "<i>山田</i> 様"},
    "shop": {"name": "Shop", "url": "https://s.jp/"},
    "values": {"order_id": "A-1"},
    "products": [CARD | {"image": "https://s.jp/i.png"}],
    "offers": [CARD],
    "surveys": {"nps": "https://s.jp/m/survey/nps/x"},
    "language": "en",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(PRELUDE) as made:
        yield made


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", READY)
def test_each_ready_made_template_renders_with_everything_escaped(sandbox: Sandbox, name: str, language: str) -> None:
    parts = sandbox.render(ready_template(name).parts(language), ESCAPED, CONTEXT)
    html = whole(parts["subject"], parts["preheader"], parts["body"], FOOT, language)
    assert f'lang="{language}"' in html
    assert "<i>山田" not in html
    assert "<b>Card" not in html
    shows = any(each in html for each in ("https://s.jp/p?a=1&amp;b=2", "https://s.jp/p?a=1&b=2"))
    assert shows or name in {"replenish", "survey"}
    for needed in ("Shop KK", "Tokyo 1-1", "by the link", "https://s.jp/m/unsubscribe/x", "sign-up form"):
        assert needed in html
    assert "fonts.googleapis.com" not in html  # nothing is loaded from elsewhere
    assert "A-1" in parts["subject"] or ready_template(name).purpose == "marketing"


def test_a_survey_is_named_by_its_page_with_the_score_that_a_link_stands_for(sandbox: Sandbox) -> None:
    asked = {"body": '<a href="{{ survey("nps", 9) }}">9</a>', "text": '{{ survey("nps") }}'}
    parts = sandbox.render(asked, ESCAPED, CONTEXT)
    assert parts["body"] == '<a href="https://s.jp/m/survey/nps/x?lang=en&amp;score=9">9</a>'
    assert parts["text"] == "https://s.jp/m/survey/nps/x?lang=en"
    with pytest.raises(BadValue, match="no such survey: npz; one of nps"):
        sandbox.render({"body": '{{ survey("npz") }}'}, ESCAPED, CONTEXT)
    with pytest.raises(BadValue, match="ValueError"):
        sandbox.render({"body": '{{ survey("nps", "x&y") }}'}, ESCAPED, CONTEXT)


def test_the_plain_part_says_the_same(sandbox: Sandbox) -> None:
    parts = sandbox.render(ready_template("offer").parts("en"), ESCAPED, CONTEXT)
    text = plain_text(parts["body"])
    for needed in ("<i>山田</i> 様", "<b>Card</b>", "¥3,000", "https://s.jp/p?a=1&b=2", "often together"):
        assert needed in text
    assert "mj-" not in text


def test_a_style_is_written_into_the_elements() -> None:
    body = '<mj-section><mj-column><mj-text><p class="big">x</p></mj-text></mj-column></mj-section>'
    html = whole("s", "", body, FOOT, "en", style=".big { font-size: 31px }")
    assert 'font-size: 31px;">x</p>' in html


@pytest.mark.parametrize(
    "body",
    ["<script>1</script>", "<mj-include path='/etc/passwd' />", '<a href="javascript:alert(1)">x</a>', "<form>",
     '<mj-image src="file:///etc/passwd" />', "<a href='data:text/html,x'>x</a>"],
)  # fmt: skip
def test_what_no_mail_may_hold_is_refused(body: str) -> None:
    with pytest.raises(BadValue):
        refuse(body)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "keys with values"),
        ("a: [", "not YAML"),
        ("at: 2026-99-99", "not YAML"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("nmae: x", "no such key"),
        ("name: 'a b'", "letters, digits"),
        ("name: x\npurpose: spam", "not one of the choices"),
        ("name: x\nsubject: hello", "ja and en"),
        ("name: x\nsubject: {ja: あ, en: ''}", "must be text"),
        ("name: x\nsubject: {ja: あ, en: a}\nbody: {ja: あ, en: a}\noffers: {n: 99}", "1 … 6"),
        ("name: x\nsubject: {ja: あ, en: a}\nbody: {ja: あ, en: a}\noffers: {kinds: [spam]}", "kinds of offers"),
        ("name: x\nsubject: {ja: あ, en: a}\nbody: {ja: あ, en: a}\noffers: {needed: perhaps}", "yes or no"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, wrong: str) -> None:
    with pytest.raises(BadValue, match=wrong):
        read_template(text)


@given(st.text(max_size=200))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        read_template(text, "x")
    except BadValue as error:
        assert str(error)  # noqa: PT017 - any text is read, or refused in words


def test_there_is_no_other_ready_made_template() -> None:
    with pytest.raises(NotFound, match="offer, lesson, cart, replenish, order, shipped"):
        ready_template("spam")


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("{{ 'a' * 10**8 }}", "too much"),
        ("{{ 'a' * 100000000 }}", "too much"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "too long"),
        ("{{ '%1000000000d' % 1 }}", "too much memory"),
        ("{% set x = namespace(a='a') %}{% for i in range(64) %}{% set x.a = x.a ~ x.a %}{% endfor %}", "too much"),
        ("{% for i in range(9999) %}{{ 'abcdefghijklmnopqrstuvwxyz' }}{% endfor %}", "more than 200,000"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ cycler.__init__.__globals__ }}", "unsafe"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        ("{{ misspelt }}", "'misspelt' is undefined"),
        ("{{ shop.misspelt }}", "no attribute 'misspelt'"),
        ("line\n{% if %}", r"line 2"),
    ],
)  # fmt: skip
def test_a_template_that_does_too_much_ends_and_the_next_one_renders(sandbox: Sandbox, source: str, wrong: str) -> None:
    with pytest.raises(BadValue, match=wrong):
        sandbox.render({"body": source}, ESCAPED, CONTEXT)
    assert sandbox.render({"body": "{{ shop.name }}{% if values.none %}x{% endif %}"}, ESCAPED, CONTEXT) == {
        "body": "Shop"
    }


def test_a_process_that_is_gone_is_started_again() -> None:
    with Sandbox(seconds=0.2) as one:
        assert one.render({"a": "x"}, [], {}) == {"a": "x"}
        one.close()
        assert one.render({"a": json.dumps({"y": 1})}, [], {}) == {"a": '{"y": 1}'}


def test_a_server_with_more_than_a_thousand_open_files_renders_too() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_096)), hard))
    with ExitStack() as opened, Sandbox() as one:
        for _ in range(1_100):
            opened.enter_context(Path(os.devnull).open("rb"))
        assert one.render({"a": "x"}, [], {}) == {"a": "x"}
