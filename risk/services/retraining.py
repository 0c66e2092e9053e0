"""Retraining: a challenger is trained on what was known, held against the laws and the champion, and promoted, tried in shadow, or dropped.

`retraining_data` says what is learnt from, `retraining_challenge` trains and decides, `retraining_registry` keeps versions, `shadow_scoring` tries one beside
the champion, `retraining_triggers` says what is due, `live_watch` takes a champion back. Everything is a row of ``trainings`` and of the audit.

One process trains a model at a time (a lease). A training that was killed and is started again ends the same: its key is made of what it depends on, its
version is registered once, and the champion changes only where it is still the one that was compared. The same call again returns what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from risk.domain.errors import ConflictError
from risk.domain.learning import Policy, policy_of
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.scoring.keys import split_key, title
from risk.services import auditing, lease, model_tasks, retraining_data, retraining_registry
from risk.services.retraining_data import DataSet
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer
    from risk.services.retraining_challenge import Challenge

register(
    {
        "retrained_line": ("{title}：{decision}（{labels} 条标签{figures}）", "{title}: {decision} ({labels} labels{figures})"),
        "training_busy": ("{model} 正由 {holder} 训练", "{model} is being trained by {holder}"),
        "training_busy.hint": ("等它结束后再试", "try again when it has ended"),
        "champion_changed": ("{model} 的冠军已变为版本 {version}", "the champion of {model} is version {version} by now"),
        "champion_changed.hint": ("重新读取模型后再训练", "load the models again, then train"),
        "model_task_approve_challenger": (
            "{model}：挑战者优于冠军，等待批准上线",
            "{model}: a challenger is better than the champion and awaits approval",
        ),
        "model_task_laws_failed": ("{model}：新训练的版本未通过模型法则", "{model}: a newly trained version breaks the laws"),
    }
)


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a retraining came to."""

    key: str
    decision: str
    champion: str | None
    challenger: str | None
    labels: int
    champion_ap: float | None
    challenger_ap: float | None
    reasons: tuple[str, ...] = ()

    def line(self, lang: str = "en") -> str:
        """One line for people."""
        from risk.domain.messages import say

        shown = "" if self.challenger_ap is None else f", AP {self.challenger_ap:.3f}"
        shown += "" if self.champion_ap is None else f" vs {self.champion_ap:.3f}"
        decision = say(f"decision_{self.decision}", lang)
        return say("retrained_line", lang, title=title(self.key, lang), decision=decision, labels=f"{self.labels:,}", figures=shown)


@dataclass(frozen=True, slots=True)
class _Act:
    """What every step of one training needs. ``hold`` says whether this process is still the one that trains the model."""

    engine: Engine
    settings: Settings
    policy: Policy
    actor: str
    now: datetime
    hold: Callable[[Connection], bool]


