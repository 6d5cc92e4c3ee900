"""Signatures of webhooks."""

import base64
import hashlib
import hmac

from tsuide.intake.signatures import signed


def test_only_the_very_bytes_under_one_of_two_secrets_pass() -> None:
    body = '{"id": 1, "note": "日本語"}'.encode()
    mark = base64.b64encode(hmac.new(b"old", body, hashlib.sha256).digest()).decode()
    assert signed(body, mark, ["new", "old"])
    assert not signed(body + b" ", mark, ["new", "old"])
    assert not signed(body, mark, ["new"])
    assert not signed(body, "", [])
    assert not signed(body, "日本", ["old"])
