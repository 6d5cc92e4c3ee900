"""Customer and consent tables → customers and consents."""

from typing import Final

import polars as pl

from tsuide.facts.consent import CHANNELS, CONSENTS, PURPOSES
from tsuide.facts.customers import CUSTOMERS
from tsuide.facts.schema import conform
from tsuide.intake.attributes import attributes
from tsuide.intake.columns import Columns
from tsuide.intake.crm import Layout
from tsuide.intake.identities import customer_ids, reject_twice
from tsuide.intake.mapping import Mapping
from tsuide.intake.rejects import Rejecting
from tsuide.intake.settings import IntakeSettings

_KIND: Final = {
    **dict.fromkeys(["person", "individual", "b2c", "個人", "一般", "会員"], "person"),
    **dict.fromkeys(
        ["company", "business", "organisation", "organization", "b2b", "法人", "企業", "会社", "団体"], "company"
    ),
}
_LANGUAGE: Final = {
    **dict.fromkeys(["ja", "ja-jp", "ja_jp", "jp", "japanese", "日本語"], "ja"),
    **dict.fromkeys(["en", "en-us", "en_us", "en-gb", "en_gb", "english", "英語"], "en"),
}
_PURPOSE: Final = {
    **{purpose: purpose for purpose in PURPOSES},
    **dict.fromkeys(["広告", "販促", "案内", "メルマガ", "メールマガジン", "advertising", "newsletter"], "marketing"),
    **dict.fromkeys(["personalization", "パーソナライズ", "おすすめ", "レコメンド"], "personalisation"),
    **dict.fromkeys(["分析", "解析"], "analytics"),
    **dict.fromkeys(["取引", "連絡"], "transactional"),
}
_CHANNEL: Final = {
    **{channel: channel for channel in CHANNELS},
    **dict.fromkeys(["メール", "e-mail", "mail"], "email"),
    **dict.fromkeys(["サイト", "web", "website"], "site"),
    **dict.fromkeys(["電話", "tel"], "phone"),
    **dict.fromkeys(["郵送", "郵便", "dm"], "post"),
    **dict.fromkeys(["店頭", "レジ"], "till"),
    **dict.fromkeys(["営業", "担当者"], "rep"),
    **dict.fromkeys(["アプリ"], "app"),
    **dict.fromkeys(["ショートメール"], "sms"),
    **dict.fromkeys(["すべて", "全て", "all"], "any"),
}


def customers(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"customers"} of the rows that are not rejected; who has no id is known by their e-mail address.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    layout = mapping.layout
    email = columns.key("email").str.to_lowercase()
    own, above = columns.key("id"), columns.key("parent_id")
    if layout is not None:
        own, above = layout.own_ids(own), layout.company_ids(above)
    ids = customer_ids(own).fill_null(email).rename("id")
    columns.reject(ids.is_null(), "missing", "id" if columns.has("id") else "email")
    reject_twice(columns, "id" if columns.has("id") else "email", ids)
    told = pl.DataFrame(
        [
            ids,
            columns.choice("kind", _KIND, strict=False).fill_null(_usual(layout)).rename("kind"),
            customer_ids(above).rename("parent_id"),
            _name(columns, settings),
            email.rename("email"),
            columns.title("phone"),
            columns.choice("language", _LANGUAGE, strict=False),
            _attributes(frame, mapping),
            columns.moment("created_at"),
        ]
    )
    return {"customers": conform(told.filter(pl.Series(rejecting.kept())), CUSTOMERS)}


BY_NAME: Final = ("account", "owner", "industry", "prefecture")
"""Fields that are kept as attributes of these very names."""


def _attributes(frame: pl.DataFrame, mapping: Mapping) -> pl.Series:
    found = mapping.columns
    named = {found[field]: field for field in BY_NAME if field in found}
    taken = [name for name in frame.columns if name in named.values() and name not in named]
    plain = frame.drop(taken).rename(named)
    kept = [name for name in mapping.unused if name not in taken]
    return attributes(plain, [*kept, *named.values()])


def _usual(layout: Layout | None) -> str:
    return "company" if layout is not None and layout.thing == "accounts" else "person"


def _name(columns: Columns, settings: IntakeSettings) -> pl.Series:
    """The name, or family and given name in the order of the shop's country."""
    parts = ("last_name", "first_name")
    if not settings.zone.startswith("Asia/"):
        parts = ("first_name", "last_name")
    told = pl.DataFrame([columns.title(part) for part in parts])
    joined = told.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series()
    joined = joined.set(joined == "", None)
    return columns.title("name").fill_null(joined).rename("name")


def consents(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"consents"}: without a purpose it is marketing, without a channel it is e-mail.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    granted = columns.yes("granted")
    columns.reject(granted.is_null(), "missing", "granted")
    told = pl.DataFrame(
        [
            customer_ids(columns.key("customer_id", needed=True)).rename("customer_id"),
            columns.choice("purpose", _PURPOSE).fill_null("marketing").rename("purpose"),
            columns.choice("channel", _CHANNEL).fill_null("email").rename("channel"),
            granted,
            columns.moment("at", needed=True),
            columns.title("source").fill_null(settings.source).rename("source"),
            columns.title("evidence"),
        ]
    )
    keys = [told[name] for name in ("purpose", "channel", "at", "customer_id")]
    reject_twice(columns, "customer_id", *keys)
    return {"consents": conform(told.filter(pl.Series(rejecting.kept())), CONSENTS)}
