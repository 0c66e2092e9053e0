"""Files taken in as jobs: sent, queued, followed while they go, their refused rows listed, cancelled."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import os
from collections.abc import AsyncIterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.datastructures import UploadFile

from api.authority import Caller, needs
from api.deps import Cursor, Id, Limit, Services, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from risk.domain.errors import ConflictError, InvalidInputError
from risk.scheduling.jobs import Job
from risk.services import import_jobs, views_quarantine
from risk.services.import_jobs import ENDED, ImportJob
from risk.services.paging import Page
from risk.services.views_quarantine import QuarantineRow

router = Router(prefix="/imports", tags=["imports"])

EVERY_SECONDS = 0.5
"""How often a followed job is looked at."""

_KINDS = {
    "application/x-ndjson": ".ndjson",
    "application/jsonl": ".ndjson",
    "text/csv": ".csv",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_FORM = "multipart/form-data"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "NDJSON, CSV, Parquet, XLSX"},
        "source": {"type": "string", "description": "来源名称 / whose rows these are"},
        "mapping": {"type": "string", "description": "字段对应：名称或 TOML / a mapping by name, or as TOML"},
    },
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {"schema": _SCHEMA},
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "examples": {"one": {"value": '{"text": "三个疗程根治糖尿病", "time": "2026-10-12 10:00", "region": "420102"}\n'}},
            },
            "text/csv": {
                "schema": {"type": "string"},
                "examples": {"one": {"value": "内容,发布时间\n三个疗程根治糖尿病,2026-10-12 10:00\n"}},
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "",
    status_code=202,
    summary="提交文件 / Send a file to be taken in",
    responses=problems(404, 413),
    dependencies=[needs("signals.write", whole=True)],
    openapi_extra=_BODY,
)
async def send_file(
    request: Request,
    svc: Svc,
    who: Caller,
    source: Annotated[Text, Query(description="of a raw body / 来源名称")] = "",
    mapping: Annotated[Text, Query(description="of a raw body: the name of a mapping / 字段对应的名称")] = "",
    file: Annotated[Text, Query(description="of a raw body: how the file is called / 文件名")] = "",
) -> ImportJob:
    """As a form (`file`, `source`, `mapping`) or as the body itself. Answers at once with the job; the same file with the same source and mapping is the same
    job, and one that failed or was cancelled goes on."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _FORM:
        async with request.form(max_files=1, max_fields=10) as form:
            given = form.get("file")
            if not isinstance(given, UploadFile):
                raise InvalidInputError("import_nothing")
            called = (given.filename or "upload")[:400]
            source, mapping = str(form.get("source") or ""), str(form.get("mapping") or "")
            spool, mark = await _spool(svc, called, _parts(given))
    else:
        called = file or f"upload{_KINDS.get(kind, '')}"
        spool, mark = await _spool(svc, called, request.stream())
    return await to_thread.run_sync(_queue, svc, spool, mark, called, source, mapping, who.name)


