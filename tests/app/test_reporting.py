from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tsuide.app.reporting import read_orders, shop_orders, write_report
from tsuide.app.wiring import Shop
from tsuide.errors import BadColumns, BadFile, TooFewData

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEADER = "order_id,ordered_at,customer,product_code,quantity,unit_price\n"


def written(folder: Path, text: str, name: str = "orders.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_store_gives_the_same_report_as_a_file(empty_shop: Shop, fill_shop: Callable[[Shop], None]) -> None:
    fill_shop(empty_shop)
    done = write_report(
        shop_orders(empty_shop), empty_shop.settings.home / "report.html", language="en", now=NOW, top=10
    )
    told = done.to_json()
    assert (told["orders"], told["products"], told["customers"]) == (400, 12, 40)
    named = {
        (done.figures.items[pair.first].id, done.figures.items[pair.second].id) for pair in done.figures.together.pairs
    }
    assert ("cam-a", "card") in named
    assert ("tea", "cup") in named or ("cup", "tea") in named
    assert done.path.stat().st_size == done.size


def test_an_empty_store_is_too_few(empty_shop: Shop) -> None:
    with pytest.raises(TooFewData):
        shop_orders(empty_shop)


def test_a_product_file_gives_names_categories_and_ladders(tmp_path: Path) -> None:
    rows = "".join(
        f"o{n},2026-01-{1 + n % 28:02},c{n % 9},{'ab'[n % 2]},1,{'1000' if n % 2 else '1500'}\n" for n in range(40)
    )
    orders = written(tmp_path, HEADER + rows)
    goods = written(
        tmp_path, "id,title,category,price\na,Tea 200 g,tea,1500\nb,Tea 100 g,tea,1000\n", name="products.csv"
    )
    bare = write_report(read_orders(orders, now=NOW), tmp_path / "bare.html", language="en", now=NOW).figures
    assert bare.ladders.missing == ("names", "categories")
    told = write_report(
        read_orders(orders, now=NOW, products=goods), tmp_path / "told.html", language="en", now=NOW
    ).figures
    assert [[told.items[rung.item].name for rung in ladder.rungs] for ladder in told.ladders.ladders] == [
        ["Tea 100 g", "Tea 200 g"]
    ]


@pytest.mark.parametrize(("price", "currency"), [("$5.00", "USD"), ("5円", "JPY"), ("€5,00", "EUR"), ("500", "JPY")])
def test_a_sign_says_the_currency(tmp_path: Path, price: str, currency: str) -> None:
    file = written(tmp_path, HEADER + f'o1,2026-01-01,c1,a,1,"{price}"\n')
    assert read_orders(file, now=NOW).currency == currency


def test_decimals_in_yen_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(BadColumns, match="--currency USD"):
        read_orders(written(tmp_path, HEADER + "o1,2026-01-01,c1,a,1,12.50\n"), now=NOW)


def test_only_rejects_are_too_few_and_the_first_reason_is_told(tmp_path: Path) -> None:
    with pytest.raises(TooFewData, match="line 2"):
        read_orders(written(tmp_path, HEADER + "o1,2026-01-01,c1,a,1,dear\n"), now=NOW)


def test_a_page_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "o1,2026-01-01,c1,a,1,500\n")
    with pytest.raises(BadFile, match="--output"):
        write_report(read_orders(file, now=NOW), tmp_path / "no" / "page.html", language="en", now=NOW)
