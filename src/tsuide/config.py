"""Settings: few, typed, from the environment (``TSUIDE_…``) or from a command's options.

| setting | environment | default |
|---|---|---|
| home | TSUIDE_HOME | ``./.tsuide``: the store (SQLite), the snapshots and nothing else |
| database_url | TSUIDE_DATABASE_URL | ``sqlite:///<home>/store.sqlite`` |
| time_zone | TSUIDE_TIME_ZONE | ``Asia/Tokyo``: the shop's one display zone |
| currency | TSUIDE_CURRENCY | ``JPY``: of tables that name none |
| language | TSUIDE_LANGUAGE | ``ja``: of texts for which nobody asked for another |
| trace_durability | TSUIDE_TRACE_DURABILITY | ``normal``: decisions survive kill -9; ``full``: power loss |
| shopify_secrets | TSUIDE_SHOPIFY_SECRETS | none: who signs Shopify's webhooks; two (a comma between) for a change |
| shopify_domain | TSUIDE_SHOPIFY_DOMAIN | none: ``mine.myshopify.com``: what another shop sends is refused |
| woocommerce_secrets | TSUIDE_WOOCOMMERCE_SECRETS | none: the same for WooCommerce |
| agents | TSUIDE_AGENTS | ``false``: also serve the tools for agents (MCP) at ``/mcp``; needs ``tsuide[mcp]`` |
| customer_secrets | TSUIDE_CUSTOMER_SECRETS | none: who signs customer tokens; two for a change |
| rates | TSUIDE_RATES | none: ``rep=20/100,admin=0``: requests a second / at once of a key, per process |
| in_flight | TSUIDE_IN_FLIGHT | ``256``: offers, and other requests, at work at once in a process; more get a 503 |
| metrics | TSUIDE_METRICS | ``open``: who may read /metrics: anybody, ``admin`` (a key), or nobody (``off``) |
| request_log | TSUIDE_REQUEST_LOG | ``failures``: a line for each that failed or took a second; ``all``, ``off`` |
| tracing | TSUIDE_TRACING | ``false``: send OpenTelemetry spans to where OTEL_EXPORTER_OTLP_… says (extra ``otel``) |
| demo_shop | TSUIDE_DEMO_SHOP | ``false``: also serve the demo shop, in which a visitor may play any customer |
| smtp | TSUIDE_SMTP | none: ``smtp://user:password@host:587`` (or ``smtps://``): who sends scheduled reports |
| mail_from | TSUIDE_MAIL_FROM | none: the sender of scheduled reports and of mail to customers |
| public_url | TSUIDE_PUBLIC_URL | none: ``https://shop.example.com/tsuide``: where customers reach this server |
| product_page | TSUIDE_PRODUCT_PAGE | none: ``https://shop.example.com/p/{id}``: of products without a url |
| dkim | TSUIDE_DKIM | none: ``selector@example.com:/path/key.pem``: who signs mail; none = the mail server signs |
| mail_return | TSUIDE_MAIL_RETURN | none: ``bounces+{id}@example.com``: where bounces go; none = to mail_from |
| mail_rates | TSUIDE_MAIL_RATES | none: ``docomo.ne.jp=60,*=600``: mails a minute to a domain, to any other |
| mail_warm_up | TSUIDE_MAIL_WARM_UP | none: ``2026-12-01=200``: so many a day, each day half as many again |
| bounces | TSUIDE_BOUNCES | none: a maildir (or a folder of messages) that bounces and complaints come to |
| carriers | TSUIDE_CARRIERS | none: ``line=https://…,sms=file:/out``: who carries channels other than mail |
| carrier_secret | TSUIDE_CARRIER_SECRET | none: signs what is sent to carriers over HTTP |
| line_token | TSUIDE_LINE_TOKEN | none: the channel access token of a LINE official account (extra ``line``) |
| line_endpoint | TSUIDE_LINE_ENDPOINT | LINE's own: another address that speaks as ``https://api.line.me`` does |
| inner_webhooks | TSUIDE_INNER_WEBHOOKS | no: whether a journey may call addresses of the house's own network |
| retention | TSUIDE_RETENTION | none: ``event=365,decision=0``: days that rows of people are kept (docs/privacy.md) |
| shop | TSUIDE_SHOP | none: the name of this shop, where there are several; `tsuide --shop NAME` sets it |
| more_shops | TSUIDE_MORE_SHOPS | none: ``named=/srv/named``: more shops, each with its own home, at ``/named`` |

Those of `SETTABLE` can also be set in the console: they are kept in the store, and the environment wins over them.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tsuide.errors import BadSetting, BadValue
from tsuide.kit.clock import zone
from tsuide.kit.money import minor_digits

PREFIX: Final = "TSUIDE_"
SETTABLE: Final = (
    "language", "currency", "time_zone", "mail_from", "smtp", "public_url", "product_page", "mail_return",
    "mail_rates", "mail_warm_up",
)  # fmt: skip
"""Settings that an owner may set in the console."""
_TAKEN: Final = "shop|console|docs|v1|m|mp|widget|pictures|mcp|healthz|readyz|metrics"
_SHOP: Final = re.compile(rf"(?!(?:{_TAKEN})=)[a-z][a-z0-9-]{{0,30}}=[^,]+")
_ENGINES: Final = ("sqlite://", "sqlite:///", "postgresql://", "postgresql+psycopg://")


class Settings(BaseSettings):
    """Everything that may differ between two installations.

    Raises:
        pydantic.ValidationError: use `load_settings`, which turns it into a BadSetting.

    >>> Settings(home=Path("/srv/shop")).url
    'sqlite:////srv/shop/store.sqlite'
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Path(".tsuide")
    database_url: str | None = None
    time_zone: str = "Asia/Tokyo"
    currency: str = "JPY"
    language: Literal["ja", "en"] = "ja"
    trace_durability: Literal["normal", "full"] = "normal"
    demo_shop: bool = False
    agents: bool = False
    shopify_secrets: SecretStr = SecretStr("")
    shopify_domain: str = ""
    woocommerce_secrets: SecretStr = SecretStr("")
    customer_secrets: SecretStr = SecretStr("")
    rates: str = ""
    in_flight: int = Field(default=256, ge=1, le=65_536)
    metrics: Literal["open", "admin", "off"] = "open"
    request_log: Literal["off", "failures", "all"] = "failures"
    tracing: bool = False
    smtp: SecretStr = SecretStr("")
    mail_from: str = ""
    public_url: str = ""
    product_page: str = ""
    dkim: str = ""
    mail_return: str = ""
    mail_rates: str = ""
    mail_warm_up: str = ""
    bounces: str = ""
    carriers: str = ""
    carrier_secret: SecretStr = SecretStr("")
    line_token: SecretStr = SecretStr("")
    line_endpoint: str = ""
    inner_webhooks: bool = False
    retention: str = ""
    shop: str = ""
    more_shops: str = ""

    @field_validator("more_shops")
    @classmethod
    def _readable_shops(cls, text: str) -> str:
        for each in filter(None, (part.strip() for part in text.split(","))):
            if _SHOP.fullmatch(each) is None:
                raise ValueError("write name=/path/to/its/home, several with commas between")
        return text

    @field_validator("line_endpoint")
    @classmethod
    def _readable_endpoint(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
            raise ValueError("write https://api.line.me, or leave it out")
        return url

    @field_validator("public_url")
    @classmethod
    def _readable_address(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
            raise ValueError("write https://shop.example.com, or with a path")
        return url.rstrip("/")

    @field_validator("product_page")
    @classmethod
    def _readable_page(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^\s#@{}]+\{id\}[^\s{}]*", url):
            raise ValueError("write https://shop.example.com/p/{id}")
        return url

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            return zone(name).key
        except BadValue as exc:
            raise ValueError(exc.way_out) from exc

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        try:
            minor_digits(code)
        except BadValue as exc:
            raise ValueError(exc.way_out) from exc
        return code

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(_ENGINES):
            raise ValueError("write sqlite:///path/to/file or postgresql+psycopg://user@host/database")
        return url

    @property
    def url(self) -> str:
        """Where the store is, as a SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home / 'store.sqlite'}"

    @property
    def shown_url(self) -> str:
        """Where the store is, as it may be shown: without a password."""
        return _PASSWORD.sub(rf"\1:{MASK}@", self.url)

    @property
    def snapshots(self) -> Path:
        """The folder of learned snapshots."""
        return self.home / "snapshots"


def more_shops_of(settings: Settings) -> dict[str, Settings]:
    """The other shops that TSUIDE_MORE_SHOPS names: as here, but with a home, a store, keys and secrets of their own.

    >>> more = more_shops_of(Settings(home=Path("/srv/a"), more_shops="named=/srv/named"))
    >>> more["named"].url, more["named"].more_shops
    ('sqlite:////srv/named/store.sqlite', '')
    """
    pairs = (part.strip().partition("=") for part in settings.more_shops.split(",") if part.strip())
    kept = {name: getattr(settings, name) for name in settings.model_fields_set - NOT_HANDED_ON}
    found = {}
    for name, _, home in pairs:
        own = {"home": Path(home), "shop": name}
        own |= {"public_url": f"{settings.public_url}/{name}"} if settings.public_url else {}
        found[name] = Settings.model_construct(_fields_set={*kept, *own}, **{**_usual(), **kept, **own})
    return found


def _usual() -> dict[str, Any]:
    """Every setting as it is if nobody set it; the environment is not asked."""
    return {name: field.default for name, field in Settings.model_fields.items()}


NOT_HANDED_ON: Final = frozenset({
    "database_url", "more_shops", "agents", "shopify_secrets", "shopify_domain", "woocommerce_secrets",
    "customer_secrets", "smtp", "mail_from", "product_page", "dkim", "mail_return", "mail_rates", "mail_warm_up",
    "bounces", "carriers", "carrier_secret", "line_token", "line_endpoint",
})  # fmt: skip
"""What a shop has of its own or not at all: its store, who signs for it, through whom it speaks."""


def shop_name(name: str) -> str:
    """A name that a shop may have.

    Raises:
        BadSetting: it is none, or a path of the server begins with it.

    >>> shop_name("second")
    'second'
    """
    if _SHOP.fullmatch(f"{name}=x") is None:
        way_out = "lower-case letters, digits and hyphens, 31 at most; shop, console, docs, v1 … are taken"
        raise BadSetting("not a name of a shop", key="shop", value=name, way_out=way_out)
    return name


def secrets_of(setting: SecretStr) -> tuple[str, ...]:
    """The secrets that a setting names.

    >>> secrets_of(SecretStr("old, new")), secrets_of(SecretStr(""))
    (('old', 'new'), ())
    """
    return tuple(each.strip() for each in setting.get_secret_value().split(",") if each.strip())


def load_settings(*, home: Path | None = None, database_url: str | None = None) -> Settings:
    """The settings of the environment; what is given here wins.

    Raises:
        BadSetting: names the variable, its value and the way out.

    >>> load_settings(database_url="mysql://host/shop")
    Traceback (most recent call last):
    tsuide.errors.BadSetting: a setting cannot be used: TSUIDE_DATABASE_URL = 'mysql://host/shop'...
    """
    given = {"home": home, "database_url": database_url}
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # each key's own type is checked by pydantic
    except ValidationError as exc:
        raise bad_setting(exc) from exc


def with_kept(given: Settings, kept: Mapping[str, str]) -> Settings:
    """Settings with what the shop keeps itself, wherever the environment (or an option) says nothing.

    Args:
        given: of the environment.
        kept: of `SETTABLE`; what is empty, or not one of them, is left out.

    Raises:
        BadSetting: a kept value cannot be used.

    >>> with_kept(Settings(currency="EUR"), {"currency": "JPY", "language": "en"}).currency
    'EUR'
    """
    free = {name: kept[name] for name in SETTABLE if kept.get(name) and name not in given.model_fields_set}
    if not free:
        return given
    said = {name: getattr(given, name) for name in given.model_fields_set}
    try:
        return Settings.model_validate(said | free)
    except ValidationError as exc:
        raise bad_setting(exc) from exc


_PASSWORD: Final = re.compile(r"(://[^:/@]*):[^@]*@")


def bad_setting(exc: ValidationError, prefix: str = PREFIX) -> BadSetting:
    """The first fault of settings, named as whoever gave it wrote it, without a password.

    Args:
        exc: of `Settings`.
        prefix: of the environment's variables; "" = the setting was given by its own name.

    >>> try:
    ...     Settings(currency="yen")
    ... except ValidationError as exc:
    ...     print(bad_setting(exc, ""))
    a setting cannot be used: currency = 'yen'. Way out: use an ISO 4217 code such as JPY or USD
    """
    first = exc.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    return BadSetting(
        "a setting cannot be used",
        key=f"{prefix}{name.upper()}" if prefix else name,
        value=_PASSWORD.sub(r"\1:…@", str(first["input"])),
        way_out=first["msg"].removeprefix("Value error, "),
    )


def environment(settings: Settings) -> dict[str, str]:
    """This process's environment with what was set in it, for processes that it starts.

    What only another shop of this process was given is not in it.
    """
    given = {name: value for name, value in settings.model_dump(exclude_unset=True).items() if value is not None}
    shown = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in given.items()}
    ours = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    others = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    return others | {f"{PREFIX}{name.upper()}": str(value) for name, value in shown.items()}


@dataclass(frozen=True, slots=True)
class Told:
    """A setting as it may be shown.

    Args:
        name: of the setting.
        variable: of the environment.
        value: as text; of a secret only that it is set.
        usual: whether it is as it would be if nobody had set it.
        kept: whether it was set in the console.
    """

    name: str
    variable: str
    value: str
    usual: bool
    kept: bool = False


MASK: Final = "••••••"


def masked(text: str) -> str:
    """An address without the password that stands in it.

    >>> masked("smtp://me:word@mail.example.com")
    'smtp://me:••••••@mail.example.com'
    """
    return _PASSWORD.sub(rf"\1:{MASK}@", text)


def told_settings(settings: Settings, given: Settings | None = None) -> list[Told]:
    """Every setting, secrets and passwords masked, in the order of the table above.

    Args:
        settings: that hold.
        given: those of the environment alone, where the shop keeps some itself.

    >>> told = {each.name: each for each in told_settings(Settings(smtp="smtp://me:word@mail.example.com"))}
    >>> told["smtp"].value, told["smtp"].variable
    ('••••••', 'TSUIDE_SMTP')
    >>> told["currency"]
    Told(name='currency', variable='TSUIDE_CURRENCY', value='JPY', usual=True, kept=False)
    """
    found = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            shown = MASK if value.get_secret_value() else ""
        else:
            shown = "" if value is None else masked(str(value))
        kept = given is not None and name in settings.model_fields_set - given.model_fields_set
        found.append(Told(name, f"{PREFIX}{name.upper()}", shown, value == field.default, kept))
    return found


def unknown_settings(environment: dict[str, str] | None = None) -> list[str]:
    """Variables that begin like ours and mean nothing to us: most often a slip of the pen.

    >>> unknown_settings({"TSUIDE_LANGAUGE": "ja", "TSUIDE_HOME": "/srv", "PATH": "/bin"})
    ['TSUIDE_LANGAUGE']
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    ours = [name for name in (environment or os.environ) if name.startswith(PREFIX)]
    return sorted(set(ours) - known - _OF_DEVELOPERS)


_OF_DEVELOPERS: Final = {"TSUIDE_TRACEBACK", "TSUIDE_TEST_POSTGRES_URL"}
