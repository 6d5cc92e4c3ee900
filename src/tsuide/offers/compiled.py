"""How kernels of this room are compiled: small ones here, whole ones cached under a hash of all they are made of.

Numba's disk cache looks only at the file of the function that is cached; a changed function that it calls
from another file would keep its old code, silently. So only functions of generated modules are cached, and
such a module's name holds a hash of every file that its code comes from: other sources, other file.
"""

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np

_LOADING = RLock()  # a module that another thread is still loading is there, and not whole

Row: TypeAlias = Any  # one record of a structured array, inside a kernel
Rows: TypeAlias = Any  # an array, structured or not; its docstring says of what
_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(function: _F) -> _F:
    """Numba in nopython mode for what only kernels call: no wrapper for Python is compiled; not cached by itself."""
    options = {"nogil": True, "boundscheck": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("_F", numba.njit(**options)(function))


def called(function: _F) -> _F:
    """As `kernel`, but Python may call it; compiled when it first is."""
    return cast("_F", numba.njit(nogil=True, boundscheck=False)(function))


def outermost(function: _F) -> _F:
    """As `kernel`, cached on disk; only in modules that `generated` wrote."""
    return cast("_F", numba.njit(nogil=True, boundscheck=False, cache=True)(function))


def source_hash(modules: Iterable[ModuleType]) -> str:
    """16 hex digits over the modules' files, this file, and the versions of what compiles them."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update(f"{numba.__version__} {np.__version__} {sys.version_info[:2]}".encode())
    for module in (*modules, sys.modules[__name__]):
        if module.__file__ is None:
            raise AssertionError(f"{module.__name__} has no file to hash")
        digest.update(module.__name__.encode() + b"\0" + Path(module.__file__).read_bytes() + b"\0")
    return digest.hexdigest()


def generated(name: str, text: str, modules: Iterable[ModuleType], folder: Path | None = None) -> ModuleType:
    """The module of `text`, written to a file under the hash of everything it is made of, and imported.

    Args:
        name: beginning of the module's name.
        text: its source.
        modules: every module whose code its kernels call or whose constants they hold.
        folder: where the file and its machine code are kept; None = beside this package, else the user's cache.
    """
    digest = hashlib.blake2b(source_hash(modules).encode() + text.encode(), digest_size=8).hexdigest()
    full = f"{name}_{digest}"
    with _LOADING:
        known = sys.modules.get(full)
        if known is None:
            path = (folder or _cache_folder()) / f"{full}.py"
            if not _holds(path, text):
                _write(path, text)
            known = _load(full, path)
        return known


def _holds(path: Path, text: str) -> bool:
    """Whether the file is there, and whole: a machine that lost its power may have kept the name of it alone."""
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise AssertionError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _cache_folder() -> Path:
    beside = Path(__file__).parent / "__pycache__"
    try:
        beside.mkdir(exist_ok=True)
    except OSError:
        return Path.home() / ".cache" / "tsuide"
    return beside if os.access(beside, os.W_OK) else Path.home() / ".cache" / "tsuide"
