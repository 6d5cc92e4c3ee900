"""The audit of dependencies ends with 1 for a known weakness, and never calls silence a clean bill."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "audit.py"
KNOWN = {
    "name": "jinja2", "version": "2.0",
    "vulns": [{"id": "PYSEC-2014-8", "aliases": ["CVE-2014-0012"], "fix_versions": ["2.7.3"]}],
}  # fmt: skip
CLEAN: dict[str, Any] = {"name": "numpy", "version": "2.4", "vulns": []}
UNTOLD = {"name": "tsuide", "skip_reason": "not found"}


def audited(report: str) -> tuple[int, str]:
    run = subprocess.run([sys.executable, SCRIPT], input=report, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout


def test_a_known_weakness_is_named_with_the_version_that_mends_it_and_fails() -> None:
    code, told = audited(json.dumps({"dependencies": [CLEAN, KNOWN, UNTOLD], "fixes": []}))
    assert code == 1
    assert "jinja2 2.0: PYSEC-2014-8 (CVE-2014-0012), mended in 2.7.3" in told
    assert "2 of 3 packages audited, 1 known weaknesses" in told


def test_clean_packages_pass() -> None:
    assert audited(json.dumps({"dependencies": [CLEAN], "fixes": []})) == (
        0, "1 of 1 packages audited, 0 known weaknesses.\n",
    )  # fmt: skip


@pytest.mark.parametrize("report", ["", "no connection", "[]", json.dumps({"dependencies": [UNTOLD], "fixes": []})])
def test_where_nothing_could_be_asked_it_says_so(report: str) -> None:
    code, told = audited(report)
    assert code == 0
    assert "NOT AUDITED" in told
