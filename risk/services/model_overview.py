"""All models at a glance: champion, what it was measured at, what it has to learn from, how it does. Asks the store and small files; MLflow is not imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, distinct, func, select

from risk.scoring import keys
from risk.services.model_tasks import OPEN
from risk.settings import Settings
from risk.storage import tables as t

SHOWN = ("score_drift", "feature_drift", "calibration", "estimated_precision", "recall", "complaints_flagged")
"""The figures of health that a glance shows, where they are of the whole."""


@dataclass(frozen=True, slots=True)
class Glance:
    """One figure of health."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    limit: float | None
    crossed: bool


@dataclass(frozen=True, slots=True)
class ModelGlance:
    """A model (with its lens). ``metrics``: figures of the champion on rows it did not learn from, each with value, low, high; empty where rules score alone.

    ``labels``, ``positives``: units with a label that has matured. ``checked``: when its health was looked at last; ``crossed``: the figures beyond their limit.
    """

    key: str
    model: str
    zh: str
    en: str
    question_zh: str
    question_en: str
    looks_at: str
    outside: bool
    champion: int | None
    measured: int
    metrics: dict[str, dict[str, float]]
    labels: int
    positives: int
    checked: datetime | None
    health: tuple[Glance, ...]
    crossed: tuple[str, ...]
    open_tasks: int


def overview(conn: Connection, settings: Settings, now: datetime) -> tuple[ModelGlance, ...]:
    """Every model of the line-up, then outside models."""
    from models.registry import Registry

    champions = Registry(settings.registry_dir).champions()
    labels, tasks, foreign = _labels(conn, now), _tasks(conn), keys.outside()
    return tuple(_glance(conn, settings, key, champions.get(key), labels, tasks, key in foreign) for key in keys.all_keys())


def _glance(
    conn: Connection,
    settings: Settings,
    key: str,
    champion: Mapping[str, Any] | None,
    labels: Mapping[str, tuple[int, int]],
    tasks: Mapping[str, int],
    outside: bool,
) -> ModelGlance:
    model, lens = keys.split_key(key)
    spec = keys.spec_of(model)
    assert spec is not None
    learnt = _out_of_fold(settings, champion)
    checked, figures = _health(conn, key)
    count, positives = labels.get(key, (0, 0))
    return ModelGlance(
        key, model, keys.title(key, "zh"), keys.title(key, "en"), spec.question[0], spec.question[1],
        spec.lens(lens).looks_at, outside, int(champion["version"]) if champion else None,
        int(learnt.get("n") or 0), {name: one for name, one in (learnt.get("metrics") or {}).items() if one},
        count, positives, checked,
        tuple(one for name in SHOWN for one in figures if one.name == name),
        tuple(dict.fromkeys(_crossed(conn, key, checked))), tasks.get(key, 0),
    )  # fmt: skip


def _out_of_fold(settings: Settings, champion: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What training measured, from the champion's manifest; nothing where there is none, or where it cannot be read (scoring refuses it and says why)."""
    if champion is None:
        return {}
    try:
        told = json.loads((settings.registry_dir / str(champion["path"]) / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(told.get("training", {}).get("out_of_fold") or {})


def _labels(conn: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    c = t.labels.c
    positive = case((c.value > 0, c.signal_id))
    query = select(c.model, func.count(distinct(c.signal_id)), func.count(distinct(positive)))
    rows = conn.execute(query.where(c.matures_at <= now, c.known_at <= now).group_by(c.model))
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def _tasks(conn: Connection) -> dict[str, int]:
    c = t.model_tasks.c
    rows = conn.execute(select(c.model, func.count()).where(c.state == OPEN).group_by(c.model))
    return {row[0]: int(row[1]) for row in rows}


def _health(conn: Connection, key: str) -> tuple[datetime | None, list[Glance]]:
    c = t.health_figures.c
    newest = conn.scalar(select(func.max(c.as_of)).where(c.model == key))
    if newest is None:
        return None, []
    columns = (c.name, c.value, c.low, c.high, c.n, c.limit_value, c.crossed)
    rows = conn.execute(select(*columns).where(c.model == key, c.as_of == newest, c.part == "", c.name.in_(SHOWN)).order_by(c.id))
    return newest, [Glance(row.name, row.value, row.low, row.high, int(row.n), row.limit_value, bool(row.crossed)) for row in rows]


def _crossed(conn: Connection, key: str, newest: datetime | None) -> list[str]:
    c = t.health_figures.c
    query = select(c.name).where(c.model == key, c.as_of == newest, c.crossed.is_(True)).order_by(c.id)
    return list(conn.scalars(query)) if newest is not None else []
