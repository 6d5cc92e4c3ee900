"""Accounts and contacts as Salesforce, Zoho CRM and HubSpot export them, in English and Japanese."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tsuide.intake.convert import to_facts
from tsuide.intake.crm import layout_of
from tsuide.intake.mapping import guess_kind, guess_mapping
from tsuide.intake.settings import IntakeSettings
from tsuide.intake.tables import table_of

JAPAN = IntakeSettings(now=datetime(2026, 6, 1, tzinfo=UTC), currency="JPY")


def read(text: str, encoding: str = "utf-8", **given: str) -> list[dict[str, Any]]:
    table = table_of(text.encode(encoding), "crm.csv")
    columns = table.frame.columns
    assert guess_kind(columns) == "customers"
    got = to_facts("customers", table, guess_mapping("customers", columns, table.frame, given), JAPAN)
    assert got.rejects.height == 0
    return [{**row, "attributes": json.loads(row["attributes"])} for row in got.frames["customers"].to_dicts()]


SALESFORCE_ACCOUNTS = """\
"Account ID","Account Name","Parent Account ID","Parent Account","Account Owner","Phone","Industry","Billing State/Province","Created Date","Rating"
"0015g00000Xy1Ab","Aoba Trading Co., Ltd.","","","Ann Sato","03-1234-5678","Manufacturing","Tokyo","2024-03-05","Hot"
"0015g00000Xy1Ac","Aoba Osaka","0015g00000Xy1Ab","Aoba Trading Co., Ltd.","Ann Sato","","","Osaka","2024-03-06",""
"""  # noqa: E501 - a header row as it comes


def test_salesforce_accounts_are_companies_in_their_tree_with_owner_and_industry() -> None:
    head, site = read(SALESFORCE_ACCOUNTS)
    assert (head["id"], head["kind"], head["parent_id"]) == ("0015g00000Xy1AbAAJ", "company", None)
    assert (site["parent_id"], site["name"]) == (head["id"], "Aoba Osaka")
    assert head["attributes"] == {
        "owner": "Ann Sato", "industry": "Manufacturing", "prefecture": "Tokyo", "Rating": "Hot",
    }  # fmt: skip
    assert head["created_at"] == datetime(2024, 3, 4, 15, tzinfo=UTC)


def test_salesforce_contacts_in_japanese_stand_below_their_account() -> None:
    text = (
        "取引先責任者 ID,取引先 ID,取引先名,姓,名,役職,メール,電話,携帯,取引先責任者 所有者\r\n"
        "0035g00000Ab1Xy,0015g00000Xy1Ab,青葉商事株式会社,山田,花子,部長,Hanako@Aoba.example,,090-1111-2222,佐藤\r\n"
    )
    (row,) = read(text, "cp932")
    assert (row["kind"], row["parent_id"], row["name"]) == ("person", "0015g00000Xy1AbAAJ", "山田 花子")
    assert (row["email"], row["attributes"]["owner"], row["attributes"]["役職"]) == (
        "hanako@aoba.example", "佐藤", "部長",
    )  # fmt: skip
    assert row["attributes"]["account"] == "青葉商事株式会社"


def test_the_data_loaders_names_are_known_too() -> None:
    accounts = read("Id,IsDeleted,Name,ParentId,OwnerId,Industry\n0015g00000Xy1AbAAJ,false,Aoba,,0055g000001,Retail\n")
    contacts = read("Id,IsDeleted,AccountId,LastName,FirstName,Email,OwnerId\n0035g00000Ab1XyAAA,false,"
                    "0015g00000Xy1AbAAJ,Sato,Ann,ann@x.jp,0055g000001\n")  # fmt: skip
    assert (accounts[0]["kind"], accounts[0]["name"]) == ("company", "Aoba")
    assert contacts[0]["parent_id"] == accounts[0]["id"]


def test_zoho_accounts_and_contacts_fit_each_other() -> None:
    (account,) = read(
        "Record Id,Account Owner.id,Account Owner,Account Name,Phone,Website,Parent Account.id,"
        "Parent Account,Industry\nzcrm_4876876000000123456,zcrm_1,Ken,Botan KK,06-0000-0000,https://b.example,,,Service\n"
    )
    (contact,) = read(
        "Record Id,Contact Owner.id,Contact Owner,Lead Source,First Name,Last Name,Account Name.id,Account Name,Email,"
        "Phone,Mobile\nzcrm_4876876000000999999,zcrm_1,Ken,Web,Mina,Mori,zcrm_4876876000000123456,Botan KK,"
        "m@b.example,,\n"
    )
    assert (account["id"], account["kind"]) == ("4876876000000123456", "company")
    assert (contact["parent_id"], contact["attributes"]["owner"]) == (account["id"], "Ken")
    assert contact["attributes"]["Lead Source"] == "Web"
    (japanese,) = read("レコードID,取引先の担当者,取引先名,電話番号,親取引先,業種\nzcrm_7,健,牡丹(株),06,,サービス\n")
    assert (japanese["id"], japanese["name"], japanese["attributes"]["industry"]) == ("7", "牡丹(株)", "サービス")


def test_hubspots_companies_and_contacts_of_one_number_are_two() -> None:
    (company,) = read("Record ID,Company name,Company owner,Create Date,Phone Number,Industry,Company Domain Name\n"
                      "151,Chiyo Inc.,Rei,2025-01-02 03:04,,RETAIL,chiyo.example\n")  # fmt: skip
    contacts = read("Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,"
                    "Associated Company,Associated Company IDs\n"
                    "151,Aki,Ono,aki@chiyo.example,,Rei,lead,Chiyo Inc.;Other,151;152\n"
                    "152,Emi,Abe,emi@x.example,,,lead,,\n")  # fmt: skip
    assert (company["id"], company["kind"]) == ("company-151", "company")
    assert [(row["id"], row["parent_id"]) for row in contacts] == [("151", "company-151"), ("152", None)]
    (japanese,) = read("レコードID,姓,名,Eメール,電話番号,コンタクト担当者,関連付けられた会社ID,作成日\n"
                       "9,大野,亜紀,aki@chiyo.example,,玲,151,2025-01-02 03:04\n")  # fmt: skip
    assert (japanese["name"], japanese["parent_id"]) == ("大野 亜紀", "company-151")


def test_what_a_person_says_goes_before_what_the_crm_means() -> None:
    (head, _) = read(SALESFORCE_ACCOUNTS, name="Rating")
    assert (head["name"], head["attributes"]["Account Name"]) == ("Hot", "Aoba Trading Co., Ltd.")


@pytest.mark.parametrize(
    "columns",
    [
        ["Account ID", "Account Name", "Order Number", "Order Date", "Product Code", "Quantity", "Unit Price"],
        ["会員ID", "氏名", "メールアドレス"],
    ],
)
def test_other_tables_stay_what_they_are(columns: list[str]) -> None:
    assert guess_kind(columns) == ("orders" if "Quantity" in columns else "customers")
    assert layout_of(columns) is None


def test_deals_tickets_and_activities_are_no_accounts_although_they_name_one() -> None:
    for more in (["Opportunity Name", "Amount"], ["Case Number", "Status"], ["Subject", "Due Date"]):
        assert layout_of(["Account ID", "Account Name", "Account Owner", *more]) is None


def test_orders_and_talks_name_the_account_as_its_own_table_does() -> None:
    orders = "注文番号,注文日,会員ID,商品コード,数量,単価\n1,2025-01-01,0015g00000Xy1Ab,p,1,100\n"
    orders += "2,2025-01-01,zcrm_42,p,1,100\n3,2025-01-01,001234567890123,p,1,100\n4,2025-01-01,Ann@X.jp,p,1,100\n"
    talks = "取引先ID,活動種別,活動日,内容\n0015g00000Xy1Ab,訪問,2025-01-01,ご提案\n"
    found = []
    for text, kind in ((orders, "orders"), (talks, "interactions")):
        table = table_of(text.encode(), "t.csv")
        assert guess_kind(table.frame.columns) == kind
        got = to_facts(kind, table, guess_mapping(kind, table.frame.columns, table.frame), JAPAN)
        found += got.frames[kind]["customer_id"].to_list()
    assert found == ["0015g00000Xy1AbAAJ", "42", "001234567890123", "ann@x.jp", "0015g00000Xy1AbAAJ"]
