"""Verdicts: listed, and the taxonomy they come from."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import Cursor, Limit, Moment, Svc, Text
from risk.services import views_verdicts
from risk.services.paging import Page
from risk.services.views_verdicts import VerdictKindView, VerdictRow

router = APIRouter(prefix="/verdicts", tags=["verdicts"])


@router.get("", summary="核查结论列表 / List verdicts")
def list_verdicts(
    svc: Svc, model: Text | None = None, code: Text | None = None, since: Moment | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[VerdictRow]:
    """The newest first; corrected ones stay and say so."""
    return svc.desk.read(views_verdicts.list_verdicts, model=model, code=code, since=since, limit=limit, cursor=cursor)


@router.get("/taxonomy", summary="核查结果代码表 / The taxonomy of results")
def taxonomy() -> tuple[VerdictKindView, ...]:
    """Every result: what a report must contain, what it teaches, what the law says comes next."""
    return views_verdicts.kinds()
