"""Register, promote, roll back; a stock MLflow client scores; what was tampered with is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models import bundle
from models.grades import FIXED_CUTOFFS
from models.registry import Registry, RegistryError

CODE = """
from models.bundle import load
from models.registry import serve


class View:
    def __init__(self, text):
        self.text = text

    def span(self, i, j):
        return i, j


class Text:
    def __init__(self, text):
        self.dense = View(text)


class Frame:
    def __init__(self, texts, pd):
        self.texts, self.n = [Text(t) for t in texts], len(texts)
        self.words = [[t[i : i + 2] for i in range(0, len(t), 2)] for t in texts]
        self.columns = pd.DataFrame(index=range(self.n))


def score(loaded, table):
    import pandas as pd

    return pd.DataFrame({"probability": loaded.model.predict(Frame(list(table["text"]), pd), None)})


serve(load, score)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, fitted: Any) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    (folder / "code.py").write_text(CODE, encoding="utf-8")
    bundle.save(
        folder / "one", fitted.model, name="false_medical_advertising", report=fitted.report, cutoffs=FIXED_CUTOFFS, segmenter="pairs"
    )
    return folder


def test_the_whole_life(place: Path, fitted: Any, later: Any) -> None:
    import mlflow

    name = "false_medical_advertising"
    registry = Registry(place / "mlflow")
    assert registry.champion(name) is None
    first = registry.register(place / "one", place / "code.py", {"purpose": "试用", "approved_by": "甲"}, pd.DataFrame({"text": ["根治"]}))
    assert registry.versions(name)[0].aliases == ("challenger",)
    assert registry.dossier(name, first)["purpose"] == "试用"
    registry.promote(name, first)
    second = registry.register(place / "one", place / "code.py", {"purpose": "again"})
    registry.promote(name, second)
    assert registry.champions()[name]["version"] == second
    assert registry.rollback(name) == first
    assert registry.champions()[name]["version"] == first
    with pytest.raises(RegistryError, match="no earlier champion"):
        registry.rollback(name)
    with pytest.raises(RegistryError, match="no version 99"):
        registry.promote(name, 99)

    folder = registry.champion(name)
    assert folder is not None
    loaded = bundle.load(folder)
    expected = fitted.model.predict(later.frame, later.rules)
    assert loaded.model.predict(later.frame, later.rules).tolist() == expected.tolist()

    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(registry.uri)
    mlflow.set_registry_uri(registry.uri)
    try:
        stock = mlflow.pyfunc.load_model(f"models:/{name}@champion")
        told = stock.predict(pd.DataFrame({"text": [t.original for t in later.frame.texts[:5]]}))
    finally:
        mlflow.set_tracking_uri(before)
        mlflow.set_registry_uri(before)
    assert told["probability"].between(0, 1).all()

    (folder / "model.json").write_text("{}", encoding="utf-8")
    with pytest.raises(bundle.BundleError, match="was changed"):
        registry.champion(name)
    with pytest.raises(bundle.BundleError, match="was changed"):
        registry.promote(name, first)
