"""An alert judged again: with the rules as they were kept, the version of the model that judged, and what was known then. Same result, or exactly what changed.

Grades are compared as the model gave them; what raised or held them afterwards (standing, escalators, a person) depends on other acts and is not judged anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select

from risk import __version__
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.routing import base_model
from risk.domain.signals import digest
from risk.services import live_rules
from risk.services.scoping import require_alert
from risk.storage import tables as t

if TYPE_CHECKING:
    from risk.scoring.scorer import Learner, Scorer
    from rules.pack import Pack

MOST = 50
_CLOSE = 1e-9

register(
    {
        "replay_same": ("结果一致", "same result"),
        "replay_changed": ("结果有变化：{count} 条证据", "changed: {count} pieces of evidence"),
        "replay_nothing": ("没有可重新研判的证据", "there is no evidence that can be judged again"),
        "replay_not_judged": ("由人员或外部系统给出，无模型研判", "given by a person or another system: no model judged it"),
        "replay_text": ("原文哈希不同：当时 {before}，现在 {after}", "the hash of the text differs: {before} then, {after} now"),
        "replay_no_text": ("原文已不在", "the text is gone"),
        "replay_rules_gone": ("规则版本 {version} 未保存", "the rules of the version {version} were not kept"),
        "replay_model_gone": ("模型版本 {version} 无法取得：{reason}", "the model version {version} cannot be had: {reason}"),
        "replay_failed": ("重新研判失败：{reason}", "judging it again failed: {reason}"),
        "replay_probability": ("概率：当时 {before}，现在 {after}", "probability: {before} then, {after} now"),
        "replay_grade": ("模型等级：当时 {before}，现在 {after}", "grade by the model: {before} then, {after} now"),
        "replay_rule_lost": ("规则 {rule} 不再命中", "the rule {rule} does not fire any more"),
        "replay_rule_new": ("规则 {rule} 现在命中", "the rule {rule} fires now"),
        "replay_quotes": ("规则 {rule} 的引文不同", "the quotations of the rule {rule} differ"),
        "replay_evidence": ("存储的证据已被改动（哈希不符）", "the stored evidence was altered (its hash does not fit)"),
        "replay_code": ("程序版本：当时 {before}，现在 {after}", "program: {before} then, {after} now"),
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ReplayedPiece:
    """One piece of evidence judged again. ``same`` is nothing where there is nothing to judge; ``notes`` are no differences of the result."""

    assessment_id: int
    model: str
    same: bool | None
    probability_then: float | None
    probability_now: float | None
    rules_then: tuple[str, ...]
    rules_now: tuple[str, ...]
    differences: tuple[Difference, ...]
    notes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """The alert judged again: ``same`` when every piece that a model judged comes out as it was."""

    alert_id: int
    same: bool | None
    zh: str
    en: str
    pieces: tuple[ReplayedPiece, ...]


def replay(conn: Connection, scorer: Scorer, alert_id: int, *, registry_dir: Path | None = None, scope: Scope = EVERYWHERE) -> Replay:
    """Judge the evidence of an alert again, the gravest first. ``scorer``: of now, for the policy and the versions it has at hand; others come from the registry.

    ``NotFoundError`` (``alert_not_found``).
    """
    require_alert(conn, scope, alert_id)
    e, a = t.alert_evidence.c, t.assessments.c
    query = select(t.assessments, t.runs.c.versions, t.runs.c.started_at).join_from(
        t.alert_evidence, t.assessments, e.assessment_id == a.id
    )
    rows = conn.execute(
        query.join(t.runs, a.run_id == t.runs.c.id)
        .where(e.alert_id == alert_id)
        .order_by(a.grade.desc(), a.probability.desc(), a.id)
        .limit(MOST)
    ).all()
    pieces = tuple(_piece(conn, scorer, row, registry_dir) for row in rows)
    changed = sum(piece.same is False for piece in pieces)
    judged = any(piece.same is not None for piece in pieces)
    code = "replay_changed" if changed else "replay_same" if judged else "replay_nothing"
    same = None if not judged and not changed else not changed
    return Replay(alert_id, same, say(code, "zh", count=changed), say(code, "en", count=changed), pieces)


def _piece(conn: Connection, scorer: Scorer, row: Row[Any], registry_dir: Path | None) -> ReplayedPiece:
    stored: Mapping[str, Any] = row.evidence or {}
    versions: Mapping[str, Any] = row.versions or {}
    found: list[Difference] = []
    notes: list[Difference] = []
    if row.evidence and row.evidence_hash and digest(row.evidence) != row.evidence_hash:
        found.append(_told("replay_evidence"))
    key = versions.get("judged_by") if row.model.endswith(".person") else None if row.model.endswith(".warning") else row.model
    if key is None:
        return _answer(row, None if not found else False, None, stored, {}, found, [_told("replay_not_judged")])
    if (code := versions.get("code")) not in (None, __version__):
        notes.append(_told("replay_code", before=code, after=__version__))
    if row.signal_id is None:
        return _answer(row, None if not found else False, None, stored, {}, found, [*notes, _told("replay_no_text")])
    pack = _pack(conn, row.rules_version, found)
    learner = _learner(scorer, key, row.model_version, registry_dir, found)
    now: Mapping[str, Any] = {}
    probability: float | None = None
    if not any(one.code in ("replay_rules_gone", "replay_model_gone") for one in found):
        probability, rank, now = _again(conn, scorer, row, key, pack, learner, found)
        if probability is not None:
            _compare(row, stored, probability, rank, now, found)
    return _answer(row, not found, probability, stored, now, found, notes)


def _pack(conn: Connection, version: str, found: list[Difference]) -> Pack | None:
    """The rules as they were kept; nothing where there were none."""
    if not version:
        return None
    try:
        return live_rules.kept(conn, version)
    except NotFoundError:
        found.append(_told("replay_rules_gone", version=version[:12]))
        return None


def _learner(scorer: Scorer, key: str, version: str, registry_dir: Path | None, found: list[Difference]) -> Learner | None:
    """The version that judged; nothing for rules alone."""
    from risk.scoring.learners import registered

    if version in ("rules", "person", ""):
        return None
    mine = scorer.learners.get(key)
    if mine is not None and mine.version == version:
        return mine
    reason = "registry"
    if registry_dir is not None:
        try:
            return registered(registry_dir, key, version)
        except (NotFoundError, ConflictError, OSError, ValueError) as error:
            reason = str(error)[:200]
    found.append(_told("replay_model_gone", version=version, reason=reason))
    return None


def _again(
    conn: Connection, scorer: Scorer, row: Row[Any], key: str, pack: Pack | None, learner: Learner | None, found: list[Difference]
) -> tuple[float | None, Grade, Mapping[str, Any]]:
    """Probability, the model's grade and what was said, by the versions of then on what was known then."""
    from models.grades import Cutoffs
    from risk.scoring.rollout import Share, Staging
    from risk.scoring.scorer import Scorer as Then
    from risk.services import judging, units

    shares = {name: Share(float(percent), 0) for name, percent in (row.versions.get("roll_out") or {}).items()}
    staging = Staging((), {base_model(key): shares}) if shares else None
    cuts = {name: value for name, value in (row.versions.get("cutoffs") or {}).items() if name in ("red", "orange", "yellow", "blue")}
    cutoffs = {key: Cutoffs(**cuts)} if len(cuts) == 4 else {}
    then = Then({key: learner} if learner else {}, [pack] if pack is not None else [], staging, cutoffs, scorer.policy)
    loaded = units.load(conn, [row.signal_id], row.as_of, known=min(row.as_of, row.started_at))
    if not loaded.rows:
        found.append(_told("replay_no_text"))
        return None, Grade.NONE, {}
    stored, hashed = (row.evidence or {}).get("text_hash"), digest(loaded.texts[0])
    if stored and stored != hashed:
        found.append(_told("replay_text", before=stored[:12], after=hashed[:12]))
    (part,) = judging.judge(then, loaded, {key: [row.signal_id]}, row.as_of)[key]
    if part.judged is None:
        found.append(_told("replay_failed", reason=part.error))
        return None, Grade.NONE, {}
    return float(part.judged.probability[0]), Grade(int(part.judged.ranks[0])), part.evidence.get(0) or {}


