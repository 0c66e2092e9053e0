"""Judging the rows of a chunk by several models at once: one reading, every model, and no bad row that stops the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.context import Context
from models.grades import Cutoffs
from risk.domain.grades import Grade
from risk.domain.grading import Raise
from risk.scoring.keys import split_key, title
from risk.services import evidence_pieces, units

if TYPE_CHECKING:
    from risk.scoring.scorer import Aside, Judged, Reading, Scorer

_GIVE_UP = 24
"""A model that failed on so many single rows, and on every one it was tried on, is broken: the rest of its rows fail without being tried."""
_ERROR = 300


@dataclass(frozen=True, slots=True)
class Part:
    """What one model said of some rows of the chunk; ``error`` where judging a row failed."""

    positions: list[int]
    judged: Judged | None
    evidence: dict[int, dict[str, Any]]
    error: str | None = None
    asides: tuple[Aside, ...] = ()
    """What rules in shadow would have said; their ``row`` is a position of the chunk."""
    raises: Mapping[int, tuple[Raise, ...]] = field(default_factory=dict)
    """Escalators that hold, by position of the chunk."""
    stumbles: Mapping[int, str] = field(default_factory=dict)
    """Stored versions that are watched and could not be evaluated, and why: that touches nothing else."""


@dataclass(frozen=True, slots=True)
class Said:
    """What settling needs of a judgement, row by row of its part: no model, no outcome of single rules."""

    probability: NDArray[np.float64]
    ranks: NDArray[np.int64]
    fired: NDArray[np.bool_]
    """Whether any rule fired."""
    cutoffs: Cutoffs
    floors: NDArray[np.int64] | None
    caps: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class Told:
    """A :class:`Part` as it is handed to settling, also from another process; its evidence is packed (`evidence_pieces`)."""

    positions: list[int]
    said: Said | None
    evidence: dict[int, dict[str, Any]]
    error: str | None
    asides: tuple[Aside, ...]
    raises: Mapping[int, tuple[Raise, ...]]
    stumbles: Mapping[int, str]


class _Halving:
    """Tries rows together, and in halves where that fails, until the bad ones stand alone."""

    def __init__(self) -> None:
        self.failed = 0
        self.worked = False

    def halves(self, rows: list[int]) -> tuple[list[int], ...]:
        """What to try next; nothing when there is no hope."""
        if len(rows) == 1:
            self.failed += 1
        if len(rows) < 2 or (self.failed >= _GIVE_UP and not self.worked):
            return ()
        return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def judge(scorer: Scorer, loaded: units.Units, wanted: Mapping[str, Sequence[int]], as_of: datetime) -> dict[str, list[Part]]:
    """Every model over its rows. One bad row never stops a batch: halves are tried until the bad ones stand alone.

    A signal that is ``wanted`` and not ``loaded`` went into the archive meanwhile, where nothing goes that a model in use has not judged.
    """
    position = {signal: i for i, signal in enumerate(loaded.ids)}
    mine = {key: {position[signal] for signal in ids if signal in position} for key, ids in wanted.items()}
    parts: dict[str, list[Part]] = {key: [] for key in wanted}
    halving = {key: _Halving() for key in wanted}
    for rows, read in _readable(scorer, loaded, list(range(len(loaded.rows))), _Halving()):
        for key in wanted:
            keep = [i for i in rows if i in mine[key]]
            if isinstance(read, str):
                parts[key] += [Part([i], None, {}, read) for i in keep]
            elif keep:
                parts[key] += _judged(scorer, loaded, read, key, rows, keep, as_of, halving[key])
    return parts


def told(part: Part) -> Told:
    """The part without what only the judging needed."""
    one, said = part.judged, None
    if one is not None:
        fired: NDArray[np.bool_] = np.asarray(np.asarray(one.hits.fired).any(axis=1), dtype=bool)
        said = Said(one.probability, one.ranks, fired, one.cutoffs, one.floors, one.caps)
    evidence = {i: evidence_pieces.packed(each) for i, each in part.evidence.items()}
    return Told(part.positions, said, evidence, part.error, part.asides, part.raises, part.stumbles)


def _readable(scorer: Scorer, loaded: units.Units, rows: list[int], halving: _Halving) -> Iterator[tuple[list[int], Reading | str]]:
    """Readings of the rows, cut in halves around a text that cannot be read."""
    if not rows:
        return
    try:
        read = _read(scorer, loaded, rows)
    except Exception as error:  # whatever a text does to the features, the others are read
        halves = halving.halves(rows)
        if not halves:
            yield rows, _said(error)
        for half in halves:
            yield from _readable(scorer, loaded, half, halving)
        return
    halving.worked = True
    yield rows, read


def _read(scorer: Scorer, loaded: units.Units, rows: list[int]) -> Reading:
    lots = loaded.lots
    return replace(scorer.read([loaded.rows[i].text for i in rows], _around(loaded.around, rows)), units=[lots[i] for i in rows])


def _around(around: Context, rows: list[int]) -> Context:
    if len(rows) == around.n:
        return around
    return replace(
        around,
        channel=[around.channel[i] for i in rows],
        signal_kind=[around.signal_kind[i] for i in rows],
        licences={kind: [states[i] for i in rows] for kind, states in around.licences.items()},
        age_days=None if around.age_days is None else [around.age_days[i] for i in rows],
        queries=None if around.queries is None else around.queries.iloc[rows].reset_index(drop=True),
    )


def _judged(
    scorer: Scorer, loaded: units.Units, read: Reading, key: str, rows: list[int], keep: list[int], as_of: datetime, halving: _Halving
) -> list[Part]:
    """One model over the rows it should ``keep`` of those read; in halves, read anew, around a row that it fails on."""
    try:
        part = _try(scorer, read, key, rows, keep, as_of)
    except Exception as error:  # whatever a model raises, the other models and the run go on
        halves = halving.halves(keep)
        if not halves:
            return [Part([i], None, {}, _said(error)) for i in keep]
        return [
            part
            for half in halves
            for part in _judged(scorer, loaded, _read(scorer, loaded, half), key, half, half, as_of, halving)
        ]  # fmt: skip
    halving.worked = True
    return [part]


def _try(scorer: Scorer, read: Reading, key: str, rows: list[int], keep: list[int], as_of: datetime) -> Part:
    from risk.scoring.escalators import raises
    from risk.scoring.reasons import evidence

    judged = scorer.judge(read, key, on=units.judged_day(as_of))
    mine = set(keep)
    places = [k for k, i in enumerate(rows) if i in mine]
    _check(judged.probability[places])
    nearly = judged.cutoffs.blue - scorer.policy.margin  # a subject's standing may hold it at blue
    shown = [k for k in places if judged.ranks[k] >= int(Grade.BLUE) or judged.probability[k] >= nearly]
    told = {rows[k]: e for k, e in zip(shown, evidence(scorer, read, judged, shown), strict=True)}
    if judged.doubt is not None:
        for k in shown:
            told[rows[k]]["uncertainty"] = judged.doubt.told(k)
    raised = dict(zip((rows[k] for k in shown), raises(scorer.policy, read, judged, shown), strict=True))
    asides, stumbles = _asides(scorer, read, judged, as_of)
    beside = tuple(replace(one, row=rows[one.row]) for one in asides if rows[one.row] in mine)
    mine_only = judged if len(keep) == len(rows) else _narrow(judged, places)
    return Part(keep, mine_only, told, asides=beside, raises=raised, stumbles=stumbles)


def _asides(scorer: Scorer, read: Reading, judged: Judged, as_of: datetime) -> tuple[list[Aside], dict[int, str]]:
    """What is kept back from the judgement; whatever goes wrong there is told and stops nothing."""
    from risk.scoring.rollout import StumbledError

    pack = scorer.packs.get(split_key(judged.key)[0])
    if scorer.aside is None or pack is None:
        return [], {}
    try:
        return scorer.aside.watched(judged.key, judged.hits, read, pack, units.judged_day(as_of)), {}
    except StumbledError as error:
        return error.found, error.failed


def _check(probability: Any) -> None:
    """Refuse what is no probability: stored, it would stop the run for good."""
    if not (np.isfinite(probability).all() and (probability >= 0).all() and (probability <= 1).all()):
        raise ValueError("the model gave what is no probability")


def _narrow(judged: Judged, places: list[int]) -> Judged:
    """The part of a judgement that belongs to the model's own rows."""
    hits = judged.hits.with_outcome(judged.hits.outcome[places])
    return replace(
        judged,
        probability=judged.probability[places],
        ranks=judged.ranks[places],
        hits=hits,
        floors=None if judged.floors is None else judged.floors[places],
        caps=None if judged.caps is None else judged.caps[places],
        doubt=None if judged.doubt is None else judged.doubt.take(places),
    )


def _said(error: Exception) -> str:
    """An error as both databases can keep it."""
    text = f"{type(error).__name__}: {error}"
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:_ERROR]


def unsure(told: Mapping[str, Any] | None) -> bool:
    """Whether the model left both answers open: a person looks first."""
    return bool(((told or {}).get("uncertainty") or {}).get("unsure"))


def titles(key: str, told: Mapping[str, Any] | None) -> tuple[str, str]:
    """What a person reads first: suspected what, and the gravest reason. A clue, not a finding."""
    rules = told["rules"] if told else []
    zh, en = f"涉嫌{title(key, 'zh')}", f"Suspected: {title(key, 'en').lower()}"
    if rules:
        first = rules[0].get("title") or rules[0]["because"]
        return f"{zh}：{first['zh']}", f"{en}: {first['en']}"
    if told and told["zh"]:
        return f"{zh}：{told['zh'][0]}", f"{en}: {told['en'][0]}"
    return zh, en
