"""Attachments of verdicts and appeals: which there are, who may have them, who took them. Their bytes: ``risk.services.attachment_files``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from risk.domain.attachment_clean import UncleanableError, cleaned
from risk.domain.attachment_types import by_media, limits, safe_name
from risk.domain.authority import EVERYWHERE, Principal, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.mistakes import Mistake
from risk.services import auditing, scoping
from risk.services.attachment_files import Stored, clear, existing, wrong
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t

register(
    {
        "attachment_not_found": ("没有编号为 {id} 的附件", "no attachment with the number {id}"),
        "attachment_removed": ("附件 {id} 已删除", "the attachment {id} was removed"),
        "attachment_too_many": ("每个任务最多 {limit} 个附件", "a task has at most {limit} attachments"),
        "attachment_task_full": ("任务的附件合计超过 {limit} 字节", "the attachments of the task are more than {limit} bytes together"),
        "attachment_in_use": (
            "附件 {id} 已随结论或者申诉提交，须有审核权限才能删除",
            "the attachment {id} was handed in: to remove it takes the right to decide on tasks",
        ),
        "attachment_reason": ("删除附件必须说明理由", "a reason is required to remove an attachment"),
        "attachment_original_only": (
            "该类文件无法去除位置等信息，须有查看个人信息的权限",
            "location and the like cannot be left out of this kind of file: it takes the right to read personal data",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """An attachment as it is listed. ``size`` in bytes. A removed one stays in the list and says who took it away."""

    id: int
    task_id: int
    verdict_id: int | None
    appeal_id: int | None
    name: str
    media_type: str
    size: int
    sha256: str
    uploader: str
    uploaded_at: datetime
    removed_at: datetime | None
    removed_by: str | None
    removed_reason: str | None


@dataclass(frozen=True, slots=True)
class Download:
    """A file to hand out: where the original lies, or the clean copy's bytes."""

    name: str
    media_type: str
    sha256: str
    path: Path | None
    content: bytes | None


def check_room(conn: Connection, task_id: int, *, size: int = 0, scope: Scope = EVERYWHERE) -> None:
    """Whether a task takes another attachment. ``task_not_found``, ``attachment_too_many``, ``attachment_task_full``."""
    scoping.require_task(conn, scope, task_id)
    conn.execute(
        select(t.tasks.c.id).where(t.tasks.c.id == task_id).with_for_update()
    )  # two uploads at once are counted one after the other
    a, most = t.attachments.c, limits()
    query = select(func.count(), func.coalesce(func.sum(a.size), 0)).where(a.task_id == task_id, a.removed_at.is_(None))
    count, together = conn.execute(query).one()
    if count >= most.task_files:
        raise ConflictError("attachment_too_many", limit=most.task_files)
    if int(together) + size > most.task_bytes:
        raise ConflictError("attachment_task_full", limit=most.task_bytes)


def add(
    conn: Connection,
    folder: Path,
    task_id: int,
    file: Stored,
    name: str,
    *,
    actor: str,
    now: datetime,
    appeal_id: int | None = None,
    scope: Scope = EVERYWHERE,
) -> AttachmentView:
    """Name content that was taken in; the same content again on the same task is the same attachment. Errors as of :func:`check_room`."""
    a = t.attachments.c
    same = select(t.attachments).where(a.task_id == task_id, a.sha256 == file.sha256, a.removed_at.is_(None), a.appeal_id.is_(appeal_id))
    if appeal_id is not None:
        same = select(t.attachments).where(a.appeal_id == appeal_id, a.sha256 == file.sha256, a.removed_at.is_(None))
    scoping.require_task(conn, scope, task_id)
    existing(folder, file.sha256)
    there = conn.execute(same).first()
    if there is not None:
        return _view(there)
    check_room(conn, task_id, size=file.size, scope=scope)
    row = {
        "task_id": task_id,
        "appeal_id": appeal_id,
        "name": safe_name(name, file.type.extension),
        "media_type": file.type.media,
        "size": file.size,
        "sha256": file.sha256,
        "uploader": actor,
        "uploaded_at": now,
    }
    number = int(conn.execute(insert(t.attachments).values(row).returning(a.id)).scalar_one())
    said = {"task": task_id, "size": file.size, "sha256": file.sha256, "type": file.type.code}
    auditing.record(conn, actor, "attachment.add", f"attachment:{number}", said, now)
    return get(conn, number)


def remove(conn: Connection, attachment_id: int, *, reason: str, who: Principal, now: datetime) -> AttachmentView:
    """Take an attachment away; the row stays. What was handed in with a verdict or an appeal takes the right to decide on tasks."""
    row = _row(conn, attachment_id, who.scope)
    if not reason.strip():
        raise InvalidInputError("attachment_reason")
    if row.removed_at is not None:
        raise ConflictError("attachment_removed", id=attachment_id)
    if (row.verdict_id or row.appeal_id) and not who.may("tasks.decide"):
        raise ForbiddenError("attachment_in_use", id=attachment_id)
    gone = {"removed_at": now, "removed_by": who.name, "removed_reason": reason.strip()}
    conn.execute(update(t.attachments).where(t.attachments.c.id == attachment_id).values(gone))
    auditing.record(
        conn, who.name, "attachment.remove", f"attachment:{attachment_id}", {"reason": reason.strip(), "sha256": row.sha256}, now
    )
    return get(conn, attachment_id)


