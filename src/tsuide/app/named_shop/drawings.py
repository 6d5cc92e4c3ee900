"""Pictures of products: our own line drawings, one per kind of thing, painted in the product's colour.

A drawing is SVG on a 320 × 240 sheet with the paints ``A`` (the thing), ``B`` (its darker side), ``C`` (its lighter
side), ``K`` (dark parts), ``W`` (white parts), ``G`` (glass), ``Y`` (an accent); what matters stands in the middle 200.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

_FILES: Final = ("things.svg", "home.svg")
_ONE: Final = re.compile(r'^<g id="(\w+)">\n(.*?)^</g>$', re.MULTILINE | re.DOTALL)
_PAINTS: Final[Mapping[str, str]] = {  # colour → the thing's paint
    "plain": "#8fa3ad", "black": "#3a3f47", "white": "#f4f2ec", "silver": "#c3c9cf", "grey": "#8d949b",
    "pink": "#f0a8b8", "rose": "#d9738a", "red": "#c8423c", "coral": "#ef7f66", "berry": "#7d2846",
    "brown": "#8a5a3c", "terracotta": "#c4714a", "orange": "#e89a4a", "gold": "#d8b25a", "yellow": "#efcf5a",
    "cream": "#f1e4c6", "ivory": "#f3e6d2", "beige": "#e6c9a8", "ochre": "#d3a679", "olive": "#7c8450",
    "green": "#5f9e6e", "blue": "#5b8fc7", "navy": "#34507e", "purple": "#8c79b8", "clear": "#d6e6ec",
}  # fmt: skip
_GROUNDS: Final = ("#eef1ea", "#f3eee6", "#e9eff2", "#f2ebef", "#edeff4")
_TONES: Final[Mapping[str, float]] = {"A": 1.0, "B": 0.78, "C": 1.18}
_FIXED: Final[Mapping[str, str]] = {"K": "#333a40", "W": "#fdfcf9", "G": "#a9c9d8", "Y": "#e3b94f"}
_PAINT: Final = re.compile(r'(fill|stroke)="([ABCKWGY])"')
_SHEET: Final = (320, 240)
_SCENE: Final = (640, 360)


@cache
def drawings() -> Mapping[str, str]:
    """Every drawing by its name, unpainted."""
    texts = [files(__package__).joinpath("pictures", name).read_text(encoding="utf-8") for name in _FILES]
    return {name: re.sub(r"\n\s*", "", body) for text in texts for name, body in _ONE.findall(text)}


@lru_cache(maxsize=1024)
def draw(name: str, colour: str) -> str | None:
    """A whole SVG document; None where there is no such drawing or colour.

    >>> svg = draw("mug", "navy")
    >>> svg is not None and svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"'), draw("mug", "plaid")
    (True, None)
    """
    body = _painted(name, colour)
    return None if body is None else _framed(_SHEET, _shadow(160, 206, 92) + body, sum(name.encode()))


@lru_cache(maxsize=64)
def draw_scene(pieces: tuple[tuple[str, str], ...]) -> str | None:
    """Several things in one picture, side by side, the first in front; None where one cannot be drawn.

    >>> scene = draw_scene((("chair", "white"), ("parasol", "navy")))
    >>> scene is not None and 'viewBox="0 0 640 360"' in scene, draw_scene((("unicorn", "white"),))
    (True, None)
    """
    bodies = [_painted(name, colour) for name, colour in pieces]
    if not bodies or None in bodies:
        return None
    wide, high = _SCENE
    step = (wide - _SHEET[0]) / max(len(bodies) - 1, 1)
    placed = [
        f'<g transform="translate({place * step:.0f} {high - _SHEET[1] - 24 - 40 * (place % 2)})">'
        f"{_shadow(160, 206, 92)}{body}</g>"
        for place, body in enumerate(bodies)
    ]
    behind = [each for place, each in enumerate(placed) if place % 2]
    before = [each for place, each in enumerate(placed) if not place % 2]
    floor = f'<path fill="#000" opacity=".05" stroke="none" d="M0 {high - 96}h{wide}v96H0z"/>'
    return _framed(_SCENE, floor + "".join((*behind, *before)), len(bodies))


def _painted(name: str, colour: str) -> str | None:
    if name not in drawings() or colour not in _PAINTS:
        return None
    paints = {letter: _toned(_PAINTS[colour], tone) for letter, tone in _TONES.items()} | dict(_FIXED)
    return _PAINT.sub(lambda found: f'{found[1]}="{paints[found[2]]}"', drawings()[name])


def _framed(size: Sequence[int], body: str, which: int) -> str:
    wide, high = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
        f'<path fill="{_GROUNDS[which % len(_GROUNDS)]}" d="M0 0h{wide}v{high}H0z"/>'
        f'<g stroke="#2b3136" stroke-width="2.5" stroke-linejoin="round" stroke-linecap="round">{body}</g></svg>'
    )


def _shadow(x: int, y: int, reach: int) -> str:
    return f'<ellipse cx="{x}" cy="{y}" rx="{reach}" ry="9" fill="#000" opacity=".08" stroke="none"/>'


def _toned(paint: str, tone: float) -> str:
    """A hex colour made darker or lighter.

    >>> _toned("#808080", 0.5), _toned("#808080", 1.5)
    ('#404040', '#c0c0c0')
    """
    parts = (int(paint[place : place + 2], 16) for place in (1, 3, 5))
    if tone <= 1:
        mixed = [round(part * tone) for part in parts]
    else:
        mixed = [round(part + (255 - part) * (tone - 1)) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in mixed)
