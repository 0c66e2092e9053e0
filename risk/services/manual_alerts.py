"""A person enters a clue: a telephone call, a letter, something seen at work. It becomes a signal of the kind ``report`` and an alert with its provenance.

Who entered it, when, how it was received and why is kept with the alert; who told it is kept apart (``reporters``), shown masked, and unmasked only on the
record. Signal, run, assessment, alert, task, events and audit are one transaction; the same key again changes nothing and answers the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, select

from risk.domain import regions
from risk.domain.alerts_manual import Reporter, channels, check_channel, graded
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import say
from risk.domain.routing import base_model
from risk.domain.signals import Signal, SubjectKeys, digest
from risk.domain.values import safe_text
from risk.scoring.keys import FIRM_KEY, key_of
from risk.scoring.keys import title as model_title
from risk.services import alert_entry, auditing, outbox, places, scoping
from risk.services.alert_entry import Said
from risk.services.personal import masked
from risk.services.provenance import seen
from risk.services.signal_store import hold
from risk.storage import tables as t

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

_KEY = 200
_TITLE = 120


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person enters. ``key`` is the client's own, for repeating safely; ``text`` or ``signal_id`` (of a signal that is stored already), not both.

    ``received_at``: when the clue reached the office, aware; now where it is not given. ``grade``: the person's, within the limits of ``data/alerts.toml``.
    ``as_seen``: the text is what a trader published, word for word, and not what somebody tells of it: then it is judged as such (kind ``content``), for rules on
    advertisements look at advertisements only.
    """

    key: str
    model: str
    reason: str
    text: str = ""
    signal_id: int | None = None
    channel: str = "telephone"
    source: str = ""
    received_at: datetime | None = None
    subject: SubjectKeys = field(default_factory=SubjectKeys)
    region: str | None = None
    url: str | None = None
    grade: Grade | None = None
    office_code: str | None = None
    reporter: Reporter = field(default_factory=Reporter)
    as_seen: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an entry. ``outcome``: new, merged, or received (the alert lies outside what the caller may see). ``judged``: the models' grade."""

    entry_id: int
    signal_id: int
    alert_id: int | None
    task_id: int | None
    outcome: str
    grade: str
    graded_by: str
    judged: str | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class ReporterView:
    """Who told a clue of an alert; masked unless asked for on the record."""

    entry_id: int
    name: str | None
    phone: str | None
    address: str | None
    wants_answer: bool
    masked: bool


@dataclass(frozen=True, slots=True)
class _Judgement:
    grade: Grade | None = None
    probability: float = 0.0
    told: dict[str, Any] = field(default_factory=dict)
    model_version: str = ""
    rules_version: str = ""
    cutoffs: dict[str, float] = field(default_factory=dict)
    error: str | None = None


