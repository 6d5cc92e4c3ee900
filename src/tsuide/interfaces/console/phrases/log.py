"""What the audit log says."""

from typing import Final

from tsuide.kit.phrases import Phrases

LOG: Final = Phrases(
    {
        "at": {"ja": "日時", "en": "When"},
        "who": {"ja": "誰が", "en": "Who"},
        "what": {"ja": "変更", "en": "What"},
        "subject": {"ja": "対象", "en": "Subject"},
        "before": {"ja": "前", "en": "Before"},
        "after": {"ja": "後", "en": "After"},
        "state": {"ja": "状態", "en": "State"},
        "was_undone": {"ja": "元に戻した", "en": "undone"},
        "empty": {
            "ja": "まだ変更はありません。画面から何かを変更すると、ここに残ります。",
            "en": "Nothing was changed yet. Whatever is changed in these pages stands here.",
        },
        "lead": {
            "ja": "画面から行われたすべての変更です。元に戻せるものには「元に戻す」があります。",
            "en": "Every change made in these pages. What can be taken back has “Undo”.",
        },
    }
)
