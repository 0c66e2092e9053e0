"""How long ``risk --help`` takes to start, beside a Python that does nothing and one that imports click."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from experiments.bench.timing import Rival, race

HEAVY = ("pandas", "sklearn", "lightgbm", "mlflow", "sqlalchemy", "numpy", "jieba", "shap")


def run() -> list[dict[str, Any]]:
    """One race of processes; no heavy package may have been imported."""
    look = "import sys, risk.cli; print(*[m for m in %r if m in sys.modules])" % (HEAVY,)  # noqa: UP031 - braces of a set would be in the way
    loaded = _start("-c", look).stdout.split()
    assert not loaded, f"risk --help imports {loaded}"
    rivals = [
        Rival("risk --help", lambda: _start("-m", "risk", "--help")),
        Rival("python -c 'import click'", lambda: _start("-c", "import click")),
        Rival("python -c pass", lambda: _start("-c", "pass")),
    ]
    return [race("start of the command", "starts/s", 1, rivals, turns=9, note=f"not imported: {', '.join(HEAVY)}")]


def _start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
