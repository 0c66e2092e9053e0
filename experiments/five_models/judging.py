"""Who judges: rules alone, the library's model, the model of library and development labels, twenty keywords; each on the same reading."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.five_models.material import Development, Measured, training_set
from experiments.real import baselines
from experiments.record import commit
from features.context import Context
from risk.domain.grades import Grade
from risk.scoring.scorer import Reading, Scorer
from risk.services.training import Trained, train_set

Floats = npt.NDArray[np.float64]
RULES, LIBRARY, BOTH, WORDS = "rules alone", "library", "library + development", "twenty keywords"
CHUNK = 2_000


@dataclass(frozen=True, eq=False)
class Said:
    """A judge's probabilities, and at which texts it alarms (blue or above; keywords: any)."""

    probability: Floats
    alarm: npt.NDArray[np.bool_]


@dataclass(eq=False)
class Court:
    """All judges of all models."""

    scorer: Scorer
    seed: int
    augment: bool = True
    """Disguised copies are learnt from too, where development labels are."""
    trained: dict[tuple[str, str], Trained] = field(default_factory=dict)

    def train(self, key: str, who: str, told: Development | None, measured: Sequence[str]) -> dict[str, Any]:
        """Train one model; tells what it took: wall and processor seconds, and the most memory that this process has used so far."""
        wall, processor = time.perf_counter(), time.process_time()
        rows = training_set(self.scorer, key, told, measured, self.seed)
        made = train_set(self.scorer, key, rows, seed=self.seed, augment=self.augment and told is not None)
        self.trained[key, who] = made
        report = made.fitted.report
        cost = {
            "model": key,
            "who": who,
            "rows": report["n"],
            "positives": report["positives"],
            "copies": report["copies"],
            "sources": rows.sources,
            "trust": made.trust,
            "trees_share": report["trees_share"],
            "commit": commit(),
            "load": round(os.getloadavg()[0], 1),
            "seconds": round(time.perf_counter() - wall, 1),
            "processor_seconds": round(time.process_time() - processor, 1),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "out_of_fold": {
                name: [round(float(figure[part]), 4) for part in ("value", "low", "high")]
                for name, figure in report["out_of_fold"]["metrics"].items()
                if figure and name in ("average_precision", "ece", "brier_skill")
            },
        }
        print(f"  {who}: {cost['rows']} rows, {cost['seconds']} s, of processor {cost['processor_seconds']} s", flush=True)
        return cost

    def judges(self, key: str) -> list[str]:
        """Who judges a model."""
        return [RULES, *(who for who in (LIBRARY, BOTH) if (key, who) in self.trained), WORDS]

    def readings(self, on: Measured) -> list[Reading]:
        """The texts read once for all models, in chunks so that memory stays bounded."""
        found = []
        for start in range(0, len(on.texts), CHUNK):
            texts, channels = on.texts[start : start + CHUNK], on.channels[start : start + CHUNK]
            found.append(self.scorer.read(texts, Context(channels, [None] * len(texts))))
        return found

    def say(self, key: str, who: str, on: Measured, readings: Sequence[Reading]) -> Said:
        """What a judge says of every text."""
        if who == WORDS:
            p = baselines.keywords(key, on.texts)
            return Said(p, p > 0)
        self.scorer.learners = {} if who == RULES else {key: self.trained[key, who].learner}
        judged = [self.scorer.judge(reading, key, rules_only=who == RULES) for reading in readings]
        self.scorer.learners = {}
        ranks = np.concatenate([one.ranks for one in judged])
        return Said(np.concatenate([one.probability for one in judged]), ranks >= int(Grade.BLUE))
