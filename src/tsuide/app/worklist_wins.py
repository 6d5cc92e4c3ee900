"""Results of other accounts for the pitch of a rep's worklist, read from the store once for the whole list."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tsuide.app.catalogue import Catalogue
from tsuide.app.wiring import Shop
from tsuide.facts.catalogue import Product
from tsuide.kit.clock import from_micros
from tsuide.outreach.sales.phrases import WORKLIST
from tsuide.outreach.sales.wins import TRAITS, Told, Winner, wins_for

_NEWEST: Final = 500  # results that are looked through
_REFUSED: Final = frozenset({"no", "false", "0"})


def with_wins(
    shop: Shop, catalogue: Catalogue, entries: Sequence[dict[str, Any]], accounts: Mapping[str, Mapping[str, Any]],
    rep: str, language: str,
) -> None:  # fmt: skip
    """Add to each entry's pitch the results of other accounts that bear on its offer (`pitch.wins`).

    Args:
        shop: whose.
        catalogue: of what is offered.
        entries: of a worklist.
        accounts: account → its row, with `attributes` as JSON.
        rep: whose list.
        language: of sentences.
    """
    winners = _winners(shop, catalogue) if entries else []
    industries = shop.store.worklist.industries() if winners else {}
    for entry in entries:
        attributes = json.loads(accounts[entry["account"]]["attributes"] or "{}")
        product = catalogue.product(entry["offer"]["product_id"])
        found = wins_for(
            winners, entry["account"], _traits(attributes), entry["offer"]["product_id"],
            None if product is None else line_of(product), rep=rep, team=str(attributes.get("team") or ""),
            industries=industries,
        )  # fmt: skip
        entry["offer"]["pitch"]["wins"] = [_plain(each, language) for each in found]


def line_of(product: Product) -> str | None:
    """The product line: attribute `line`, else the widest category."""
    named = str(product.attributes.get("line") or "")
    return named or (product.category[0] if product.category else None)


def _winners(shop: Shop, catalogue: Catalogue) -> list[Winner]:
    rows = shop.store.worklist.wins(_NEWEST)
    rows = [row for row in rows if str(_of(row).get("reference", "")).strip().lower() not in _REFUSED]
    if not rows:
        return []
    bought: dict[str, set[str]] = {}
    who = {str(row["customer_id"]) for row in rows} | {_account(row) for row in rows}
    for customer, product_id in shop.store.worklist.products_of(sorted(who)):
        bought.setdefault(customer, set()).add(product_id)
    found = []
    for row in rows:
        mine = bought.get(str(row["customer_id"]), set()) | bought.get(_account(row), set())
        lines = {line_of(product) for each in mine if (product := catalogue.product(each)) is not None}
        attributes = _of(row)
        names = tuple(str(each) for each in (row["name"], row["account_name"]) if each)
        found.append(
            Winner(
                str(row["id"]), _account(row), str(row["account_name"] or row["name"] or _account(row)), names,
                str(attributes.get("owner") or ""), str(attributes.get("team") or ""), _traits(attributes),
                row["metric"], row["before"], row["after"], row["evidence"] or "", from_micros(row["at"]),
                frozenset(mine), frozenset(each for each in lines if each is not None),
            )
        )  # fmt: skip
    return found


def _account(row: Mapping[str, Any]) -> str:
    return str(row["account_id"] or row["customer_id"])


def _of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The account's attributes, the person's own before them."""
    above, own = (json.loads(row[name] or "{}") for name in ("account_attributes", "attributes"))
    return {**above, **own}


def _traits(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(attributes[name]) for name in TRAITS if attributes.get(name)}


def _plain(told: Told, language: str) -> dict[str, Any]:
    """As JSON; `text` is what the customer may hear."""
    who = (
        WORKLIST.text("another_in", language, industry=told.industry)
        if told.industry
        else WORKLIST.text("another", language)
    )
    text = WORKLIST.text("win", language, who=who, metric=told.metric, before=told.before, after=told.after)
    return {
        "win": told.win_id, "metric": told.metric, "before": told.before, "after": told.after,
        "at": told.at.isoformat(), "industry": told.industry, "account": told.whose, "evidence": told.evidence,
        "bought": told.bought, "text": text,
    }  # fmt: skip
