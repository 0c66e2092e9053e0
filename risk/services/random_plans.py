"""Random inspection plans (双随机): the population as known at a moment, the draw, the inspectors, all in one act; drawn again from what is stored it is the same.

Weights are the credit class in force and the gravest alert of a year. The class is what its makers said; an alert is a clue, and weighs as one. Who was
inspected lately is left out, and counted. The population is stored with the plan: registers change, and the draw must be checkable afterwards.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.random_plans import Drawn, Rates, Unit, draw, inclusion, pair, rates_with
from risk.domain.routing import base_model
from risk.scoring.keys import spec_of
from risk.services import auditing, officers, scoping
from risk.services.as_known import standings
from risk.services.bulk import insert_rows
from risk.services.credit_classes import in_force
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.places import code_of, inside, place
from risk.services.scoping import office_code_inside
from risk.storage import tables as t

DRAWN, DONE = "drawn", "done"
_UNIT = struct.Struct("<qd?")

register(
    {
        "plan_not_found": ("没有编号为 {plan} 的抽查计划", "no inspection plan with the number {plan}"),
        "plan_name": ("须写明计划名称、随机种子和理由", "name the plan, give a seed and say why"),
        "plan_model": ("没有这个模型：{model}", "no such model: {model}"),
        "plan_class": ("没有这个信用类别：{name}", "no such credit class: {name}"),
        "plan_too_large": ("符合条件的对象超过 {most} 个，请缩小范围", "more than {most} subjects fit: narrow it down"),
        "plan_inspectors": (
            "{office} 可派的检查人员只有 {have} 人，至少需要 {need} 人",
            "{office} has {have} officer(s) to send, {need} are needed",
        ),
        "plan_inspectors.hint": ("先登记人员：risk officers put", "enter officers first: risk officers put"),
        "plan_matter": ("监管事项编码应为 14 位数字：{given}", "a matter code has 14 digits: {given}"),
    }
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What to draw from and how. ``model``: subjects that it judged within a year; ``industry``: beginning of the code; ``classes``: A–D and ``none``, all where empty.

    ``count``: drawn by credit and risk; ``audit``: drawn evenly among those without an alert; ``repeat_days``: who was inspected within them is left out.
    """

    region: str
    count: int
    audit: int | None = None
    model: str | None = None
    industry: str | None = None
    classes: tuple[str, ...] = ()
    repeat_days: int | None = None
    class_rates: Mapping[str, float] = field(default_factory=dict)
    grade_rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassShare:
    """A credit class of the population (``none``: without one): how many, the chance of each for being drawn by weight on average, how many are expected and drawn."""

    name: str
    units: int
    chance: float
    expected: float
    drawn: int | None


