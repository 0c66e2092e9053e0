"""How models are doing: figures with limits, trends, what is missed, complaints flagged before, internal tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from fastapi import Response
from pydantic import Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, LongText, Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Named
from risk.scheduling.jobs import Job, JobRunRow
from risk.scoring.keys import key_of
from risk.services import model_tasks
from risk.services.model_tasks import ModelTask
from risk.services.paging import Page

router = Router(tags=["models"])
_YEAR = timedelta(days=365)


class TaskClosed(Named):
    """Why an internal task is done."""

    reason: LongText = Field(description="why / 理由", examples=["已重新训练"])


@router.get("/models/{model}/health", summary="模型健康 / Health of a model", responses=problems(404), dependencies=[needs("models.read")])
def get_health(model: Text, svc: Svc, who: Caller, as_of: Moment | None = None) -> dict[str, Any]:
    """The figures stored last (or last before `as_of`), each with its interval, number, limit; and the internal tasks that are open."""
    from risk.services import model_health  # brings numpy, which a server loads when it is asked for

    return _plain(svc.desk.read(model_health.show, key_of(model), as_of, scope=who.scope))


@router.post(
    "/models/{model}/health/checks",
    status_code=202,
    summary="立即检查健康 / Check the health of a model now",
    responses=problems(404, 409),
    dependencies=[needs("models.write", whole=True)],
)
def start_check(model: Text, sent: Named, svc: Svc, who: Caller, response: Response) -> JobRunRow:
    """Beside this request; what crosses its limit opens an internal task. One at a time (409). `Location` shows how it goes."""
    arguments = {"models": [key_of(model)], "actor": acting(who, sent.actor)}
    started = svc.background.start(Job("health_by_hand", "", "model_health", arguments))
    response.headers["Location"] = f"/api/v1/jobs/runs/{started.id}"
    return started


@router.get(
    "/models/{model}/health/trend", summary="指标走势 / One figure over time", responses=problems(404), dependencies=[needs("models.read")]
)
def get_trend(model: Text, figure: Text, svc: Svc, who: Caller, part: Text = "", limit: Limit = 100) -> list[dict[str, Any]]:
    """The oldest first."""
    from risk.services import model_health

    return [_plain(one) for one in svc.desk.read(model_health.trend, key_of(model), figure, part, limit, scope=who.scope)]


@router.get(
    "/models/{model}/recall",
    summary="召回率估计 / Recall, with what is missed",
    responses=problems(404),
    dependencies=[needs("models.read", whole=True)],
)
def get_recall(
    model: Text, svc: Svc, since: Moment | None = None, until: Moment | None = None, as_of: Moment | None = None
) -> dict[str, Any]:
    """From alerts and the random sample of un-alerted units, with intervals; by default of the last year."""
    from risk.services import selection_bias

    last = until or svc.desk.clock()
    return svc.desk.read(selection_bias.recall, key_of(model), since or last - _YEAR, last, as_of or svc.desk.clock())


@router.get(
    "/models/{model}/complaints",
    summary="投诉回溯 / Complaints flagged before",
    responses=problems(404),
    dependencies=[needs("models.read", whole=True)],
)
def get_complaints(
    model: Text, svc: Svc, since: Moment | None = None, until: Moment | None = None, as_of: Moment | None = None
) -> dict[str, Any]:
    """Which share of confirmed complaints had been flagged before they came, by month, with the days gained."""
    from risk.services import selection_bias

    last = until or svc.desk.clock()
    return svc.desk.read(selection_bias.complaints, key_of(model), since or last - _YEAR, last, as_of or svc.desk.clock())


@router.get("/model-tasks", summary="内部任务 / Internal tasks for owners of models", dependencies=[needs("models.read", whole=True)])
def list_model_tasks(
    svc: Svc, model: Text | None = None, state: Literal["open", "done"] | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ModelTask]:
    """The newest first."""
    key = key_of(model) if model else None
    return svc.desk.read(model_tasks.list_tasks, model=key, state=state, limit=limit, cursor=cursor)


@router.get(
    "/model-tasks/{task_id}",
    summary="内部任务详情 / One internal task",
    responses=problems(404),
    dependencies=[needs("models.read", whole=True)],
)
def get_model_task(task_id: Id, svc: Svc) -> ModelTask:
    """With the figures that opened it."""
    return svc.desk.read(model_tasks.get, task_id)


@router.post(
    "/model-tasks/{task_id}/close",
    summary="办结内部任务 / Close an internal task",
    responses=problems(404, 409),
    dependencies=[needs("models.write", whole=True)],
)
def close_model_task(task_id: Id, sent: TaskClosed, svc: Svc, who: Caller) -> ModelTask:
    """Done, by whom and why."""
    return svc.desk.act(model_tasks.close, task_id, reason=sent.reason, now=svc.desk.clock(), actor=acting(who, sent.actor))


def _plain(view: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(view)
