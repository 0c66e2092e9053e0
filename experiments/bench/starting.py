"""How long ``risk --help`` takes to start, and ``risk serve`` until it says that it is ready; beside what has to be started anyway."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.bench.timing import Rival, race
from experiments.serving import free_port

HEAVY = ("pandas", "sklearn", "lightgbm", "mlflow", "sqlalchemy", "numpy", "jieba", "shap")
SIGNALS, LONGEST = 5_000, 120.0
BARE = "import fastapi, uvicorn; app = fastapi.FastAPI(); app.get('/readyz')(lambda: {}); uvicorn.run(app, port=%d, log_level='error')"


def run() -> list[dict[str, Any]]:
    """Two races of processes; no heavy package may have been imported for a help text."""
    with tempfile.TemporaryDirectory(prefix="risk-bench-") as name:
        kept = {"PYTHONPYCACHEPREFIX": name, "PYTHONDONTWRITEBYTECODE": ""}  # compiled once, as where a program is installed
        return [_help(kept), _serve(kept)]


def _help(kept: Mapping[str, str]) -> dict[str, Any]:
    look = "import sys, risk.cli; print(*[m for m in %r if m in sys.modules])" % (HEAVY,)  # noqa: UP031 - braces of a set would be in the way
    loaded = _start(kept, "-c", look).stdout.split()
    assert not loaded, f"risk --help imports {loaded}"
    _start(kept, "-m", "risk", "--help")
    rivals = [
        Rival("risk --help", lambda: _start(kept, "-m", "risk", "--help")),
        Rival("python -c 'import click'", lambda: _start(kept, "-c", "import click")),
        Rival("python -c pass", lambda: _start(kept, "-c", "pass")),
    ]
    return race("start of the command", "starts/s", 1, rivals, turns=9, note=f"not imported: {', '.join(HEAVY)}")


def _start(kept: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], env={**os.environ, **kept}, capture_output=True, text=True, check=True)


def _serve(kept: Mapping[str, str]) -> dict[str, Any]:
    """Until the first 200 of ``/readyz``, on a store of some size; seconds of the server's processor, those on the wall beside them."""
    with tempfile.TemporaryDirectory(prefix="risk-bench-") as name:
        home = Path(name) / "home"
        _fill(home)
        surroundings = {**kept, "RISK_HOME": str(home), "RISK_RATE": "off"}
        ready(lambda port: ["-m", "risk", "serve", "--port", str(port)], surroundings)  # what is compiled is compiled now
        rivals = [
            Rival("risk serve", lambda: ready(lambda port: ["-m", "risk", "serve", "--port", str(port)], surroundings), own_clock=True),
            Rival("a bare FastAPI with one route", lambda: ready(lambda port: ["-c", BARE % port], kept), own_clock=True),
        ]
        note = f"until /readyz is answered by 200; a store of {SIGNALS:,} signals; models are loaded after that, while it answers"
        return race("start of the server", "starts/s", 1, rivals, turns=5, note=note)


def _fill(home: Path) -> None:
    from experiments.bench.taking_in import make
    from risk.bootstrap import open_store
    from risk.services.intake import take
    from risk.settings import Settings

    file = home.parent / "rows.csv"
    make(file, SIGNALS)
    engine = open_store(Settings.from_environment({"RISK_HOME": str(home)}))
    take(engine, file, source="bench", actor="bench", now=datetime(2026, 11, 1, tzinfo=UTC))
    engine.dispose()


def ready(arguments: Callable[[int], list[str]], surroundings: Mapping[str, str]) -> float:
    """Seconds of the processor that a server has taken when it first says that it is ready; it is ended then."""
    port = free_port()
    began = time.monotonic()
    command = [sys.executable, *arguments(port)]
    server = subprocess.Popen(command, env={**os.environ, **surroundings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _says_ready(port):
            if server.poll() is not None or time.monotonic() - began > LONGEST:
                raise RuntimeError("the server does not get ready")
            time.sleep(0.01)
        return spent(server.pid)
    finally:
        server.kill()
        server.wait()


def _says_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
            return bool(answer.status == 200)
    except (urllib.error.HTTPError, OSError):
        return False


def spent(pid: int) -> float:
    """Seconds of the processor that a process has taken (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
