"""Blocks of bits, single rows by a made function, and plain recursion say the same; a pack is compiled once."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import blocks, evaluate, plan
from rules.columns import Coded, Ready, coded, packed, unpacked
from rules.evaluate import Batch, EvaluationError
from rules.inputs import Column
from rules.items import Plain, Rule
from rules.nodes import And, Compare, Expr, Flag, ListRef, Name, Not, Number, Or
from rules.pack import Pack, pack_from_text
from rules.plan import Plan, plan_of
from rules.rowwise import RowReader
from tests.rules.fakes import VOCABULARY, FakeInputs
from tests.rules.test_evaluate import _inputs, _pack, _row, _texts
from tests.rules.trees import conditions

_rows = st.lists(st.tuples(_texts, _row), min_size=1, max_size=20)


def _by_recursion(pack: Pack, inputs: FakeInputs) -> list[list[int]]:
    readers = [RowReader(pack, inputs, row) for row in range(inputs.size)]
    return [[{True: 1, False: 0, None: -1}[reader.truth(rule.when)] for rule in pack.rules] for reader in readers]


def _by_blocks(pack: Pack, inputs: FakeInputs) -> list[list[int]]:
    return Batch(pack, inputs, singly=False).hits().outcome.tolist()  # type: ignore[no-any-return]


def _one_by_one(pack: Pack, inputs: FakeInputs) -> list[list[int]]:
    return Batch(pack, inputs, singly=True).hits().outcome.tolist()  # type: ignore[no-any-return]


@settings(deadline=None)
@given(st.lists(conditions, min_size=1, max_size=4), _rows)
def test_three_ways_of_judging_agree(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]]) -> None:
    pack = _pack(*exprs)
    inputs = _inputs(pack, [text for text, _ in rows], [row for _, row in rows])
    wanted = _by_recursion(pack, inputs)
    assert _by_blocks(pack, inputs) == wanted
    assert _one_by_one(pack, inputs) == wanted


@settings(max_examples=100, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=3), _rows)
def test_blocks_of_eight_rows_are_one_batch(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]]) -> None:
    pack = _pack(*exprs)
    inputs = _inputs(pack, [text for text, _ in rows], [row for _, row in rows])
    whole = _by_blocks(pack, inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "BLOCK", 8)
        assert _by_blocks(pack, inputs) == whole


@settings(max_examples=100, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=3), _rows)
def test_columns_without_unknowns_are_judged_alike(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]]) -> None:
    filled: dict[str, Any] = {
        "promised_annual_yield": 1.0, "amount": 1.0, "phones": 2.0, "channel": "shop", "seller": "shop", "has_wechat": True,
        "registered_on": date(2024, 1, 1), "licence_state": "shop", "alerts_in_last": 1.0,
    }  # fmt: skip
    full = [{name: filled.get(name, value) if value is None or value != value else value for name, value in row.items()} for _, row in rows]
    pack = _pack(*exprs)
    inputs = _inputs(pack, [text for text, _ in rows], full)
    wanted = _by_recursion(pack, inputs)
    assert _by_blocks(pack, inputs) == wanted
    assert _one_by_one(pack, inputs) == wanted


def test_a_pack_is_compiled_once() -> None:
    pack = pack_from_text('rule r "x" when phones > 1')
    inputs = FakeInputs(pack, [""], {"phones": [2.0]})
    first = plan_of((pack,), inputs.vocabulary)
    assert evaluate.evaluate(pack, inputs).outcome.tolist() == [[1]]
    assert not first.compiled  # the first few rows are not worth a function
    assert evaluate.evaluate(pack, inputs).outcome.tolist() == [[1]]
    assert len(first.compiled) == 1
    assert plan_of((pack,), inputs.vocabulary) is first
    assert plan_of((pack_from_text('rule r "x" when phones > 2'),), inputs.vocabulary) is not first


def test_plans_of_long_ago_are_let_go() -> None:
    packs = [Pack(f"p{at}") for at in range(plan._KEPT + 5)]
    plans = [plan_of((pack,), VOCABULARY) for pack in packs]
    assert plan_of((packs[-1],), VOCABULARY) is plans[-1]
    assert plan_of((packs[0],), VOCABULARY) is not plans[0]
    assert len(plan._LATELY) <= plan._KEPT


def test_equal_parts_are_one_step_in_both_languages_and_all_packs() -> None:
    one = pack_from_text('condition c = has_wechat\nrule r "x" when phones > 1 and c')
    two = pack_from_text('rule s "x" when 有微信 and phones > 1 and (phones > 1 or false)')
    both = Plan((one, two), VOCABULARY)
    assert both.root(0, 0) == both.root(1, 0)
    inputs = FakeInputs(one, ["", ""], {"phones": [2.0, None], "has_wechat": [True, True]})
    batch = Batch((one, two), inputs)
    assert [batch.hits(at).outcome.tolist() for at in (0, 1)] == [[[1], [-1]], [[1], [-1]]]
    assert sorted(inputs.asked) == ["has_wechat", "phones"]


def test_names_mean_what_their_own_pack_says() -> None:
    one, two = (pack_from_text(f'condition many = phones > {least}\nrule r "x" when many') for least in (1, 5))
    inputs = FakeInputs(one, [""], {"phones": [3.0]})
    for singly in (True, False):
        batch = Batch((one, two), inputs, singly=singly)
        assert [batch.hits(at).outcome.tolist() for at in (0, 1)] == [[[1]], [[0]]]


@pytest.mark.parametrize("singly", [True, False])
def test_only_rules_that_hold_count(singly: bool) -> None:
    text = (
        'rule old "x" when true valid from 2020-01-01 to 2020-12-31\nrule asks "x" when fires(old)\nrule report "x" lens report when true'
    )
    pack = pack_from_text(text)
    inputs = FakeInputs(pack, [""])
    assert Batch(pack, inputs, date(2020, 5, 1), singly=singly).hits().outcome.tolist() == [[1, 1, 1]]
    later = Batch(pack, inputs, date(2021, 5, 1), singly=singly)
    assert later.hits().outcome.tolist() == [[0, 0, 1]]
    assert later.hits(lens="firm").ids == ("old", "asks")
    assert later.hits(lens="firm").outcome.tolist() == [[0, 0]]


@pytest.mark.parametrize("singly", [True, False])
def test_a_rule_that_cannot_run_is_refused_where_it_holds(singly: bool) -> None:
    pack = pack_from_text('condition a = b\ncondition b = a\nrule r "x" when a valid from 2024-01-01\nrule s "x" when true')
    inputs = FakeInputs(pack, [""])
    assert Batch(pack, inputs, date(2023, 1, 1), singly=singly).hits().outcome.tolist() == [[0, 1]]
    for _ in range(2):
        with pytest.raises(EvaluationError):
            Batch(pack, inputs, date(2024, 1, 1), singly=singly).hits()


def test_what_cannot_matter_is_not_asked_for() -> None:
    pack = pack_from_text('list a\n include "x"\nrule r "x" when alerts_in_last(30) > 1 and text has any of @a')
    inputs = FakeInputs(pack, ["no", "no"])
    calls: list[str] = []
    inputs.call = lambda name, args: calls.append(f"{name}{args}") or Column.of([1.0, 1.0])  # type: ignore[method-assign, func-returns-value]
    for singly in (True, False):
        assert Batch(pack, inputs, singly=singly).hits().outcome.tolist() == [[0], [0]]
    assert calls == []


def test_deep_and_wide_conditions_become_functions() -> None:
    deep: Expr = Compare(">", Name("phones"), Number("1"))
    for at in range(100):
        deep = Not(And((deep, Compare("<", Name("amount"), Number(str(at)))))) if at % 2 else Or((deep, Name("has_wechat")))
    wide = Or(tuple(Compare("=", Name("phones"), Number(str(at))) for at in range(900)))
    pack = _pack(deep, wide, And((wide, deep)))
    inputs = FakeInputs(pack, ["", ""], {"phones": [3.0, None], "amount": [50.0, 50.0], "has_wechat": [None, False]})
    assert _one_by_one(pack, inputs) == _by_blocks(pack, inputs) == _by_recursion(pack, inputs)


def test_constants_of_rules_stay_out_of_the_source() -> None:
    pack = _pack(
        Compare("=", Name("seller"), Name("channel")), *(pack_from_text('rule r "x" when seller = "\\"+exit()+\\""').rules[0].when,)
    )
    inputs = FakeInputs(pack, [""], {"seller": ['"+exit()+"'], "channel": ["shop"]})
    assert _one_by_one(pack, inputs) == [[0, 1]]


class _WithCells(FakeInputs):
    def cells(self, names: list[str], row: int) -> list[Plain]:
        self.asked += [f"cell {name}" for name in names]
        return [self.columns.get(name, [None] * self.size)[row] for name in names]


def test_a_host_may_hand_over_cells() -> None:
    pack = pack_from_text('rule r "x" when phones > 1 or 有微信')
    inputs = _WithCells(pack, ["", ""], {"phones": [2.0, None]})
    assert Batch(pack, inputs, singly=True).hits().outcome.tolist() == [[1], [-1]]
    assert set(inputs.asked) == {"cell phones", "cell has_wechat"}


class _Sparse(FakeInputs):
    def operands_hit(self) -> list[Any]:
        return list(self.having)

    def hits_noted(self, row: int) -> list[Any]:
        return [(operand, 0) for operand in self.having if row in self.hits(operand.name).row]

    def operands_known(self) -> frozenset[Any]:
        return self.known

    having: tuple[Any, ...] = ()
    known: frozenset[Any] = frozenset({ListRef("a"), ListRef("b")})


@pytest.mark.parametrize("singly", [True, False])
def test_lists_without_hits_need_not_be_asked_for(singly: bool) -> None:
    pack = pack_from_text(
        'list a\n include "x"\nlist b\n include "y"\nrule r "x" when text has any of @a\nrule s "x" when text has none of @b'
    )
    inputs = _Sparse(pack, ["x", "z"])
    inputs.having = (ListRef("a"),)
    assert Batch(pack, inputs, singly=singly).hits().outcome.tolist() == [[1, 1], [0, 1]]
    assert set(inputs.asked) == {"a"}
    inputs.known = frozenset({ListRef("a")})
    with pytest.raises(KeyError, match="not looked for"):
        Batch(pack, inputs, singly=singly).hits()


def test_codes_are_columns_of_texts() -> None:
    values = Coded(np.array([2, 0, 1, 0], dtype=np.uint8), ("shop", "forum", "moments"))
    assert [values[row] for row in range(4)] == np.asarray(values).tolist() == ["moments", "shop", "forum", "shop"]
    assert values[np.array([0, 3])].tolist() == ["moments", "shop"]
    pack = pack_from_text(
        'rule r "x" when channel in ["shop", "forum"]\nrule s "x" when channel = seller\nrule t "x" when channel != "shop"'
    )
    column = coded(values.codes, values.words, np.array([True, True, True, False]))
    inputs = FakeInputs(pack, [""] * 4, {"seller": ["moments", "x", None, "shop"]})
    given = inputs.field
    inputs.field = lambda name: column if name == "channel" else given(name)  # type: ignore[method-assign]
    wanted = [[0, 1, 1], [1, 0, 0], [1, -1, 1], [-1, -1, -1]]
    assert _by_recursion(pack, inputs) == _by_blocks(pack, inputs) == _one_by_one(pack, inputs) == wanted


def test_columns_of_many_different_texts() -> None:
    names = [f"shop {at}" for at in range(400)]
    pack = pack_from_text(
        'rule r "x" when seller in [' + ", ".join(f'"shop {at}"' for at in range(0, 400, 3)) + ']\nrule s "x" when seller = "shop 300"'
    )
    inputs = FakeInputs(pack, [""] * 400, {"seller": [None, *names[1:]]})
    outcome = np.array(_by_blocks(pack, inputs))
    assert outcome.tolist() == _by_recursion(pack, inputs)
    assert outcome[0].tolist() == [-1, -1]
    assert (outcome == 1).sum(axis=0).tolist() == [133, 1]


@given(st.lists(st.booleans(), max_size=70))
def test_bits_are_masks(values: list[bool]) -> None:
    mask = np.array(values, dtype=bool)
    assert unpacked(packed(mask), len(mask)).tolist() == values


def test_unknown_numbers_are_bits_of_their_block() -> None:
    values = np.arange(20.0)
    values[17] = np.nan
    ready = Ready.of(Column(values, np.ones(20, dtype=bool)), 20)
    assert ready.known_bits(0, 16) is None
    late = ready.known_bits(16, 20)
    assert late is not None
    assert unpacked(late, 4).tolist() == [True, False, True, True]
    assert blocks.BLOCK % 8 == 0


def test_a_thousand_rows_of_three_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "BLOCK", 400)
    pack = pack_from_text('rule r "x" when phones >= 500\nrule s "x" when not has_wechat')
    pack = Pack(pack.name, (*pack.rules, Rule("t", Flag(value=True))))
    phones = [float(at) if at % 7 else None for at in range(1001)]
    inputs = FakeInputs(pack, [""] * 1001, {"phones": phones, "has_wechat": [at % 2 == 0 for at in range(1001)]})
    hits = evaluate.evaluate(pack, inputs)
    wanted = [[-1 if one is None else int(one >= 500), at % 2, 1] for at, one in enumerate(phones)]
    assert hits.outcome.tolist() == wanted
    assert hits.fired.tolist() == [[value == 1 for value in row] for row in wanted]
