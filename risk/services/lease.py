"""A lease: who may do a thing now, until when, and under which token. One row per name; the same statements on both databases.

A lease that is not renewed ends by itself, so a dead process blocks nothing for longer than ``TTL``. The token grows with every new holder: who comes back
from a long sleep sees that it is no longer theirs. The clocks of the machines must agree within seconds, as NTP keeps them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DBAPIError

from risk.storage.engine import transaction
from risk.storage.tables import leases
from risk.storage.upsert import insert_new

TTL = timedelta(seconds=120)
"""How long a lease lives without renewal; renewed four times as often."""

_log = logging.getLogger("risk.lease")


@dataclass(frozen=True, slots=True)
class Lease:
    """What a holder knows of its lease."""

    name: str
    owner: str
    token: int
    until: datetime


def acquire(conn: Connection, name: str, owner: str, now: datetime, ttl: timedelta = TTL) -> Lease | None:
    """The lease, or ``None`` while someone (the same owner too) holds it."""
    insert_new(conn, leases, [{"name": name, "owner": "", "token": 0, "until": now}], ["name"])
    c = leases.c
    taken = conn.execute(update(leases).where(c.name == name, c.until <= now).values(owner=owner, token=c.token + 1, until=now + ttl))
    if taken.rowcount != 1:
        return None
    token = conn.execute(select(c.token).where(c.name == name)).scalar_one()
    return Lease(name, owner, int(token), now + ttl)


def renew(conn: Connection, lease: Lease, now: datetime, ttl: timedelta = TTL) -> bool:
    """Hold on for longer; false where someone else took it meanwhile."""
    c = leases.c
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
    return str(found) if found else None


@contextmanager
def held(engine: Engine, name: str, owner: str, clock: Callable[[], datetime], ttl: timedelta = TTL) -> Iterator[Lease | None]:
    """The lease for the length of a block, renewed from a thread beside it; ``None`` where someone else holds it."""
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
    while not stop.wait(ttl.total_seconds() / 4):
        try:
            with transaction(engine) as conn:
                if not renew(conn, lease, clock(), ttl):
                    _log.warning("lease %s was taken from %s", lease.name, lease.owner)
                    return
        except DBAPIError as error:  # the database is busy or away: the next beat tries again, and the lease ends by itself otherwise
            _log.warning("lease %s could not be renewed: %s", lease.name, error.orig)
