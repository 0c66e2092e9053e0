"""Firms: the same judgement as for texts, over one row a firm."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from features.firm_index import DIMENSIONS, raised_by
from models.cold import ColdModel
from risk.domain.grades import Grade
from risk.scoring import fusion
from risk.scoring.doubt import doubt_of
from risk.scoring.firm_inputs import FirmInputs
from risk.scoring.firm_words import say_reasons
from risk.scoring.inputs import vocabulary
from risk.scoring.keys import FIRM_KEY, split_key
from risk.scoring.scorer import Judged, Learner, Scorer, doubt_columns, rule_table
from rules.evaluate import RuleHits, evaluate
from rules.explain import Explainer
from rules.pack import Pack

if TYPE_CHECKING:
    import pandas as pd

MOST = 6
"""Reasons that are told of a firm."""


def judge_firms(scorer: Scorer, table: pd.DataFrame, *, on: date | None = None, rules_only: bool = False) -> Judged:
    """Probability and grade of every firm of a table made by ``features.tabular.load_firms``."""
    hits, rules = firm_rules(scorer, table, on)
    weights = scorer.weights(FIRM_KEY)
    learner = (None if rules_only else scorer.learners.get(FIRM_KEY)) or Learner(ColdModel(weights), "rules")
    alone = np.asarray(learner.model.predict(table, rules, weights), dtype=np.float64)
    pack = scorer.packs.get(split_key(FIRM_KEY)[0]) or Pack(FIRM_KEY)
    floors = fusion.floors_of(hits.rules, hits.fired, pack, learner.learnt)
    probability = fusion.raised(alone, floors)
    doubt = None if learner.version == "rules" else doubt_of(learner.more, alone, lambda p: p)
    cuts = scorer.set_cutoffs.get(FIRM_KEY) or learner.cutoffs
    ranks = fusion.grades(probability, cuts, floors)
    version, doubt = pack.version if pack.rules else "", None if doubt is None else doubt.raised(floors)
    return Judged(FIRM_KEY, probability, ranks, hits, learner, version, on, cuts, floors, None, doubt)


def firm_rules(scorer: Scorer, table: pd.DataFrame, on: date | None = None) -> tuple[RuleHits, pd.DataFrame]:
    """The outcome of the firm rules, and the same as columns for learners."""
    model, lens = split_key(FIRM_KEY)
    pack = scorer.packs.get(model) or Pack(model)
    hits = evaluate(pack, FirmInputs(table, pack.lists), on, lens=lens)
    return hits, rule_table(hits)


def score_firms(scorer: Scorer, table: pd.DataFrame, *, rules_only: bool = False, explain: bool = True) -> pd.DataFrame:
    """One row a firm, in the order of the list: id, probability, grade, rules that fired, top reasons in Chinese and English, the index of five dimensions.

    Reasons and the facts of the index are left empty unless asked for; a dimension that nothing is known of is an empty cell, not 0.
    """
    import pandas as pd

    judged = judge_firms(scorer, table, rules_only=rules_only)
    zh, en = _reasons(scorer, table, judged) if explain else ([""] * len(table), [""] * len(table))
    return pd.DataFrame(
        {
            "id": table.index.to_numpy(),
            "probability": judged.probability.round(6),
            "grade": [Grade(int(rank)).code for rank in judged.ranks],
            "rules": ["|".join(rule.id for rule in judged.hits.fired_rules(row)) for row in range(len(table))],
            "reasons": zh,
            **doubt_columns(judged),
            "reasons_en": en,
            **index_columns(table, explain=explain),
        }
    )


def index_columns(table: pd.DataFrame, *, explain: bool = True) -> dict[str, Any]:
    """The index of five dimensions as columns: total, each dimension, which are unknown, and the facts that raised it with their points."""
    told: dict[str, Any] = {name: table[name].round(1).to_numpy() for name in ("index_total", *(f"index_{d}" for d in DIMENSIONS))}
    absent = [[d for d in DIMENSIONS if told[f"index_{d}"][row] != told[f"index_{d}"][row]] for row in range(len(table))]
    told["index_unknown"] = ["|".join(names) for names in absent]
    raised = raised_by(table, range(len(table))) if explain else [[] for _ in range(len(table))]
    told["index_facts"] = ["；".join(f"【{DIMENSIONS[r.fact.dimension][0]}】{r.zh}（+{r.points:.0f}）" for r in facts) for facts in raised]
    told["index_facts_en"] = ["; ".join(f"[{DIMENSIONS[r.fact.dimension][1]}] {r.en} (+{r.points:.0f})" for r in facts) for facts in raised]
    return told


def _reasons(scorer: Scorer, table: pd.DataFrame, judged: Judged) -> tuple[list[str], list[str]]:
    """Of each candidate the rules that fired, then what else raised the probability most; nothing is said of the rest."""
    zh, en = [""] * len(table), [""] * len(table)
    rows = judged.candidates.tolist()
    shares = judged.learner.model.contributions(table, judged.rules, rows, scorer.weights(FIRM_KEY), None)
    pack = scorer.packs.get(split_key(FIRM_KEY)[0])
    explainer = Explainer(pack, FirmInputs(table, pack.lists), vocabulary()) if pack else None
    for row, found in zip(rows, say_reasons(table, rows, shares), strict=True):
        fired = explainer.firings(judged.hits, row) if explainer else []
        zh[row] = "；".join([*(f.because.zh for f in fired), *(r.line[0] for r in found)][:MOST])
        en[row] = "; ".join([*(f.because.en for f in fired), *(r.line[1] for r in found)][:MOST])
    return zh, en
