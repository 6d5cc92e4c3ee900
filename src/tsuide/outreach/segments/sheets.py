"""Sheets from facts: one row per customer or visitor with all that conditions read, and what they did with products.

Pure: frames in, frames out. A customer's money is of one currency, that of most of their orders: nothing is added
across two, and orders in another one count as orders only.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypeAlias

import polars as pl

from tsuide.kit.clock import MICROS_PER_DAY
from tsuide.kit.text import fold_width
from tsuide.outreach.segments.lowering import whole_date
from tsuide.outreach.segments.vocabulary import DEEDS, LEARNED_COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, WHOLE_COLUMNS

CUSTOMER: Final = "c"
VISITOR: Final = "v"
MILLIONTHS: Final = 1_000_000
_NUMBER: Final = re.compile(r"-?\d{1,9}(\.\d{1,6})?")
_YES: Final = frozenset({"yes", "true", "1"})
_OLDEST: Final = 150
Facts: TypeAlias = Mapping[str, pl.DataFrame]

SHEETS: Final[dict[str, pl.DataType]] = {
    "subject": pl.String(),
    "customer_id": pl.String(),
    "anonymous_id": pl.String(),
    **dict.fromkeys(TEXT_COLUMNS, pl.String()),
    **dict.fromkeys(WHOLE_COLUMNS, pl.Int64()),
    **dict.fromkeys(NUMBER_COLUMNS, pl.Float64()),
    "consents": pl.String(),
    "texts": pl.String(),
    "numbers": pl.String(),
}
ACTS: Final[dict[str, pl.DataType]] = {
    "subject": pl.String(),
    "deed": pl.Int64(),
    "product_id": pl.String(),
    "last_at": pl.Int64(),
    "times": pl.Int64(),
}
OWN_COLUMNS: Final = tuple(name for name in SHEETS if name not in LEARNED_COLUMNS)
"""What facts alone say; learned columns are written by learning."""


def make_sheets(facts: Facts, shelf: Mapping[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(sheets as SHEETS with nothing learned, acts as ACTS) of everybody in the facts, by subject.

    Args:
        facts: frames as `store.segment_facts` reads them.
        shelf: product → its leaf category, for the count of categories.
    """
    joined = facts["joined"]
    people = facts["people"].with_columns(subject=CUSTOMER + pl.col("customer_id"))
    lines = facts["lines"].with_columns(subject=CUSTOMER + pl.col("customer_id"))
    seen, touched = (_with_subject(facts[name], joined) for name in ("seen", "touched"))
    parts = [
        _orders(lines, shelf),
        _behaviour(seen),
        _contacts(touched, facts["talks"]),
        _feedback(facts["feedback"]),
        _reviews(facts["reviews"]),
        _consents(facts["consents"]),
    ]
    everybody = pl.concat([each.select("subject") for each in (people, *parts)]).unique().sort("subject")
    sheets = everybody.join(_people(people), on="subject", how="left", maintain_order="left")
    for part in parts:
        sheets = sheets.join(part, on="subject", how="left", maintain_order="left")
    return _filled(sheets), _acts(lines, seen)


