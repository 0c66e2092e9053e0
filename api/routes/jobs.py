"""Jobs: the table of what runs when, and what came of it."""

from __future__ import annotations

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Named
from risk.scheduling import firing, jobs
from risk.scheduling.jobs import JobRow, JobRunRow
from risk.services.paging import Page

router = Router(prefix="/jobs", tags=["jobs"])


@router.get("", summary="定时作业 / List jobs", dependencies=[needs("jobs.read")])
def list_jobs(svc: Svc) -> tuple[JobRow, ...]:
    """Each with its next slot and its newest run."""
    return tuple(svc.desk.read(jobs.overview, svc.desk.clock()))


@router.get("/runs", summary="作业运行记录 / List runs of jobs", dependencies=[needs("jobs.read")])
def list_job_runs(svc: Svc, job: Text | None = None, limit: Limit = 50, cursor: Cursor = None) -> Page[JobRunRow]:
    """The newest first."""
    return svc.desk.read(firing.list_runs, job=job, limit=limit, cursor=cursor)


@router.get("/runs/{run_id}", summary="一次作业运行 / One run of a job", responses=problems(404), dependencies=[needs("runs.read")])
def get_job_run(run_id: Id, svc: Svc) -> JobRunRow:
    """Where a run that was started by hand is looked at."""
    return svc.desk.read(firing.get_run, run_id)


@router.post("/{name}/enable", summary="启用作业 / Enable a job", responses=problems(404), dependencies=[needs("jobs.write")])
def enable(name: Text, sent: Named, svc: Svc, who: Caller) -> JobRow:
    """Workers follow within half a minute."""
    return _switch(name, sent, svc, who, on=True)


@router.post("/{name}/disable", summary="停用作业 / Disable a job", responses=problems(404), dependencies=[needs("jobs.write")])
def disable(name: Text, sent: Named, svc: Svc, who: Caller) -> JobRow:
    """Workers follow within half a minute."""
    return _switch(name, sent, svc, who, on=False)


def _switch(name: str, sent: Named, svc: Svc, who: Caller, *, on: bool) -> JobRow:
    now = svc.desk.clock()
    svc.desk.act(jobs.switch, name, on=on, actor=acting(who, sent.actor), now=now)
    return next(row for row in svc.desk.read(jobs.overview, now) if row.name == name)