def add(conn: Connection, entry: Entry, *, actor: str, now: datetime, scorer: Scorer | None = None, scope: Scope = EVERYWHERE) -> Receipt:
    """Enter a clue, in the caller's write transaction; with ``scorer`` the models judge it at once.

    ``InvalidInputError``: ``manual_key_missing``, ``manual_text``, ``manual_reason``, ``manual_two_sources``, ``manual_channel``, ``manual_grade``,
    ``manual_firm``, ``unknown_model``, ``region_not_known``; ``ConflictError``: ``manual_key_reused``; ``NotFoundError``: ``signal_not_found``.
    """
    key = _check(entry)
    model = _model(entry.model, as_seen=entry.as_seen)
    hold(conn)
    before = conn.execute(select(t.manual_entries).where(t.manual_entries.c.key == digest(["manual", entry.key]))).first()
    said = digest([asdict(replace(entry, received_at=None)), entry.received_at])
    if before is not None:
        if before.digest != said:
            raise ConflictError("manual_key_reused", alert=before.alert_id)
        return _receipt(conn, before, scope, repeated=True)
    if entry.signal_id is not None:
        scoping.require_signal(conn, scope, entry.signal_id)
    signal_id = entry.signal_id if entry.signal_id is not None else alert_entry.keep_signal(conn, _signal(entry, key, now), now)
    judgement = _judge(conn, scorer, model, signal_id, now) if scorer is not None else _Judgement()
    grade, by = graded(entry.grade, judgement.grade)
    row = alert_entry.signal_row(conn, signal_id)
    settled = alert_entry.settle_one(
        conn,
        digest(["manual", entry.key]),
        signal_id,
        Said(
            model=model,
            lens="person",
            origin="manual",
            grade=grade,
            titles=_titles(model, row.text),
            evidence=_evidence(entry, row, judgement, grade, actor, now),
            probability=judgement.probability,
            model_version=judgement.model_version,
            rules_version=judgement.rules_version,
            versions={"entered": entry.channel, "cutoffs": judgement.cutoffs, "judged_by": model if scorer is not None else None},
        ),
        actor=actor,
        now=now,
    )
    values = {
        "key": digest(["manual", entry.key]),
        "digest": said,
        "signal_id": signal_id,
        "run_id": settled.run_id,
        "alert_id": settled.alert_id,
        "model": model,
        "channel": entry.channel,
        "grade": int(grade),
        "graded_by": by,
        "judged": None if judgement.grade is None else int(judgement.grade),
        "reason": entry.reason.strip(),
        "office_code": entry.office_code,
        "entered_by": actor,
        "received_at": entry.received_at or now,
        "entered_at": now,
    }
    entry_id = int(conn.execute(insert(t.manual_entries).values(values).returning(t.manual_entries.c.id)).scalar_one())
    if not entry.reporter.empty:
        conn.execute(insert(t.reporters).values(entry_id=entry_id, **asdict(entry.reporter)))
    detail = {"entry": entry_id, "signal": signal_id, "channel": entry.channel, "grade": grade.code, "graded_by": by}
    auditing.record(conn, actor, "alert.enter", f"alert:{settled.alert_id}", {**detail, "reason": entry.reason.strip()}, now)
    office = conn.scalar(select(t.tasks.c.office_code).where(t.tasks.c.alert_id == settled.alert_id))
    told = {"alert": settled.alert_id, "entry": entry_id, "grade": grade.code, "model": model, "region": regions.resolve(row.region)}
    outbox.emit(conn, "alert.entered", f"alert:{settled.alert_id}", told, now, office=office, once=f"entry:{entry_id}")
    stored = conn.execute(select(t.manual_entries).where(t.manual_entries.c.id == entry_id)).one()
    return _receipt(conn, stored, scope, repeated=False)


def reporters(conn: Connection, alert_id: int, *, scope: Scope = EVERYWHERE) -> tuple[ReporterView, ...]:
    """Who told the clues of an alert that persons entered, masked. ``NotFoundError`` (``alert_not_found``)."""
    scoping.require_alert(conn, scope, alert_id)
    return tuple(_reporter(row, masked=True) for row in _reporter_rows(conn, alert_id))


def unmask(
    conn: Connection, alert_id: int, *, actor: str, reason: str, now: datetime, scope: Scope = EVERYWHERE
) -> tuple[ReporterView, ...]:
    """The same as they are, on the record. ``InvalidInputError`` (``manual_reason``), ``NotFoundError`` (``alert_not_found``)."""
    scoping.require_alert(conn, scope, alert_id)
    if not reason.strip():
        raise InvalidInputError("manual_reason")
    rows = _reporter_rows(conn, alert_id)
    detail = {"reason": reason.strip(), "entries": [row.entry_id for row in rows]}
    auditing.record(conn, actor, "reporter.unmask", f"alert:{alert_id}", detail, now)
    return tuple(_reporter(row, masked=False) for row in rows)


def _check(entry: Entry) -> str:
    key = entry.key.strip()
    if not key or len(key) > _KEY:
        raise InvalidInputError("manual_key_missing")
    if entry.signal_id is not None and entry.text.strip():
        raise InvalidInputError("manual_two_sources")
    if entry.signal_id is None and not entry.text.strip():
        raise InvalidInputError("manual_text")
    if not entry.reason.strip():
        raise InvalidInputError("manual_reason")
    check_channel(entry.channel)
    if entry.region:
        places.inside(t.signals.c.region, entry.region)
    return key


def _model(name: str, *, as_seen: bool) -> str:
    """The key that judges such a clue for a model."""
    if name == FIRM_KEY:
        raise InvalidInputError("manual_firm", model=name)
    base = base_model(key_of(name))
    return key_of(base, "solicitation" if as_seen else "report") if base == base_model(FIRM_KEY) else base


