"""Pages of lists: bounded, and continued where the last one ended. A cursor is opaque to clients; inside it is the key of the last row."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register({"cursor_invalid": ("分页游标无效：{cursor}", "not a valid page cursor: {cursor}")})

MAX_PAGE = 500
LARGEST_ID = 2**63 - 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and where the next ones begin; no cursor at the end."""

    items: tuple[T, ...]
    cursor: str | None


def pack(key: int | str) -> str:
    """An opaque cursor of a key.

    >>> pack(12), unpack(pack("2026-10-01~5")), unpack_id(pack(12))
    ('MTI', '2026-10-01~5', 12)
    """
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def unpack(cursor: str) -> int | str:
    """The key of a cursor; ``InvalidInputError`` (``cursor_invalid``) for one that is not ours."""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        key = None
    if isinstance(key, bool) or not isinstance(key, (int, str)):
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    return key


def unpack_id(cursor: str) -> int:
    """The key of a cursor over ids."""
    key = unpack(cursor)
    if not isinstance(key, int) or not 0 <= key <= LARGEST_ID:
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    return key


def page_by_id(conn: Connection, query: Select[Any], limit: int, make: Callable[[Row[Any]], T]) -> Page[T]:
    """A page of a query that is ordered by ``id``; its rows have that column."""
    limit = max(1, min(limit, MAX_PAGE))
    rows = conn.execute(query.limit(limit + 1)).all()
    following = pack(int(rows[limit - 1].id)) if len(rows) > limit else None
    return Page(tuple(make(row) for row in rows[:limit]), following)
