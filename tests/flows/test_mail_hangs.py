"""A mail server that hangs, before it says anything or after it took a letter.

The worker does what else there is to do, no advertisement goes out twice, and what must arrive arrives in the end.
"""

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr
from tests.flows.calling import until

from tsuide.app.journeys import put_journey, set_journey
from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.sending import Outreach
from tsuide.app.wiring import Shop, open_shop
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.kit.clock import to_micros
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.message import Message
from tsuide.store.journeys import Begun

WORKER = Path(__file__).parent / "journey_worker.py"
TIMES = 60.0  # a minute of the worker's is a second of ours
PEOPLE = 60
SENDER = "\nsender: {name: S, address: A, opt_out: O}\n"
NOTE = "subject: {ja: x, en: x}\nbody: {ja: '{{ words(customer.greeting) }}', en: '{{ words(customer.greeting) }}'}\n"
JOURNEY = """
id: calls
names: {ja: 電話, en: Calls}
trigger: {order: {}}
steps:
  - {id: rest, wait: {for: 1m}}
  - {id: call, task: {title: {ja: 電話, en: call}}}
"""


class Post:
    """A mail server over a real socket, in one of three moods: mute, silent after a letter, well."""

    def __init__(self) -> None:
        self.mood = "mute"
        self.letters: list[tuple[str, str]] = []  # id of the message, mood in which it came
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}?timeout=1"
        self.lines: list[socket.socket] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            self.lines.append(line)
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        if self.mood == "mute":
            return  # taken, and never a word
        with line.makefile("rwb", buffering=0) as talk:
            try:
                talk.write(b"220 here\r\n")
                while word := talk.readline()[:4].upper():
                    if word.strip() == b"DATA":
                        talk.write(b"354 go on\r\n")
                        letter = b""
                        while (row := talk.readline()) != b".\r\n":
                            letter += row
                        self.letters.append((str(message_from_bytes(letter)["X-Tsuide-Message"]), self.mood))
                        if self.mood == "silent":
                            return
                    talk.write(b"250 yes\r\n")
            except OSError:
                return  # they hung up

    def close(self) -> None:
        self.listener.close()
        for each in self.lines:
            each.close()


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    yield server
    server.close()


def prepared(home: Path, post: Post, now: datetime) -> Shop:
    shop = open_shop(
        Settings(home=home, smtp=SecretStr(post.url), mail_from="s@example.com", public_url="https://shop.example.com")
    )
    ids = [f"c{n:02}" for n in range(PEOPLE)]
    people = [{"id": each, "email": f"{each}@example.jp", "language": "ja"} for each in ids]
    shop.store.facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
    said = [{"customer_id": each, "purpose": "marketing", "channel": "email", "granted": True} for each in ids]
    frame = pl.DataFrame(said).with_columns(at=pl.lit(now), source=pl.lit("form"), evidence=pl.lit("x"))
    shop.store.facts.write_consents(conform(frame, CONSENTS))
    text = ready_text("standard").replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off")
    put_in_force(shop, text.replace("holdout: 5%", "holdout: 0%") + SENDER, now)
    put_template(shop, "note", NOTE, now)
    put_template(shop, "must", NOTE + "purpose: transactional\n", now)
    put_journey(shop, JOURNEY, now)
    set_journey(shop, "calls", "running", now)
    begun = [Begun(f"e{n}", "calls", 1, f"c{n:02}", f"c{n:02}", to_micros(now), {}, None) for n in range(10)]
    shop.store.journeys.begin(begun, now)
    with Outreach(shop, None, lambda: now, iter(range(1, 1 << 40)).__next__) as outreach:
        outreach.ask([Message(f"ad/{n}", f"c{n:02}", "note") for n in range(PEOPLE)])
        outreach.ask([Message(f"must/{n}", f"c{n:02}", "must", "transactional") for n in range(PEOPLE)])
    return shop


def test_a_mail_server_that_hangs_stops_no_other_work_and_nothing_goes_out_twice(tmp_path: Path, post: Post) -> None:
    now = datetime.now(UTC)
    shop = prepared(tmp_path / "home", post, now)
    url = shop.settings.url
    command = [sys.executable, str(WORKER), str(tmp_path / "home"), url, post.url, str(TIMES), now.isoformat()]
    worker = subprocess.Popen([*command, str(time.time())], stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(post.lines) >= 3, 180)  # it came, waited, and came again
        until(lambda: len(shop.store.tasks.listed(n=99)) == 10)  # and made the calls meanwhile
        assert post.letters == []
        post.mood = "silent"
        until(lambda: len(post.letters) >= 3, 180)
        post.mood = "well"

        def states() -> Counter[str]:
            return Counter(row["state"] for row in shop.store.outbox.listed(n=999))

        until(lambda: not states().keys() & {"waiting", "sending"}, 300)
    finally:
        worker.terminate()
        worker.wait(60)
    rows = {row["id"]: row for row in shop.store.outbox.listed(n=999)}
    letters = Counter(rows[each]["key"] for each, _ in post.letters)
    silent = {rows[each]["key"] for each, mood in post.letters if mood == "silent"}
    ads = {row["key"]: row["state"] for row in rows.values() if row["key"].startswith("ad/")}
    assert all(letters[key] == 1 for key in ads), ads  # none twice, none lost
    assert {key for key, state in ads.items() if state == "in_doubt"} == {key for key in silent if key in ads}
    musts = [row["key"] for row in rows.values() if row["key"].startswith("must/")]
    assert all(rows_state == "sent" for rows_state in (row["state"] for row in rows.values() if row["key"] in musts))
    assert all(letters[key] == 1 + (key in silent) for key in musts)  # what must arrive is sent again: nobody knew
    shop.close()
