"""Customers who are probably one: found by name, mail address, mail domain and phone, each with its reasons."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from typing import Final, Literal, NamedTuple, TypeAlias

from tsuide.kit.names import company_key, person_key
from tsuide.kit.text import fold_width

Reason: TypeAlias = Literal["mail", "phone", "name", "similar_name", "domain"]
_WEIGHTS: Final[dict[str, int]] = {"mail": 5, "name": 4, "phone": 3, "similar_name": 2, "domain": 2}
_ENOUGH: Final = 4
_ALIKE: Final = 0.85
_SLACK: Final = 1e-9
_DIGITS: Final = re.compile(r"\d+")
_NO_DIGIT: Final = re.compile(r"\D")
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


KNOWN: Final = tuple(each.name for each in fields(Known))


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
    seen: set[tuple[str, str]] = set()
    found = []
    for one, other in _meeting([_keyed(each) for each in sorted(known, key=lambda each: each.id)]):
        if (one.id, other.id) in seen:
            continue
        seen.add((one.id, other.id))
        pair = _judged(one, other)
        if pair is not None:
            found.append(pair)
    return sorted(found, key=lambda pair: (-pair.score, pair.apart, pair.first, pair.second))


class _Keyed(NamedTuple):
    """A customer with the keys by which they are compared, each worked out once; "" = none."""

    id: str
    kind: str
    parent_id: str | None
    name: str
    email: str
    phone: str
    domain: str


def _keyed(each: Known) -> _Keyed:
    name = _name_key(each.kind, each.name) if each.name else ""
    phone = phone_key(each.phone) if each.phone else ""
    domain = own_domain(each.email) if each.email else ""
    return _Keyed(each.id, each.kind, each.parent_id, name, each.email or "", phone, domain)


def _meeting(people: Sequence[_Keyed]) -> Iterator[tuple[_Keyed, _Keyed]]:
    """Those of one kind who share a key, and are one by name or mail, or have names that may be alike."""
    for kind in {each.kind for each in people}:
        of_kind = [each for each in people if each.kind == kind]
        for block in _blocks(of_kind, lambda each: each.name):
            if kind == "person":  # of many namesakes only who shares something more
                for shared in _SHARED:
                    for some in _blocks(block, shared):
                        yield from combinations(some, 2)
            else:
                yield from combinations(block, 2)
        for block in _blocks(of_kind, lambda each: each.email):
            yield from combinations(block, 2)
        for key in (lambda each: each.phone, lambda each: each.domain):
            for block in _blocks(of_kind, key):
                yield from (pair for pair in combinations(block, 2) if _may_be_one(*pair))


def _blocks(people: Iterable[_Keyed], key: Callable[[_Keyed], str | None]) -> Iterator[list[_Keyed]]:
    """Two or more who share a key, and not so many that it says nothing."""
    found: dict[str, list[_Keyed]] = defaultdict(list)
    for each in people:
        if value := key(each):
            found[value].append(each)
    return (block for block in found.values() if 1 < len(block) <= _MOST_OF_ONE)


_SHARED: Final[tuple[Callable[[_Keyed], str | None], ...]] = (
    lambda each: None if each.parent_id is None else f"={each.parent_id}",
    lambda each: each.email,
    lambda each: each.phone,
    lambda each: each.domain,
)


def _may_be_one(one: _Keyed, other: _Keyed) -> bool:
    """Of two who share a phone or a domain: by mail, or by names that may be alike."""
    return bool(one.email and one.email == other.email) or _may_be_alike(one.name, other.name)


def _judged(one: _Keyed, other: _Keyed) -> Pair | None:
    if one.id == other.parent_id or other.id == one.parent_id:
        return None
    reasons: list[Reason] = []
    if one.email and one.email == other.email:
        reasons.append("mail")
    elif one.domain and one.domain == other.domain:
        reasons.append("domain")
    if one.phone and one.phone == other.phone:
        reasons.append("phone")
    same = bool(one.name) and one.name == other.name
    if same:
        reasons.append("name")
    elif _alike(one.name, other.name):
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
    if not _may_be_alike(one, other) or _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _may_be_alike(one: str, other: str) -> bool:
    """Whether the ratio of two names may reach `_ALIKE`: false only where it cannot.

    The ratio is 2 M / (a + b), M letters that match of a and b: at least M of each must be letters that the other has.
    """
    a, b = len(one), len(other)
    least = _ALIKE * (a + b) / 2 - _SLACK
    if not a or not b or a < least or b < least:
        return False
    ours, theirs = set(one), set(other)
    return a - len(ours - theirs) >= least and b - len(theirs - ours) >= least


@lru_cache(maxsize=1 << 17)
def _name_key(kind: str, name: str) -> str:
    return company_key(name) if kind == "company" else person_key(name)


def phone_key(phone: str | None) -> str:
    """Digits of a phone number, as dialled at home; "" where it is none.

    >>> phone_key("+81 (3) 1234-5678"), phone_key("０３－１２３４－５６７８"), phone_key("ext. 12")
    ('0312345678', '0312345678', '')
    """
    return _phone_key(phone or "")


@lru_cache(maxsize=1 << 17)
def _phone_key(phone: str) -> str:
    folded = fold_width(phone)
    digits = _NO_DIGIT.sub("", folded)
    if folded.strip().startswith("+") and digits.startswith(_HOME):
        digits = "0" + digits.removeprefix(_HOME).removeprefix("0")
    return digits if len(digits) >= _SHORTEST_PHONE else ""


def own_domain(email: str | None) -> str:
    """The domain of a company's own addresses; "" where anybody has one there.

    >>> own_domain("ann@aoba.example"), own_domain("ann@gmail.com"), own_domain(None)
    ('aoba.example', '', '')
    """
    domain = (email or "").rpartition("@")[2].lower() if "@" in (email or "") else ""
    return "" if domain in _ANYBODYS else domain
