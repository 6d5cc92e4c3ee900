"""The console over a learned small shop, and people of every role who are signed in to it."""

import asyncio
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient

from tsuide.app.deciding import Decider
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import Shop, open_shop
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.interfaces.console.visit import COOKIE
from tsuide.kit.clock import to_micros
from tsuide.offers.decision import Decision
from tsuide.offers.request import OfferRequest

CONSOLE = "/console"
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_DONE = re.compile(r"[?&]done=(\d+)")


@dataclass
class Person:
    """Somebody who is signed in.

    Args:
        client: of the server.
        cookie: of their session.
        shop: opened beside the server.
        user_id: whose.
    """

    client: TestClient
    cookie: str
    shop: Shop
    user_id: str
    _csrf: list[str] = field(default_factory=list)

    def get(self, path: str, *, status: int = 200, **query: Any) -> str:
        """A page's text."""
        answer = self._ask("GET", path, params={"lang": "en", **query})
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, *, status: int = 303, files: Any = None, **fields: Any) -> httpx.Response:
        """Send a form as a page would."""
        answer = self._ask("POST", path, data={"csrf": self.csrf, **fields}, files=files)
        assert answer.status_code == status, answer.text
        return answer

    def undo(self, answer: httpx.Response, *, status: int = 303) -> httpx.Response:
        """Press Undo on the page that said what was done."""
        found = _DONE.search(answer.headers["location"])
        assert found is not None, answer.headers
        return self.post("/undo", status=status, entry=found.group(1), back="/")

    @property
    def csrf(self) -> str:
        """What a form brings."""
        if not self._csrf:
            from tsuide.interfaces.console.visit import csrf_of

            self._csrf.append(csrf_of(self.cookie))
        return self._csrf[0]

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        self.client.cookies.clear()
        headers = {"Cookie": f"{COOKIE}={self.cookie}"}
        return self.client.request(method, f"{CONSOLE}{path}", headers=headers, follow_redirects=False, **more)


@dataclass(frozen=True)
class Console:
    """A running server and who may sign in to it."""

    client: TestClient
    shop: Shop
    settings: Settings

    def person(self, role: str, **more: str) -> Person:
        """Somebody new of a role, signed in."""
        now, n = datetime.now(UTC), len(self.shop.store.users.all())
        given = {"email": f"{role}{n}@example.com", "name": f"{role} {n}", "role": role, **more}
        user, token = invite(self.shop, given, now, n)
        choose_password(self.shop, token, "a few words that do", now)
        return Person(self.client, Doorkeeper(self.shop, lambda: 0.0).begin(user, now), self.shop, user.id)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, learned: Any) -> Iterator[Console]:
    """One for the tests of a file."""
    home = Path(tmp_path_factory.mktemp("console")) / "home"
    shutil.copytree(learned.home, home)
    settings = Settings(home=home, language="en")
    shop = open_shop(settings)
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        yield Console(client, shop, settings)
    shop.close()


@pytest.fixture(scope="module")
def console(running: Console) -> Person:
    """An owner, signed in."""
    return running.person("owner")


@pytest.fixture(scope="session")
def decided() -> Callable[..., list[Decision]]:
    """Decides beside a camera for customers new0 …: (shop, moment, customers, **more of the request)."""
    return _decided


def _decided(shop: Shop, moment: datetime, customers: range, **more: Any) -> list[Decision]:
    async def ask() -> list[Decision]:
        journal = shop.store.journal()
        seeds = iter(range(1 + to_micros(moment) % 10_000_000_007, 1 << 40))
        decider = Decider(shop, journal, lambda: moment, seeds.__next__)
        decider.refresh()
        found = []
        for n in customers:
            asked = {"placement": "product", "product_id": "cam-a", "customer_id": f"new{n}", **more}
            found.append((await decider.decide(OfferRequest(**asked))).decision)
        await journal.close()
        return found

    return asyncio.run(ask())
