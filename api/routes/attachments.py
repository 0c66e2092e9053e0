"""Attachments: uploaded to a task or an appeal, listed, handed out on the record, removed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Query, Response, UploadFile
from fastapi.responses import FileResponse

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Services, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from api.verdict_schemas import Removed
from risk.domain import attachment_types
from risk.services import appeals, attachment_files, attachments
from risk.services.attachments import AttachmentView
from risk.services.paging import LARGEST_ID, Page

router = Router(prefix="/attachments", tags=["attachments"])
READ, WORK = needs("verdicts.read"), needs("tasks.work")
OtherId = Annotated[int, Query(ge=1, le=LARGEST_ID)]
BYTES = "application/octet-stream"
CAREFUL = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store, private",
}


@dataclass(frozen=True, slots=True)
class AttachmentKind:
    """A kind of file that is accepted; it is told by the content, whatever the name."""

    code: str
    media: str
    extension: str


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """Bytes of one file, bytes and files of one task, and the kinds."""

    file_bytes: int
    task_bytes: int
    task_files: int
    kinds: tuple[AttachmentKind, ...]


@router.get("", summary="附件列表 / List attachments", dependencies=[READ])
def list_attachments(
    svc: Svc,
    who: Caller,
    task: OtherId | None = None,
    verdict: OtherId | None = None,
    appeal: OtherId | None = None,
    removed: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AttachmentView]:
    """The newest first; `removed` shows also what was taken away, by whom and why."""
    return svc.desk.read(
        attachments.list_attachments,
        task=task,
        verdict=verdict,
        appeal=appeal,
        removed=removed,
        scope=who.scope,
        limit=limit,
        cursor=cursor,
    )


@router.get("/limits", summary="附件要求 / What may be attached", dependencies=[READ])
def limits() -> AttachmentLimits:
    """How large, how many, which kinds: for a form that tells before anything is sent."""
    most = attachment_types.limits()
    kinds = dict.fromkeys((one.code, one.media, one.extension) for one in attachment_types.types())
    return AttachmentLimits(most.file_bytes, most.task_bytes, most.task_files, tuple(AttachmentKind(*one) for one in kinds))


@router.post("", status_code=201, summary="上传附件 / Upload an attachment", responses=problems(404, 409, 413), dependencies=[WORK])
def upload(
    file: UploadFile,
    svc: Svc,
    who: Caller,
    task_id: Annotated[int | None, Form(ge=1, le=LARGEST_ID, description="of a draft or verdict / 所属任务")] = None,
    appeal_id: Annotated[int | None, Form(ge=1, le=LARGEST_ID, description="of an appeal / 所属申诉")] = None,
    actor: Annotated[Text | None, Form(description="who acts, while there are no accounts / 操作人")] = None,
) -> AttachmentView:
    """To a task or to an appeal. The kind of file is told by its content; the same content again on the same task is the same attachment."""
    name, folder = acting(who, actor), _folder(svc)
    task = svc.desk.read(appeals.task_of, task_id, appeal_id, scope=who.scope)
    svc.desk.act(attachments.check_room, task, scope=who.scope)  # before anything is written
    stored = attachment_files.take_in(folder, file.file)
    return svc.desk.act(
        attachments.add,
        folder,
        task,
        stored,
        file.filename or "",
        actor=name,
        now=svc.desk.clock(),
        appeal_id=appeal_id,
        scope=who.scope,
    )


@router.get("/{attachment_id}", summary="附件信息 / One attachment", responses=problems(404), dependencies=[READ])
def get_attachment(attachment_id: Id, svc: Svc, who: Caller) -> AttachmentView:
    """Its name, type, size, hash; a removed one says by whom and why."""
    return svc.desk.read(attachments.get, attachment_id, scope=who.scope)


@router.get(
    "/{attachment_id}/content",
    summary="下载附件（留痕） / Download an attachment",
    responses={**files(BYTES), **problems(404, 409)},
    response_class=Response,
    dependencies=[READ],
)
def content(attachment_id: Id, svc: Svc, who: Caller, original: bool = False) -> Response:
    """Pictures without what the camera wrote beside them (place, time, device). `original`: the very bytes that were handed in, for those who may read
    personal data."""
    me = replace(who, name=acting(who))
    found = svc.desk.act(attachments.download, _folder(svc), attachment_id, original=original, who=me, now=svc.desk.clock())
    headers = {**CAREFUL, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"}
    if found.path is not None:
        return FileResponse(found.path, media_type=BYTES, headers={**headers, "ETag": f'"{found.sha256}"'})
    return Response(found.content, media_type=BYTES, headers=headers)


@router.post("/{attachment_id}/remove", summary="删除附件 / Remove an attachment", responses=problems(404, 409), dependencies=[WORK])
def remove(attachment_id: Id, sent: Removed, svc: Svc, who: Caller) -> AttachmentView:
    """The row stays. What was handed in with a verdict or an appeal takes the right to decide on tasks."""
    me = replace(who, name=acting(who, sent.actor))
    return svc.desk.act(attachments.remove, attachment_id, reason=sent.reason, who=me, now=svc.desk.clock())


def _folder(svc: Services) -> Path:
    return attachment_files.folder_of(svc.settings.home)
