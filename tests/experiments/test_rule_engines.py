"""The comparison of rule engines compares like with like: the same rules, the same outcomes."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.bench import dialects, engine_rules, many_terms, peers, rule_engines
from rules.evaluate import evaluate
from rules.pack import pack_from_text
from rules.rowwise import RowReader

PACK = engine_rules.pack(40)


def test_rules_and_columns_come_from_the_seed() -> None:
    assert engine_rules.source(40) == engine_rules.source(40)
    assert engine_rules.source(40) != engine_rules.source(40, seed=8)
    one, two = engine_rules.table(50), engine_rules.table(50)
    assert all(np.array_equal(one.columns[name], two.columns[name]) for name in one.columns)
    fired = evaluate(PACK, engine_rules.inputs(engine_rules.table(500))).fired
    assert 0.05 < fired.mean() < 0.6
    assert (fired.any(axis=0) & ~fired.all(axis=0)).mean() > 0.8


def test_every_language_says_the_same_tree() -> None:
    pack = pack_from_text('condition c = a between 1 and 2\nrule r "x" when not (c or b in ["x"]) and d != 3')
    assert dialects.said(pack, "python") == dialects.said(pack, "zen") == dialects.said(pack, "rule-engine")
    assert dialects.said(pack, "zen") == ['(not (((a >= 1.0) and (a <= 2.0)) or (b in ["x"]))) and (d != 3.0)']
    assert dialects.said(pack, "cel") == ['(!(((a >= 1.0) && (a <= 2.0)) || (b in ["x"]))) && (d != 3.0)']


@pytest.mark.parametrize(
    ("module", "make"), [("builtins", "python_function"), ("zen", "zen_list"), ("zen", "zen_each"), ("cel", "cel_list")]
)
def test_engines_that_go_row_by_row_agree(module: str, make: str) -> None:
    pytest.importorskip(module)
    table = engine_rules.table(60)
    run = getattr(peers, make)(PACK)
    fired = evaluate(PACK, engine_rules.inputs(table)).fired
    assert [[bool(value) for value in run(row)] for row in table.rows(60)] == fired.tolist()
    singly = [evaluate(PACK, engine_rules.inputs_of_row(row)).fired[0].tolist() for row in table.rows(60)]
    assert singly == fired.tolist()


def test_engines_of_columns_agree() -> None:
    table = engine_rules.table(300)
    fired = evaluate(PACK, engine_rules.inputs(table)).fired
    assert np.array_equal(np.stack(peers.Numpy(PACK, table).run(), axis=1), fired)
    pytest.importorskip("polars")
    assert np.array_equal(peers.Polars(PACK, table).run().to_numpy(), fired)


def test_unknown_cells_are_judged_as_rows_are() -> None:
    table = engine_rules.table(40, nulls=0.3)
    outcome = evaluate(PACK, engine_rules.inputs(table)).outcome
    assert (outcome == -1).any()
    readers = [RowReader(PACK, engine_rules.inputs(table), row) for row in range(40)]
    assert outcome.tolist() == [[{True: 1, False: 0, None: -1}[one.truth(rule.when)] for rule in PACK.rules] for one in readers]
    assert [evaluate(PACK, engine_rules.inputs_of_row(row)).outcome[0].tolist() for row in table.rows(40)] == outcome.tolist()


def test_automata_find_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_terms, "TERMS", 3_000)
    monkeypatch.setattr(many_terms, "TEXTS", 30)
    from features.normalise import normalise

    terms, texts = many_terms.material()
    assert len(terms) == len(set(terms)) == 3_000
    bare = {name: make(terms) for name, make in many_terms.BARE.items() if name == "daachorse"}
    assert many_terms._assert_same(bare, many_terms._lexicon(terms), [normalise(text) for text in texts], texts, terms) > 0
    with pytest.raises(AssertionError, match="daachorse: not the same hits"):
        many_terms._assert_same({"daachorse": lambda _: []}, many_terms._lexicon(terms), [normalise(text) for text in texts], texts, terms)


def test_the_page_names_who_was_not_measured() -> None:
    rival = {"name": "ours", "rate": 10.0, "ratio": 1.0, "memory, MB": 3.0}
    races = [
        {"what": "w", "unit": "rows/s", "note": "n", "rivals": [rival], "columns": ["memory, MB"], "missing": ["x: not measured: why"]}
    ]
    shown = rule_engines.page({"command": "c", "made": "d", "commit": "e", "versions": {}, "notes": ["load"], "races": races})
    assert "x: not measured: why." in shown
    assert "| ours | 10.0 | 1.00 | 3.0 |" in shown
