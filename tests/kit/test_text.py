from hypothesis import given
from hypothesis import strategies as st

from tsuide.kit.text import fold, shorten


def test_width_kana_case_and_spaces_do_not_matter() -> None:
    assert fold("ＧＴＸ　ｐｒｏ") == fold("gtx  PRO")
    assert fold("かめら") == fold("カメラ") == fold("ｶﾒﾗ")


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit
