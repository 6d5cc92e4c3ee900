"""The machine that an installation runs on: versions, settings, secrets, clocks, room on the disk."""

import importlib.metadata
import platform
import re
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from pydantic import SecretStr

from tsuide.app.doctor.finding import Finding
from tsuide.config import PREFIX, Settings, secrets_of, unknown_settings
from tsuide.store.engines import checked_url, sqlite_file

_FREE_BYTES: Final = 1 << 30
_ROOM: Final = 2  # times the store's size, for a backup or a migration
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_FLOOR: Final = re.compile(r">=\s*([\d.]+)")
_BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)  # before this code existed no clock can be right
_APART: Final = timedelta(seconds=5)  # more than a busy machine takes to write a file
_LEAST_SECRET: Final = 16
_EXAMPLES: Final = ("secret", "change", "password", "example", "default", "tsuide", "postgres", "admin", "test")
_ADDRESSES: Final = frozenset({"smtp", "line_token"})  # what others gave out is as long as they made it
_AT_HOME: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


def machine(settings: Settings, now: datetime) -> list[Finding]:
    """Everything that can be told without the store."""
    return [
        *(_python(), *_packages(), *_settings(), *_secrets(settings), *_passwords(settings)),
        *(clock(settings, now), *_disk(settings)),
    ]


def _python() -> Finding:
    system = f"{platform.system()} {platform.machine()}"
    return Finding("python", "good", "python", {"version": platform.python_version(), "system": system})


def _packages() -> list[Finding]:
    """Packages that are older than what this version was made for."""
    found = []
    for text in importlib.metadata.requires("tsuide") or []:
        requirement, _, marker = text.partition(";")
        named, floors = _NAME.match(requirement), _FLOOR.search(requirement)
        if "extra" in marker or named is None:
            continue
        blanks = {"package": named.group(), "requirement": requirement.strip()}
        floor = floors.group(1) if floors else ""
        try:
            version = importlib.metadata.version(named.group())
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding("packages", "bad", "package_missing", blanks))
            continue
        if floor and _parts(version) < _parts(floor):
            found.append(Finding("packages", "bad", "package_old", blanks | {"version": version, "floor": floor}))
    return found or [Finding("packages", "good", "packages")]


def _parts(version: str) -> tuple[int, ...]:
    digits = ("".join(c for c in part if c.isdigit()) for part in version.partition("+")[0].split("."))
    return tuple(int(part) for part in digits if part)


def _settings() -> list[Finding]:
    slips = unknown_settings()
    return [Finding("settings", "mind", "setting_unknown", {"names": ", ".join(slips)})] if slips else []


def _secrets(settings: Settings) -> list[Finding]:
    """Whether a secret that signs or proves something could be guessed; nothing is said where none is set."""
    found, some = [], False
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if not isinstance(value, SecretStr) or name in _ADDRESSES:
            continue
        each = secrets_of(value)
        some = some or bool(each)
        if any(_weak(secret) for secret in each):
            found.append(Finding("secrets", "bad", "secret_weak", {"variable": f"{PREFIX}{name.upper()}"}))
    return found or ([Finding("secrets", "good", "secrets")] if some else [])


def _weak(secret: str) -> bool:
    """Short, or hardly more than a word that examples use."""
    plain = secret.casefold()
    rest = min((len(plain.replace(word, "")) for word in _EXAMPLES), default=len(plain))
    return len(secret) < _LEAST_SECRET or rest < _LEAST_SECRET // 2 or len(set(secret)) < _LEAST_SECRET // 3


def _passwords(settings: Settings) -> list[Finding]:
    """Whether a database elsewhere is open to whoever has read its manual."""
    url = sa.make_url(settings.url)
    if url.get_backend_name() == "sqlite" or not url.password or (url.host or "") in _AT_HOME:
        return []
    plain = str(url.password).casefold()
    if plain not in {*_EXAMPLES, "changeme", "change-me", "secret1", "1234", "12345678", str(url.username)}:
        return []
    return [
        Finding("secrets", "bad", "database_password", {"host": str(url.host), "user": str(url.username)}),
    ]


def clock(settings: Settings, now: datetime) -> Finding:
    """This machine's clock, and that of whatever writes its files."""
    if now < _BORN:
        return Finding("clock", "bad", "clock_early", {"at": _minute(now)})
    place = _there(settings.home)
    try:
        with tempfile.NamedTemporaryFile(dir=place) as probe:
            apart = datetime.fromtimestamp(Path(probe.name).stat().st_mtime, UTC) - now
    except OSError:
        apart = timedelta()  # that nothing can be written is told of the disk
    if not -_APART < apart < timedelta(minutes=5):  # `now` is read before anything else is done
        told = {"file": str(place), "seconds": f"{apart.total_seconds():+.0f}"}
        return Finding("clock", "bad", "clock_files", told)
    ahead = [each for each in _own_files(settings) if _written(each) > now + timedelta(minutes=5)]
    if ahead:
        return Finding("clock", "mind", "clock_back", {"what": ahead[0].name, "at": _minute(_written(ahead[0]))})
    return Finding("clock", "good", "clock", {"at": _minute(now)})


def _own_files(settings: Settings) -> list[Path]:
    file = sqlite_file(checked_url(settings.url))
    some = [settings.snapshots / "current", *([] if file is None else [file, file.with_name(f"{file.name}-wal")])]
    return [each for each in some if each.exists()]


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _there(home: Path) -> Path:
    return next(each for each in (home.absolute(), *home.absolute().parents) if each.exists())


def _disk(settings: Settings) -> list[Finding]:
    """Room, and whether anything can be written at all, where the home and where the store is."""
    file = sqlite_file(checked_url(settings.url))
    places = {_there(settings.home), *([] if file is None else [_there(file.parent)])}
    size = file.stat().st_size if file is not None and file.exists() else 0
    return [_place(place, size) for place in sorted(places)]


def _place(place: Path, size: int) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding("disk", "bad", "disk_readonly", {"place": str(place), "text": str(error.strerror or error)})
    free = shutil.disk_usage(place).free
    told = {"free": _bytes(free), "place": str(place), "size": _bytes(size)}
    if free < _FREE_BYTES:
        return Finding("disk", "bad", "disk_full", told)
    return Finding(
        "disk", "mind" if free < _ROOM * size else "good", "disk_small" if free < _ROOM * size else "disk", told
    )


def _bytes(many: int) -> str:
    return f"{many / 1e9:.1f} GB" if many >= 1e8 else f"{many / 1e6:.1f} MB"  # noqa: PLR2004 - from a tenth of it on
