"""Kill a command at random moments, start it again, and know where each kill landed. For ``risk intake`` now, for ``risk run`` as well.

The command runs as a real process; SIGKILL comes from here. Where it landed is read from the trace that ``risk.storage.engine`` writes when
``RISK_TRACE_TRANSACTIONS`` is set: a process whose last line is ``begin`` died inside an open transaction.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Kills:
    """How often the command was killed, and how many of the kills landed inside an open transaction."""

    kills: int = 0
    inside: int = 0
    before_first_transaction: int = 0
    finished_first: int = 0  # ended by itself before its kill came

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def kill_often(arguments: Sequence[str], environment: Mapping[str, str], trace: Path, *, times: int, longest: float, seed: int) -> Kills:
    """Start ``python -m risk`` again and again and kill it, up to ``longest`` seconds after its first transaction began.

    Start-up is waited for, since nothing can go wrong there; some kills still land before the first transaction, some between two.
    Stops early when the command ends by itself with everything done: then there is nothing left to kill.
    """
    rng = random.Random(seed)
    result = Kills()
    while result.kills < times:
        process = start(arguments, environment, trace)
        early = rng.random() < 0.05
        if early:
            time.sleep(rng.uniform(0.0, 1.0))
        elif _began(process, trace):
            time.sleep(rng.uniform(0.0, longest))
        if process.poll() is not None:
            process.communicate()
            result.finished_first += 1
            if process.returncode != 0:
                raise RuntimeError(f"the command failed by itself: {' '.join(arguments)}")
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        result.kills += 1
        last = last_event(trace, process.pid)
        result.inside += last == "begin"
        result.before_first_transaction += last is None
    return result


def start(arguments: Sequence[str], environment: Mapping[str, str], trace: Path | None = None) -> subprocess.Popen[bytes]:
    """A real process of the command."""
    surroundings = {**os.environ, **environment}
    if trace is not None:
        surroundings["RISK_TRACE_TRANSACTIONS"] = str(trace)
    command = [sys.executable, "-m", "risk", *arguments]
    return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run the command undisturbed; its output."""
    process = start(arguments, environment)
    output, errors = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed: {errors.decode(errors='replace')[-2000:]}")
    return output.decode()


def last_event(trace: Path, pid: int) -> str | None:
    """The last thing a process wrote to the trace: begin, commit, rollback."""
    last = None
    if trace.exists():
        for line in trace.read_text().splitlines():
            parts = line.split()
            if parts[0] == str(pid):
                last = parts[2]
    return last


def _began(process: subprocess.Popen[bytes], trace: Path) -> bool:
    """Wait for the first transaction of the process."""
    while process.poll() is None:
        if last_event(trace, process.pid) is not None:
            return True
        time.sleep(0.005)
    return False
