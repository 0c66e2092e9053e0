"""Conservation: whatever is settled in whatever order, by runs, persons and outside systems, every candidate has one outcome and nothing is lost or doubled."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select, update

from risk.domain.alerts_outside import OutsideWarning
from risk.domain.alerts_suppressed import Mode
from risk.domain.balance import Balance
from risk.domain.grades import Grade
from risk.domain.signals import SubjectKeys
from risk.services.alerts import run_balance, settle
from risk.services.dispatch import seed_offices
from risk.services.manual_alerts import Entry, add
from risk.services.outside_warnings import raise_from_warning
from risk.services.suppressions import suppress
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import MODEL, NOW, new_candidates, new_run, new_subjects

ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.integers(1, 6), st.integers(0, 2**16)),
        st.tuples(st.just("manual"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("warning"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("again"), st.integers(0, 9), st.just(0)),
    ),
    min_size=1,
    max_size=14,
)


def _check(conn: Connection, runs: set[int]) -> None:
    for run in runs:
        assert run_balance(conn, run).check()
    evidence = set(conn.execute(select(t.alert_evidence.c.alert_id, t.alert_evidence.c.assessment_id)))
    placed = conn.execute(select(t.candidates.c.alert_id, t.candidates.c.assessment_id, t.candidates.c.outcome)).all()
    in_alerts = [(row.alert_id, row.assessment_id) for row in placed if row.outcome in ("new", "merged")]
    assert Counter(in_alerts) == Counter(tuple(row) for row in evidence), "every candidate in an alert is evidence of it, once"
    assert all(row.alert_id is None for row in placed if row.outcome not in ("new", "merged"))
    opened = Counter(row.alert_id for row in placed if row.outcome == "new")
    alerts = {row.id: row.grade for row in conn.execute(select(t.alerts.c.id, t.alerts.c.grade))}
    assert opened == Counter(alerts.keys()), "every alert was opened by one candidate"
    tasks = conn.execute(select(t.tasks.c.alert_id, t.tasks.c.grade)).all()
    assert {row.alert_id: row.grade for row in tasks} == alerts
    assert len(tasks) == len(alerts), "every alert has one task, of its grade"
    best = select(t.alert_evidence.c.alert_id, func.max(t.assessments.c.grade).label("best")).join_from(t.alert_evidence, t.assessments)
    assert {row.alert_id: row.best for row in conn.execute(best.group_by(t.alert_evidence.c.alert_id))} == alerts
    raised = conn.scalars(select(t.outbox.c.object).where(t.outbox.c.event == "alert.raised")).all()
    assert sorted(raised) == sorted(f"alert:{key}" for key in alerts)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_candidates_are_conserved_under_any_interleaving(sqlite_engine: Engine, acts: list[tuple[str, int, int]]) -> None:
    with transaction(sqlite_engine) as conn:
        whole = conn.begin_nested()
        seed_offices(conn)
        conn.execute(update(t.offices).values(weekly_capacity=3))
        run, names = new_run(conn), [f"s{i}" for i in range(4)]
        subjects = new_subjects(conn, 4)
        suppress(conn, {"subject": "s3"}, owner="王", reason="x", expires_at=NOW + timedelta(days=9), now=NOW)
        suppress(conn, {"source": "测试源"}, owner="王", reason="x", expires_at=NOW + timedelta(days=9), now=NOW, mode=Mode.DRY_RUN)
        deadlines: dict[int, tuple[object, object]] = {}
        chunks, total = [], Balance()
        for n, (what, a, seed) in enumerate(acts):
            if what == "run":
                rng = random.Random(seed)
                specs = [(rng.choice([*subjects, None]), rng.choice(list(Grade)), rng.random()) for _ in range(a)]
                chunk = new_candidates(conn, run, specs, tag=f"t{n}")
                chunks.append(chunk)
                total += settle(conn, run, chunk, NOW + timedelta(minutes=n))
            elif what == "manual":
                entry = Entry(f"k{a}", MODEL, "理由", f"线索{a}", subject=SubjectKeys(name=names[a]), region="420102")
                add(conn, entry, actor="张三", now=NOW + timedelta(minutes=n))
            elif what == "warning":
                warning = OutsideWarning("省平台", f"w{a}", "黄", MODEL, f"预警{a}", NOW, f"h{a}", SubjectKeys(name=names[a]), "420102")
                raise_from_warning(conn, warning, "exchange", NOW + timedelta(minutes=n))
            elif chunks:
                settle(conn, run, chunks[a % len(chunks)], NOW + timedelta(minutes=n))
            for row in conn.execute(select(t.tasks.c.id, t.tasks.c.sign_due, t.tasks.c.report_due)):
                before = deadlines.get(row.id)
                assert before is None or (row.sign_due <= before[0] and row.report_due <= before[1]), "a deadline moved away"
                deadlines[row.id] = (row.sign_due, row.report_due)
        assert run_balance(conn, run) == total
        _check(conn, set(conn.scalars(select(t.runs.c.id))))
        whole.rollback()


def test_a_suppression_on_trial_counts_and_suppresses_nothing(engine: Engine) -> None:
    with transaction(engine) as conn:
        run, (first, second) = new_run(conn), new_subjects(conn, 2)
        kept = {"owner": "王", "reason": "x", "expires_at": NOW + timedelta(days=9), "now": NOW}
        trial = suppress(conn, {"source": "测试源", "rule_alone": "guaranteed_cure"}, **kept, mode=Mode.DRY_RUN)  # type: ignore[arg-type]
        chunk = new_candidates(conn, run, [(first, Grade.RED, 0.9), (second, Grade.NONE, 0.1)])
        assert settle(conn, run, chunk, NOW) == Balance(2, new=1, below_grade=1)
        assert settle(conn, run, chunk, NOW) == Balance(2, new=1, below_grade=1)
        from risk.services.suppressions import get

        row = get(conn, trial, NOW)
        assert (row.state, row.suppressed, row.by_grade) == ("dry_run", 1, {"red": 1})
