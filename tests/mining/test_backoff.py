import polars as pl
import pyarrow as pa
import pytest

from tsuide.errors import BadColumns, BadValue, UnknownProduct
from tsuide.mining.backoff import BackOff, FittedBackOff
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements

CATALOGUE = [
    ("cam1", "ミラーレスカメラ アルファ", ["カメラ"]),
    ("cam2", "ミラーレスカメラ　ベータ", ["カメラ"]),
    ("cam9", "ミラーレスｶﾒﾗ アルファ 新型", []),  # never sold, no category: its name tells
    ("cam8", "X100", ["カメラ"]),  # never sold: its category tells
    ("card1", "SDカード 64GB", ["メモリー"]),
    ("card2", "SDカード 128GB", ["メモリー"]),
    ("card3", "microSD", ["メモリー"]),
    ("tea", "緑茶", ["飲料"]),
    ("cup", "湯のみ", ["食器"]),
    ("pot", "急須", ["食器"]),
    ("odd", "zzz", []),  # neither
]


def products() -> pl.DataFrame:
    return pl.DataFrame(
        CATALOGUE, schema={"id": pl.String, "title": pl.String, "category": pl.List(pl.String)}, orient="row"
    )


def baskets() -> Baskets:
    orders = (
        [{"cam1", "card1"}] * 20
        + [{"cam1", "card2"}] * 15
        + [{"cam2", "card1"}] * 12
        + [{"cam1", "card1", "card2"}] * 10
        + [{"tea", "cup"}] * 40
        + [{"tea", "pot"}] * 30
        + [{"cup", "pot"}] * 20
        + [{"card3"}] * 2
        + [{"tea"}] * 40
    )
    rows = [(number, item) for number, order in enumerate(orders) for item in sorted(order)]
    return Baskets.from_frame(pl.DataFrame(rows, schema=["o", "p"], orient="row"), basket="o", item="p")


@pytest.fixture(scope="module")
def fitted() -> FittedBackOff:
    made = baskets()
    return BackOff(few=1).fit(products(), made, Complements().fit(made))


def test_a_new_product_takes_the_partners_of_the_one_with_its_name(fitted: FittedBackOff) -> None:
    rows = fitted.of("cam9")
    assert set(rows["item"]) == {"card1", "card2"}
    assert rows["source"].unique().to_list() == ["text"]
    assert rows["evidence"][0] == "cam1"


def test_a_new_product_takes_the_partners_of_its_category_by_their_share(fitted: FittedBackOff) -> None:
    """Memory is sold as card1 42 times, card2 25 times, card3 twice: in this order."""
    rows = fitted.of("cam8")
    assert rows["item"].to_list() == ["card1", "card2", "card3"]
    assert rows["source"].unique().to_list() == ["category"]
    assert rows["score"][0] / rows["score"][1] == pytest.approx(42 / 25)


def test_the_category_works_the_other_way_round_too(fitted: FittedBackOff) -> None:
    assert fitted.of("card3")["item"].to_list()[:2] == ["cam1", "cam2"]


def test_who_has_partners_borrows_none(fitted: FittedBackOff) -> None:
    assert len(fitted.of("cam1")) == 0
    assert len(fitted.of("card2")) == 0


def test_without_name_and_category_there_is_silence(fitted: FittedBackOff) -> None:
    assert len(fitted.of("odd")) == 0


def test_a_product_is_never_its_own_partner(fitted: FittedBackOff) -> None:
    frame = fitted.frame()
    assert frame.filter(pl.col("anchor") == pl.col("item")).is_empty()
    assert frame.select("anchor", "item").is_duplicated().sum() == 0


def test_an_unknown_product_is_refused_by_name(fitted: FittedBackOff) -> None:
    with pytest.raises(UnknownProduct, match="ghost"):
        fitted.of("ghost")


@pytest.mark.parametrize(("wrong", "named"), [({"top": 0}, "top"), ({"like": 0.9, "alike": 0.5}, "alike")])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, int], named: str) -> None:
    with pytest.raises(BadValue, match=named):
        BackOff(**wrong)


def test_an_empty_catalogue_borrows_nothing() -> None:
    made = baskets()
    assert len(BackOff().fit(products().clear(), made, Complements().fit(made)).frame()) == 0


def test_arrow_products_and_categories_by_one_name_give_the_same() -> None:
    complements = Complements(min_count=3).fit(baskets())
    plain = BackOff().fit(products(), baskets(), complements).frame()
    named = products().with_columns(pl.col("category").list.first())
    arrow: pa.Table = named.to_arrow()
    assert BackOff().fit(arrow, baskets(), complements).frame().equals(plain)


def test_products_without_ids_and_no_table_are_refused_by_name() -> None:
    complements = Complements(min_count=3).fit(baskets())
    with pytest.raises(BadColumns, match="id"):
        BackOff().fit(products().drop("id"), baskets(), complements)
    with pytest.raises(BadColumns, match="not a table"):
        BackOff().fit(["cam1"], baskets(), complements)


def test_two_shades_of_one_thing_are_not_lent_to_a_third() -> None:
    names = {
        "red": "Hair colour red",
        "black": "Hair colour black",
        "new": "Hair colour plum",
        "comb": "Comb",
        "tea": "Tea",
    }
    orders = [["red", "black", "comb"]] * 30 + [["tea"]] * 60
    rows = [(number, item) for number, order in enumerate(orders) for item in order]
    sold = Baskets.from_frame(pl.DataFrame(rows, schema=["o", "p"], orient="row"), basket="o", item="p")
    shelf = pl.DataFrame({"id": list(names), "title": list(names.values())})
    lent = BackOff(few=1).fit(shelf, sold, Complements().fit(sold, tune=False)).of("new")
    assert lent["item"].to_list() == ["comb"]
