"""Failures to sign in, counted by name and by address: a name that nobody has is locked like one that somebody has, so that being locked tells nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from risk.domain.identity import name_key, rules
from risk.domain.signals import digest
from risk.storage import tables as t
from risk.storage.upsert import insert_new

KEPT = timedelta(days=1)
"""How long a counter that nobody adds to is kept."""


def by_name(name: str) -> str:
    """The counter of a name. A digest: people type their password into the wrong field."""
    return f"name:{digest(['sign-in', name_key(name)])}"


def by_address(address: str) -> str:
    """The counter of an address."""
    return f"address:{address[:100]}"


def begin(conn: Connection, key: str, now: datetime, *, most: int, window: timedelta) -> datetime | None:
    """Count an attempt before it is tried, so that many at once are not each the first. Gives the moment until which the key is blocked, or ``None``.

    After ``most`` failures within ``window`` the key is blocked for ``window``; an attempt while it is blocked is not counted.
    """
    c = t.sign_in_counters.c
    row = _locked_row(conn, key, now)
    until: datetime | None = row.blocked_until
    if until is not None and until > now:
        return until
    begun_anew = until is not None or now - row.since >= window
    failed = 1 if begun_anew else row.failed + 1
    since = now if begun_anew else row.since
    blocked = now + window if failed >= most else None
    values = {"failed": failed, "since": since, "blocked_until": blocked, "updated_at": now}
    conn.execute(update(t.sign_in_counters).where(c.key == key).values(values))
    return None


def _locked_row(conn: Connection, key: str, now: datetime) -> Row[Any]:
    """The counter, held until the transaction ends; made where there is none. One that is cleared between the two statements is made again."""
    fresh = {"key": key, "failed": 0, "since": now, "blocked_until": None, "updated_at": now}
    query = select(t.sign_in_counters).where(t.sign_in_counters.c.key == key).with_for_update()
    while True:
        insert_new(conn, t.sign_in_counters, [fresh], ["key"])
        row = conn.execute(query).first()
        if row is not None:
            return row


def clear(conn: Connection, key: str) -> None:
    """Forget what was counted."""
    conn.execute(delete(t.sign_in_counters).where(t.sign_in_counters.c.key == key))


def take_back(conn: Connection, key: str) -> None:
    """The newest attempt was none: it failed at nothing."""
    c = t.sign_in_counters.c
    conn.execute(update(t.sign_in_counters).where(c.key == key, c.failed > 0).values(failed=c.failed - 1, blocked_until=None))


def locked_until(conn: Connection, name: str, now: datetime) -> datetime | None:
    """Until when a name is locked, if it is."""
    c = t.sign_in_counters.c
    found: datetime | None = conn.scalar(select(c.blocked_until).where(c.key == by_name(name), c.blocked_until > now))
    return found


def take_back_both(conn: Connection, name: str, address: str) -> None:
    """The newest attempt was none, by address and by name."""
    take_back(conn, by_address(address))
    take_back(conn, by_name(name))


def succeed(conn: Connection, name: str, address: str) -> None:
    """The attempt was right: nothing is held against the name any more; the address keeps what else it failed at."""
    take_back(conn, by_address(address))
    clear(conn, by_name(name))


def forget_old(conn: Connection, now: datetime) -> None:
    """Drop counters that nobody added to for a day, so that made-up names do not fill the table. The last step of a transaction: it waits for nobody."""
    c = t.sign_in_counters.c
    free = select(c.key).where(c.updated_at < now - KEPT).with_for_update(skip_locked=True)
    conn.execute(delete(t.sign_in_counters).where(c.key.in_(free)))


def begin_both(conn: Connection, name: str, address: str, now: datetime) -> datetime | None:
    """Count an attempt by address and by name, always in this order (others wait and none waits in a circle); until when either is blocked, or ``None``."""
    limits = rules()
    blocked = begin(conn, by_address(address), now, most=limits.throttle_failures, window=limits.throttle_for)
    if blocked is None:
        blocked = begin(conn, by_name(name), now, most=limits.lock_failures, window=limits.lock_for)
    return blocked
