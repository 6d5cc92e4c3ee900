"""`tsuide report` as a newcomer runs it: a real process, a file of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEADER = "注文番号,注文日時,会員ID,商品コード,商品名,カテゴリ,数量,単価\n"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tsuide", "report", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def orders_csv(folder: Path, orders: int = 60, *, price: str = "1200") -> Path:
    rows = []
    for number in range(orders):
        day = f"2026/01/{1 + number % 28:02} 10:00"
        rows.append(f"A{number},{day},m{number % 20},tea,緑茶,飲み物,1,{price}\n")
        if number % 2:
            rows.append(f"A{number},{day},m{number % 20},cup,湯呑み,器,1,{price}\n")
    file = folder / "orders.csv"
    file.write_bytes((HEADER + "".join(rows)).encode("cp932"))
    return file


def test_a_shift_jis_file_becomes_a_page(tmp_path: Path) -> None:
    orders_csv(tmp_path)
    done = run(tmp_path, "orders.csv", "-o", "page.html", "--language", "ja", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["orders"], told["order_lines"], told["products"], told["customers"]) == (60, 90, 2, 20)
    assert told["mapping"]["product_title"] == "商品名"
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in text
    assert "緑茶" in text
    assert told["bytes"] == (tmp_path / "page.html").stat().st_size


def test_bad_rows_are_named_by_their_line(tmp_path: Path) -> None:
    file = orders_csv(tmp_path)
    file.write_bytes(file.read_bytes() + "B1,2026/01/02,m1,tea,緑茶,飲み物,1,高い\n".encode("cp932"))
    done = run(tmp_path, "orders.csv", "--language", "ja", "--json")
    assert json.loads(done.stdout)["rejected"] == 1
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "高い" in text
    assert ">92<" in text  # one header, 90 lines, and this one


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        ("注文番号,数量\nA,1\n".encode(), "no column for"),
        (HEADER.encode(), "no rows"),
    ],
)
def test_a_file_that_cannot_be_used_gives_one_clear_error(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "orders.csv").write_bytes(content)
    done = run(tmp_path, "orders.csv", "--language", "en")
    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_decimals_without_a_currency_ask_for_it(tmp_path: Path) -> None:
    orders_csv(tmp_path, price="12.50")
    done = run(tmp_path, "orders.csv", "--language", "en")
    assert done.returncode == 1
    assert "--currency" in done.stderr
    done = run(tmp_path, "orders.csv", "--language", "en", "--currency", "USD", "--json")
    assert json.loads(done.stdout)["worth_a_month"]["currency"] == "USD"


def test_a_dollar_sign_says_the_currency(tmp_path: Path) -> None:
    orders_csv(tmp_path, price="$12.50")
    done = run(tmp_path, "orders.csv", "--language", "en", "--json")
    assert json.loads(done.stdout)["worth_a_month"]["currency"] == "USD", done.stderr


def test_without_a_file_and_a_shop_the_way_out_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "--language", "en")
    assert done.returncode == 1
    assert "tsuide report orders.csv" in " ".join(done.stderr.split())
