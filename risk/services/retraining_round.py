"""One look at every model: what was cut off is finished, champions are watched, shadows are scored and concluded, what is due is trained.

The scheduler does it daily; ``risk retrain run`` does it now. Safe to repeat, to kill, and to start twice at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, select, update

from risk.domain.errors import ConflictError
from risk.domain.learning import Policy, policy_of
from risk.services import live_watch, retraining, retraining_registry, retraining_triggers, shadow_scoring
from risk.services.live_watch import Watched
from risk.services.retraining import Retrained
from risk.services.retraining_triggers import Due
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found and done for one model."""

    key: str
    due: Due
    watched: Watched | None = None
    concluded: Retrained | None = None
    trained: Retrained | None = None
    busy: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as a job keeps them."""
        return {
            "due": [reason.code for reason in self.due.reasons],
            "held_back": [reason.code for reason in self.due.held_back],
            "rolled_back_to": self.watched.back_to if self.watched else None,
            "concluded": self.concluded.decision if self.concluded else None,
            "decision": self.trained.decision if self.trained else None,
            "challenger": self.trained.challenger if self.trained else None,
            "busy": self.busy,
        }


def look(
    engine: Engine,
    settings: Settings,
    scorer: Callable[[], Scorer],
    keys: Sequence[str],
    *,
    now: datetime,
    actor: str,
    policy: Policy | None = None,
    clock: Callable[[], datetime] | None = None,
) -> list[Looked]:
    """Finish, watch, conclude and train, model by model. ``scorer`` gives the scorer in force: asked again after every change of champions."""
    with reading(engine) as conn:
        shadows = {row.model for row in shadow_scoring.in_shadow(conn)}
    if shadows & set(keys):
        shadow_scoring.follow(engine, settings, scorer())
    return [_one(engine, settings, scorer, key, now, actor, policy or policy_of(key), clock) for key in keys]


def due(engine: Engine, settings: Settings, key: str, now: datetime, *, policy: Policy | None = None) -> Due:
    """What asks for a training of a model, and what holds it back."""
    with reading(engine) as conn:
        return retraining_triggers.due(conn, key, now, champion=retraining_registry.champion(settings, key), policy=policy)


def _one(
    engine: Engine,
    settings: Settings,
    scorer: Callable[[], Scorer],
    key: str,
    now: datetime,
    actor: str,
    policy: Policy,
    clock: Callable[[], datetime] | None,
) -> Looked:
    common: dict[str, Any] = {"now": now, "actor": actor, "policy": policy, "clock": clock}
    watched = concluded = trained = None
    try:
        trained = _finish(engine, settings, scorer, key, common)
        watched = live_watch.watch(engine, settings, key, **common)
        concluded = shadow_scoring.conclude(engine, settings, key, **common)
        asked = due(engine, settings, key, now, policy=policy)
        if trained is None and asked.now:
            trained = retraining.retrain(engine, settings, scorer(), key, as_of=now, reasons=asked.codes, **common)
    except ConflictError as error:
        if error.code not in ("training_busy", "champion_changed"):
            raise
        return Looked(key, due(engine, settings, key, now, policy=policy), watched, concluded, trained, busy=True)
    return Looked(key, asked, watched, concluded, trained)


def unfinished(conn: Connection, key: str) -> list[Row[Any]]:
    """Trainings that a dead process left, the oldest first."""
    c = t.trainings.c
    query = select(t.trainings).where(c.model == key, c.status.in_(("running", "decided")), c.decision.is_distinct_from("rolled_back"))
    return list(conn.execute(query.order_by(c.id)))


def _finish(engine: Engine, settings: Settings, scorer: Callable[[], Scorer], key: str, common: dict[str, Any]) -> Retrained | None:
    """Take up what was cut off: the newest is done again as of its own moment; one whose champion has changed since is closed as outdated."""
    with reading(engine) as conn:
        left = unfinished(conn, key)
    done = None
    for row in left:
        if row.status == "decided":
            done = retraining.finish(engine, settings, row.key, **common)
        elif row is left[-1] and row.champion == retraining_registry.champion(settings, key):
            again: dict[str, Any] = {"as_of": row.as_of, "seed": int(row.detail["seed"]), "reasons": row.detail["reasons"]}
            done = retraining.retrain(engine, settings, scorer(), key, **again, **common)
        with transaction(engine) as conn:
            c = t.trainings.c
            values = {"status": "done", "decision": "outdated", "ended_at": common["now"]}
            conn.execute(update(t.trainings).where(c.id == row.id, c.status == "running").values(values))
    return done
