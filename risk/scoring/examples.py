"""The examples that rules carry, run through the real features: texts as texts, rows as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from risk.scoring.row_inputs import RowInputs
from risk.scoring.scorer import Scorer
from rules.examples import ExampleFailure, run_examples
from rules.inputs import Inputs
from rules.pack import Pack


def failures(pack: Pack) -> list[ExampleFailure]:
    """The examples of a pack that do not do what they promise."""
    scorer = Scorer(packs=[pack])

    def inputs(data: Sequence[str] | Sequence[dict[str, Any]]) -> Inputs:
        if data and isinstance(data[0], dict):
            rows = [dict(row) for row in data if isinstance(row, dict)]
            return RowInputs(rows, scorer.read([str(row.get("text") or "") for row in rows]).inputs)
        return scorer.read([str(text) for text in data]).inputs

    return run_examples(pack, inputs)
