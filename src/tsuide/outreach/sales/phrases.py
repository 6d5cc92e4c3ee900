"""Why an account stands where it stands on the worklist, in sentences; and the words of quadrants and answers."""

from typing import Final

from tsuide.kit.money import Money
from tsuide.kit.phrases import Phrases
from tsuide.offers.offer import Reason

WORKLIST: Final = Phrases(
    {
        "A": {"ja": "A：実績大・余地大", "en": "A: much bought, much room"},
        "B": {"ja": "B：実績小・余地大", "en": "B: little bought, much room"},
        "C": {"ja": "C：実績大・余地小", "en": "C: much bought, little room"},
        "D": {"ja": "D：実績小・余地小", "en": "D: little bought, little room"},
        "room": {
            "ja": "似たお客様の約{share}（{buyers}社）が{line}を購入しています。"
            "年間{potential}（{low}～{high}）の余地があります。",
            "en": "About {share} of look-alike accounts ({buyers} of them) buy {line}: room for {potential} a year "
            "({low} to {high}).",
        },
        "results": {
            "ja": "この1年の実績は{amount}（{orders}回）です。",
            "en": "Bought {amount} within a year, in {orders} orders.",
        },
        "other_currency": {
            "ja": "別の通貨での実績が{amount}あります（合算していません）。",
            "en": "Also bought {amount} in another currency (not added).",
        },
        "no_orders": {
            "ja": "この1年のご注文はありません。属性の似たお客様から推定しています。",
            "en": "No order within a year: judged by accounts of like attributes.",
        },
        "nothing_known": {
            "ja": "ご注文も属性も分からないため、余地を推定できません。",
            "en": "Neither orders nor attributes are known: nothing can be said of the room to grow.",
        },
        "not_learned": {
            "ja": "前回の学習より後に登録されたお客様です。",
            "en": "Not known when Tsuide last learned: `tsuide learn` takes it up.",
        },
        "silent": {"ja": "最後のご注文から{days}日たっています。", "en": "{days} days since the last order."},
        "reacts": {"ja": "接点{touches}回のうち{reactions}回に反応がありました。",
                   "en": "Reacted to {reactions} of {touches} touch points."},
        "rarely_touched": {"ja": "この1年の接点は{touches}回だけです。",
                           "en": "Only {touches} touch points within a year."},
        "same_contact": {
            "ja": "担当者が{account}と同じです。まとめてご連絡ください。",
            "en": "Shares a contact with {account}: speak to them once.",
        },
        "held_elsewhere": {
            "ja": "{line}は他社で購入済みとのことなので、余地に含めていません。",
            "en": "{line} is bought elsewhere, as they said: not counted as room.",
        },
        "offer": {"ja": "次のご提案", "en": "next offer"},
        "no_offer": {"ja": "いまはご提案を控えます（{why}）。", "en": "Nothing to offer now ({why})."},
        "holdout": {"ja": "効果測定のため、ご提案しないお客様です", "en": "kept without offers, to measure the effect"},
        "nothing_fits": {"ja": "合う商品がありません", "en": "nothing fits"},
        "colleague": {"ja": "{rep}さんの経験：{text}", "en": "{rep}, from experience: {text}"},
        "before_after": {"ja": "導入前：{before} → 導入後：{after}", "en": "Before: {before}. After: {after}."},
        "win": {"ja": "{who}では、{metric}が{before}から{after}になりました。",
                "en": "At {who}, {metric} went from {before} to {after}."},
        "another_in": {"ja": "同じく{industry}の別のお客様", "en": "another account ({industry})"},
        "another": {"ja": "別のお客様", "en": "another account"},
        "win_of": {"ja": "（社内限り: {account}、{evidence}）", "en": "(for you only: {account}, {evidence})"},
        "when": {"ja": "{day}{hour}時ごろ（応答率 {probability}）",
                 "en": "{day} about {hour}:00 ({probability} answer)"},
        "when_whom": {"ja": "{name}さん：{when}", "en": "{name}, {when}"},
        "when_usual": {"ja": "平日{hour}時ごろ（まだ実績がありません）",
                       "en": "weekdays about {hour}:00 (nothing learned yet)"},
        "task": {"ja": "{account}へ{product}をご提案", "en": "Propose {product} to {account}"},
        "all_held": {"ja": "いまは{n}社とも提案を控えます。理由と、お伺いしたいことは次のとおりです。",
                     "en": "Nothing is to be proposed now (accounts held: {n}); why, and what to ask, stands below."},
        "held": {"ja": "提案を控えるお客様", "en": "nothing to propose now"},
        "question": {"ja": "お伺いすること", "en": "ask them"},
        "empty": {"ja": "{rep}さんが担当するお客様はいません。お客様の属性 owner に担当者を入れてください。",
                  "en": "No account has the owner {rep}: set the customers' attribute owner."},
        "done": {"ja": "いまご連絡すべきお客様はいません。", "en": "Nobody is to be called now."},
        "account": {"ja": "お客様", "en": "account"},
        "room_column": {"ja": "余地（年）", "en": "room a year"},
        "best_time": {"ja": "おすすめの時間", "en": "best time"},
        "why": {"ja": "理由", "en": "why"},
        "accepted": {"ja": "引き受け", "en": "accepted"},
        "dismissed": {"ja": "見送り", "en": "dismissed"},
        "snoozed": {"ja": "後で", "en": "snoozed"},
    }
)  # fmt: skip

DAYS: Final = Phrases(
    {
        "0": {"ja": "月曜", "en": "Monday"},
        "1": {"ja": "火曜", "en": "Tuesday"},
        "2": {"ja": "水曜", "en": "Wednesday"},
        "3": {"ja": "木曜", "en": "Thursday"},
        "4": {"ja": "金曜", "en": "Friday"},
        "5": {"ja": "土曜", "en": "Saturday"},
        "6": {"ja": "日曜", "en": "Sunday"},
    }
)
_AMOUNTS: Final = frozenset({"amount", "potential", "low", "high"})


def sentence(reason: Reason, language: str) -> str:
    """A reason of the worklist as a sentence; amounts are in its own `currency`.

    Raises:
        BadValue: an unknown code or language.

    >>> sentence(Reason("results", {"amount": 1200, "currency": "JPY", "orders": 3}), "en")
    'Bought ¥1,200 within a year, in 3 orders.'
    """
    blanks: dict[str, object] = dict(reason.numbers)
    currency = str(blanks.pop("currency", ""))
    for name in _AMOUNTS & blanks.keys():
        blanks[name] = Money(int(str(blanks[name])), currency).text(language)
    if "share" in blanks:
        blanks["share"] = f"{float(str(blanks['share'])):.0%}"
    return WORKLIST.text(reason.code, language, **blanks)
