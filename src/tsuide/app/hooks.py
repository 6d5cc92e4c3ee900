"""Webhooks: other systems are told what changes in tasks, deals and segments, in order, until they take it."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from tsuide.app.wiring import Shop
from tsuide.errors import BadValue
from tsuide.kit.clock import from_micros, to_micros
from tsuide.outreach.channels.channel import Answer
from tsuide.outreach.channels.webhook import WebhookChannel
from tsuide.store.hooks import TOPICS
from tsuide.store.rows import Found

Post: TypeAlias = Callable[[str, bytes, str, datetime], Answer]
"""(address, body, key, now) → what was answered."""
HOOK_TOPICS: Final = TOPICS
_AT_ONCE: Final = 100
_LEASE: Final = timedelta(minutes=2)
_FIRST: Final = timedelta(seconds=5)
_LONGEST: Final = timedelta(hours=1)
_MOST_TRIES: Final = 60
_WORDS: Final = 300


def put_hook(shop: Shop, hook_id: str, url: str, topics: Sequence[str], now: datetime) -> dict[str, Any]:
    """Tell an address what changes from now on; of one that is told already, its topics are changed.

    Args:
        shop: whose.
        hook_id: your name for it.
        url: where to.
        topics: of TOPICS; empty = all.
        now: UTC.

    Raises:
        BadValue: no address, or no such topic.
    """
    WebhookChannel(url)
    if not hook_id.strip() or not hook_id.isprintable():
        raise BadValue("must be printable characters", key="id", value=hook_id)
    for each in topics:
        if each not in TOPICS:
            raise BadValue("not a topic", key="topics", value=each, way_out=", ".join(TOPICS))
    wanted = [each for each in TOPICS if each in topics or not topics]
    kept = {row["id"]: json.loads(row["seen"]) for row in shop.store.hooks.all()}.get(hook_id, {})
    seen = {each: kept.get(each, newest) for each, newest in shop.store.hooks.newest().items() if each in wanted}
    row = {
        "id": hook_id, "url": url, "topics": json.dumps(wanted), "seen": json.dumps(seen), "due_at": to_micros(now),
        "tries": 0, "failing_since": None, "error": None,
    }  # fmt: skip
    shop.store.hooks.put(row)
    return hook_told(row)


def restore_hook(shop: Shop, told: Mapping[str, Any], now: datetime) -> None:
    """Set a webhook as it once stood, `told` as `hook_told` told it: it is told everything since then."""
    row = {
        "id": told["id"], "url": told["url"], "topics": json.dumps(told["topics"]), "seen": json.dumps(told["seen"]),
        "due_at": to_micros(now), "tries": 0, "failing_since": None, "error": None,
    }  # fmt: skip
    shop.store.hooks.put(row)


def remove_hook(shop: Shop, hook_id: str) -> dict[str, Any]:
    """Tell an address nothing more; it as it was.

    Raises:
        NotFound: there is none of this id.
    """
    return hook_told(shop.store.hooks.remove(hook_id))


def hooks_told(shop: Shop) -> list[dict[str, Any]]:
    """Every webhook, how far it was told, and why it takes nothing."""
    return [hook_told(row) for row in shop.store.hooks.all()]


def hook_told(row: Found) -> dict[str, Any]:
    """A webhook as plain JSON."""
    since = row["failing_since"]
    return {
        "id": row["id"], "url": row["url"], "topics": json.loads(row["topics"]), "seen": json.loads(row["seen"]),
        "failing_since": None if since is None else from_micros(since).isoformat(), "tries": row["tries"],
        "again_at": None if since is None else from_micros(row["due_at"]).isoformat(), "error": row["error"],
    }  # fmt: skip


def deliver_hooks(shop: Shop, now: datetime, post: Post | None = None) -> int:
    """Tell every address what it was not told yet; how much was taken.

    One that takes nothing keeps the others waiting for one answer at most, and is asked again after 5 seconds, 10, 20
    … an hour: nothing is left out, and nothing overtakes what came before it.

    Args:
        shop: whose.
        now: UTC.
        post: sends; None = signed as journeys' webhooks are, by the same rules of where to.
    """
    send, taken = post or _poster(shop), 0
    for row in shop.store.hooks.due(now):
        lease = now + _LEASE
        ahead = {
            topic: shop.store.hooks.events(topic, seen, _AT_ONCE) for topic, seen in json.loads(row["seen"]).items()
        }
        if not any(ahead.values()) or not shop.store.hooks.claim(row, lease):
            continue
        seen, answer = json.loads(row["seen"]), None
        for topic, event in ((topic, event) for topic, events in ahead.items() for event in events):
            body = json.dumps(_body(topic, event), ensure_ascii=False).encode()
            answer = send(row["url"], body, f"{row['id']}/{topic}/{event['seq']}", now)
            if answer.state != "sent":
                break
            seen[topic], taken = event["seq"], taken + 1
        shop.store.hooks.settle(row["id"], lease, _settled(row, seen, answer, now))
    return taken


def _settled(row: Found, seen: dict[str, int], answer: Answer | None, now: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {"seen": json.dumps(seen)}
    if answer is None or answer.state == "sent":
        return {**told, "due_at": to_micros(now), "tries": 0, "failing_since": None, "error": None}
    went_on = told["seen"] != row["seen"]
    tries = 1 if went_on else min(row["tries"] + 1, _MOST_TRIES)
    rest = min(_FIRST * 2 ** (min(tries, 12) - 1), _LONGEST)
    since = to_micros(now) if went_on or row["failing_since"] is None else row["failing_since"]
    words = f"{answer.code}: {answer.detail}" if answer.detail else str(answer.code)
    return {
        **told, "due_at": to_micros(now + rest), "tries": tries, "failing_since": since, "error": words[:_WORDS],
    }  # fmt: skip


def _body(topic: str, event: Found) -> dict[str, Any]:
    told = {name: value for name, value in event.items() if name not in {"at", "seq", "segment_no"}}
    if "due_at" in told:
        told["due_at"] = from_micros(told["due_at"]).isoformat()
    if told.get("content") is not None:
        told["content"] = json.loads(told["content"])
    return {"topic": topic, "seq": event["seq"], "at": from_micros(event["at"]).isoformat(), "event": told}


def _poster(shop: Shop) -> Post:
    secret, inner = shop.settings.carrier_secret.get_secret_value(), shop.settings.inner_webhooks

    def post(url: str, body: bytes, key: str, now: datetime) -> Answer:
        return WebhookChannel(url, secret, private=inner).post(body, key, key, now)

    return post
