"""Trainings: what models learnt from, why, and what came of it; what is due, and how champions do."""

from __future__ import annotations

from fastapi import APIRouter

from api.authority import needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from risk.scoring.keys import TEXT_KEYS
from risk.services import training_views
from risk.services.paging import Page
from risk.services.training_views import LearningState, TrainingRow

router = APIRouter(prefix="/trainings", tags=["models"])


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
