"""Journeys end to end: workers that are killed, a real mail server that refuses and hangs, books that agree."""

import email
import email.policy
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from aiosmtpd.controller import Controller

from tsuide.app.journeys import put_journey, set_journey
from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.offers.policy.load import ready_text
from tsuide.store.journeys import Begun

WORKER = Path(__file__).parent / "journey_worker.py"
BEGIN = datetime(2026, 6, 1, 1, tzinfo=UTC)  # ten in the morning in Tokyo
TIMES = 60.0  # a minute of the shop's is a second of ours
SENDER = "\nsender: {name: ついで市場, address: 東京都千代田区一番町1-1, opt_out: このメールのリンクから}\n"
NOTE = """
purpose: {purpose}
subject: {{ja: お知らせ, en: News}}
body: {{ja: '{{{{ words(customer.greeting) }}}}', en: x}}
"""
JOURNEY = """
id: chaos
names: {ja: 試練, en: Chaos}
trigger: {order: {}}
steps:
  - {id: first, wait: {for: 1m}}
  - {id: must, message: {template: must, purpose: transactional, within: 1d}}
  - {id: rest, wait: {for: 2m}}
  - {id: note, message: {template: note, within: 1d}}
  - {id: call, task: {title: {ja: 電話, en: call}}}
"""


@dataclass
class BadOffice:
    """A mail server in a bad mood: it puts off, hangs, cuts the line, and keeps a log of what it took."""

    mood: random.Random
    taken: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mood = self.mood.random()
        if mood < 0.05:
            return "451 4.3.0 come again"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        subject = "must" if "List-Unsubscribe" not in mail else "note"
        self.taken += [(each, subject) for each in envelope.rcpt_tos]
        if mood < 0.07:
            server.transport.abort()  # taken, and nobody hears of it
        elif mood < 0.08:
            time.sleep(0.5)  # noqa: ASYNC251 - so that everybody waits
        return "250 2.0.0 taken"


@contextmanager
def bad_office(seed: int) -> Iterator[BadOffice]:
    office = BadOffice(random.Random(seed))  # noqa: S311 - moods, no secret
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    office.url = f"smtp://127.0.0.1:{port}"
    yield office
    controller.stop(no_assert=True)


def made_shop(home: Path, url: str, people: int) -> Shop:
    shop = open_shop(Settings(home=home, database_url=url, language="ja"))
    rows = [{"id": f"c{n}", "name": "山田", "email": f"c{n}@example.jp", "language": "ja"} for n in range(people)]
    shop.store.facts.write_customers(conform(pl.DataFrame(rows), CUSTOMERS))
    told = {
        "purpose": "marketing",
        "channel": "email",
        "granted": True,
        "source": "会員登録",
        "at": BEGIN - timedelta(days=9),
    }
    consents = [{"customer_id": row["id"], **told} for row in rows]
    shop.store.facts.write_consents(conform(pl.DataFrame(consents), CONSENTS))
    put_in_force(shop, ready_text("standard").replace("holdout: 5%", "holdout: 0%") + SENDER, BEGIN)
    for name, purpose in (("must", "transactional"), ("note", "marketing")):
        put_template(shop, name, NOTE.format(purpose=purpose), BEGIN)
    put_journey(shop, JOURNEY, BEGIN)
    set_journey(shop, "chaos", "running", BEGIN)
    begun = [Begun(f"e{n}", "chaos", 1, f"c{n}", f"c{n}", to_micros(BEGIN), {}, None) for n in range(people)]
    assert shop.store.journeys.begin(begun, BEGIN) == people
    return shop


def under_chaos(tmp_path: Path, url: str, people: int, workers: int, kills: int, every_s: float, most_s: float) -> None:
    """Kill one after the other until every enrolment has ended, at least so many; then the books must be right."""
    shop, seconds, dice = made_shop(tmp_path / "home", url, people), time.time(), random.Random(people)  # noqa: S311
    killed = 0
    with bad_office(people) as office:

        def started() -> subprocess.Popen[bytes]:
            command = [
                sys.executable,
                str(WORKER),
                str(tmp_path / "home"),
                url,
                office.url,
                str(TIMES),
                BEGIN.isoformat(),
                str(seconds),
            ]
            return subprocess.Popen(command, stderr=subprocess.DEVNULL)

        running = [started() for _ in range(workers)]
        until, next_kill = time.monotonic() + most_s, time.monotonic() + every_s
        try:
            while time.monotonic() < until:
                states = Counter(row["state"] for row in shop.store.journeys.enrolments("chaos", n=people))
                if states == {"done": people}:
                    break
                if time.monotonic() >= next_kill:
                    place = dice.randrange(workers)
                    running[place].kill()
                    running[place].wait()
                    running[place] = started()
                    killed, next_kill = killed + 1, time.monotonic() + every_s * dice.uniform(0.5, 1.5)
                time.sleep(0.2)
        finally:
            for each in running:
                each.terminate()
            for each in running:
                each.wait(60)
        states = Counter(row["state"] for row in shop.store.journeys.enrolments("chaos", n=people))
        assert states == {"done": people}
        assert killed >= kills
        taken = Counter(office.taken)
    books = {row["key"]: row for row in shop.store.outbox.listed(n=10 * people)}
    shop_says = Counter(row["state"] for row in books.values())
    assert len(books) == 2 * people
    notes = {who: n for (who, what), n in taken.items() if what == "note"}
    assert max(notes.values()) == 1  # an advertisement never comes twice
    assert len({who for who, what in taken if what == "must"}) == people  # what must arrive has arrived
    for n in range(people):
        note = books[f"journey/e{n}/note"]["state"]
        assert (note == "sent") <= (f"c{n}@example.jp" in notes)  # what the books call sent was taken
        if f"c{n}@example.jp" in notes:
            assert note in {"sent", "in_doubt"}  # and what was taken is sent, or waits for a person's word
    assert len(shop.store.tasks.listed(n=10 * people)) == people
    contacts = shop.store.outcomes.between(BEGIN - timedelta(days=1), BEGIN + timedelta(days=30))
    advertised = [row for row in books.values() if row["purpose"] == "marketing"]
    on_the_way = sum(row["state"] in {"sent", "in_doubt"} for row in advertised)
    assert len([row for row in contacts if row["outcome"] == "shown"]) == on_the_way, shop_says
    shop.close()


def test_killed_workers_and_a_bad_mail_server_lose_nobody_and_send_nothing_twice(
    tmp_path: Path, store_url: str
) -> None:
    under_chaos(tmp_path, store_url, people=60, workers=2, kills=1, every_s=6.0, most_s=240)


@pytest.mark.soak
def test_two_thousand_enrolments_three_workers_and_a_kill_every_few_seconds(tmp_path: Path, store_url: str) -> None:
    under_chaos(tmp_path, store_url, people=2_000, workers=3, kills=20, every_s=3.0, most_s=1_500)
