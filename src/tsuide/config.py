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
| woocommerce_secrets | TSUIDE_WOOCOMMERCE_SECRETS | none: the same for WooCommerce |
| demo_shop | TSUIDE_DEMO_SHOP | ``false``: also serve the demo shop, in which a visitor may play any customer |
"""

import os
import re
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tsuide.errors import BadSetting, BadValue
from tsuide.kit.clock import zone
from tsuide.kit.money import minor_digits

PREFIX: Final = "TSUIDE_"
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
    shopify_secrets: SecretStr = SecretStr("")
    woocommerce_secrets: SecretStr = SecretStr("")

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
    def snapshots(self) -> Path:
        """The folder of learned snapshots."""
        return self.home / "snapshots"


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
        raise _bad_setting(exc) from exc


_PASSWORD: Final = re.compile(r"(://[^:/@]*):[^@]*@")


def _bad_setting(exc: ValidationError) -> BadSetting:
    first = exc.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    return BadSetting(
        "a setting cannot be used",
        key=f"{PREFIX}{name.upper()}",
        value=_PASSWORD.sub(r"\1:…@", str(first["input"])),
        way_out=first["msg"].removeprefix("Value error, "),
    )


def unknown_settings(environment: dict[str, str] | None = None) -> list[str]:
    """Variables that begin like ours and mean nothing to us: most often a slip of the pen.

    >>> unknown_settings({"TSUIDE_LANGAUGE": "ja", "TSUIDE_HOME": "/srv", "PATH": "/bin"})
    ['TSUIDE_LANGAUGE']
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    ours = [name for name in (environment or os.environ) if name.startswith(PREFIX)]
    return sorted(set(ours) - known - _OF_DEVELOPERS)


_OF_DEVELOPERS: Final = {"TSUIDE_TRACEBACK", "TSUIDE_TEST_POSTGRES_URL"}
