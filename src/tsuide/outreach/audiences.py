"""Audiences for ad platforms: addresses made alike and hashed as each platform asks, so that none leaves the house.

Every platform hashes its own people's addresses in the same way and compares. Sources: Google Ads help 7476159
(Customer Match, hashed data), Meta Business help 2082575038703844 and "Hashing and normalizing data" of its Marketing
API, Criteo's help on contact lists (one column, trimmed, in lower case, SHA-256).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import phonenumbers

from tsuide.errors import BadValue

AudienceFormat: TypeAlias = Literal["google", "meta", "criteo"]
AUDIENCE_FORMATS: Final[tuple[AudienceFormat, ...]] = get_args(AudienceFormat)
_COLUMNS: Final[dict[AudienceFormat, tuple[str, ...]]] = {
    "google": ("Email", "Phone"),
    "meta": ("email", "phone"),
    "criteo": ("email",),
}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class Reach:
    """By what one customer may be found again; None = by this they may not, or cannot.

    Args:
        email: as the shop has it.
        phone: E.164, such as ``+819012345678``.
    """

    email: str | None = None
    phone: str | None = None


def takes_phones(form: AudienceFormat) -> bool:
    """Whether a format has room for telephone numbers.

    >>> [takes_phones(each) for each in AUDIENCE_FORMATS]
    [True, True, False]
    """
    return len(_COLUMNS[form]) > 1


def same_email(text: str | None) -> str | None:
    """An address as every platform writes it before hashing; None where it is none.

    >>> same_email(" Taro@Example.JP "), same_email("taro@localhost"), same_email(None)
    ('taro@example.jp', None, None)
    """
    plain = (text or "").strip().lower()
    return plain if _EMAIL.fullmatch(plain) else None


def e164(text: str | None, country: str) -> str | None:
    """A telephone number with its country's code and nothing but digits; None where it can be none.

    Args:
        text: as somebody typed it; full-width digits, too.
        country: of numbers that name none, such as ``JP``.

    >>> e164("090-1234-5678", "JP"), e164("+1 (657) 777-0000", "JP"), e164("12", "JP")
    ('+819012345678', '+16577770000', None)
    """
    try:
        number = phonenumbers.parse(text or "", country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def checked_country(text: str) -> str:
    """A country by its two letters.

    Raises:
        BadValue: there is none of this name.

    >>> checked_country("jp")
    'JP'
    """
    if text.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise BadValue("not a country", key="country", value=text, way_out="two letters, such as JP")
    return text.upper()


def hashed(reach: Reach, form: AudienceFormat) -> tuple[str, ...]:
    """One customer's row; an empty cell where they cannot be found by that.

    Google hashes a number with its plus sign, Meta without.

    >>> hashed(Reach(" Test@example.com"), "google")
    ('973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b', '')
    """
    email = _sha256(same_email(reach.email))
    if not takes_phones(form):
        return (email,)
    phone = reach.phone if form == "google" or reach.phone is None else reach.phone.removeprefix("+")
    return (email, _sha256(phone))


def audience_file(reaches: Iterable[Reach], form: AudienceFormat) -> tuple[str, int]:
    """A whole file and how many rows it has below its header; nobody stands in it twice.

    Rows are in the order of their hashes: their order says nothing of anybody.

    >>> audience_file([Reach("a@example.com"), Reach("A@example.com "), Reach()], "criteo")[1]
    1
    """
    rows = sorted({row for row in (hashed(each, form) for each in reaches) if any(row)})
    return "".join(",".join(row) + "\n" for row in [_COLUMNS[form], *rows]), len(rows)


def _sha256(text: str | None) -> str:
    return "" if text is None else hashlib.sha256(text.encode()).hexdigest()
