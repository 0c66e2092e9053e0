"""Versions of the weights of the index: drafted by one, approved by another, never changed afterwards. The newest approved one of a kind counts.

A version carries its points of reference, too: an index is comparable over months exactly as long as its version stays. Version 0 came with the program: the
pair comparisons of ``index.toml``, and points of reference measured when the index is first computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from risk.domain import regions
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.indices import Reference, System, rules, score, system
from risk.domain.indices_weights import METHODS, PairComparison, combine, critic, entropy, full_matrix, hierarchy
from risk.domain.messages import register
from risk.services import auditing
from risk.services.index_facts import Facts, of_places
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t
from risk.storage.engine import serialise

Values = Mapping[str, Sequence[float | None]]
"""Indicator → the values of the 17 divisions at a moment."""

DRAFT, APPROVED, REJECTED = "draft", "approved", "rejected"
PROGRAM = "program"
_LOCK = 41  # of serialise: versions are numbered one after the other

register(
    {
        "index_version_not_found": ("没有编号为 {id} 的权重版本", "no version of weights with the number {id}"),
        "index_version_none": ("尚无已批准的权重版本", "no version of weights is approved yet"),
        "index_version_none.hint": ("先计算一次指数：risk index compute", "compute the index once: risk index compute"),
        "index_version_decided": ("权重版本 {id} 已{state}", "the version {id} is {state} already"),
        "index_same_person": ("拟定人不能批准自己的权重版本（{name}）", "whoever drafted a version cannot approve it ({name})"),
        "index_stale": (
            "指标定义在拟定之后有变化，请重新拟定",
            "the definitions of the indicators changed since it was drafted: draft it again",
        ),
        "index_reason": ("须写明理由", "say why"),
        "index_subject_method": (
            "主体指标体系只能用层次分析法（AHP）：没有成组的主体可供比较",
            "the weights of the subject system are by AHP only: there is no peer group of subjects to measure",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Ask:
    """How weights are to be made. Matrices are full ones; groups that are not given are compared as shipped."""

    kind: str
    method: str
    dimensions: tuple[tuple[float, ...], ...] | None = None
    indicators: Mapping[str, tuple[tuple[float, ...], ...]] | None = None


@dataclass(frozen=True, slots=True)
class WeightsVersion:
    """A version of weights. ``current``: it is the one that counts now; ``stale``: the definitions have changed since."""

    id: int
    kind: str
    version: int
    state: str
    current: bool
    stale: bool
    method: str
    weights: dict[str, float]
    refs: dict[str, tuple[float, float]]
    basis: dict[str, Any]
    author: str
    reason: str
    created_at: datetime
    decided_by: str | None
    decision_reason: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights by one method. ``silent``: indicators the data say nothing of; ``error``: code, Chinese and English, where the method gives none."""

    method: str
    weights: dict[str, float] | None
    silent: tuple[str, ...]
    error: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Proposals:
    """The methods side by side. ``places``: how many divisions the data are of; ``comparisons``: what each matrix of AHP says."""

    kind: str
    as_of: datetime
    places: int
    proposals: tuple[Proposal, ...]
    comparisons: dict[str, PairComparison]
    refs: dict[str, tuple[float, float]]


def propose(conn: Connection, ask: Ask, as_of: datetime) -> Proposals:
    """All methods side by side, from the comparisons asked for and the data of a moment; nothing is stored. ``ahp_…`` for comparisons that cannot be used."""
    told = system(ask.kind)
    facts = of_places(conn, as_of) if ask.kind == "region" else {}
    refs = references(told, _pool(conn, as_of, facts) if facts else [])
    judged, comparisons = _judged(told, ask)
    made = [Proposal("ahp", judged, (), None)]
    if ask.kind == "region":
        made += [_proposal(method, judged, _columns(told, facts, refs)) for method in METHODS[1:]]
    return Proposals(ask.kind, as_of, len(_rows(facts)), tuple(made), comparisons, refs)


def draft(conn: Connection, ask: Ask, *, reason: str, actor: str, now: datetime) -> int:
    """Store weights as a draft; returns its number. ``index_reason``, ``weights_method``, ``index_subject_method``, ``ahp_…``, ``weights_silent``."""
    if not reason.strip():
        raise InvalidInputError("index_reason")
    if ask.method not in METHODS:
        raise InvalidInputError("weights_method", method=ask.method[:40])
    if ask.kind != "region" and ask.method != "ahp":
        raise InvalidInputError("index_subject_method")
    serialise(conn, _LOCK)
    _shipped(conn, ask.kind, now)
    return _store(conn, ask, DRAFT, actor, reason.strip(), now)


