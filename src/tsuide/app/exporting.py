"""Related products as files that other systems read: Google Merchant, WooCommerce, Shopify, and plain CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias

from tsuide.app.deciding import Decider
from tsuide.app.related import MOST, Pair, related
from tsuide.facts.catalogue import Product
from tsuide.offers.offer import INSTEAD

Format: TypeAlias = Literal["google", "csv", "woocommerce", "shopify"]
FORMATS: Final[tuple[Format, ...]] = ("google", "csv", "woocommerce", "shopify")
MEDIA_TYPES: Final[dict[Format, str]] = {
    "google": "text/tab-separated-values; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "woocommerce": "text/csv; charset=utf-8",
    "shopify": "text/csv; charset=utf-8",
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_GOOGLE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,50}")
_WOO_ID: Final = re.compile(r"[1-9][0-9]{0,6}")
_HANDLE: Final = re.compile(r"^/products/([^/?#]+)")
_WOO_MOST: Final = 12
_SHOPIFY_MOST: Final = 10  # complementary products that Search & Discovery takes
_COMPLEMENTARY: Final = (
    "Complementary products (product.metafields.shopify--discovery--product_recommendation.complementary_products)"
)
_RELATED: Final = "Related products (product.metafields.shopify--discovery--product_recommendation.related_products)"

Row: TypeAlias = Sequence[str | int]


@dataclass(slots=True)
class Summary:
    """What was written.

    Args:
        products: rows that name a product (for plain CSV: products with a pair).
        pairs: relations in all.
        relationships: relations of each kind.
        left_out: product ids that the format cannot carry.
    """

    products: int = 0
    pairs: int = 0
    relationships: dict[str, int] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    def count(self, pairs: Sequence[Pair]) -> None:
        """Add one product's row."""
        self.products += 1
        self.pairs += len(pairs)
        for pair in pairs:
            self.relationships[pair.relationship] = self.relationships.get(pair.relationship, 0) + 1


def export_related(
    decider: Decider,
    form: Format,
    now: datetime,
    *,
    most: int = MOST,
    done: Callable[[], object] = lambda: None,
) -> tuple[str, Summary]:
    """The whole file as text, and what is in it.

    Raises:
        NothingLearned: there is no state yet.
    """
    summary = Summary()
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t" if form == "google" else ",", lineterminator="\r\n")
    found = related(decider.loaded, decider.policy, now, most=most, done=done)
    for row in _ROWS[form](found, summary):
        writer.writerow(row)
    return out.getvalue(), summary


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all: an importer never reads half of one."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8", newline="")
    beside.replace(path)


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> safe("=HYPERLINK(1)"), safe("Tea cup"), safe("-5")
    ("'=HYPERLINK(1)", 'Tea cup', "'-5")
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


Found: TypeAlias = Iterable[tuple[Product, tuple[Pair, ...]]]


def google_rows(found: Found, summary: Summary) -> Iterator[Row]:
    """``id`` and ``related_product`` (relationship:id:identifier, a comma between) of a supplemental source.

    Source: Google Merchant Center, answer 17085213. Identifiers hold letters, digits, underscore and dash only.
    """
    yield ("id", "related_product")
    for product, pairs in found:
        kept = [each for each in pairs if _fits(each.other.id, _google_id, summary)][:MOST]
        if kept and _fits(product.id, _google_id, summary):
            summary.count(kept)
            yield (product.id, ",".join(f"{each.relationship}:id:{each.other.id}" for each in kept))


def csv_rows(found: Found, summary: Summary) -> Iterator[Row]:
    """One row per pair, the best first; no cell is a formula."""
    yield ("product_id", "place", "related_id", "relationship", "kind", "declared", "title", "related_title")
    for product, pairs in found:
        summary.count(pairs)
        for place, each in enumerate(pairs, 1):
            yield (
                safe(product.id),
                place,
                safe(each.other.id),
                each.relationship,
                each.kind,
                "yes" if each.declared else "no",
                safe(product.title),
                safe(each.other.title),
            )


def woocommerce_rows(found: Found, summary: Summary) -> Iterator[Row]:
    """For WooCommerce's own importer with "update existing products": what goes with it, and what stands above it.

    Numbers of up to seven digits are WooCommerce's own ids (``id:12``); everything else is a SKU, as the longer
    numbers of bar codes are.
    """
    yield ("ID", "SKU", "Upsells", "Cross-sells")
    for product, pairs in found:
        kept = [each for each in pairs if _fits(each.other.id, _plain, summary)]
        steps = [each for each in kept if each.kind in INSTEAD][:_WOO_MOST]
        beside = [each for each in kept if each.kind not in INSTEAD][:_WOO_MOST]
        if not kept or not _fits(product.id, _plain, summary):
            continue
        summary.count([*steps, *beside])
        number, sku = (product.id, "") if _numbered(product.id) else ("", product.id)
        yield (number, sku, *(",".join(_woo(each.other.id) for each in some) for some in (steps, beside)))


def shopify_rows(found: Found, summary: Summary) -> Iterator[Row]:
    """For Shopify's product import with "overwrite": by handle, the metafields of Search & Discovery."""
    yield ("Handle", "Title", _COMPLEMENTARY, _RELATED)
    handles: dict[str, tuple[str, dict[str, Pair], dict[str, Pair]]] = {}
    for product, pairs in found:
        own = _handle(product)
        if not _fits(own, _plain, summary):
            continue
        _, beside, instead = handles.setdefault(own, (product.title, {}, {}))  # the variants of one product share it
        for each in pairs:
            other = _handle(each.other)
            if other != own and _fits(other, _plain, summary):
                (instead if each.kind in INSTEAD else beside).setdefault(other, each)
    for handle, (title, beside, instead) in handles.items():
        chosen = list(beside)[:_SHOPIFY_MOST], list(instead)[:_SHOPIFY_MOST]
        if any(chosen):
            summary.count([*(beside[each] for each in chosen[0]), *(instead[each] for each in chosen[1])])
            yield (handle, safe(title), "; ".join(chosen[0]), "; ".join(chosen[1]))


_ROWS: Final[dict[Format, Callable[[Found, Summary], Iterator[Row]]]] = {
    "google": google_rows,
    "csv": csv_rows,
    "woocommerce": woocommerce_rows,
    "shopify": shopify_rows,
}


def _fits(identifier: str, allowed: Callable[[str], bool], summary: Summary) -> bool:
    """Whether an importer can be given the id as it is; a changed one would name nothing."""
    if allowed(identifier):
        return True
    summary.left_out.add(identifier)
    return False


def _google_id(identifier: str) -> bool:
    return _GOOGLE_ID.fullmatch(identifier) is not None and _plain(identifier)


def _plain(identifier: str) -> bool:
    return not identifier.startswith(_FORMULA) and not any(each in identifier for each in "\r\n\t;")


def _numbered(identifier: str) -> bool:
    return _WOO_ID.fullmatch(identifier) is not None


def _woo(identifier: str) -> str:
    return f"id:{identifier}" if _numbered(identifier) else identifier.replace(",", "\\,")


def _handle(product: Product) -> str:
    """The Shopify handle: of the page's address where the catalogue came from Shopify, else the parent's or own id.

    >>> _handle(Product("T1", "緑茶", "JPY", url="/products/green-tea?variant=1"))
    'green-tea'
    """
    found = _HANDLE.match(product.url or "")
    return found.group(1) if found else product.parent_id or product.id
