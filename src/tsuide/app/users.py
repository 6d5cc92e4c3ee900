"""Who may sign in to the console, and what they may do there.

Passwords are kept as argon2id (RFC 9106), sessions and invitations as SHA-256 of 256 random bits. A new user, or one
who forgot, gets a link that lasts a week and with which they choose their own password.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal, TypeAlias, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tsuide.app.limits import Buckets, Rate
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, NotFound, WrongKey
from tsuide.kit.clock import from_micros, to_micros
from tsuide.kit.ids import time_id
from tsuide.kit.phrases import LANGUAGES
from tsuide.kit.text import must_be_said, must_be_short

Role: TypeAlias = Literal["owner", "marketer", "sales_manager", "rep", "auditor"]
May: TypeAlias = Literal["see", "change"]

ROOMS: Final = (
    "today", "opportunities", "offers", "policy", "promotions", "map", "segments", "journeys", "templates",
    "customers", "worklist", "deals", "tasks", "experiments", "reports", "supervision", "data", "settings", "audit",
)  # fmt: skip
"""The rooms of the console; a page stands in one."""
_SELLING: Final = frozenset({"customers", "worklist", "deals", "tasks"})
_MARKETING: Final = frozenset(ROOMS) - _SELLING - {"supervision", "settings", "audit"}
ROLES: Final[tuple[Role, ...]] = get_args(Role)
_CHANGES: Final[Mapping[str, frozenset[str]]] = {
    "owner": frozenset(ROOMS),
    "marketer": _MARKETING | {"customers"},
    "sales_manager": _SELLING | {"experiments", "reports", "supervision", "segments"},
    "rep": _SELLING,
    "auditor": frozenset(),
}
_SEES: Final[Mapping[str, frozenset[str]]] = {
    "owner": frozenset(ROOMS),
    "marketer": frozenset(ROOMS) - {"supervision", "settings", "audit", "worklist", "deals", "tasks"},
    "sales_manager": frozenset(ROOMS) - {"settings", "audit"},
    "rep": _SELLING | {"today", "opportunities", "offers"},
    "auditor": frozenset(ROOMS) - {"settings"},
}
_SHORTEST: Final = 10
_LONGEST: Final = 256
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_SETUP: Final = "console.setup"
SESSION: Final = timedelta(hours=12)
INVITED: Final = timedelta(days=7)
_TRIES: Final = Rate(0.05, 5)  # of one address or one user: five at once, then one every twenty seconds


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in.

    Args:
        id: of the user.
        email: in small letters; with it they sign in.
        name: as others see them.
        role: what they may do.
        language: of their pages; None = the shop's.
        rep_id: under which name deals, tasks and the worklist know them; None = by their id.
    """

    id: str
    email: str
    name: str
    role: Role
    language: str | None = None
    rep_id: str | None = None

    @property
    def rep(self) -> str:
        """Under which name deals, tasks and the worklist know them."""
        return self.rep_id or self.id

    @property
    def own_only(self) -> bool:
        """Whether they see only what is theirs."""
        return self.role == "rep"

    @property
    def changes(self) -> bool:
        """Whether they may change anything at all."""
        return bool(_CHANGES[self.role])

    def may(self, what: May, room: str) -> bool:
        """Whether they may see a room, or change what is in it.

        >>> User("u1", "a@example.com", "A", "auditor").may("see", "audit")
        True
        >>> User("u1", "a@example.com", "A", "auditor").may("change", "policy")
        False
        """
        return room in (_SEES if what == "see" else _CHANGES)[self.role]


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def digest(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def setup_token(shop: Shop, now: datetime) -> str | None:
    """With which the first owner is set up; None once there is a user."""
    return None if shop.store.users.any() else shop.store.settings.put_once(_SETUP, secrets.token_urlsafe(32), now)


def set_up(shop: Shop, token: str, given: Mapping[str, str], now: datetime, entropy: int) -> User:
    """Make the first owner: `given` are email, name, password and perhaps language.

    Raises:
        WrongKey: not the token of the link, or there is an owner.
        BadValue: an address, a name or a password that will not do.
    """
    known = setup_token(shop, now)
    if known is None or not secrets.compare_digest(known.encode(), token.encode("utf-8", "surrogatepass")):
        raise WrongKey("this link sets up nobody", key="token", way_out="tsuide user link")
    user = _made({**given, "role": "owner"}, time_id("u", now, entropy))
    row = _row(user, now) | {"password": hash_password(given.get("password", ""), user.email)}
    shop.store.users.add(row, first=True)
    return user


def invite(shop: Shop, given: Mapping[str, str], now: datetime, entropy: int) -> tuple[User, str]:
    """Make a user: `given` are email, name, role and perhaps language and rep_id.

    Returns:
        The user, and the token of the link with which they choose their password.

    Raises:
        BadValue: an address, name or role that will not do.
        Conflict: the address is another user's.
    """
    user = _made(given, time_id("u", now, entropy))
    token = secrets.token_urlsafe(32)
    shop.store.users.add(_row(user, now) | _invitation(token, now))
    return user, token


def invite_again(shop: Shop, user_id: str, now: datetime) -> str:
    """A new link for somebody who lost theirs or forgot the password; the old password stays good until it is used.

    Raises:
        NotFound: no such user.
    """
    token = secrets.token_urlsafe(32)
    shop.store.users.change(user_id, _invitation(token, now))
    return token


def withdraw_link(shop: Shop, user_id: str) -> None:
    """The link that was made for a user is good no more; their password, if they have one, stays.

    Raises:
        NotFound: no such user.
    """
    shop.store.users.change(user_id, {"invitation": None, "invited_until": None})


def invited(shop: Shop, token: str, now: datetime) -> User:
    """Whom a link invites.

    Raises:
        WrongKey: nobody, any more.
    """
    row = shop.store.users.by_invitation(digest(token), now)
    if row is None or row["ended_at"] is not None:
        raise WrongKey("this link invites nobody any more", key="token", way_out="ask an owner for a new one")
    return user_of(row)


def choose_password(shop: Shop, token: str, password: str, now: datetime) -> User:
    """Set the password of whom a link invites; the link is used up, and every session of theirs ends.

    Raises:
        WrongKey: it invites nobody, any more.
        BadValue: a password that will not do.
    """
    user = invited(shop, token, now)
    hashed = hash_password(password, user.email)
    shop.store.users.change(user.id, {"password": hashed, "invitation": None, "invited_until": None})
    shop.store.users.end_all(user.id)
    return user


def hash_password(password: str, email: str) -> str:
    """A password as it is kept.

    Raises:
        BadValue: shorter than 10 characters or longer than 256, or the address itself.
    """
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise BadValue("a password has 10 to 256 characters", key="password", way_out="a few words that only you know")
    if password.casefold() == email:
        raise BadValue("a password is not the address", key="password", way_out="a few words that only you know")
    return _hasher().hash(password)


def change_user(shop: Shop, user_id: str, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Change name, address, role, language or rep_id, or end (`ended`: yes) a user or let them in again.

    Returns:
        What was changed, as it was.

    Raises:
        NotFound: no such user.
        BadValue: a value that will not do.
        Conflict: the address is another's, or no owner would be left.
    """
    row = shop.store.users.by_id(user_id)
    if row is None:
        raise NotFound("no such user", key="user", value=user_id)
    before = user_of(row)
    after = _made({**_plain(before), **given}, user_id)
    ended = given.get("ended", "yes" if row["ended_at"] is not None else "no") == "yes"
    if before.role == "owner" and row["ended_at"] is None and (ended or after.role != "owner"):
        _must_leave_an_owner(shop, user_id)
    values: dict[str, Any] = _plain(after) | {"language": after.language, "rep_id": after.rep_id}
    values["ended_at"] = (row["ended_at"] or to_micros(now)) if ended else None
    shop.store.users.change(user_id, values)
    if ended or after.role != before.role:
        shop.store.users.end_all(user_id)
    was = {**_plain(before), "ended": "yes" if row["ended_at"] is not None else "no"}
    return {name: was[name] for name in was if name in given and was[name] != given[name]}


def users_told(shop: Shop) -> list[dict[str, Any]]:
    """Every user, oldest first."""
    return [
        {
            **_plain(user_of(row)),
            "id": row["id"],
            "made_at": from_micros(row["made_at"]),
            "ended": row["ended_at"] is not None,
            "waiting": row["password"] is None,
        }
        for row in shop.store.users.all()
    ]


def user_of(row: Mapping[str, Any]) -> User:
    """A user from their row."""
    return User(row["id"], row["email"], row["name"], row["role"], row["language"], row["rep_id"])


class Doorkeeper:
    """Lets users in: checks passwords, slowly for whoever tries many, and knows sessions by their cookie.

    Args:
        shop: whose users.
        seconds: a clock that only goes forward.
    """

    def __init__(self, shop: Shop, seconds: Callable[[], float]) -> None:
        self._shop = shop
        self._buckets = Buckets(seconds)

    def sign_in(self, email: str, password: str, address: str, now: datetime) -> tuple[User, str]:
        """Begin a session.

        Returns:
            The user, and the token of their cookie.

        Raises:
            WrongKey: no such user or not their password (the two are not told apart), or too many tries.
        """
        known = email.strip().casefold()
        waits = [self._buckets.wait(f"user {known}", _TRIES), self._buckets.wait(f"from {address}", _TRIES)]
        if max(waits) > 0:
            raise WrongKey("too many tries", key="email", way_out=f"try again in {int(max(waits)) + 1} seconds")
        row = self._shop.store.users.by_email(known)
        able = row is not None and row["password"] is not None and row["ended_at"] is None
        hashed = row["password"] if row is not None and able else _nobodys()
        if not _is(password, hashed) or row is None or not able:
            raise WrongKey("the address or the password is not right", key="email", way_out="ask an owner for a link")
        if _hasher().check_needs_rehash(hashed):
            self._shop.store.users.change(row["id"], {"password": _hasher().hash(password)})
        user = user_of(row)
        return user, self.begin(user, now)

    def change_password(self, user: User, old: str, new: str, now: datetime) -> str:
        """Choose a new password with the old one; every session of theirs ends, and a new one begins.

        Returns:
            The token of the new session's cookie.

        Raises:
            WrongKey: not the old password, or too many tries.
            BadValue: a password that will not do.
        """
        wait = self._buckets.wait(f"user {user.email}", _TRIES)
        if wait > 0:
            raise WrongKey("too many tries", key="old", way_out=f"try again in {int(wait) + 1} seconds")
        row = self._shop.store.users.by_id(user.id)
        if row is None or not _is(old, row["password"] or _nobodys()):
            raise WrongKey("this is not your password", key="old", way_out="ask an owner for a link if you forgot it")
        self._shop.store.users.change(user.id, {"password": hash_password(new, user.email)})
        self._shop.store.users.end_all(user.id)
        return self.begin(user, now)

    def sign_out_everywhere(self, user: User) -> int:
        """End every session of a user; how many there were."""
        return self._shop.store.users.end_all(user.id)

    def begin(self, user: User, now: datetime) -> str:
        """Begin a session for somebody who is known to be themselves; the token of their cookie."""
        token = secrets.token_urlsafe(32)
        self._shop.store.users.begin(digest(token), user.id, now, now + SESSION)
        return token

    def whose(self, token: str, now: datetime) -> User | None:
        """Whose session a cookie is."""
        if not token or len(token) > _LONGEST:
            return None
        row = self._shop.store.users.whose(digest(token), now)
        return None if row is None else user_of(row)

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._shop.store.users.end(digest(token))


def _is(password: str, hashed: str) -> bool:
    try:
        return _hasher().verify(hashed, password[:_LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def _made(given: Mapping[str, str], user_id: str) -> User:
    email, name = given.get("email", "").strip().casefold(), given.get("name", "").strip()
    role, language = given.get("role", ""), given.get("language") or None
    if _ADDRESS.fullmatch(email) is None:
        raise BadValue("not an address", key="email", value=email, way_out="write name@example.com")
    must_be_said("name", name)
    must_be_short("name", name)
    if role not in _CHANGES:
        raise BadValue("not a role", key="role", value=role, way_out=", ".join(_CHANGES))
    if language is not None and language not in LANGUAGES:
        raise BadValue("not a language", key="language", value=language, way_out=", ".join(LANGUAGES))
    return User(user_id, email, name, role, language, given.get("rep_id", "").strip() or None)  # type: ignore[arg-type]  # role is one of them


def _plain(user: User) -> dict[str, str]:
    kept = {"email": user.email, "name": user.name, "role": user.role}
    return kept | {"language": user.language or "", "rep_id": user.rep_id or ""}


def _row(user: User, now: datetime) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(user) | {"language": user.language, "rep_id": user.rep_id}
    return plain | {"id": user.id, "made_at": to_micros(now)}


def _invitation(token: str, now: datetime) -> dict[str, Any]:
    return {"invitation": digest(token), "invited_until": to_micros(now + INVITED)}


def _must_leave_an_owner(shop: Shop, but: str) -> None:
    able = (row for row in shop.store.users.all() if row["ended_at"] is None and row["password"] is not None)
    if not any(row["role"] == "owner" and row["id"] != but for row in able):
        raise Conflict("no owner would be left", key="role", way_out="make somebody else an owner first")
