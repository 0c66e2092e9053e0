"""Warnings of other systems come in: each becomes a signal of the kind ``warning`` and an alert with its own provenance, merged, routed and tasked like others.

A suppression in force covers them as it covers our own; capacity never cuts them off, for nobody would offer them again. The same warning again changes
nothing; the same number with another record is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from risk.domain import regions
from risk.domain.alerts_outside import OutsideWarning, grade_of
from risk.domain.errors import ConflictError
from risk.domain.grades import Grade
from risk.domain.signals import Signal, digest
from risk.domain.values import safe_text
from risk.scoring.keys import key_of
from risk.scoring.keys import title as model_title
from risk.services import alert_entry, auditing
from risk.services.alert_entry import Said
from risk.services.personal import masked
from risk.services.provenance import seen
from risk.services.signal_store import hold
from risk.storage import tables as t

_TITLE = 120


@dataclass(frozen=True, slots=True)
class RaisedWarning:
    """What became of a warning. ``outcome``: new, merged or suppressed; ``repeated``: it was received before, nothing is new."""

    id: int
    signal_id: int
    alert_id: int | None
    task_id: int | None
    outcome: str
    grade: str
    repeated: bool


def raise_from_warning(conn: Connection, warning: OutsideWarning, actor: str, now: datetime) -> RaisedWarning:
    """Take a warning in, in the caller's write transaction.

    ``InvalidInputError``: ``warning_incomplete``, ``unknown_model``; ``ConflictError``: ``warning_changed``.
    """
    warning.check()
    hold(conn)
    before = _stored(conn, warning)
    if before is not None:
        if before.raw_hash != warning.raw_hash:
            raise ConflictError("warning_changed", system=warning.system, id=warning.warning_id)
        return _told(conn, before, repeated=True)
    model = key_of(warning.model)
    grade, known = grade_of(warning.system, warning.level)
    signal_id = alert_entry.keep_signal(conn, _signal(warning), now)
    row = alert_entry.signal_row(conn, signal_id)
    evidence = _evidence(warning, row, level_known=known)
    said = Said(
        model=model,
        lens="warning",
        origin="warning",
        grade=grade,
        titles=_titles(model, warning),
        evidence={**evidence, "grade": grade.code},
        versions={"system": warning.system, "warning": warning.warning_id},
    )
    key = digest(["warning", warning.system, warning.warning_id])
    settled = alert_entry.settle_one(conn, key, signal_id, said, actor=actor, now=now)
    values = {
        "system": warning.system[:80],
        "warning_id": warning.warning_id[:200],
        "level": warning.level[:40],
        "grade": int(grade),
        "model": model,
        "rule": warning.rule[:400] if warning.rule else None,
        "raw_hash": warning.raw_hash[:64],
        "raised_at": warning.raised_at,
        "received_at": now,
        "signal_id": signal_id,
        "run_id": settled.run_id,
        "alert_id": settled.alert_id,
        "outcome": settled.outcome,
        "actor": actor,
        "detail": dict(warning.detail),
    }
    conn.execute(insert(t.outside_warnings).values(values))
    detail = {"system": warning.system, "warning": warning.warning_id, "alert": settled.alert_id, "outcome": settled.outcome}
    auditing.record(conn, actor, "warning.receive", f"signal:{signal_id}", detail, now)
    stored = _stored(conn, warning)
    assert stored is not None
    return _told(conn, stored, repeated=False)


def _stored(conn: Connection, warning: OutsideWarning) -> Row[Any] | None:
    w = t.outside_warnings.c
    query = select(t.outside_warnings).where(w.system == warning.system[:80], w.warning_id == warning.warning_id[:200])
    return conn.execute(query).first()


def _told(conn: Connection, row: Row[Any], *, repeated: bool) -> RaisedWarning:
    task = None
    if row.alert_id is not None:
        task = conn.scalar(select(t.tasks.c.id).where(t.tasks.c.alert_id == row.alert_id).order_by(t.tasks.c.id).limit(1))
    return RaisedWarning(row.id, row.signal_id, row.alert_id, task, row.outcome, Grade(row.grade).code, repeated)


def _signal(warning: OutsideWarning) -> Signal:
    return Signal(
        source=warning.system[:200],
        text=safe_text(warning.text),
        observed_at=warning.raised_at,
        time_given=True,
        kind="warning",
        source_id=warning.warning_id[:300],
        url=warning.url[:2000] if warning.url else None,
        region=regions.resolve(warning.region),
        subject=warning.subject,
        fields={"level": warning.level, **({"rule": warning.rule} if warning.rule else {})},
    )


def _evidence(warning: OutsideWarning, row: Row[Any], *, level_known: bool) -> dict[str, Any]:
    zh = [f"{warning.system}预警（{warning.level}）：{warning.rule or '未说明规则'}"]
    en = [f"warning of {warning.system} ({warning.level}): {warning.rule or 'no rule was named'}"]
    if not level_known:
        zh.append(f"对方等级“{warning.level}”无对应，按蓝色处理")
        en.append(f'their level "{warning.level}" is not known here, taken as blue')
    return {
        "zh": zh,
        "en": en,
        "rules": [],
        "warning": {
            "system": warning.system,
            "id": warning.warning_id,
            "level": warning.level,
            "level_known": level_known,
            "rule": warning.rule,
            "raised_at": warning.raised_at.isoformat(),
            "raw_hash": warning.raw_hash,
        },
        **seen(row),
    }


def _titles(model: str, warning: OutsideWarning) -> tuple[str, str]:
    what = masked(" ".join(warning.text.split()))[:_TITLE]
    zh = f"涉嫌{model_title(model.split('.', 1)[0], 'zh')}（{warning.system}预警）：{what}"
    en = f"Suspected: {model_title(model.split('.', 1)[0], 'en').lower()} (warning of {warning.system}): {what}"
    return zh, en
