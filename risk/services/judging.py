"""Judging the rows of a chunk by several models at once: one reading, every model, and no bad row that stops the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from risk.domain.grades import Grade
from risk.reports.words import model_title
from risk.services import units

if TYPE_CHECKING:
    from risk.scoring.scorer import Judged, Reading, Scorer


@dataclass(frozen=True, slots=True)
class Part:
    """What one model said of some rows of the chunk; ``error`` where judging a row failed."""

    positions: list[int]
    judged: Judged | None
    evidence: dict[int, dict[str, Any]]
    error: str | None = None


def judge(scorer: Scorer, loaded: units.Units, wanted: Mapping[str, Sequence[int]], as_of: datetime) -> dict[str, list[Part]]:
    """Every model over its rows. One bad row never stops a batch: halves are tried until the bad ones stand alone."""
    position = {signal: i for i, signal in enumerate(loaded.ids)}
    parts: dict[str, list[Part]] = {key: [] for key in wanted}
    for batch in _readable(scorer, loaded, list(range(len(loaded.ids)))):
        rows, read = batch
        if read is None or isinstance(read, str):
            for key, ids in wanted.items():
                mine = [i for i in rows if loaded.ids[i] in set(ids)]
                parts[key] += [Part([i], None, {}, str(read)) for i in mine]
            continue
        for key, ids in wanted.items():
            chosen = {position[i] for i in ids}
            keep = [k for k, i in enumerate(rows) if i in chosen]
            try:
                parts[key].append(_judged(scorer, read, key, rows, keep, as_of))
            except Exception as error:  # whatever a model raises, the other models and the run go on
                parts[key] += [Part([rows[k]], None, {}, f"{type(error).__name__}: {error}") for k in keep]
    return parts


def _readable(scorer: Scorer, loaded: units.Units, rows: list[int]) -> Iterable[tuple[list[int], Reading | str]]:
    """Readings of the rows, cut in halves around a text that cannot be read."""
    if not rows:
        return
    try:
        yield rows, scorer.read([loaded.rows[i].text for i in rows], _around(loaded, rows))
    except Exception as error:  # see judge
        if len(rows) == 1:
            yield rows, f"{type(error).__name__}: {error}"
            return
        half = len(rows) // 2
        yield from _readable(scorer, loaded, rows[:half])
        yield from _readable(scorer, loaded, rows[half:])


def _around(loaded: units.Units, rows: list[int]) -> Any:
    around = loaded.around
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


def _judged(scorer: Scorer, read: Reading, key: str, rows: list[int], keep: list[int], as_of: datetime) -> Part:
    from risk.scoring.reasons import evidence

    judged = scorer.judge(read, key, on=as_of.date())
    mine = set(keep)
    shown = [k for k in judged.candidates.tolist() if k in mine and judged.ranks[k] >= int(Grade.BLUE)]
    told = {rows[k]: e for k, e in zip(shown, evidence(scorer, read, judged, shown), strict=True)}
    return Part([rows[k] for k in keep], judged, told) if len(keep) == len(rows) else _narrow(judged, rows, keep, told)


def _narrow(judged: Judged, rows: list[int], keep: list[int], told: dict[int, dict[str, Any]]) -> Part:
    """The part of a judgement that belongs to the model's own rows."""
    hits = replace(judged.hits, outcome=judged.hits.outcome[keep])
    small = replace(judged, probability=judged.probability[keep], ranks=judged.ranks[keep], hits=hits, rules=judged.rules.iloc[keep])
    return Part([rows[k] for k in keep], small, told)


def seen(row: Row[Any]) -> dict[str, Any]:
    """The unit as it was seen when judged: part of the hashed evidence."""
    return {
        "signal": {
            "id": row.id,
            "source": row.source,
            "url": row.url,
            "observed_at": row.observed_at.isoformat(),
            "content_hash": row.content_hash,
        },
        "subject": {"id": row.subject_id, "key": row.subject_key, "name": row.subject_name} if row.subject_id is not None else None,
    }


def titles(key: str, told: dict[str, Any] | None) -> tuple[str, str]:
    """What a person reads first: suspected what, and the gravest reason. A clue, not a finding."""
    rules = told["rules"] if told else []
    zh, en = f"涉嫌{model_title(key, 'zh')}", f"Suspected: {model_title(key, 'en').lower()}"
    if rules:
        return f"{zh}：{rules[0]['title']['zh']}", f"{en}: {rules[0]['title']['en']}"
    if told and told["zh"]:
        return f"{zh}：{told['zh'][0]}", f"{en}: {told['en'][0]}"
    return zh, en
