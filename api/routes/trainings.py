"""Trainings: what models learnt from, why, and what came of it; what is due, and how champions do."""

from __future__ import annotations

from fastapi import Response
from pydantic import Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Named
from risk.scheduling.jobs import Job, JobRunRow
from risk.scoring.keys import TEXT_KEYS, key_of
from risk.services import training_views
from risk.services.paging import Page
from risk.services.training_views import LearningState, TrainingRow

router = Router(prefix="/trainings", tags=["models"])


class TrainingAsked(Named):
    """Which model is to learn again."""

    model: Text = Field(description="with its lens / 模型", examples=["illegal_drug_sales"])


@router.post(
    "",
    status_code=202,
    summary="发起训练 / Train a model now",
    responses=problems(409, 422),
    dependencies=[needs("models.write", whole=True)],
)
def start_training(sent: TrainingAsked, svc: Svc, who: Caller, response: Response) -> JobRunRow:
    """Beside this request, whatever the triggers say: laws, comparison and shadow stand as ever. One at a time (409). `Location` shows how it goes."""
    arguments = {"models": [key_of(sent.model)], "always": True, "actor": acting(who, sent.actor)}
    started = svc.background.start(Job("train_by_hand", "", "retrain", arguments))
    response.headers["Location"] = f"/api/v1/jobs/runs/{started.id}"
    return started


@router.get("", summary="训练与回退记录 / Trainings and roll-backs", dependencies=[needs("models.read", whole=True)])
def list_trainings(svc: Svc, model: Text | None = None, limit: Limit = 50, cursor: Cursor = None) -> Page[TrainingRow]:
    """The newest first, each with its data set, the gate's figures and its decision."""
    return svc.desk.read(training_views.list_trainings, model=model, limit=limit, cursor=cursor)


@router.get("/state", summary="各模型学习状态 / Each model's place in the loop", dependencies=[needs("models.read", whole=True)])
def learning_state(svc: Svc) -> tuple[LearningState, ...]:
    """What is due and why, what holds it back, the challenger in shadow, the verified rate of the champion's alerts against its promise."""
    return svc.desk.read(training_views.states, svc.settings, TEXT_KEYS, svc.desk.clock())


@router.get("/{training_id}", summary="一次训练 / One training", responses=problems(404), dependencies=[needs("models.read", whole=True)])
def get_training(training_id: Id, svc: Svc) -> TrainingRow:
    """What it learnt from, so that it can be made again; how it compared; what was decided."""
    return svc.desk.read(training_views.get_training, training_id)
