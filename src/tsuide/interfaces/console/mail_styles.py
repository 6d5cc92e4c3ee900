"""What a page must allow so that a mail can be looked at in it: exactly the styles that the mail brings, and no other.

A frame without an address of its own takes over its page's content security policy. Each style of the mail is allowed
by its hash (CSP level 3, ``'unsafe-hashes'``): nothing else that somebody might bring into the page is.
"""

import base64
import hashlib
from html.parser import HTMLParser


class _Styles(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "style"
        self.found |= {value: None for name, value in attrs if name == "style" and value}

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[data] = None


def with_styles_of(policy: str, html: str) -> str:
    """A policy that allows a mail's own styles besides its own.

    >>> with_styles_of("style-src 'self'; img-src *", '<p style="color:red">x</p>')
    "style-src 'self' 'unsafe-hashes' 'sha256-8f935d27GvUutRyY9yWScUMiFUk4WTdZURISiYfPOeQ='; img-src *"
    """
    reader = _Styles()
    reader.feed(html)
    if not reader.found:
        return policy
    hashes = (base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in reader.found)
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return policy.replace("style-src 'self'", f"style-src 'self' 'unsafe-hashes' {allowed}", 1)