def _with_subject(frame: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """Whose a row is: the customer's; of a visitor who turned out to be one, that customer's; or the visitor's."""
    known = joined.rename({"customer_id": "joined_id"}).unique("anonymous_id", keep="first", maintain_order=True)
    who = frame.join(known, on="anonymous_id", how="left", maintain_order="left")
    customer = pl.coalesce("customer_id", "joined_id")
    return who.with_columns(
        subject=pl.when(customer.is_not_null()).then(CUSTOMER + customer).otherwise(VISITOR + pl.col("anonymous_id"))
    ).drop("joined_id")


def _people(people: pl.DataFrame) -> pl.DataFrame:
    read = [_attributes(text) for text in people["attributes"].to_list()]
    schema: dict[str, pl.DataType] = {
        "texts": pl.String(), "numbers": pl.String(), "born": pl.Int64(), "birthday": pl.Int64(),
        "age_given": pl.Int64(), "open_complaint": pl.Int64(), "told_score": pl.Int64(),
    }  # fmt: skip
    columns = people.select("subject", "kind", "language", "has_email", "has_phone", "created_at")
    return pl.concat([columns, pl.DataFrame(read, schema=schema, orient="row")], how="horizontal")


def _attributes(text: str | None) -> tuple[Any, ...]:
    """(texts, numbers, born, birthday, age, open complaint, score) that a customer's attributes say."""
    given = json.loads(text) if text else {}
    texts = {str(name): str(value).replace("\0", "") for name, value in given.items() if _nameable(str(name))}
    numbers = {name: found for name, value in texts.items() if (found := millionths(value)) is not None}
    born = _born(texts.get("birth_date", ""))
    age, score = texts.get("age", ""), texts.get("last_score", "")
    complaint = texts.get("open_complaint")
    return (
        json.dumps(texts, ensure_ascii=False) if texts else None,
        json.dumps(numbers, ensure_ascii=False) if numbers else None,
        None if born is None else whole_date(born),
        None if born is None else born.month * 100 + born.day,
        int(age) if age.isascii() and age.isdigit() and len(age) < 4 and int(age) <= _OLDEST else None,  # noqa: PLR2004
        None if complaint is None else int(complaint.strip().lower() in _YES),
        int(score) if score.isascii() and score.isdigit() and len(score) < 3 else None,  # noqa: PLR2004 - 0 … 10
    )


def _nameable(name: str) -> bool:
    return bool(name) and name.isprintable() and not any(each in '"\\' for each in name)


def millionths(text: str) -> int | None:
    """A text that is a number from end to end, in millionths; None for any other.

    >>> millionths("12.5"), millionths("１２"), millionths("1,200 yen")
    (12500000, 12000000, None)
    """
    plain = fold_width(text).strip()
    if not _NUMBER.fullmatch(plain) or not plain.isascii():
        return None
    whole, _, fraction = plain.lstrip("-").partition(".")
    value = int(whole) * MILLIONTHS + int((fraction or "0").ljust(6, "0"))
    return -value if plain.startswith("-") else value


def _born(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _orders(lines: pl.DataFrame, shelf: Mapping[str, str]) -> pl.DataFrame:
    kept = pl.col("quantity") - pl.col("returned")
    heads = lines.unique(["subject", "order_no"], keep="any")
    often = heads.group_by("subject", "currency").len().sort(["len", "currency"], descending=[True, False])
    main = often.unique("subject", keep="first", maintain_order=True).select("subject", main="currency")
    ours = pl.col("currency") == pl.col("main")
    categories = lines["product_id"].replace_strict(shelf, default=None, return_dtype=pl.String) if shelf else None
    whole = lines.join(main, on="subject", how="left", maintain_order="left").with_columns(
        category=pl.lit(None, pl.String) if categories is None else categories,
        paid=pl.when(ours).then(_paid()),
        cut=pl.when(pl.col("discount") > 0).then(pl.col("quantity")).otherwise(0),
    )
    by_order = whole.group_by("subject", "order_no").agg(
        at=pl.col("placed_at").first(),
        paid=pl.col("paid").sum(),
        ours=ours.first(),
        main=pl.col("main").first(),
        gift=(pl.col("gift") > 0).any(),
    )
    heads = by_order.group_by("subject").agg(
        first_order_at=pl.col("at").min(),
        last_order_at=pl.col("at").max(),
        order_count=pl.len().cast(pl.Int64),
        spent=pl.col("paid").sum(),
        largest_order=pl.col("paid").filter(pl.col("ours")).max(),
        _ours=pl.col("ours").sum().cast(pl.Int64),
        gift_orders=pl.col("gift").sum().cast(pl.Int64),
        currency=pl.col("main").first(),
    )
    goods = whole.group_by("subject").agg(
        units_bought=pl.col("quantity").sum(),
        returned_units=pl.col("returned").sum(),
        products_bought=pl.col("product_id").filter(kept > 0).n_unique().cast(pl.Int64),
        categories_bought=pl.col("category").filter(kept > 0).drop_nulls().n_unique().cast(pl.Int64),
        _cut=pl.col("cut").sum(),
    )
    span = (pl.col("last_order_at") - pl.col("first_order_at")) / MICROS_PER_DAY
    return (
        heads.join(goods, on="subject")
        .with_columns(
            average_order=pl.when(pl.col("_ours") > 0).then(pl.col("spent") // pl.col("_ours").clip(1)),
            order_interval=pl.when(pl.col("order_count") > 1).then(span / (pl.col("order_count") - 1).clip(1)),
            discount_share=_share("_cut", "units_bought"),
            gift_share=_share("gift_orders", "order_count"),
            return_rate=_share("returned_units", "units_bought"),
        )
        .drop("_cut", "_ours")
    )


def _paid() -> pl.Expr:
    """What a line's amount is without what came back."""
    units = pl.col("quantity").clip(1)
    return pl.col("amount") - pl.col("amount") * pl.col("returned") // units


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _behaviour(seen: pl.DataFrame) -> pl.DataFrame:
    view, add = pl.col("kind") == "view", pl.col("kind") == "add"
    return seen.group_by("subject").agg(
        last_seen_at=pl.col("last_at").max(),
        last_view_at=pl.col("last_at").filter(view).max(),
        last_cart_at=pl.col("last_at").filter(add).max(),
        view_count=pl.col("times").filter(view).sum(),
        cart_count=pl.col("times").filter(add).sum(),
    )


def _contacts(touched: pl.DataFrame, talks: pl.DataFrame) -> pl.DataFrame:
    """What reached them from us: messages and offers on channels of outreach, and talks with our people."""
    spoken = talks.select(
        pl.lit("talked").alias("outcome"), "times", "last_at", subject=CUSTOMER + pl.col("customer_id")
    )
    every = pl.concat([touched.select("outcome", "outbound", "times", "last_at", "subject"), spoken], how="diagonal")
    outcome = pl.col("outcome")
    contact = ((outcome == "shown") & (pl.col("outbound") > 0)) | (outcome == "talked")
    return every.group_by("subject").agg(
        last_contact_at=pl.col("last_at").filter(contact).max(),
        last_click_at=pl.col("last_at").filter(outcome == "clicked").max(),
        last_decline_at=pl.col("last_at").filter(outcome == "declined").max(),
        contact_count=pl.col("times").filter(contact).sum(),
        click_count=pl.col("times").filter(outcome == "clicked").sum(),
        decline_count=pl.col("times").filter(outcome == "declined").sum(),
    )


def _feedback(feedback: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("kind")
    ordered = feedback.sort("at", "id").with_columns(subject=CUSTOMER + pl.col("customer_id"))
    return ordered.group_by("subject").agg(
        last_complaint_at=pl.col("at").filter(kind == "complaint").max(),
        last_score_at=pl.col("at").filter(kind == "score").max(),
        last_score=pl.col("score").filter(kind == "score").last(),
        complained=kind.filter(kind != "score").last() == "complaint",
    )


def _reviews(reviews: pl.DataFrame) -> pl.DataFrame:
    return reviews.select(
        subject=CUSTOMER + pl.col("customer_id"),
        review_count="times",
        average_rating=pl.col("stars") / pl.col("times"),
        last_review_at="last_at",
    )


def _consents(consents: pl.DataFrame) -> pl.DataFrame:
    latest = consents.sort("at").unique(["customer_id", "purpose", "channel"], keep="last", maintain_order=True)
    holding = latest.filter(pl.col("granted") > 0).sort("purpose", "channel")
    words = pl.concat_str([pl.col("purpose"), pl.lit("/"), pl.col("channel")])
    return holding.group_by(subject=CUSTOMER + pl.col("customer_id")).agg(
        consents=pl.concat_str([pl.lit("|"), words.str.join("|"), pl.lit("|")]).first()
    )


_COUNTS: Final = (
    "order_count", "units_bought", "products_bought", "categories_bought", "spent", "gift_orders", "returned_units",
    "view_count", "cart_count", "contact_count", "click_count", "decline_count", "review_count",
)  # fmt: skip
"""Where nothing is recorded, it is none."""


def _filled(sheets: pl.DataFrame) -> pl.DataFrame:
    customer = pl.col("subject").str.starts_with(CUSTOMER)
    name = pl.col("subject").str.slice(1)
    made = sheets.with_columns(
        customer_id=pl.when(customer).then(name),
        anonymous_id=pl.when(~customer).then(name),
        kind=pl.when(customer).then(pl.col("kind").fill_null("person")).otherwise(pl.lit("visitor")),
        consents=pl.col("consents").fill_null(""),
        last_score=pl.coalesce("last_score", "told_score"),
        open_complaint=pl.coalesce(pl.col("complained").cast(pl.Int64), "open_complaint").fill_null(0),
        has_email=pl.col("has_email").fill_null(0),
        has_phone=pl.col("has_phone").fill_null(0),
        **{each: pl.col(each).fill_null(0) for each in _COUNTS},
        **{each: pl.lit(None, SHEETS[each]) for each in LEARNED_COLUMNS},
    )
    return made.select(pl.col(each).cast(dtype) for each, dtype in SHEETS.items())


def _acts(lines: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    kept, gift = pl.col("quantity") > pl.col("returned"), pl.col("gift") > 0
    done = [
        _acted(lines.filter(kept), "bought", "placed_at", pl.len()),
        _acted(lines.filter(kept & gift), "gave", "placed_at", pl.len()),
        _acted(lines.filter(pl.col("returned") > 0), "returned", "placed_at", pl.len()),
    ]
    known = seen.filter(pl.col("product_id").is_not_null())
    done += [
        _acted(known.filter(pl.col("kind") == kind), deed, "last_at", pl.col("times").sum())
        for kind, deed in (("view", "viewed"), ("add", "added"), ("registered", "registered"), ("attended", "attended"))
    ]
    return pl.concat(done).sort("subject", "deed", "product_id")


def _acted(rows: pl.DataFrame, deed: str, at: str, times: pl.Expr) -> pl.DataFrame:
    found = rows.group_by("subject", "product_id").agg(last_at=pl.col(at).max(), times=times)
    made = found.with_columns(deed=pl.lit(DEEDS.index(deed)))
    return made.select(pl.col(each).cast(dtype) for each, dtype in ACTS.items())


def shelf_of(products: pl.DataFrame) -> pl.DataFrame:
    """(name, product_id): what conditions may call each product: its id, its categories, their paths, its brand.

    Args:
        products: as PRODUCTS.

    >>> frame = pl.DataFrame({"id": ["cam"], "category": [["camera", "compact"]], "brand": ["Aoba"]})
    >>> shelf_of(frame)["name"].to_list()
    ['Aoba', 'cam', 'camera', 'camera/compact', 'compact']
    """
    rows: set[tuple[str, str]] = set()
    for product_id, category, brand in products.select("id", "category", "brand").iter_rows():
        rows.update((name, product_id) for name in names_of(product_id, category or (), brand))
    ordered = sorted(rows)
    return pl.DataFrame(ordered, schema={"name": pl.String(), "product_id": pl.String()}, orient="row")


def names_of(product_id: str, category: "list[str] | tuple[str, ...]", brand: str | None) -> frozenset[str]:
    """What conditions may call one product."""
    paths = ("/".join(category[: end + 1]) for end in range(len(category)))
    return frozenset(each for each in (product_id, *category, *paths, brand) if each)
