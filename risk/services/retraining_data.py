"""What a model learns from: labels that had matured by a moment, each with what was known when its unit was judged, and a record to repeat it exactly.

A label of a person is used once it has matured; the unit's context is that of the moment it was judged at. Later verdicts compare, earlier ones teach: a
subject, a scheme of the case library and near-copies of a text are always on one side. Nothing known after ``as_of`` is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from features.context import Context
from risk.domain.signals import digest
from risk.services import labels, units
from risk.services.bulk import select_in
from risk.storage import tables as t
from risk.storage.engine import reading

HOLD_OUT = 0.35
"""The share of verdict labels, the latest ones, that judge champion and challenger."""
MOST = 20_000
"""The most labels that one training reads: the latest are kept."""
PARTLY = 0.5
"""What a verdict *partly so* weighs, as a positive."""
AUDIT = "audit_sample"


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled signal. Both weights are less where a verdict was *partly*."""

    signal_id: int
    subject_id: int | None
    text: str
    value: float
    weight: float
    """In training: inverse to the chance of having been verified, bounded (`labels.matured`)."""
    stands_for: float
    """In comparing: the plain inverse of that chance."""
    source: str
    """verdict, audit_sample, case_library …"""
    known_at: datetime
    judged_as_of: datetime
    from_verdict: bool
    """Whether a person looked at it in the field: only those compare, and only their mix decides cut-offs."""
    scheme: str
    region: str
    channel: str
    kind: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """Labels of a model as of a moment, in the order of their signals, parted into what teaches and what compares."""

    key: str
    as_of: datetime
    cases: tuple[Case, ...]
    train: tuple[Case, ...]
    later: tuple[Case, ...]
    excluded: dict[str, int]
    """Reason → how many labels that were known by then are in neither part."""

    def hash(self) -> str:
        """The same labels on the same units, parted alike, have the same hash."""
        held = {c.signal_id for c in self.later}
        taught = {c.signal_id for c in self.train}
        return digest(
            [
                self.key,
                self.as_of.isoformat(),
                [(c.signal_id, c.value, c.weight, c.source, c.judged_as_of.isoformat(), c.signal_id in taught, c.signal_id in held) for c in self.cases],
            ]
        )  # fmt: skip

    def sources(self) -> dict[str, int]:
        """Training labels by where they come from, as `fusion.trust_of` counts them."""
        counts = {"verdict": sum(c.from_verdict for c in self.train), "case_library": sum(not c.from_verdict for c in self.train)}
        return {name: n for name, n in counts.items() if n}

    def record(self) -> dict[str, Any]:
        """What is stored with a training: enough to see what it was, and to check that it is the same when it is made again."""
        return {
            "hash": self.hash(),
            "as_of": self.as_of.isoformat(),
            "labels": len(self.cases),
            "positives": sum(c.value > 0 for c in self.cases),
            "sources": dict(sorted(Counter(c.source for c in self.cases).items())),
            "sources_train": self.sources(),
            "train": _part(self.train),
            "later": _part(self.later),
            "excluded": dict(sorted(self.excluded.items())),
        }


def collect(conn: Connection, key: str, as_of: datetime) -> DataSet:
    """The data set of a model as it could be known at ``as_of``."""
    found, older = cases(conn, key, as_of)
    train, later, dropped = split(found)
    excluded = {**_excluded(conn, key, as_of), **dropped, "older_than_the_latest": older}
    return DataSet(key, as_of, tuple(found), tuple(train), tuple(later), {name: n for name, n in excluded.items() if n})


def cases(conn: Connection, key: str, as_of: datetime) -> tuple[list[Case], int]:
    """The labelled signals of a key in the order of their ids, at most `MOST`, and how many older ones were left out."""
    found = {one.signal_id: one for one in labels.matured(conn, key, as_of) if one.signal_id is not None}
    s, a, r, n = t.signals.c, t.assessments.c, t.runs.c, t.labels.c
    columns = select(s.id, s.text, s.kind, s.subject_id, s.fields, s.region, s.channel).where(s.received_at <= as_of)
    rows = select_in(conn, columns, s.id, found)
    moments = select(a.signal_id, a.as_of).join_from(t.assessments, t.runs, a.run_id == r.id)
    moments = moments.where(a.model == key, a.as_of <= as_of, r.started_at <= as_of).order_by(a.id)
    judged = {row.signal_id: row.as_of for row in select_in(conn, moments, a.signal_id, found)}
    told = (
        select(n.signal_id, n.source, n.weight).where(n.model == key, n.matures_at <= as_of, n.known_at <= as_of).order_by(n.known_at, n.id)
    )
    drawn = {row.signal_id: (row.source, row.weight) for row in select_in(conn, told.order_by(n.known_at, n.id), n.signal_id, found)}
    every = [
        Case(
            row.id,
            row.subject_id,
            row.text,
            one.value if one.value in (0.0, 1.0) else 1.0,
            one.weight * (1.0 if one.value in (0.0, 1.0) else PARTLY),
            drawn[row.id][1] * (1.0 if one.value in (0.0, 1.0) else PARTLY),
            drawn[row.id][0],
            one.known_at,
            judged.get(row.id, one.known_at),
            row.kind != "case",
            str(row.fields.get("scheme", "")) if row.kind == "case" else "",
            row.region or "",
            row.channel or "",
            row.kind,
        )
        for row in rows
        if (one := found[row.id])
    ]
    latest = sorted(every, key=lambda c: (c.known_at, c.signal_id))[-MOST:]
    return sorted(latest, key=lambda c: c.signal_id), len(every) - len(latest)


