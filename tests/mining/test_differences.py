import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsuide.errors import BadValue
from tsuide.mining.alternatives import Alternatives, FittedAlternatives
from tsuide.mining.differences import Difference, attributes_that_differ, figures_of, figures_that_differ


@pytest.fixture(scope="module")
def shop() -> FittedAlternatives:
    """Named cameras, power banks and teas, as people write them: two widths, two ways to state a weight."""
    cameras = ["カメラ", "コンパクト"]
    rows = [
        ("small", "デジカメ　ＤＸ−１００　約１２００万画素　光学８倍", cameras, "Aoi", 19800, {"重量": "１２０ｇ"}),
        ("good", "デジカメ DX-300 約2410万画素 光学30倍", cameras, "Aoi", 29800, {"重量": "245g", "Wi-Fi": "あり"}),
        ("bank", "モバイルバッテリー 5,000mAh", ["電源"], "Sora", 1980, {"評価": "3.9", "JAN": "490"}),
        ("bank+", "モバイルバッテリー 10000mAh", ["電源"], "Sora", 2980, {"評価": "4.4", "JAN": "491"}),
        ("tea", "静岡煎茶 100g", ["茶"], "丸山園", 648, {"産地": "静岡", "内容量": "１００ｇ"}),
        ("tea+", "宇治煎茶 100 g", ["茶"], "丸山園", 1080, {"産地": "宇治", "内容量": "100 g"}),
    ]
    texts = [(*row[:5], json.dumps(row[5], ensure_ascii=False), "JPY") for row in rows]
    names = ["id", "title", "category", "brand", "price", "attributes", "currency"]
    return Alternatives().fit(pl.DataFrame(texts, schema=names, orient="row"))


@pytest.mark.parametrize(
    ("item", "language", "told"),
    [
        ("small", "ja", "画素数：1200万画素 → 2410万画素。 ズーム：8倍 → 30倍。 重さ：120g → 245g。 Wi-Fi：あり。"),
        ("small", "en", "Resolution: 12 MP → 24.1 MP. Zoom: 8× → 30×. Weight: 120g → 245g. Wi-Fi: あり."),
        ("bank", "ja", "電池容量：5000mAh → 10000mAh。 評価：3.9 → 4.4。"),
        ("bank", "en", "Battery: 5000mAh → 10000mAh. Rating: 3.9 → 4.4."),
        ("tea", "ja", "産地：静岡 → 宇治。"),
        ("tea", "en", "Origin: 静岡 → 宇治."),
    ],
)
def test_a_step_up_says_what_is_better(shop: FittedAlternatives, item: str, language: str, told: str) -> None:
    assert shop.up(item, language=language)["differences"].to_list() == [told]


def test_a_step_down_says_it_the_other_way_round(shop: FittedAlternatives) -> None:
    told = shop.down("good", language="ja")["differences"].to_list()
    assert told == ["画素数：2410万画素 → 1200万画素。 ズーム：30倍 → 8倍。 重さ：245g → 120g。"]


def test_another_language_is_refused(shop: FittedAlternatives) -> None:
    with pytest.raises(BadValue, match="fr"):
        shop.up("small", language="fr")


def test_a_package_is_told_by_its_size_unless_an_attribute_says_it() -> None:
    products = pl.DataFrame(
        {"id": ["a", "b"], "title": ["茶 250g", "茶 0.4 kg"], "category": [["茶"]] * 2, "price": [300, 900]}
    )
    found = Alternatives().fit(products).difference("a", "b")
    assert found.told("ja") == ["内容量：250 g → 400 g。"]
    assert found.told("en") == ["Package size: 250 g → 400 g."]


@pytest.mark.parametrize(
    ("one", "other"),
    [("０．５Ｌ", "500 ml"), ("1.0kg", "1000 g"), ("ＲＥＤ", "red"), ("6x350ml", "350ml×6")],
)
def test_the_same_written_otherwise_is_no_difference(one: str, other: str) -> None:
    assert attributes_that_differ({"v": one}, {"v": other}) == {}


def test_what_the_titles_state_alike_in_other_units_is_no_difference() -> None:
    assert figures_that_differ("1億画素 1TB", "10000万画素 1000GB") == {}
    assert figures_that_differ("24MP", "２４００万画素") == {}


def test_a_model_number_is_no_figure() -> None:
    assert figures_of("EOS R10 X100V W-55") == {}


@given(st.text(max_size=40), st.text(max_size=40))
def test_figures_differ_both_ways_or_not_at_all(one: str, other: str) -> None:
    there, back = figures_that_differ(one, other), figures_that_differ(other, one)
    assert {name: pair[::-1] for name, pair in there.items()} == back
    assert figures_that_differ(one, one) == {}


@given(st.integers(1, 99_999), st.sampled_from(["mAh", "Wh"]))
def test_a_battery_is_read_in_either_width(number: int, unit: str) -> None:
    wide = str(number).translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert figures_of(f"電池 {wide}{unit}") == {"battery": f"{number}{unit}"}


def test_a_weight_that_an_attribute_tells_is_not_told_again_as_a_package() -> None:
    found = Difference("a", "b", None, (430_000, 370_000), 300, None, {"weight": ("430g", "370g")}, "mass")
    assert found.told("en") == ["Weight: 430g → 370g."]
