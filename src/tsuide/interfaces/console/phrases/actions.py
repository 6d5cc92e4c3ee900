"""What was changed, in words: of every action that the audit log may hold."""

from typing import Final

from tsuide.kit.phrases import Phrases

ACTIONS: Final = Phrases(
    {
        "did.user.invite": {"ja": "{subject} さんを招待しました", "en": "Invited {subject}"},
        "did.user.change": {"ja": "利用者 {subject} を変更しました", "en": "Changed the user {subject}"},
        "did.user.end": {"ja": "利用者 {subject} の利用を止めました", "en": "Ended the user {subject}"},
        "did.user.again": {"ja": "利用者 {subject} の利用を再開しました", "en": "Let the user {subject} in again"},
        "did.api.change": {"ja": "APIから変更しました: {subject}", "en": "Changed over the API: {subject}"},
        "did.segment.put": {"ja": "セグメント「{subject}」を保存しました", "en": "Saved the segment “{subject}”"},
        "did.segment.remove": {
            "ja": "セグメント「{subject}」の使用をやめました",
            "en": "Removed the segment “{subject}”",
        },
        "did.job.begin": {"ja": "ジョブ「{subject}」を始めました", "en": "Began the job “{subject}”"},
        "did.experiment.save": {"ja": "実験「{subject}」の下書きを保存しました", "en": "Saved the draft “{subject}”"},
        "did.experiment.start": {"ja": "実験「{subject}」を開始しました", "en": "Started the experiment “{subject}”"},
        "did.experiment.stop": {"ja": "実験「{subject}」を終了しました", "en": "Stopped the experiment “{subject}”"},
        "did.experiment.drop": {"ja": "下書き「{subject}」を捨てました", "en": "Discarded the draft “{subject}”"},
        "did.initiative.save": {"ja": "施策「{subject}」を保存しました", "en": "Saved the initiative “{subject}”"},
        "did.initiative.conclude": {"ja": "施策「{subject}」の結論を残しました", "en": "Concluded the initiative “{subject}”"},
        "did.initiative.cost": {"ja": "施策「{subject}」の費用を記録しました", "en": "Recorded a cost of “{subject}”"},
        "did.initiative.lead": {"ja": "施策「{subject}」のリードを記録しました", "en": "Recorded a lead of “{subject}”"},
        "did.initiative.takeback": {"ja": "施策「{subject}」の記録を取り消しました", "en": "Took back an entry of “{subject}”"},
    }
)  # fmt: skip
