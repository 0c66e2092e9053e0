"""Where the end of the audit was, noted outside the database: a file beside it, a line of the log, syslog. By these a cut-off or a rewritten history is found.

Each line of ``<RISK_HOME>/audit/heads.ndjson`` has the length of the chain, its last hash and the moment. Keep copies elsewhere (the log and syslog do so by
themselves): whoever can change both the database and the file can hide what was done since the last copy.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.services.audit_check import Check, Noted, verify
from risk.storage.tables import audit_head

register({"heads_unreadable": ("链头文件第 {line} 行无法读取：{path}", "line {line} of the file of heads cannot be read: {path}")})
_log = logging.getLogger("risk.audit")


def heads_file(home: Path) -> Path:
    """The file of a home."""
    return home / "audit" / "heads.ndjson"


def head(conn: Connection) -> Noted:
    """How long the chain is, and its last hash."""
    row = conn.execute(select(audit_head.c.length, audit_head.c.hash).where(audit_head.c.id == 1)).one_or_none()
    return Noted(int(row.length), str(row.hash)) if row else Noted(0, "")


def note(conn: Connection, home: Path, now: datetime) -> Noted:
    """Write the head to the file and to the log, unless it is the last one written; returns it."""
    found, path = head(conn), heads_file(home)
    known = list(read(path)) if path.exists() else []
    if found.length == 0 or (known and known[-1].length == found.length and known[-1].hash == found.hash):
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": now.isoformat(), "length": found.length, "hash": found.hash})
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    _log.info("audit head %s %s", found.length, found.hash)
    return found


def read(path: Path) -> Iterator[Noted]:
    """The heads of a file; a last line that was cut off while it was written is passed over. ``InvalidInputError`` (``heads_unreadable``) for others."""
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                row = json.loads(line)
                yield Noted(int(row["length"]), str(row["hash"]), f"{path.name}:{number}")
        except (ValueError, KeyError, TypeError) as error:
            if number != len(lines):
                raise InvalidInputError("heads_unreadable", path=path, line=number) from error


def check(conn: Connection, home: Path, others: Iterable[Path] = ()) -> Check:
    """Verify the chain against the heads noted in this home and in other files."""
    own = heads_file(home)
    files = [*([own] if own.exists() else []), *others]
    return verify(conn, noted=[one for path in files for one in read(path)])