def _signal(entry: Entry, key: str, now: datetime) -> Signal:
    return Signal(
        source=(entry.source.strip() or f"人工登记·{channels()[entry.channel].zh}")[:200],
        text=safe_text(entry.text.strip()),
        observed_at=min(entry.received_at or now, now),
        time_given=entry.received_at is not None,
        kind="content" if entry.as_seen else "report",
        source_id=f"manual:{digest(key)[:16]}",
        url=entry.url[:2000] if entry.url else None,
        channel=entry.channel,
        region=regions.resolve(entry.region),
        subject=entry.subject,
    )


def _judge(conn: Connection, scorer: Scorer, model: str, signal_id: int, now: datetime) -> _Judgement:
    """What rules and model say of the signal, with what is known around it now; a failure is told and stops nothing."""
    from risk.services import judging, live_rules, units

    loaded = units.load(conn, [signal_id], now)
    (part,) = judging.judge(scorer, loaded, {model: [signal_id]}, now)[model]
    if part.judged is None:
        return _Judgement(error=part.error or "?")
    pack = scorer.packs.get(base_model(model))
    if pack is not None:
        live_rules.keep(conn, pack, now)
    return _Judgement(
        grade=Grade(int(part.judged.ranks[0])),
        probability=float(part.judged.probability[0]),
        told=part.evidence.get(0) or {},
        model_version=part.judged.learner.version,
        rules_version=pack.version if pack else "",
        cutoffs={name: float(value) for name, value in part.judged.cutoffs.plain().items() if name in ("red", "orange", "yellow", "blue")},
    )


def _evidence(entry: Entry, row: Row[Any], judged: _Judgement, grade: Grade, actor: str, now: datetime) -> dict[str, Any]:
    told = judged.told
    lines = {lang: say("manual_entered", lang, actor=actor, channel=channels()[entry.channel]) for lang in ("zh", "en")}
    entered: dict[str, Any] = {"by": actor, "at": now.isoformat(), "channel": entry.channel, "reason": entry.reason.strip()}
    entered |= {"judged": judged.grade.code if judged.grade is not None else None, "error": judged.error}
    return {
        **told,
        "zh": [lines["zh"], *(told.get("zh") or ())],
        "en": [lines["en"], *(told.get("en") or ())],
        "rules": told.get("rules") or [],
        "grade": grade.code,
        "entered": entered,
        **seen(row),
    }


def _titles(model: str, text: str) -> tuple[str, str]:
    what = masked(" ".join(text.split()))[:_TITLE]
    return f"涉嫌{model_title(base_model(model), 'zh')}：{what}", f"Suspected: {model_title(base_model(model), 'en').lower()}: {what}"


def _receipt(conn: Connection, row: Row[Any], scope: Scope, *, repeated: bool) -> Receipt:
    c = t.candidates.c
    outcome = str(conn.scalar(select(c.outcome).where(c.run_id == row.run_id)))
    alert_id: int | None = row.alert_id
    try:
        if alert_id is not None:
            scoping.require_alert(conn, scope, alert_id)
    except NotFoundError:
        alert_id, outcome = None, "received"
    task = None
    if alert_id is not None:
        task = conn.scalar(select(t.tasks.c.id).where(t.tasks.c.alert_id == alert_id).order_by(t.tasks.c.id).limit(1))
    judged = None if row.judged is None else Grade(row.judged).code
    return Receipt(row.id, row.signal_id, alert_id, task, outcome, Grade(row.grade).code, row.graded_by, judged, repeated)


def _reporter_rows(conn: Connection, alert_id: int) -> list[Row[Any]]:
    m, r = t.manual_entries.c, t.reporters.c
    query = select(t.reporters).join_from(t.reporters, t.manual_entries, r.entry_id == m.id).where(m.alert_id == alert_id).order_by(r.id)
    return list(conn.execute(query))


def _reporter(row: Row[Any], *, masked: bool) -> ReporterView:
    known = Reporter(row.name, row.phone, row.address, row.wants_answer)
    shown = known.masked() if masked else known
    return ReporterView(row.entry_id, shown.name, shown.phone, shown.address, shown.wants_answer, masked)