def retrain(
    engine: Engine,
    settings: Settings,
    scorer: Scorer,
    key: str,
    *,
    as_of: datetime,
    now: datetime,
    actor: str,
    seed: int = 0,
    reasons: Sequence[str] = ("manual",),
    policy: Policy | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Retrained:
    """Train a challenger of ``key`` from labels matured by ``as_of``, compare, and promote, try in shadow or keep the champion, as the policy says.

    Errors: ``training_busy`` (another process trains this model), ``champion_changed`` (the scorer is older than the champion). ``clock`` keeps the lease of a
    long training alive.
    """
    champion, ticks = scorer.learners.get(key), clock or (lambda: now)
    with alone(engine, key, ticks) as mine:
        act = _Act(engine, settings, policy or policy_of(key), actor, now, lambda conn: lease.renew(conn, mine, ticks()))
        compared = champion.version if champion else None
        with reading(engine) as conn:
            data = retraining_data.collect(conn, key, as_of)
        row = _begin(act, digest([key, as_of.isoformat(), seed, compared, data.hash()]), data, compared, seed, reasons)
        if row.status == "running":
            if (held := retraining_registry.champion(settings, key)) != compared:
                raise ConflictError("champion_changed", model=key, version=held or "-")
            row = _decide(act, scorer, data, row, seed)
        if row.status == "decided":
            row = _carry_out(act, row)
    return result_of(row)


def finish(
    engine: Engine,
    settings: Settings,
    run_key: str,
    *,
    now: datetime,
    actor: str,
    policy: Policy | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Retrained:
    """Carry out what a training decided before its process ended."""
    with reading(engine) as conn:
        key = str(get(conn, run_key).model)
    with alone(engine, key, clock or (lambda: now)) as mine:
        act = _Act(engine, settings, policy or policy_of(key), actor, now, lambda conn: lease.renew(conn, mine, now))
        with reading(engine) as conn:
            row = get(conn, run_key)
        return result_of(_carry_out(act, row) if row.status == "decided" else row)


@contextmanager
def alone(engine: Engine, key: str, clock: Callable[[], datetime]) -> Iterator[lease.Lease]:
    """One process at a time changes what a model's versions are; ``training_busy`` for the others."""
    with lease.held(engine, f"training:{key}", lease.process_name(), clock) as mine:
        if mine is None:
            with reading(engine) as conn:
                raise ConflictError("training_busy", model=key, holder=lease.holder(conn, f"training:{key}", clock()) or "-")
        yield mine


def result_of(row: Row[Any]) -> Retrained:
    """A row of ``trainings`` as its result."""
    told: Mapping[str, Any] = row.detail
    gate = told.get("gate", {})
    return Retrained(
        row.model,
        row.decision,
        row.champion,
        row.challenger,
        int(told.get("labels", 0)),
        gate.get("champion_ap"),
        gate.get("challenger_ap"),
        tuple(told.get("reasons", ())),
    )


def get(conn: Connection, run_key: str) -> Row[Any]:
    """The training of a key."""
    return conn.execute(select(t.trainings).where(t.trainings.c.key == run_key)).one()


def close(
    conn: Connection, row: Row[Any], *, decision: str, detail: Mapping[str, Any], actor: str, now: datetime, status: str = "done"
) -> bool:
    """End a training (or let it go on in shadow), with who and why in the audit; False where another process has done so."""
    c = t.trainings.c
    values = {"status": status, "decision": decision, "detail": {**row.detail, **detail}, "ended_at": now}
    mine = conn.execute(update(t.trainings).where(c.id == row.id, c.status == row.status).values(values)).rowcount == 1
    if mine:
        told = {"model": row.model, "decision": decision, "champion": row.champion, "challenger": row.challenger}
        auditing.record(conn, actor, f"training.{decision}", f"training:{row.id}", told | {"reasons": row.detail.get("reasons", [])}, now)
    return mine


def capacity_of(conn: Connection, data: DataSet) -> float | None:
    """How many units the offices that have tasks of this model could verify in the weeks that the compared units were judged in."""
    if not data.later:
        return None
    a, k, o = t.alerts.c, t.tasks.c, t.offices.c
    mine = select(k.office_code).distinct().join_from(t.tasks, t.alerts, k.alert_id == a.id)
    codes = mine.where(a.model == split_key(data.key)[0], k.issued_at <= data.as_of)
    weekly = conn.scalar(select(func.sum(o.weekly_capacity)).where(o.code.in_(codes)))
    moments = [c.judged_as_of for c in data.later]
    weeks = max((max(moments) - min(moments)) / timedelta(days=7), 1.0)
    return float(weekly) * weeks if weekly else None


def _decide(act: _Act, scorer: Scorer, data: DataSet, row: Row[Any], seed: int) -> Row[Any]:
    """Train and decide; afterwards the version is registered and the decision written down, and nothing has changed for those who score."""
    from risk.services.retraining_challenge import challenge

    with reading(act.engine) as conn:
        capacity = capacity_of(conn, data)
    found = challenge(act.engine, scorer, data, seed=seed, capacity=capacity)
    decision = {"passed": "shadow" if act.policy.shadow.days > 0 else "promoted"}.get(found.decision, found.decision)
    version = None
    if found.trained is not None and decision != "laws_failed":
        version = retraining_registry.keep(act.settings, found.trained, row.key, row.detail["data_set"], actor=act.actor, now=act.now)
    values = {"status": "decided", "decision": decision, "challenger": version, "detail": {**row.detail, **_told(found)}}
    with transaction(act.engine) as conn:
        if not act.hold(conn):
            raise ConflictError("training_busy", model=data.key, holder="?")
        conn.execute(update(t.trainings).where(t.trainings.c.id == row.id, t.trainings.c.status == "running").values(values))
        if decision == "laws_failed":
            detail = {"laws": found.detail["laws"], "training": row.id}
            model_tasks.open_task(conn, data.key, "laws_failed", detail, now=act.now, actor=act.actor)
        return get(conn, row.key)


def _told(found: Challenge) -> dict[str, Any]:
    if found.decision in ("kept", "passed"):
        return {"gate": found.detail}
    return dict(found.detail)


def _carry_out(act: _Act, row: Row[Any]) -> Row[Any]:
    """Do what was decided; done again after a kill it changes nothing."""
    decision, status, detail = str(row.decision), "done", {}
    if decision in ("first", "promoted"):
        decision = enthrone(act.engine, act.settings, row, decision, actor=act.actor, now=act.now)
    elif decision == "shadow":
        retraining_registry.shadow(act.settings, row.model, row.challenger)
        until = act.now + timedelta(days=act.policy.shadow.days)
        status, detail = "shadow", {"shadow": {"since": act.now.isoformat(), "until": until.isoformat()}}
    with transaction(act.engine) as conn:
        if decision == "shadow":
            _supersede(conn, row, act.actor, act.now)
        close(conn, row, decision=decision, detail=detail, actor=act.actor, now=act.now, status=status)
        return get(conn, row.key)


def enthrone(engine: Engine, settings: Settings, row: Row[Any], decision: str, *, actor: str, now: datetime) -> str:
    """Make a training's version the champion in the place of the one it was compared with; the decision as it turned out."""
    reason = f"training {row.id}: {row.detail.get('gate', {}).get('reason', decision)}"
    done = retraining_registry.promote(engine, settings, row.model, row.challenger, row.champion, actor=actor, now=now, reason=reason)
    if done == "awaiting_approval":
        detail = {"version": row.challenger, "training": row.id, "command": f"risk models approve {row.model} {row.challenger}"}
        with transaction(engine) as conn:
            model_tasks.open_task(conn, row.model, "approve_challenger", detail, now=now, actor=actor)
    return decision if done == "promoted" else done


def _supersede(conn: Connection, row: Row[Any], actor: str, now: datetime) -> None:
    """One challenger of a model is in shadow at a time: the newest."""
    c = t.trainings.c
    for older in conn.execute(select(t.trainings).where(c.model == row.model, c.status == "shadow", c.id != row.id)).all():
        close(conn, older, decision="superseded", detail={"superseded_by": row.id}, actor=actor, now=now)


def _begin(act: _Act, run_key: str, data: DataSet, champion: str | None, seed: int, reasons: Sequence[str]) -> Row[Any]:
    """The row of this training, made or found as it stands."""
    with transaction(act.engine) as conn:
        if conn.scalar(select(t.trainings.c.id).where(t.trainings.c.key == run_key)) is None:
            record = data.record()
            detail = {
                "labels": record["labels"],
                "verdicts": record["labels"] - record["sources"].get("case_library", 0),
                "seed": seed,
                "actor": act.actor,
                "reasons": list(reasons),
                "data_set": record,
            }
            row = {"key": run_key, "model": data.key, "as_of": data.as_of, "status": "running", "champion": champion}
            row |= {"detail": detail, "started_at": act.now}
            number = conn.execute(insert(t.trainings).values(row).returning(t.trainings.c.id)).scalar_one()
            told = {"model": data.key, "reasons": list(reasons), "data_set": record["hash"]}
            auditing.record(conn, act.actor, "training.begin", f"training:{number}", told, act.now)
        return get(conn, run_key)
