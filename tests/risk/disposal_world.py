"""A small stored world for the tests of alerts and tasks: a run, subjects, signals, assessments; no alerts yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from risk.domain.candidates import Candidate
from risk.domain.grades import Grade
from risk.domain.signals import digest
from risk.storage import tables as t

NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Wuhan
MODEL = "false_medical_advertising"

EVIDENCE = {
    "rules": [
        {
            "rule": "guaranteed_cure",
            "because": {"zh": "宣称“根治糖尿病”，涉嫌断言疗效", "en": 'claims "根治糖尿病": suspected assertion of effect'},
            "quotes": ["根治糖尿病"],
            "basis": [{"law": "广告法", "article": "16", "verified": True}],
            "advice": {"zh": "核对医疗广告审查证明", "en": "check the certificate of review"},
        }
    ]
}


def new_run(conn: Connection, key: str = "run") -> int:
    """A running run."""
    row = {"key": key, "model": MODEL, "as_of": NOW, "status": "running", "versions": {}, "balance": {}, "actor": "test", "started_at": NOW}
    return int(conn.execute(insert(t.runs).values(row).returning(t.runs.c.id)).scalar_one())


def new_subjects(conn: Connection, count: int, prefix: str = "s") -> list[int]:
    """Subjects in a row."""
    rows = [{"key": f"{prefix}{i}", "name": f"主体{i}", "kind": "enterprise", "facts": {}, "created_at": NOW} for i in range(count)]
    conn.execute(insert(t.subjects), rows)
    return list(conn.scalars(select(t.subjects.c.id).where(t.subjects.c.key.startswith(prefix)).order_by(t.subjects.c.id)))


def new_candidates(
    conn: Connection,
    run: int,
    specs: Sequence[tuple[int | None, Grade, float]],
    *,
    region: str | None = "420102",
    observed: datetime = NOW,
    tag: str = "x",
    model: str = MODEL,
) -> list[Candidate]:
    """One signal, assessment and candidate per (subject, grade, probability)."""
    signals: list[dict[str, Any]] = [
        {
            "identity": digest([tag, i, "id"]),
            "content_hash": digest([tag, i]),
            "source": "测试源",
            "kind": "content",
            "text": "三个疗程根治糖尿病",
            "fields": {},
            "warnings": [],
            "observed_at": observed,
            "time_given": True,
            "received_at": observed,
            "subject_id": subject,
        }
        for i, (subject, _, _) in enumerate(specs)
    ]
    made = conn.execute(insert(t.signals).returning(t.signals.c.id, sort_by_parameter_order=True), signals)
    ids = [row[0] for row in made]
    common = {"run_id": run, "model": model, "model_version": "rules", "rules_version": "r1", "as_of": NOW}
    judged = [
        {**common, "signal_id": s, "subject_id": u, "probability": p, "grade": int(g), "evidence": EVIDENCE if g else None}
        for s, (u, g, p) in zip(ids, specs, strict=True)
    ]
    stored = conn.execute(insert(t.assessments).returning(t.assessments.c.id, sort_by_parameter_order=True), judged)
    assessments = [row[0] for row in stored]
    return [
        Candidate(a, s, u, model, region, p, g, "涉嫌虚假医疗广告", "suspected false medical advertising", observed)
        for a, s, (u, g, p) in zip(assessments, ids, specs, strict=True)
    ]