@dataclass(frozen=True, slots=True)
class Population:
    """What there is to draw from. ``repeats``: left out because inspected lately; ``alerted``: with an alert, so not of the random audit sample."""

    as_of: datetime
    units: int
    alerted: int
    repeats: int
    classes: tuple[ClassShare, ...]
    grades: dict[str, int]


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan. ``counts``: the population by class and grade, what was left out; ``results``: units by result so far."""

    id: int
    name: str
    office: str
    office_zh: str
    office_en: str
    region: str
    region_zh: str | None
    region_en: str | None
    model: str | None
    state: str
    seed: str
    as_of: datetime
    asked: dict[str, Any]
    counts: dict[str, Any]
    frame_hash: str
    matter_code: str | None
    checklist_code: str | None
    reason: str
    units: int
    inspected: int
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PlanUnit:
    """A subject drawn. ``drawn_by``: weighted, audit, both; ``probability``: its exact chance of being in the plan; ``weight``: how many it stands for."""

    id: int
    number: int
    subject_id: int
    uscc: str | None
    name: str | None
    region: str | None
    region_zh: str | None
    region_en: str | None
    industry: str | None
    drawn_by: str
    probability: float
    weight: float
    class_code: str | None
    grade: str
    inspectors: tuple[str, ...]
    result: str | None
    label: float | None
    inspected_on: date | None
    facts: str | None
    act_id: int | None


@dataclass(frozen=True, slots=True)
class Redrawn:
    """The draw made again from the stored population and seed. ``missing`` and ``extra``: numbers of subjects that the plan has too few or too many of."""

    plan_id: int
    seed: str
    frame_same: bool
    same: bool
    units: int
    missing: tuple[int, ...]
    extra: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Member:
    """A subject of the population with what weighs."""

    id: int
    class_code: str | None
    grade: str
    alerted: bool
    size: float


def preview(conn: Connection, ask: Ask, as_of: datetime, *, scope: Scope = EVERYWHERE) -> Population:
    """What a plan would be drawn from; nothing is stored. ``region_not_known``, ``plan_model``, ``plan_class``, ``plan_rate…``, ``plan_too_large``."""
    members, repeats = _population(conn, ask, as_of, scope)
    return _told(members, repeats, ask, as_of, None)


def make(
    conn: Connection,
    ask: Ask,
    *,
    name: str,
    office: str,
    seed: str,
    reason: str,
    actor: str,
    now: datetime,
    matter_code: str | None = None,
    checklist_code: str | None = None,
    scope: Scope = EVERYWHERE,
) -> int:
    """Draw a plan for an office and give its units inspectors; returns its number.

    Errors: those of :func:`preview`, ``plan_name``, ``plan_size``, ``plan_inspectors``, ``plan_matter``, ``office_unknown``.
    """
    name, seed, reason = name.strip()[:200], seed.strip()[:120], reason.strip()
    if not name or not seed or not reason:
        raise InvalidInputError("plan_name")
    if matter_code is not None and not (len(matter_code) == 14 and matter_code.isascii() and matter_code.isdigit()):
        raise InvalidInputError("plan_matter", given=matter_code[:40])
    knobs = read_toml("random_plans.toml")["plan"]
    officers.require_office(conn, scope, office)
    staff = [one.name for one in officers.available(conn, office, now)]
    if len(staff) < int(knobs["inspectors"]):
        raise InvalidInputError("plan_inspectors", office=office, have=len(staff), need=knobs["inspectors"])
    members, repeats = _population(conn, ask, now, scope)
    units = [Unit(one.id, one.size, one.alerted) for one in members]
    drawn = draw(units, ask.count, _audit(ask, members), seed)
    teams = pair([one.id for one in drawn], staff, f"{seed}/inspectors", each=int(knobs["inspectors"]))
    told = _told(members, repeats, ask, now, {one.id for one in drawn if one.weighted and one.by != "audit"})
    frame = pack(units)
    row = {
        "name": name,
        "office_code": office,
        "region": code_of(ask.region),
        "model": base_model(ask.model) if ask.model else None,
        "state": DRAWN,
        "seed": seed,
        "as_of": now,
        "asked": {**_plain(ask), "audit": _audit(ask, members)},
        "counts": {**asdict(told), "as_of": now.isoformat(), "drawn": len(drawn), "by": dict(Counter(one.by for one in drawn))},
        "frame": frame,
        "frame_hash": hashlib.sha256(frame).hexdigest(),
        "matter_code": matter_code,
        "checklist_code": (checklist_code or "").strip()[:60] or None,
        "reason": reason,
        "actor": actor,
        "created_at": now,
        "changed_at": now,
    }
    number = int(conn.execute(insert(t.random_plans).values(row).returning(t.random_plans.c.id)).scalar_one())
    by_id = {one.id: one for one in members}
    insert_rows(conn, t.random_plan_units, [_unit_row(number, place, one, by_id[one.id], teams) for place, one in enumerate(drawn, 1)])
    detail = {"office": office, "seed": seed, "population": len(units), "drawn": len(drawn), "frame": row["frame_hash"]}
    auditing.record(conn, actor, "plan.draw", f"random_plan:{number}", detail, now)
    return number


def verify(conn: Connection, plan_id: int, *, scope: Scope = EVERYWHERE) -> Redrawn:
    """Draw again from the stored population and seed, and compare. ``plan_not_found``."""
    row = _get(conn, plan_id, scope)
    packed = bytes(row.frame or b"")
    u = t.random_plan_units.c
    stored = {(r.subject_id, r.drawn_by) for r in conn.execute(select(u.subject_id, u.drawn_by).where(u.plan_id == plan_id))}
    again = {(one.id, one.by) for one in draw(unpack(packed), int(row.asked["count"]), int(row.asked["audit"]), row.seed)}
    missing, extra = sorted({one for one, _ in again - stored}), sorted({one for one, _ in stored - again})
    same_frame = hashlib.sha256(packed).hexdigest() == row.frame_hash
    return Redrawn(plan_id, row.seed, same_frame, same_frame and not missing and not extra, len(stored), tuple(missing), tuple(extra))


def list_plans(
    conn: Connection, *, state: str | None = None, scope: Scope = EVERYWHERE, limit: int = 50, cursor: str | None = None
) -> Page[PlanView]:
    """Plans of offices inside the scope, the newest first."""
    query = _plans(scope)
    if state:
        query = query.where(t.random_plans.c.state == state)
    if cursor:
        query = query.where(t.random_plans.c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(t.random_plans.c.id.desc()), limit, _view)


def show(conn: Connection, plan_id: int, *, scope: Scope = EVERYWHERE) -> PlanView:
    """One plan; ``plan_not_found``."""
    row = conn.execute(_plans(scope).where(t.random_plans.c.id == plan_id)).one_or_none()
    if row is None:
        raise NotFoundError("plan_not_found", plan=plan_id)
    return _view(row)


def units(
    conn: Connection, plan_id: int, *, scope: Scope = EVERYWHERE, limit: int = 50, cursor: str | None = None
) -> Page[PlanUnit]:  # fmt: skip
    """The subjects drawn, in the order of the list. ``plan_not_found``."""
    _get(conn, plan_id, scope)
    query = _units(plan_id)
    if cursor:
        query = query.where(t.random_plan_units.c.id > unpack_id(cursor))
    return page_by_id(conn, query.order_by(t.random_plan_units.c.id), limit, _unit_view)


def every_unit(conn: Connection, plan_id: int, *, scope: Scope = EVERYWHERE) -> list[PlanUnit]:
    """All of them, for an export: a plan has at most as many as ``random_plans.toml`` allows."""
    _get(conn, plan_id, scope)
    return [_unit_view(row) for row in conn.execute(_units(plan_id).order_by(t.random_plan_units.c.number))]


def pack(population: Sequence[Unit]) -> bytes:
    """A population as bytes, in the order of the ids: 17 bytes a subject before compression (id, size, whether it has an alert).

    >>> unpack(pack([Unit(2, 0.3, True), Unit(1, 4.0, False)]))
    [Unit(id=1, size=4.0, alerted=False), Unit(id=2, size=0.3, alerted=True)]
    """
    ordered = sorted(population, key=lambda one: one.id)
    return zlib.compress(b"".join(_UNIT.pack(one.id, one.size, one.alerted) for one in ordered), 9)


def unpack(packed: bytes) -> list[Unit]:
    """The population of :func:`pack`; none of nothing."""
    return [Unit(*values) for values in _UNIT.iter_unpack(zlib.decompress(packed))] if packed else []


def plans_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``random_plans``: those of an office inside."""
    return office_code_inside(scope, t.random_plans.c.office_code)