def decide(conn: Connection, version_id: int, *, approve: bool, reason: str, actor: str, now: datetime) -> None:
    """Approve or reject a draft: by another person than drafted it. ``index_version_decided``, ``index_same_person``, ``index_stale``, ``index_reason``."""
    serialise(conn, _LOCK)
    row = _row(conn, version_id)
    if row.state != DRAFT:
        raise ConflictError("index_version_decided", id=version_id, state=row.state)
    if not reason.strip():
        raise InvalidInputError("index_reason")
    if approve and row.author == actor:
        raise ConflictError("index_same_person", name=actor)
    if approve and row.definitions != system(row.kind).hash:
        raise ConflictError("index_stale")
    state = APPROVED if approve else REJECTED
    values = {"state": state, "decided_by": actor, "decided_at": now, "decision_reason": reason.strip()}
    conn.execute(update(t.index_versions).where(t.index_versions.c.id == version_id).values(**values))
    auditing.record(
        conn, actor, f"index.{'approve' if approve else 'reject'}", f"index_version:{version_id}", {"reason": reason.strip()}, now
    )


def list_versions(conn: Connection, *, kind: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[WeightsVersion]:
    """Versions, the newest first."""
    v = t.index_versions.c
    query = select(t.index_versions)
    if kind:
        query = query.where(v.kind == kind)
    if cursor:
        query = query.where(v.id < unpack_id(cursor))
    counting = _counting(conn)
    return page_by_id(conn, query.order_by(v.id.desc()), limit, lambda row: _view(row, counting))


def show(conn: Connection, version_id: int) -> WeightsVersion:
    """One version; ``index_version_not_found``."""
    return _view(_row(conn, version_id), _counting(conn))


def current(conn: Connection, kind: str, as_of: datetime | None = None) -> WeightsVersion:
    """The version that counts: the newest approved one, by a moment where one is given; ``index_version_none``."""
    system(kind)
    v = t.index_versions.c
    query = select(t.index_versions).where(v.kind == kind, v.state == APPROVED)
    if as_of is not None:
        query = query.where(v.decided_at <= as_of)
    row = conn.execute(query.order_by(v.decided_at.desc(), v.id.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError("index_version_none")
    return _view(row, {row.id})


def any_approved(conn: Connection, kind: str) -> bool:
    """Whether a version counts."""
    v = t.index_versions.c
    return conn.scalar(select(v.id).where(v.kind == kind, v.state == APPROVED).limit(1)) is not None


def ensure(conn: Connection, kind: str, now: datetime) -> WeightsVersion:
    """The version that counts, with the one that came with the program stored where there is none."""
    serialise(conn, _LOCK)
    _shipped(conn, kind, now)
    return current(conn, kind)


def shipped_weights(told: System) -> dict[str, float]:
    """The weights of the comparisons that came with the program."""
    return _judged(told, Ask(told.kind, "ahp"))[0]


def references(told: System, pool: Sequence[Values]) -> dict[str, tuple[float, float]]:
    """Indicator → values of the scores 0 and 100: those of ``index.toml``, or percentiles over the 17 divisions at the moments of ``pool``; none where too few are
    known or all are equal."""
    found: dict[str, tuple[float, float]] = {}
    for one in told.indicators:
        reference = one.reference or _observed(one.code, pool)
        if reference is not None:
            found[one.code] = reference
    return found


def scores_of(told: System, facts: Facts, refs: Mapping[str, Sequence[float]], place: str) -> dict[str, float | None]:
    """Indicator → the score of a place."""
    found: dict[str, float | None] = {}
    for one in told.indicators:
        known, reference = facts.get(one.code, {}).get(place), refs.get(one.code)
        pair: Reference | None = (float(reference[0]), float(reference[1])) if reference else None
        found[one.code] = score(known.value if known else None, pair, up=one.up)
    return found


def _pool(conn: Connection, as_of: datetime, facts: Facts) -> list[Values]:
    """The values of the 17 divisions at a moment and at the ends of the months before it, as far as there were subjects: one month alone may be unlike all others."""
    first = conn.scalar(select(func.min(t.subjects.c.created_at)))
    pool, end = [_values(facts)], as_of.astimezone(SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(int(rules()["observed_months"])):
        if first is None or end <= first:
            break
        if end < as_of:
            pool.append(_stored(conn, end) or _values(of_places(conn, end)))
        end = (end - timedelta(days=1)).replace(day=1)
    return pool


def _values(facts: Facts) -> Values:
    return {code: [one[place].value for place in regions.children(regions.PROVINCE) if place in one] for code, one in facts.items()}


def _stored(conn: Connection, moment: datetime) -> Values:
    """What was measured at a moment, where an index of it is stored; values do not depend on the version."""
    r = t.index_results.c
    rows = conn.execute(select(r.region, r.parts).where(r.as_of == moment, r.level == "city").order_by(r.version_id, r.id)).all()
    newest = {row.region: row.parts for row in rows}
    found: dict[str, list[float | None]] = {}
    for parts in newest.values():
        for code, one in parts.items():
            found.setdefault(code, []).append(one["value"])
    return found


def _observed(code: str, pool: Sequence[Values]) -> Reference | None:
    knobs = rules()
    values = sorted(value for one in pool for value in one.get(code, ()) if value is not None)
    if len(values) < int(knobs["observed_places"]):
        return None
    low, high = _percentile(values, float(knobs["observed_low"])), _percentile(values, float(knobs["observed_high"]))
    return (low, high) if high > low else None


def _percentile(values: Sequence[float], share: float) -> float:
    """By linear interpolation of sorted values."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def _rows(facts: Facts) -> list[str]:
    """The divisions of the 17 of which anything is known."""
    return [place for place in regions.children(regions.PROVINCE) if any(place in one for one in facts.values())]


def _columns(told: System, facts: Facts, refs: Mapping[str, Sequence[float]]) -> dict[str, list[float | None]]:
    """Indicator → the scores of the 17 divisions."""
    rows = [scores_of(told, facts, refs, place) for place in _rows(facts)]
    return {code: [row[code] for row in rows] for code in told.codes()}


def _judged(told: System, ask: Ask) -> tuple[dict[str, float], dict[str, PairComparison]]:
    return hierarchy(told, ask.dimensions or full_matrix(told.compare), ask.indicators or {})


def _proposal(method: str, judged: Mapping[str, float], columns: Mapping[str, Sequence[float | None]]) -> Proposal:
    try:
        found = critic(columns) if method == "critic" else entropy(columns)
        weights = combine(judged, found.weights) if method == "ahp_entropy" else found.weights
    except InvalidInputError as error:
        return Proposal(method, None, tuple(columns), (error.code, error.text("zh"), error.text("en")))
    return Proposal(method, weights, found.silent, None)


def _shipped(conn: Connection, kind: str, now: datetime) -> None:
    """Store version 0 where no version of a kind is there."""
    v = t.index_versions.c
    if conn.scalar(select(func.count()).select_from(t.index_versions).where(v.kind == kind, v.version == 0)):
        return
    _store(conn, Ask(kind, "ahp"), APPROVED, PROGRAM, "随程序提供的判断矩阵 / the comparisons that came with the program", now)


def _store(conn: Connection, ask: Ask, state: str, actor: str, reason: str, now: datetime) -> int:
    told = system(ask.kind)
    found = propose(conn, ask, now)
    chosen = next(one for one in found.proposals if one.method == ask.method)
    if chosen.weights is None:
        raise InvalidInputError("weights_silent", method=ask.method)
    v = t.index_versions.c
    newest = conn.scalar(select(func.max(v.version)).where(v.kind == ask.kind))
    values = {
        "kind": ask.kind,
        "version": 0 if newest is None else int(newest) + 1,
        "state": state,
        "method": ask.method,
        "weights": chosen.weights,
        "refs": {code: list(pair) for code, pair in found.refs.items()},
        "basis": {
            "as_of": now.isoformat(),
            "places": found.places,
            "silent": list(chosen.silent),
            "dimensions": [list(row) for row in ask.dimensions or full_matrix(told.compare)],
            "indicators": {
                one.code: [list(row) for row in (ask.indicators or {}).get(one.code, full_matrix(one.compare))] for one in told.dimensions
            },
            "comparisons": {name: asdict(one) for name, one in found.comparisons.items()},
        },
        "definitions": told.hash,
        "author": actor,
        "reason": reason,
        "created_at": now,
    }
    if state == APPROVED:
        values |= {"decided_by": actor, "decided_at": now, "decision_reason": reason}
    number = int(conn.execute(insert(t.index_versions).values(values).returning(v.id)).scalar_one())
    auditing.record(conn, actor, "index.draft", f"index_version:{number}", {"kind": ask.kind, "method": ask.method, "state": state}, now)
    return number


def _counting(conn: Connection) -> set[int]:
    """Ids of the versions that count."""
    v, found = t.index_versions.c, set()
    for kind in ("region", "subject"):
        query = select(v.id).where(v.kind == kind, v.state == APPROVED).order_by(v.decided_at.desc(), v.id.desc()).limit(1)
        found |= set(conn.scalars(query))
    return found


def _row(conn: Connection, version_id: int) -> Row[Any]:
    row = conn.execute(select(t.index_versions).where(t.index_versions.c.id == version_id)).one_or_none()
    if row is None:
        raise NotFoundError("index_version_not_found", id=version_id)
    return row


def _view(row: Row[Any], counting: set[int]) -> WeightsVersion:
    return WeightsVersion(
        id=row.id,
        kind=row.kind,
        version=row.version,
        state=row.state,
        current=row.id in counting,
        stale=row.definitions != system(row.kind).hash,
        method=row.method,
        weights=dict(row.weights),
        refs={code: (pair[0], pair[1]) for code, pair in row.refs.items()},
        basis=dict(row.basis),
        author=row.author,
        reason=row.reason,
        created_at=row.created_at,
        decided_by=row.decided_by,
        decision_reason=row.decision_reason,
        decided_at=row.decided_at,
    )
