"""`tsuide import` from the outside."""

import json
from pathlib import Path

from typer.testing import CliRunner

from tsuide.interfaces.cli import command_line

GOOD = "注文番号,注文日,会員ID,商品コード,数量,単価\n1,2025-01-01,c,tea,2,1200\n1,2025-01-01,c,cup,x,800\n"


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(command_line("import"), ["import", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_json_on_stdout_and_the_mapping_on_stderr(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_bytes(GOOD.encode("cp932"))
    code, out, err = run(str(file), "--home", str(tmp_path / "home"), "--json")
    report = json.loads(out)
    assert (code, report["kept"], report["rejected"], report["encoding"]) == (0, 1, 1, "cp932")
    assert "注文番号" in err
    assert (tmp_path / "o.csv.rejects.csv").exists()


def test_errors_are_one_message_and_no_traceback(tmp_path: Path) -> None:
    code, out, err = run(str(tmp_path / "none.csv"), "--home", str(tmp_path), "--json")
    assert (code, json.loads(out)["error"]) == (1, "bad-file")
    assert "no such file" in err
    file = tmp_path / "o.csv"
    file.write_text("注文番号,注文日\n1,2025-01-01\n")
    code, _, err = run(str(file), "--kind", "orders", "--home", str(tmp_path))
    assert code == 1
    assert "--map product_id=COLUMN" in " ".join(err.split())


def test_a_column_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text("No;when;what;how many;yen\n1;2025-01-01;tea;2;1200\n")
    given = ("order_id=No", "placed_at=when", "product_id=what", "quantity=how many", "unit_price=yen")
    options = [option for pair in given for option in ("--map", pair)]
    code, out, _ = run(str(file), "--kind", "orders", *options, "--home", str(tmp_path), "--json", "--dry-run")
    assert (code, json.loads(out)["kept"], json.loads(out)["delimiter"]) == (0, 1, ";")
