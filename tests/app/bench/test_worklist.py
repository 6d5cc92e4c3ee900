from pathlib import Path

from tsuide.app.bench.worklist import bench_worklist


def test_every_rep_of_a_small_team_gets_a_list_with_offers(tmp_path: Path) -> None:
    found = bench_worklist(tmp_path / "home", accounts=120, reps=3)
    assert found["entries_of_a_list"] > 5
    assert 0 < found["first_p50_ms"] <= found["slowest_ms"]
