"""Event, review and relation tables → events, reviews and declared relations."""

from typing import Final

import polars as pl

from tsuide.facts.behaviour import EVENTS
from tsuide.facts.catalogue import RELATION_TYPES, RELATIONS
from tsuide.facts.interactions import INTERACTION_KINDS, INTERACTIONS, NO_ANSWER
from tsuide.facts.reviews import REVIEWS
from tsuide.facts.schema import conform
from tsuide.intake import event_names
from tsuide.intake.attributes import attributes
from tsuide.intake.columns import Columns
from tsuide.intake.identities import customer_ids, derived_ids, reject_twice
from tsuide.intake.mapping import Mapping
from tsuide.intake.rejects import Rejecting
from tsuide.intake.settings import IntakeSettings

_RELATIONS: Final = {
    **{relation: relation for relation in RELATION_TYPES},
    "セット": "part_of_set",
    "必須": "required_part",
    "必要部品": "required_part",
    "よく一緒に購入": "often_bought_with",
    "代替": "substitute",
    "代替品": "substitute",
    "別ブランド": "different_brand",
    "アクセサリ": "accessory",
    "アクセサリー": "accessory",
    "付属品": "accessory",
    "関連商品": "often_bought_with",
    "related": "often_bought_with",
    "cross-sell": "often_bought_with",
    "cross_sell": "often_bought_with",
    "上位": "upgrade_of",
    "上位モデル": "upgrade_of",
    "upsell": "upgrade_of",
    "併売禁止": "never_with",
    "併用禁止": "never_with",
}
_MOST: Final = 10**9
_BEST: Final = 5  # stars


def events(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"events"}; an event without an id gets one from its content.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    kind = columns.choice("kind", event_names.ALL)
    columns.reject(kind.is_null(), "missing", "kind")
    customer, anonymous = columns.key("customer_id"), columns.key("anonymous_id")
    who = "customer_id" if columns.has("customer_id") else "anonymous_id"
    columns.reject(customer.is_null() & anonymous.is_null(), "missing", who)
    ids = derived_ids(frame, columns.key("id"), "evt")
    told = pl.DataFrame(
        [
            ids.rename("id"),
            kind,
            columns.moment("at", needed=True),
            customer,
            anonymous,
            columns.key("session_id"),
            columns.key("product_id"),
            columns.key("cart_id"),
            columns.whole("quantity", 0, _MOST),
            columns.title("query"),
            attributes(frame, mapping.unused).alias("properties"),
        ]
    )
    reject_twice(columns, "id", ids)
    return {"events": conform(told.filter(pl.Series(rejecting.kept())), EVENTS)}


def reviews(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"reviews"}; a review without an id gets one from its content.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    rating = columns.whole("rating", 1, _BEST)
    columns.reject(rating.is_null(), "missing", "rating")
    ids = derived_ids(frame, columns.key("id"), "rev")
    told = pl.DataFrame(
        [
            ids.rename("id"),
            columns.key("product_id", needed=True),
            columns.key("customer_id"),
            rating,
            columns.title("text"),
            columns.moment("at", needed=True),
            columns.whole("helpful", 0, _MOST).fill_null(0).rename("helpful"),
        ]
    )
    reject_twice(columns, "id", ids)
    return {"reviews": conform(told.filter(pl.Series(rejecting.kept())), REVIEWS)}


_TALKS: Final[dict[str, str]] = {
    **{str(kind): kind for kind in INTERACTION_KINDS},
    **dict.fromkeys(["メモ", "備考", "記録", "memo", "comment", "task", "todo", "to-do", "to do", "タスク"], "note"),
    **dict.fromkeys(["電話", "架電", "受電", "発信", "着信", "コール", "phone", "tel"], "call"),
    **dict.fromkeys(["outbound", "inbound", "outbound call", "inbound call"], "call"),
    **dict.fromkeys(["訪問", "来訪", "往訪", "来店", "on-site", "onsite", "in person"], "visit"),
    **dict.fromkeys(["会議", "打ち合わせ", "打合せ", "商談", "面談", "ミーティング", "web会議"], "meeting"),
    **dict.fromkeys(["予定", "行動", "event", "demo"], "meeting"),
    **dict.fromkeys(["メール", "e-mail", "email", "list email", "sent email", "incoming email"], "mail"),
    **dict.fromkeys(["チャット", "line", "sms", "whatsapp", "message", "messaging"], "chat"),
    **dict.fromkeys(["sns", "ソーシャル", "linkedin message", "reaction", "いいね"], "social"),
}
_UNREACHED: Final = dict.fromkeys(
    ["no_answer", "no answer", "not answered", "no response/busy", "busy", "left voicemail", "left live message",
     "不在", "留守", "留守電", "応答なし", "出ず", "話し中", "つながらず"],
    NO_ANSWER,
)  # fmt: skip


def interactions(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"interactions"}; one without an id gets one from its content, mail addresses count without case.

    Raises:
        BadColumns: dates can be read in two ways.
    """
    columns = Columns(frame, mapping, settings, rejecting)
    kind = columns.choice("kind", _TALKS)
    columns.reject(kind.is_null(), "missing", "kind")
    ids = derived_ids(frame, columns.key("id"), "int")
    whose = columns.key("customer_id", needed=True)
    unreached = columns.choice("outcome", _UNREACHED, strict=False)
    told = pl.DataFrame(
        [
            ids.rename("id"),
            customer_ids(whose).rename("customer_id"),
            kind,
            columns.moment("at", needed=True),
            columns.title("who"),
            columns.title("department"),
            columns.title("text"),
            unreached.fill_null(columns.title("outcome")).rename("outcome"),
        ]
    )
    reject_twice(columns, "id", ids)
    return {"interactions": conform(told.filter(pl.Series(rejecting.kept())), INTERACTIONS)}


def relations(
    frame: pl.DataFrame, mapping: Mapping, settings: IntakeSettings, rejecting: Rejecting
) -> dict[str, pl.DataFrame]:
    """{"relations"}: what `other_id` is to `product_id`."""
    columns = Columns(frame, mapping, settings, rejecting)
    product, other = columns.key("product_id", needed=True), columns.key("other_id", needed=True)
    columns.reject(product == other, "self", "other_id")
    relation = columns.choice("relation", _RELATIONS)
    columns.reject(relation.is_null(), "missing", "relation")
    reject_twice(columns, "other_id", product, relation, other)
    told = pl.DataFrame([product, other, relation]).filter(pl.Series(rejecting.kept()))
    return {"relations": conform(told, RELATIONS)}
