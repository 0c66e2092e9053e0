"""When a model learns again, what a challenger must go through, when a champion is taken back: the policy as data (``data/retraining.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from risk.domain.datafiles import read_toml
from risk.domain.messages import register

REASONS = ("first", "labels", "drift", "calibration", "schedule", "manual")
"""Why a model learns again, the most telling first."""

register(
    {
        "decision_promoted": ("晋级", "promoted"),
        "decision_first": ("首个版本上线", "first version"),
        "decision_kept": ("保留原冠军", "champion kept"),
        "decision_shadow": ("进入影子运行", "in shadow"),
        "decision_dropped": ("影子运行后放弃", "dropped after its time in shadow"),
        "decision_superseded": ("被更新的挑战者取代", "superseded by a newer challenger"),
        "decision_outdated": ("冠军已变更，比较作废", "the champion changed meanwhile"),
        "decision_awaiting_approval": ("待批准", "awaiting approval"),
        "decision_too_few_labels": ("标签不足", "too few labels"),
        "decision_laws_failed": ("未通过模型法则", "laws failed"),
        "decision_rolled_back": ("已回退", "rolled back"),
        "decision_no_earlier": ("无更早冠军可回退", "no earlier champion to go back to"),
        "due_first": ("尚无模型", "no model yet"),
        "due_labels": ("新增成熟标签 {n} 条（达到 {limit}）", "{n} labels matured since (limit {limit})"),
        "due_drift": ("漂移超限：{figures}", "drift over its limit: {figures}"),
        "due_calibration": ("校准变差：{figures}", "calibration has decayed: {figures}"),
        "due_schedule": ("距上次训练 {days} 天，新增标签 {n} 条", "{days} days since the last training, {n} new labels"),
        "due_manual": ("人工发起", "asked for"),
        "due_cool_down": ("冷却期，{until} 之后再训练", "cooling down until {until}"),
        "due_shadow": ("影子运行中，结束后再训练", "a challenger is in shadow: not before it has ended"),
        "due_nothing": ("无须训练", "nothing is due"),
    }
)


@dataclass(frozen=True, slots=True)
class Triggers:
    """What makes a model due."""

    every_days: float
    new_labels: int
    drift: tuple[str, ...]
    """Figures of health that tell of drift."""
    calibration: tuple[str, ...]
    """Figures of health that tell of calibration."""
    cool_down_days: float


@dataclass(frozen=True, slots=True)
class Shadow:
    """How long a challenger scores beside the champion before it may take its place; 0 days: not at all."""

    days: float
    verdicts: int
    most_days: float


@dataclass(frozen=True, slots=True)
class Live:
    """When the champion's alerts are too seldom right."""

    verdicts: int
    certainty: float
    cool_down_days: float


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything of one model."""

    triggers: Triggers
    shadow: Shadow
    live: Live

    @property
    def at_once(self) -> Policy:
        """The same without a shadow period: what passes the gate is promoted."""
        return replace(self, shadow=replace(self.shadow, days=0))


def policy_of(key: str, tables: Mapping[str, Any] | None = None) -> Policy:
    """The policy of a model: what the file says of all, and what it says of this one. ``tables`` in place of the file are for tests and the demo.

    >>> policy_of("illegal_drug_sales").shadow.days
    14
    >>> own = {**read_toml("retraining.toml"), "models": {"illegal_drug_sales": {"shadow": {"days": 0}}}}
    >>> policy_of("illegal_drug_sales", own).shadow.days, policy_of("false_medical_advertising", own).shadow.days
    (0, 14)
    """
    told = read_toml("retraining.toml") if tables is None else tables
    own = told.get("models", {}).get(key, {})
    triggers: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in (told["triggers"] | own.get("triggers", {})).items()}
    return Policy(
        Triggers(**triggers),
        Shadow(**(told["shadow"] | own.get("shadow", {}))),
        Live(**(told["live"] | own.get("live", {}))),
    )


@dataclass(frozen=True, slots=True)
class GradeLive:
    """How often a grade of the champion was right, and what is promised: ``limit`` by ``promise`` (gate or floor). ``out`` where it is surely less."""

    grade: str
    n: int
    confirmed: int
    value: float
    low: float
    high: float
    limit: float
    promise: str
    out: bool
