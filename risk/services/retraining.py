"""Retraining from labels: a challenger is trained on what was known, compared with the champion on later verdicts, promoted only if better.

Labels are those matured by ``as_of``: verdicts and the case library. The comparison set is the latest verdict labels (by when they became known); their
subjects and their near-duplicates are taken out of training, so that neither time, nor a shop, nor a copied text leaks. A model without a champion gets
its first one when the laws hold. Everything is recorded in ``trainings``; the same call again returns what is recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Engine, insert, select, update

from features.context import Context
from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.scoring.keys import title
from risk.services import labels, training, units
from risk.services.bulk import select_in
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

HOLD_OUT = 0.35
"""The share of verdict labels, the latest ones, that judge champion and challenger."""
MOST = 20_000
"""The most labels that one training reads: the latest are kept."""

register(
    {
        "retrained_line": ("{title}：{decision}（{labels} 条标签{figures}）", "{title}: {decision} ({labels} labels{figures})"),
        "decision_promoted": ("晋级", "promoted"),
        "decision_first": ("首个版本上线", "first version"),
        "decision_kept": ("保留原冠军", "champion kept"),
        "decision_too_few_labels": ("标签不足", "too few labels"),
        "decision_laws_failed": ("未通过模型法则", "laws failed"),
    }
)


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a retraining came to."""

    key: str
    decision: str
    champion: str | None
    challenger: str | None
    labels: int
    champion_ap: float | None
    challenger_ap: float | None

    def line(self, lang: str = "en") -> str:
        """One line for people."""
        from risk.domain.messages import say

        shown = "" if self.challenger_ap is None else f", AP {self.challenger_ap:.3f}"
        shown += "" if self.champion_ap is None else f" vs {self.champion_ap:.3f}"
        decision = say(f"decision_{self.decision}", lang)
        return say("retrained_line", lang, title=title(self.key, lang), decision=decision, labels=f"{self.labels:,}", figures=shown)


@dataclass(frozen=True, slots=True)
class _Case:
    """A labelled signal."""

    signal_id: int
    subject_id: int | None
    text: str
    value: float
    weight: float
    known_at: datetime
    judged_as_of: datetime
    from_verdict: bool
    scheme: str


def retrain(
    engine: Engine, settings: Settings, scorer: Scorer, key: str, *, as_of: datetime, now: datetime, actor: str, seed: int = 0
) -> Retrained:
    """Train a challenger of ``key`` from labels matured by ``as_of``, compare, promote or keep, record."""
    with reading(engine) as conn:
        cases = _cases(conn, key, as_of)
    champion = scorer.learners.get(key)
    run_key = digest([key, as_of.isoformat(), seed, champion.version if champion else None, [(c.signal_id, c.value) for c in cases]])
    stored = _begin(engine, run_key, key, as_of, now, champion.version if champion else None)
    if stored is not None:
        return stored
    decision, challenger, detail = _challenge(engine, settings, scorer, key, cases, as_of, seed)
    detail |= {"labels": len(cases), "verdicts": sum(c.from_verdict for c in cases), "seed": seed, "actor": actor}
    with transaction(engine) as conn:
        conn.execute(
            update(t.trainings)
            .where(t.trainings.c.key == run_key)
            .values(status="done", challenger=challenger, decision=decision, detail=detail, ended_at=now)
        )
    return _result(key, decision, champion.version if champion else None, challenger, detail)


def _challenge(
    engine: Engine, settings: Settings, scorer: Scorer, key: str, cases: Sequence[_Case], as_of: datetime, seed: int
) -> tuple[str, str | None, dict[str, Any]]:
    from models.compare import compare

    train, later = split(cases)
    sources = {"verdict": sum(c.from_verdict for c in train), "case_library": sum(not c.from_verdict for c in train)}
    frame = _read(engine, train)
    try:
        trained = training.train_texts(
            scorer,
            key,
            [c.text for c in train],
            np.array([c.value for c in train]),
            around=frame,
            weights=np.array([c.weight for c in train]),
            groups=groups_of(train),
            representative=[c.from_verdict for c in train],
            sources=sources,
            times=[c.known_at for c in train],
            as_of=as_of,
            seed=seed,
        )
    except ConflictError as error:
        return "too_few_labels", None, {"reason": error.text("en")}
    broken = training.broken_laws(scorer, trained, [c.text for c in train])
    window = f"{min(c.known_at for c in train):%Y-%m-%d} — {max(c.known_at for c in train):%Y-%m-%d}"
    if broken:
        return "laws_failed", None, {"laws": broken, "sources": sources, "window": window}
    detail: dict[str, Any] = {"sources": sources, "window": window, "held_out": len(later)}
    if key not in scorer.learners:
        version = training.store(settings, trained, sources=sources, promote=True, window=window)
        return "first", version, detail
    told = _compare(engine, scorer, key, trained, sources, later, compare, seed)
    detail |= told
    version = training.store(settings, trained, sources=sources, promote=bool(told["better"]), window=window)
    return ("promoted" if told["better"] else "kept"), version, detail


