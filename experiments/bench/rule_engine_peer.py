"""rule-engine in an environment of its own, as a process that answers on its pipe: how many seconds, and which rules fired.

It cannot be installed beside pandas 3 (python-dateutil), so `peers.txt` is installed into a small environment under ``var/``.
Started there as a script, it reads one line of JSON (rules and rows), then a number of rows to run per line; the clock runs on its side of the pipe.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
HOME = HERE.parents[2] / "var" / "bench" / "rule-engine"


class Peer:
    """The other process, ready to run. Raises `Unavailable` where its environment cannot be made."""

    def __init__(self, rules: list[str], rows: list[dict[str, Any]]) -> None:
        self._process = subprocess.Popen([str(_python()), str(HERE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ask({"rules": rules, "rows": rows})

    def run(self, rows: int) -> tuple[float, list[list[bool]]]:
        """The seconds that the first rows took, and the outcome of each row and rule."""
        told = self._ask(rows)
        return told["seconds"], told["outcome"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, question: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Unavailable(RuntimeError):  # noqa: N818 - a state, not an error of ours
    """Why this engine is not measured here."""


def _python() -> Path:
    """The interpreter of the small environment, made when first asked for."""
    python = HOME / "bin" / "python"
    try:
        if not python.is_file():
            subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True, capture_output=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(HERE.with_name("peers.txt"))]
        subprocess.run(install, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"its environment could not be made ({type(error).__name__})") from error
    return python


def serve() -> None:
    """Answer until the pipe closes; only the standard library and rule-engine here."""
    import rule_engine

    given = json.loads(sys.stdin.readline())
    rules = [rule_engine.Rule(text) for text in given["rules"]]
    print(json.dumps(len(rules)), flush=True)
    for line in sys.stdin:
        rows = given["rows"][: int(line)]
        began = time.process_time()
        outcome = [[rule.matches(row) for rule in rules] for row in rows]
        print(json.dumps({"seconds": time.process_time() - began, "outcome": outcome}), flush=True)


if __name__ == "__main__":
    serve()
