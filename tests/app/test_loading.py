from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
import pytest

from tsuide.app.loading import caught_up, load, open_learned
from tsuide.app.wiring import Shop
from tsuide.errors import NothingLearned, SnapshotDamaged
from tsuide.mining.snapshot import save_snapshot


class Former:
    """Complements as a version wrote them that had other arrays."""

    name: ClassVar[str] = "complements"

    def arrays(self) -> dict[str, np.ndarray]:
        return {"something_else": np.arange(3)}

    def meta(self) -> dict[str, Any]:
        return {"top": 20}

    @classmethod
    def from_arrays(cls, arrays: Any, meta: Any) -> Self:
        raise NotImplementedError(arrays, meta)  # never read back by this class


def test_what_another_version_learned_is_refused_by_name(empty_shop: Shop) -> None:
    with pytest.raises(NothingLearned):
        open_learned(empty_shop)
    save_snapshot(empty_shop.snapshots, {"complements": Former()}, {})
    with pytest.raises(SnapshotDamaged, match="another version of Tsuide") as caught:
        load(empty_shop)
    assert caught.value.way_out == "learn again: tsuide learn"


def test_catching_up_gives_the_same_catalogue_as_loading_anew(small_shop: Shop) -> None:
    save_snapshot(small_shop.snapshots, {}, {})
    loaded = load(small_shop)
    assert caught_up(small_shop, loaded) is loaded
    changed = small_shop.store.facts.products().head(3).reverse().with_columns(price=777, id=pl.lit("new"))
    small_shop.store.facts.write_products(changed.head(1))
    dearer = small_shop.store.facts.products().filter(id="tea").with_columns(price=999)
    small_shop.store.facts.write_products(dearer)
    there = caught_up(small_shop, loaded)
    anew = load(small_shop)
    assert there.sequence == anew.sequence == small_shop.store.facts.sequence()
    assert there.products.equals(anew.products)
    assert there.catalogue.product("tea") == anew.catalogue.product("tea")
    assert len(there.catalogue) == len(loaded.catalogue) + 1