def _get(conn: Connection, plan_id: int, scope: Scope) -> Row[Any]:
    row = conn.execute(select(t.random_plans).where(t.random_plans.c.id == plan_id, plans_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("plan_not_found", plan=plan_id)
    return row


def _population(conn: Connection, ask: Ask, as_of: datetime, scope: Scope) -> tuple[list[_Member], int]:
    """The subjects that fit, in the order of their ids, and how many were left out as inspected lately."""
    knobs = read_toml("random_plans.toml")["plan"]
    rates = rates_with(ask.class_rates, ask.grade_rates)
    rows = conn.execute(_fitting(ask, as_of, scope)).all()
    if len(rows) > int(knobs["population_most"]):
        raise InvalidInputError("plan_too_large", most=knobs["population_most"])
    lately = _inspected(conn, as_of, int(knobs["repeat_days"]) if ask.repeat_days is None else ask.repeat_days)
    classes, grades = in_force(conn, as_of), _gravest(conn, as_of, int(knobs["alert_days"]), ask.model)
    kept = [row for row in rows if row.id not in lately]
    found = [_member(row, classes.get(row.uscc), grades.get(row.id), rates) for row in kept]
    wanted = set(ask.classes)
    return [one for one in found if not wanted or (one.class_code or "none") in wanted], len(rows) - len(kept)


def _fitting(ask: Ask, as_of: datetime, scope: Scope) -> Select[Any]:
    s, a, sig, r = t.subjects.c, t.assessments.c, t.signals.c, t.runs.c
    if unknown := set(ask.classes) - {"A", "B", "C", "D", "none"}:
        raise InvalidInputError("plan_class", name=min(unknown)[:40])
    query = select(s.id, s.uscc).where(s.created_at <= as_of, inside(s.region, ask.region), scoping.region_inside(scope, s.region))
    if ask.industry:
        query = query.where(s.industry.like(f"%:{ask.industry}%"))
    if ask.model:
        if spec_of(base_model(ask.model)) is None:
            raise InvalidInputError("plan_model", model=ask.model[:80])
        since = as_of - timedelta(days=365)
        judged = select(func.coalesce(sig.subject_id, a.subject_id)).join_from(t.assessments, t.runs, a.run_id == r.id)
        judged = judged.join(t.signals, a.signal_id == sig.id, isouter=True)
        of_model = or_(a.model == base_model(ask.model), a.model.startswith(f"{base_model(ask.model)}.", autoescape=True))
        known = and_(of_model, a.as_of > since, r.ended_at <= as_of, func.coalesce(sig.subject_id, a.subject_id).is_not(None))
        query = query.where(s.id.in_(judged.where(known)))
    return query.order_by(s.id)


def _inspected(conn: Connection, as_of: datetime, days: int) -> set[int]:
    """Subjects inspected within the days, by an act or by the result of a plan, or drawn by a plan that is still to be carried out."""
    if days <= 0:
        return set()
    c, u, p = t.acts.c, t.random_plan_units.c, t.random_plans.c
    since, day = (as_of - timedelta(days=days)).astimezone(SHANGHAI).date(), as_of.astimezone(SHANGHAI).date()
    acts = select(c.subject_id).where(
        c.kind == "inspection", c.subject_id.is_not(None), c.happened_on > since, c.happened_on <= day, c.created_at <= as_of,
        c.removed_at.is_(None),
    )  # fmt: skip
    planned = select(u.subject_id).join_from(t.random_plan_units, t.random_plans, u.plan_id == p.id)
    planned = planned.where(p.as_of > as_of - timedelta(days=days), p.as_of <= as_of, func.coalesce(u.result, "") != "not_done")
    return set(conn.scalars(acts)) | set(conn.scalars(planned))


def _gravest(conn: Connection, as_of: datetime, days: int, model: str | None) -> dict[int, Grade]:
    """Subject → the gravest grade that its alerts of these days had then; ``model``: its alerts only."""
    a = t.alerts.c
    query = select(a.id, a.subject_id, a.grade, a.probability)
    query = query.where(a.subject_id.is_not(None), a.opened_at <= as_of, a.opened_at > as_of - timedelta(days=days))
    if model:
        query = query.where(a.model == base_model(model))
    rows: list[Any] = list(conn.execute(query))
    known = standings(conn, {row.id: row for row in rows}, as_of)
    found: dict[int, Grade] = {}
    for row in rows:
        found[row.subject_id] = max(found.get(row.subject_id, Grade.NONE), known[row.id].grade)
    return found


def _member(row: Row[Any], credit: Row[Any] | None, grade: Grade | None, rates: Rates) -> _Member:
    name = Grade(grade).code if grade else "none"
    code = credit.class_code if credit is not None else None
    return _Member(row.id, code, name, grade is not None, rates.size(code, name))


def _audit(ask: Ask, members: Sequence[_Member]) -> int:
    """How many for the random audit sample: what was asked, else the default as far as there are subjects without an alert."""
    if ask.audit is not None:
        return ask.audit
    return min(int(read_toml("random_plans.toml")["plan"]["audit"]), sum(not one.alerted for one in members))


def _told(members: Sequence[_Member], repeats: int, ask: Ask, as_of: datetime, drawn: set[int] | None) -> Population:
    chances = inclusion([one.size for one in members], min(ask.count, len(members)))
    by_class: dict[str, list[tuple[int, float]]] = {}
    for one, chance in zip(members, chances, strict=True):
        by_class.setdefault(one.class_code or "none", []).append((one.id, chance))
    shares = tuple(
        ClassShare(name, len(rows), sum(c for _, c in rows) / len(rows), sum(c for _, c in rows),
                   None if drawn is None else sum(i in drawn for i, _ in rows))
        for name, rows in sorted(by_class.items())
    )  # fmt: skip
    grades = dict(Counter(one.grade for one in members))
    return Population(as_of, len(members), sum(one.alerted for one in members), repeats, shares, grades)


def _plain(ask: Ask) -> dict[str, Any]:
    rates = rates_with(ask.class_rates, ask.grade_rates)
    days = read_toml("random_plans.toml")["plan"]["repeat_days"] if ask.repeat_days is None else ask.repeat_days
    return {**asdict(ask), "repeat_days": days, "class_rates": dict(rates.classes), "grade_rates": dict(rates.grades)}


def _unit_row(plan: int, number: int, one: Drawn, member: _Member, teams: Mapping[int, tuple[str, ...]]) -> dict[str, Any]:
    return {
        "plan_id": plan,
        "number": number,
        "subject_id": one.id,
        "drawn_by": one.by,
        "weighted_chance": one.weighted,
        "audit_chance": one.audit,
        "probability": one.probability,
        "class_code": member.class_code,
        "grade": member.grade,
        "alerted": member.alerted,
        "inspectors": list(teams[one.id]),
    }


def _plans(scope: Scope) -> Select[Any]:
    p, u, o = t.random_plans.c, t.random_plan_units.c, t.offices.c
    counted = select(func.count()).where(u.plan_id == p.id).correlate(t.random_plans)
    columns = [column for column in t.random_plans.c if column.name != "frame"]
    query = select(
        *columns,
        o.name_zh,
        o.name_en,
        counted.scalar_subquery().label("units"),
        counted.where(u.inspected_on.is_not(None)).scalar_subquery().label("inspected"),
    )
    return query.join_from(t.random_plans, t.offices, o.code == p.office_code, isouter=True).where(plans_inside(scope))


def _view(row: Row[Any]) -> PlanView:
    return PlanView(
        id=row.id,
        name=row.name,
        office=row.office_code,
        office_zh=row.name_zh or row.office_code,
        office_en=row.name_en or row.office_code,
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
        model=row.model,
        state=row.state,
        seed=row.seed,
        as_of=row.as_of,
        asked=dict(row.asked),
        counts=dict(row.counts),
        frame_hash=row.frame_hash,
        matter_code=row.matter_code,
        checklist_code=row.checklist_code,
        reason=row.reason,
        units=row.units,
        inspected=row.inspected,
        actor=row.actor,
        created_at=row.created_at,
    )


def _units(plan_id: int) -> Select[Any]:
    u, s = t.random_plan_units.c, t.subjects.c
    query = select(t.random_plan_units, s.uscc, s.name, s.region, s.industry)
    return query.join_from(t.random_plan_units, t.subjects, u.subject_id == s.id).where(u.plan_id == plan_id)


def _unit_view(row: Row[Any]) -> PlanUnit:
    return PlanUnit(
        id=row.id,
        number=row.number,
        subject_id=row.subject_id,
        uscc=row.uscc,
        name=row.name,
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
        industry=row.industry,
        drawn_by=row.drawn_by,
        probability=row.probability,
        weight=1.0 / row.probability,
        class_code=row.class_code,
        grade=row.grade,
        inspectors=tuple(row.inspectors),
        result=row.result,
        label=row.label,
        inspected_on=row.inspected_on,
        facts=row.facts,
        act_id=row.act_id,
    )
