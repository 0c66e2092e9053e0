"""A host that hands its hits over in one piece, and searches some texts alone, is answered as any other; and it is asked no more than rules need."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import evaluate
from rules.evaluate import Batch
from rules.hit_table import Together
from rules.inputs import Hits, Spans
from rules.nodes import Expr, ListRef, Operand, Term, walk
from rules.pack import Pack, pack_from_text
from rules.plan import AGGRESSIVE, NEGATED, REPORTED
from tests.rules.fakes import FakeInputs
from tests.rules.test_evaluate import _inputs, _pack, _row, _texts
from tests.rules.test_plan import _by_recursion
from tests.rules.trees import conditions, leaves


class _Joint(FakeInputs):
    """Hits in one piece; expressions and sentences of the rows asked for, and nothing true of the others."""

    operands: tuple[Operand, ...] = ()
    searched: list[tuple[str, list[int]]]

    def of(self, pack: Pack) -> "_Joint":
        exprs = [*pack.expressions()]
        words = {node for expr in exprs for node in walk(expr) if isinstance(node, Term)}
        self.operands = (*(ListRef(item.name) for item in pack.lists), *sorted(words, key=str))
        self.searched = []
        return self

    def hits_together(self) -> Together:
        numbers: dict[str, int] = {}
        found: list[tuple[int, ...]] = []
        for number, operand in enumerate(self.operands):
            terms = self._lists[operand.name].terms if isinstance(operand, ListRef) else (operand.text,)
            hits = self.hits(operand.name) if isinstance(operand, ListRef) else self.literal(operand.text)
            marks = NEGATED * hits.negated + REPORTED * hits.reported + AGGRESSIVE * hits.aggressive
            words = [numbers.setdefault(terms[int(term)], len(numbers)) for term in hits.term]
            columns = (hits.row, hits.start, hits.end, words, marks)
            found += [(number, *map(int, one)) for one in zip(*columns, strict=True)]
        table = np.array(sorted(found, key=lambda one: one[1:3]), dtype=np.int64).reshape(-1, 6)
        return Together(self.operands, *table.T)

    def matches_among(self, pattern: str, rows: Any) -> Hits:
        self.searched.append((pattern, rows.tolist()))
        hits = super().matches(pattern)
        chosen = np.isin(hits.row, rows)
        term, marks = np.asarray(hits.term)[chosen], (hits.aggressive, hits.negated, hits.reported)
        return Hits(hits.row[chosen], hits.start[chosen], hits.end[chosen], term, *(mark[chosen] for mark in marks))

    def sentences_among(self, rows: Any) -> Spans:
        self.searched.append(("", rows.tolist()))
        spans = super().sentences()
        chosen = np.isin(spans.row, rows)
        return Spans(spans.row[chosen], spans.start[chosen], spans.end[chosen])


def _joint(pack: Pack, plain: FakeInputs) -> _Joint:
    return _Joint(pack, plain.texts, plain.columns, plain.calls, plain.histories).of(pack)


@settings(deadline=None)
@given(st.lists(leaves | conditions, min_size=1, max_size=3), st.lists(st.tuples(_texts, _row), min_size=1, max_size=4))
def test_hits_in_one_piece_say_the_same(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]]) -> None:
    pack = _pack(*exprs)
    plain = _inputs(pack, [text for text, _ in rows], [row for _, row in rows])
    wanted = _by_recursion(pack, plain)
    assert Batch(pack, _joint(pack, plain), singly=False).hits().outcome.tolist() == wanted
    assert Batch(pack, _joint(pack, plain), singly=True).hits().outcome.tolist() == wanted


_TEXTS = ["保本 高息", "保本。年化12%", "年化12%", "保本 年化12%", "", "高息。年化9%"]


@pytest.mark.parametrize(
    ("condition", "wanted", "searched"),
    [
        ('text matches "[0-9]+%" and text has any of "保本"', [0, 1, 0, 1, 0, 0], [("[0-9]+%", [0, 1, 3])]),
        ('text has any of "保本" or text matches "[0-9]+%"', [1, 1, 1, 1, 0, 1], [("[0-9]+%", [2, 4, 5])]),
        ('text has any of "保本" and not (text has any of "高息" or text matches "[0-9]+%")', [0] * 6, [("[0-9]+%", [1, 3])]),
        ('text has any of "外汇" and text matches "[0-9]+%"', [0] * 6, []),
        ('("保本", "高息") in one sentence with ("年化", "外汇")', [0, 0, 0, 1, 0, 0], [("", [1, 3, 5])]),
        ('text has any of "高息" and ("高息", "外汇") in one sentence with ("年化", "外汇")', [0] * 6, [("", [5])]),
    ],
)
def test_only_rows_that_are_not_decided_are_searched(condition: str, wanted: list[int], searched: list[tuple[str, list[int]]]) -> None:
    pack = pack_from_text(f'rule r "x" when {condition}')
    assert not pack.diagnostics
    inputs = _Joint(pack, _TEXTS).of(pack)
    assert Batch(pack, inputs, singly=False).hits().outcome[:, 0].tolist() == wanted
    assert inputs.searched == searched


def test_rules_that_ask_for_other_rows_get_them() -> None:
    pack = pack_from_text(
        'condition c = text has any of "外汇" or text matches "[0-9]+%"\n'
        'rule r "x" when text has any of "保本" and c\nrule s "x" when text has any of "高息" and c\nrule t "x" when c'
    )
    inputs = _Joint(pack, _TEXTS).of(pack)
    assert Batch(pack, inputs, singly=False).hits().outcome.T.tolist() == [[0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 0, 1], [0, 1, 1, 1, 0, 1]]
    assert [rows for _, rows in inputs.searched] == [[0, 1, 3], [0, 1, 3, 5]]  # then all of them, in the usual way


def test_each_block_searches_its_own_rows() -> None:
    pack = pack_from_text('rule r "x" when text has any of "保本" and text matches "[0-9]+%"')
    inputs = _Joint(pack, _TEXTS * 3).of(pack)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "BLOCK", 8)
        outcome = Batch(pack, inputs, singly=False).hits().outcome
    assert outcome[:, 0].tolist() == [0, 1, 0, 1, 0, 0] * 3
    assert [rows for _, rows in inputs.searched] == [[0, 1, 3, 6, 7], [9, 12, 13, 15]]


@pytest.mark.parametrize("condition", ['text has any of "保本"', '("保本", "高息") near ("年化", "外汇") within 2', 'count of "保本" > 1'])
def test_a_list_that_was_not_looked_for_is_an_error(condition: str) -> None:
    pack = pack_from_text(f'rule r "x" when {condition}')
    inputs = _Joint(pack, ["外汇"])
    with pytest.raises(KeyError, match="not looked for"):
        Batch(pack, inputs, singly=False).hits()
