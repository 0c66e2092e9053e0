"""Case files of events: their life is a record, what they gather is told within a scope, their figures are the length of the lists they name."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, update

from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.services import case_file_export, case_file_figures, case_file_links, case_file_timeline, case_file_words, case_files, tasks
from risk.services.alerts import settle
from risk.services.case_files import CaseFileFilter, Written
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import new_candidates, new_run
from tests.risk.task_world import HOME, LATER, MODEL, NOW, OTHER, issue, report

HOME_SCOPE, OTHER_SCOPE = Scope((Grant("420100"),)), Scope((Grant("420200"),))
YICHANG = Scope((Grant("420500"),))
EARLIER = NOW - timedelta(hours=3)


def _world(conn: Connection) -> tuple[list[int], list[int], list[int]]:
    """Two alerts of Wuhan with their tasks, two of Huangshi: subjects, alerts, tasks in the order of their places."""
    works = issue(conn, 4, grades=(Grade.YELLOW, Grade.RED, Grade.YELLOW, Grade.BLUE))
    subjects = list(conn.scalars(select(t.subjects.c.id).order_by(t.subjects.c.id)))
    alerts = list(conn.scalars(select(t.alerts.c.id).order_by(t.alerts.c.subject_id)))
    for place, office, part in (("420102", HOME, slice(0, 2)), ("420222", OTHER, slice(2, 4))):
        conn.execute(update(t.subjects).where(t.subjects.c.id.in_(subjects[part])).values(region=place))
        conn.execute(update(t.tasks).where(t.tasks.c.id.in_(works[part])).values(office_code=office))
        conn.execute(update(t.alerts).where(t.alerts.c.id.in_(alerts[part])).values(region=place))
        seen = select(t.assessments.c.signal_id).where(t.assessments.c.subject_id.in_(subjects[part]))
        conn.execute(update(t.signals).where(t.signals.c.id.in_(seen)).values(region=place))
    return subjects, alerts, works


def _file(conn: Connection, **other: Any) -> int:
    given: dict[str, Any] = {
        "title": "“根治糖尿病”系列广告",
        "model": MODEL,
        "level": "larger",
        "places": ["武汉市"],
        "lead_office": HOME,
        "owner": "王五",
        "cause": "多名消费者投诉同一系列广告",
        "actor": "王五",
        "now": NOW,
    }
    return case_files.create(conn, **{**given, **other})


def test_a_life_from_cause_to_result_and_back_is_on_the_record(engine: Engine) -> None:
    with transaction(engine) as conn:
        _world(conn)
        number = _file(conn)
        view = case_files.show(conn, number)
        assert (view.file.number, view.file.state, view.file.places, view.may) == ("2026-001", "opened", ("420100",), ("activate", "close"))
        case_files.step(conn, number, "activate", reason="舆情升温", actor="王五", now=NOW)
        with pytest.raises(ConflictError) as early:
            case_files.step(conn, number, "close", reason="结束", actor="王五", now=LATER)
        assert early.value.code == "case_file_no_result"
        case_files.step(conn, number, "ease", reason="热度下降", actor="王五", now=LATER)
        wrong = case_files.write(conn, number, Written("result", "下架 12 条，罚款 3 万", amount="30000"), actor="王五", now=LATER)
        right = Written("result", "下架 12 条，罚款 5 万", amount="50,000.00", supersedes=wrong)
        case_files.write(conn, number, right, actor="李四", now=LATER)
        with pytest.raises(ConflictError) as twice:
            case_files.write(conn, number, right, actor="李四", now=LATER)
        assert twice.value.code == "case_entry_corrected"
        assert case_files.show(conn, number).aspects["result"] == 1
        case_files.step(conn, number, "close", reason="处置完毕", actor="王五", now=LATER)
        with pytest.raises(ConflictError) as closed:
            case_files.write(conn, number, Written("note", "补记"), actor="王五", now=LATER)
        assert closed.value.code == "case_file_closed"
        with pytest.raises(ConflictError) as shut:
            case_files.step(conn, number, "ease", reason="?", actor="王五", now=LATER)
        assert shut.value.text("zh") == "重点事件状态为“已结卷”，不能“转为趋缓”"
        case_files.step(conn, number, "reopen", reason="再次出现", actor="王五", now=LATER)
        told = case_file_timeline.timeline(conn, number, LATER, only=["file"]).entries
        assert [one.zh for one in reversed(told)] == [
            "立卷：“根治糖尿病”系列广告",
            "状态由“已立卷”转为“处置中”：舆情升温",
            "状态由“处置中”转为“趋缓”：热度下降",
            "状态由“趋缓”转为“已结卷”：处置完毕",
            "状态由“已结卷”转为“处置中”：再次出现",
        ]
        results = case_file_timeline.timeline(conn, number, LATER, only=["written"], aspects=["result"]).entries
        assert sorted((one.amount, one.superseded) for one in results) == [("30000.00", True), ("50000.00", False)]
    with transaction(engine) as conn:
        acts = list(conn.scalars(select(t.audit.c.action).where(t.audit.c.object == f"case_file:{number}").order_by(t.audit.c.id)))
        assert acts == [
            "case_file.create", "case_file.activate", "case_file.ease", "case_file.write", "case_file.write", "case_file.close",
            "case_file.reopen",
        ]  # fmt: skip


def test_links_come_and_go_on_the_record_and_the_past_can_be_told_again(engine: Engine) -> None:
    with transaction(engine) as conn:
        subjects, alerts, works = _world(conn)
        number = _file(conn)
        assert case_file_links.link(conn, number, "alert", alerts[:2], note="同一系列", actor="王五", now=NOW).added == 2
        again = case_file_links.link(conn, number, "alert", alerts[1:3], actor="王五", now=NOW)
        assert (again.added, again.known) == (1, 1)
        held = case_file_links.objects(conn, number, "alert", NOW)
        assert {row.thing.id for row in held.items} == set(alerts[:3])
        hanging = case_file_links.objects(conn, number, "task", NOW).items
        assert {(row.thing.id, row.link, row.via) for row in hanging} == {
            (work, None, f"alert:{alert}") for work, alert in zip(works[:3], alerts[:3], strict=True)
        }
        gone = next(row.link for row in held.items if row.thing.id == alerts[2])
        case_file_links.unlink(conn, number, int(gone or 0), reason="另案处理", actor="李四", now=LATER)
        with pytest.raises(ConflictError):
            case_file_links.unlink(conn, number, int(gone or 0), reason="另案处理", actor="李四", now=LATER)
        assert [len(case_file_links.objects(conn, number, "alert", moment).items) for moment in (EARLIER, NOW, LATER)] == [0, 3, 2]
        told = [one.zh for one in case_file_timeline.timeline(conn, number, LATER, only=["link"]).entries]
        assert sum(one.startswith("关联：") for one in told) == 3
        assert [one for one in told if "移除" in one and "另案处理" in one]
        assert conn.scalar(select(func.count()).select_from(t.case_file_links)) == 3  # rows are never deleted
        again = case_file_links.link(conn, number, "alert", [alerts[2]], actor="王五", now=LATER)
        assert again.added == 1
        assert conn.scalar(select(func.count()).select_from(t.case_file_links)) == 4
        with pytest.raises(NotFoundError) as unknown:
            case_file_links.link(conn, number, "subject", [subjects[0], 987_654], actor="王五", now=NOW)
        assert unknown.value.code == "case_file_unknown"
        with pytest.raises(InvalidInputError):
            case_file_links.link(conn, number, "rumour", [1], actor="王五", now=NOW)


def test_what_happens_to_linked_things_is_in_the_timeline_as_it_was_known(engine: Engine) -> None:
    with transaction(engine) as conn:
        _, alerts, works = _world(conn)
        number = _file(conn)
        case_file_links.link(conn, number, "alert", alerts[:1], actor="王五", now=NOW)
        before = case_file_timeline.timeline(conn, number, NOW)
        report(conn, works[0], code="10")
        tasks.accept(conn, works[0], actor="科长", now=LATER, close_too=True)
        after = case_file_timeline.timeline(conn, number, LATER)
        kinds = [one.kind for one in after.entries]
        assert {"alert", "task", "task_event", "verdict"} <= set(kinds)
        assert len(after.entries) > len(before.entries)
        verdict = next(one for one in after.entries if one.kind == "verdict")
        assert (verdict.aspect, verdict.object) == ("result", f"verdict:{conn.scalar(select(func.max(t.verdicts.c.id)))}")
        assert [one.at for one in after.entries] == sorted((one.at for one in after.entries), reverse=True)
        assert {one.aspect for one in case_file_timeline.timeline(conn, number, LATER, aspects=["result"]).entries} == {"result"}
        with pytest.raises(InvalidInputError):
            case_file_timeline.timeline(conn, number, LATER, only=["gossip"])


def test_new_alerts_of_a_linked_subject_are_offered_and_never_added(engine: Engine) -> None:
    with transaction(engine) as conn:
        subjects, alerts, _ = _world(conn)
        number = _file(conn)
        case_file_links.link(conn, number, "subject", subjects[:1], actor="王五", now=LATER)
        assert [one.id for one in case_file_links.offers(conn, number)] == alerts[:1]
        run = new_run(conn, "later")
        at = LATER + timedelta(days=120)  # beyond the window of merging
        settle(conn, run, new_candidates(conn, run, [(subjects[0], Grade.RED, 0.97)], tag="new", observed=at), at)  # an alert of its own
        new = int(conn.scalar(select(func.max(t.alerts.c.id))) or 0)
        assert {one.id for one in case_file_links.offers(conn, number)} == {alerts[0], new}
        assert case_file_links.objects(conn, number, "alert", at).items == ()
        offered = case_file_timeline.timeline(conn, number, at + timedelta(days=1), only=["offer"]).entries
        assert [one.object for one in offered] == [f"alert:{new}"]
        case_file_links.decline(conn, number, alerts[0], reason="与本事件无关", actor="王五", now=at)
        case_file_links.link(conn, number, "alert", [new], actor="王五", now=at)
        assert case_file_links.offers(conn, number) == ()
        with pytest.raises(NotFoundError) as over:
            case_file_links.decline(conn, number, alerts[0], reason="与本事件无关", actor="王五", now=at)
        assert over.value.code == "case_not_offered"
        assert len(case_file_links.objects(conn, number, "alert", at).items) == 1  # what was declined is no part of it


def test_each_office_sees_its_own_part_and_a_number_for_the_rest(engine: Engine) -> None:
    with transaction(engine) as conn:
        subjects, alerts, works = _world(conn)
        number = _file(conn)
        case_file_links.link(conn, number, "alert", alerts, actor="省局", now=NOW)
        for scope, seen in ((HOME_SCOPE, alerts[:2]), (Scope(), alerts)):
            held = case_file_links.objects(conn, number, "alert", NOW, scope=scope)
            assert ({row.thing.id for row in held.items}, held.outside) == (set(seen), len(alerts) - len(seen))
        for ask in (case_files.show, case_file_links.offers):
            with pytest.raises(NotFoundError) as outside:
                ask(conn, number, scope=OTHER_SCOPE)
            with pytest.raises(NotFoundError) as nothing:
                ask(conn, 987_654, scope=OTHER_SCOPE)
            assert outside.value.code == nothing.value.code == "case_file_not_found"
        case_files.join(conn, number, OTHER, reason="涉及黄石", actor="王五", now=NOW)
        view = case_files.show(conn, number, scope=OTHER_SCOPE)
        assert (view.file.lead, view.may) == (False, ())
        assert {row.thing.id for row in case_file_links.objects(conn, number, "task", NOW, scope=OTHER_SCOPE).items} == set(works[2:])
        told = case_file_timeline.timeline(conn, number, NOW, scope=OTHER_SCOPE)
        assert told.outside == 2
        named = {one.object for one in told.entries if one.object}
        assert named
        assert not named & {f"alert:{one}" for one in alerts[:2]} | named & {f"task:{one}" for one in works[:2]}
        with pytest.raises(NotFoundError):
            case_files.step(conn, number, "activate", reason="不属牵头", actor="黄石", now=NOW, scope=OTHER_SCOPE)
        with pytest.raises(NotFoundError):
            case_file_links.link(conn, number, "subject", subjects[:1], actor="黄石", now=NOW, scope=OTHER_SCOPE)
        theirs = case_file_links.objects(conn, number, "alert", NOW).items
        wuhans = next(row.link for row in theirs if row.thing.id == alerts[0])
        with pytest.raises(NotFoundError) as hidden:
            case_file_links.unlink(conn, number, int(wuhans or 0), reason="试探", actor="黄石", now=NOW, scope=OTHER_SCOPE)
        assert hidden.value.code == "case_link_not_found"
        case_files.write(conn, number, Written("development", "黄石已约谈"), actor="黄石", office=OTHER, now=NOW, scope=OTHER_SCOPE)
        case_files.leave(conn, number, OTHER, reason="移交完毕", actor="王五", now=LATER)
        assert case_files.list_files(conn, CaseFileFilter(), scope=OTHER_SCOPE).items == ()
        assert [one.left_reason for one in case_files.show(conn, number).offices] == ["移交完毕"]
        assert case_file_words.find(conn, "alert", "", scope=YICHANG) == ()


def test_figures_are_the_length_of_what_they_name(engine: Engine) -> None:
    with transaction(engine) as conn:
        subjects, alerts, works = _world(conn)
        number = _file(conn)
        case_file_links.link(conn, number, "alert", alerts[:3], actor="王五", now=NOW)
        case_file_links.link(conn, number, "subject", subjects[3:], actor="王五", now=NOW)
        behind = select(t.assessments.c.signal_id).where(t.assessments.c.subject_id == subjects[0])
        conn.execute(update(t.signals).where(t.signals.c.id.in_(behind)).values(kind="report"))
        report(conn, works[0], code="10")
        tasks.accept(conn, works[0], actor="科长", now=LATER, close_too=True)
        for verdict in conn.scalars(select(t.verdicts.c.id)):
            conn.execute(update(t.verdicts).where(t.verdicts.c.id == verdict).values(fined_fen=3_000_000, confiscated_fen=50))
        case_files.write(conn, number, Written("impact", "涉及预付款", amount="1200000"), actor="王五", now=LATER)
        for scope in (Scope(), HOME_SCOPE):
            told = case_file_figures.figures(conn, number, LATER, scope=scope)
            for one in told.figures:
                if one.count is not None and one.name != "places":
                    assert one.query == f"/api/v1/case-files/{number}/objects?kind={one.name}"
                    assert one.count == len(case_file_links.objects(conn, number, one.name, LATER, scope=scope).items), one
        values = {
            one.name: one.count if one.amount is None else one.amount for one in case_file_figures.figures(conn, number, LATER).figures
        }
        assert values == {
            "subject": 4, "alert": 3, "complaint": 1, "task": 3, "open_task": 2, "verdict": 1, "act": 0, "places": 3,
            "stated": "1200000.00", "fined": "30000.50",
        }  # fmt: skip


def test_an_export_is_the_same_again_and_quotes_formulas(engine: Engine) -> None:
    with transaction(engine) as conn:
        _, alerts, _ = _world(conn)
        number = _file(conn)
        case_file_links.link(conn, number, "alert", alerts[:2], actor="王五", now=NOW)
        case_files.write(conn, number, Written("opinion", "=HYPERLINK(1)", at=EARLIER), actor="=cmd", now=NOW)
        case_files.write(conn, number, Written("note", "以后登记的"), actor="王五", now=LATER + timedelta(days=1))
        name, text = case_file_export.export(conn, number, LATER, "json", actor="省局", now=LATER)
        assert (name, text) == case_file_export.export(conn, number, LATER, "json", actor="省局", now=LATER + timedelta(days=2))
        told = json.loads(text)
        assert len(told["entries"]) == len(case_file_timeline.timeline(conn, number, LATER).entries)
        assert "以后登记的" not in text
        _, table = case_file_export.export(conn, number, LATER, "csv", actor="省局", now=LATER)
        rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
        assert len(rows) == len(told["entries"])
        assert "'=cmd" in {row["actor"] for row in rows}
    with transaction(engine) as conn:
        assert conn.scalar(select(func.count()).where(t.audit.c.action == "case_file.export")) == 3


def test_lists_are_filtered_and_paged(engine: Engine) -> None:
    with transaction(engine) as conn:
        _world(conn)
        first = _file(conn, title="甲")
        second = _file(conn, title="乙", lead_office=OTHER, places=["420222", "武汉市"], level="major", offices=[HOME, OTHER])
        assert (case_files.show(conn, first).file.number, case_files.show(conn, second).file.number) == ("2026-001", "2026-001")
        third = _file(conn, title="丙")
        assert case_files.show(conn, third).file.number == "2026-002"

        def ids(**filters: Any) -> list[int]:
            return [one.id for one in case_files.list_files(conn, CaseFileFilter(**filters)).items]

        assert ids() == [third, second, first]
        assert ids(region="黄石市") == [second]
        assert ids(region="湖北省", level="major") == [second]
        assert ids(office=HOME) == [third, second, first]
        assert ids(text="乙") == ids(office=OTHER) == [second]
        assert ids(state="closed") == []
        page = case_files.list_files(conn, CaseFileFilter(), limit=2)
        assert [one.id for one in case_files.list_files(conn, CaseFileFilter(), limit=2, cursor=page.cursor).items] == [first]
        case_files.change(conn, first, {"title": "甲（更名）"}, reason="更准确", actor="王五", now=LATER, version=1)
        with pytest.raises(ConflictError) as stale:
            case_files.change(conn, first, {"title": "丁"}, reason="晚了一步", actor="李四", now=LATER, version=1)
        assert stale.value.code == "case_file_stale"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": " "}, "case_file_title"),
        ({"model": "none"}, "case_file_model"),
        ({"level": "huge"}, "case_file_level"),
        ({"places": []}, "case_file_places"),
        ({"places": ["火星"]}, "region_not_known"),
        ({"owner": ""}, "case_file_owner"),
        ({"cause": " "}, "case_file_cause"),
        ({"lead_office": "nowhere"}, "office_not_found"),
    ],
)
def test_files_that_do_not_fit(sqlite_engine: Engine, given: dict[str, Any], code: str) -> None:
    with transaction(sqlite_engine) as conn:
        issue(conn)
        with pytest.raises((InvalidInputError, NotFoundError)) as refused:
            _file(conn, **given)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Written("rumour", "x"), "case_file_kind"),
        (Written("note", " "), "case_file_text"),
        (Written("note", "x", at=LATER + timedelta(days=9)), "case_file_later"),
        (Written("impact", "x", amount="-3"), "case_file_amount"),
        (Written("impact", "x", due_on=date(2026, 12, 1)), "case_file_due"),
        (Written("note", "x", supersedes=99), "case_entry_not_found"),
    ],
)
def test_entries_that_do_not_fit(sqlite_engine: Engine, entry: Written, code: str) -> None:
    with transaction(sqlite_engine) as conn:
        issue(conn)
        number = _file(conn)
        with pytest.raises((InvalidInputError, NotFoundError)) as refused:
            case_files.write(conn, number, entry, actor="王五", now=LATER)
        assert refused.value.code == code
