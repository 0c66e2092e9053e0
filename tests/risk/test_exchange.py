"""Exchange as it is used: batches without gaps, increments, corrections and withdrawals; what comes in goes the way of our own; nothing is doubled or lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from risk.domain.acts import Act
from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.exchange.records import record
from risk.domain.grades import Grade
from risk.services import acts, exchange_batches, exchange_in, exchange_quarantine, tasks
from risk.services.acts import Belongs
from risk.services.exchange_batches import Exported, Wanted, export
from risk.services.exchange_in import Taken, Way
from risk.services.exchange_wire import read, write
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import NOW
from tests.risk.exchange_world import golden, one_alert

WUHAN = Scope((Grant("420100"),))
YICHANG = Scope((Grant("420500"),))


def send(engine: Engine, *names: str, minutes: int = 0, **more: Any) -> Exported:
    """Export these records some minutes later."""
    scope = more.pop("scope", Scope())
    return export(engine, Wanted(records=names, **more), actor="张三", now=NOW + timedelta(minutes=minutes), scope=scope)


def told(engine: Engine, exported: Exported) -> list[dict[str, Any]]:
    """The records of the batches of an export, as their receiver reads them."""
    found = []
    for batch in exported.batches:
        with transaction(engine) as conn:
            found += [one.values for one in read(exchange_batches.content(conn, batch.batch, actor="x", now=NOW)[1])]
    return found


def take(engine: Engine, data: bytes, source: str = "国家系统", minutes: int = 0, scope: Scope | None = None, **more: Any) -> Taken:
    """Take a file in some minutes later."""
    way = Way(source, "接收员", scope or Scope(), more.pop("domains", {}))
    return exchange_in.take(engine, data, file="f", way=way, now=NOW + timedelta(minutes=minutes), **more)


def rows(engine: Engine, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table, in the order of its rows."""
    with reading(engine) as conn:
        return [tuple(row) for row in conn.execute(select(*(table.c[name] for name in columns)).order_by(table.c.id))]


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as conn:
        return int(conn.scalar(select(func.count()).select_from(table)) or 0)


def edited(name: str, **columns: str) -> bytes:
    """A hand-written file with other values, and with the exchange columns named."""
    (found,) = read(golden(name))
    assert found.record is not None
    return json.dumps({found.record.wire: _merged(found.values, columns)}, ensure_ascii=False).encode()


