"""What rules see: every name has a value, in both languages; texts, histories, registers and rows answer as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.context import EVENT_COLUMNS, STREAMS, Context, Known
from features.frame import build
from features.lexicon import Lexicon, WordList
from features.register import Book, Entry, Party
from risk.scoring.examples import failures
from risk.scoring.fields import IDENTIFIER_STATES, IDENTIFIERS, MAYBE, RENAMED, vocabulary
from risk.scoring.firm_inputs import FirmInputs
from risk.scoring.inputs import TextInputs
from risk.scoring.row_inputs import RowInputs
from rules.check import check
from rules.evaluate import evaluate
from rules.inputs import Column, WindowQuery
from rules.kinds import Kind, Type, Unit
from rules.nodes import Aggregate
from rules.pack import pack_from_text
from rules.text_hits import HitBook

LISTS = (WordList("管制", ("三唑仑", "GHB"), ("三唑仑说明书",)),)
NUMERIC = (Aggregate.SUM, Aggregate.MEAN, Aggregate.MAX, Aggregate.MIN)


def inputs(texts: list[str], around: Context | None = None) -> TextInputs:
    lexicon = Lexicon(LISTS)
    frame = build(texts, lexicon)
    return TextInputs(frame, Lexicon([]).match(frame.texts), around or Context.unknown(len(texts)), lexicon.lists)


@given(
    st.lists(
        st.lists(st.sampled_from(["三唑仑", "三唑侖片", "严禁", "GHB", "三唑仑说明书", "三.唑.仑", "，"]), max_size=6).map("".join),
        max_size=4,
    )
)
def test_what_a_row_is_hit_by_is_what_lists_are_hit_by(texts: list[str]) -> None:
    lexicon, words = Lexicon(LISTS), Lexicon([WordList("严禁", ("严禁",))])
    frame = build(texts, lexicon)
    told = TextInputs(frame, words.match(frame.texts), Context.unknown(len(texts)), lexicon.lists)
    book, whole = HitBook(pack_from_text(""), told), HitBook(pack_from_text(""), told)
    whole._rowed = None  # as a host that has its hits by list alone
    for row in range(len(texts)):
        for operand in told.operands_known():
            assert list(book.of_row(operand, row)) == list(whole.of_row(operand, row))
        assert set(told.hits_of_row(row)) == {operand for operand, _ in told.hits_noted(row)}


def _context() -> Context:
    """Three units: of subject 1 (an alert, a complaint, a fine), of subject 2 (nothing), of nobody."""
    rows: list[dict[str, Any]] = [
        {"subject": 1, "at": "2026-01-05", "kind": "signal", "unit": "signal:1", "channel": "shop", "source": "甲"},
        {"subject": 1, "at": "2026-01-05", "kind": "complaint", "unit": "signal:1", "channel": "shop"},
        {"subject": 1, "at": "2026-01-06", "kind": "alert", "unit": "alert:1", "model": "m", "grade": 3, "probability": 0.8},
        {"subject": 1, "at": "2026-01-07", "kind": "verdict", "unit": "verdict:1", "code": "10", "confirmed": True},
        {"subject": 1, "at": "2026-01-07", "kind": "confirmed", "unit": "verdict:1"},
        {"subject": 1, "at": "2026-01-08", "kind": "penalty", "unit": "penalty:1", "amount": 5000.0, "item": "罚款"},
        {"subject": 3, "at": "2026-01-08", "kind": "change", "unit": "change:1", "item": "法定代表人"},
    ]
    events = pd.DataFrame([tuple(row.get(name) for name in EVENT_COLUMNS) for row in rows], columns=list(EVENT_COLUMNS))
    events["at"] = pd.to_datetime(events["at"], utc=True)
    events["subject"] = events["subject"].astype(object)
    queries = pd.DataFrame({"subject": [1, 2, None], "unit": ["signal:11", "signal:12", "signal:13"]}, dtype=object)
    queries["as_of"] = pd.to_datetime(["2026-02-01"] * 3, utc=True)
    shared = [(1, "same_address", "a"), (2, "same_address", "a"), (3, "same_address", "a"), (1, "same_phone", "p")]
    known = Known(
        day="2026-01-31",
        own=pd.DataFrame([("signal:12", "alert:1")], columns=["unit", "event"], dtype=object),
        links=pd.DataFrame(shared, columns=["subject", "relation", "key"], dtype=object),
        held={1: frozenset({"药品经营许可证"})},
        names={1: "甲公司", 2: "乙公司"},
        register=Book({("drug_licence", "鄂CB027000001"): Entry(Party("甲公司", 1), valid_to="2026-12-31")}, frozenset({"drug_approval"})),
    )
    return Context(["shop", "火星", None], ["content", "report", None], events=events, queries=queries, known=known)


TEXTS = ["许可证号鄂CB027000001，国药准字Z13020588", "鄂CB027000001。国药准字Z1302", "年化15%，保本！"]


def _plain(column: Column) -> list[Any]:
    return [value if known else None for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)]


def test_every_name_has_a_value_in_both_languages() -> None:
    words, asked = vocabulary(), inputs(TEXTS, _context())
    for field in words.fields:
        assert _plain(asked.field(field.name)) == _plain(asked.field(field.zh))
    for function in words.functions:
        argument = function.params[0].values[0] if function.params[0].values else 30.0
        assert _plain(asked.call(function.name, (argument,))) == _plain(asked.call(function.zh, (argument,)))
    assert {stream.name: {field.name for field in stream.fields} for stream in words.streams} == {
        name: set(columns) for name, (_, columns) in STREAMS.items()
    }
    for stream in words.streams:
        for relation in ("", *(item.name for item in words.relations)):
            assert len(asked.window(WindowQuery(Aggregate.COUNT, stream.name, "", 30.0, relation)).values) == 3
        for field in stream.fields:
            for how in (Aggregate.DISTINCT, *(NUMERIC if field.type.kind is Kind.NUMBER else ())):
                assert len(asked.window(WindowQuery(how, stream.name, field.name)).values) == 3
    for items in (words.fields, words.functions, words.streams, words.relations):
        assert all(item.doc_zh and item.doc_en for item in items)


@given(st.lists(st.text(alphabet="年化收益保本15%x*国药准字Z1380013元加微信。", max_size=30), min_size=1, max_size=3))
def test_what_is_said_never_to_be_unknown_never_is(texts: list[str]) -> None:
    asked = inputs(texts)
    for field in vocabulary().fields:
        if not field.maybe:
            assert asked.field(field.name).known.all(), field.name
    for kind in IDENTIFIERS:
        assert asked.call("identifier_state", (kind,)).known.all()


def test_the_features_that_may_be_unknown_may_be() -> None:
    asked = inputs(["今天天气好"])
    for name in MAYBE:
        field = vocabulary().field(RENAMED[name][0] if name in RENAMED else name)
        assert field is not None
        assert field.maybe
        assert not asked.field(field.name).known.any()
    assert not inputs([""]).field("汉字占比").known.any()


def test_windows_look_back_on_the_subject_and_on_those_it_shares_something_with() -> None:
    asked = inputs(TEXTS, _context())

    def window(how: str, stream: str, field: str = "", days: float | None = None, relation: str = "") -> list[Any]:
        return _plain(asked.window(WindowQuery(Aggregate(how), stream, field, days, relation)))

    assert window("count", "complaints", days=30) == [1.0, 0.0, None]
    assert window("sum", "penalties", "amount", 365) == [5000.0, 0.0, None]
    assert window("max", "alerts", "grade") == [3.0, None, None]
    assert window("sum", "verdicts", "confirmed") == [1.0, 0.0, None]
    assert window("mean", "verdicts", "amount") == [None, None, None]
    assert window("days_since", "penalties") == [24.0, None, None]
    assert window("change", "complaints", days=20) == [-1.0, 0.0, None]
    assert window("distinct", "changes", "kind", relation="same_address") == [1.0, 1.0, None]
    assert window("count", "penalties", relation="same_address") == [0.0, 1.0, None]
    assert window("count", "alerts", relation="same_address") == [0.0, 0.0, None]  # the alert is the second unit's own
    assert window("count", "penalties", relation="same_phone") == [0.0, None, None]
    assert _plain(asked.related("same_address")) == [2.0, 2.0, None]
    assert _plain(asked.related("same_phone")) == [0.0, None, None]
    assert _plain(asked.related("same_person")) == [None, None, None]


def test_numbers_are_held_against_registers() -> None:
    asked = inputs(TEXTS, _context())
    assert _plain(asked.call("identifier_state", ("药品经营许可证",))) == ["valid", "someone_elses", "absent"]
    assert _plain(asked.call("证号状态", ("国药准字",))) == ["unregistered", "malformed", "absent"]
    bare = inputs(TEXTS)
    assert _plain(bare.call("identifier_state", ("药品经营许可证",))) == ["well_formed", "well_formed", "absent"]
    assert {"valid", "someone_elses", "absent", "unregistered", "malformed", "well_formed"} <= {name for name, _ in IDENTIFIER_STATES}


def test_the_worst_of_several_numbers_counts() -> None:
    asked = inputs(["鄂CB027000001和国药准字Z13020588", "国药准字Z13020588、国药准字1234"], _context())
    assert _plain(asked.call("identifier_state", ("国药准字",))) == ["unregistered", "malformed"]


def test_sets() -> None:
    asked = inputs(TEXTS, _context())
    assert _plain(asked.field("licences_held")) == [frozenset({"药品经营许可证"}), frozenset(), None]
    assert _plain(asked.field("证号种类")) == [frozenset({"药品经营许可证", "国药准字"})] * 2 + [frozenset()]
    assert _plain(inputs(["药"]).field("licences_held")) == [None]


def test_patterns_and_sentences_speak_of_the_original() -> None:
    asked = inputs(["承诺年化１５％。不能保本", "严禁承诺年化15%"])
    hits = asked.matches(r"年化\d+%")
    assert [(asked.text(r)[s:e], bool(n)) for r, s, e, n in zip(hits.row, hits.start, hits.end, hits.negated, strict=True)] == [
        ("年化１５％", False),
        ("年化15%", True),
    ]
    assert asked.matches(r"年化\d+%") is hits
    spans = asked.sentences()
    assert [asked.text(r)[s:e] for r, s, e in zip(spans.row, spans.start, spans.end, strict=True)] == [
        "承诺年化１５％",
        "不能保本",
        "严禁承诺年化15%",
    ]
    assert len(inputs([]).sentences().row) == len(inputs([]).matches("a").row) == 0


def test_membership_is_exact_and_what_is_excluded_is_not_in() -> None:
    values = ["三唑侖", "ＧＨＢ", "三唑仑片", "三唑仑说明书", None]
    found = inputs(["药"]).member(Column.of(values), "管制")
    assert _plain(found) == [True, True, False, False, None]
    assert _plain(FirmInputs(pd.DataFrame(index=[0]), LISTS).member(Column.of(["ghb"]), "管制")) == [True]  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="没有"):
        inputs(["药"]).member(Column.of(["药"]), "没有")


def test_contexts_of_several_moments_answer_each_for_its_row() -> None:
    one = _context()
    both = Context([None] * 4, [None] * 4, parts=((one, 0), (Context.unknown(1), 0), (one, 1), (one, 0)))
    asked = inputs([TEXTS[0]] * 4, both)
    assert _plain(asked.window(WindowQuery(Aggregate.COUNT, "penalties"))) == [1.0, None, 0.0, 1.0]
    assert _plain(asked.related("same_address")) == [2.0, None, 2.0, 2.0]
    assert _plain(asked.field("licences_held")) == [frozenset({"药品经营许可证"}), None, frozenset(), frozenset({"药品经营许可证"})]
    assert _plain(asked.call("identifier_state", ("药品经营许可证",))) == ["valid", "well_formed", "someone_elses", "valid"]


def test_a_cell_counts_for_whatever_is_called_by_its_name() -> None:
    rows: list[dict[str, Any]] = [
        {"许可状态": "expired", "complaints": 3.0, "same_address": 12.0, "licences_held": frozenset({"甲"})},
        {"text": "保本"},
    ]
    asked = RowInputs(rows, inputs(["", "保本"], None))
    assert _plain(asked.call("licence_state", ("金融许可证",))) == ["expired", None]
    assert _plain(asked.window(WindowQuery(Aggregate.COUNT, "complaints", "", 30.0))) == [3.0, None]
    assert _plain(asked.related("same_address")) == [12.0, None]
    assert _plain(asked.field("所持许可")) == [frozenset({"甲"}), None]
    assert _plain(asked.field("text_length")) == [0.0, 2.0]
    assert _plain(asked.window(WindowQuery(Aggregate.COUNT, "alerts"))) == [None, None]


PACK = """
规则 老问题 "屡次被投诉的地址"
  模型 illegal_drug_sales
  依据 "药品管理法" 条 "51" 文本 2019-08-26
  严重度 中
  当 次数 投诉 近 30天 >= 3 且 主体数 同址 >= 10 且 许可状态("药品经营许可证") != "valid" 且 文本 匹配 "代购[0-9]+盒"
  理由 中 "一址多企，屡被投诉" 英 "one address, many firms, many complaints"
  命中 {text: "代购3盒", 投诉: 3, same_address: 12, licence_state: "expired"}
  不命中 {text: "代购3盒", 投诉: 2, same_address: 12, licence_state: "expired"}
         {text: "代购3盒", 投诉: 3, same_address: 12}
         {text: "代购", 投诉: 3, same_address: 12, licence_state: "expired"}
