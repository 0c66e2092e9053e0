"""The parent's side of the helper process: started when first needed, ended when a request overruns, started again for the next.

Not ok: to wait for a body without a clock, or to trust that an ended body had a reason.
"""

import atexit
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pickle import UnpicklingError
from threading import Lock, Timer
from typing import IO, Any

from rules.plugin_wire import receive, send

GRACE = 5.0
"""Seconds beyond a request's own limit, for the way there and back: after that the parent ends the process itself."""

GENTLE = 0.5
"""Seconds for a process to leave by itself."""

_STDLIB = sysconfig.get_path("stdlib")
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
"""What the helper sees of the environment; passwords of the service's databases are not among it."""


class HelperLostError(Exception):
    """The process ended during a request; `late` when its time was up. The text is the last it said."""

    def __init__(self, said: str, *, late: bool) -> None:
        self.late = late
        super().__init__(said)


class Helper:
    """One process that answers one request at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._owner = 0
        self._lock = Lock()

    def ask(self, request: Sequence[Any], seconds: float) -> tuple[str, Any]:
        """The answer to a request that may take `seconds`. Raises `HelperLostError`, or OSError when no process can be started."""
        with self._lock:
            process = self._running()
            began = time.monotonic()
            killer = Timer(seconds + GRACE, process.kill)
            killer.daemon = True
            killer.start()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                send(process.stdin, tuple(request))
                word, data = receive(process.stdout)
                what = str(word)
            except (EOFError, OSError, UnpicklingError, ValueError, TypeError) as error:
                late = time.monotonic() - began >= seconds
                code = self._end()
                said = self._last_words() or (f"exit {code}" if isinstance(error, EOFError) else str(error))
                self._forget()
                raise HelperLostError(said, late=late) from None
            finally:
                killer.cancel()
            return what, data

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()
            self._forget()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            if self._owner == os.getpid():
                self._end()
            self._start()
        assert self._process is not None
        assert self._said is not None
        self._said.seek(0)  # the process writes through the same file position
        self._said.truncate()
        return self._process

    def _start(self) -> None:
        self._forget()
        self._said = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "rules.plugin_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=_environment(),
        )
        self._owner = os.getpid()
        atexit.unregister(self.close)
        atexit.register(self.close)

    def _end(self) -> int:
        """End the process; how it ended, when it did by itself."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return 0
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()  # a process that waits for requests leaves by itself
        try:
            process.wait(GENTLE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        return process.returncode

    def _forget(self) -> None:
        """Close what the last process said."""
        if self._said is not None:
            self._said.close()
            self._said = None

    def _last_words(self) -> str:
        """Where it was, from the watchdog's trace or the last line it printed."""
        if self._said is None:
            return ""
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - 20_000))
        lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
        frames = [line.strip() for line in lines if line.startswith("  File ")]
        own = [frame for frame in frames if not frame.startswith(f'File "{_STDLIB}') or "site-packages" in frame]
        return _short(next(iter([*own, *frames, *lines[-1:]]), ""))


def _short(line: str) -> str:
    """A frame of a trace without its folder.

    >>> _short('File "/srv/lib/bad.py", line 3 in body')
    'bad.py, line 3 in body'
    """
    if not line.startswith('File "'):
        return line[:300]
    path, _, rest = line.removeprefix('File "').partition('"')
    return f"{path.replace(os.sep, '/').rsplit('/', 1)[-1]}{rest}"


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(("LC_", "OMP_", "OPENBLAS_"))}
    path = os.pathsep.join(dict.fromkeys(item or str(os.getcwd()) for item in sys.path))  # noqa: PTH109
    return {**kept, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
