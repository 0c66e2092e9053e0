"""The line-up is five, told in two languages, and importable without heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models.labels import labels, parse
from models.lineup import LINEUP, UnknownModelError, get, registered_names


def test_five_complete_entries() -> None:
    assert [s.name for s in LINEUP] == sorted({s.name for s in LINEUP}, key=[s.name for s in LINEUP].index)
    assert len(LINEUP) == 5
    for spec in LINEUP:
        assert all(spec.title)
        assert all(spec.question)
        assert spec.basis
        assert spec.limits
        assert spec.lenses
    assert registered_names()[1:4] == ["illegal_fundraising.solicitation", "illegal_fundraising.report", "illegal_fundraising.firm"]


def test_unknown_names_are_told() -> None:
    with pytest.raises(UnknownModelError, match="did you mean"):
        get("illegal_fundrasing")
    with pytest.raises(KeyError, match="solicitation"):
        get("illegal_fundraising").lens("")


def test_guide_codes() -> None:
    medical = get("false_medical_advertising").lens().label
    assert labels(["MED2", "DEV,MED1,RX", "-", "1", "0"], medical).tolist()[2:] == [0.0, 1.0, 0.0]
    assert np.isnan(labels(["DEV,MED1,RX"], medical)[0])
    assert labels(["提现困难|涉嫌非法集资", "失联跑路"], parse("涉嫌非法集资", separator="|")).tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="at least one code"):
        parse(" ")


def test_start_up_is_light() -> None:
    code = (
        "import sys; import models.lineup, models.grades, models.labels, models.spec, models.laws, models.bundle, models.registry;"
        "print([m for m in ('pandas', 'numpy', 'sklearn', 'lightgbm', 'mlflow', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
