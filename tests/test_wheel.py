"""What is shipped: every tracked file of the five packages, and nothing else. A rule pack or a template that is missing shows only at the user's."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("risk", "models", "rules", "features", "api")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel, built as ``pip install`` would, without network."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, capture_output=True, check=True
    )
    (built,) = folder.glob("*.whl")
    assert built.name == "risk_early_warning-0.1.0-py3-none-any.whl"
    return zipfile.Path(built)


def _shipped(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def _tracked() -> set[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def test_every_tracked_file_is_shipped(wheel: zipfile.Path) -> None:
    assert not (lost := _tracked() - _shipped(wheel)), sorted(lost)


def test_nothing_else_is_shipped(wheel: zipfile.Path) -> None:
    more = {name for name in _shipped(wheel) - _tracked() if not name.startswith("risk_early_warning-0.1.0.dist-info/")}
    assert not more, sorted(more)
    assert {name.split("/")[0] for name in _shipped(wheel)} == {*PACKAGES, "risk_early_warning-0.1.0.dist-info"}


def test_no_shipped_file_knows_this_machine(wheel: zipfile.Path) -> None:
    places = [f"{place}/".encode() for place in (ROOT, Path.home()) if len(place.parts) > 2] + [b"/root/", b"/home/runner/"]
    for name in sorted(_shipped(wheel)):
        data = wheel.root.read(name)
        assert not [place for place in places if place in data], name


def test_the_command_is_declared(wheel: zipfile.Path) -> None:
    told = wheel.root.read("risk_early_warning-0.1.0.dist-info/entry_points.txt").decode()
    assert "risk = risk.cli:main" in told
