"""Requests that may be repeated: with the same ``Idempotency-Key`` an act happens once, and the same answer comes again.

The mark *acted* is written in the transaction of the act itself (:mod:`risk.services.desk`), so that a process killed between the act and its answer leaves
a true record: the request is not done a second time, and the client learns that its answer is gone. Follows the draft *The Idempotency-Key HTTP Header
Field* (IETF httpapi): another request under a used key is refused, one that is still being worked on conflicts.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request in hand: its row, and which attempt at it this is."""

    request: int
    number: int = 1


KEEP = timedelta(hours=24)
"""How long a key is remembered."""

WORKING = timedelta(seconds=15)
"""How long a request is believed to be worked on; afterwards another may take it up, if it has not acted. Should both be alive, only one of them can act."""

LONGEST_ANSWER = 1 << 20
"""Characters of an answer that are kept; of a longer one only that it was given."""

current: ContextVar[Attempt | None] = ContextVar("idempotent_request", default=None)
"""The request in hand, for the desk to mark in the transaction of the act."""

register(
    {
        "idempotency_key_reused": (
            "此 Idempotency-Key 已用于另一请求",
            "this Idempotency-Key was used for another request",
        ),
        "idempotency_key_reused.hint": ("每个新请求用新的键", "take a new key for each new request"),
        "idempotency_running": ("同一请求正在处理", "the same request is being worked on"),
        "idempotency_running.hint": ("稍后以同一键重试", "try again soon with the same key"),
        "idempotency_answer_gone": (
            "此请求已执行过一次，但应答未能保存；不会再次执行",
            "this request was carried out once, but its answer was lost; it is not carried out again",
        ),
        "idempotency_answer_gone.hint": ("读取对象的当前状态", "read what it changed"),
        "idempotency_key_invalid": ("Idempotency-Key 应为 1 至 255 个可见字符", "an Idempotency-Key has 1 to 255 visible characters"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given."""

    status: int
    headers: dict[str, str]
    body: str


def begin(conn: Connection, who: str, given: str, fingerprint: str, now: datetime) -> Attempt | Answer:
    """An attempt at a request, or the answer that one with this key got.

    ``InvalidInputError``: ``idempotency_key_invalid``, ``idempotency_key_reused``; ``ConflictError``: ``idempotency_running``, ``idempotency_answer_gone``.
    """
    if not 1 <= len(given) <= 255 or not given.isprintable():
        raise InvalidInputError("idempotency_key_invalid")
    r, key = t.idempotent_requests.c, digest(["idempotency", who, given])
    conn.execute(delete(t.idempotent_requests).where(r.created_at < now - KEEP))
    row = conn.execute(select(t.idempotent_requests).where(r.key == key).with_for_update()).one_or_none()
    if row is None:
        return _new(conn, key, fingerprint, now)
    if row.fingerprint != fingerprint:
        raise InvalidInputError("idempotency_key_reused")
    if row.status is not None and row.body is not None:
        return Answer(row.status, dict(row.headers), row.body)
    if row.acted is not None:
        raise ConflictError("idempotency_answer_gone")
    if row.until > now:
        raise ConflictError("idempotency_running")
    conn.execute(update(t.idempotent_requests).where(r.id == row.id).values(until=now + WORKING, attempt=row.attempt + 1))
    return Attempt(int(row.id), int(row.attempt) + 1)


def _new(conn: Connection, key: str, fingerprint: str, now: datetime) -> Attempt:
    row = {"key": key, "fingerprint": fingerprint, "attempt": 1, "until": now + WORKING, "headers": {}, "created_at": now}
    try:
        return Attempt(int(conn.execute(insert(t.idempotent_requests).values(row).returning(t.idempotent_requests.c.id)).scalar_one()))
    except IntegrityError as error:  # the same request came twice at once
        raise ConflictError("idempotency_running") from error


def mark(conn: Connection) -> None:
    """Note in the transaction of an act that the request in hand has acted. Outside of such a request it does nothing.

    ``ConflictError`` (``idempotency_answer_gone``) where another attempt at it has acted meanwhile: then this transaction is undone.
    """
    mine = current.get()
    if mine is None:
        return
    r = t.idempotent_requests.c
    free = update(t.idempotent_requests).where(r.id == mine.request, or_(r.acted.is_(None), r.acted == mine.number))
    if conn.execute(free.values(acted=mine.number)).rowcount != 1:
        raise ConflictError("idempotency_answer_gone")


def end(conn: Connection, mine: Attempt, answer: Answer | None) -> None:
    """Keep the answer. With ``None`` (it failed for a reason of ours) the request may be tried again, unless it has acted."""
    r = t.idempotent_requests.c
    if answer is None:
        conn.execute(delete(t.idempotent_requests).where(r.id == mine.request, r.attempt == mine.number, r.acted.is_(None)))
        return
    kept = answer.body if len(answer.body) <= LONGEST_ANSWER else None
    values = {"status": answer.status, "headers": answer.headers, "body": kept, "acted": mine.number}
    conn.execute(update(t.idempotent_requests).where(r.id == mine.request, r.attempt == mine.number).values(values))
