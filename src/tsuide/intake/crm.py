"""Exports of accounts and contacts from Salesforce, Zoho CRM and HubSpot: known by their columns, read by them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import polars as pl

from tsuide.intake.fields import plain

Vendor: TypeAlias = Literal["salesforce", "zoho", "hubspot"]
Thing: TypeAlias = Literal["accounts", "contacts"]

_ACCOUNTS: Final = {
    "id": "account id,取引先 ID,record id,レコード ID,company id,id",
    "name": "account name,取引先名,company name,会社名,name",
    "parent_id": "parent account id,親取引先 ID,parent id,parent company id,親会社 ID",
    "account": "parent account,親取引先,親取引先名,parent company,親会社",
    "owner": "account owner,取引先 所有者,取引先の担当者,取引先担当者,company owner,会社の担当者,会社担当者,owner name",
    "email": "email,メール",
    "phone": "phone,account phone,電話,電話番号,phone number",
    "industry": "industry,業種",
    "prefecture": "billing state/province,billing state,請求先 都道府県,都道府県(請求先),請求先住所(都道府県),"
    "state/region,都道府県/地域,都道府県",
    "created_at": "created date,created time,create date,作成日,作成日時",
}
_CONTACTS: Final = {
    "id": "contact id,取引先責任者 ID,連絡先 ID,record id,レコード ID,id",
    "last_name": "last name,姓",
    "first_name": "first name,名",
    "email": "email,メール,Eメール,メールアドレス,email address",
    "phone": "phone,電話,電話番号,phone number,mobile,mobile phone,mobile phone number,携帯,携帯電話,"
    "携帯電話番号",
    "parent_id": "account id,取引先 ID,account name id,取引先名 ID,associated company ids primary,"
    "primary associated company id,associated company ids,associated company id,関連付けられた会社 ID",
    "account": "account name,取引先名,associated company,company name,関連付けられた会社,会社名",
    "owner": "contact owner,取引先責任者 所有者,連絡先の担当者,連絡先担当者,コンタクト担当者,"
    "コンタクトの担当者,owner name",
    "language": "preferred language,希望言語,優先言語",
    "prefecture": "mailing state/province,mailing state,郵送先 都道府県,都道府県(郵送先),"
    "郵送先住所(都道府県),state/region,都道府県/地域,都道府県",
    "created_at": "created date,created time,create date,作成日,作成日時",
}  # fmt: skip
_OF_HUBSPOT: Final = frozenset(
    map(
        plain,
        ("lifecycle stage", "lead status", "company owner", "company domain name", "associated company",
         "associated company ids", "associated company ids primary", "create date", "number of associated contacts",
         "ライフサイクルステージ", "リードステータス", "会社のドメイン名", "コンタクト担当者", "関連付けられた会社",
         "関連付けられた会社 ID", "会社の担当者"),
    )
)  # fmt: skip
_OF_ZOHO: Final = frozenset(
    map(plain, ("account owner", "contact owner", "取引先の担当者", "取引先担当者", "連絡先の担当者", "連絡先担当者"))
)
_OF_OTHERS: Final = frozenset(
    map(
        plain,
        (
            *("quantity", "product code", "order number", "unit price", "数量", "商品コード", "注文番号"),
            *("opportunity name", "opportunity id", "deal name", "deal id", "商談名", "商談 ID", "取引名"),
            *("case number", "ケース番号", "ticket name", "subject", "件名", "activity type", "活動種別"),
        ),
    )
)
"""Columns of orders, deals, tickets and activities, which name their account too."""
_RECORD: Final = frozenset({"recordid", "レコードid"})
_PERSONS: Final = frozenset({"lastname", "firstname", "姓", "名"})
_SHORT_ID: Final = re.compile(r"[A-Za-z0-9]{15}")
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


@dataclass(frozen=True, slots=True)
class Layout:
    """Whose export a table is, and of what.

    Args:
        vendor: of the CRM.
        thing: accounts (companies) or contacts (people at them).
    """

    vendor: Vendor
    thing: Thing

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Field → column, of those that there are; each column once."""
        by_name: dict[str, str] = {}
        for name in names:
            by_name.setdefault(plain(name), name)
        found: dict[str, str] = {}
        for field, accepted in (_ACCOUNTS if self.thing == "accounts" else _CONTACTS).items():
            for each in accepted.split(","):
                column = by_name.get(plain(each))
                if column is not None and column not in found.values():
                    found[field] = column
                    break
        return found

    def own_ids(self, values: pl.Series) -> pl.Series:
        """The ids of the table's own rows."""
        return self._ids(values, company=self.thing == "accounts")

    def company_ids(self, values: pl.Series) -> pl.Series:
        """The ids of the accounts above; of several, the first."""
        return self._ids(values.str.split(";").list.first().str.strip_chars(), company=True)

    def _ids(self, values: pl.Series, *, company: bool) -> pl.Series:
        told = [None if each is None else self._id(each, company=company) for each in values.to_list()]
        return pl.Series(values.name, told, dtype=pl.String)

    def _id(self, value: str, *, company: bool) -> str:
        if self.vendor == "salesforce":
            return long_id(value)
        if self.vendor == "zoho":
            return value.removeprefix("zcrm_")
        return f"company-{value}" if company and value else value  # HubSpot counts companies and contacts each from 1


def layout_of(names: Sequence[str]) -> Layout | None:
    """Whose export a table with these columns is; None where it is none that is known.

    >>> layout_of(["Record Id", "Account Name", "Account Owner", "Parent Account.id"])
    Layout(vendor='zoho', thing='accounts')
    >>> layout_of(["Record ID", "First Name", "Last Name", "Email", "Lifecycle Stage"])
    Layout(vendor='hubspot', thing='contacts')
    >>> layout_of(["order id", "sku"]) is None
    True
    """
    known = {plain(name) for name in names}
    if known & _OF_OTHERS:
        return None
    thing: Thing = "contacts" if known & _PERSONS else "accounts"
    if known & _RECORD:
        vendor: Vendor | None = "hubspot" if known & _OF_HUBSPOT else "zoho" if known & _OF_ZOHO else None
    elif _is_salesforce(known, thing):
        vendor = "salesforce"
    else:
        vendor = None
    return None if vendor is None else Layout(vendor, thing)


def _is_salesforce(known: set[str], thing: Thing) -> bool:
    if "id" in known and known & {"ownerid", "isdeleted", "systemmodstamp"}:  # Data Loader and the weekly export
        return "accountid" in known if thing == "contacts" else "parentid" in known
    if thing == "contacts":
        return bool(known & {"contactid", "取引先責任者id"})
    return bool(known & {"accountid", "取引先id"}) and bool(known & {"accountname", "取引先名"})


def long_id(value: str) -> str:
    """A Salesforce id of 15 characters (which differ by case) as the 18 that other exports write; others stay.

    Source: Salesforce, "Convert 15 digit ID to 18": each five characters give one more, which says which are capitals.

    >>> long_id("0015g00000Xy1Ab"), long_id("a-1")
    ('0015g00000Xy1AbAAJ', 'a-1')
    """
    if not _SHORT_ID.fullmatch(value) or value.isdigit():
        return value
    parts = (value[at : at + 5] for at in (0, 5, 10))
    return value + "".join(
        _DIGITS[sum(1 << place for place, each in enumerate(part) if "A" <= each <= "Z")] for part in parts
    )
