"""A lease: who may do a thing now, until when, and under which token. One row per name; the same statements on both databases.

A lease that is not renewed ends by itself, so a dead process blocks nothing for longer than the lease lives (:func:`ttl_of`). The token grows with every new holder: who comes back
from a long sleep sees that it is no longer theirs. The clocks of the machines must agree within seconds, as NTP keeps them.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError

from risk.storage.engine import transaction
from risk.storage.tables import leases
from risk.storage.upsert import insert_new

TTL = timedelta(seconds=7)
"""How long a lease lives without renewal on PostgreSQL; renewed five times as often. Another process takes over within ten seconds."""

SQLITE_TTL = timedelta(seconds=120)
"""The same on SQLite, where a renewal waits for the writer of the moment, who may be ourselves in a long transaction. There all processes are of one
machine, so a holder that is gone is seen at once (:func:`is_gone`)."""

BEATS = 5

_log = logging.getLogger("risk.lease")


@dataclass(frozen=True, slots=True)
class Lease:
    """What a holder knows of its lease."""

    name: str
    owner: str
    token: int
    until: datetime


def process_name() -> str:
    """A name that no other process has: host, process, a little chance."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"[:120]


def ttl_of(bind: Connection | Engine) -> timedelta:
    """How long a lease lives on this database."""
    return SQLITE_TTL if bind.dialect.name == "sqlite" else TTL


def is_gone(owner: str) -> bool:
    """Whether the owner is a process of this machine that no longer runs. Owners are named ``host:process:chance``; of any other name nothing is known.

    >>> is_gone(f"{socket.gethostname()}:{os.getpid()}:a1b2c3"), is_gone(f"{socket.gethostname()}:4194999:a1b2c3"), is_gone("elsewhere:1:x")
    (False, True, False)
    """
    host, _, rest = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it runs, as somebody else
        return False
    return False


def acquire(conn: Connection, name: str, owner: str, now: datetime, ttl: timedelta | None = None) -> Lease | None:
    """The lease, or ``None`` while someone (the same owner too) holds it."""
    ttl = ttl or ttl_of(conn)
    insert_new(conn, leases, [{"name": name, "owner": "", "token": 0, "until": now}], ["name"])
    c = leases.c
    if conn.dialect.name == "sqlite" and is_gone(str(conn.scalar(select(c.owner).where(c.name == name)))):
        conn.execute(update(leases).where(c.name == name, c.until > now).values(until=now))
    taken = conn.execute(update(leases).where(c.name == name, c.until <= now).values(owner=owner, token=c.token + 1, until=now + ttl))
    if taken.rowcount != 1:
        return None
    token = conn.execute(select(c.token).where(c.name == name)).scalar_one()
    return Lease(name, owner, int(token), now + ttl)


def renew(conn: Connection, lease: Lease, now: datetime, ttl: timedelta | None = None) -> bool:
    """Hold on for longer; false where someone else took it meanwhile."""
    c, ttl = leases.c, ttl or ttl_of(conn)
    kept = conn.execute(update(leases).where(c.name == lease.name, c.token == lease.token, c.owner == lease.owner).values(until=now + ttl))
    return kept.rowcount == 1


def release(conn: Connection, lease: Lease, now: datetime) -> None:
    """Give it back, if it is still ours."""
    c = leases.c
    conn.execute(update(leases).where(c.name == lease.name, c.token == lease.token, c.owner == lease.owner).values(until=now))


def holder(conn: Connection, name: str, now: datetime) -> str | None:
    """Who holds the lease at a moment."""
    c = leases.c
    found = conn.execute(select(c.owner).where(c.name == name, c.until > now)).scalar()
    if not found or (conn.dialect.name == "sqlite" and is_gone(str(found))):
        return None
    return str(found)


@contextmanager
def held(engine: Engine, name: str, owner: str, clock: Callable[[], datetime], ttl: timedelta | None = None) -> Iterator[Lease | None]:
    """The lease for the length of a block, renewed from a thread beside it; ``None`` where someone else holds it."""
    ttl = ttl or ttl_of(engine)
    with transaction(engine) as conn:
        lease = acquire(conn, name, owner, clock(), ttl)
    if lease is None:
        yield None
        return
    stop = threading.Event()
    beat = threading.Thread(target=_beat, args=(engine, lease, clock, ttl, stop), name=f"lease {name}", daemon=True)
    beat.start()
    try:
        yield lease
    finally:
        stop.set()
        beat.join()
        with transaction(engine) as conn:
            release(conn, lease, clock())


def _beat(engine: Engine, lease: Lease, clock: Callable[[], datetime], ttl: timedelta, stop: threading.Event) -> None:
    while not stop.wait(ttl.total_seconds() / BEATS):
        try:
            with transaction(engine) as conn:
                if not renew(conn, lease, clock(), ttl):
                    _log.warning("lease %s was taken from %s", lease.name, lease.owner)
                    return
        except DBAPIError as error:  # the database is busy or away: the next beat tries again, and the lease ends by itself otherwise
            _log.warning("lease %s could not be renewed: %s", lease.name, error.orig)
