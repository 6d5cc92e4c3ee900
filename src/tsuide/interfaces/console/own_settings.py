"""What an owner sets here instead of in the server's environment: language, currency, time zone, and mail."""

from typing import Any, Final
from zoneinfo import available_timezones

from starlette.responses import Response

from tsuide.app.changes import Change
from tsuide.app.shop_settings import fixed_settings, set_settings, shown_settings
from tsuide.config import PREFIX
from tsuide.errors import TsuideError
from tsuide.interfaces.console.frame import page
from tsuide.interfaces.console.phrases.environment import ENVIRONMENT
from tsuide.interfaces.console.phrases.frame import FRAME
from tsuide.interfaces.console.phrases.settings import SETTINGS
from tsuide.interfaces.console.settings import TABS
from tsuide.interfaces.console.visit import Visit, change, plain_form, see
from tsuide.kit.money import currencies
from tsuide.kit.phrases import LANGUAGES

_BASICS: Final = ("language", "currency", "time_zone")
MAIL: Final = ("mail_from", "smtp", "public_url", "product_page", "mail_return", "mail_rates", "mail_warm_up")
"""Settings of mail that are set on its page."""


def basics(visit: Visit) -> Response:
    """Language, currency and time zone of the shop."""
    return _basics(visit)


def _basics(visit: Visit, problem: TsuideError | None = None) -> Response:
    zones = sorted(each for each in available_timezones() if "/" in each and not each.startswith("Etc/"))
    tongues = [(each, FRAME.text(each, visit.language)) for each in LANGUAGES]
    return page(
        visit, "settings_basics.html", "room.settings", SETTINGS, problem=problem, tabs=TABS, zones=["UTC", *zones],
        tongues=tongues, money_codes=currencies(), **fields(visit, _BASICS, problem),
    )  # fmt: skip


def fields(visit: Visit, names: tuple[str, ...], problem: TsuideError | None) -> dict[str, Any]:
    """For a form of settings: what stands in it, what the environment fixes, and the variables' names."""
    given = shown_settings(visit.shop) | (plain_form(visit.form) if problem is not None else {})
    fixed = fixed_settings(visit.shop)
    return {
        "given": {name: given.get(name, "") for name in names},
        "fixed": fixed,
        "names": names,
        "variables": {name: f"{PREFIX}{name.upper()}" for name in names},
        "labels": {name: ENVIRONMENT.text(name, visit.language) for name in names},
        "all_fixed": fixed.issuperset(names),
    }


def set_basics(visit: Visit) -> Response:
    """Set language, currency and time zone."""
    try:
        return _set(visit, _BASICS, "basics", "/settings/shop")
    except TsuideError as error:
        return _basics(visit, error)


def set_mail(visit: Visit) -> Response:
    """Set how mail goes out.

    Raises:
        BadValue: one of them cannot be used.
        Conflict: the environment fixes it, or somebody else set something at the same moment.
    """
    return _set(visit, MAIL, "mail", "/settings/mail")


def _set(visit: Visit, names: tuple[str, ...], subject: str, there: str) -> Response:
    fixed = fixed_settings(visit.shop)
    chosen = {name: visit.given(name) for name in names if name not in fixed and name in visit.form}
    told = set_settings(visit.shop, chosen, visit.user.name, visit.now)
    visit.serving.renew_outreach()
    if not told["undo"]["names"]:
        return visit.done(there)
    entry = visit.record(Change("settings.set", subject, told["before"], told["after"], told["undo"]))
    return visit.done(there, entry)


ROUTES: Final = [
    see("/settings/shop", "settings", basics),
    change("/settings/shop", "settings", set_basics),
]
