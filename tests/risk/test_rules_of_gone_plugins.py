"""Stored rules outlive an installation: what they call may be gone."""

from __future__ import annotations

from risk.scoring.scorer import Scorer
from rules.pack import pack_from_text
from rules.plugin_host import installed


def test_a_rule_in_force_whose_package_is_gone() -> None:
    """The service goes on, the rule is unknown, and the fault is told."""
    scorer = Scorer(packs=[pack_from_text('rule a "x" when gone(1) >= 0\nrule b "x" when text has any of "甲"', "demo")])
    hits = scorer.judge(scorer.read(["甲", "乙"]), "demo", rules_only=True).hits
    assert hits.outcome.tolist() == [[-1, 1], [-1, 0]]
    assert {one.code for one in installed().faults if one.source.name == "gone"} == {"P006"}
