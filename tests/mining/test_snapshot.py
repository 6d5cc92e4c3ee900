import gc
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tsuide.errors import BadValue, NothingLearned, SnapshotDamaged
from tsuide.mining.baskets import Baskets
from tsuide.mining.complements import Complements, FittedComplements
from tsuide.mining.snapshot import (
    PARTS,
    current_snapshot,
    list_snapshots,
    open_snapshot,
    part_class,
    prune_snapshots,
    read_array,
    save_snapshot,
)


def learned(times: int = 3) -> FittedComplements:
    lines = pl.DataFrame({"o": [i // 2 for i in range(2 * times)], "p": ["pen", "ink"] * times})
    return Complements(min_count=1).fit(Baskets.from_frame(lines, basket="o", item="p"), tune=False)


def complements(folder: Path) -> FittedComplements:
    part = open_snapshot(folder).parts["complements"]
    assert isinstance(part, FittedComplements)
    return part


def spoil(path: Path) -> None:
    """Flip one bit in the middle: as a failing disk does."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def array_of(folder: Path, snapshot: str, array: str) -> Path:
    manifest = json.loads((folder / "manifests" / f"{snapshot}.json").read_text("utf-8"))
    return folder / "arrays" / f"{manifest['parts']['complements']['arrays'][array]['checksum']}.npy"


def test_what_was_saved_is_what_is_opened(tmp_path: Path) -> None:
    fitted = learned()
    snapshot = save_snapshot(tmp_path, {"complements": fitted}, {"learned_at": "2026-01-01", "orders": 3})
    opened = open_snapshot(tmp_path)
    assert (opened.id, opened.number, opened.refused) == (snapshot, 1, ())
    assert opened.meta == {"learned_at": "2026-01-01", "orders": 3}
    assert complements(tmp_path).frame().equals(fitted.frame())


@pytest.mark.soak
def test_arrays_are_read_whole_by_many_threads_while_garbage_is_collected(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(20, dtype=np.int32).reshape(4, 5))
    wrong: list[BaseException] = []

    class Litter:
        """Found by the collector alone; lets another thread run when it is."""

        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            time.sleep(0)

    def read() -> None:
        for _ in range(10_000):
            Litter()
            try:
                assert read_array(tmp_path / "a.npy", mapped=False).shape == (4, 5)
            except SystemError as error:
                wrong.append(error)

    usual = gc.get_threshold()
    gc.set_threshold(5)
    try:
        threads = [threading.Thread(target=read) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        gc.set_threshold(*usual)
    assert wrong == []


def test_large_arrays_are_mapped_and_none_can_be_written(tmp_path: Path) -> None:
    n = 5000
    lines = pl.DataFrame({"o": [i // 2 for i in range(n)], "p": [f"p{i:05}" for i in range(n)]})
    save_snapshot(
        tmp_path,
        {"complements": Complements(min_count=1).fit(Baskets.from_frame(lines, basket="o", item="p"), tune=False)},
        {},
    )
    part = complements(tmp_path)
    assert isinstance(part.top_item.base, np.memmap)
    assert not any(values.flags.writeable for values in part.arrays().values())


def test_equal_arrays_are_stored_once(tmp_path: Path) -> None:
    save_snapshot(tmp_path, {"complements": learned()}, {"run": 1})
    before = sorted((tmp_path / "arrays").iterdir())
    save_snapshot(tmp_path, {"complements": learned()}, {"run": 2})
    assert sorted((tmp_path / "arrays").iterdir()) == before
    assert len(list_snapshots(tmp_path)) == 2


def test_nothing_learned_says_how_to_learn(tmp_path: Path) -> None:
    with pytest.raises(NothingLearned, match="tsuide learn"):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("array", ["top_count", "items_blob"])
def test_a_damaged_array_is_refused_and_the_previous_snapshot_used(tmp_path: Path, array: str) -> None:
    first = save_snapshot(tmp_path, {"complements": learned(3)}, {})
    lines = pl.DataFrame({"o": [0, 0, 1, 1, 2, 2], "p": ["cup", "tea", "cup", "tea", "cup", "jar"]})
    other = Complements(min_count=1).fit(Baskets.from_frame(lines, basket="o", item="p"), tune=False)
    second = save_snapshot(tmp_path, {"complements": other}, {})
    spoil(array_of(tmp_path, second, array))
    opened = open_snapshot(tmp_path)
    assert opened.id == first
    assert len(opened.refused) == 1
    assert f"{second} complements.{array}" in opened.refused[0]
    with pytest.raises(SnapshotDamaged, match=array):
        open_snapshot(tmp_path, second)


@pytest.mark.parametrize("damage", ["manifest", "missing manifest", "missing array", "truncated array"])
def test_every_kind_of_damage_is_refused(tmp_path: Path, damage: str) -> None:
    first = save_snapshot(tmp_path, {"complements": learned(3)}, {})
    second = save_snapshot(tmp_path, {"complements": learned(4)}, {})
    manifest, array = tmp_path / "manifests" / f"{second}.json", array_of(tmp_path, second, "top_count")
    match damage:
        case "manifest":
            spoil(manifest)
        case "missing manifest":
            manifest.unlink()
        case "missing array":
            array.unlink()
        case _:
            array.write_bytes(array.read_bytes()[:-1])
    opened = open_snapshot(tmp_path)
    assert opened.id == first
    assert second in opened.refused[0]


def test_when_none_is_whole_it_says_which(tmp_path: Path) -> None:
    snapshot = save_snapshot(tmp_path, {"complements": learned()}, {})
    spoil(array_of(tmp_path, snapshot, "degree"))
    with pytest.raises(SnapshotDamaged, match=snapshot):
        open_snapshot(tmp_path)


def test_a_damaged_array_is_written_anew_by_the_next_learner(tmp_path: Path) -> None:
    snapshot = save_snapshot(tmp_path, {"complements": learned()}, {"run": 1})
    spoil(array_of(tmp_path, snapshot, "degree"))
    again = save_snapshot(tmp_path, {"complements": learned()}, {"run": 2})
    assert open_snapshot(tmp_path).id == again


def test_a_learner_that_dies_before_the_end_leaves_the_previous_one_current(tmp_path: Path) -> None:
    first = save_snapshot(tmp_path, {"complements": learned()}, {})

    class Dies(FittedComplements):
        def meta(self) -> dict[str, Any]:
            raise KeyboardInterrupt

    fitted = learned(5)
    dying = Dies.from_arrays(fitted.arrays(), fitted.meta())
    with pytest.raises(KeyboardInterrupt):
        save_snapshot(tmp_path, {"complements": dying}, {})
    assert open_snapshot(tmp_path).id == first
    assert not list(tmp_path.rglob("*.part"))


def test_what_another_version_wrote_is_refused_and_the_previous_one_used(tmp_path: Path) -> None:
    first = save_snapshot(tmp_path, {"complements": learned(3)}, {})

    class Newer(FittedComplements):
        def arrays(self) -> dict[str, np.ndarray]:
            return {**FittedComplements.arrays(self), "degree": np.zeros(1, np.int64)}

    fitted = learned(4)
    save_snapshot(tmp_path, {"complements": Newer.from_arrays(fitted.arrays(), fitted.meta())}, {})
    opened = open_snapshot(tmp_path)
    assert opened.id == first
    assert "another version" in opened.refused[0]
    assert "degree" in opened.refused[0]


def test_two_learners_at_once_both_save_whole_snapshots(tmp_path: Path) -> None:
    saved: list[str] = []

    def learn(run: int) -> None:
        saved.append(save_snapshot(tmp_path, {"complements": learned(run + 2)}, {"run": run}))

    threads = [threading.Thread(target=learn, args=(run,)) for run in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(saved) == sorted(list_snapshots(tmp_path))
    assert [open_snapshot(tmp_path, each).id for each in saved] == saved
    assert sorted(open_snapshot(tmp_path, each).number for each in saved) == [1, 2, 3, 4, 5, 6]


def test_pruning_keeps_the_newest_the_current_and_the_needed(tmp_path: Path) -> None:
    ids = [save_snapshot(tmp_path, {"complements": learned(n)}, {"n": n}) for n in range(2, 7)]
    removed = prune_snapshots(tmp_path, keep=2, needed=frozenset({ids[0]}))
    assert removed == sorted(ids[1:3])
    assert list_snapshots(tmp_path) == [ids[4], ids[3], ids[0]]
    assert current_snapshot(tmp_path) == ids[4]
    assert [open_snapshot(tmp_path, each).id for each in list_snapshots(tmp_path)] == list_snapshots(tmp_path)
    used = {
        array["checksum"]
        for each in list_snapshots(tmp_path)
        for part in json.loads((tmp_path / "manifests" / f"{each}.json").read_text("utf-8"))["parts"].values()
        for array in part["arrays"].values()
    }
    assert {path.stem for path in (tmp_path / "arrays").iterdir()} == used


def test_a_part_under_a_foreign_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="timing"):
        save_snapshot(tmp_path, {"timing": learned()}, {})


def test_meta_must_be_plain(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="plain JSON"):
        save_snapshot(tmp_path, {"complements": learned()}, {"when": object()})
    assert current_snapshot(tmp_path) is None


def test_an_unknown_part_is_refused_by_name() -> None:
    with pytest.raises(BadValue, match="horoscope"):
        part_class("horoscope")


def test_every_registered_part_has_its_own_name() -> None:
    assert {name: part_class(name).name for name in PARTS} == {name: name for name in PARTS}


def test_nothing_to_learn_from_is_saved_too(tmp_path: Path) -> None:
    nothing = pl.DataFrame({"o": [], "p": []}, schema={"o": pl.String, "p": pl.String})
    fitted = Complements().fit(Baskets.from_frame(nothing, basket="o", item="p"), tune=False)
    save_snapshot(tmp_path, {"complements": fitted}, {})
    assert len(complements(tmp_path).frame()) == 0