def _compare(
    engine: Engine,
    scorer: Scorer,
    key: str,
    trained: training.Trained,
    sources: Mapping[str, int],
    later: Sequence[_Case],
    compare: Any,
    seed: int,
) -> dict[str, Any]:
    from models.cold import noisy_or
    from models.measure import measure
    from models.neardup import near_duplicate_groups
    from risk.scoring.fusion import fuse, trust_of

    if not later:
        return {"better": False, "reason": "no later verdicts to compare on"}
    texts = [c.text for c in later]
    read = scorer.read(texts, _read(engine, later))
    _, rules = scorer.rules(read, key, None)
    weights = scorer.weights(key)
    said, champion = noisy_or(rules, weights, read.frame.n), scorer.learners[key]
    old = fuse(champion.model.predict(read.frame, rules, weights), said, champion.trust)
    new = fuse(trained.fitted.model.predict(read.frame, rules, weights), said, trust_of(sources))
    truth = np.array([c.value for c in later])
    groups = near_duplicate_groups(texts)
    told = dict(compare(old, new, truth, groups=groups, seed=seed))

    def precision(p: Any) -> float | None:
        found = measure(p, truth, groups=groups, replicates=0)["metrics"]["average_precision"]
        return None if found is None else round(float(found["value"]), 6)

    return told | {"champion_ap": precision(old), "challenger_ap": precision(new)}


def split(cases: Sequence[_Case]) -> tuple[list[_Case], list[_Case]]:
    """(training, comparison): the latest verdict labels compare; their subjects and near-duplicate texts leave training."""
    from models.neardup import near_duplicate_groups

    verdicts = sorted((c for c in cases if c.from_verdict), key=lambda c: (c.known_at, c.signal_id))
    later = verdicts[len(verdicts) - int(len(verdicts) * HOLD_OUT) :]
    chosen = {c.signal_id for c in later}
    subjects = {c.subject_id for c in later if c.subject_id is not None}
    rest = [c for c in cases if c.signal_id not in chosen and (c.subject_id is None or c.subject_id not in subjects)]
    groups = near_duplicate_groups([c.text for c in [*rest, *later]])
    held = set(groups[len(rest) :].tolist())
    kept = [c for c, group in zip(rest, groups[: len(rest)].tolist(), strict=True) if group not in held or not c.from_verdict]
    return kept, later


def groups_of(cases: Sequence[_Case]) -> list[str]:
    """What may not be parted between fitting and checking: a scheme of the case library, with near-duplicates of its cases; else near-duplicates."""
    from models.neardup import near_duplicate_groups

    near = near_duplicate_groups([c.text for c in cases]).tolist()
    scheme = {group: c.scheme for c, group in zip(cases, near, strict=True) if c.scheme}
    return [c.scheme or scheme.get(group) or f"near-duplicates {group}" for c, group in zip(cases, near, strict=True)]


def _cases(conn: Connection, key: str, as_of: datetime) -> list[_Case]:
    """The labelled signals of a key as they could be known at ``as_of``, in the order of their signals."""
    found = {one.signal_id: one for one in labels.matured(conn, key, as_of) if one.signal_id is not None}
    s, a = t.signals.c, t.assessments.c
    rows = select_in(conn, select(s.id, s.text, s.kind, s.subject_id, s.fields), s.id, found)
    judged = {
        row.signal_id: row.as_of
        for row in select_in(conn, select(a.signal_id, a.as_of).where(a.model == key, a.as_of <= as_of).order_by(a.id), a.signal_id, found)
    }
    cases = [
        _Case(
            row.id,
            row.subject_id,
            row.text,
            one.value if one.value in (0.0, 1.0) else 1.0,
            one.weight * (1.0 if one.value in (0.0, 1.0) else 0.5),
            one.known_at,
            judged.get(row.id, one.known_at),
            row.kind != "case",
            str(row.fields.get("scheme", "")) if row.kind == "case" else "",
        )
        for row in rows
        if (one := found[row.id])
    ]
    latest = sorted(cases, key=lambda c: (c.known_at, c.signal_id))[-MOST:]
    return sorted(latest, key=lambda c: c.signal_id)


def _read(engine: Engine, cases: Sequence[_Case]) -> Context:
    """What was known around each case at the moment it was judged, in the order of the cases."""
    by_moment: dict[datetime, list[int]] = defaultdict(list)
    for i, case in enumerate(cases):
        by_moment[case.judged_as_of].append(i)
    parts: dict[int, tuple[Context, int]] = {}
    with reading(engine) as conn:
        for moment, rows in by_moment.items():
            loaded = units.load(conn, [cases[i].signal_id for i in rows], moment)
            place = {signal: k for k, signal in enumerate(loaded.ids)}
            parts |= {i: (loaded.around, place[cases[i].signal_id]) for i in rows}
    return units.joined([parts[i] for i in range(len(cases))])


def _begin(engine: Engine, run_key: str, key: str, as_of: datetime, now: datetime, champion: str | None) -> Retrained | None:
    with transaction(engine) as conn:
        row = conn.execute(select(t.trainings).where(t.trainings.c.key == run_key)).first()
        if row is None:
            values = {
                "key": run_key,
                "model": key,
                "as_of": as_of,
                "status": "running",
                "champion": champion,
                "detail": {},
                "started_at": now,
            }
            conn.execute(insert(t.trainings).values(values))
            return None
        if row.status != "done":
            return None
        return _result(key, row.decision, row.champion, row.challenger, row.detail)


def _result(key: str, decision: str, champion: str | None, challenger: str | None, detail: Mapping[str, Any]) -> Retrained:
    return Retrained(
        key, decision, champion, challenger, int(detail.get("labels", 0)), detail.get("champion_ap"), detail.get("challenger_ap")
    )
