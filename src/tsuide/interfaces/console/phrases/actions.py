"""What was changed, in words: of every action that the audit log may hold."""

from typing import Final

from tsuide.interfaces.console.phrases.sales_actions import SALES_ACTIONS
from tsuide.kit.phrases import Phrases

ACTIONS: Final = Phrases(
    {
        **SALES_ACTIONS,
        "did.user.invite": {"ja": "{subject} さんを招待しました", "en": "Invited {subject}"},
        "did.user.change": {"ja": "利用者 {subject} を変更しました", "en": "Changed the user {subject}"},
        "did.user.end": {"ja": "利用者 {subject} の利用を止めました", "en": "Ended the user {subject}"},
        "did.user.again": {"ja": "利用者 {subject} の利用を再開しました", "en": "Let the user {subject} in again"},
        "did.api.change": {"ja": "APIから変更しました: {subject}", "en": "Changed over the API: {subject}"},
        "did.template.put": {"ja": "文面「{subject}」を保存しました", "en": "Saved the template “{subject}”"},
        "did.template.remove": {"ja": "文面「{subject}」の使用をやめました", "en": "Removed the template “{subject}”"},
        "did.template.test": {"ja": "文面「{subject}」を試し送信しました", "en": "Sent a test of the template “{subject}”"},
        "did.address.unblock": {"ja": "宛先（印 {subject}）への送信を再開しました", "en": "Writes to the address marked {subject} again"},
        "did.journey.put": {"ja": "ジャーニー「{subject}」を保存しました", "en": "Saved the journey “{subject}”"},
        "did.journey.state": {
            "ja": "ジャーニー「{subject}」の実行状態を変えました",
            "en": "Changed whether the journey “{subject}” runs",
        },
        "did.segment.put": {"ja": "セグメント「{subject}」を保存しました", "en": "Saved the segment “{subject}”"},
        "did.segment.remove": {
            "ja": "セグメント「{subject}」の使用をやめました",
            "en": "Removed the segment “{subject}”",
        },
        "did.user.link": {
            "ja": "{subject} さんの新しいリンクを作りました",
            "en": "Made a new link for {subject}",
        },
        "did.user.password": {
            "ja": "{subject} さんがパスワードを変えました",
            "en": "{subject} chose a new password",
        },
        "did.user.sessions": {
            "ja": "{subject} さんがすべての端末からログアウトしました",
            "en": "{subject} signed out everywhere",
        },
        "did.key.make": {"ja": "APIキー {subject} を作りました", "en": "Made the API key {subject}"},
        "did.key.revoke": {"ja": "APIキー {subject} を無効にしました", "en": "Revoked the API key {subject}"},
        "did.terms.set": {"ja": "販売条件の表示文を変更しました", "en": "Changed the terms of sale"},
        "did.hook.set": {"ja": "Webhook {subject} を設定しました", "en": "Set the webhook {subject}"},
        "did.hook.remove": {"ja": "Webhook {subject} を外しました", "en": "Removed the webhook {subject}"},
        "did.import.begin": {"ja": "{subject} を取り込みました", "en": "Imported {subject}"},
        "did.file.remove": {"ja": "ファイル {subject} を削除しました", "en": "Removed the file {subject}"},
        "did.mapping.keep": {"ja": "列の対応「{subject}」を保存しました", "en": "Kept the mapping “{subject}”"},
        "did.mapping.forget": {"ja": "列の対応「{subject}」を消しました", "en": "Forgot the mapping “{subject}”"},
        "did.message.again": {"ja": "隔離されたデータを読み直しました（{subject}）", "en": "Read from the quarantine again ({subject})"},
        "did.message.drop": {"ja": "データ {subject} を除外しました", "en": "Dropped the message {subject}"},
        "did.snapshot.use": {"ja": "使う学習結果を切り替えました", "en": "Changed to another snapshot"},
        "did.learn.begin": {"ja": "学習を始めました", "en": "Began to learn"},
        "did.mail.test": {"ja": "{subject} へテストメールを送りました", "en": "Sent a test mail to {subject}"},
        "did.policy.save": {"ja": "新しいポリシーを適用しました", "en": "Put a new policy in force"},
        "did.policy.restore": {"ja": "前の版のポリシーに戻しました", "en": "Restored an older policy"},
        "did.opportunities.approve": {"ja": "「{subject}」を承認しました", "en": "Approved {subject}"},
        "did.opportunities.unapprove": {"ja": "「{subject}」の承認を外しました", "en": "Withdrew the approval of {subject}"},
        "did.opportunities.pin": {"ja": "「{subject}」を固定しました", "en": "Pinned {subject}"},
        "did.opportunities.unpin": {"ja": "「{subject}」の固定を外しました", "en": "Unpinned {subject}"},
        "did.opportunities.ban": {"ja": "「{subject}」を禁止しました", "en": "Banned {subject}"},
        "did.opportunities.unban": {"ja": "「{subject}」の禁止を解きました", "en": "Lifted the ban of {subject}"},
        "did.opportunities.word": {"ja": "「{subject}」の文を書き換えました", "en": "Worded {subject}"},
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
        "did.case.open": {"ja": "{subject} さんの案件を開きました", "en": "Opened a case on {subject}"},
        "did.case.step": {"ja": "案件 {subject} の対応を記録しました", "en": "Recorded a step of the case {subject}"},
        "did.case.close": {"ja": "案件 {subject} を終えました", "en": "Closed the case {subject}"},
        "did.schedule.add": {"ja": "定期レポート「{subject}」を追加しました", "en": "Scheduled the report “{subject}”"},
        "did.schedule.pause": {"ja": "定期レポート「{subject}」を休止しました", "en": "Paused the schedule “{subject}”"},
        "did.schedule.resume": {"ja": "定期レポート「{subject}」を再開しました", "en": "Resumed the schedule “{subject}”"},
        "did.schedule.remove": {"ja": "定期レポート「{subject}」をやめました", "en": "Removed the schedule “{subject}”"},
    }
)  # fmt: skip
