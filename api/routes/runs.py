"""Runs: listed, shown with their balance, started."""

from __future__ import annotations

from typing import Literal

from fastapi import Response

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import RunAsked
from risk.scheduling.jobs import Job, JobRunRow
from risk.scoring.keys import key_of
from risk.services import views_runs
from risk.services.paging import Page
from risk.services.views_runs import RunRow, RunView

router = Router(prefix="/runs", tags=["runs"])


@router.get("", summary="运行列表 / List runs", dependencies=[needs("runs.read")])
def list_runs(
    svc: Svc,
    who: Caller,
    model: Text | None = None,
    status: Literal["running", "done", "failed", "superseded"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RunRow]:
    """The newest first, each with its balance."""
    return svc.desk.read(views_runs.list_runs, model=model, status=status, limit=limit, cursor=cursor, scope=who.scope)


@router.post("", status_code=202, summary="启动研判 / Start a run", responses=problems(409), dependencies=[needs("runs.start", whole=True)])
def start_run(sent: RunAsked, svc: Svc, who: Caller, response: Response) -> JobRunRow:
    """Judge what is new, beside this request. One at a time: 409 while another runs here or in a worker. `Location` shows how it goes."""
    arguments = {"models": [key_of(name) for name in sent.models], "always": True, "actor": acting(who, sent.actor)}
    if sent.as_of is not None:
        arguments["as_of"] = sent.as_of.isoformat()
    started = svc.background.start(Job("judge_by_hand", "", "judge", arguments))
    response.headers["Location"] = f"/api/v1/jobs/runs/{started.id}"
    return started


@router.get("/{run_id}", summary="运行详情与守恒 / One run with its balance", responses=problems(404), dependencies=[needs("runs.read")])
def get_run(run_id: Id, svc: Svc, who: Caller) -> RunView:
    """How far it is while it runs; what was cut off by capacity or failed is listed, never hidden."""
    return svc.desk.read(views_runs.get_run, run_id, svc.desk.clock(), scope=who.scope)
