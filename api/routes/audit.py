"""The audit: acts as a list, as a file, and whether they are as they were written."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Limit, Moment, Svc, Text
from api.openapi import files
from api.operations import Router
from risk.services import audit_heads, audit_views
from risk.services.audit_check import Check
from risk.services.audit_views import AuditFilter, AuditRow
from risk.services.paging import LARGEST_ID, Page

router = Router(prefix="/audit", tags=["audit"])
MEDIA = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}


class ExportAsked(BaseModel):
    """Which acts, and in which form."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"format": "ndjson", "action": "task", "since": "2026-10-01T00:00:00+08:00"}]},
    )

    format: Literal["csv", "ndjson"] = "ndjson"
    by: Text | None = Field(None, description="whose acts / 操作人")
    action: Text | None = Field(None, description="task or task.sign / 操作")
    object: Text | None = Field(None, description="task or task:12 / 对象")
    trace: Text | None = Field(None, description="one request, job or command / 链路编号")
    since: Moment | None = None
    until: Moment | None = None
    after: int = Field(0, ge=0, le=LARGEST_ID, description="ids above this one / 从此编号之后")


@router.get("", summary="审计记录 / List acts", dependencies=[needs("audit.read", whole=True)])
def list_audit(
    svc: Svc,
    by: Annotated[Text | None, Query(description="whose acts / 操作人")] = None,
    action: Annotated[Text | None, Query(description="task or task.sign / 操作")] = None,
    object_: Annotated[Text | None, Query(alias="object", description="task or task:12 / 对象")] = None,
    trace: Annotated[Text | None, Query(description="one request, job or command / 链路编号")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditRow]:
    """The newest first. What is personal in details is masked."""
    filters = AuditFilter(by, action, object_, trace, since, until)
    return svc.desk.read(audit_views.list_audit, filters, limit=limit, cursor=cursor)


@router.get("/verification", summary="校验审计链 / Verify the chain", dependencies=[needs("audit.read", whole=True)])
def verification(svc: Svc) -> Check:
    """Hashes every row again and compares with the head and with the heads noted outside the database (of this server)."""
    return svc.desk.read(audit_heads.check, svc.settings.home)


@router.post(
    "/exports",
    summary="导出审计记录 / Export acts",
    dependencies=[needs("audit.read", whole=True)],
    response_class=Response,
    responses=files(*MEDIA.values()),
)
def export(asked: ExportAsked, svc: Svc, who: Caller) -> Response:
    """At most 100,000 rows, the oldest first; header ``X-Last-Id`` says where to go on (``after``) if ``X-Complete`` is ``false``. The export is in the audit."""
    filters = AuditFilter(asked.by, asked.action, asked.object, asked.trace, asked.since, asked.until, asked.after)
    made = svc.desk.act(audit_views.export, filters, asked.format, actor=acting(who), now=svc.desk.clock())
    headers = {
        "Content-Disposition": f'attachment; filename="audit.{asked.format}"',
        "X-Last-Id": str(made.last),
        "X-Complete": "true" if made.complete else "false",
        "X-Content-SHA256": made.sha256,
    }
    return Response(made.text.encode(), media_type=MEDIA[asked.format], headers=headers)
