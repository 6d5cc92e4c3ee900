"""Settings: users, one's own page, keys, terms, mail, webhooks, the environment; each change undone."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.interfaces.console.conftest import Console

from tsuide.app.consent_words import CONSENTS_ASKED, consent_words
from tsuide.app.jobs import run_job
from tsuide.app.mailing import send, trial_mail
from tsuide.app.signing import sale_terms
from tsuide.app.users import users_told
from tsuide.app.wiring import open_shop
from tsuide.app.works import WORKS
from tsuide.asgi import create
from tsuide.config import Settings
from tsuide.errors import BadValue
from tsuide.interfaces.console.visit import COOKIE, csrf_of

GIVEN = {"name": "Aoi", "role": "marketer", "language": "", "rep_id": ""}
TERMS = {
    "payment.ja": "カード", "payment.en": "By card", "delivery.ja": "3日", "delivery.en": "3 days",
    "cancellation.ja": "8日以内", "cancellation.en": "within 8 days", "shipping": "550", "shipping_tax": "10",
    "free_from": "5000",
}  # fmt: skip


def _user(shop: Any, email: str) -> dict[str, Any]:
    return next(each for each in users_told(shop) if each["email"] == email)


def test_whoever_is_invited_chooses_a_password_with_the_link_that_is_shown_once(console: Any, running: Any) -> None:
    answer = console.post("/settings/invite", status=200, email="aoi@example.com", **GIVEN)
    link = re.search(r'value="(http[^"]+/console/password\?token=[^"]+)"', answer.text)
    assert link is not None
    assert "aoi@example.com" in answer.text
    assert "token=" not in console.get("/settings")
    running.client.cookies.clear()
    chosen = running.client.post(link.group(1), data={"password": "a few words that do"}, follow_redirects=False)
    assert chosen.status_code == 303
    assert not _user(running.shop, "aoi@example.com")["waiting"]


def test_an_invitation_that_will_not_do_is_shown_again_with_what_was_entered(console: Any, running: Any) -> None:
    before = len(users_told(running.shop))
    answer = console.post("/settings/invite", status=422, email="no address", **GIVEN)
    assert 'value="no address"' in answer.text
    assert 'value="Aoi"' in answer.text
    taken = _user(running.shop, users_told(running.shop)[0]["email"])["email"]
    console.post("/settings/invite", status=409, email=taken, **GIVEN)
    assert len(users_told(running.shop)) == before


def test_an_invitation_is_taken_back(console: Any, running: Any) -> None:
    answer = console.post("/settings/invite", status=200, email="back@example.com", **GIVEN)
    entry = re.search(r'name="entry" value="(\d+)"', answer.text)
    assert entry is not None
    link = re.search(r'value="(http[^"]+token=[^"]+)"', answer.text)
    assert link is not None
    console.post("/undo", entry=entry.group(1), back="/settings")
    assert _user(running.shop, "back@example.com")["ended"]
    running.client.cookies.clear()
    assert running.client.get(link.group(1)).status_code == 403


def test_a_user_is_changed_ended_and_let_in_again_and_each_is_undone(console: Any, running: Any) -> None:
    rep = running.person("rep")
    told = next(each for each in users_told(running.shop) if each["id"] == rep.user_id)
    given = {name: told[name] for name in ("email", "name", "role", "language", "rep_id")}
    changed = console.post(f"/settings/users/{rep.user_id}/change", **{**given, "name": "Sato", "rep_id": "sato"})
    assert _user(running.shop, told["email"])["rep_id"] == "sato"
    console.undo(changed)
    assert (_user(running.shop, told["email"])["name"], _user(running.shop, told["email"])["rep_id"]) == (
        told["name"],
        "",
    )
    ended = console.post("/settings/users/end", id=rep.user_id)
    assert rep._ask("GET", "/me").status_code == 303  # the session is over
    console.undo(ended)
    assert not _user(running.shop, told["email"])["ended"]
    console.post("/settings/users/end", id=rep.user_id)
    again = console.post("/settings/users/again", id=rep.user_id)
    assert not _user(running.shop, told["email"])["ended"]
    console.undo(again)
    assert _user(running.shop, told["email"])["ended"]
    assert "rep_id" in console.get("/log", of="user")
    assert console.get(f"/settings/users/{rep.user_id}").count("Sato") == 0


def test_the_last_owner_cannot_be_ended(tmp_path: Path) -> None:
    with TestClient(create(Settings(home=tmp_path, language="en"))) as client:
        from tsuide.app.users import set_up, setup_token

        shop = client.app.state.serving.shop  # type: ignore[attr-defined]  # the application's
        token = setup_token(shop, datetime.now(UTC)) or ""
        given = {"name": "Hana", "email": "h@example.com", "password": "a few words that do"}
        owner = set_up(shop, token, given, datetime.now(UTC), 1)
        cookie = client.post("/console/sign-in", data=given, follow_redirects=False).cookies[COOKIE]
        client.cookies.clear()
        answer = client.post(
            "/console/settings/users/end",
            data={"csrf": csrf_of(cookie), "id": owner.id},
            headers={"Cookie": f"{COOKIE}={cookie}"},
        )
        assert (answer.status_code, "no owner would be left" in answer.text) == (409, True)


@pytest.mark.parametrize("role", ["auditor", "rep", "marketer"])
def test_everybody_changes_their_own_password_with_the_old_one(running: Any, role: str) -> None:
    person = running.person(role)
    assert person.get("/me").count("Your own settings") >= 1
    wrong = person.post("/me/password", status=403, old="not it", password="another few words")  # noqa: S106 - a test's
    assert "not your password" in wrong.text
    short = person.post("/me/password", status=422, old="a few words that do", password="short")  # noqa: S106
    assert "10 to 256" in short.text
    answer = person.post("/me/password", old="a few words that do", password="another few words")  # noqa: S106
    assert person._ask("GET", "/me").status_code == 303  # the old session is over
    person.cookie = answer.cookies[COOKIE]
    assert person._ask("GET", "/me").status_code == 200


def test_everybody_chooses_their_language_and_signs_out_everywhere(running: Any) -> None:
    person = running.person("auditor")
    person.post("/me/profile", name="Ken", language="ja")
    assert '<html lang="ja">' in person._ask("GET", "/me").text
    assert "Ken" in person.get("/me")
    person.post("/me/sessions")
    assert person._ask("GET", "/me").status_code == 303


def test_a_key_is_shown_once_works_is_refused_when_revoked_and_works_again_when_that_is_undone(
    console: Any, running: Any
) -> None:
    answer = console.post("/settings/keys", status=200, name="till", scope="rep", rate="20/100")
    found = re.search(r'value="(tsk_[\w-]+)"', answer.text)
    assert found is not None
    assert found.group(1) not in console.get("/settings/keys")
    key = next(each for each in running.shop.store.keys.all() if each.name == "till")
    assert (key.scopes, key.rate) == (("rep",), "20/100")
    assert running.shop.store.keys.check(found.group(1)).id == key.id
    revoked = console.post("/settings/keys/revoke", id=key.id)
    headers = {"X-Api-Key": found.group(1)}
    assert running.client.get("/v1/products", headers=headers).status_code == 401
    console.undo(revoked)
    assert running.shop.store.keys.check(found.group(1)).id == key.id
    assert "till" in console.get("/log", of="key")


def test_a_key_that_will_not_do_is_refused_by_name(console: Any) -> None:
    assert "not a rate" in console.post("/settings/keys", status=422, name="x", scope="rep", rate="fast").text
    assert "not a scope" in console.post("/settings/keys", status=422, name="x", scope="root").text


def test_a_key_tells_when_it_was_last_used(running: Any) -> None:
    keys = running.shop.store.keys
    key = next(each for each in keys.all() if each.revoked_at is None)
    moment = datetime(2026, 11, 29, 12, tzinfo=UTC)
    keys.saw({key.id}, moment)
    assert next(each for each in keys.all() if each.id == key.id).used_at == moment


def test_terms_are_set_in_both_languages_and_undone(console: Any, running: Any) -> None:
    assert "Not set yet" in console.get("/settings/terms")
    half = console.post("/settings/terms", status=422, **{**TERMS, "payment.en": ""})
    assert "カード" in half.text
    assert "not an amount" in console.post("/settings/terms", status=422, **{**TERMS, "shipping": "much"}).text
    answer = console.post("/settings/terms", **TERMS)
    kept = sale_terms(running.shop)
    assert (kept.payment["en"], kept.shipping, kept.shipping_tax, kept.free_from) == ("By card", 550, 1_000, 5_000)
    console.undo(answer)
    assert sale_terms(running.shop).payment == {}


def test_a_webhook_is_set_changed_and_removed_and_each_is_undone(console: Any, running: Any) -> None:
    hooks = running.shop.store.hooks
    made = console.post("/settings/hooks", id="crm", url="https://crm.example.com/t", topics=["tasks", "deals"])
    console.undo(made)
    assert hooks.all() == []
    console.post("/settings/hooks", id="crm", url="https://crm.example.com/t", topics=["tasks"])
    changed = console.post("/settings/hooks", id="crm", url="https://crm.example.com/u", topics=["tasks"])
    console.undo(changed)
    assert hooks.all()[0]["url"] == "https://crm.example.com/t"
    removed = console.post("/settings/hooks/remove", id="crm")
    assert hooks.all() == []
    console.undo(removed)
    assert hooks.all()[0]["url"] == "https://crm.example.com/t"
    bad = console.post("/settings/hooks", status=422, id="crm", url="ftp://x", topics=["tasks"])
    assert 'value="ftp://x"' in bad.text


def test_mail_that_could_not_go_out_says_what_is_missing(console: Any) -> None:
    text = console.get("/settings/mail")
    assert "TSUIDE_MAIL_FROM" in text
    assert "nobody is named as sender" in text
    assert "nobody is named as sender" in console.post("/settings/mail/test", status=422, to="a@example.com").text


def test_a_test_mail_arrives(tmp_path: Path, post_office: Any) -> None:
    settings = Settings(home=tmp_path, smtp=SecretStr(post_office.url), mail_from="Shop <shop@example.com>")
    send(settings, trial_mail(settings, "hana@example.com", "ja"))
    [mail] = post_office.mails()
    assert (mail["To"], mail["Subject"]) == ("hana@example.com", "ついで: テストメール")
    with pytest.raises(BadValue, match="not an address"):
        trial_mail(settings, "hana", "ja")


def test_language_currency_and_zone_are_set_here_hold_at_once_and_are_undone(tmp_path: Path, learned: Any) -> None:
    home = tmp_path / "home"
    shutil.copytree(learned.home, home)
    with TestClient(create(Settings(home=home)), raise_server_exceptions=False) as client:
        shop = open_shop(Settings(home=home))
        owner = Console(client, shop, shop.settings).person("owner", language="en")
        bad = owner.post("/settings/shop", status=422, language="en", currency="XXQ", time_zone="UTC")
        assert 'value="XXQ"' in bad.text
        answer = owner.post("/settings/shop", language="en", currency="EUR", time_zone="Europe/Berlin")
        text = owner.get("/settings/shop")
        assert 'value="EUR"' in text
        assert "set here" in owner.get("/settings/environment")
        assert client.get("/console/sign-in", headers={"accept-language": ""}).text.count('<html lang="en"') == 1
        owner.undo(answer)
        assert 'value="JPY"' in owner.get("/settings/shop")
        mail = owner.post(
            "/settings/mail", smtp="smtp://me:verysecret@mail.example.com", mail_from="Shop <s@example.com>"
        )
        text = owner.get("/settings/mail") + owner.get("/log") + owner.get("/settings/environment")
        assert "verysecret" not in text
        assert "smtp://me:••••••@mail.example.com" in text
        owner.undo(mail)
        assert "nobody is named as sender" in owner.get("/settings/mail")
        shop.close()


def test_what_the_environment_fixes_is_shown_with_its_variable_and_no_field(console: Any) -> None:
    text = console.get("/settings/shop")
    assert "TSUIDE_LANGUAGE" in text
    assert '<select id="f-language"' not in text
    assert 'name="currency"' in text


def test_words_of_consent_are_changed_kept_in_versions_and_undone(console: Any, running: Any) -> None:
    now = datetime.now(UTC)
    words = {f"{name}.{tongue}": consent_words(running.shop, now).text(name, tongue)
             for name in CONSENTS_ASKED for tongue in ("ja", "en")}  # fmt: skip
    bad = console.post("/settings/consent", status=422, **{**words, "marketing.email.en": ""}, over="1")
    assert "one line of words" in bad.text
    answer = console.post("/settings/consent", **{**words, "marketing.email.en": "Write to me"}, over="1")
    assert consent_words(running.shop, now).text("marketing.email", "en") == "Write to me"
    text = console.get("/settings/consent")
    assert "Write to me" in text
    assert "News by mail: Send me news and suggestions by mail" in text
    console.undo(answer)
    newest = consent_words(running.shop, now)
    assert (newest.number, newest.text("marketing.email", "en")) == (3, "Send me news and suggestions by mail")
    again = console.post("/settings/consent/restore", version="2")
    assert consent_words(running.shop, now).text("marketing.email", "en") == "Write to me"
    console.undo(again)
    console.post("/settings/consent/restore", version="99")
    assert consent_words(running.shop, now).number == 5


def test_the_environment_is_shown_with_its_variables_and_without_its_secrets(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, language="en", smtp=SecretStr("smtp://me:verysecret@mail.example.com"), currency="EUR"
    )
    from tsuide.config import told_settings

    told = {each.variable: each for each in told_settings(settings)}
    assert (told["TSUIDE_CURRENCY"].value, told["TSUIDE_CURRENCY"].usual) == ("EUR", False)
    assert "verysecret" not in str(told)


def test_every_setting_of_the_environment_is_explained(console: Any) -> None:
    for language in ("ja", "en"):
        text = console.get("/settings/environment", lang=language)
        for name in Settings.model_fields:
            assert f"TSUIDE_{name.upper()}" in text


def test_the_check_up_is_a_job_and_its_findings_stand_with_what_to_do(console: Any, running: Any) -> None:
    console.post("/settings/doctor")
    row = running.shop.store.jobs.recent("doctor")[0]
    assert "Looking over" in console.get("/settings/doctor")
    if row["state"] == "waiting":
        running.shop.store.jobs.end(row["id"], "{}", datetime.now(UTC), failed=True)
    job = {"id": "job_x", "kind": "doctor", "who": "x", "wanted": "{}"}
    running.shop.store.jobs.begin(job, datetime.now(UTC), alone=False)
    run_job(running.shop, "job_x", WORKS, lambda: datetime.now(UTC))
    text = console.get("/settings/doctor")
    assert "orders" in text
    assert "as of" in text
    assert "診断" in console.get("/settings/doctor", lang="ja")


@pytest.mark.parametrize("role", ["marketer", "sales_manager", "rep", "auditor"])
def test_only_an_owner_sees_the_settings(running: Any, role: str) -> None:
    running.person(role).get("/settings", status=403)
