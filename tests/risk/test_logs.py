"""Lines of the log: as JSON or text, with the trace they belong to, and never with the values of variables."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from risk.domain.tracing import tracing
from risk.services.logs import as_config, formatter


def line(form: str, *, fail: bool = False) -> str:
    secret = "13800138000"
    info = None
    try:
        assert not fail or int("broken") == len(secret)
    except ValueError:
        info = sys.exc_info()
    record = logging.getLogger("risk.test").makeRecord(
        "risk.test", logging.ERROR, "f", 1, "what %s", ("happened",), info, extra={"route": "/x"}
    )
    with tracing("a" * 32):
        said = formatter(form).format(record)
    assert secret not in said
    return said


def test_json_lines() -> None:
    told = json.loads(line("json"))
    assert (told["event"], told["level"], told["logger"], told["route"], told["trace_id"]) == (
        "what happened",
        "error",
        "risk.test",
        "/x",
        "a" * 32,
    )
    assert told["timestamp"].endswith("Z")


def test_a_defect_is_told_without_its_variables() -> None:
    said = line("json", fail=True)
    assert "\n" not in said
    told = json.loads(said)
    assert told["exception"][0]["exc_type"] == "ValueError"
    assert all("locals" not in frame for one in told["exception"] for frame in one["frames"])


@pytest.mark.parametrize("fail", [False, True])
def test_text_lines(*, fail: bool) -> None:
    said = line("text", fail=fail)
    assert "what happened" in said
    assert "a" * 32 in said
    assert ("ValueError: invalid literal" in said) == fail


def test_nothing_is_switched_off() -> None:
    told = as_config("json", "info")
    assert told["root"]["level"] == "INFO"
    assert told["disable_existing_loggers"] is False
