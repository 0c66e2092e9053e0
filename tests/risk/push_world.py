"""A world for the tests of pushing: a receiver on loopback that remembers, a clock that is moved by hand, targets and events in a few words."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

from sqlalchemy import Engine, select

from risk.services import outbox, push_targets
from risk.services.http_guard import Guard, Limits, Resolve, read_list, resolve_name
from risk.services.push import Pusher
from risk.services.push_targets import Target, Wanted
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Wuhan
SECRET = "whsec_" + "dGVzdC1vbmx5LXRlc3Qtb25seS10ZXN0LW9ubHk="  # base64 of test-only-test-only-test-only
YICHANG = "420500-market_supervision"
WUHAN = "420100-market_supervision"


class PlainBox:
    """Seals by turning round: what is stored is not what was given, and no key is needed."""

    def seal(self, text: str) -> str:
        """Turned round."""
        return text[::-1]

    def open(self, sealed: str) -> str:
        """Turned back."""
        return sealed[::-1]


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **parts: float) -> datetime:
        """Move on."""
        self.now += timedelta(**parts)
        return self.now


@dataclass
class Got:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """What came in, and what is answered: ``answer`` gives status, headers, body for the n-th request."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[int], tuple[int, Mapping[str, str], bytes]] = lambda number: (204, {}, b"")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/in"

    @property
    def allow(self) -> str:
        """The entry that lets pushes reach it."""
        return f"http://127.0.0.1/32:{self.port}"

    @property
    def ids(self) -> list[str]:
        """The ids of what came in, in order."""
        return [one.headers["webhook-id"] for one in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver in a thread."""
    receiver, lock = Receiver(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                receiver.got.append(Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                number = len(receiver.got)
            status, headers, answer = receiver.answer(number)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return None

    class Server(ThreadingHTTPServer):
        def get_request(self) -> Any:
            found = super().get_request()
            receiver.connections += 1
            return found

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Pushing:
    """A pusher with its clock over one database."""

    engine: Engine
    guard: Guard
    clock: Clock
    base: str = ""
    box: PlainBox = field(default_factory=PlainBox)

    def add(self, name: str, address: str, kind: str = "webhook", **more: Any) -> Target:
        """A target."""
        secret = {"secret": SECRET} if kind == "webhook" else {}
        wanted = Wanted(name, kind, address, **{**secret, **more})
        with transaction(self.engine) as conn:
            return push_targets.add(conn, self.guard, self.box, wanted, actor="admin", now=self.clock())

    def emit(self, *events: tuple[str, str, Mapping[str, Any], str | None]) -> list[str]:
        """Events of one act."""
        with transaction(self.engine) as conn:
            return outbox.emit_many(conn, [(*one, "") for one in events], self.clock())

    def drain(self, worker: str = "w") -> int:
        """Push what is due now, by a worker of its own."""
        pusher = Pusher(self.engine, self.guard, self.box, worker=worker, clock=self.clock, rng=Random(7), base=self.base)
        try:
            return pusher.drain()
        finally:
            pusher.close()

    def deliveries(self) -> list[dict[str, Any]]:
        """Every delivery, in the order of events."""
        with reading(self.engine) as conn:
            d = t.push_deliveries.c
            return [row._asdict() for row in conn.execute(select(t.push_deliveries).order_by(d.outbox_id, d.target_id))]

    def target(self, name: str) -> Target:
        """A target as it is now."""
        with reading(self.engine) as conn:
            return push_targets.get(conn, name)


def pushing(engine: Engine, *receivers: Receiver, allow: str = "", resolve: Resolve = resolve_name, total: float = 5.0) -> Pushing:
    """A pusher that may reach these receivers."""
    listed = ",".join([*(one.allow for one in receivers), *([allow] if allow else [])])
    return Pushing(engine, Guard(read_list(listed), resolve=resolve, limits=Limits(total=total)), Clock())


def task(number: int, grade: str = "blue", office: str | None = YICHANG) -> tuple[str, str, Mapping[str, Any], str | None]:
    """The event of an issued task."""
    due = {"sign_due": "2026-10-13T09:30:00+00:00", "report_due": "2026-10-15T09:30:00+00:00"}
    return ("task.issued", f"task:{number}", {"task": number, "grade": grade, "model": "false_medical_advertising", **due}, office)