@router.get("", summary="接入作业列表 / List imports", dependencies=[needs("signals.write", whole=True)])
def list_imports(
    svc: Svc,
    status: Literal["queued", "running", "cancelling", "cancelled", "done", "failed"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ImportJob]:
    """The newest first."""
    return svc.desk.read(import_jobs.list_jobs, now=svc.desk.clock(), status=status, limit=limit, cursor=cursor)


@router.get("/{job_id}", summary="接入作业 / One import", responses=problems(404), dependencies=[needs("signals.write", whole=True)])
def get_import(job_id: Id, svc: Svc) -> ImportJob:
    """How far it is: rows done, accepted, known already, refused; how many there are about."""
    return svc.desk.read(import_jobs.get_job, job_id, now=svc.desk.clock())


@router.post(
    "/{job_id}/cancel",
    summary="取消接入 / Cancel an import",
    responses=problems(404, 409),
    dependencies=[needs("signals.write", whole=True)],
)
def cancel_import(job_id: Id, svc: Svc, who: Caller) -> ImportJob:
    """At once while it waits, after the rows at hand while it runs. What was taken in stays."""
    return svc.desk.act(import_jobs.cancel, job_id, actor=who.name, now=svc.desk.clock())


def _existing(job_id: Id, svc: Svc) -> ImportJob:
    """Looked at before the stream begins, so that what does not exist is a 404 and no empty stream."""
    return svc.desk.read(import_jobs.get_job, job_id, now=svc.desk.clock())


@router.get(
    "/{job_id}/events",
    summary="接入进度（SSE） / Follow an import by server-sent events",
    response_class=EventSourceResponse,
    responses={**files("text/event-stream", said="how it goes / 进度"), **problems(404)},
    dependencies=[needs("signals.write", whole=True)],
)
async def follow_import(
    job_id: Id,
    svc: Svc,
    first: Annotated[ImportJob, Depends(_existing)],
    last_event_id: Annotated[str | None, Header(max_length=100, description="the last event that was seen / 上次收到的事件")] = None,
) -> AsyncIterable[ServerSentEvent]:
    """`progress` whenever something changed, then `end`. With `Last-Event-ID` nothing is told again that was seen."""
    seen, job = last_event_id, first
    while True:
        mark = f"{job.status}-{job.rows_done}"
        over = job.status in ENDED
        if mark != seen or over:
            yield ServerSentEvent(data=job, event="end" if over else "progress", id=mark)
            seen = mark
        if over:
            return
        await to_thread.run_sync(_kick, svc)
        await asyncio.sleep(EVERY_SECONDS)
        job = await to_thread.run_sync(_existing, job_id, svc)


@router.get(
    "/{job_id}/errors", summary="未通过的行 / Refused rows", responses=problems(404), dependencies=[needs("signals.write", whole=True)]
)
def list_errors(job_id: Id, svc: Svc, limit: Limit = 50, cursor: Cursor = None) -> Page[QuarantineRow]:
    """In the order of the file, with every reason. They are repaired under `/quarantine`."""
    number = _existing(job_id, svc).import_id
    if number is None:
        return Page((), None)
    return svc.desk.whole(views_quarantine.list_quarantine, import_id=number, status="all", limit=limit, cursor=cursor)


@router.get(
    "/{job_id}/errors.csv",
    summary="未通过的行（CSV） / Refused rows as CSV",
    response_class=StreamingResponse,
    responses={**files("text/csv"), **problems(404)},
    dependencies=[needs("signals.write", whole=True)],
)
def errors_as_csv(job_id: Id, svc: Svc) -> StreamingResponse:
    """One line a reason: row, column, code, value, the reason in both languages. Cells that a spreadsheet would take for formulas are quoted."""
    number = _existing(job_id, svc).import_id
    headers = {"Content-Disposition": f'attachment; filename="import-{job_id}-errors.csv"'}
    return StreamingResponse(_lines(svc, number), media_type="text/csv; charset=utf-8", headers=headers)


# -- behind ------------------------------------------------------------------------------------------------------------


async def _parts(given: UploadFile) -> AsyncIterable[bytes]:
    while part := await given.read(1 << 20):
        yield part


async def _spool(svc: Services, called: str, parts: AsyncIterable[bytes]) -> tuple[Path, str]:
    """Write what comes to the spool as it comes, no more than is allowed; its digest."""
    most = svc.settings.import_mb * 1_000_000
    path = import_jobs.new_spool(svc.settings, called)
    mark, size = hashlib.sha256(), 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            async for part in parts:
                size += len(part)
                _allowed(size <= most, "import_too_large", limit=svc.settings.import_mb)
                mark.update(part)
                await to_thread.run_sync(file.write, part)
        _allowed(size > 0, "import_nothing")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, mark.hexdigest()


def _allowed(fine: bool, code: str, **facts: Any) -> None:
    if not fine:
        raise InvalidInputError(code, **facts)


def _queue(svc: Services, spool: Path, mark: str, called: str, source: str, mapping: str, actor: str) -> ImportJob:
    try:
        read = import_jobs.mapping_of(svc.settings, mapping)
        engine, now = svc.desk.engine, svc.desk.clock()
        job = import_jobs.enqueue(engine, spool, mark, file=Path(called).name, source=source, mapping=read, actor=actor, now=now)
    except BaseException:
        spool.unlink(missing_ok=True)
        raise
    _kick(svc)
    return job


def _kick(svc: Services) -> None:
    """Begin in the background, where nobody is at it; a worker takes it up otherwise."""
    if not svc.desk.read(import_jobs.waiting):
        return
    try:
        svc.background.start(Job("take_files_by_hand", "", "take_files", {}))
    except ConflictError:
        return


def _lines(svc: Services, number: int | None) -> Iterator[str]:
    yield "\ufeff" + _line(["row", "column", "code", "value", "zh", "en", "hint_zh", "hint_en"])
    cursor: str | None = None
    while number is not None:
        page = svc.desk.whole(views_quarantine.list_quarantine, import_id=number, status="all", limit=500, cursor=cursor)
        for row in page.items:
            for one in row.problems:
                told = [one.get(name, "") for name in ("column", "code", "value", "zh", "en", "hint_zh", "hint_en")]
                yield _line([str(row.row_no), *(str(cell) for cell in told)])
        cursor = page.cursor
        if cursor is None:
            return


def _line(cells: list[str]) -> str:
    """One line of CSV; a cell that a spreadsheet would calculate is quoted."""
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells])
    return out.getvalue()
