"""Rows that could not be kept: where, what stood there, and why.

A row is rejected once, for the first thing that is wrong with it, and the rest of the file is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from tsuide.facts.schema import TEXT, WHOLE, Schema
from tsuide.kit.arrays import Bool
from tsuide.kit.phrases import Phrases
from tsuide.kit.text import shorten

REJECTS: Final[Schema] = {"line": WHOLE, "column": TEXT, "value": TEXT, "code": TEXT, "reason": TEXT}
_SHOWN: Final = 200  # characters of a value that a reject shows
TOO_LONG: Final = 1024  # an id longer than this is refused: indexes of both databases must hold it

REASONS: Final = Phrases(
    {
        "missing": {"ja": "値がありません", "en": "the value is missing"},
        "encoding": {"ja": "文字コード {a} として読めません", "en": "not readable as {a}"},
        "fields": {"ja": "列の数が {a} です（見出しは {b}）", "en": "{a} fields where the header has {b}"},
        "quote": {"ja": "引用符が閉じていません", "en": "a quotation mark that is never closed"},
        "money": {"ja": "金額として読めません", "en": "not an amount of money"},
        "negative": {"ja": "負の値は使えません", "en": "must not be negative"},
        "sign": {"ja": "通貨記号が {a} と合いません", "en": "the sign of another currency than {a}"},
        "currency": {"ja": "ISO 4217 の通貨コードではありません", "en": "not an ISO 4217 currency"},
        "number": {"ja": "数として読めません", "en": "not a number"},
        "whole": {"ja": "整数ではありません", "en": "not a whole number"},
        "range": {"ja": "{a} から {b} の範囲にありません", "en": "not between {a} and {b}"},
        "zero": {"ja": "数量も金額も 0 です", "en": "neither a quantity nor an amount"},
        "time": {"ja": "日時として読めません", "en": "not a time"},
        "future": {"ja": "取り込み日より後の日時です", "en": "a time in the future"},
        "long": {
            "ja": "ID が長すぎます（{a} 文字まで）",
            "en": "an id of more than {a} characters",
        },
        "choice": {"ja": "使える値は {a} です", "en": "must be one of {a}"},
        "yes_no": {"ja": "はい・いいえとして読めません", "en": "neither yes nor no"},
        "duplicate": {"ja": "{a} 行目と同じ ID です", "en": "the same id as in line {a}"},
        "conflict": {
            "ja": "注文 {a} の {c} 行目では {b} です",
            "en": "order {a} has {b} in line {c}",
        },
        "return": {
            "ja": "返品に対応する以前の購入がありません",
            "en": "a return without an earlier purchase to match",
        },
        "goods": {"ja": "商品の明細ではありません", "en": "a fee or discount, not a product"},
        "self": {"ja": "商品と相手が同じです", "en": "a product related to itself"},
    }
)


@dataclass
class Rejecting:
    """Which rows of one table are rejected so far, and why.

    Args:
        lines: the file's line of each row; shape (rows,).
        language: of the reasons.

    >>> import numpy as np
    >>> found = Rejecting(pl.Series([2, 3, 4]), "en")
    >>> found.add(np.array([False, True, False]), "money", "price", pl.Series(["1", "x", "2"]))
    >>> found.frame().row(0)
    (3, 'price', 'x', 'money', 'not an amount of money')
    >>> found.kept()
    array([ True, False,  True])
    """

    lines: pl.Series
    language: str
    _bad: Bool = field(init=False)
    _found: list[pl.DataFrame] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._bad = np.zeros(len(self.lines), dtype=np.bool_)

    def add(
        self,
        bad: Bool,
        code: str,
        column: str,
        values: pl.Series,
        blanks: Mapping[str, str | Sequence[object]] | None = None,
    ) -> None:
        """Reject the rows where `bad`, unless they are already rejected.

        Args:
            bad: shape (rows,).
            code: a key of REASONS.
            column: the column of the file that is at fault.
            values: what stood there; shape (rows,).
            blanks: of the reason: one text for all, or one per row of the table.
        """
        rows = np.flatnonzero(bad & ~self._bad)
        if not rows.size:
            return
        self._bad[rows] = True
        shown = values.gather(rows).cast(pl.String).to_list()
        reasons = [self._reason(code, blanks or {}, int(row)) for row in rows]
        self._found.append(
            pl.DataFrame(
                {
                    "line": self.lines.gather(rows),
                    "column": [column] * rows.size,
                    "value": [None if text is None else shorten(text, _SHOWN) for text in shown],
                    "code": [code] * rows.size,
                    "reason": reasons,
                },
                schema=REJECTS,
            )
        )

    def _reason(self, code: str, blanks: Mapping[str, str | Sequence[object]], row: int) -> str:
        filled = {key: text if isinstance(text, str) else text[row] for key, text in blanks.items()}
        return REASONS.text(code, self.language, **filled)

    def kept(self) -> Bool:
        """Which rows are still good; shape (rows,)."""
        return ~self._bad

    def frame(self) -> pl.DataFrame:
        """The rejects in the order of the file; schema REJECTS."""
        return pl.concat([pl.DataFrame(schema=REJECTS), *self._found]).sort("line", maintain_order=True)
