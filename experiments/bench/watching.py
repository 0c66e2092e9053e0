"""What a tree of processes took: seconds of processor and memory, looked at while it runs. Linux only (``/proc``)."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY, _SELDOM = 0.25, 8


class Watch:
    """Looks at this process and all that it started, or at those of another root, four times a second while the block runs.

    ``cpu`` seconds are those that were used in the block; ``peak_mb`` is the most that all of them held at once (resident; shared pages count in each),
    ``peak_pss_mb`` the same with shared pages counted once, looked at every two seconds.
    """

    def __init__(self, root: int | None = None) -> None:
        self._root = root or os.getpid()
        self._stop = threading.Event()
        self._cpu: dict[int, float] = {}
        self._before: dict[int, float] = {}
        self.peak_mb = self.peak_pss_mb = 0.0
        self._looks = 0
        self.processes = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._before = {pid: cpu for pid, (cpu, _) in _tree(self._root).items()}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    @property
    def cpu(self) -> float:
        """Seconds of processor so far."""
        return sum(seconds - self._before.get(pid, 0.0) for pid, seconds in self._cpu.items())

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        seen = _tree(self._root)
        self._cpu |= {pid: cpu for pid, (cpu, _) in seen.items()}
        self.processes = max(self.processes, len(seen))
        self.peak_mb = max(self.peak_mb, sum(rss for _, rss in seen.values()))
        if self._looks % _SELDOM == 0:
            self.peak_pss_mb = max(self.peak_pss_mb, sum(map(_proportional, seen)))
        self._looks += 1


def _proportional(pid: int) -> float:
    """MB of a process, each page divided by the processes that share it; 0 of one that has ended."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")) / 1024


def _tree(root: int) -> dict[int, tuple[float, float]]:
    """pid → (seconds of processor, resident MB) of a process and all below it."""
    parents: dict[int, int] = {}
    found: dict[int, tuple[float, float]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
        found[int(entry.name)] = ((int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE / 2**20)
    return {pid: told for pid, told in found.items() if _below(pid, root, parents)}


def _below(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = parents.get(pid, 0)
    return False
