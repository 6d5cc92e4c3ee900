"""How long the console's pages take: every page that its menu and its pages link to, asked again and again."""

import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from tsuide.app.bench.multiplied import multiply
from tsuide.app.bench.served import server
from tsuide.app.users import Doorkeeper, choose_password, invite
from tsuide.app.wiring import Shop, opened
from tsuide.config import Settings

BUDGET_MS: Final = 150.0
_COOKIE: Final = "tsuide_console"
_LINK: Final = re.compile(r'href="(/console/[^"]*)"')
_LEFT_ALONE: Final = re.compile(r"[?&](csv|svg|lang|sort\.\w+|done)=|/static/|\.(css|js|ics|pdf|html)\b|/download")


def bench_console(
    home: Path,
    *,
    now: datetime,
    repeats: int = 20,
    most: int = 150,
    times: int = 1,
    tell: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """Ask every page that is linked within two steps of the first one, `repeats` times each, one after the other.

    The home is copied first: an owner is added to the copy.

    Args:
        home: of a learned shop.
        now: UTC.
        repeats: how often each page is timed, after it was asked once.
        most: how many pages at most.
        times: so many times the customers and orders, written into the copy and learned first.
        tell: hears what is at work.

    Returns:
        order_lines, pages, p50_ms and p95_ms over all answers, slowest_page with its p95, over_budget,
        heaviest_kb (compressed),
        and each page with its p50, p95 and size.
    """
    with tempfile.TemporaryDirectory(prefix="tsuide-bench-") as folder:
        own = Path(folder) / "home"
        tell("copy of the shop")
        shutil.copytree(home, own)
        with opened(Settings(home=own)) as shop:
            if times > 1:
                multiply(shop, times, now=now, tell=tell)
            lines = shop.store.facts.counts()["order_lines"]
            cookie = _owner(shop, now)
        with server(own, 1) as running:
            told = _timed(running.url, cookie, repeats, most, tell)
    every = [ms for page in told for ms in page.pop("all_ms")]
    slowest = max(told, key=lambda page: page["p95_ms"])
    return {
        "order_lines": lines,
        "pages": len(told),
        "p50_ms": _at(every, 50),
        "p95_ms": _at(every, 95),
        "slowest_page": slowest["path"],
        "slowest_p95_ms": slowest["p95_ms"],
        "over_budget": [page["path"] for page in told if page["p95_ms"] > BUDGET_MS],
        "budget_ms": BUDGET_MS,
        "heaviest_kb": max(page["kb"] for page in told),
        "each": told,
    }


def _owner(shop: Shop, now: datetime) -> str:
    """The cookie of somebody who may see everything."""
    user, token = invite(shop, {"email": "bench@example.com", "name": "bench", "role": "owner"}, now, 1)
    choose_password(shop, token, "only for this one bench", now)
    return Doorkeeper(shop, time.monotonic).begin(user, now)


def _timed(base: str, cookie: str, repeats: int, most: int, tell: Callable[[str], object]) -> list[dict[str, Any]]:
    waiting, seen, told = ["/console/"], {"/console/"}, list[dict[str, Any]]()
    steps = {"/console/": 0}
    while waiting and len(told) < most:
        path = waiting.pop(0)
        tell(path)
        text, _, _ = _ask(f"{base}{path}", cookie, packed=False)
        if text is None:
            continue
        answers = [_ask(f"{base}{path}", cookie, packed=True) for _ in range(repeats)]
        times = [ms for _, ms, _ in answers]
        told.append({"path": path, "p50_ms": _at(times, 50), "p95_ms": _at(times, 95),
                     "kb": round(max(size for _, _, size in answers) / 1024, 1), "all_ms": times})  # fmt: skip
        if steps[path] < 2:  # noqa: PLR2004 - from the menu to a page, from there to one of its things
            found = [each.replace("&amp;", "&") for each in _LINK.findall(text)]
            for link in dict.fromkeys(each for each in found if not _LEFT_ALONE.search(each)):
                kind = _kind(link)
                if kind not in seen:
                    seen.add(kind)
                    steps[link] = steps[path] + 1
                    waiting.append(link)
    return told


def _kind(link: str) -> str:
    """Pages of one kind are asked once: the first customer stands for all, the first filter for its page."""
    path, _, query = link.partition("?")
    parts = path.split("/")
    names = "&".join(sorted(part.partition("=")[0] for part in query.split("&") if part))
    shape = "/".join([*parts[:3], *("x" if re.search(r"\d|%", each) or len(each) > 12 else each for each in parts[3:])])  # noqa: PLR2004 - characters of an id
    return f"{shape}?{names}" if names else shape


def _ask(url: str, cookie: str, *, packed: bool) -> tuple[str | None, float, int]:
    headers = {"Cookie": f"{_COOKIE}={cookie}"} | ({"Accept-Encoding": "gzip"} if packed else {})
    begun = time.perf_counter()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:  # noqa: S310 - our own server
            body = answer.read()
            html = answer.headers.get_content_type() == "text/html"
    except urllib.error.HTTPError:
        return None, 0.0, 0
    ms = (time.perf_counter() - begun) * 1000
    return (body.decode() if html and not packed else None), ms, len(body)


def _at(values: list[float], percent: int) -> float:
    return (
        round(quantiles(values, n=100, method="inclusive")[percent - 1], 1) if len(values) > 1 else round(values[0], 1)
    )
