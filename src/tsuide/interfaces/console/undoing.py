"""How each kind of change is taken back."""

from collections.abc import Mapping
from typing import Final

from tsuide.app.changes import Undo

WAYS: Final[Mapping[str, Undo]] = {}
"""Action → how it is undone: with the plain values that were recorded as `undo`."""
