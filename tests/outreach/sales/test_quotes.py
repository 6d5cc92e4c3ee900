"""A quote: everything that a 見積書 says, in both languages, as a page and as text."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tsuide.errors import BadValue
from tsuide.outreach.sales.quotes import Buyer, Quote, QuoteRow, Seller, body_of, checked_seller, html_of, text_of

NOW = datetime(2026, 5, 31, 15, 30, tzinfo=UTC)  # the first of June in Tokyo
TOKYO = ZoneInfo("Asia/Tokyo")
SELLER = Seller(
    {"ja": "青葉商店", "en": "Aoba Shoten"}, {"ja": "東京都千代田区1-1", "en": "1-1 Chiyoda, Tokyo"}, "T1234567890123",
    "03-0000-0000", "sales@example.com",
)  # fmt: skip
TEA = QuoteRow(1, "tea", {"ja": "煎茶", "en": "Sencha"}, 24, 1_080, 0, 800, tax_included=True, case=12)
CUP = QuoteRow(2, "cup", {"ja": "湯呑", "en": "Cup"}, 10, 500, 200, 1_000, tax_included=False)
QUOTE = Quote(
    "quo_1", "260601-ABCDE-1", "deal_1", "事務所のお茶", NOW, NOW + timedelta(days=30), SELLER, "山本", "JPY",
    (TEA, CUP),
    ((800, 24_000, 1_920), (1_000, 4_800, 480)), 31_200,
    payment={"ja": "月末締め翌月末払い", "en": "30 days"}, delivery={"ja": "3営業日", "en": "3 days"},
)  # fmt: skip
ACME = Buyer("株式会社あおば")


def test_the_japanese_text_says_everything_a_quote_must_say() -> None:
    text = text_of(QUOTE, ACME, "ja", TOKYO)
    for words in (
        "御見積書", "株式会社あおば 御中", "見積番号: 260601-ABCDE-1", "発行日: 2026年6月1日", "有効期限: 2026年7月1日",
        "件名: 事務所のお茶", "青葉商店", "東京都千代田区1-1", "登録番号: T1234567890123", "担当: 山本",
        "煎茶 ※: 24 (12入×2) × ￥1,080（税込） = ￥25,920", "湯呑: 10 × ￥500（税抜）, 値引 -￥200 = ￥4,800",
        "8%対象（税抜）: ￥24,000", "消費税（8%）: ￥1,920", "10%対象（税抜）: ￥4,800", "消費税（10%）: ￥480",
        "お見積金額（税込）: ￥31,200", "※は軽減税率（8%）対象です。", "お支払い条件: 月末締め翌月末払い",
    ):  # fmt: skip
        assert words in text, words
    assert "山田 様" in text_of(QUOTE, Buyer("山田", "person"), "ja", TOKYO)


def test_the_english_page_says_the_same_and_escapes_what_people_wrote() -> None:
    page = html_of(replace(QUOTE, subject="Tea <b>& cups"), Buyer("A & B <Ltd>"), "en", TOKYO)
    for words in (
        "Quotation", "A &amp; B &lt;Ltd&gt;", "Tea &lt;b&gt;&amp; cups", "Registration no.: T1234567890123",
        "2026-06-01", "Sencha ※", "24 (2 cases of 12)", "¥31,200", "Subject to 8% (excl. tax)", "Consumption tax (10%)",
    ):  # fmt: skip
        assert words in page, words
    assert "<b>" not in page


def test_a_quote_without_reduced_rate_discount_or_options_does_not_speak_of_them() -> None:
    plain = replace(QUOTE, rows=(replace(CUP, discount=0),), by_rate=((1_000, 5_000, 500),), total=5_500)
    body = body_of(plain, ACME, "ja", TOKYO)
    assert [word in body for word in ("軽減税率", "値引", "ご一緒に")] == [False] * 3
    with_option = body_of(replace(plain, options=(TEA,)), ACME, "ja", TOKYO, level=2)
    assert "ご一緒にいかがですか" in with_option
    assert "<h3>" in with_option


def test_a_registration_number_is_t_and_thirteen_digits() -> None:
    assert checked_seller(replace(SELLER, registration="")).registration == ""
    for wrong in ("1234567890123", "T123456789012", "T12345678901234", "t1234567890123"):
        with pytest.raises(BadValue, match="registration"):
            checked_seller(replace(SELLER, registration=wrong))
