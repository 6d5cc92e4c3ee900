"""What tables and charts of an effect say, on whichever page they stand."""

from collections.abc import Mapping
from typing import Final

FIGURES: Final[Mapping[str, Mapping[str, str]]] = {
    "metric": {"ja": "指標", "en": "Figure"},
    "treated": {"ja": "提案あり", "en": "With offers"},
    "control": {"ja": "比較群", "en": "Control"},
    "difference": {"ja": "差", "en": "Difference"},
    "low": {"ja": "下限", "en": "Low"},
    "high": {"ja": "上限", "en": "High"},
    "always": {"ja": "いつ見ても有効な区間", "en": "Always-valid interval"},
    "help_always": {
        "ja": "途中で何度見ても、誤って効果ありと読む確率が5%を超えない区間です。",
        "en": "May be looked at any time: it misleads in at most 5 % of cases, however often you look.",
    },
    "help_difference": {
        "ja": "提案あり − 比較群（CUPEDで調整）",
        "en": "With offers minus control, adjusted by CUPED.",
    },
    "help_bounds": {"ja": "差の95%区間", "en": "Of the 95 % interval of the difference."},
    "lift": {"ja": "伸び率", "en": "Lift"},
    "help_lift": {"ja": "差 ÷ 比較群の値", "en": "The difference over the control group's figure."},
    "all_figures": {"ja": "すべての指標", "en": "All figures"},
    "chart": {
        "ja": "1人あたりの差（比較群に対する%、95%区間）",
        "en": "Difference per customer, in percent of control, with its 95 % interval",
    },
    "interval": {"ja": "95%区間 {low} 〜 {high}", "en": "95 %: {low} to {high}"},
}  # fmt: skip
"""For the table of a page's own `Phrases`: ``Phrases({**FIGURES, …})``."""
