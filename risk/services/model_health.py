"""The health of a model at a moment: figures with their limits, stored as a series; what crosses its limit opens one internal task for the model's owner.

`health_figures.figures` reads only what was known at ``as_of``. `check` stores them once for a moment (asked again, it returns what is stored) and, for the newest moment, opens,
renews or closes tasks: a figure that is within its limit again closes its own task; one that is not known leaves it as it is. Limits are data (``health.toml``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, func, select

from risk.domain import regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.services import auditing, model_tasks
from risk.services.bulk import insert_rows
from risk.services.health_figures import HealthFigure, figures
from risk.storage import tables as t
from risk.storage.engine import reading, serialise, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

_LOCK = 5  # of serialise: one check writes at a time
register(
    {
        "model_task_score_drift": ("{model}：评分分布漂移超过限值", "{model}: scores have drifted beyond the limit"),
        "model_task_feature_drift": ("{model}：特征分布漂移超过限值", "{model}: features have drifted beyond the limit"),
        "model_task_recall": ("{model}：召回率低于限值", "{model}: recall is below the limit"),
        "model_task_complaints_flagged": (
            "{model}：属实投诉事先预警比例低于限值",
            "{model}: too few confirmed complaints were flagged before",
        ),
        "model_task_calibration": ("{model}：概率校准偏离限值", "{model}: probabilities are off beyond the limit"),
        "model_task_estimated_precision": (
            "{model}：无标签估计的精确率下降超过限值",
            "{model}: precision estimated without labels fell beyond the limit",
        ),
        "model_task_estimate_error": (
            "{model}：无标签估计与核查结果不符",
            "{model}: the estimate without labels and the verdicts disagree",
        ),
        "model_task_verified_rate": ("{model}：核查属实率低于等级承诺", "{model}: the verified rate is below what the grade promises"),
        "model_task_false_alarm_rule": ("{model}：有规则误报过多", "{model}: rules that are wrong too often"),
        "health_not_checked": ("模型“{model}”还没有健康检查", "the model `{model}` has not been checked yet"),
        "health_not_checked.hint": ("先运行 risk health check {model}", "first: risk health check {model}"),
    }
)

KINDS = (
    "score_drift",
    "feature_drift",
    "recall",
    "complaints_flagged",
    "calibration",
    "estimated_precision",
    "estimate_error",
    "verified_rate",
    "false_alarm_rule",
)
"""Figures that have a limit; each is a kind of internal task."""


@dataclass(frozen=True, slots=True)
class HealthView:
    """The figures of a model at a moment, with the internal tasks that are open."""

    model: str
    as_of: datetime
    figures: tuple[HealthFigure, ...]
    tasks: tuple[model_tasks.ModelTask, ...]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One moment of a series."""

    as_of: datetime
    value: float | None
    low: float | None
    high: float | None
    n: int
    crossed: bool


def check(engine: Engine, scorer: Scorer, model: str, *, as_of: datetime, now: datetime, actor: str) -> HealthView:
    """Compute, store, and open or close the tasks that follow. The same moment again computes nothing and changes nothing."""
    with reading(engine) as conn:
        if not _stored(conn, model, as_of):
            found = figures(conn, scorer, model, as_of)
        else:
            return show(conn, model, as_of)
    with transaction(engine) as conn:
        serialise(conn, _LOCK)
        if not _stored(conn, model, as_of):
            newest = conn.scalar(select(func.max(t.health_figures.c.as_of)).where(t.health_figures.c.model == model))
            insert_rows(conn, t.health_figures, [_row(model, as_of, one) for one in found])
            told = {"as_of": as_of.isoformat(), "crossed": sorted({one.name for one in found if one.crossed})}
            auditing.record(conn, actor, "model.health", f"model:{model}", told, now)
            if newest is None or newest < as_of:
                _act(conn, model, as_of, found, now, actor)
        return show(conn, model, as_of)


def show(conn: Connection, model: str, as_of: datetime | None = None, *, scope: Scope = EVERYWHERE) -> HealthView:
    """The figures stored for the newest moment, or the newest not after ``as_of``; ``NotFoundError`` (``health_not_checked``).

    Of a part of the province: the figures of its own places; those of the whole, and the tasks they opened, are for whoever sees the whole.
    """
    c = t.health_figures.c
    query = select(func.max(c.as_of)).where(c.model == model)
    moment = conn.scalar(query.where(c.as_of <= as_of) if as_of is not None else query)
    if moment is None:
        raise NotFoundError("health_not_checked", model=model)
    rows = conn.execute(select(t.health_figures).where(c.model == model, c.as_of == moment).order_by(c.id))
    tasks = model_tasks.list_tasks(conn, model=model, state=model_tasks.OPEN, limit=100).items if scope.whole else ()
    return HealthView(model, moment, tuple(_figure(row) for row in rows if _of_place(row.part, scope)), tasks)


def trend(
    conn: Connection, model: str, name: str, part: str = "", limit: int = 100, *, scope: Scope = EVERYWHERE
) -> tuple[TrendPoint, ...]:
    """One figure over time, the oldest of the newest ``limit`` first; nothing of a place outside the scope."""
    if not _of_place(part, scope):
        return ()
    c = t.health_figures.c
    query = select(c.as_of, c.value, c.low, c.high, c.n, c.crossed).where(c.model == model, c.name == name, c.part == part)
    rows = conn.execute(query.order_by(c.as_of.desc()).limit(max(1, min(limit, 1000)))).all()
    return tuple(TrendPoint(*row) for row in reversed(rows))


def _of_place(part: str, scope: Scope) -> bool:
    """Whether a figure's part (``420500``, ``red 420500``) is of a place inside.

    >>> from risk.domain.authority import Grant
    >>> [_of_place(part, Scope((Grant("420500"),))) for part in ("420500", "red 420500", "420100", "red", "")]
    [True, True, False, False, False]
    """
    return scope.whole or any(scope.at(word) for word in part.split() if word in regions.DIVISIONS)


def _act(conn: Connection, model: str, as_of: datetime, found: Sequence[HealthFigure], now: datetime, actor: str) -> None:
    for kind in KINDS:
        mine = [one for one in found if one.name == kind]
        crossed = [one for one in mine if one.crossed]
        detail = {
            "as_of": as_of.isoformat(),
            "figures": [
                {"part": one.part, "value": one.value, "low": one.low, "high": one.high, "n": one.n, "limit": one.limit} for one in crossed
            ],
            "command": f"risk health show {model}",
            "link": f"/api/v1/models/{model}/health",
        }
        if crossed:
            model_tasks.open_task(conn, model, kind, detail, now=now, actor=actor)
        elif any(one.value is not None for one in mine):
            model_tasks.recover(conn, model, kind, {"as_of": as_of.isoformat()}, now=now, actor=actor)


def _stored(conn: Connection, model: str, as_of: datetime) -> bool:
    c = t.health_figures.c
    return conn.scalar(select(c.id).where(c.model == model, c.as_of == as_of).limit(1)) is not None


def _row(model: str, as_of: datetime, one: HealthFigure) -> dict[str, Any]:
    values = asdict(one)
    return {"model": model, "as_of": as_of, "limit_value": values.pop("limit"), **values}


def _figure(row: Any) -> HealthFigure:
    return HealthFigure(
        row.name, row.part, row.value, row.low, row.high, int(row.n), row.limit_value, bool(row.crossed), dict(row.detail)
    )  # fmt: skip
