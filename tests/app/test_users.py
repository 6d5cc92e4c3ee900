"""Who may sign in: set up once, invited by link, let in with a password, kept out when they are ended."""

from datetime import UTC, datetime, timedelta

import pytest

from tsuide.app.users import (
    INVITED,
    SESSION,
    Doorkeeper,
    User,
    change_user,
    choose_password,
    invite,
    invite_again,
    invited,
    set_up,
    setup_token,
    users_told,
)
from tsuide.app.wiring import Shop
from tsuide.errors import BadValue, Conflict, WrongKey

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
WORDS = "correct horse battery"
OWNER = {"email": "Owner@Example.com", "name": "Owner", "password": WORDS}


def owner_of(shop: Shop) -> User:
    return set_up(shop, setup_token(shop, NOW) or "", OWNER, NOW, 1)


def test_the_first_owner_is_set_up_with_the_link_and_nobody_after(empty_shop: Shop) -> None:
    token = setup_token(empty_shop, NOW)
    assert token is not None
    assert token == setup_token(empty_shop, NOW)
    with pytest.raises(WrongKey):
        set_up(empty_shop, "another", OWNER, NOW, 1)
    with pytest.raises(BadValue, match="password"):
        set_up(empty_shop, token, OWNER | {"password": "short"}, NOW, 1)
    owner = set_up(empty_shop, token, OWNER, NOW, 1)
    assert (owner.email, owner.role) == ("owner@example.com", "owner")
    assert setup_token(empty_shop, NOW) is None
    with pytest.raises(WrongKey):
        set_up(empty_shop, token, OWNER, NOW, 2)


def test_a_session_lasts_until_it_ends(empty_shop: Shop) -> None:
    owner = owner_of(empty_shop)
    door = Doorkeeper(empty_shop, lambda: 0.0)
    user, token = door.sign_in(" OWNER@example.com", WORDS, "1.2.3.4", NOW)
    assert user == owner
    assert door.whose(token, NOW) == owner
    assert door.whose(token, NOW + SESSION) is None
    assert door.whose("", NOW) is None
    door.sign_out(token)
    assert door.whose(token, NOW) is None


def test_who_tries_many_passwords_waits_even_with_the_right_one(empty_shop: Shop) -> None:
    owner_of(empty_shop)
    seconds = [0.0]
    door = Doorkeeper(empty_shop, lambda: seconds[0])
    for _ in range(5):
        with pytest.raises(WrongKey, match="not right"):
            door.sign_in("owner@example.com", "wrong horse battery", "1.2.3.4", NOW)
    with pytest.raises(WrongKey, match="too many"):
        door.sign_in("owner@example.com", WORDS, "5.6.7.8", NOW)
    seconds[0] = 120.0
    assert door.sign_in("owner@example.com", WORDS, "5.6.7.8", NOW)[0].role == "owner"


def test_nobody_and_the_wrong_password_are_answered_alike(empty_shop: Shop) -> None:
    owner_of(empty_shop)
    door = Doorkeeper(empty_shop, lambda: 0.0)
    said = []
    for email in ("owner@example.com", "nobody@example.com"):
        with pytest.raises(WrongKey) as told:
            door.sign_in(email, "wrong horse battery", "1.2.3.4", NOW)
        said.append(str(told.value))
    assert said[0] == said[1]


def test_a_link_is_good_once_and_for_a_week(empty_shop: Shop) -> None:
    user, token = invite(empty_shop, {"email": "r@example.com", "name": "R", "role": "rep"}, NOW, 1)
    assert invited(empty_shop, token, NOW) == user
    with pytest.raises(WrongKey):
        invited(empty_shop, token, NOW + INVITED)
    choose_password(empty_shop, token, WORDS, NOW)
    with pytest.raises(WrongKey):
        choose_password(empty_shop, token, WORDS, NOW)


def test_a_new_password_ends_every_session(empty_shop: Shop) -> None:
    owner = owner_of(empty_shop)
    door = Doorkeeper(empty_shop, lambda: 0.0)
    _, session = door.sign_in(owner.email, WORDS, "1.2.3.4", NOW)
    link = invite_again(empty_shop, owner.id, NOW)
    assert door.whose(session, NOW) == owner
    choose_password(empty_shop, link, "another few words", NOW)
    assert door.whose(session, NOW) is None
    assert door.sign_in(owner.email, "another few words", "1.2.3.4", NOW)[0] == owner


def test_the_last_owner_stays(empty_shop: Shop) -> None:
    owner = owner_of(empty_shop)
    for given in ({"role": "auditor"}, {"ended": "yes"}):
        with pytest.raises(Conflict, match="owner"):
            change_user(empty_shop, owner.id, given, NOW)
    other, token = invite(empty_shop, {"email": "o@example.com", "name": "O", "role": "owner"}, NOW, 2)
    with pytest.raises(Conflict, match="owner"):  # who never chose a password cannot take over
        change_user(empty_shop, owner.id, {"ended": "yes"}, NOW)
    choose_password(empty_shop, token, WORDS, NOW)
    assert change_user(empty_shop, owner.id, {"ended": "yes"}, NOW) == {"ended": "no"}
    assert {each["id"]: each["ended"] for each in users_told(empty_shop)} == {owner.id: True, other.id: False}


def test_whoever_is_ended_is_out_at_once_and_may_come_back(empty_shop: Shop) -> None:
    owner_of(empty_shop)
    rep, token = invite(empty_shop, {"email": "r@example.com", "name": "R", "role": "rep"}, NOW, 2)
    choose_password(empty_shop, token, WORDS, NOW)
    door = Doorkeeper(empty_shop, lambda: 0.0)
    _, session = door.sign_in(rep.email, WORDS, "1.2.3.4", NOW)
    change_user(empty_shop, rep.id, {"ended": "yes"}, NOW + timedelta(minutes=1))
    assert door.whose(session, NOW) is None
    with pytest.raises(WrongKey):
        door.sign_in(rep.email, WORDS, "1.2.3.4", NOW)
    change_user(empty_shop, rep.id, {"ended": "no"}, NOW)
    assert door.sign_in(rep.email, WORDS, "1.2.3.4", NOW)[0] == rep


@pytest.mark.parametrize(("key", "value"), [("email", "nowhere"), ("name", " "), ("role", "king"), ("language", "fr")])
def test_what_will_not_do_is_refused_by_name(empty_shop: Shop, key: str, value: str) -> None:
    given = {"email": "r@example.com", "name": "R", "role": "rep", key: value}
    with pytest.raises(BadValue, match=key):
        invite(empty_shop, given, NOW, 1)


def test_a_rep_sees_their_own_rooms_and_changes_no_policy() -> None:
    rep = User("u1", "r@example.com", "R", "rep", rep_id="tanaka")
    assert (rep.rep, rep.own_only) == ("tanaka", True)
    assert rep.may("change", "worklist")
    assert not rep.may("see", "policy")
    assert not User("u2", "m@example.com", "M", "marketer").may("see", "settings")
