"""Our own clients against a real server: Python in both ways, JavaScript in node and in a browser."""

import asyncio
import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tsuide.app.keys import create_key
from tsuide.app.signing import DEMO_TERMS, set_sale_terms
from tsuide_client import AsyncTsuide, Refused, Tsuide

ROOT = Path(__file__).parents[2]
NODE = """
import {{ Tsuide, Refused }} from '{module}'
const [url, key] = process.argv.slice(2)
const shop = new Tsuide({{ url, key, language: 'ja', timeout: 30000, patience: 60000 }})
const answer = await shop.offers('product', {{ product_id: 'cam-a', anonymous_id: 'node-visitor', n: 2 }})
const seen = await shop.shown(answer)
const again = await shop.shown(answer)
const no = await shop.tell(answer.offers[1], 'declined', 'have_it')
const yes = await shop.askYes(answer.offers[0])
const given = await shop.confirm(yes.token)
const sent = await shop.track('Product Viewed', {{ product_id: 'cam-a' }}, {{ anonymous_id: 'node-visitor' }})
let refused = null
try {{ await shop.confirm('no-such-token') }} catch (error) {{ refused = error instanceof Refused && error.status }}
const away = await new Tsuide({{ url: 'http://127.0.0.1:9', key, attempts: 2, onTrouble() {{}} }}).offers('home')
console.log(JSON.stringify({{
  decision: answer.decision, offers: answer.offers.map((each) => each.product.id), seen, again, no,
  rows: yes.rows.length, state: given.state, sent, refused, away: [away.offers, away.trouble.name],
}}))
"""


@pytest.fixture(scope="module")
def key(server: Any) -> str:
    shop = server.shop()
    try:
        set_sale_terms(shop, DEMO_TERMS, datetime.now(UTC))
        return create_key(shop, "our clients", ["storefront"], datetime.now(UTC))[0]
    finally:
        shop.close()


def outcomes(server: Any, decision: str) -> list[tuple[str, str | None]]:
    shop = server.shop()
    try:
        return [(row["outcome"], row["reason"]) for row in shop.store.outcomes.of_decision(decision)]
    finally:
        shop.close()


def test_the_python_client(server: Any, key: str) -> None:
    with Tsuide(server.url, key, timeout=30, patience=60, silent=False) as shop:
        answer = shop.offers("product", product_id="cam-a", anonymous_id="python-visitor-2", language="en")
        assert answer.warnings == ()
        first = answer.offers[0]
        assert first.product.title
        assert first.price_text is not None
        assert first.price_text.startswith("¥")
        assert first.reasons[0].text.endswith(".")
        assert shop.shown(answer).recorded == len(answer.offers)
        assert shop.shown(answer).already == len(answer.offers)
        assert shop.tell(answer.offers[-1], "declined", "too_dear").recorded == 1
        page = shop.offers(
            "cart", cart=["cam-a", ("tea", 2)], slots={"side": {"n": 2}}, anonymous_id="python-visitor-2"
        )
        assert {each.slot for each in page.offers} <= {"side"}
        yes = shop.ask_yes(first, language="en")
        assert yes.state == "waiting"
        assert yes.token is not None
        assert len(yes.rows) > 5
        assert shop.look(yes.token).id == yes.id
        assert shop.confirm(yes.token).state == "accepted"
        assert shop.confirm(yes.token).already
        assert shop.track("Product Viewed", {"product_id": "cam-a"}, anonymous_id="python-visitor-2").recorded == 1
        with pytest.raises(Refused) as caught:
            shop.offers("nowhere")  # type: ignore[arg-type]  # what a slip of the pen gets
        assert caught.value.status == 422
    told = outcomes(server, answer.decision)
    assert ("declined", "too_dear") in told
    assert ("accepted", None) in told


def test_the_asynchronous_python_client(server: Any, key: str) -> None:
    async def ask() -> None:
        async with AsyncTsuide(server.url, key, timeout=30, patience=60, silent=False) as shop:
            answers = await asyncio.gather(
                *(shop.offers("product", product_id=each, anonymous_id="async") for each in ("cam-a", "tea", "cam-b"))
            )
            assert len({each.decision for each in answers}) == 3
            later = await shop.ask_yes(answers[0].offers[0])
            assert later.token is not None
            assert (await shop.later(later.token)).state == "waiting"
            assert (await shop.decline(later.token, "not_now")).state == "declined"

    asyncio.run(ask())


def test_a_page_goes_on_with_a_wrong_key(server: Any) -> None:
    with Tsuide(server.url, "tsk_wrong", timeout=30) as shop:
        answer = shop.offers("home")
    assert answer.offers == ()
    assert isinstance(answer.trouble, Refused)
    assert answer.trouble.status == 401


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_javascript_client_in_node(server: Any, key: str, tmp_path: Path) -> None:
    script = tmp_path / "ask.mjs"
    script.write_text(NODE.format(module=(ROOT / "clients/js/tsuide-client.js").as_uri()), encoding="utf-8")
    done = subprocess.run(["node", script, server.url, key], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    n = len(found["offers"])
    assert n == 2
    assert (found["seen"]["recorded"], found["again"]["already"], found["no"]["recorded"]) == (n, n, 1)
    assert (found["state"], found["sent"]["recorded"], found["refused"]) == ("accepted", 1, 403)
    assert found["rows"] > 5
    assert found["away"] == [[], "Unreachable"]
    assert ("declined", "have_it") in outcomes(server, found["decision"])


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_javascript_clients_patience() -> None:
    script = ROOT / "tests" / "clients" / "patience.test.mjs"
    done = subprocess.run(["node", "--test", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A shop's own web server, which says nothing."""

    def log_message(self, *_: object) -> None:
        """Not even that."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """A page of another origin, on this machine: browsers let no public page ask a loopback address."""
    (tmp_path / "index.html").write_text("<!doctype html><title>shop</title>", encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.mark.browser
def test_the_served_javascript_client_in_a_page_of_another_origin(
    server: Any, key: str, browser: Browser, elsewhere: str
) -> None:
    page = browser.new_page()
    page.goto(elsewhere)
    found = page.evaluate(
        """async ([url, key]) => {
          const { Tsuide } = await import(`${url}/widget/tsuide-client.js`)
          const shop = new Tsuide({ url, key, timeout: 30000, patience: 60000 })
          const asked = { product_id: 'cam-a', anonymous_id: 'browser', idempotencyKey: 'k1' }
          const answer = await shop.offers('product', asked)
          const told = await shop.shown(answer)
          return { n: answer.offers.length, told: told.recorded, trouble: answer.trouble && answer.trouble.message }
        }""",
        [server.url, key],
    )
    page.close()
    assert found["trouble"] is None
    assert found["told"] == found["n"] > 0


def test_the_documented_example_runs(server: Any, key: str) -> None:
    example = ROOT / "docs" / "examples" / "nightly_mail.py"
    command = [sys.executable, str(example), server.url, key, "cam-a", "visitor-7"]
    path = {"PYTHONPATH": str(ROOT / "clients" / "python" / "src")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=path)
    assert done.returncode == 0, done.stderr
    assert "Camera Aoba" in done.stdout
