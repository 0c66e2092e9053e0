"""Quarantine: refused rows listed, repaired, taken in again, put aside."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Dismiss, Repair, Resubmit
from risk.domain.authority import Principal
from risk.services import quarantine as service
from risk.services import views_quarantine
from risk.services.paging import LARGEST_ID, Page
from risk.services.quarantine import Resubmission
from risk.services.views_quarantine import QuarantineRow

router = Router(prefix="/quarantine", tags=["quarantine"])


@router.get("", summary="隔离行列表 / List refused rows", dependencies=[needs("signals.write")])
def list_rows(
    svc: Svc,
    who: Caller,
    import_id: Annotated[int | None, Query(alias="import", ge=1, le=LARGEST_ID)] = None,
    code: Text | None = None,
    status: Literal["open", "repaired", "resubmitted", "dismissed", "all"] = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[QuarantineRow]:
    """In the order they came, with the reasons in both languages."""
    return svc.desk.whole(
        views_quarantine.list_quarantine, import_id=import_id, code=code, status=status, limit=limit, cursor=cursor, owner=_owner(who)
    )


@router.post("/resubmit", summary="重报 / Take repaired rows in again", responses=problems(404, 409), dependencies=[needs("signals.write")])
def resubmit(sent: Resubmit, svc: Svc, who: Caller) -> Resubmission:
    """The given rows, or all that are repaired. Those still refused are open again."""
    return svc.desk.whole(service.resubmit, sent.ids, actor=acting(who, sent.actor), now=svc.desk.clock(), owner=_owner(who))


@router.post(
    "/{row_id}/repair",
    status_code=204,
    summary="修复 / Repair a refused row",
    responses=problems(404, 409),
    dependencies=[needs("signals.write")],
)
def repair(row_id: Id, sent: Repair, svc: Svc, who: Caller) -> Response:
    """Put values into its columns; refused while the row would still not pass."""
    svc.desk.whole(service.repair, row_id, sent.values, actor=acting(who, sent.actor), now=svc.desk.clock(), owner=_owner(who))
    return Response(status_code=204)


@router.post(
    "/{row_id}/dismiss",
    status_code=204,
    summary="忽略 / Dismiss a refused row",
    responses=problems(404, 409),
    dependencies=[needs("signals.write")],
)
def dismiss(row_id: Id, sent: Dismiss, svc: Svc, who: Caller) -> Response:
    """For good; the reason is kept."""
    svc.desk.whole(service.dismiss, row_id, reason=sent.reason, actor=acting(who, sent.actor), now=svc.desk.clock(), owner=_owner(who))
    return Response(status_code=204)


def _owner(who: Principal) -> str | None:
    """Whose imports are looked at: everybody's by whoever sees the whole province, else one's own."""
    return None if who.scope.whole else who.name
