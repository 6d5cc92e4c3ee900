"""Looks of a shop: set, list, remove; each declares that its pieces belong together while it stands."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tsuide.app.locks import in_turn
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound
from tsuide.facts.looks import Look, checked
from tsuide.offers.plain import build, plain

_KEY: Final = "looks"


def read_look(value: Mapping[str, Any]) -> Look:
    """A look as a person or another system writes it: plain JSON with the fields of `facts.looks`.

    Raises:
        BadValue: names the field.
    """
    return checked(build(Look, dict(value)))


def looks_of(shop: Shop) -> tuple[Look, ...]:
    """Every look, by id."""
    return read_kept(shop.store.settings.get(_KEY))


def kept_text(shop: Shop) -> str | None:
    """The looks as the store has them, to see whether they changed."""
    return shop.store.settings.get(_KEY)


def read_kept(text: str | None) -> tuple[Look, ...]:
    """Looks from `kept_text`."""
    return tuple(build(Look, each) for each in json.loads(text or "[]"))


def put_look(shop: Shop, look: Look, now: datetime) -> Look:
    """Set a look, new or changed; offers follow once it is published (`promotions.publish_deals`).

    Raises:
        BadValue: it makes no sense.
    """
    _replace(shop, checked(look).id, look, now)
    return look


def remove_look(shop: Shop, look_id: str, now: datetime) -> Look:
    """Take a look back, and return it as it was: setting it again undoes this.

    Raises:
        NotFound: no such look.
    """
    return _replace(shop, look_id, None, now)


def _replace(shop: Shop, look_id: str, new: Look | None, now: datetime) -> Look:
    with in_turn(shop.settings.home / "looks.lock"):
        kept = {each.id: each for each in looks_of(shop)}
        if new is None and look_id not in kept:
            raise NotFound("no such look", key="look", value=look_id, way_out="tsuide look list")
        found = kept.pop(look_id, None) or new
        if new is not None:
            kept[look_id] = new
        text = json.dumps([plain(kept[name]) for name in sorted(kept)], ensure_ascii=False)
        shop.store.settings.put(_KEY, text, now)
    assert found is not None  # noqa: S101 - one of the two there is
    return found
