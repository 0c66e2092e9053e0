"""The chain of the audit: what of a row is hashed, and how rows hang together. Pure; no table is read here.

``hash(row n) = H(hash(row n-1) ‖ canonical(row n))``. H is SHA-256 (FIPS 180-4) or SM3 (GB/T 32905-2016), named in the row itself, so that a change of
the setting leaves old rows verifiable. Canonical is JSON with sorted keys; numbers are written so that both databases give back the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

import orjson

ALGORITHMS = ("sha256", "sm3")
GENESIS = "0" * 64
"""What stands before the first row."""


def plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A detail as both databases give it back.

    >>> from datetime import UTC, datetime
    >>> plain({"at": datetime(2026, 11, 1, tzinfo=UTC), 1: float("nan")})
    {'at': '2026-11-01T00:00:00+00:00', '1': None}
    """
    found: dict[str, Any] = orjson.loads(orjson.dumps(dict(detail), option=orjson.OPT_NON_STR_KEYS))
    return found


def canonical(row: Mapping[str, Any]) -> bytes:
    """What of a row is hashed: its place, moment, actor, action, object, detail, trace and algorithm.

    >>> from datetime import datetime
    >>> row = {"id": 1, "at": datetime(2026, 11, 1, tzinfo=UTC), "actor": "张三", "action": "task.sign", "object": "task:12"}
    >>> canonical(row | {"detail": {"b": 1.0, "a": None}, "trace_id": None, "algorithm": "sha256"}).decode()
    '[1,"2026-11-01T00:00:00.000000","张三","task.sign","task:12",{"a":null,"b":1},null,"sha256"]'
    """
    at = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    said = [row["id"], at, row["actor"], row["action"], row["object"], _settled(row["detail"]), row["trace_id"], row["algorithm"]]
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(before: str, row: Mapping[str, Any]) -> str:
    """The hash of a row after the hash ``before``, 64 hexadecimal digits; ``ValueError`` for an algorithm we do not use."""
    data = bytes.fromhex(before) + canonical(row)
    if row["algorithm"] == "sha256":
        return hashlib.sha256(data).hexdigest()
    if row["algorithm"] == "sm3":
        return _sm3(data)
    raise ValueError(f"no such algorithm: {row['algorithm']}")


def _sm3(data: bytes) -> str:
    """SM3 of the Python's own OpenSSL, else of the one that comes with cryptography."""
    if "sm3" in hashlib.algorithms_available:
        return hashlib.new("sm3", data).hexdigest()
    from cryptography.hazmat.primitives import hashes

    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return made.finalize().hex()


def _settled(value: Any) -> Any:
    """Whole numbers as such, whether they came back as 1, 1.0 or 1e0; by their shortest decimals, which is what PostgreSQL keeps.

    >>> _settled([1.0, -0.0, 1.2345678901234568e17, 123456789012345680])
    [1, 0, 123456789012345680, 123456789012345680]
    """
    if isinstance(value, float):
        return int(Decimal(repr(value))) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _settled(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_settled(one) for one in value]
    return value
