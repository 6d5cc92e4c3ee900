"""What README and docs/ show is run, in a fresh folder per document.

- ```` ```csv NAME ```` (also yaml, json, text) writes the block to the file NAME;
- ```` ```console ```` runs each line that begins with ``$ `` in one bash; the lines below it must be what was
  printed (as in a doctest: ``...`` stands for anything);
- ```` ```python ```` is run;
- `make` targets are checked to exist but not run: they run these tests.
"""

import doctest
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "clients").glob("*/README.md"))]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    language: str
    name: str | None
    text: str


@dataclass(frozen=True)
class Step:
    command: str
    expected: str


def named(document: Path) -> str:
    """The document's name; clients' read-me files by their folder."""
    return (
        str(document.relative_to(ROOT / "docs")) if document.parent.name == "docs" else str(document.relative_to(ROOT))
    )


def blocks(document: Path) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(document.read_text(encoding="utf-8"))]


def steps(text: str) -> list[Step]:
    """The commands of a console block, each with the output that is shown below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        lines = part.replace("\\\n", " ").splitlines()
        found.append(Step(lines[0], "\n".join(lines[1:]).strip()))
    return found


def run(steps_to_run: list[Step], folder: Path) -> list[str]:
    """What each step printed on stdout; fails where one exits with an error."""
    mark = "<<step {}>>"
    script = ["set -eu -o pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, step in enumerate(steps_to_run):
        script += [f"echo '{mark.format(number)}'", step.command]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TSUIDE_")}
    clients = str(ROOT / "clients" / "python" / "src")  # as `pip install tsuide-client` would
    environment["PYTHONPATH"] = ":".join([clients, *filter(None, [environment.get("PYTHONPATH")])])
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return [part.strip() for part in re.split(r"<<step \d+>>", done.stdout)[1:]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_what_a_document_shows_is_what_happens(document: Path, tmp_path: Path) -> None:
    every = blocks(document)
    for block in every:
        if block.name:
            (tmp_path / block.name).write_text(block.text, encoding="utf-8")
    wanted = [step for block in every if block.language == "console" for step in steps(block.text)]
    shown = [step for step in wanted if not step.command.startswith("make ")]
    printed = run(shown, tmp_path)
    checker = doctest.OutputChecker()
    for step, got in zip(shown, printed, strict=True):
        if step.expected:
            assert checker.check_output(step.expected + "\n", got + "\n", FLAGS), f"$ {step.command}\n{got}"
    for block in every:
        if block.language == "python":
            run([Step(f"python - <<'PYTHON'\n{block.text}PYTHON", "")], tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make (\w+)`|^\$ make (\w+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert {first or second for first, second in named} <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_inside_the_project_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (document.parent / link).exists()] == []