def verified(conn: Connection, key: str, as_of: datetime) -> dict[int, float]:
    """Signal → value of those among `cases` that a verdict on an alert labelled; without their texts, which are most of what there is to read."""
    found = {one.signal_id: one for one in labels.matured(conn, key, as_of) if one.signal_id is not None}
    n = t.labels.c
    told = select(n.signal_id, n.source).where(n.model == key, n.matures_at <= as_of, n.known_at <= as_of).order_by(n.known_at, n.id)
    source = {row.signal_id: row.source for row in conn.execute(told)}
    return {id_: one.value if one.value in (0.0, 1.0) else 1.0 for id_, one in found.items() if source.get(id_) == "verdict"}


def split(found: Sequence[Case]) -> tuple[list[Case], list[Case], dict[str, int]]:
    """(training, comparison, reason → left out): the latest verdict labels compare; their subjects and near-copies of their texts leave training.

    A near-copy in the case library stays where it was known before the first verdict that compares: what was known before may be used. One that was added
    meanwhile may be the compared text itself.
    """
    from models.neardup import near_duplicate_groups

    verdicts = sorted((c for c in found if c.from_verdict), key=lambda c: (c.known_at, c.signal_id))
    later = verdicts[len(verdicts) - int(len(verdicts) * HOLD_OUT) :]
    chosen = {c.signal_id for c in later}
    subjects = {c.subject_id for c in later if c.subject_id is not None}
    others = [c for c in found if c.signal_id not in chosen]
    rest = [c for c in others if c.subject_id is None or c.subject_id not in subjects]
    groups = near_duplicate_groups([c.text for c in [*rest, *later]])
    held = set(groups[len(rest) :].tolist())
    begin = min((c.known_at for c in later), default=None)
    kept = [
        c
        for c, group in zip(rest, groups[: len(rest)].tolist(), strict=True)
        if group not in held or (not c.from_verdict and begin is not None and c.known_at < begin)
    ]
    return kept, later, {"subject_is_compared": len(others) - len(rest), "copy_is_compared": len(rest) - len(kept)}


def groups_of(found: Sequence[Case]) -> list[str]:
    """What may not be parted between fitting and checking: a scheme of the case library, with near-duplicates of its cases; else near-duplicates."""
    from models.neardup import near_duplicate_groups

    near = near_duplicate_groups([c.text for c in found]).tolist()
    scheme = {group: c.scheme for c, group in zip(found, near, strict=True) if c.scheme}
    return [c.scheme or scheme.get(group) or f"near-duplicates {group}" for c, group in zip(found, near, strict=True)]


def read(engine: Engine, found: Sequence[Case]) -> Context:
    """What was known around each case at the moment it was judged, in the order of the cases."""
    by_moment: dict[datetime, list[int]] = defaultdict(list)
    for i, case in enumerate(found):
        by_moment[case.judged_as_of].append(i)
    parts: dict[int, tuple[Context, int]] = {}
    with reading(engine) as conn:
        for moment, rows in by_moment.items():
            loaded = units.load(conn, [found[i].signal_id for i in rows], moment)
            place = {signal: k for k, signal in enumerate(loaded.ids)}
            parts |= {i: (loaded.around, place[found[i].signal_id]) for i in rows}
    return units.joined([parts[i] for i in range(len(found))])


def _excluded(conn: Connection, key: str, as_of: datetime) -> dict[str, int]:
    """Labels that were known by then and did not count yet, or no more."""
    n, corrected = t.labels.c, _corrected(as_of)
    known = select(func.count()).where(n.model == key, n.known_at <= as_of)
    return {
        "not_yet_mature": int(conn.scalar(known.where(n.matures_at > as_of, ~corrected)) or 0),
        "corrected": int(conn.scalar(known.where(corrected)) or 0),
    }


def _corrected(as_of: datetime) -> Any:
    """The condition on labels: the verdict was corrected by then."""
    newer = t.verdicts.alias("newer")
    return select(newer.c.id).where(newer.c.supersedes == t.labels.c.verdict_id, newer.c.reported_at <= as_of).exists()


def _part(found: Sequence[Case]) -> dict[str, Any]:
    told: dict[str, Any] = {"labels": len(found), "positives": sum(c.value > 0 for c in found)}
    if found:
        told |= {"from": min(c.known_at for c in found).isoformat(), "to": max(c.known_at for c in found).isoformat()}
    return told