def _compare(
    row: Row[Any], stored: Mapping[str, Any], probability: float, rank: Grade, now: Mapping[str, Any], found: list[Difference]
) -> None:
    if abs(probability - row.probability) > _CLOSE:
        found.append(_told("replay_probability", before=f"{row.probability:.6f}", after=f"{probability:.6f}"))
    before = (stored.get("grading") or {}).get("judged") or (stored.get("entered") or {}).get("judged") or Grade(row.grade).code
    if before != rank.code:
        found.append(_told("replay_grade", before=before, after=rank.code))
    quotes = [{rule["rule"]: _spans(rule) for rule in told.get("rules") or () if isinstance(rule, Mapping)} for told in (stored, now)]
    found += [_told("replay_rule_lost", rule=name) for name in quotes[0] if name not in quotes[1]]
    found += [_told("replay_rule_new", rule=name) for name in quotes[1] if name not in quotes[0]]
    found += [_told("replay_quotes", rule=name) for name, spans in quotes[0].items() if name in quotes[1] and spans != quotes[1][name]]


def _spans(rule: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [(q.get("quote"), q.get("start"), q.get("end")) if isinstance(q, Mapping) else (q,) for q in rule.get("quotes") or ()]


def _answer(
    row: Row[Any],
    same: bool | None,
    probability: float | None,
    stored: Mapping[str, Any],
    now: Mapping[str, Any],
    found: list[Difference],
    notes: list[Difference],
) -> ReplayedPiece:
    names = [tuple(str(rule.get("rule")) for rule in told.get("rules") or ()) for told in (stored, now)]
    then = row.probability if same is not None else None
    return ReplayedPiece(row.id, row.model, same, then, probability, names[0], names[1], tuple(found), tuple(notes))


def _told(code: str, **facts: Any) -> Difference:
    return Difference(code, say(code, "zh", **facts), say(code, "en", **facts))