def get(conn: Connection, attachment_id: int, *, scope: Scope = EVERYWHERE) -> AttachmentView:
    """One attachment; ``attachment_not_found``."""
    return _view(_row(conn, attachment_id, scope))


def list_attachments(
    conn: Connection,
    *,
    task: int | None = None,
    verdict: int | None = None,
    appeal: int | None = None,
    removed: bool = False,
    scope: Scope = EVERYWHERE,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AttachmentView]:
    """Attachments, the newest first; removed ones where asked for."""
    a = t.attachments.c
    query = _inside(scope)
    for column, wanted in ((a.task_id, task), (a.verdict_id, verdict), (a.appeal_id, appeal)):
        if wanted is not None:
            query = query.where(column == wanted)
    if not removed:
        query = query.where(a.removed_at.is_(None))
    if cursor:
        query = query.where(a.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(a.id.desc()), limit, _view)


def download(conn: Connection, folder: Path, attachment_id: int, *, original: bool, who: Principal, now: datetime) -> Download:
    """A file to hand out, on the record: a copy without location data, or the very bytes for those who may read personal data.

    ``attachment_not_found``, ``attachment_removed``, ``attachment_gone``, ``attachment_original_only``.
    """
    row = _row(conn, attachment_id, who.scope)
    if row.removed_at is not None:
        raise ConflictError("attachment_removed", id=attachment_id)
    path = existing(folder, row.sha256)
    if original and not who.may("personal.read"):
        raise ForbiddenError("attachment_original_only")
    content = None if original else clean_copy(path, row.media_type)
    auditing.record(conn, who.name, "attachment.read", f"attachment:{attachment_id}", {"original": original, "sha256": row.sha256}, now)
    return Download(row.name, row.media_type, row.sha256, path if content is None else None, content)


def unfit(conn: Connection, task_id: int, ids: Sequence[int]) -> tuple[Mistake, ...]:
    """Which of these attachments do not belong to the task, or were removed."""
    a = t.attachments.c
    mine = set(conn.scalars(select(a.id).where(a.id.in_(ids), a.task_id == task_id, a.removed_at.is_(None)))) if ids else set()
    return tuple(Mistake("attachment_not_found", f"attachments.{place}", {"id": one}) for place, one in enumerate(ids) if one not in mine)


def belong(conn: Connection, verdict_id: int, ids: Sequence[int]) -> None:
    """Hand attachments in with a verdict; those that were handed in with an earlier one stay with it."""
    if ids:
        a = t.attachments.c
        conn.execute(update(t.attachments).where(a.id.in_(ids), a.verdict_id.is_(None)).values(verdict_id=verdict_id))


def clear_orphans(conn: Connection, folder: Path, now: datetime) -> int:
    """Delete bytes that no attachment names; returns how many files."""
    return clear(folder, named(conn), now)


def damaged(conn: Connection, folder: Path) -> tuple[str, ...]:
    """Hashes whose bytes are missing or are not what was handed in: for the operator's check and after a restore."""
    return tuple(wrong(folder, named(conn)))


def named(conn: Connection) -> frozenset[str]:
    """Hashes of all content that is in use."""
    a, c = t.attachments.c, t.case_file_attachments.c
    of_tasks = select(a.sha256).where(a.removed_at.is_(None))
    return frozenset(conn.scalars(of_tasks.union(select(c.sha256).where(c.removed_at.is_(None)))))


def clean_copy(path: Path, media: str) -> bytes | None:
    """A copy without location data; nothing where the type carries none."""
    kind = by_media(media)
    how = kind.clean if kind else "original"
    if how == "none":
        return None
    try:
        return cleaned(how, path.read_bytes())
    except UncleanableError:
        raise ForbiddenError("attachment_original_only") from None


def _inside(scope: Scope) -> Any:
    query = select(t.attachments)
    return query if scope.whole else query.where(t.attachments.c.task_id.in_(select(t.tasks.c.id).where(scoping.tasks_inside(scope))))


def _row(conn: Connection, attachment_id: int, scope: Scope) -> Row[Any]:
    row: Row[Any] | None = conn.execute(_inside(scope).where(t.attachments.c.id == attachment_id)).one_or_none()
    if row is None:
        raise NotFoundError("attachment_not_found", id=attachment_id)
    return row


def _view(row: Row[Any]) -> AttachmentView:
    return AttachmentView(**{name: getattr(row, name) for name in AttachmentView.__slots__})
