"""How many mails a second go out: judged, composed, written down and handed to a mail server on this machine."""

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import polars as pl
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from tsuide.app.mail_templates import put_template
from tsuide.app.policies import put_in_force
from tsuide.app.sending import Outreach
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings
from tsuide.facts.consent import CONSENTS
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.offers.policy.load import ready_text
from tsuide.outreach.message import Message

BUDGET: Final = 500  # unsigned mails a second
_NOON: Final = datetime(2026, 6, 1, 3, tzinfo=UTC)  # in Tokyo: no quiet hours
_POLICY: Final = "\nsender: {name: 茶と器の店, address: 東京都千代田区一番町1-1, opt_out: このメールのリンクから}\n"
_TEMPLATE: Final = """
subject: {ja: "{{ customer.name }}様へのお知らせ", en: "News for {{ customer.name }}"}
body:
  ja: |
    {{ words(customer.greeting) }}
    {{ words("いつもご利用いただき、誠にありがとうございます。香り高い一番茶が、数量限定で入荷いたしました。") }}
    {{ button("商品を見る", shop.url) }}
  en: |
    {{ words(customer.greeting) }}
    {{ words("The first tea of the year has come in, and there is not much of it.") }}
    {{ button("See it", shop.url) }}
"""


def bench_mail(*, mails: int, threads: int, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Send so many mails unsigned, and as many signed (RSA, 2,048 bits).

    Args:
        mails: of each kind; to as many customers, each with a consent.
        threads: lines to the mail server.
        tell: what is being done.

    Returns:
        Figures: unsigned_per_second, signed_per_second, times_budget, and the process's own time a mail, which hardly
        moves with what else runs.
    """
    with tempfile.TemporaryDirectory() as folder, _sink() as (port, taken):
        key = Path(folder) / "key.pem"
        key.write_bytes(_draw_key())
        rates: dict[str, float] = {}
        cpu: dict[str, float] = {}
        for name, dkim in (("unsigned", ""), ("signed", f"mail@example.com:{key}")):
            tell(name)
            settings = Settings(
                home=Path(folder) / name,
                smtp=SecretStr(f"smtp://127.0.0.1:{port}"),
                mail_from="茶と器の店 <shop@example.com>",
                public_url="https://shop.example.com",
                dkim=dkim,
            )
            before = taken()
            with opened(settings) as shop:
                rates[name], cpu[name] = _sent_per_second(shop, mails, threads)
            arrived = taken() - before
    return {
        "unsigned_per_second": round(rates["unsigned"]),
        "signed_per_second": round(rates["signed"]),
        "cpu_ms_per_mail": round(cpu["unsigned"], 2),
        "cpu_ms_per_signed_mail": round(cpu["signed"], 2),
        "times_budget": round(rates["unsigned"] / BUDGET, 2),
        "mails": mails,
        "threads": threads,
        "arrived": arrived,
    }


def _sent_per_second(shop: Shop, mails: int, threads: int) -> tuple[float, float]:
    """Mails a second, and milliseconds of this process's own time that one takes."""
    put_in_force(shop, ready_text("standard") + _POLICY, _NOON)
    put_template(shop, "news", _TEMPLATE, _NOON)
    ids = [f"c{n:06}" for n in range(mails)]
    people = {"id": ids, "email": [f"{each}@example.jp" for each in ids], "name": ["山田太郎"] * mails}
    shop.store.facts.write_customers(conform(pl.DataFrame(people), CUSTOMERS))
    said = {"customer_id": ids, "purpose": ["marketing"] * mails, "channel": ["email"] * mails}
    frame = pl.DataFrame(said).with_columns(
        granted=pl.lit(value=True), at=pl.lit(_NOON), source=pl.lit("会員登録"), evidence=pl.lit("form")
    )
    shop.store.facts.write_consents(conform(frame, CONSENTS))
    with Outreach(shop, None, lambda: _NOON, lambda: secrets.randbits(64)) as outreach:
        outreach.send(Message("warm", ids[0], "news"))  # the process for templates starts
        outreach.ask([Message(f"news/{each}", each, "news") for each in ids[1:]])
        start, own = perf_counter(), process_time()
        counts = outreach.deliver_due(threads=threads)
        seconds, busy = perf_counter() - start, process_time() - own
    sent = counts.get("sent", 0)
    return sent / seconds, 1_000 * busy / max(sent, 1)


@contextmanager
def _sink() -> Iterator[tuple[int, Callable[[], int]]]:
    command = [sys.executable, "-m", "tsuide.app.bench.sink"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None  # noqa: S101 - it was started with pipes
    assert stdout is not None  # noqa: S101 - as above
    port = int(stdout.readline())

    def taken() -> int:
        stdin.write("\n")
        stdin.flush()
        return int(stdout.readline())

    try:
        yield port, taken
    finally:
        stdin.close()
        process.kill()
        process.wait()
        stdout.close()


def _draw_key() -> bytes:
    return rsa.generate_private_key(65537, 2_048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
