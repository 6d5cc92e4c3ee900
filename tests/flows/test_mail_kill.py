"""Workers are killed while they send: no advertising twice, nothing lost, the server's log settles what is in doubt."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.sending import BATCH, Outreach, reconcile
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.message import Message

CUSTOMERS_N = 300
KILLS = 3
LEASE_S = 660.0  # a little more than a lease: the next worker's clock is as far ahead
NOTE = "subject: {ja: x, en: x}\nbody: {ja: '{{ words(customer.greeting) }}', en: '{{ words(customer.greeting) }}'}\n"
WORKER = Path(__file__).with_name("mail_worker.py")


def fill(shop: Shop, now: datetime) -> None:
    ids = [f"c{n:03}" for n in range(CUSTOMERS_N)]
    people = [{"id": each, "email": f"{each}@example.jp", "language": "ja"} for each in ids]
    shop.store.facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
    said = [{"customer_id": each, "purpose": "marketing", "channel": "email", "granted": True} for each in ids]
    frame = pl.DataFrame(said).with_columns(at=pl.lit(now), source=pl.lit("form"), evidence=pl.lit("x"))
    shop.store.facts.write_consents(conform(frame, CONSENTS))
    text = ready_text("standard").replace('quiet_hours: {start: "21:00", end: "8:00"}', "quiet_hours: off")
    put_in_force(shop, text + "\nsender: {name: S, address: A, opt_out: O}\n", now)
    put_template(shop, "note", NOTE, now)
    put_template(shop, "must", NOTE + "purpose: transactional\n", now)


@pytest.mark.parametrize(  # workers of journeys are killed on both stores, in test_journeys.py
    "store_url", ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.soak])], indirect=True
)
def test_killed_workers_send_no_advertising_twice_and_lose_nothing(
    tmp_path: Path, post_office: Any, store_url: str
) -> None:
    now = datetime.now(UTC)
    settings = Settings(
        home=tmp_path / "home", smtp=SecretStr(post_office.url), mail_from="shop@example.com",
        public_url="https://shop.example.com", database_url=store_url,
    )  # fmt: skip
    with opened(settings) as shop:
        fill(shop, now)
        with Outreach(shop, None, lambda: now, iter(range(1, 1 << 40)).__next__) as outreach:
            outreach.ask([Message(f"ad/{n}", f"c{n:03}", "note") for n in range(CUSTOMERS_N)])
            outreach.ask([Message(f"must/{n}", f"c{n:03}", "must", "transactional") for n in range(100)])
    dice = random.Random(7)  # noqa: S311 - when to kill, the same every time
    for kill in range(KILLS):
        seen = len(post_office.letters)
        worker = start(settings, post_office, kill * LEASE_S)
        wait_until(lambda seen=seen: len(post_office.letters) > seen + dice.randrange(1, 40))
        worker.kill()
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()
    last = start(settings, post_office, KILLS * LEASE_S)
    assert last.stdout is not None
    while last.stdout.readline() != b"idle\n":
        pass
    last.kill()
    last.wait()
    last.stdout.close()

    with opened(settings) as shop:
        rows = {row["key"]: row for row in shop.store.outbox.listed(n=9_999)}
        by_id = {row["id"]: key for key, row in rows.items()}
        letters = Counter(by_id[mail["X-Tsuide-Message"]] for mail in post_office.mails())
        ads = {key: row["state"] for key, row in rows.items() if key.startswith("ad/")}
        assert {letters[key] for key in ads} <= {0, 1}  # never twice
        assert set(ads.values()) <= {"sent", "in_doubt"}
        assert all(letters[key] == 1 for key, state in ads.items() if state == "sent")
        doubt = [key for key, state in ads.items() if state == "in_doubt"]
        assert len(doubt) <= KILLS * 2 * BATCH
        assert all(rows[key]["state"] == "sent" and letters[key] >= 1 for key in rows if key.startswith("must/"))

        log = "\n".join(f"cleanup: message-id={mail['Message-ID']}" for mail in post_office.mails())
        end = datetime.fromtimestamp(now.timestamp() + (KILLS + 1) * LEASE_S, UTC)
        counts = reconcile(shop, log, end, whole=True)
        assert counts["went_out"] == sum(letters[key] for key in doubt)
        assert counts["went_out"] + counts["did_not"] == len(doubt)
        with Outreach(shop, None, lambda: end, iter(range(1, 1 << 40)).__next__) as outreach:
            outreach.deliver_due()
        letters = Counter(by_id[mail["X-Tsuide-Message"]] for mail in post_office.mails())
        assert [key for key in ads if letters[key] != 1] == []  # each exactly once in the end
        shown = shop.store.outcomes.between(datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(2e10 / 10, UTC))
        assert len([row for row in shown if row["channel"] == "email"]) == CUSTOMERS_N  # the ledger adds up


def start(settings: Settings, post_office: Any, ahead: float) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(WORKER), str(settings.home), settings.url, post_office.url, str(ahead)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def wait_until(done: Any) -> None:
    for _ in range(6_000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("nothing came within a minute")
