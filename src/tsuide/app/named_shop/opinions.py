"""Reviews in Japanese and English by people who bought; one product of each department is not liked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from tsuide.app.named_shop.purchases import Order

_SHARE: Final = 0.12  # of lines that are reviewed
_DISLIKED: Final = frozenset({"W10", "CABLE1", "CAN4", "TINT", "PENNE"})
_JA: Final[Mapping[int, Sequence[str]]] = {
    5: (
        "期待以上でした。また買います。",
        "届いてすぐ使えました。家族にも好評です。",
        "説明どおりで、とても気に入っています。",
    ),
    4: (
        "値段を考えると満足です。",
        "よいです。もう一色ほしくなりました。",
        "使いやすいです。箱がもう少し小さいと助かります。",
    ),
    3: ("ふつうです。悪くはありません。", "思ったより小さめでした。"),
    2: ("期待していたほどではありませんでした。", "すぐに使わなくなってしまいました。"),
    1: ("残念ながら合いませんでした。", "壊れやすいようです。"),
}
_EN: Final[Mapping[int, Sequence[str]]] = {
    5: ("Better than I expected. I will buy it again.", "Worked straight away; the family loves it."),
    4: ("Good value for the price.", "Easy to use; a smaller box would be nice."),
    3: ("It is all right.", "Smaller than I thought."),
    2: ("Not quite what I had hoped for.", "I stopped using it soon."),
    1: ("Sadly it was not for me.", "It seems to break easily."),
}
_LIKED_ODDS: Final = (0.01, 0.02, 0.10, 0.35, 0.52)
_DISLIKED_ODDS: Final = (0.25, 0.30, 0.25, 0.15, 0.05)


def draw_reviews(
    orders: Sequence[Order], names: Sequence[str], now: datetime, draw: np.random.Generator
) -> pl.DataFrame:
    """Reviews of what was bought, a week or so later."""
    rows = []
    for order in orders:
        for place, line in enumerate(order.lines):
            if order.customer is None or draw.random() >= _SHARE:
                continue
            odds = _DISLIKED_ODDS if line.item.base in _DISLIKED else _LIKED_ODDS
            rating = int(draw.choice(5, p=odds)) + 1
            said = (_EN if order.who % 12 == 11 else _JA)[rating]  # noqa: PLR2004 - as in people.py
            at = min(order.at + timedelta(days=float(draw.uniform(5, 20))), now)
            text = said[int(draw.integers(0, len(said)))]
            rows.append(
                (f"R{order.id}-{place}", line.item.id, rating, at.isoformat(), names[order.customer], text,
                 int(draw.poisson(0.8)))
            )  # fmt: skip
    columns = ["review_id", "product_id", "rating", "created_at", "customer_id", "body", "helpful_count"]
    return pl.DataFrame(rows, schema=columns, orient="row")
