"""The clients as packages: they build without a network, and hold what they promise."""

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import tsuide_client

ROOT = Path(__file__).parents[2]
PYTHON, JS = ROOT / "clients" / "python", ROOT / "clients" / "js"


def test_the_python_package_builds_and_is_typed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(PYTHON, source, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert wheel.name == f"tsuide_client-{tsuide_client.__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {"tsuide_client/py.typed", "tsuide_client/client.py", "tsuide_client/asynchronous.py"} <= set(names)
    metadata = zipfile.ZipFile(wheel).read(next(each for each in names if each.endswith("METADATA"))).decode()
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert needs == ["Requires-Dist: httpx>=0.28"]
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert all("test" not in name for name in archive.getnames())


def test_both_clients_do_the_same_calls() -> None:
    sync = {name for name in vars(tsuide_client.Tsuide) if not name.startswith("_")}
    assert sync == {name for name in vars(tsuide_client.AsyncTsuide) if not name.startswith("_")}


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_javascript_package_packs(tmp_path: Path) -> None:
    command = ["npm", "pack", "--json", "--offline", "--pack-destination", str(tmp_path), str(JS)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (packed,) = tmp_path.glob("*.tgz")
    with tarfile.open(packed) as archive:
        names = {Path(name).name for name in archive.getnames()}
    assert names == {"package.json", "tsuide-client.js", "tsuide-client.d.ts", "README.md", "LICENSE"}
    assert "dependencies" not in json.loads((JS / "package.json").read_text(encoding="utf-8"))


def test_what_tsuide_serves_is_the_package_itself() -> None:
    served = ROOT / "src" / "tsuide" / "interfaces" / "widget" / "tsuide-client.js"
    assert served.read_bytes() == (JS / "tsuide-client.js").read_bytes()
    version = json.loads((JS / "package.json").read_text(encoding="utf-8"))["version"]
    assert f"VERSION = '{version}'" in served.read_text(encoding="utf-8")
