"""Who buys there: people and firms with ages, prefectures, trades, tastes by department, and what they agreed to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from tsuide.app.named_shop.assortment import Assortment
from tsuide.kit.arrays import Float64

_PREFECTURES: Final = (
    ("東京都", 18), ("神奈川県", 11), ("大阪府", 11), ("愛知県", 9), ("埼玉県", 8), ("千葉県", 8), ("兵庫県", 7),
    ("福岡県", 7), ("北海道", 6), ("京都府", 5), ("宮城県", 4), ("広島県", 3), ("長野県", 2), ("沖縄県", 1),
)  # fmt: skip
_TRADES: Final = ("飲食店", "美容室", "建設業", "不動産業", "学校", "IT", "宿泊業")
_FAMILY: Final = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田")
_GIVEN: Final = ("陽菜", "蓮", "葵", "大翔", "結衣", "湊", "美咲", "健一", "恵子", "翔太", "彩", "浩")
_FIRM_SHARE: Final = 0.06
_LEANING: Final = 0.55  # the smaller, the more a person keeps to a department or two
_GRANTS: Final = (("personalisation", "any", 0.86), ("marketing", "email", 0.52), ("marketing", "line", 0.30))


@dataclass(frozen=True, slots=True)
class People:
    """The customers.

    Args:
        frame: id, name, kind, language, created_at and attributes, one row each.
        leaning: share of a customer's needs by department, float64 (customers, departments).
        thrift: how strongly a customer prefers the cheaper of two, about 0 … 2; float64 (customers,).
    """

    frame: pl.DataFrame
    leaning: Float64
    thrift: Float64


def draw_people(shop: Assortment, count: int, now: datetime, draw: np.random.Generator) -> People:
    """Customers of the shop; the same generator state gives the same people."""
    firm = draw.random(count) < _FIRM_SHARE
    age = np.clip(draw.normal(42, 14, count), 16, 84).astype(int)
    where = draw.choice(len(_PREFECTURES), count, p=_shares([share for _, share in _PREFECTURES]))
    leaning = draw.dirichlet([_LEANING * each.share / 20 for each in shop.departments], count)
    leaning = (leaning + 0.04) / (leaning + 0.04).sum(axis=1, keepdims=True)
    family, given = draw.integers(0, len(_FAMILY), count), draw.integers(0, len(_GIVEN), count)
    trade, joined = draw.integers(0, len(_TRADES), count), draw.integers(560, 900, count)
    rows = [
        {
            "id": f"U{place + 1:04d}",
            "name": f"{_FAMILY[family[place]]}{'商店' if firm[place] else ' ' + _GIVEN[given[place]]}",
            "customer_type": "company" if firm[place] else "person",
            "locale": "en" if place % 12 == 11 else "ja",  # noqa: PLR2004 - one in twelve reads English
            "created_at": (now - timedelta(days=int(joined[place]))).isoformat(),
            "birth_date": None if firm[place] else _born(now, int(age[place]), place),
            "prefecture": _PREFECTURES[where[place]][0],
            "industry": _TRADES[trade[place]] if firm[place] else None,
            "last_score": str(int(draw.integers(5, 11))) if place % 5 == 0 else None,
        }
        for place in range(count)
    ]
    return People(pl.DataFrame(rows, infer_schema_length=None), leaning, draw.gamma(2.0, 0.25, count))


def draw_consents(people: People, draw: np.random.Generator) -> pl.DataFrame:
    """What each agreed to on the day of joining; the first customers, whom visitors may play, agreed to all."""
    rows = []
    for place, (customer, joined) in enumerate(people.frame.select("id", "created_at").iter_rows()):
        for purpose, channel, share in _GRANTS:
            yes = bool(draw.random() < share) or place < SHOWN
            rows.append((customer, purpose, channel, "yes" if yes else "no", joined, "sign-up form"))
    return pl.DataFrame(
        rows, schema=["customer_id", "purpose", "channel", "granted", "consented_at", "source"], orient="row"
    )


SHOWN: Final = 12
"""So many customers at the head of the list may be played in the shop's pages."""


def _born(now: datetime, age: int, place: int) -> str:
    return f"{now.year - age}-{place % 12 + 1:02d}-{place % 28 + 1:02d}"


def _shares(weights: list[int]) -> Float64:
    return np.array(weights, np.float64) / float(sum(weights))
