"""What happened with a customer, in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tsuide.kit.phrases import Phrases
from tsuide.outreach.phrases import CHANNELS, STATES

PHRASES: Final = Phrases(
    {
        "order": {"ja": "注文 {id}: {words}", "en": "order {id}: {words}"},
        "returned": {"ja": "返品: {words}", "en": "returned: {words}"},
        "feedback": {"ja": "{kind}: {words}", "en": "{kind}: {words}"},
        "talk": {"ja": "{kind}（{by}）: {words}", "en": "{kind} ({by}): {words}"},
        "win": {"ja": "成果 {metric}: {before} → {after}", "en": "win, {metric}: {before} → {after}"},
        "content": {"ja": "{kind}: {words}", "en": "{kind}: {words}"},
        "message": {"ja": "配信 {words}", "en": "message {words}"},
        "survey": {"ja": "アンケート {words}", "en": "survey {words}"},
        "viewed": {"ja": "閲覧 {words}（{n} 回）", "en": "viewed {words} ({n} times)"},
        "task": {"ja": "やること: {words}", "en": "to do: {words}"},
        "complaint": {"ja": "苦情", "en": "complaint"},
        "answered": {"ja": "苦情の解決", "en": "complaint answered"},
        "score": {"ja": "満足度", "en": "score"},
        "registered": {"ja": "申込", "en": "registered"},
        "attended": {"ja": "参加", "en": "attended"},
        "view": {"ja": "閲覧", "en": "viewed"},
        "click": {"ja": "クリック", "en": "clicked"},
    }
)
TALKS: Final = Phrases(
    {
        "note": {"ja": "メモ", "en": "note"},
        "call": {"ja": "電話", "en": "call"},
        "visit": {"ja": "訪問", "en": "visit"},
        "meeting": {"ja": "打ち合わせ", "en": "meeting"},
        "mail": {"ja": "メール", "en": "mail"},
        "chat": {"ja": "チャット", "en": "chat"},
        "social": {"ja": "SNS", "en": "social media"},
    }
)


def what_happened(told: Mapping[str, Any], language: str) -> list[tuple[str, str, str]]:
    """(when, with whom, what) of every kind, the newest first.

    Args:
        told: a customer whole, as `GET /v1/customers/{id}/whole` tells it.
        language: ja or en.
    """

    def say(name: str, **blanks: object) -> str:
        return PHRASES.text(name, language, **blanks)

    def titles(rows: Sequence[Mapping[str, Any]]) -> str:
        return ", ".join(row["title"] or row["product_id"] for row in rows)

    rows = [
        (each["placed_at"], each, say("order", id=each["id"], words=titles(each["lines"]))) for each in told["orders"]
    ]
    rows += [(each["placed_at"], each, say("returned", words=titles([each]))) for each in told["returned"]]
    for each in told["feedback"]:
        words = " ".join(str(each[name]) for name in ("score", "text") if each[name] is not None)
        rows.append((each["at"], each, say("feedback", kind=say(each["kind"]), words=words)))
    for each in told["interactions"]:
        words = " ".join(str(each[name]) for name in ("text", "outcome") if each[name] is not None)
        rows.append(
            (each["at"], each, say("talk", kind=TALKS.text(each["kind"], language), by=each["who"] or "–", words=words))
        )
    rows += [
        (each["at"], each, say("win", **{name: each[name] for name in ("metric", "before", "after")}))
        for each in told["wins"]
    ]
    rows += [
        (each["at"], each, say("content", kind=say(each["kind"]), words=titles([each]))) for each in told["content"]
    ]
    rows += [(each["at"], each, say("survey", words=each["survey_id"])) for each in told["surveys"]]
    for each in told["messages"]:
        sent = (CHANNELS.text(each["channel"], language), STATES.text(each["state"], language))
        words = " ".join([each["template"], *sent, *each["reactions"]])
        rows.append((each["asked_at"], each, say("message", words=words)))
    rows += [(each["at"], each, say("viewed", words=titles([each]), n=each["times"])) for each in told["web"]["viewed"]]
    rows += [(each["due_at"], each, say("task", words=each["title"][language])) for each in told["tasks"]]
    newest = sorted(rows, key=lambda row: row[0], reverse=True)
    return [(at, each.get("customer_id") or "–", words) for at, each, words in newest]
