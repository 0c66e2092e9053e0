"""Exchange files: what is described is read and written both ways, hand-written files are understood, everything wrong is said at once, hostile files are refused."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.domain import acts
from risk.domain.errors import InvalidInputError
from risk.domain.exchange import kinds
from risk.domain.exchange.checks import check
from risk.domain.exchange.records import COLUMNS, Field, Part, codes, limits, part, parts_of, record, records
from risk.services.exchange_in import look
from risk.services.exchange_wire import read, write
from tests.risk.exchange_world import golden

USCCS = ("91350100M000100Y43", "91512081MA62K0260E", "9131000063159284XQ")
_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co"))
_DAYS = st.dates(min_value=date(1992, 1, 1), max_value=date(2026, 10, 1))


def _text(most: int) -> st.SearchStrategy[str]:
    words = st.text(_LETTERS | st.sampled_from("<>&\"'\n\t中文\U0001f600"), min_size=1, max_size=min(most or 30, 30))
    return words.map(lambda s: s.strip()[: most or 30].strip()).filter(bool)


def _value(field: Field) -> st.SearchStrategy[Any]:
    ways: dict[str, st.SearchStrategy[Any]] = {
        "text": _text(field.length),
        "whole": st.integers(0, 10**9).map(str),
        "day": _DAYS.map(str),
        "moment": st.tuples(_DAYS, st.times()).map(lambda pair: f"{pair[0]} {pair[1]:%H:%M:%S}"),
        "division": st.sampled_from(["420102", "110000"]),
        "uscc": st.sampled_from(USCCS),
        "party": st.sampled_from([*USCCS, "42010119900101123X"]),
        "batch": _DAYS.map(lambda day: kinds.batch_text(day, 3)),
        "url": st.sampled_from(["https://example.com/a?b=1&c=2", "http://10.0.0.1/x"]),
        "people": st.lists(st.sampled_from(["张三", "李四", "欧阳娜娜"]), min_size=2, max_size=3, unique=True).map("、".join),
        "one": st.deferred(lambda: _part(part(field.inner))),
        "many": st.deferred(lambda: st.lists(_part(part(field.inner)), min_size=1, max_size=2)),
    }
    return st.sampled_from(sorted(codes(field.codes))) if field.kind == "code" else ways[field.kind]


@cache
def _part(one: Part) -> st.SearchStrategy[dict[str, Any]]:
    needed = {field.name: _value(field) for field in one.fields if field.required}
    needed |= {name: _value(f) for rule in one.checks if rule.kind == "needed_if" for name in rule.fields if (f := one.field(name))}
    free = {field.name: _value(field) for field in one.fields if field.name not in needed}
    later = {rule.field for rule in one.checks if rule.kind == "not_before"}
    for name in later:
        free.pop(name, None)
    made = st.fixed_dictionaries(needed, optional=free)
    return made if needed else made.filter(bool)


@cache
def _act(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    ways: dict[str, Any] = {
        "date": st.just("2026-03-04"),
        "yes_no": st.sampled_from(["是", "否"]),
        "amount": st.integers(0, 10**7).map(lambda fen: f"{fen / 100:.2f}"),
        "people": st.just("张三、李四"),
        "uscc": st.sampled_from(USCCS),
        "party": st.sampled_from(USCCS),
        "table": st.just([{"name": "处方 <审核>", "result": "合格"}, {"name": "b", "result": "未检查"}]),
    }
    own = {"matter_code": st.just("01020300000001"), "region": st.just("420502"), "checklist_code": st.just(f"{USCCS[0]}3001")}
    told = {}
    for field in acts.kinds()[kind].fields.values():
        choice = st.sampled_from(field.more["values"]) if field.kind == "choice" else None
        usual = choice if choice is not None else ways.get(field.kind)
        told[field.name] = own[field.name] if field.name in own else usual if usual is not None else _text(field.limit or 30)
    needed = {name for name, field in acts.kinds()[kind].fields.items() if field.required}
    return st.fixed_dictionaries(
        {name: way for name, way in told.items() if name in needed},
        optional={name: way for name, way in told.items() if name not in needed},
    )


@pytest.mark.parametrize("code", sorted(records()))
@pytest.mark.parametrize(("form", "encoding"), [("xml", "utf-8"), ("xml", "gb18030"), ("json", "utf-8")])
@settings(max_examples=12)
@given(data=st.data())
def test_what_is_written_is_read_as_it_was(code: str, form: str, encoding: str, data: st.DataObject) -> None:
    """For every record, in every form: what is read of what was written is what was written, and writing it again gives the same bytes."""
    one = record(code)
    columns = data.draw(_part(part(COLUMNS)))
    own = data.draw(_act(one.act) if one.act else _part(one.part))
    first = check(one, {**columns, **own}, columns=True)
    assert not first.problems, [problem.text("en") for problem in first.problems]
    assert first.values.keys() >= own.keys()
    written = write([(one, first.values)], form=form, encoding=encoding)
    (found,) = read(written)
    again = check(one, found.values, columns=True)
    assert found.record is one
    assert again.values == first.values
    assert not again.problems
    assert write([(one, again.values)], form=form, encoding=encoding) == written


def test_hand_written_files_are_understood() -> None:
    (signal,) = read(golden("in_signal.xml"))
    told = look(signal)
    assert not told.problems
    assert told.values["Fxyj_Level"] == "01"  # 红
    assert told.values["Fxyj_Detail_Url"] == "https://example.com/fxyj/SC0001?a=1&b=2"
    (lower,) = read(golden("in_signal_lower.json"))
    told = look(lower)
    assert not told.problems
    assert (told.values["fxyjtime"], told.values["createtime"], told.values["fxyjlevel"]) == (
        "2026-10-11 15:20:00",
        "2026-10-11 15:21:00",
        "02",
    )
    assert b"\xb7\xd6\xb7\xa2" in golden("in_task.xml")  # 分发 in GB18030: the file really is
    (task,) = read(golden("in_task.xml"))
    told = look(task)
    assert not told.problems
    assert not told.warnings
    assert "remark" not in told.values  # an empty element says nothing
    assert told.values["superviseObjects"][0]["basisData"]["riskWarning"][0]["level"] == "02"
    (feedback,) = read(golden("in_feedback.xml"))
    told = look(feedback)
    assert told.values["feedbackUnitInfo"]["admInspection"][0]["checkPersonnel"] == "张三、李四"
    assert told.values["feedbackUnitInfo"]["admInspection"][0]["checkForm"] == "02"
    assert record("supervision_process").key_of(told.values) == "420000T000000000001|江岸区市场监督管理局"
    (created,) = read(golden("in_created.json"))
    assert look(created).values["levelId"] == "03"
    (opinion,) = read(golden("in_opinion.json"))
    assert look(opinion).values["eventDate"] == "2026-10-10 00:00:00"


def test_everything_wrong_with_a_file_is_said_at_once() -> None:
    found = [look(one) for one in read(golden("in_mistakes.xml"))]
    said = [[(problem.column, problem.code) for problem in one.problems] for one in found]
    assert said[0] == []
    assert said[1] == [("taskCode", "exchange_missing"), ("taskStatus", "exchange_code_unknown")]
    assert said[2] == [
        ("Fxyj_Id", "exchange_too_long"),
        ("Fxyj_Domain_Id", "exchange_missing"),
        ("Fxyj_Area_Number", "exchange_division"),
        ("Fxyj_Title", "exchange_repeated"),
        ("Fxyj_Level", "exchange_code_unknown"),
        ("Fxyj_Time", "exchange_moment"),
        ("Fxyj_Detail_Url", "exchange_url"),
    ]
    assert [one.column for one in found[2].warnings] == ["Fxyj_Colour"]
    assert said[3] == [("", "exchange_record_unknown")]
    for one in found:
        for problem in one.problems:
            kept = problem.record()
            assert all((kept["zh"], kept["en"]))


def test_acts_are_held_to_the_rules_of_acts() -> None:
    inspection, penalty = (look(one) for one in read(golden("in_acts.xml")))
    assert not inspection.problems
    assert inspection.values["items"][1] == {"name": "温湿度记录", "result": "未检查"}
    assert [(one.column, one.code) for one in penalty.problems] == [("closed_on", "mistake_order")]  # 结案 before 立案
    alone = check(record("inspection"), {**inspection.values, "inspectors": "张三", "matter_code": "1", "checklist_code": "x"})
    told = {one.column: one.code for one in alone.problems if one.column in ("inspectors", "matter_code", "checklist_code")}
    assert told == {"inspectors": "mistake_too_few", "matter_code": "mistake_pattern", "checklist_code": "mistake_pattern"}


def test_a_code_with_a_wrong_check_character_is_a_warning() -> None:
    found = check(record("fxyj_signal_lower"), {**_lower(), "fxyjuscc": "91350211M0000XUF46"})
    assert not found.problems
    assert [(one.code, one.column) for one in found.warnings] == [("exchange_uscc_checksum", "fxyjuscc")]


def test_days_between_fields_are_compared() -> None:
    given = {"enterpriseName": "甲", "putInDate": "2026-03-02", "removeDate": "2026-03-01"}
    values = {**_task(), "superviseObjects": [{"superviseObjectName": "甲", "basisData": {"operatingAbnormal": given}}]}
    (problem,) = check(record("task_info"), values).problems
    assert (problem.code, problem.column) == ("exchange_before", "superviseObjects[1].basisData.operatingAbnormal[1].removeDate")
    assert "2026-03-02" in problem.text("zh")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "exchange_file_empty"),
        (b"  \n", "exchange_file_empty"),
        (b"<exchangeBatch/>", "exchange_file_empty"),
        (b"<a><b></a>", "exchange_file_unreadable"),
        (b"{", "exchange_file_unreadable"),
        (b"\xff\xfe<\x00", "exchange_file_unreadable"),
        (b"<?xml version='1.0' encoding='utf-16'?><a/>", "exchange_encoding"),
        (b"<?xml version='1.0' encoding='utf-8'?><a>\xff</a>", "exchange_file_unreadable"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "exchange_file_entities"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "exchange_file_entities"),
        (b"<a>" * 40 + b"</a>" * 40, "exchange_file_too_deep"),
        (b'{"taskInfo": ' + b'{"a": ' * 40 + b"1" + b"}" * 41, "exchange_file_too_deep"),
        (b"[" * 100_000, "exchange_file_unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(data: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        list(read(data))
    assert refused.value.code == code
    assert refused.value.text("zh") != refused.value.text("en")


def test_files_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {**limits(), "incoming_bytes": 100, "nodes": 3}
    monkeypatch.setattr("risk.services.exchange_wire.limits", lambda: small)
    for data, code in ((b"<a>" + b"x" * 200 + b"</a>", "exchange_file_too_large"), (b"<a><b/><b/><b/></a>", "exchange_file_too_many")):
        with pytest.raises(InvalidInputError) as refused:
            list(read(data))
        assert refused.value.code == code


def test_bare_rows_need_their_kind_said() -> None:
    rows = json.dumps([_lower(), _lower()]).encode()
    assert [look(one).problems[0].code for one in read(rows)] == ["exchange_record_unknown"] * 2
    found = list(read(rows, kind=record("fxyj_signal_lower")))
    assert [look(one).problems for one in found] == [(), ()]


def test_keys_given_twice_are_seen_in_json() -> None:
    (found,) = read(b'{"taskStatusNotice": {"taskCode": "1", "taskCode": "2", "taskStatus": "\xe8\xae\xa4\xe9\xa2\x86"}}')
    assert [(one.code, one.column) for one in look(found).problems] == [("exchange_repeated", "taskCode")]


def test_every_field_is_described_in_both_languages() -> None:
    """And has a kind that exists, a length where it is text, and where it was seen."""
    for one in records().values():
        assert one.part.fields, one.code
        for below in parts_of(one.part):
            names = [field.name for field in below.fields]
            assert len(names) == len(set(names)), below.code
            for field in below.fields:
                assert all((field.zh, field.en, field.source)), (below.code, field.name)
                assert field.kind != "text" or field.length or one.act, (below.code, field.name)
        for path in one.identity:
            assert one.part.field(path.split(".")[0]), path


def _lower() -> dict[str, str]:
    return {"rowguid": "1", "fxyjid": "1", "fxyjdomainid": "FFJZ", "fxyjtitle": "t", "fxyjlevel": "01", "fxyjtime": "2026-10-01 00:00:00"}


def _task() -> dict[str, Any]:
    return {"taskNo": "1", "taskName": "n", "taskStartTime": "2026-10-01 00:00:00", "status": "分发", "initiateUnitName": "u"}
