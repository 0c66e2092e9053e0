"""Does pushing lose or double anything when its worker is killed? ``python -m experiments.kill_push [--database postgres] [--times 50]``

Acts write events to the outbox, some acts are rolled back; ``risk push send-now`` pushes to three webhooks on loopback and is killed with SIGKILL again and again,
half of the times at any moment, half as soon as a transaction has begun. The receiver verifies every signature with the stock library, answers late, and now
and then with 503. In the end, when the leases of the dead have run out, what is left is pushed undisturbed, and then

- every event of an act that happened has reached every target (0 lost), and none of an act that did not,
- what came twice came under the same id, and no event under two,
- every delivery is *sent*.

A kill counts as *between send and mark* where a message had arrived whose end nobody wrote down. The result goes to ``experiments/results/kill_push_<database>.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from experiments.databases import KINDS, databases
from experiments.killing import Kills, start
from experiments.record import RESULTS, heading, store_json
from risk.bootstrap import open_store
from risk.services import outbox, push_targets
from risk.services.desk import Desk
from risk.services.push import guard_of
from risk.services.push_targets import Wanted
from risk.services.secrets_key import SecretBox
from risk.settings import Settings

SECRET = "whsec_" + "b25seS1mb3ItdGhpcy1leHBlcmltZW50LW9ubHk="
TARGETS = ("one", "two", "three")
COMMAND = ["push", "send-now"]
LATE = 0.03  # seconds, at most, before an answer
BROKEN = 0.03  # share of requests that are answered with 503


@dataclass
class Received:
    """What came in at each target: ids with how often, and which event each id was."""

    port: int = 0
    ids: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in TARGETS})
    subjects: dict[str, set[str]] = field(default_factory=dict)
    unsigned: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self) -> set[str]:
        """Every id that came, refused with 503 or not."""
        with self.lock:
            return {key for counter in self.ids.values() for key in counter}

    def doubles(self) -> int:
        """Messages that were taken more than once."""
        return sum(number - 1 for counter in self.ids.values() for number in counter.values() if number > 1)


class Rollback(Exception):  # noqa: N818 - not an error
    """An act that does not happen."""


@contextmanager
def receiving(seed: int) -> Iterator[Received]:
    """The receiver, in threads of this process."""
    from standardwebhooks import Webhook, WebhookVerificationError

    received, rng = Received(), random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with received.lock:
                late, broken = rng.uniform(0.0, LATE), rng.random() < BROKEN
            try:
                told = Webhook(SECRET).verify(body, dict(self.headers))
            except WebhookVerificationError:
                received.unsigned += 1
                return
            with received.lock:
                received.subjects.setdefault(told["id"], set()).add(told["subject"])
                if not broken:
                    received.ids[self.path.strip("/")][self.headers["webhook-id"]] += 1
            time.sleep(late)
            self.send_response(503 if broken else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # the other side was killed
                return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    received.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


def set_up(settings: Settings, port: int) -> Engine:
    """A store with three targets."""
    from risk.storage import migrate

    migrate.upgrade(settings.database_url)
    engine = open_store(settings)
    desk, guard, box = Desk(engine), guard_of(settings), SecretBox(settings)
    for name in TARGETS:
        wanted = Wanted(name, "webhook", f"http://127.0.0.1:{port}/{name}", secret=SECRET)
        desk.act(push_targets.add, guard, box, wanted, actor="experiment", now=desk.clock())
    return engine


def act(engine: Engine, first: int, count: int) -> tuple[list[str], list[str]]:
    """Acts that write an event each; every seventh is rolled back. Returns the keys of those that happened, and of those that did not."""
    desk, happened, undone = Desk(engine), [], []

    def one(conn: Any, number: int) -> str:
        key = outbox.emit(conn, "task.issued", f"task:{number}", {"task": number, "grade": "blue"}, desk.clock(), once="1")
        if number % 7 == 0:
            undone.append(key)
            raise Rollback
        return key

    for number in range(first, first + count):
        try:
            happened.append(desk.act(one, number))
        except Rollback:
            continue
    return happened, undone


def open_transactions(trace: Path, pid: int) -> int | None:
    """How many transactions of a process have begun and not ended; nothing where none has begun."""
    lines = [parts for line in trace.read_text().splitlines() if (parts := line.split())[0] == str(pid)] if trace.exists() else []
    return sum(1 if parts[2] == "begin" else -1 for parts in lines) if lines else None


def kill_once(process: subprocess.Popen[bytes], trace: Path, rng: random.Random, longest: float, *, inside: bool) -> int | None:
    """Kill a pushing process at a random moment after its first transaction; how many transactions were open then, nothing if it had ended."""
    while process.poll() is None and open_transactions(trace, process.pid) is None:
        time.sleep(0.002)
    time.sleep(rng.uniform(0.0, longest))
    while inside and process.poll() is None and not open_transactions(trace, process.pid):
        time.sleep(0.0005)
    if process.poll() is not None:
        process.communicate()
        return None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return open_transactions(trace, process.pid) or 0


def unmarked(address: str, after: int) -> tuple[int, set[str]]:
    """Messages of tries later than ``after`` that have no end, and the newest try."""
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as conn:
        newest = conn.execute(text("SELECT coalesce(max(id), 0) FROM push_attempts")).scalar_one()
        rows = conn.execute(text("SELECT message FROM push_attempts WHERE ok IS NULL AND id > :after"), {"after": after}).scalars()
        found = set(rows)
    engine.dispose()
    return int(newest), found


def finish(surroundings: Mapping[str, str], address: str, patience: float) -> dict[str, int]:
    """Push undisturbed until nothing is open; deliveries by state."""
    ends = time.monotonic() + patience
    engine = create_engine(address, poolclass=NullPool)
    while True:
        process = start(COMMAND, surroundings)
        _, errors = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(errors.decode(errors="replace")[-2000:])
        with engine.connect() as conn:
            rows = conn.execute(text("SELECT state, count(*) FROM push_deliveries GROUP BY state")).all()
        states = {str(state): int(count) for state, count in rows}
        if not states.keys() & {"pending", "failed"} or time.monotonic() > ends:
            engine.dispose()
            return states
        time.sleep(2.0)


def measure(kind: str, *, times: int, events: int, longest: float, seed: int) -> dict[str, Any]:
    """Kill the push on one kind of database; what was found."""
    rng, kills, between, happened, undone = random.Random(seed), Kills(), 0, list[str](), list[str]()
    either = 0
    with tempfile.TemporaryDirectory() as name, databases(kind, Path(name)) as made, receiving(seed) as received:
        home, address, trace = Path(name) / "home", made.new(), Path(name) / "trace.txt"
        surroundings = {"RISK_HOME": str(home), "RISK_DATABASE": address, "RISK_PUSH_ALLOW": f"http://127.0.0.1:{received.port}"}
        engine = set_up(Settings.from_environment(surroundings), received.port)
        number, tries = 1, 0
        while kills.kills < times:
            done, not_done = act(engine, number, events)
            number, happened, undone = number + events, happened + done, undone + not_done
            process = start(COMMAND, surroundings, trace)
            open_then = kill_once(process, trace, rng, longest, inside=bool(kills.kills % 2))
            before = tries
            tries, left = unmarked(address, before)
            if open_then is None:
                kills.finished_first += 1
                continue
            arrived = bool(left & received.all())
            kills.kills += 1
            kills.inside += open_then > 0
            between += arrived
            either += arrived or open_then > 0
        states = finish(surroundings, address, patience=600.0)
        engine.dispose()
        wanted, came = set(happened), received.all()
        lost = {target: len(wanted - set(received.ids[target])) for target in TARGETS}
        ids_of = Counter(subject for subjects in received.subjects.values() for subject in subjects)
        result = {
            **kills.record(),
            "between_send_and_mark": between,
            "inside_or_between": either,
            "events": len(wanted),
            "rolled_back": len(undone),
            "messages_taken": sum(sum(counter.values()) for counter in received.ids.values()),
            "lost": lost,
            "of_acts_that_did_not_happen": len(came & set(undone)),
            "taken_twice_with_the_same_id": received.doubles(),
            "events_with_two_ids": sum(count > 1 for count in ids_of.values()),
            "ids_of_two_events": sum(len(subjects) > 1 for subjects in received.subjects.values()),
            "unsigned": received.unsigned,
            "deliveries": states,
        }
    clean = (
        not any(lost.values())
        and came == wanted
        and not any(result[one] for one in ("events_with_two_ids", "ids_of_two_events", "unsigned"))
    )
    result["passed"] = clean and states == {"sent": len(wanted) * len(TARGETS)} and kills.kills == times and either * 3 >= kills.kills
    return result


def main() -> None:
    """Measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--events", type=int, default=60, help="before each start")
    parser.add_argument("--longest", type=float, default=0.8, help="seconds after the first transaction")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--store", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    began = datetime.now(UTC)
    given = {name: value for name, value in vars(options).items() if name != "store"}
    command = "python -m experiments.kill_push " + " ".join(f"--{name} {value}" for name, value in given.items())
    found = measure(options.database, times=options.times, events=options.events, longest=options.longest, seed=options.seed)
    result = {**heading(command), **found, "seconds": round((datetime.now(UTC) - began).total_seconds())}
    if options.store:
        store_json(RESULTS / f"kill_push_{options.database}.json", result)
    print(json.dumps(result, indent=1))
    if not result["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
