"""Which models are due to learn again, and why: enough labels, drift, decayed calibration, or time. The limits are data (``data/retraining.toml``).

Held back: by a cool-down after every training, whatever came of it, and while a challenger is in shadow. Nothing but a person asks for a training on the
very labels of the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from risk.domain.calendar import SHANGHAI
from risk.domain.learning import Policy, policy_of
from risk.domain.messages import say
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a model is due (or, ``holds_back``, why it is not although something asks for it)."""

    code: str
    zh: str
    en: str
    holds_back: bool = False

    @classmethod
    def of(cls, code: str, *, holds_back: bool = False, **facts: Any) -> Reason:
        """The reason in both languages."""
        return cls(code, say(f"due_{code}", "zh", **facts), say(f"due_{code}", "en", **facts), holds_back)


@dataclass(frozen=True, slots=True)
class Due:
    """What asks for a training of a model, and what holds it back."""

    key: str
    reasons: tuple[Reason, ...]
    held_back: tuple[Reason, ...]
    new_labels: int
    last: datetime | None

    @property
    def now(self) -> bool:
        """Whether to train."""
        return bool(self.reasons) and not self.held_back

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons' codes, as a training records them."""
        return tuple(reason.code for reason in self.reasons)


def due(conn: Connection, key: str, now: datetime, *, champion: str | None, policy: Policy | None = None) -> Due:
    """What asks for a training of ``key`` at ``now``; ``champion`` is the version in use."""
    rule, last = (policy or policy_of(key)).triggers, _last(conn, key, now)
    since = last.as_of if last else None
    new = new_labels(conn, key, since, now)
    reasons: list[Reason] = []
    if champion is None and new:
        reasons.append(Reason.of("first"))
    if champion is not None and new >= rule.new_labels:
        reasons.append(Reason.of("labels", n=new, limit=rule.new_labels))
    if champion is not None and new:
        for code, names in (("drift", rule.drift), ("calibration", rule.calibration)):
            if crossed := _crossed(conn, key, names, now):
                reasons.append(Reason.of(code, figures=", ".join(crossed)))
        days = None if last is None else (now - last.started_at) / timedelta(days=1)
        if days is None or days >= rule.every_days:
            reasons.append(Reason.of("schedule", days=0 if days is None else int(days), n=new))
    return Due(
        key, tuple(reasons), tuple(_held_back(conn, key, now, last, rule.cool_down_days)), new, None if last is None else last.started_at
    )


def new_labels(conn: Connection, key: str, since: datetime | None, now: datetime) -> int:
    """Units whose label has matured after ``since`` and by ``now``."""
    c = t.labels.c
    query = select(func.count(func.distinct(c.signal_id))).where(c.model == key, c.matures_at <= now, c.known_at <= now)
    return int(conn.scalar(query if since is None else query.where(c.matures_at > since)) or 0)


def _last(conn: Connection, key: str, now: datetime) -> Any:
    """The newest training, whatever came of it; a roll-back is none, and one that was killed is taken up again."""
    c = t.trainings.c
    query = select(c.as_of, c.started_at).where(
        c.model == key, c.started_at <= now, c.status.in_(("done", "shadow")), c.decision != "rolled_back"
    )
    return conn.execute(query.order_by(c.started_at.desc(), c.id.desc())).first()


def _held_back(conn: Connection, key: str, now: datetime, last: Any, days: float) -> list[Reason]:
    c, found = t.trainings.c, []
    if last is not None and now < (until := last.started_at + timedelta(days=days)):
        found.append(Reason.of("cool_down", holds_back=True, until=f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"))
    if conn.scalar(select(func.count()).where(c.model == key, c.status == "shadow")):
        found.append(Reason.of("shadow", holds_back=True))
    return found


def _crossed(conn: Connection, key: str, names: Sequence[str], now: datetime) -> list[str]:
    """The figures that stood beyond their limit when they were looked at last."""
    c = t.health_figures.c
    newest = select(func.max(c.as_of)).where(c.model == key, c.name.in_(names), c.as_of <= now).scalar_subquery()
    rows = conn.execute(
        select(c.name).distinct().where(c.model == key, c.name.in_(names), c.as_of == newest, c.crossed.is_(True)).order_by(c.name)
    )
    return [row.name for row in rows]
