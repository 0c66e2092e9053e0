"""One chunk of a run: which signals, what the models said of them. Judged here in this process, or in others that are handed it (:mod:`risk.services.workers`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from risk.services import judging, units
from risk.storage.engine import reading

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer
    from risk.services.histories import Past


@dataclass(frozen=True, slots=True)
class Step:
    """The signals of a chunk by model, and the id up to which it reaches. Judged as of ``as_of``, by what was ``known`` when the run began."""

    wanted: Mapping[str, Sequence[int]]
    upto: int
    as_of: datetime
    known: datetime
    waiting: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Signals up to that id that the model has not judged, and that are not for this moment."""

    @property
    def ids(self) -> list[int]:
        """Every signal that some model wants."""
        return sorted({i for ids in self.wanted.values() for i in ids})


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was said of a chunk's signals; ``told`` has positions in ``rows``."""

    rows: list[units.Seen]
    told: dict[str, list[judging.Told]]

    def failed(self, key: str, others: Collection[int] = ()) -> list[int]:
        """The signals that the model failed on, but those of ``others``."""
        places = (i for part in self.told[key] if part.said is None for i in part.positions)
        return [number for i in places if (number := self.rows[i].id) not in others]


def judge(engine: Engine, scorer: Scorer, step: Step, past: Past | None = None) -> Chunk:
    """Read the signals with what was known around them, and judge them by every model that wants them. ``past``: what chunks before have read of subjects."""
    with reading(engine) as conn:
        loaded = units.load(conn, step.ids, step.as_of, known=step.known, past=past)
    parts = judging.judge(scorer, loaded, step.wanted, step.as_of)
    return Chunk(loaded.seen, {key: [judging.told(part) for part in mine] for key, mine in parts.items()})
