"""What stands under deploy/ is of this program: its verbs, its settings, its metrics; and it restarts without a gap."""

import http.client
import json
import os
import re
import shlex
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tsuide.app.keys import create_key
from tsuide.app.limits import Rate
from tsuide.config import Settings
from tsuide.interfaces.cli import VERBS
from tsuide.interfaces.cli.options import now

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
KNOWN = {f"TSUIDE_{name.upper()}" for name in Settings.model_fields}


def metrics_of(text: str) -> set[str]:
    return set(re.findall(r"\btsuide_[a-z_]+", text))


@pytest.fixture(scope="module")
def told(server: Any) -> set[str]:
    """Names of every series of a real server."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:  # noqa: S310 - our own server
        text = answer.read().decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    ends = {"histogram": ("_bucket", "_count", "_sum")}
    return {name + end for name, kind in kinds.items() for end in ends.get(kind, ("",))}


def test_rules_and_dashboard_name_only_metrics_that_a_server_tells(told: set[str]) -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "tsuide.rules.yaml").read_text(encoding="utf-8"))
    each = [rule for group in rules["groups"] for rule in group["rules"]]
    asked = set().union(*(metrics_of(rule["expr"]) for rule in each))
    board = json.loads((DEPLOY / "grafana" / "tsuide.json").read_text(encoding="utf-8"))
    shown = set().union(*(metrics_of(target["expr"]) for panel in board["panels"] for target in panel["targets"]))
    assert asked | shown <= told
    assert shown >= {name for name in told if not name.endswith(("_sum", "_created"))}  # nothing is counted unseen
    assert all({"summary", "what_to_do"} <= set(rule["annotations"]) for rule in each if "alert" in rule)


def test_rules_and_dashboard_name_only_labels_that_the_metrics_have(told: set[str]) -> None:
    from tsuide.app import metrics

    named = {"http_request_seconds": metrics.requests, "decisions": metrics.decisions, "messages": metrics.messages}
    known = {label for each in named.values() for label in each._labelnames} | {"grade", "job", "le"}
    text = (DEPLOY / "prometheus" / "tsuide.rules.yaml").read_text(encoding="utf-8")
    board = json.loads((DEPLOY / "grafana" / "tsuide.json").read_text(encoding="utf-8"))
    text += "\n".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    used = set(re.findall(r"[{,]\s*(\w+)\s*=~?\"", text)) | set(re.findall(r"by \((\w+)\)", text))
    assert used <= known
    assert told


def commands() -> Iterator[tuple[str, list[str]]]:
    """Where it stands, and the words after `tsuide`."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        if service.get("image") == "tsuide":
            yield f"compose.yaml: {name}", service["command"]
    for unit in UNITS:
        for line in re.findall(
            r"^Exec\w+=/opt/tsuide/bin/tsuide (.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE
        ):
            yield unit.name, shlex.split(line)
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    yield "Dockerfile", json.loads(re.findall(r"^CMD (.+)$", docker, re.MULTILINE)[-1])


@pytest.mark.parametrize(("place", "words"), list(commands()))
def test_every_command_is_one_that_the_command_line_takes(place: str, words: list[str]) -> None:
    from typer.testing import CliRunner

    from tsuide.interfaces.cli import command_line

    assert words[0] in VERBS, place
    verbs = words[: 2 if words[0] in {"migrate", "backup"} else 1]
    shown = CliRunner().invoke(command_line(words[0]), [*verbs, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert shown.exit_code == 0, place
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.output)
    assert all(word in plain for word in words if word.startswith("--")), place


def test_every_variable_is_a_setting() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    named = {name for each in compose["services"].values() for name in each.get("environment", {})}
    for file in [DEPLOY / "Dockerfile", *UNITS]:
        named |= set(re.findall(r"\b(TSUIDE_[A-Z_]+)=", file.read_text(encoding="utf-8")))
    assert {name for name in named if name.startswith("TSUIDE_")} <= KNOWN


def test_nothing_runs_as_root_and_no_password_is_an_examples() -> None:
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    last = docker.rindex("FROM ")
    assert re.search(r"^USER 10001$", docker[last:], re.MULTILINE)
    assert docker.index("USER 10001") < docker.rindex("CMD [")
    assert "HEALTHCHECK" in docker[last:]
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        for line in ("User=tsuide", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="):
            assert line in text, unit.name
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert "${TSUIDE_DB_PASSWORD:?" in compose
    assert not re.search(r"PASSWORD: (?!\$\{)", compose)


class Load:
    """Asks for offers on a connection of its own for each, as a proxy without kept connections does."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url).netloc
        self._key = key
        self.answers: list[int] = []
        self.failed: list[str] = []
        self.longest = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        body = json.dumps({"placement": "product", "product_id": "cam-a", "anonymous_id": "v"})
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", "Connection": "close"}
        while not self.ended.is_set():
            begun = time.monotonic()
            line = http.client.HTTPConnection(self._address, timeout=60)
            try:
                line.request("POST", "/v1/offers", body, headers)
                answer = line.getresponse()
                answer.read()
                self.answers.append(answer.status)
            except OSError as error:
                self.failed.append(repr(error))
            finally:
                line.close()
            self.longest = max(self.longest, time.monotonic() - begun)
            time.sleep(0.01)


def children(pid: int) -> set[int]:
    """Worker processes of a supervisor: those that answer, not the tracker beside them."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return {each for each in map(int, found) if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()}


@pytest.mark.soak  # two servers of two workers load one after the other
def test_workers_are_replaced_under_load_and_no_request_fails(
    taught_home: Path, start_server: Callable[..., Any]
) -> None:
    running = start_server(taught_home, "--workers", "2")
    try:
        shop = running.shop()
        key, _ = create_key(shop, "load", ["rep"], now(), Rate(0, 1))
        shop.close()
        load = Load(running.url, key)
        threads = [threading.Thread(target=load.run) for _ in range(8)]
        for each in threads:
            each.start()
        time.sleep(1)
        before = children(running.process.pid)
        assert len(before) == 2
        os.kill(running.process.pid, signal.SIGHUP)
        until = time.monotonic() + 120
        while time.monotonic() < until and (
            len(children(running.process.pid)) != 2 or before & children(running.process.pid)
        ):
            time.sleep(0.2)
        after, served = children(running.process.pid), len(load.answers)
        time.sleep(1)
        load.ended.set()
        for each in threads:
            each.join()
        print(f"{len(load.answers)} answered, {len(load.failed)} failed, the longest took {load.longest:.2f} s")  # noqa: T201 - a soak's figures
        assert before.isdisjoint(after)
        assert load.failed == []
        assert set(load.answers) == {200}
        assert len(load.answers) > served > 0
    finally:
        running.process.terminate()
        running.process.wait(60)
