"""With which words consent is asked for, until a shop chooses its own."""

from typing import Final

from tsuide.kit.phrases import Phrases

CONSENT_WORDS: Final = Phrases(
    {
        "marketing.email": {"ja": "お知らせ・おすすめをメールで受け取る", "en": "Send me news and suggestions by mail"},
        "marketing.line": {"ja": "お知らせ・おすすめをLINEで受け取る", "en": "Send me news and suggestions on LINE"},
        "personalisation.any": {
            "ja": "購入履歴にもとづいておすすめを選ぶ",
            "en": "Choose suggestions by what I bought",
        },
        "analytics.email": {
            "ja": "メールの開封とクリックを、改善のために記録する",
            "en": "Record that I opened a mail or followed its links, to make them better",
        },
        "personalisation.survey": {
            "ja": "この回答を、私に合う商品や読みものを選ぶために使うことに同意します（任意・いつでも取り消せます）",
            "en": "Use my answers to choose what is suggested to me (up to you; you can take it back at any time)",
        },
    }
)
"""Purpose and where it is asked (a channel, or ``survey``) → the words."""
