"""What a deal reads of its account: name, language, price list and credit, its own or of the account above it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from tsuide.app.wiring import Shop
from tsuide.errors import BadFile, BadValue, UnknownCustomer
from tsuide.facts.catalogue import Product
from tsuide.intake.tables import read_table
from tsuide.kit.money import LARGEST_AMOUNT, parse_amount
from tsuide.outreach.sales.deals import Credit, Deal, Price, listed_price, totals
from tsuide.outreach.sales.quotes import Buyer, BuyerKind

_DEEPEST: Final = 10  # accounts above one another
_UNPAID: Final = 60  # days: closed at the end of a month, paid at the end of the next
_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a deal sees it.

    Args:
        attributes: its own, and of those above it what it has not itself.
        holder: the account whose credit limit holds; itself where it has one.
    """

    id: str
    buyer: Buyer
    email: str | None
    language: str | None
    attributes: Mapping[str, str]
    holder: str


def account_of(shop: Shop, customer_id: str | None) -> Account | None:
    """The account; None where there is none of this id."""
    chain: list[dict[str, object]] = []
    above: str | None = customer_id
    while above is not None and len(chain) < _DEEPEST and above not in {str(each["id"]) for each in chain}:
        try:
            row = shop.store.facts.customer(above)
        except UnknownCustomer:
            break
        chain.append(row)
        above = None if row["parent_id"] is None else str(row["parent_id"])
    if not chain:
        return None
    attributes: dict[str, str] = {}
    holder = str(chain[0]["id"])
    for row in reversed(chain):
        own = json.loads(str(row["attributes"] or "{}"))
        attributes |= {str(name): str(text) for name, text in own.items()}
        holder = str(row["id"]) if "credit_limit" in own else holder
    me = chain[0]
    kind: BuyerKind = "company" if me["kind"] == "company" else "person"
    return Account(
        str(me["id"]), Buyer(str(me["name"] or me["id"]), kind), _text(me["email"]), _text(me["language"]), attributes,
        holder,
    )  # fmt: skip


def price_for(shop: Shop, account: Account | None, product: Product, quantity: int) -> tuple[int | None, bool]:
    """What an account pays for one unit, and whether that is of its price list."""
    name = None if account is None else account.attributes.get("price_list")
    rows = shop.store.deals.prices(name, product.id) if name else ()
    listed = listed_price(rows, product.id, quantity, product.currency)
    return (product.price, False) if listed is None else (listed, True)


def credit_of(shop: Shop, account: Account, deal: Deal, now: datetime) -> Credit | None:
    """Where the account stands with its credit once the deal is won; None where the deal has several currencies.

    What is open is what accounting says (attribute ``credit_used``); without it, what was won within the last 60 days.
    What waits for a yes in other deals comes on top. A limit is in the shop's currency: for a deal in another it says
    nothing.

    Raises:
        BadValue: the limit, or what is used of it, is no amount.
    """
    asked = totals(deal.wanted)
    currency = shop.settings.currency
    if len(asked) != 1 or asked[0].currency != currency:
        return None
    limit = _amount(account, "credit_limit", currency)
    if limit is None:
        return Credit(None, 0, asked[0].total, currency)
    used = _amount(account, "credit_used", currency)
    waiting, won = 0, 0
    for other in _deals_below(shop, account.holder):
        if other.id == deal.id:
            continue
        sums = {each.currency: each.total for each in totals(other.wanted)}
        if other.is_open and any(_waits(shop, row["acceptance_id"]) for row in shop.store.deals.quotes(other.id)):
            waiting += sums.get(currency, 0)
        if other.order_id is not None and other.closed_at is not None and other.closed_at > now - timedelta(_UNPAID):
            won += sums.get(currency, 0)
    return Credit(limit, waiting + (won if used is None else used), asked[0].total, currency)


def _waits(shop: Shop, acceptance_id: str | None) -> bool:
    return acceptance_id is not None and shop.store.acceptances.get(acceptance_id)["state"] == "waiting"


def _deals_below(shop: Shop, holder: str) -> list[Deal]:
    people = shop.store.facts.customers().select("id", "parent_id").filter(pl.col("parent_id").is_not_null())
    below: dict[str, list[str]] = {}
    for child, parent in people.iter_rows():
        below.setdefault(parent, []).append(child)
    whole, at = [holder], 0
    while at < len(whole):
        whole += [each for each in below.get(whole[at], ()) if each not in whole]
        at += 1
    return [each for account in whole for each in shop.store.deals.listed(None, customer_id=account, n=_MOST)]


def _amount(account: Account, name: str, currency: str) -> int | None:
    text = account.attributes.get(name, "")
    return parse_amount(text, currency) if text.strip() else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


# --- price lists ------------------------------------------------------------------------------------------


def import_prices(shop: Shop, name: str, rows: Sequence[Mapping[str, str]]) -> tuple[int, list[str]]:
    """Make rows of product, price, least and currency the prices of a list; what it held before is gone.

    Args:
        shop: whose.
        name: of the list, as accounts name it in their attribute ``price_list``.
        rows: texts by column; ``least`` and ``currency`` may be missing.

    Returns:
        How many prices the list has, and what was wrong with each row that it has not.

    Raises:
        BadFile: not one row could be read: the list stays as it was.
    """
    known = shop.store.facts.products_of([row.get("product", "") for row in rows])
    of = dict(zip(known["id"], known["currency"], strict=True))
    made: dict[tuple[str, str, int], Price] = {}
    wrong: list[str] = []
    for number, row in enumerate(rows, 2):
        try:
            price = _price(name, row, of)
        except BadValue as error:
            wrong.append(f"{number}: {error}")
            continue
        made[price.product_id, price.currency, price.least] = price
    if rows and not made:
        raise BadFile("no price could be read", key="line", value=wrong[0], way_out="columns product, price, least")
    shop.store.deals.set_prices(name, list(made.values()))
    return len(made), wrong


def read_prices(path: str) -> list[dict[str, str]]:
    """The rows of a CSV (or Parquet) file, as texts by column.

    Raises:
        BadFile: it cannot be read.
    """
    frame = read_table(path).frame
    return [{name: "" if text is None else str(text) for name, text in row.items()} for row in frame.to_dicts()]


def _price(name: str, row: Mapping[str, str], of: Mapping[str, str | None]) -> Price:
    product = row.get("product", "").strip()
    if product not in of:
        raise BadValue("no such product", key="product", value=product)
    currency = row.get("currency", "").strip() or of[product] or ""
    least = row.get("least", "").strip() or "1"
    if not (least.isascii() and least.isdigit() and 0 < int(least) < LARGEST_AMOUNT):
        raise BadValue("not a number of units", key="least", value=least)
    price = parse_amount(row.get("price", ""), currency)
    if not 0 <= price <= LARGEST_AMOUNT:
        raise BadValue("not a price", key="price", value=row.get("price"))
    return Price(name, product, price, currency, int(least))
