"""Stored results say where they come from, and nothing of the machine they were made on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.record import RESULTS, absolute_paths, heading, store_json

FILES = sorted(RESULTS.glob("*.json")) + sorted(RESULTS.glob("*.md"))
STAMPED = [path for path in FILES if path.name in ("real_data.json", "bench.json", "rule_engines.json")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_result_names_a_place(path: Path) -> None:
    assert absolute_paths(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [f for f in FILES if f.suffix == ".json"], ids=lambda path: path.name)
def test_every_result_says_how_to_repeat_it(path: Path) -> None:
    assert json.loads(path.read_text(encoding="utf-8"))["command"].startswith("python -m experiments.")


@pytest.mark.parametrize("path", STAMPED, ids=lambda path: path.name)
def test_results_carry_day_and_versions(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    assert len(told["made"]) == len("2026-11-01")
    assert told["versions"]["python"].startswith("3.")
    assert {"risk-early-warning", "numpy", "lightgbm"} <= set(told["versions"])
    assert path.with_suffix(".md").is_file()


def test_a_result_with_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="places of this machine"):
        store_json(tmp_path / "x.json", {"command": "risk score --texts /home/someone/x.csv"})
    assert not (tmp_path / "x.json").exists()


def test_heading() -> None:
    told = heading("python -m experiments.x")
    assert told["command"] == "python -m experiments.x"
    assert "illegal_drug_sales" in told["rules"]
