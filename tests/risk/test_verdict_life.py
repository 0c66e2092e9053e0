"""The life of a verdict: drafted, handed in, accepted, reviewed by another person, contested, corrected; and what follows from it, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, RiskError
from risk.domain.grades import Grade
from risk.domain.mistakes import MistakesError
from risk.services import (
    appeals,
    feedback,
    labels,
    repairs,
    reviews,
    subject_history,
    tasks,
    verdict_consequences,
    verdict_detail,
    verdict_filing,
)
from risk.services.verdict_numbers import verified
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import MODEL, NOW
from tests.risk.verdict_world import CONTENT, HEAD, INSPECTION, LATER, UNFOUNDED, by, count, filed, new_tasks

AFTER = LATER + timedelta(days=30)


def outside() -> Scope:
    """Everything but where the tasks of these tests lie."""
    return Scope((Grant("420500"),))


def refused(code: str) -> Any:
    return pytest.raises(RiskError, match=None, check=lambda error: error.code == code)


def test_a_full_report_keeps_all_its_fields_and_masks_what_is_personal(engine: Engine) -> None:
    content = {
        **CONTENT,
        "acts": [INSPECTION],
        "fined": "20,000",
        "confiscated": "0.05",
        "claimed_at": "2026-10-12T09:00:00+08:00",
        "wrong_rules": ["guaranteed_cure"],
        "missing_rule": "含“包好”",
    }
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task, content)
    with reading(engine) as conn:
        view = verdict_detail.get_verdict(conn, number, LATER)
        stored = conn.execute(select(t.verdicts).where(t.verdicts.c.id == number)).one()
    assert (stored.fined_fen, stored.confiscated_fen) == (2_000_000, 5), "money is counted in fen"
    assert (view.verdict.fined, view.verdict.confiscated) == ("20000.00", "0.05")
    assert view.claimed_at == datetime(2026, 10, 12, 1, tzinfo=UTC)
    assert "13800138000" not in view.verdict.facts
    assert "13800138000" in stored.facts
    assert [(one.name, one.certificate[-2:], "1234" in one.certificate) for one in view.handlers] == [
        ("张三", "45", False),
        ("李四", "46", False),
    ]
    assert view.verdict.officers == ("张三", "李四")
    (act,) = view.acts
    assert (act.number, act.subject_id, act.task_id, act.fields["inspectors"]) == ("J-1", view.verdict.subject_id, task, ["张*", "李*"])
    assert view.rule_feedback["wrong_rules"] == ["guaranteed_cure"]
    assert view.verdict.office == conn_office(engine, task)


def conn_office(engine: Engine, task: int) -> str:
    with reading(engine) as conn:
        return str(conn.scalar(select(t.tasks.c.office_code).where(t.tasks.c.id == task)))


def test_every_mistake_of_a_report_is_told_at_once_and_nothing_is_stored(engine: Engine) -> None:
    bad = {
        "code": "13",
        "handlers": [{"name": "张三"}],
        "fined": "1.005",
        "acts": [{**INSPECTION, "form": "09"}],
        "attachments": [7],
        "mood": "x",
    }
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
    with pytest.raises(MistakesError) as error, transaction(engine) as conn:
        verdict_filing.report(conn, task, bad, who=by("张三"), now=NOW)
    places = {(m.place, m.code) for m in error.value.mistakes}
    assert places == {
        ("mood", "mistake_unknown_field"),
        ("facts", "mistake_required"),
        ("handlers.0.certificate", "mistake_required"),
        ("handlers", "verdict_officers_required"),
        ("fined", "mistake_amount"),
        ("acts.0.form", "mistake_choice"),
        ("transfer_to", "filing_needed"),
    }
    for lang in ("zh", "en"):
        assert len(error.value.parts(lang)) == len(places)
    with pytest.raises(MistakesError, match=r"attachments\.0"), transaction(engine) as conn:
        verdict_filing.report(conn, task, {**CONTENT, "attachments": [7]}, who=by("张三"), now=NOW)
    with reading(engine) as conn:
        assert count(conn, t.verdicts) == 0


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"claimed_at": "2026-10-12T08:00:00"}, "claimed_at"),
        ({"claimed_at": "2026-10-11T08:00:00+08:00", "received_at": "2026-10-11T09:00:00+08:00"}, "claimed_at"),
        ({"ended_at": "2027-01-01T00:00:00Z"}, "ended_at"),
        ({"documents": [{"type": "x", "number": "1", "date": "2027-01-01"}]}, "documents.0.date"),
        ({"documents": []}, "documents"),
        ({"documents": "none"}, "documents"),
        ({"handlers": [CONTENT["handlers"][0]] * 2}, "handlers"),
        ({"handlers": [*CONTENT["handlers"], "王五"]}, "handlers.2"),
        ({"facts": "\ud800"}, "facts"),
        ({"facts": "x" * 20_001}, "facts"),
        ({"attachments": [True]}, "attachments.0"),
        ({"code": "70"}, "code"),
        ({"code": None}, "code"),
        ({"sub_reason": "minor"}, "sub_reason"),
        ({"wrong_rules": [""]}, "wrong_rules.0"),
    ],
)
def test_what_a_report_may_not_say(change: dict[str, Any], place: str) -> None:
    from risk.domain.filing import check_filing

    found, wrong = check_filing({**CONTENT, **change}, NOW)
    assert found is None
    assert {m.place for m in wrong} == {place}


def test_a_draft_is_kept_gone_on_with_and_handed_in(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        first = verdict_filing.save(conn, task, {"facts": "待补"}, actor="张三", now=NOW, version=0)
        again = verdict_filing.save(conn, task, {**CONTENT, "code": None}, actor="李四", now=LATER, version=1)
        assert (first.version, again.version, again.actor) == (1, 2, "李四")
        with refused("draft_changed"):
            verdict_filing.save(conn, task, {}, actor="张三", now=NOW, version=1)
        with refused("task_not_found"):
            verdict_filing.draft(conn, task, scope=outside())
        assert [m.place for m in verdict_filing.mistakes(conn, task, again.content, now=NOW)] == ["code"]
    with pytest.raises(MistakesError), transaction(engine) as conn:
        verdict_filing.report(conn, task, None, who=by("张三"), now=LATER)
    with transaction(engine) as conn:
        verdict_filing.save(conn, task, CONTENT, actor="李四", now=LATER)
        verdict_filing.report(conn, task, None, who=by("张三"), now=LATER)
        assert verdict_filing.draft(conn, task) is None
        with refused("draft_not_found"):
            verdict_filing.discard(conn, task, actor="张三", now=LATER)


@pytest.mark.parametrize("content", [{"x": float("nan")}, {"x": "\0"}, {"x": ["\ud800"]}, {"x": 10**40}, {"x": "y" * 400_001}])
def test_a_draft_that_no_database_could_keep_is_refused(sqlite_engine: Engine, content: dict[str, Any]) -> None:
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        with pytest.raises(InvalidInputError):
            verdict_filing.save(conn, task, content, actor="张三", now=NOW)


def test_nobody_reports_in_somebody_elses_name(sqlite_engine: Engine) -> None:
    def account(name: str, role: str) -> Principal:
        return Principal(name, permissions_of([role]))

    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        with refused("filing_not_handler"):
            verdict_filing.report(conn, task, CONTENT, who=account("王五", "officer"), now=NOW)
        verdict_filing.report(conn, task, CONTENT, who=account("李四", "officer"), now=NOW)
        verdict_filing.correct(conn, task, UNFOUNDED, reason="重核", who=account("科长", "office_head"), now=LATER)


def test_a_red_alert_is_final_only_when_another_person_has_looked(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.RED])
        number = filed(conn, task)
        assert conn.scalar(select(t.verdicts.c.state)) == "under_review"
        assert count(conn, t.labels) == 0
        (review,) = reviews.list_reviews(conn).items
        assert review.reasons == ("red_grade",)
        assert review.reasons_zh == ("红色预警",)
        for person in ("张三", "李四", HEAD):
            with refused("review_own"):
                reviews.pass_(conn, review.id, actor=person, now=LATER)
        with refused("review_not_found"):
            reviews.pass_(conn, review.id, actor="复核员", now=LATER, scope=outside())
    with transaction(engine) as conn:
        assert reviews.pass_(conn, review.id, actor="复核员", now=LATER) == 1
    with pytest.raises(ConflictError), transaction(engine) as conn:
        reviews.pass_(conn, review.id, actor="复核员", now=LATER)
    with transaction(engine) as conn:
        assert count(conn, t.labels) == 1
        events = conn.execute(select(t.verdict_events.c.event, t.verdict_events.c.to_state).order_by(t.verdict_events.c.id)).all()
        assert [tuple(one) for one in events] == [
            ("report", "reported"),
            ("accept", "accepted"),
            ("ask_review", "under_review"),
            ("pass", "final"),
        ]
        said = set(conn.scalars(select(t.outbox.c.event).where(t.outbox.c.object == f"verdict:{number}")))
        assert {"verdict.reported", "verdict.accepted", "verdict.review", "verdict.final"} <= said


def test_what_the_review_sends_back_is_corrected_and_teaches_nothing(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.RED])
        number = filed(conn, task)
        (review,) = reviews.list_reviews(conn).items
        with refused("review_reason"):
            reviews.send_back(conn, review.id, reason=" ", actor="复核员", now=LATER)
        reviews.send_back(conn, review.id, reason="证据不足", actor="复核员", now=LATER)
        assert verdict_detail.get_verdict(conn, number, LATER).verdict.state == "sent_back"
        newer = verdict_filing.correct_verdict(
            conn, number, {**CONTENT, "code": "11", "facts": "已改正"}, reason="补正", who=by("张三"), now=LATER
        )
        tasks.accept(conn, task, actor=HEAD, now=LATER)
        assert count(conn, t.labels) == 0
        (again,) = reviews.list_reviews(conn).items
        assert again.verdict_id == newer
        changed = {one.field: (one.before, one.after) for one in verdict_detail.diff(conn, number, newer)}
        assert changed["code"] == ("10", "11")
        assert set(changed) == {"code", "facts"}
        with refused("verdict_replaced"):
            verdict_filing.correct_verdict(conn, number, CONTENT, reason="x", who=by("张三"), now=LATER)
        with refused("verdict_not_found"):
            verdict_filing.correct_verdict(conn, newer, CONTENT, reason="x", who=Principal("x", frozenset(), outside()), now=LATER)


def test_a_correction_voids_a_waiting_review(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.RED])
        filed(conn, task)
        verdict_filing.correct(conn, task, UNFOUNDED, reason="看错", who=by("张三"), now=LATER)
        assert reviews.list_reviews(conn).items == ()
        assert [one.state for one in reviews.list_reviews(conn, state=None).items] == ["void"]


def test_an_unfounded_verdict_asks_the_owner_for_a_repair_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        task, other = new_tasks(conn, [Grade.BLUE, Grade.BLUE])
        number = filed(conn, task, {**UNFOUNDED, "wrong_rules": ["guaranteed_cure"]})
        filed(conn, other, {**UNFOUNDED, "sub_reason": "wrong_subject"})
        before = [count(conn, table) for table in (t.labels, t.repair_tasks, t.outbox, t.clue_feedbacks)]
        verdict_consequences.finalise(conn, number, actor=HEAD, now=AFTER)
        assert [count(conn, table) for table in (t.labels, t.repair_tasks, t.outbox, t.clue_feedbacks)] == before, (
            "asked again, nothing is doubled"
        )
        found = {one.repair: one for one in repairs.list_repairs(conn).items}
        assert found["rule_owner"].rules == ("guaranteed_cure",)
        assert found["rule_owner"].reason_zh.startswith("语境误判")
        assert found["data_owner"].rules == ()
        assert repairs.by_rule(conn, MODEL) == {"guaranteed_cure": {"open": 1, "asked": 1}}
        one = found["rule_owner"].id
        assert repairs.take(conn, one, actor="规则员", now=LATER).owner == "规则员"
        with refused("repair_outcome"):
            repairs.close(conn, one, outcome="maybe", answer="x", actor="规则员", now=LATER)
        with refused("repair_answer"):
            repairs.close(conn, one, outcome="fixed", answer=" ", actor="规则员", now=LATER)
        assert repairs.close(conn, one, outcome="fixed", answer="增加语境排除", actor="规则员", now=LATER).state == "done"
        with refused("repair_ended"):
            repairs.take(conn, one, actor="规则员", now=LATER)
        with refused("repair_not_found"):
            repairs.get(conn, one, scope=outside())
        assert repairs.by_rule(conn, MODEL) == {"guaranteed_cure": {"open": 0, "asked": 1}}


def test_a_correction_takes_back_what_the_old_verdict_brought(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        filed(conn, task, UNFOUNDED)
    with reading(engine) as conn:
        assert [one.value for one in labels.matured(conn, MODEL, AFTER)] == [0.0]
    with transaction(engine) as conn:
        verdict_filing.correct(conn, task, CONTENT, reason="重核查实", who=by("张三"), now=LATER)
        assert [one.state for one in repairs.list_repairs(conn).items] == ["withdrawn"]
        assert labels.matured(conn, MODEL, AFTER) == [], "the old one teaches no more, the new one not yet"
        tasks.accept(conn, task, actor=HEAD, now=LATER)
    with reading(engine) as conn:
        assert [one.value for one in labels.matured(conn, MODEL, AFTER)] == [1.0]
        numbers = verified(conn, AFTER, model=MODEL)
        assert (numbers.final, numbers.rate, numbers.codes) == (1, 1.0, {"10": 1})
        assert verified(conn, NOW, model=MODEL).reasons == {"context_misread": 1}, "as it stood before the correction"


def test_an_untraceable_subject_is_proposed_for_the_abnormal_list(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task, {"code": "40", "facts": "登记住所无人", "handlers": CONTENT["handlers"]})
        rows = conn.execute(select(t.outbox.c.object, t.outbox.c.data).where(t.outbox.c.event == "subject.abnormal_operation")).all()
        subject = conn.scalar(select(t.alerts.c.subject_id))
        assert [(row.object, row.data["verdict"]) for row in rows] == [(f"subject:{subject}", number)]
        assert count(conn, t.labels) == 0


def test_another_person_decides_an_appeal(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task, accept=False)
        with refused("appeal_not_final"):
            appeals.file(conn, number, party="trader", appellant="王小明", grounds="与我无关", actor="张三", now=LATER)
        tasks.accept(conn, task, actor=HEAD, now=LATER)
        one = appeals.file(conn, number, party="trader", appellant="王小明", grounds="与我无关，电话13800138000", actor="窗口", now=LATER)
        assert (one.appellant, "13800138000" in one.grounds) == ("王**", False)
        with refused("appeal_open"):
            appeals.file(conn, number, party="trader", appellant="王小明", grounds="再次", actor="窗口", now=LATER)
        with refused("verdict_not_found"):
            appeals.file(conn, number, party="department", appellant="某局", grounds="x", actor="窗口", now=LATER, scope=outside())
        for person in ("张三", "李四", HEAD, "窗口"):
            with refused("appeal_own"):
                appeals.decide(conn, one.id, outcome="upheld", reason="证据充分", who=by(person), now=LATER)
        with refused("appeal_correction"):
            appeals.decide(conn, one.id, outcome="overturned", reason="证据不足", who=by("法制员"), now=LATER)
        upheld = appeals.decide(conn, one.id, outcome="upheld", reason="证据充分", who=by("法制员"), now=LATER)
        assert (upheld.state, upheld.decided_by) == ("upheld", "法制员")
        with refused("appeal_ended"):
            appeals.decide(conn, one.id, outcome="upheld", reason="证据充分", who=by("法制员"), now=LATER)
        assert verdict_detail.get_verdict(conn, number, LATER).verdict.superseded is False


def test_an_overturned_verdict_is_replaced_in_the_same_act(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task)
        one = appeals.file(conn, number, party="department", appellant="某区市场监督管理局", grounds="主体有误", actor="窗口", now=LATER)
    with pytest.raises(MistakesError), transaction(engine) as conn:
        appeals.decide(conn, one.id, outcome="overturned", reason="主体有误", who=by("法制员"), now=LATER, correction={"code": "30"})
    with transaction(engine) as conn:
        assert appeals.get_appeal(conn, one.id).state == "open", "a decision that failed left nothing"
        right = {**UNFOUNDED, "sub_reason": "wrong_subject"}
        decided = appeals.decide(conn, one.id, outcome="overturned", reason="主体有误", who=by("法制员"), now=LATER, correction=right)
        view = verdict_detail.get_verdict(conn, number, LATER)
        assert view.verdict.superseded
        assert view.versions == (number, decided.correction_id)
        assert [one.state for one in view.appeals] == ["overturned"]
        assert labels.matured(conn, MODEL, AFTER) == []


def test_who_gave_the_clue_is_told_once_and_the_law_sets_the_day(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        signal = conn.scalar(select(t.signals.c.id))
        conn.execute(update(t.signals).where(t.signals.c.id == signal).values(kind="report", source="12315平台", source_id="T-1"))
        entry = {
            "key": "k",
            "digest": "d",
            "signal_id": signal,
            "run_id": conn.scalar(select(t.runs.c.id)),
            "model": MODEL,
            "channel": "telephone",
        }
        entry |= {"grade": 1, "graded_by": "person", "reason": "来电", "office_code": "420100-market_supervision", "entered_by": "窗口"}
        made = conn.execute(
            t.manual_entries.insert().values(**entry, received_at=NOW, entered_at=NOW).returning(t.manual_entries.c.id)
        ).scalar_one()
        conn.execute(t.reporters.insert().values(entry_id=made, name="王小明", phone="13800138000", wants_answer=True))
        number = filed(conn, task, now=NOW)
        final = NOW + timedelta(hours=1)
        owed, sent = sorted(feedback.list_feedback(conn, final, verdict=number).items, key=lambda one: one.state)
        assert (owed.sender_kind, owed.state, owed.result, owed.reference) == ("complainant", "owed", "confirmed", f"manual:{made}")
        assert owed.due_at is not None
        assert owed.due_at.astimezone(UTC).date() == datetime(2026, 10, 19, tzinfo=UTC).date(), "five working days after Monday, 12 October"
        assert (sent.sender_kind, sent.sender) == ("office", "420100-market_supervision")
        events = conn.execute(select(t.outbox.c.data, t.outbox.c.office_code).where(t.outbox.c.event == "clue.feedback")).all()
        assert [row.office_code for row in events] == ["420100-market_supervision"]
        assert events[0].data["zh"].startswith("经核查")
        assert "王小明" not in str(events)
        assert not feedback.list_feedback(conn, final, late=True).items
        assert [one.id for one in feedback.list_feedback(conn, AFTER, late=True).items] == [owed.id]
        with refused("feedback_how"):
            feedback.told(conn, owed.id, how=" ", actor="窗口", now=AFTER)
        assert feedback.told(conn, owed.id, how="电话", actor="窗口", now=AFTER).state == "told"
        with refused("feedback_not_owed"):
            feedback.told(conn, owed.id, how="电话", actor="窗口", now=AFTER)
        assert not feedback.list_feedback(conn, AFTER, late=True).items


def test_what_is_owed_for_a_replaced_verdict_is_owed_no_more(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task)
        row = {
            "verdict_id": number,
            "sender_kind": "complainant",
            "sender": "x",
            "reference": "manual:9",
            "result": "confirmed",
            "state": "owed",
        }
        conn.execute(t.clue_feedbacks.insert().values(**row, decided_at=NOW, due_at=NOW))
        verdict_filing.correct(conn, task, UNFOUNDED, reason="重核", who=by("张三"), now=LATER)
        assert [one.state for one in feedback.list_feedback(conn, AFTER).items] == ["withdrawn"]


def test_one_act_is_entered_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        task, other = new_tasks(conn, [Grade.BLUE, Grade.BLUE])
        filed(conn, task, {**CONTENT, "acts": [INSPECTION]})
        offices = set(conn.scalars(select(t.tasks.c.office_code)))
        assert len(offices) == 1
        with pytest.raises(ConflictError, match="J-1"):
            filed(conn, other, {**CONTENT, "acts": [INSPECTION]})
    with transaction(engine) as conn:
        corrected = verdict_filing.correct(
            conn, task, {**CONTENT, "acts": [{**INSPECTION, "result": "合格"}]}, reason="笔误", who=by("张三"), now=LATER
        )
        row = conn.execute(select(t.acts)).one()
        assert (row.version, row.fields["result"], row.verdict_id) == (2, "合格", corrected)


def test_a_verdict_outside_the_scope_does_not_exist(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task)
        with pytest.raises(NotFoundError):
            verdict_detail.get_verdict(conn, number, LATER, scope=outside())
        with pytest.raises(ForbiddenError):
            reviews_own(conn, task)


def reviews_own(conn: Any, task: int) -> None:
    (red,) = new_tasks(conn, [Grade.RED], tag="w")
    filed(conn, red)
    (review,) = reviews.list_reviews(conn).items
    reviews.send_back(conn, review.id, reason="x", actor=HEAD, now=LATER)


def test_a_history_says_what_was_known_then_and_what_is_of_the_registers(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task)
        subject = conn.scalar(select(t.alerts.c.subject_id))
        common = {"subject_id": subject, "source": "登记"}
        conn.execute(t.penalties.insert().values(**common, key="p", kind="罚款", number="罚1", amount=20000.0, at=NOW, known_at=LATER))
        change = {"key": "c", "kind": "法定代表人", "before": "王小明", "after": "李小红", "at": NOW, "known_at": NOW}
        conn.execute(t.subject_changes.insert().values(**common, **change))
        licence = {"kind": "药品经营许可证", "number": "鄂AA1", "number_key": "鄂AA1", "known_from": NOW}
        conn.execute(t.licences.insert().values(**common, **licence))
        one = appeals.file(conn, number, party="trader", appellant="某店", grounds="x", actor="窗口", now=LATER)
        appeals.decide(conn, one.id, outcome="upheld", reason="证据充分", who=by("法制员"), now=AFTER)
        assert subject is not None

        def told(known: datetime) -> dict[str, Any]:
            return {entry.kind: entry for entry in subject_history.history(conn, subject, known).entries}

        assert {"penalty", "appeal", "decision"}.isdisjoint(told(NOW + timedelta(hours=2)))
        later = told(LATER)
        assert later["penalty"].facts["amount"] == "20000.00"
        assert later["penalty"].at == NOW, "it stands at when it happened"
        assert "王小明" not in str(later["change"]), "a person's name is masked"
        assert later["licence"].zh.startswith("许可：药品经营许可证 鄂AA1")
        assert "decision" not in later
        assert told(AFTER)["decision"].en == "appeal decided: upheld"
        with refused("subject_not_found"):
            subject_history.history(conn, subject, NOW, scope=outside())
        with refused("history_kind"):
            subject_history.history(conn, subject, NOW, only=("weather",))


def test_reporters_owed_beyond_their_day_are_named_once(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        number = filed(conn, task)
        row = {
            "verdict_id": number,
            "sender_kind": "complainant",
            "sender": "x",
            "reference": "manual:9",
            "result": "confirmed",
            "state": "owed",
        }
        conn.execute(t.clue_feedbacks.insert().values(**row, decided_at=NOW, due_at=NOW))
        assert feedback.remind_late(conn, NOW) == 0
        assert feedback.remind_late(conn, LATER) == feedback.remind_late(conn, AFTER) == 1
        assert count(conn, t.outbox, event="clue.feedback_late") == 1
