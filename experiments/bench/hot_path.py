"""From texts to probabilities of all models with learners, and reasons where an alert is possible: what does each step cost a text?

``python -m experiments.bench.hot_path [--signals 2000] [--turns 3]``

A crowd of made-up signals (`experiments.bench.crowd`: three in a hundred are suspected) is read in chunks and judged by six learners, which are trained here
on a small crowd of its own. Two peers do the same work in the same run: one text at a time, and read again for each model. Probabilities and grades of all
are asserted equal before the clock runs. The result goes to ``experiments/results/hot_path.json``.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from experiments.bench.crowd import AS_OF, Crowd
from experiments.bench.million import learners
from experiments.bench.timing import Rival, race
from experiments.record import RESULTS, heading, store_json
from features.frame import build
from features.normalise import normalise_all
from risk.domain.grades import Grade
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.reasons import evidence
from risk.scoring.scorer import Judged, Reading, Scorer

RESULT = RESULTS / "hot_path.json"
CHUNK = 2_000
FEW = 0.1
"""The part of the texts that is judged one at a time."""

Told = list[tuple[list[float], list[int]]]


def chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts as a run takes them."""
    return (texts[first : first + CHUNK] for first in range(0, len(texts), CHUNK))


def together(scorer: Scorer, texts: Sequence[str]) -> Told:
    """Read once a chunk, judged by every model."""
    told: Told = [([], []) for _ in TEXT_KEYS]
    for part in chunks(texts):
        reading = scorer.read(part)
        for kept, key in zip(told, TEXT_KEYS, strict=True):
            _keep(kept, scorer.judge(reading, key, on=AS_OF.date()))
    return told


def again_for_each(scorer: Scorer, texts: Sequence[str]) -> Told:
    """Every model reads for itself."""
    told: Told = [([], []) for _ in TEXT_KEYS]
    for part in chunks(texts):
        for kept, key in zip(told, TEXT_KEYS, strict=True):
            _keep(kept, scorer.judge(scorer.read(part), key, on=AS_OF.date()))
    return told


def singly(scorer: Scorer, texts: Sequence[str]) -> Told:
    """One text at a time, read once for all models, as an online call is."""
    told: Told = [([], []) for _ in TEXT_KEYS]
    for text in texts:
        reading = scorer.read([text])
        for kept, key in zip(told, TEXT_KEYS, strict=True):
            _keep(kept, scorer.judge(reading, key, on=AS_OF.date()))
    return told


def _keep(kept: tuple[list[float], list[int]], judged: Judged) -> None:
    kept[0].extend(judged.probability.tolist())
    kept[1].extend(judged.ranks.tolist())


def assert_equal(ours: Told, other: Told) -> None:
    """The same grades, and probabilities that differ in the last digits at most."""
    for (probability, ranks), (others, their_ranks) in zip(ours, other, strict=True):
        n = len(others)
        assert ranks[:n] == their_ranks, "not the same grades"
        assert np.allclose(probability[:n], others, rtol=0.0, atol=1e-12), "not the same probabilities"


class Clock:
    """Seconds of the processor by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What happens inside is of that step."""
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began


def steps(scorer: Scorer, texts: Sequence[str]) -> tuple[dict[str, float], int]:
    """Seconds of each step over all texts, and how many units were explained (one text counts for each model that may alert on it)."""
    clock, explained = Clock(), 0
    for part in chunks(texts):
        with clock.step("views of the texts (part of the frame)"):
            normalise_all(part)
        with clock.step("frame: views, words of the lists, slots, cues"):
            build(part, scorer._lexicon)
        with clock.step("read: the frame, and the words that rules write themselves"):
            reading = scorer.read(part)
        for key in TEXT_KEYS:
            with clock.step("rules of all models"):
                scorer.rules(reading, key, AS_OF.date())
        with clock.step("words, cut once"):
            assert len(reading.frame.words) == len(part)
        with clock.step("columns for learners, made once"):
            assert len(reading.frame.columns) == len(part)
        judged = []
        for key in TEXT_KEYS:
            with clock.step("six learners, fusion, grades (rules known)"):
                judged.append(scorer.judge(reading, key, on=AS_OF.date()))
        for one in judged:
            rows = shown(scorer, one)
            explained += len(rows)
            with clock.step("evidence, where an alert is possible"):
                explain(scorer, reading, one, rows)
    return dict(clock.seconds), explained


def shown(scorer: Scorer, judged: Judged) -> list[int]:
    """The rows that a run explains: from just below blue upwards."""
    nearly = judged.cutoffs.blue - scorer.policy.margin
    found: list[int] = np.flatnonzero((judged.ranks >= int(Grade.BLUE)) | (judged.probability >= nearly)).tolist()
    return found


def explain(scorer: Scorer, reading: Reading, judged: Judged, rows: list[int]) -> None:
    """Reasons as they are stored."""
    evidence(scorer, reading, judged, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, store, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=2_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--work", type=Path, help="where trained learners are kept")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args(arguments)
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        trained, sizes = learners(options.work or Path(name))
    scorer = Scorer(trained)
    texts = [one.signal.text for block in Crowd(options.signals).blocks() for one in block]
    few = texts[: max(1, int(len(texts) * FEW))]
    ours = together(scorer, texts)
    assert_equal(ours, singly(scorer, few))
    assert_equal(ours, again_for_each(scorer, texts))
    gc.collect()
    gc.freeze()  # as a long-lived worker does: rules and learners are not looked through again
    rivals = [
        Rival("read once a chunk, judged by all models", lambda: together(scorer, texts)),
        Rival("read again for each model", lambda: again_for_each(scorer, texts)),
        Rival("one text at a time, read once for all models", lambda: singly(scorer, few), len(few) / len(texts)),
    ]
    note = (
        f"{len(texts):,} texts of {np.mean([len(text) for text in texts]):.0f} characters, {len(TEXT_KEYS)} learners, chunks of {CHUNK:,}"
    )
    told = race("texts to probabilities", "texts/s", float(len(texts)), rivals, turns=options.turns, note=note, clock=time.process_time)
    seconds, explained = steps(scorer, texts)
    result = {
        **heading(f"python -m experiments.bench.hot_path --signals {options.signals} --turns {options.turns}"),
        "load": f"{busy:.1f} on {os.cpu_count()} cores when it began; times are of the processor",
        "learners": sizes,
        "races": [told],
        "microseconds_a_text": {name: round(value / len(texts) * 1e6, 1) for name, value in seconds.items()},
        "explained": explained,
    }
    store_json(options.output, result)
    for rival in told["rivals"]:
        print(f"{rival['name']}: {rival['rate']:,.0f} texts/s, {rival['ratio']:.2f}")
    for step, value in result["microseconds_a_text"].items():
        print(f"{value:8.1f} µs  {step}")


if __name__ == "__main__":
    main()
