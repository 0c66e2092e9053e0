"""Files of a case file itself (a notice, a plan, a photograph); what belongs to its tasks and verdicts stays there. Their bytes: ``attachment_files``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from risk.domain.attachment_types import limits, safe_name
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.services import auditing, case_files
from risk.services.attachment_files import Stored, existing
from risk.services.attachments import Download, clean_copy
from risk.storage import tables as t

register(
    {
        "case_attachment_not_found": ("没有编号为 {id} 的附件", "no attachment with the number {id}"),
        "case_attachment_removed": ("附件 {id} 已删除", "the attachment {id} was removed"),
        "case_attachment_full": ("一个卷宗最多 {limit} 个附件", "a case file has at most {limit} attachments"),
    }
)


@dataclass(frozen=True, slots=True)
class CaseAttachment:
    """A file of a case file. ``size`` in bytes. A removed one stays in the list and says who took it away."""

    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    uploader: str
    uploaded_at: datetime
    removed_at: datetime | None
    removed_by: str | None
    removed_reason: str | None


def check_room(conn: Connection, case_file_id: int, *, scope: Scope = EVERYWHERE) -> None:
    """Whether a file takes another attachment. ``case_file_not_found``, ``case_file_closed``, ``case_attachment_full``."""
    case_files.still_open(case_files.require(conn, case_file_id, scope))
    a, most = t.case_file_attachments.c, limits().task_files
    there = conn.scalar(select(func.count()).where(a.case_file_id == case_file_id, a.removed_at.is_(None)))
    if int(there or 0) >= most:
        raise ConflictError("case_attachment_full", limit=most)


def add(
    conn: Connection,
    folder: Path,
    case_file_id: int,
    file: Stored,
    name: str,
    *,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> CaseAttachment:
    """Name content that was taken in; the same content again is the same attachment. Errors as of :func:`check_room`."""
    row = case_files.require(conn, case_file_id, scope)
    existing(folder, file.sha256)
    a = t.case_file_attachments.c
    same = select(t.case_file_attachments).where(a.case_file_id == case_file_id, a.sha256 == file.sha256, a.removed_at.is_(None))
    there = conn.execute(same).first()
    if there is not None:
        return _view(there)
    check_room(conn, case_file_id, scope=scope)
    values = {
        "case_file_id": case_file_id,
        "name": safe_name(name, file.type.extension),
        "media_type": file.type.media,
        "size": file.size,
        "sha256": file.sha256,
        "uploader": actor,
        "uploaded_at": now,
    }
    number = int(conn.execute(insert(t.case_file_attachments).values(values).returning(a.id)).scalar_one())
    case_files.touch(conn, row, now)
    auditing.record(conn, actor, "case_file.attach", f"case_file:{case_file_id}", {"attachment": number, "sha256": file.sha256}, now)
    return _view(conn.execute(select(t.case_file_attachments).where(a.id == number)).one())


def list_attachments(conn: Connection, case_file_id: int, *, scope: Scope = EVERYWHERE) -> tuple[CaseAttachment, ...]:
    """The attachments of a file, the newest first, removed ones too."""
    case_files.require(conn, case_file_id, scope)
    a = t.case_file_attachments.c
    return tuple(
        _view(row) for row in conn.execute(select(t.case_file_attachments).where(a.case_file_id == case_file_id).order_by(a.id.desc()))
    )


def download(
    conn: Connection, folder: Path, case_file_id: int, attachment_id: int, *, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> Download:
    """Hand a file out, pictures without what the camera wrote beside them; recorded. ``case_attachment_not_found``, ``case_attachment_removed``."""
    row = _get(conn, case_file_id, attachment_id, scope)
    if row.removed_at is not None:
        raise ConflictError("case_attachment_removed", id=attachment_id)
    path = existing(folder, row.sha256)
    content = clean_copy(path, row.media_type)
    auditing.record(conn, actor, "case_file.fetch", f"case_file:{case_file_id}", {"attachment": attachment_id, "sha256": row.sha256}, now)
    return Download(row.name, row.media_type, row.sha256, path if content is None else None, content)


def remove(
    conn: Connection, case_file_id: int, attachment_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> CaseAttachment:
    """Take an attachment away; the row stays. ``case_file_reason``, ``case_attachment_removed``."""
    found = _get(conn, case_file_id, attachment_id, scope)
    case_files.still_open(case_files.require(conn, case_file_id, scope))
    if not reason.strip():
        raise InvalidInputError("case_file_reason")
    if found.removed_at is not None:
        raise ConflictError("case_attachment_removed", id=attachment_id)
    gone = {"removed_at": now, "removed_by": actor, "removed_reason": reason.strip()}
    conn.execute(update(t.case_file_attachments).where(t.case_file_attachments.c.id == attachment_id).values(gone))
    said = {"attachment": attachment_id, "reason": reason.strip()}
    auditing.record(conn, actor, "case_file.detach", f"case_file:{case_file_id}", said, now)
    return _view(_get(conn, case_file_id, attachment_id, scope))


def _get(conn: Connection, case_file_id: int, attachment_id: int, scope: Scope) -> Row[Any]:
    case_files.require(conn, case_file_id, scope)
    a = t.case_file_attachments.c
    row = conn.execute(select(t.case_file_attachments).where(a.id == attachment_id, a.case_file_id == case_file_id)).one_or_none()
    if row is None:
        raise NotFoundError("case_attachment_not_found", id=attachment_id)
    return row


def _view(row: Row[Any]) -> CaseAttachment:
    return CaseAttachment(
        row.id,
        row.name,
        row.media_type,
        row.size,
        row.sha256,
        row.uploader,
        row.uploaded_at,
        row.removed_at,
        row.removed_by,
        row.removed_reason,
    )
