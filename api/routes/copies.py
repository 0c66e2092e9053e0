"""Copies of alerts for other offices (抄告抄送). They are sent at the task (`/tasks/{id}/copies`)."""

from __future__ import annotations

from typing import Any

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.task_schemas import Receipt
from risk.services import copies
from risk.services.copies import CopyView
from risk.services.paging import Page

router = Router(prefix="/copies", tags=["copies"])


@router.get("", summary="抄告列表 / List copies", dependencies=[needs("tasks.read")])
def list_copies(
    svc: Svc,
    who: Caller,
    office: Text | None = None,
    sender: Text | None = None,
    received: bool | None = None,
    late: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CopyView]:
    """Sent to `office`, sent by `sender`; `late`: due and not receipted."""
    wanted: dict[str, Any] = {"office": office, "sender": sender, "received": received, "late": late}
    return svc.desk.read(copies.list_copies, svc.desk.clock(), **wanted, limit=limit, cursor=cursor, scope=who.scope)


@router.post("/{copy_id}/receipt", summary="签收抄告 / Receipt a copy", responses=problems(404, 409), dependencies=[needs("tasks.work")])
def receipt(copy_id: Id, sent: Receipt, svc: Svc, who: Caller) -> CopyView:
    """By the office it was sent to."""
    given: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "note": sent.note, "scope": who.scope}
    return svc.desk.act(copies.receive, copy_id, **given)
