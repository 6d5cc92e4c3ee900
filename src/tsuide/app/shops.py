"""Several shops in one installation: each with its own home, store, keys and secrets; one list in the first one's home.

Nothing that opens a door is handed on: a shop has the secrets, mail server and carriers that it was given itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, ValidationError

from tsuide.app.locks import in_turn
from tsuide.config import PREFIX, Settings, bad_setting, more_shops_of, shop_name
from tsuide.errors import BadFile, BadSetting, Conflict, NotFound
from tsuide.store.engines import checked_url

LIST: Final = "shops.json"
_LOCK: Final = "shops.lock"
FOLDER: Final = "shops"


def shops_of(settings: Settings) -> dict[str, Settings]:
    """The other shops of an installation by name, those of TSUIDE_MORE_SHOPS and those of its list.

    Raises:
        BadFile: the list cannot be read.
        BadSetting: what a shop was given cannot be used.

    >>> shops_of(Settings(home=Path("/srv/a"), more_shops="b=/srv/b"))["b"].home
    PosixPath('/srv/b')
    """
    found = more_shops_of(settings)
    for name, given in _read(settings).items():
        found[name] = _settings(settings, name, given)
    return found


def settings_of(settings: Settings, name: str) -> Settings:
    """The settings of one shop.

    Raises:
        NotFound: there is none of this name.
    """
    shops = shops_of(settings)
    if name not in shops:
        way_out = f"there are {', '.join(sorted(shops))}" if shops else "tsuide shop add NAME"
        raise NotFound("no such shop", key="shop", value=name, way_out=way_out)
    return shops[name]


def add_shop(settings: Settings, name: str, home: Path | None, url: str | None, given: Mapping[str, str]) -> Settings:
    """Add a shop to the list; its settings.

    Args:
        settings: of the first shop.
        name: lower-case letters, digits, hyphens; its paths begin with it.
        home: its folder; None = below the first one's.
        url: its database; None = on SQLite a file in its home, on PostgreSQL a schema of its name in the same database.
        given: further settings of its own, by name.

    Raises:
        BadSetting: not a name, or a setting that is none or cannot be used.
        Conflict: there is a shop of this name, home or database.
    """
    shop_name(name)
    with in_turn(settings.home / _LOCK):
        return _added(settings, name, home, url, given)


def _added(settings: Settings, name: str, home: Path | None, url: str | None, given: Mapping[str, str]) -> Settings:
    shops = shops_of(settings)
    if name in shops:
        raise Conflict("there is such a shop", key="shop", value=name)
    if url is None and not settings.url.startswith("sqlite"):
        url = checked_url(settings.url).update_query_dict({"schema": name.replace("-", "_")}).render_as_string(False)
    entry: dict[str, Any] = {"home": str((home or settings.home / FOLDER / name).absolute()), **given}
    entry |= {} if url is None else {"database_url": url}
    made = _settings(settings, name, entry)
    for other in (settings, *shops.values()):
        if other.home.absolute() == made.home or _place(other) == _place(made):
            raise Conflict("another shop lives there", key="home", value=str(made.home), way_out="name another")
    _write(settings, {**_read(settings), name: entry})
    return made


def remove_shop(settings: Settings, name: str) -> Settings:
    """Take a shop off the list: it is served no more. Its home and database stay as they are; they are told.

    Raises:
        NotFound: it is not on the list.
    """
    with in_turn(settings.home / _LOCK):
        listed = _read(settings)
        if name not in listed:
            raise NotFound("no such shop on the list", key="shop", value=name, way_out="tsuide shop list")
        was = _settings(settings, name, listed.pop(name))
        _write(settings, listed)
    return was


def _place(settings: Settings) -> str:
    url = checked_url(settings.url)
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or "").absolute())
    return f"{url.host}:{url.port or 5432}/{url.database}/{url.query.get('schema', 'public')}"


def _settings(first: Settings, name: str, entry: Mapping[str, Any]) -> Settings:
    own = {each: value for each, value in entry.items() if each != "home"}
    unknown = own.keys() - Settings.model_fields.keys()
    if unknown or {"shop", "more_shops"} & own.keys():
        bad = min(unknown) if unknown else "more_shops"
        raise BadSetting("not a setting of a shop", key=bad, value=own.get(bad), way_out="see docs/shops.md")
    based = more_shops_of(first.model_copy(update={"more_shops": f"{name}={entry['home']}"}))[name]
    given = {each: getattr(based, each) for each in based.model_fields_set}
    plain = {each: value.get_secret_value() if isinstance(value, SecretStr) else value for each, value in given.items()}
    usual = {each: field.default for each, field in Settings.model_fields.items()}
    try:
        checked = Settings(**{**usual, **plain, **own})  # all are given: the environment is not asked
    except ValidationError as exc:
        raise bad_setting(exc, "") from exc
    values = {each: getattr(checked, each) for each in Settings.model_fields}
    return Settings.model_construct(_fields_set={*plain, *own}, **values)


def _read(settings: Settings) -> dict[str, dict[str, Any]]:
    path = settings.home / LIST
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(listed, dict) and all(isinstance(each, dict) and "home" in each for each in listed.values()):
            return listed
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise BadFile("the list of shops cannot be read", key="file", value=str(path)) from exc
    raise BadFile("not a list of shops", key="file", value=str(path), way_out=f"mend it, or unset {PREFIX}HOME")


def _write(settings: Settings, shops: Mapping[str, Mapping[str, Any]]) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    path = settings.home / LIST
    beside = path.with_suffix(".part")
    beside.touch(mode=0o600)
    beside.chmod(0o600)  # secrets may stand in it
    beside.write_text(json.dumps(shops, ensure_ascii=False, indent=1), encoding="utf-8")
    beside.replace(path)
