"""Trainings as people look at them: what was trained and why, on what, what it came to; what is due; what is in shadow; how the champion does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from risk.domain.errors import NotFoundError
from risk.domain.learning import GradeLive, policy_of
from risk.domain.messages import register, say
from risk.scoring.keys import title
from risk.services import retraining_triggers
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.retraining_triggers import Due
from risk.settings import Settings
from risk.storage import tables as t

register(
    {
        "training_not_found": ("没有编号为 {id} 的训练", "no training with the number {id}"),
        "training_is_running": ("进行中", "running"),
    }
)


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One training (or roll-back) of a model."""

    id: int
    model: str
    model_zh: str
    model_en: str
    as_of: datetime
    status: str
    decision: str | None
    decision_zh: str
    decision_en: str
    champion: str | None
    challenger: str | None
    reasons: tuple[str, ...]
    detail: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ShadowState:
    """A challenger in shadow: since when, until when at the earliest, what it has scored, how many verdicts there are."""

    training: int
    version: str
    since: datetime
    until: datetime
    units: int
    alerts_of_challenger: int
    alerts_of_champion: int
    alerts_of_both: int
    verdicts: int
    verdicts_needed: int


@dataclass(frozen=True, slots=True)
class LearningState:
    """A model's place in the loop."""

    key: str
    zh: str
    en: str
    champion: str | None
    due: Due
    shadow: ShadowState | None
    grades: tuple[GradeLive, ...]
    last: TrainingRow | None


def list_trainings(conn: Connection, *, model: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[TrainingRow]:
    """Trainings and roll-backs, the newest first."""
    c = t.trainings.c
    query = select(t.trainings)
    if model:
        query = query.where(c.model == model)
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(c.id.desc()), limit, training_row)


def get_training(conn: Connection, training_id: int) -> TrainingRow:
    """One training; ``NotFoundError`` (``training_not_found``)."""
    row = conn.execute(select(t.trainings).where(t.trainings.c.id == training_id)).one_or_none()
    if row is None:
        raise NotFoundError("training_not_found", id=training_id)
    return training_row(row)


def repeatable(conn: Connection, training_id: int) -> bool:
    """Whether the data set of a training, made again from what is stored, is the very same."""
    from risk.services import retraining_data

    row = get_training(conn, training_id)
    return bool(retraining_data.collect(conn, row.model, row.as_of).hash() == row.detail.get("data_set", {}).get("hash"))


def states(conn: Connection, settings: Settings, keys: Sequence[str], now: datetime) -> tuple[LearningState, ...]:
    """Every model's place in the loop."""
    return tuple(_state(conn, settings, key, now) for key in keys)


def training_row(row: Row[Any]) -> TrainingRow:
    """A row of ``trainings`` as people look at it."""
    code = f"decision_{row.decision}" if row.decision and row.status != "running" else "training_is_running"
    return TrainingRow(
        id=row.id,
        model=row.model,
        model_zh=title(row.model, "zh"),
        model_en=title(row.model, "en"),
        as_of=row.as_of,
        status=row.status,
        decision=row.decision,
        decision_zh=say(code, "zh", default=row.decision),
        decision_en=say(code, "en", default=row.decision),
        champion=row.champion,
        challenger=row.challenger,
        reasons=tuple(row.detail.get("reasons", ())),
        detail=dict(row.detail),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _state(conn: Connection, settings: Settings, key: str, now: datetime) -> LearningState:
    from risk.services import live_watch, retraining_registry, shadow_scoring

    champion, policy = retraining_registry.champion(settings, key), policy_of(key)
    newest = list_trainings(conn, model=key, limit=1).items
    shadows = shadow_scoring.in_shadow(conn, key)
    return LearningState(
        key=key,
        zh=title(key, "zh"),
        en=title(key, "en"),
        champion=champion,
        due=retraining_triggers.due(conn, key, now, champion=champion, policy=policy),
        shadow=_shadow(conn, shadows[-1], now, policy.shadow.verdicts) if shadows else None,
        grades=() if champion is None else live_watch.live(conn, key, champion, now, policy.live),
        last=newest[0] if newest else None,
    )


def _shadow(conn: Connection, row: Row[Any], now: datetime, needed: int) -> ShadowState:
    from risk.services import shadow_scoring

    told, counts = row.detail["shadow"], shadow_scoring.counts(conn, row.id)
    return ShadowState(
        training=row.id,
        version=row.challenger,
        since=datetime.fromisoformat(told["since"]),
        until=datetime.fromisoformat(told["until"]),
        units=counts["units"],
        alerts_of_challenger=counts["challenger"],
        alerts_of_champion=counts["champion"],
        alerts_of_both=counts["both"],
        verdicts=len(shadow_scoring.verdicts_in_shadow(conn, row, now).cases),
        verdicts_needed=needed,
    )
