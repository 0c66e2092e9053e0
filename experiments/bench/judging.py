"""Rules over a batch against rule by rule and row by row; frames and whole judgements together against one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.bench.material import texts
from experiments.bench.timing import Rival, race, same
from features.frame import build
from risk.scoring.inputs import lexicon_of
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.scorer import Scorer
from rules.evaluate import Batch, evaluate
from rules.inputs import Remembered
from rules.rowwise import RowReader
from rules.text_hits import HitBook

BATCH, ROWS, FRAMES = 3_000, 60, 500


def run() -> list[dict[str, Any]]:
    """Rules, frames, scoring."""
    scorer = Scorer()
    return [_rules(scorer), _frames(scorer), _scoring(scorer)]


def _rules(scorer: Scorer) -> dict[str, Any]:
    packs = [pack for pack in scorer.packs.values() if pack.rules]
    reading = scorer.read(texts(BATCH))
    few = scorer.read(texts(BATCH)[:ROWS])

    def batch() -> list[Any]:
        together = Batch(packs, reading.inputs)
        return [together.hits(at).outcome for at in range(len(packs))]

    def rowwise() -> list[list[list[int]]]:
        told = []
        for pack in packs:
            inputs = Remembered(few.inputs)
            book = HitBook(pack, inputs)
            readers = [RowReader(pack, inputs, row, book) for row in range(ROWS)]
            told.append([[{True: 1, False: 0, None: -1}[reader.truth(rule.when)] for rule in pack.rules] for reader in readers])
        return told

    same("rules", rowwise(), [evaluate(pack, few.inputs).outcome.tolist() for pack in packs])
    count = sum(len(pack.rules) for pack in packs)
    rivals = [Rival("rules.evaluate, all packs together", batch), Rival("rules.rowwise (one row at a time)", rowwise, ROWS / BATCH)]
    return race(f"rules: {count} rules of {len(packs)} packs, hits ready", "rule evaluations/s", BATCH * count, rivals)


def _frames(scorer: Scorer) -> dict[str, Any]:
    lexicon = lexicon_of(scorer.packs.values())
    given = texts(FRAMES)
    part = FRAMES // 10

    def together() -> Any:
        return build(given, lexicon).columns.to_numpy()

    def singly() -> Any:
        return np.vstack([build([one], lexicon).columns.to_numpy() for one in given[:part]])

    assert np.array_equal(singly(), together()[:part], equal_nan=True), "frames: the rivals do not give the same result"
    rivals = [Rival("features.frame, all together", together), Rival("the same, one text at a time", singly, part / FRAMES)]
    return race(f"frames: {together().shape[1]} columns a text", "texts/s", FRAMES, rivals)


def _scoring(scorer: Scorer) -> dict[str, Any]:
    given = texts(FRAMES)
    part = FRAMES // 20

    def together() -> list[Any]:
        reading = scorer.read(given)
        return [scorer.judge(reading, key).probability for key in TEXT_KEYS]

    def each() -> list[Any]:
        return [scorer.judge(scorer.read(given), key).probability for key in TEXT_KEYS]

    def singly() -> list[Any]:
        told = [
            [scorer.judge(reading, key).probability[0] for key in TEXT_KEYS] for reading in (scorer.read([one]) for one in given[:part])
        ]
        return [np.array(column) for column in zip(*told, strict=True)]

    first = together()
    same("scoring", [p.tolist() for p in first], [p.tolist() for p in each()])
    same("scoring one by one", [p[:part].tolist() for p in first], [p.tolist() for p in singly()])
    rivals = [
        Rival("read once, judged by all models", together),
        Rival("read again for each model", each),
        Rival("one text at a time, as the API is asked", singly, part / FRAMES),
    ]
    return race(f"scoring: {len(TEXT_KEYS)} models by rules, end to end", "texts/s", FRAMES, rivals, turns=2)
