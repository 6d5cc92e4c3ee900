"""Audiences of a shop: only who agreed, by what they agreed to, and who was left out is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tsuide.app.audiences import Exported, export_audience
from tsuide.app.segment_keeping import keep_all_segments
from tsuide.app.segments import put_segment
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.errors import BadValue, NotFound, Unavailable
from tsuide.facts.behaviour import EVENTS, Event
from tsuide.facts.consent import CONSENTS, Channel, Consent
from tsuide.facts.customers import CUSTOMERS, Customer
from tsuide.facts.frames import frame_of
from tsuide.interfaces.cli import command_line
from tsuide.outreach.audiences import Reach, hashed
from tsuide.outreach.segments.definition import Segment

NOW = datetime(2026, 4, 20, tzinfo=UTC)


def word(customer: str, channel: Channel, days_ago: int, *, granted: bool = True) -> Consent:
    return Consent(customer, "marketing", channel, granted, NOW - timedelta(days=days_ago), "form", "f")


@pytest.fixture
def shop(new_home: Path) -> Iterator[Shop]:
    """Six customers and a visitor, all in one segment."""
    opened = open_shop(Settings(home=new_home, language="ja"))
    people = [
        Customer("both", email="both@example.jp", attributes={"phone": "090-1234-5678"}),
        Customer("mail", email="Mail@Example.jp", attributes={"phone": "090-1111-2222"}),
        Customer("silent", email="silent@example.jp"),
        Customer("left", email="left@example.jp"),
        Customer("back", email="back@example.jp"),
        Customer("bare", attributes={"phone": "?"}),
    ]
    words = [
        word("both", "any", 9),
        word("mail", "email", 9),
        word("left", "any", 9),
        word("left", "email", 5, granted=False),
        word("back", "email", 9, granted=False),
        word("back", "email", 5),
        word("bare", "any", 9),
    ]
    opened.store.facts.write_customers(frame_of(people, CUSTOMERS))
    opened.store.facts.write_consents(frame_of(words, CONSENTS))
    opened.store.facts.write_events(frame_of([Event("e", "view", NOW, anonymous_id="a", product_id="p")], EVENTS))
    put_segment(opened, Segment("all", {"ja": "全", "en": "all"}, "true", "everyone"), NOW, confirm=7)
    keep_all_segments(opened, NOW)
    yield opened
    opened.close()


def rows(path: Path) -> set[tuple[str, ...]]:
    return {tuple(line.split(",")) for line in path.read_text(encoding="utf-8").splitlines()[1:]}


def test_only_who_agreed_is_written_by_what_they_agreed_to(shop: Shop, tmp_path: Path) -> None:
    told = export_audience(shop, "all", "google", tmp_path / "out.csv")
    assert told == Exported(people=7, rows=3, without_name=1, without_consent=2, without_address=1)
    expected = [Reach("both@example.jp", "+819012345678"), Reach("mail@example.jp"), Reach("back@example.jp")]
    assert rows(tmp_path / "out.csv") == {hashed(each, "google") for each in expected}


def test_a_format_without_telephones_takes_consent_to_mail_only(shop: Shop, tmp_path: Path) -> None:
    told = export_audience(shop, "all", "criteo", tmp_path / "out.csv")
    assert (told.rows, told.without_consent, told.without_address) == (3, 2, 1)
    by_sms = frame_of([word("silent", "sms", 1)], CONSENTS)
    shop.store.facts.write_consents(by_sms)
    assert export_audience(shop, "all", "criteo", tmp_path / "out.csv").without_consent == 2
    assert export_audience(shop, "all", "meta", tmp_path / "out.csv").without_consent == 2  # has no telephone


def test_what_cannot_be_written_is_told(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        export_audience(shop, "none", "google", tmp_path / "out.csv")
    with pytest.raises(BadValue, match="not a country"):
        export_audience(shop, "all", "google", tmp_path / "out.csv", "Japan")
    with pytest.raises(Unavailable, match="cannot be written"):
        export_audience(shop, "all", "google", tmp_path / "away" / "out.csv")
    assert list(tmp_path.glob("*.csv*")) == []


@pytest.mark.usefixtures("shop")
def test_the_verb_tells_who_was_left_out_and_refuses_an_unknown_format(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    asked = ["segment", "export", "all", "--home", str(tmp_path / "home"), "--output", str(path)]
    done = CliRunner().invoke(command_line("segment"), [*asked, "--format", "meta"])
    assert (done.exit_code, done.stdout.split(" of ")[0]) == (0, "3 written")  # by today's clock the visitor is gone
    assert "left out: 2 without consent to marketing, 1 without an address" in done.stdout
    assert path.read_text(encoding="utf-8").startswith("email,phone\n")
    refused = CliRunner().invoke(command_line("segment"), [*asked, "--format", "x"])
    assert refused.exit_code != 0
    assert "google, meta, criteo" in refused.output
