"""What is shipped: every tracked file of the five packages, and nothing else. A rule pack or a template that is missing shows only at the user's."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("risk", "models", "rules", "features", "api")
SOURCES, BUILT = "api/web/", "api/web/dist/"
"""The workbench travels as it was built, without what it was built from."""


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
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file() and not name.startswith(SOURCES)}


def test_every_tracked_file_is_shipped(wheel: zipfile.Path) -> None:
    assert not (lost := _tracked() - _shipped(wheel)), sorted(lost)


def test_nothing_else_is_shipped(wheel: zipfile.Path) -> None:
    more = {name for name in _shipped(wheel) - _tracked() if not name.startswith(("risk_early_warning-0.1.0.dist-info/", BUILT))}
    assert not more, sorted(more)
    assert {name.split("/")[0] for name in _shipped(wheel)} == {*PACKAGES, "risk_early_warning-0.1.0.dist-info"}


def test_the_workbench_is_shipped_as_it_was_built(wheel: zipfile.Path) -> None:
    built = ROOT / BUILT
    if not (built / "index.html").is_file():
        pytest.skip("the workbench was not built: make web")
    files = {f"{BUILT}{file.relative_to(built).as_posix()}" for file in built.rglob("*") if file.is_file()}
    assert {name for name in _shipped(wheel) if name.startswith(SOURCES)} == files


def test_no_shipped_file_knows_this_machine(wheel: zipfile.Path) -> None:
    places = [f"{place}/".encode() for place in (ROOT, Path.home()) if len(place.parts) > 2] + [b"/root/", b"/home/runner/"]
    for name in sorted(_shipped(wheel)):
        data = wheel.root.read(name)
        assert not [place for place in places if place in data], name


def test_the_command_is_declared(wheel: zipfile.Path) -> None:
    told = wheel.root.read("risk_early_warning-0.1.0.dist-info/entry_points.txt").decode()
    assert "risk = risk.cli:main" in told


def test_a_stock_client_with_the_wheel_scores(wheel: zipfile.Path, tmp_path: Path) -> None:
    """A registered model is loaded and scored in a fresh process that has the wheel, MLflow and nothing else of ours: no clone, no settings."""
    from models import bundle
    from models.cold import ColdModel
    from models.grades import FIXED_CUTOFFS
    from models.registry import Registry

    shipped = tmp_path / "site"
    wheel.root.extractall(shipped)
    name = "false_medical_advertising"
    bundle.save(tmp_path / "made", ColdModel(), name=name, cutoffs=FIXED_CUTOFFS)
    registry = Registry(tmp_path / "registry")
    registry.promote(name, registry.register(tmp_path / "made", shipped / "risk" / "scoring" / "served_model.py", {}))
    code = (
        "import warnings; warnings.simplefilter('ignore');"
        "import mlflow, pandas as pd, risk;"
        f"mlflow.set_tracking_uri({registry.uri!r}); mlflow.set_registry_uri({registry.uri!r});"
        f"model = mlflow.pyfunc.load_model('models:/{name}@champion');"
        "told = model.predict(pd.DataFrame({'text': ['三个疗程根治糖尿病，永不复发，无效退款', '本店今日营业']}));"
        "print(risk.__file__); print([c.name for c in model.metadata.signature.inputs], [c.name for c in model.metadata.signature.outputs]);"
        "print(list(told.columns), told['grade'].ne('none').tolist(), model.input_example is not None)"
    )
    seen = {name: value for name, value in os.environ.items() if not name.startswith(("RISK_", "MLFLOW_"))}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**seen, "PYTHONPATH": str(shipped)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    where, schema, told = done.stdout.splitlines()[-3:]
    assert Path(where).is_relative_to(shipped)
    assert schema == "['text'] ['probability', 'grade', 'rules']"
    assert told == "['probability', 'grade', 'rules'] [True, False] True"
