"""Which code decides: a record names it, so that a replay by other code can say so instead of differing silently."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from tsuide import __version__, kit

_ROOMS: Final = (Path(__file__).parent, Path(next(iter(kit.__path__))))


@cache
def code_version() -> str:
    """The package's version and 16 hex digits over every source of `offers` and `kit`, kernels and rules included.

    >>> code_version().split("+")[0] == __version__
    True
    """
    digest = hashlib.blake2b(digest_size=8)
    for room in _ROOMS:
        for path in sorted(room.rglob("*.py")):
            if "__pycache__" not in path.parts:
                digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()}"
