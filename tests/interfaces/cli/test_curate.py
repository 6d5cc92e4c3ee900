"""`tsuide curate`: decided, listed, taken back."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tsuide.interfaces.cli import command_line


def said(home: Path, *words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(
        command_line("curate"), ["curate", *words, "--home", str(home), "--json"], env={"TSUIDE_LANGUAGE": "en"}
    )
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if code == 0 else result


def test_decided_listed_and_taken_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = said(home, "set", "beside", "cam", "card", "--verdict", "banned", "--by", "Mori", "--en", "Fits.")
    assert told["before"]["verdict"] is None
    assert (told["curation"][0]["verdict"], told["curation"][0]["texts"]) == ("banned", {"en": "Fits."})
    said(home, "set", "filler", "cup", "--verdict", "pinned", "--approved")
    rows = said(home, "list")["curation"]
    assert [(each["about"], each["product_id"], each["other_ids"]) for each in rows] == [
        ("beside", "cam", ["card"]),
        ("filler", "", ["cup"]),
    ]
    assert said(home, "clear", "beside", "cam", "card")["removed"][0]["verdict"] == "banned"
    assert len(said(home, "list")["curation"]) == 1


def test_what_cannot_be_decided_about_is_refused(tmp_path: Path) -> None:
    refused = said(tmp_path / "home", "set", "beside", "cam", "--verdict", "banned", code=1)
    assert "other_ids" in refused.output