def _merged(values: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    made = dict(values)
    for name, value in columns.items():
        exchange_quarantine.put(made, name.replace("__", "."), value)
    return made


# -- out ----------------------------------------------------------------------------------------------------------------


def test_a_signal_goes_out_as_its_receiver_expects_it(engine: Engine) -> None:
    one_alert(engine)
    (batch,) = send(engine, "fxyj_signal").batches
    with transaction(engine) as conn:
        _, data = exchange_batches.content(conn, batch.batch, actor="x", now=NOW)
    assert data.decode() == golden("out_signal.xml").decode()
    assert (batch.counts, batch.actor, batch.status) == ({"fxyj_signal": {"i": 1}}, "张三", "done")
    actions = [row[0] for row in rows(engine, t.audit, "action")]
    assert "exchange.export" in actions
    assert "exchange.fetch" in actions


def test_feedback_goes_out_as_its_receiver_expects_it(engine: Engine) -> None:
    one_alert(engine)
    with transaction(engine) as conn:
        tasks.sign(conn, 1, actor="张三", now=NOW)
        tasks.report(
            conn, 1, actor="张三", code="30", sub_reason="context_misread", facts="网页为科普文章", officers=["张三", "李四"], now=NOW
        )
    (batch,) = send(engine, "supervision_process", form="json").batches
    with transaction(engine) as conn:
        _, data = exchange_batches.content(conn, batch.batch, actor="x", now=NOW)
    assert data.decode() == golden("out_feedback.json").decode()


def test_only_what_changed_goes_out_again(engine: Engine) -> None:
    one_alert(engine)
    assert [one["cd_operation"] for one in told(engine, send(engine, "fxyj_signal", "task_info"))] == ["i", "i"]
    assert send(engine, "fxyj_signal", "task_info", minutes=5) == Exported(())
    with transaction(engine) as conn:
        tasks.sign(conn, 1, actor="张三", now=NOW + timedelta(minutes=6))
    (task,) = told(engine, send(engine, "fxyj_signal", "task_info", minutes=7))
    assert (task["cd_operation"], task["status"], task["taskNo"]) == ("u", "认领", "420000T000000000001")
    assert [row[0] for row in rows(engine, t.exchange_batches, "batch")] == ["2026101200001", "2026101200002"]
    assert [one["cd_operation"] for one in told(engine, send(engine, "fxyj_signal", minutes=8, stream="another"))] == ["i"]


def test_a_corrected_verdict_is_an_update(engine: Engine) -> None:
    one_alert(engine)
    with transaction(engine) as conn:
        tasks.sign(conn, 1, actor="张三", now=NOW)
        tasks.report(conn, 1, actor="张三", code="10", facts="已立案", officers=["张三", "李四"], now=NOW)
    send(engine, "supervision_process")
    with transaction(engine) as conn:
        later = NOW + timedelta(days=3)
        tasks.correct(conn, 1, actor="张三", code="40", facts="查无此店", officers=["张三", "李四"], reason="主体已注销", now=later)
    (told_again,) = told(engine, send(engine, "supervision_process", minutes=3 * 1440 + 5))
    assert told_again["cd_operation"] == "u"
    assert told_again["taskDetails"]["endReason"].startswith("40 ")


def test_what_is_gone_is_a_delete(engine: Engine) -> None:
    """A task merged into another is no task of its own any more, and its warning neither."""
    one_alert(engine)
    one_alert(engine, tag="y")
    send(engine, "fxyj_signal", "task_info")
    with transaction(engine) as conn:
        tasks.merge(conn, 2, 1, actor="张三", reason="同一主体", now=NOW + timedelta(minutes=1))
    found = told(engine, send(engine, "fxyj_signal", "task_info", minutes=2))
    assert {(one["record_unique_identity"], one["cd_operation"]) for one in found} >= {
        ("420000A000000000002", "d"),
        ("420000T000000000002", "d"),
    }
    assert not [one for one in told(engine, send(engine, "task_info", minutes=3)) if one["cd_operation"] == "d"]


def test_acts_go_out_changed_and_gone(engine: Engine) -> None:
    inspection = _inspection()
    with transaction(engine) as conn:
        number = acts.enter(conn, inspection, Belongs("420502-market_supervision"), actor="张三", now=NOW)
    (first,) = told(engine, send(engine, "inspection"))
    assert (first["cd_operation"], first["inspectors"], first["items"]) == ("i", "张三、李四", [
        {"name": "处方审核", "result": "合格"}, {"name": "温湿度记录", "result": "未检查"},
    ])  # fmt: skip
    with transaction(engine) as conn:
        acts.remove(conn, number, reason="录入错误", actor="张三", now=NOW + timedelta(minutes=1))
    (gone,) = told(engine, send(engine, "inspection", minutes=2))
    assert (gone["cd_operation"], gone["number"]) == ("d", "JC-77")


def test_a_batch_is_the_same_to_the_byte_when_it_is_fetched_again(engine: Engine) -> None:
    one_alert(engine)
    (batch,) = send(engine, "fxyj_signal", form="xml", encoding="gb18030").batches
    with transaction(engine) as conn:
        tasks.sign(conn, 1, actor="张三", now=NOW + timedelta(hours=1))
        conn.execute(t.alerts.update().values(title_zh="改过的标题", updated_at=NOW + timedelta(hours=1)))
        again = [exchange_batches.content(conn, batch.batch, actor="x", now=NOW + timedelta(days=n))[1] for n in (1, 2)]
    assert again[0] == again[1]
    assert "涉嫌虚假医疗广告".encode("gb18030") in again[0]
    assert batch.bytes == len(again[0])


def test_numbers_have_no_gaps_when_many_export_at_once(engine: Engine) -> None:
    for place in range(3):
        one_alert(engine, tag=f"t{place}")
    failed: list[BaseException] = []

    def go(name: str) -> None:
        try:
            send(engine, "fxyj_signal", stream=name)
            with pytest.raises(InvalidInputError):
                send(engine, "public_opinion", stream=name)
        except BaseException as error:  # told to the test below
            failed.append(error)

    threads = [threading.Thread(target=go, args=(f"s{place % 3}",)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(row[0] for row in rows(engine, t.exchange_batches, "number")) == [1, 2, 3]  # each receiver once, nobody twice
    assert count(engine, t.exchange_sent) == 9


def test_a_long_export_is_many_batches_and_goes_on_where_it_was_killed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(5):
        one_alert(engine, tag=f"t{place}")
    monkeypatch.setattr(exchange_batches, "_WINDOW", 2)
    monkeypatch.setattr(exchange_batches, "limits", lambda: {"batch_records": 2, "overlap_minutes": 60})
    written = exchange_batches._store

    def killed(*args: Any) -> str:
        if count(engine, t.exchange_batches):
            raise KeyboardInterrupt
        return written(*args)

    monkeypatch.setattr(exchange_batches, "_store", killed)
    with pytest.raises(KeyboardInterrupt):
        send(engine, "fxyj_signal")
    assert count(engine, t.exchange_batches) == 1
    monkeypatch.setattr(exchange_batches, "_store", written)
    rest = send(engine, "fxyj_signal", minutes=24 * 60)
    assert [batch.counts["fxyj_signal"]["i"] for batch in rest.batches] == [2, 1]
    assert len({one["Fxyj_Id"] for one in told(engine, rest)}) == 3


def test_an_export_holds_what_lies_in_scope(engine: Engine) -> None:
    one_alert(engine, region="420102", tag="w")
    one_alert(engine, region="420502", tag="y")
    found = told(engine, send(engine, "fxyj_signal", "task_info", scope=YICHANG))
    assert [one.get("Fxyj_Area_Number", one.get("unionRegionNo")) for one in found] == ["420502", "420502"]
    with transaction(engine) as conn, pytest.raises(NotFoundError):
        exchange_batches.content(conn, "2026101200001", actor="x", now=NOW, scope=WUHAN)
    with reading(engine) as conn:
        assert exchange_batches.list_batches(conn, scope=WUHAN).items == ()
        assert len(exchange_batches.list_batches(conn, scope=YICHANG).items) == 1
    assert {one["Fxyj_Area_Number"] for one in told(engine, send(engine, "fxyj_signal", scope=WUHAN, minutes=1))} == {"420102"}


def test_persons_are_told_only_as_far_as_asked(engine: Engine) -> None:
    one_alert(engine)
    with transaction(engine) as conn:
        conn.execute(t.alerts.update().values(title_zh="联系人：王小明 13800138000"))
        tasks.sign(conn, 1, actor="张三", now=NOW)
        tasks.report(conn, 1, actor="张三", code="10", facts="询问了 13800138000", officers=["张三", "李四"], now=NOW)
    open_ = str(told(engine, send(engine, "fxyj_signal", "supervision_process", names="full")))
    closed = str(told(engine, send(engine, "fxyj_signal", "supervision_process", names="masked", stream="other")))
    for secret in ("13800138000", "王小明", "李四"):
        assert secret in open_
        assert secret not in closed
    assert "138****8000" in closed


def test_counts_go_out_and_follow_what_they_count(engine: Engine) -> None:
    one_alert(engine)
    (first,) = told(engine, send(engine, "statistics"))
    assert (first["risk_count"], first["risk_level"], first["area_code"], first["sta_data"]) == ("1", "02", "420102", "2026-10-12")
    with transaction(engine) as conn:
        conn.execute(t.alerts.update().values(grade=int(Grade.RED)))
    found = {one["cd_operation"]: one for one in told(engine, send(engine, "statistics", minutes=1))}
    assert (found["i"]["risk_level"], found["d"]["risk_level"]) == ("01", "02")
    assert found["d"]["record_unique_identity"] == first["record_unique_identity"]


def test_a_record_that_does_not_fit_is_left_out_and_told(engine: Engine) -> None:
    one_alert(engine)
    one_alert(engine, tag="y")
    with transaction(engine) as conn:
        conn.execute(t.alerts.update().where(t.alerts.c.id == 1).values(title_zh="坏\x0b字"))
    done = send(engine, "fxyj_signal")
    assert [(one.object, one.problems[0]["code"]) for one in done.unfit] == [("alert:1", "exchange_character")]
    assert [one["Fxyj_Id"] for one in told(engine, done)] == ["420000A000000000002"]


# -- in -----------------------------------------------------------------------------------------------------------------


def test_a_warning_of_another_system_becomes_an_alert_with_its_provenance(engine: Engine) -> None:
    done = take(engine, golden("in_signal.xml"), source="")
    assert (done.records, done.accepted, done.results) == (1, 1, {"alert": 1})
    ((system, warning_id, model, grade, level),) = rows(engine, t.outside_warnings, "system", "warning_id", "model", "grade", "level")
    assert (system, warning_id, model, Grade(grade).code, level) == ("510000", "SC0001", "false_medical_advertising", "red", "红色")
    ((origin, region),) = rows(engine, t.alerts, "origin", "region")
    assert (origin, region) == ("warning", "420102")
    assert rows(engine, t.tasks, "office_code") == [("420102-market_supervision",)]
    assert take(engine, golden("in_signal.xml"), source="", minutes=1).repeated
    assert count(engine, t.alerts) == 1


def test_what_came_from_a_system_is_not_sent_back_to_it(engine: Engine) -> None:
    take(engine, golden("in_signal.xml"), source="")
    assert send(engine, "fxyj_signal", stream="510000", minutes=1) == Exported(())
    assert len(told(engine, send(engine, "fxyj_signal", stream="第三方", minutes=1))) == 1


def test_a_record_is_taken_in_once_however_often_it_comes(engine: Engine) -> None:
    take(engine, golden("in_signal.xml"), source="")
    again = take(
        engine, edited("in_signal.xml", cd_batch="2026101200002", cd_id="7"), source="", minutes=1
    )  # another file, the same record
    assert (again.accepted, again.duplicates, again.quarantined) == (0, 1, 0)
    other = take(engine, edited("in_signal.xml", Fxyj_Title="另一标题", cd_time="2026-10-12 09:30:00"), source="", minutes=2)
    assert (other.accepted, other.quarantined) == (0, 1)
    assert rows(engine, t.exchange_received, "problems")[-1][0][0]["code"] == "exchange_known"
    changed = edited("in_signal.xml", Fxyj_Title="另一标题", cd_time="2026-10-12 09:30:00", cd_operation="u")
    assert take(engine, changed, source="", minutes=3).accepted == 1
    stale = edited("in_signal.xml", Fxyj_Title="更早的标题", cd_time="2026-10-12 09:10:00", cd_operation="u")
    assert take(engine, stale, source="", minutes=4).duplicates == 1
    gone = edited("in_signal.xml", cd_time="2026-10-12 10:00:00", cd_operation="d")
    assert take(engine, gone, source="", minutes=5).accepted == 1
    assert take(engine, edited("in_signal.xml", cd_time="2026-10-12 10:01:00", cd_operation="d"), source="", minutes=6).duplicates == 1
    with reading(engine) as conn:
        events = conn.execute(select(t.task_events.c.reason, t.task_events.c.detail).where(t.task_events.c.reason.is_not(None))).all()
    assert [(reason, detail["withdrawn"]) for reason, detail in events if "withdrawn" in detail] == [("510000撤回 SC0001", "SC0001")]
    assert count(engine, t.alerts) >= 1  # what was raised stays, with its history


def test_a_change_of_what_never_came_is_refused(engine: Engine) -> None:
    for operation in ("u", "d"):
        done = take(engine, edited("in_signal.xml", cd_operation=operation), source="")
        assert done.quarantined == 1
    assert {row[0][0]["code"] for row in rows(engine, t.exchange_received, "problems")} == {"exchange_not_known"}
    assert count(engine, t.alerts) == 0


def test_a_task_from_above_becomes_a_task_here_and_is_answered_under_its_number(engine: Engine) -> None:
    done = take(engine, golden("in_task.xml"))
    assert done.results == {"task": 1}
    ((office, state, grade),) = rows(engine, t.tasks, "office_code", "state", "grade")
    assert (office, state, Grade(grade).code) == ("420500-market_supervision", "issued", "orange")
    assert send(engine, "task_info", stream="国家系统", minutes=1) == Exported(())  # they know their own task
    with transaction(engine) as conn:
        tasks.sign(conn, 1, actor="王五", now=NOW + timedelta(minutes=2))
    (answer,) = told(engine, send(engine, "supervision_process", stream="国家系统", minutes=3))
    assert (answer["taskDetails"]["taskNo"], answer["taskDetails"]["status"]) == ("GJ2026-000123", "认领")


def test_the_other_task_interface_is_told_where_its_tasks_stand(engine: Engine) -> None:
    done = take(engine, golden("in_created.json"), source="某省", domains={"riskWarning": "illegal_drug_sales"})
    assert done.results == {"task": 1}
    (notice,) = told(engine, send(engine, "task_notice", "task_create", stream="某省", minutes=1))
    assert (notice["taskCode"], notice["taskStatus"], notice["message"]) == ("SC-T-9", "分发", "待签收")
    with transaction(engine) as conn:
        tasks.transfer_back(conn, 1, actor="王五", reason="属地不对", to="420102-market_supervision", now=NOW + timedelta(minutes=2))
        tasks.sign(conn, 1, actor="张三", now=NOW + timedelta(minutes=3))
        tasks.report(conn, 1, actor="张三", code="40", facts="查无此店", officers=["张三", "李四"], now=NOW + timedelta(minutes=4))
    found = {
        one["record_unique_identity"][6]: one for one in told(engine, send(engine, "task_notice", "task_detail", stream="某省", minutes=5))
    }
    assert (found["N"]["cd_operation"], found["N"]["taskStatus"]) == ("u", "反馈")
    detail = found["D"]
    assert (detail["taskCode"], detail["levelId"]) == ("SC-T-9", "03")
    said = {
        "depName": "武汉市江岸区市场监督管理局",
        "supervisor": "张三、李四",
        "explains": "查无此店",
        "feedbackTime": "2026-10-12 10:04:00",
    }
    assert detail["feedbacks"] == said
    assert (detail["backs"]["disContents"], detail["backs"]["disContentTimes"]) == ("属地不对", "2026-10-12 10:02:00")


def test_feedback_on_our_task_is_a_verdict_like_an_officers(engine: Engine) -> None:
    one_alert(engine)
    done = take(engine, golden("in_feedback.xml"))
    assert done.results == {"verdict": 1}
    ((code, facts, officers, detail),) = rows(engine, t.verdicts, "code", "facts", "officers", "detail")
    assert (code, officers) == ("10", ["张三", "李四"])
    assert facts.startswith("广告中断言功效")
    assert detail["exchange"]["source"] == "国家系统"
    assert rows(engine, t.tasks, "state") == [("reported",)]
    changed = edited("in_feedback.xml", taskDetails__endReason="不属实—误报（context_misread）", cd_operation="u")
    assert take(engine, changed, minutes=1).accepted == 1
    assert list(rows(engine, t.verdicts, "code", "supersedes")) == [("10", None), ("30", 1)]
    gone = edited("in_feedback.xml", cd_operation="d")
    assert take(engine, gone, minutes=2).accepted == 1
    assert rows(engine, t.tasks, "state") == [("returned",)]


def test_feedback_that_lacks_something_waits_is_repaired_and_goes_on(engine: Engine) -> None:
    """Two officers' rules, a clear result: the same as for an officer at the desk; the rest of the file goes on."""
    one_alert(engine)
    unclear = edited("in_feedback.xml", taskDetails__endReason="", feedbackUnitInfo__admPunishment__setDate="")
    done = take(engine, unclear)
    assert (done.accepted, done.quarantined) == (0, 1)
    ((number, problems),) = rows(engine, t.exchange_received, "id", "problems")
    assert [one["code"] for one in problems] == ["exchange_result_unclear"]
    assert "endReason" in problems[0]["hint_zh"]
    assert rows(engine, t.tasks, "state") == [("issued",)]  # nothing half done
    with transaction(engine) as conn:
        with pytest.raises(InvalidInputError) as refused:
            exchange_quarantine.repair(conn, number, {"taskDetails.status": "好了"}, actor="李四", now=NOW)
        assert refused.value.code == "exchange_still_bad"
        exchange_quarantine.repair(conn, number, {"taskDetails.endReason": "12"}, actor="李四", now=NOW)
    assert exchange_quarantine.resubmit(engine, [number], actor="李四", now=NOW).accepted == 1
    assert rows(engine, t.verdicts, "code") == [("12",)]
    ((state, result),) = rows(engine, t.exchange_received, "state", "result")
    assert (state, result) == ("resubmitted", "verdict:1")
    assert rows(engine, t.exchange_batches, "counts")[0][0]["quarantined"] == 0
    with pytest.raises(ConflictError):
        exchange_quarantine.resubmit(engine, [number], actor="李四", now=NOW)
    assert not [row for row in rows(engine, t.audit, "action") if row == ("task.report",)][1:]  # audited once, not for the refused try


def test_bad_records_wait_and_the_rest_goes_on(engine: Engine) -> None:
    one_alert(engine)
    done = take(engine, golden("in_mistakes.xml"))
    assert (done.records, done.accepted, done.quarantined) == (4, 1, 3)
    assert rows(engine, t.tasks, "state") == [("signed",)]
    with transaction(engine) as conn:
        exchange_quarantine.dismiss(conn, 4, reason="不是我们的记录", actor="李四", now=NOW)
    with reading(engine) as conn:
        waiting = exchange_quarantine.list_received(conn, state="quarantined").items
    assert [one.number for one in waiting] == [2, 3]
    assert len(waiting[1].problems) == 7


def test_acts_and_opinions_come_in(engine: Engine) -> None:
    done = take(engine, golden("in_acts.xml"), source="420500")
    assert (done.accepted, done.quarantined, done.results) == (1, 1, {"act": 1})
    ((kind, number, source),) = rows(engine, t.acts, "kind", "number", "source")
    assert (kind, number, source) == ("inspection", "JC-77", "420500")
    assert take(engine, golden("in_opinion.json"), source="舆情").results == {"signal": 1}
    assert rows(engine, t.signals, "kind", "region") == [("report", "420502")]


def test_a_field_of_risk_that_is_not_known_waits_until_somebody_says_which_it_is(engine: Engine) -> None:
    done = take(engine, golden("in_created.json"), source="某省")
    assert done.quarantined == 1
    assert rows(engine, t.exchange_received, "problems")[0][0][0]["code"] == "exchange_field_of_risk"
    assert exchange_quarantine.resubmit(
        engine, [1], actor="李四", now=NOW, domains={"riskWarning": "illegal_prescription_drug_sales"}
    ).accepted == 1  # fmt: skip
    assert rows(engine, t.alerts, "model") == [("illegal_prescription_drug_sales",)]


def test_nobody_reaches_beyond_their_scope_by_importing(engine: Engine) -> None:
    one_alert(engine, region="420102")
    done = take(engine, golden("in_feedback.xml"), scope=YICHANG)
    assert done.quarantined == 1
    assert rows(engine, t.exchange_received, "problems")[0][0][0]["code"] == "exchange_task_unknown"  # as if it did not exist
    assert take(engine, golden("in_signal.xml"), source="", scope=YICHANG).quarantined == 1
    assert take(engine, golden("in_signal.xml"), source="", scope=WUHAN).accepted == 1
    with reading(engine) as conn:
        assert [one.identity for one in exchange_quarantine.list_received(conn, scope=WUHAN).items] == ["SC0001"]


def test_a_killed_import_goes_on_where_it_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    opinion = next(iter(read(golden("in_opinion.json")))).values
    kind = record("public_opinion")
    data = write([(kind, {**opinion, "eventId": f"E{n}", "url": f"https://example.com/{n}"}) for n in range(5)], form="json")
    settled = exchange_in._settle

    def killed(conn: Any, batch_id: int, some: Any, way: Way, now: Any) -> None:
        settled(conn, batch_id, some, way, now)
        if some[0].number == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(exchange_in, "_settle", killed)
    with pytest.raises(KeyboardInterrupt):
        take(engine, data, source="舆情", chunk=2)
    assert count(engine, t.signals) == 2
    monkeypatch.setattr(exchange_in, "_settle", settled)
    done = take(engine, data, source="舆情", minutes=1, chunk=2)
    assert (done.accepted, done.duplicates, done.resumed_after) == (5, 0, 2)
    assert count(engine, t.signals) == 5


def test_what_we_send_another_of_us_can_take_in(engine: Engine) -> None:
    """Signals that went out come in elsewhere: the peer is this same store under another name, so that both ends are in one picture."""
    one_alert(engine)
    (batch,) = send(engine, "fxyj_signal", form="json").batches
    with transaction(engine) as conn:
        data = exchange_batches.content(conn, batch.batch, actor="x", now=NOW)[1]
    done = take(engine, data, source="", minutes=1)
    assert done.accepted == 1
    assert rows(engine, t.outside_warnings, "system", "warning_id") == [("420000", "420000A000000000001")]


def test_a_source_must_be_named(engine: Engine) -> None:
    with pytest.raises(InvalidInputError) as refused:
        take(engine, golden("in_task.xml"), source="")
    assert refused.value.code == "exchange_source_missing"
    assert count(engine, t.exchange_batches) == 0


def _inspection() -> Act:
    found = exchange_in.look(next(iter(read(golden("in_acts.xml")))))
    names = {field.name for field in record("inspection").part.fields}
    given = {name: value for name, value in found.values.items() if name in names}
    return acts.checked("inspection", {**given, "inspectors": ["张三", "李四"]})
