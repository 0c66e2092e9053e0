"""Archives: months of signals that have left the tables; asked for, brought back, read where they lie."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Response
from pydantic import Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import _Sent
from risk.domain import periods
from risk.scheduling.jobs import Job, JobRunRow
from risk.services import archived_lookup, archiving
from risk.services.archived_lookup import ArchivedSignal
from risk.services.archiving import ArchiveRow
from risk.services.paging import Page

router = Router(prefix="/archives", tags=["archives"])
Month = Annotated[str, Path(pattern=r"^\d{4}-\d{2}$", description="such as 2023-03 / 月份")]


class ArchiveAsked(_Sent):
    """What to do with a month: archive it (without a month: all that are due), bring it back, verify it (without a month: all)."""

    what: Literal["archive", "restore", "verify"] = "archive"
    month: Text | None = Field(None, pattern=r"^\d{4}-\d{2}$", examples=["2023-03"])


@router.get("", summary="归档列表 / List archives", dependencies=[needs("archives.read", whole=True)])
def list_archives(svc: Svc, month: Text | None = None, limit: Limit = 50, cursor: Cursor = None) -> Page[ArchiveRow]:
    """The newest first: what each took out of the tables, how large it is, how far it is."""
    return svc.desk.read(archiving.list_archives, month=month, limit=limit, cursor=cursor)


@router.post(
    "",
    status_code=202,
    summary="归档、调回或校验 / Archive, bring back or verify",
    responses=problems(404, 409),
    dependencies=[needs("archives.write", whole=True)],
)
def ask_for_archive(sent: ArchiveAsked, svc: Svc, who: Caller, response: Response) -> JobRunRow:
    """Begun beside this request, one at a time; `Location` shows how it goes. What is cut off goes on at the next one."""
    month = periods.month(sent.month).name if sent.month else None
    if sent.what == "restore":
        svc.desk.read(archiving.required, month)
    arguments = {"what": sent.what, "month": month, "actor": acting(who, sent.actor)}
    started = svc.background.start(Job("archive_by_hand", "", "archive", arguments))
    response.headers["Location"] = f"/api/v1/jobs/runs/{started.id}"
    return started


@router.get("/{archive_id}", summary="归档详情 / One archive", responses=problems(404), dependencies=[needs("archives.read", whole=True)])
def get_archive(archive_id: Id, svc: Svc) -> ArchiveRow:
    """Groups moved so far of all; rows by table."""
    return svc.desk.read(archiving.get_archive, archive_id)


@router.get(
    "/months/{month}/signals",
    summary="查阅已归档的信号 / Archived signals of a month",
    responses=problems(404, 409),
    dependencies=[needs("signals.read")],
)
def find_archived(
    month: Month, svc: Svc, who: Caller, subject: Text | None = None, text: Text | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ArchivedSignal]:
    """Of a subject (code or name), or with a text in them as shown; masked, read only. To work on one, its month is brought back."""
    return svc.desk.read(archived_lookup.find, month, subject=subject, text=text, limit=limit, cursor=cursor, scope=who.scope)


@router.get(
    "/months/{month}/signals/{signal_id}",
    summary="一条已归档的信号 / One archived signal",
    responses=problems(404, 409),
    dependencies=[needs("signals.read")],
)
def get_archived(month: Month, signal_id: Id, svc: Svc, who: Caller) -> ArchivedSignal:
    """As it lies there, with what was judged of it."""
    return svc.desk.read(archived_lookup.get, month, signal_id, scope=who.scope)
