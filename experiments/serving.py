"""A real server process for an experiment, on a free port of this machine, and a plain client of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """``risk serve`` as a process: started, killed, started again on the same port."""

    def __init__(self, surroundings: Mapping[str, str], *arguments: str, trace: Path | None = None, errors: Path | None = None) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._surroundings = {**os.environ, "RISK_RATE": "off", **surroundings}
        if trace is not None:
            self._surroundings["RISK_TRACE_TRANSACTIONS"] = str(trace)
        self._arguments = arguments
        self._errors = errors  # where its log goes: a pipe that nobody reads would stop a server that has much to say
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, longest: float = 120.0) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-m", "risk", "serve", "--port", str(self.port), *self._arguments]
        with self._errors.open("ab") if self._errors else nullcontext(subprocess.PIPE) as log:
            self.process = subprocess.Popen(command, env=self._surroundings, stdout=log if self._errors else subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + longest
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                _, errors = self.process.communicate()
                said = self._errors.read_bytes() if self._errors else errors
                raise RuntimeError(f"the server ended: {said.decode(errors='replace')[-2000:]}")
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("the server does not answer")

    def kill(self) -> None:
        """SIGKILL, at once."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> None:
        """SIGTERM, and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.communicate()

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of one request; ``OSError`` where nobody answers."""
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, sent, {"Content-Type": "application/json", **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            status, raw = refused.code, refused.read()
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw.decode(errors="replace")