"""


def test_examples_as_rows_set_histories_relations_and_functions() -> None:
    pack = pack_from_text(PACK)
    assert {found.code for found in check(pack, vocabulary()) if found.severity == "error"} <= {"R017"}  # of the clauses a whole rule has
    assert "R010" in {found.code for found in check(pack_from_text(PACK.replace("投诉: 2", "投拆: 2")), vocabulary())}
    assert len(pack.rules) == 1
    assert failures(pack) == []
    wrong = failures(pack_from_text(PACK.replace("投诉: 2", "投诉: 4")))
    assert [(item.rule, item.outcome) for item in wrong] == [("老问题", 1)]


def test_firms_have_no_text_and_no_history() -> None:
    firms = FirmInputs(pd.DataFrame({"base_regcap": [100.0, np.nan]}))
    assert _plain(firms.field("注册资本")) == [100.0, None]
    assert _plain(firms.window(WindowQuery(Aggregate.COUNT, "alerts"))) == _plain(firms.related("same_address")) == [None, None]
    assert len(firms.matches("a").row) == len(firms.sentences().row) == 0
    pack = pack_from_text('rule a "y" when text matches "a" or count of alerts in last 30 days >= 1 or base_regcap >= 100')
    assert evaluate(pack, firms).outcome.tolist() == [[1], [-1]]


def test_yields_keep_their_own_unit() -> None:
    field = vocabulary().field("promised_annual_yield")
    assert field is not None
    assert field.type == Type(Kind.NUMBER, Unit.YIELD)
