"""Amounts as readers write them; kept, because a page shows the same few prices again and again."""

from functools import lru_cache

from tsuide.kit.money import Money


@lru_cache(maxsize=65_536)
def amount_text(amount: int | None, currency: str, language: str) -> str | None:
    """The amount as a reader of the language writes it; None stays None.

    >>> amount_text(1200, "JPY", "ja"), amount_text(None, "JPY", "ja")
    ('￥1,200', None)
    """
    return None if amount is None else Money(amount, currency).text(language)


def signed_text(amount: int | None, currency: str, language: str) -> str | None:
    """A difference with its sign; None where there is none.

    >>> signed_text(50, "USD", "en"), signed_text(-50, "USD", "en"), signed_text(0, "USD", "en")
    ('+$0.50', '−$0.50', None)
    """
    if not amount:
        return None
    return f"{'+' if amount > 0 else '−'}{amount_text(abs(amount), currency, language)}"
