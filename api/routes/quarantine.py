"""Quarantine: refused rows listed, repaired, taken in again, put aside."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from api.deps import ActorHeader, Cursor, Id, Limit, Svc, Text, actor_of
from api.openapi import problems
from api.schemas import Dismiss, Repair, Resubmit
from risk.services import quarantine as service
from risk.services import views_quarantine
from risk.services.paging import LARGEST_ID, Page
from risk.services.quarantine import Resubmission
from risk.services.views_quarantine import QuarantineRow

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get("", summary="隔离行列表 / List refused rows")
def list_rows(
    svc: Svc,
    import_id: Annotated[int | None, Query(alias="import", ge=1, le=LARGEST_ID)] = None,
    code: Text | None = None,
    status: Literal["open", "repaired", "resubmitted", "dismissed", "all"] = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuarantineRow]:
    """In the order they came, with the reasons in both languages."""
    return svc.desk.whole(views_quarantine.list_quarantine, import_id=import_id, code=code, status=status, limit=limit, cursor=cursor)


@router.post("/resubmit", summary="重报 / Take repaired rows in again", responses=problems(404, 409))
def resubmit(sent: Resubmit, svc: Svc, x_actor: ActorHeader = None) -> Resubmission:
    """The given rows, or all that are repaired. Those still refused are open again."""
    return svc.desk.whole(service.resubmit, sent.ids, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock())


@router.post("/{row_id}/repair", status_code=204, summary="修复 / Repair a refused row", responses=problems(404, 409))
def repair(row_id: Id, sent: Repair, svc: Svc, x_actor: ActorHeader = None) -> Response:
    """Put values into its columns; refused while the row would still not pass."""
    svc.desk.whole(service.repair, row_id, sent.values, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock())
    return Response(status_code=204)


@router.post("/{row_id}/dismiss", status_code=204, summary="忽略 / Dismiss a refused row", responses=problems(404, 409))
def dismiss(row_id: Id, sent: Dismiss, svc: Svc, x_actor: ActorHeader = None) -> Response:
    """For good; the reason is kept."""
    svc.desk.whole(service.dismiss, row_id, reason=sent.reason, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock())
    return Response(status_code=204)
