"""Who sent these bytes: the signature under a webhook's body, as Shopify and WooCommerce write it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence


def signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets signed exactly these bytes (two are valid while one is replaced by the other).

    Compared in constant time, and against every secret, so that timing tells nothing.

    >>> mark = base64.b64encode(hmac.digest(b"hush", b"{}", "sha256")).decode()
    >>> signed(b"{}", mark, ["new", "hush"]), signed(b"{} ", mark, ["new", "hush"]), signed(b"{}", "", ["hush"])
    (True, False, False)
    """
    fits = [
        hmac.compare_digest(
            base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)), signature.encode("utf-8", "replace")
        )
        for secret in secrets
        if secret
    ]
    return any(fits)
