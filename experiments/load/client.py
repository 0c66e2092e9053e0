"""Requests at a steady rate, whatever the server does: an open loop. Latency counts from the moment a request was due, so that waiting for a slow server is not
left out (coordinated omission). Plain HTTP/1.1 over kept connections: the client must cost little on a machine that it shares with the server."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the mix; ``kind`` is what it is counted under."""

    kind: str
    method: str
    path: str
    headers: str = ""
    body: bytes = b""
    fine: tuple[int, ...] = (200, 201, 202)
    then: Callable[[], None] | None = None
    """Called when it was answered well: what may be asked only after it."""

    def raw(self, host: str) -> bytes:
        """As it goes over the wire."""
        length = f"Content-Length: {len(self.body)}\r\nContent-Type: application/json\r\n" if self.body or self.method != "GET" else ""
        return f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\n{self.headers}{length}\r\n".encode() + self.body


@dataclass(slots=True)
class Measured:
    """What was answered: latencies in milliseconds by kind, and what was not fine."""

    latencies: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    bytes: int = 0

    def add(self, kind: str, milliseconds: float) -> None:
        """One answer."""
        self.latencies.setdefault(kind, []).append(milliseconds)

    @property
    def all(self) -> list[float]:
        """Every latency."""
        return [one for many in self.latencies.values() for one in many]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([5.0], 0.99)
    (2.0, 5.0)
    """
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)]


async def drive(
    port: int, make: Callable[[random.Random], Request], *, rate: float, seconds: float, connections: int, seed: int
) -> Measured:
    """Ask at ``rate`` a second (exponential gaps) for so long over so many connections."""
    rng, found = random.Random(seed), Measured()
    idle: asyncio.Queue[_Line] = asyncio.Queue()
    for _ in range(connections):
        idle.put_nowait(_Line(port))
    running: set[asyncio.Task[None]] = set()
    begin = due = time.perf_counter()
    while due - begin < seconds:
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(_one(idle, make(rng), due, found))
        running.add(task)
        task.add_done_callback(running.discard)
        due += rng.expovariate(rate)
    if running:
        await asyncio.wait(running, timeout=60)
    return found


async def one_after_another(port: int, requests: Sequence[Request]) -> Measured:
    """Each request when the one before is answered, over one kept connection."""
    line, found = _Line(port), Measured()
    for request in requests:
        begin = time.perf_counter()
        status, size = await line.ask(request)
        found.add(request.kind, (time.perf_counter() - begin) * 1000)
        found.bytes += size
        if status not in request.fine:
            found.errors[f"{request.kind}: {status}"] += 1
    line.close()
    return found


async def _one(idle: asyncio.Queue[_Line], request: Request, due: float, found: Measured) -> None:
    line = await idle.get()
    try:
        status, size = await line.ask(request)
    except (OSError, asyncio.IncompleteReadError) as error:
        found.errors[f"{request.kind}: {type(error).__name__}"] += 1
        line.close()
    else:
        found.add(request.kind, (time.perf_counter() - due) * 1000)
        found.bytes += size
        if status not in request.fine:
            found.errors[f"{request.kind}: {status}"] += 1
        elif request.then is not None:
            request.then()
    finally:
        idle.put_nowait(line)


class _Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: Request) -> tuple[int, int]:
        """Status and length of the answer."""
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request.raw(f"127.0.0.1:{self._port}"))
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head.split(b" ", 2)[1])
        size = 0
        if b"transfer-encoding: chunked" in head:
            while length := int(await self._reader.readline(), 16):
                await self._reader.readexactly(length + 2)
                size += length
            await self._reader.readline()
        elif b"content-length:" in head:
            size = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            await self._reader.readexactly(size)
        if b"connection: close" in head:
            self.close()
        return status, size

    def close(self) -> None:
        """Give the connection up; the next request makes a new one."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
