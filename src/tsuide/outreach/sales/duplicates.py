"""Customers who are probably one: found by name, mail address, mail domain and phone, each with its reasons."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Final, Literal, TypeAlias

from tsuide.kit.names import company_key, person_key
from tsuide.kit.text import fold_width

Reason: TypeAlias = Literal["mail", "phone", "name", "similar_name", "domain"]
_WEIGHTS: Final[dict[str, int]] = {"mail": 5, "name": 4, "phone": 3, "similar_name": 2, "domain": 2}
_ENOUGH: Final = 4
_ALIKE: Final = 0.85
_MOST_OF_ONE: Final = 50  # more who share a key say nothing of each: a switchboard, a portal's address
_SHORTEST_PHONE: Final = 9
_HOME: Final = "81"
_ANYBODYS: Final = frozenset(
    (
        *("gmail.com", "googlemail.com", "yahoo.co.jp", "yahoo.com", "ymail.ne.jp", "outlook.com", "outlook.jp"),
        *("hotmail.com", "hotmail.co.jp", "live.jp", "live.com", "msn.com", "icloud.com", "me.com", "mac.com"),
        *("docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "ybb.ne.jp", "nifty.com"),
        *("aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "qq.com", "163.com", "naver.com"),
    )
)
"""Domains at which anybody has an address."""


@dataclass(frozen=True, slots=True)
class Known:
    """What of a customer is compared."""

    id: str
    kind: str = "person"
    parent_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two who are probably one.

    Args:
        first, second: ids, in order.
        reasons: the weightiest first.
        score: the sum of their weights.
        apart: they stand below different accounts: the same contact in two, who may well be meant to be two.
    """

    first: str
    second: str
    reasons: tuple[Reason, ...]
    score: int
    apart: bool


def duplicates(known: Iterable[Known]) -> list[Pair]:
    """Pairs of one kind, the surest first.

    The same mail address is enough. So is the same name, folded, for companies; people of one name must share an
    account, a domain or a phone. A similar name needs the same domain or phone beside it. Who stands directly above the
    other is no duplicate.

    >>> names = {"a": "株式会社GTX Pro", "b": "ＧＴＸＰｒｏ(株)", "c": "Aoba"}
    >>> [pair] = duplicates(Known(each, "company", name=name) for each, name in names.items())
    >>> pair.first, pair.second, pair.reasons
    ('a', 'b', ('name',))
    """
    people = sorted(known, key=lambda each: each.id)
    seen: set[tuple[str, str]] = set()
    found = []
    for one, other in _meeting(people):
        if (one.id, other.id) in seen:
            continue
        seen.add((one.id, other.id))
        pair = _judged(one, other)
        if pair is not None:
            found.append(pair)
    return sorted(found, key=lambda pair: (-pair.score, pair.apart, pair.first, pair.second))


def _meeting(people: Sequence[Known]) -> Iterator[tuple[Known, Known]]:
    """Those of one kind who share a key."""
    blocks: dict[tuple[str, str, str], list[Known]] = defaultdict(list)
    for each in people:
        for what, key in (("name", _name(each)), ("mail", each.email or ""), ("phone", phone_key(each.phone))):
            if key:
                blocks[each.kind, what, key].append(each)
        domain = own_domain(each.email)
        if domain:
            blocks[each.kind, "domain", domain].append(each)
    for block in blocks.values():
        if len(block) <= _MOST_OF_ONE:
            yield from combinations(block, 2)


def _judged(one: Known, other: Known) -> Pair | None:
    if one.id == other.parent_id or other.id == one.parent_id:
        return None
    reasons: list[Reason] = []
    if one.email and one.email == other.email:
        reasons.append("mail")
    elif own_domain(one.email) and own_domain(one.email) == own_domain(other.email):
        reasons.append("domain")
    if phone_key(one.phone) and phone_key(one.phone) == phone_key(other.phone):
        reasons.append("phone")
    names = _name(one), _name(other)
    same = bool(names[0]) and names[0] == names[1]
    if same:
        reasons.append("name")
    elif _alike(*names):
        reasons.append("similar_name")
    apart = bool(one.parent_id) and bool(other.parent_id) and one.parent_id != other.parent_id
    score = sum(_WEIGHTS[each] for each in reasons)
    alone = reasons == ["name"] and one.kind == "person"
    together = one.parent_id is not None and one.parent_id == other.parent_id
    if score < _ENOUGH or (alone and not together):
        return None
    if not same and "similar_name" not in reasons and "mail" not in reasons:
        return None  # colleagues share domain and switchboard
    if one.kind == "company" and apart and not {"mail", "phone", "domain"} & {*reasons}:
        return None  # a branch of one name in two groups
    ordered = tuple(sorted(reasons, key=lambda each: (-_WEIGHTS[each], each)))
    return Pair(one.id, other.id, ordered, score, apart)


def _alike(one: str, other: str) -> bool:
    """Whether two folded names are nearly one; plant 1 and plant 2 are not."""
    digits = [re.findall(r"\d+", each) for each in (one, other)]
    return bool(one and other) and digits[0] == digits[1] and SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _name(each: Known) -> str:
    if not each.name:
        return ""
    return company_key(each.name) if each.kind == "company" else person_key(each.name)


def phone_key(phone: str | None) -> str:
    """Digits of a phone number, as dialled at home; "" where it is none.

    >>> phone_key("+81 (3) 1234-5678"), phone_key("０３－１２３４－５６７８"), phone_key("ext. 12")
    ('0312345678', '0312345678', '')
    """
    digits = re.sub(r"\D", "", fold_width(phone or ""))
    if fold_width(phone or "").strip().startswith("+") and digits.startswith(_HOME):
        digits = "0" + digits.removeprefix(_HOME).removeprefix("0")
    return digits if len(digits) >= _SHORTEST_PHONE else ""


def own_domain(email: str | None) -> str:
    """The domain of a company's own addresses; "" where anybody has one there.

    >>> own_domain("ann@aoba.example"), own_domain("ann@gmail.com"), own_domain(None)
    ('aoba.example', '', '')
    """
    domain = (email or "").rpartition("@")[2].lower() if "@" in (email or "") else ""
    return "" if domain in _ANYBODYS else domain
