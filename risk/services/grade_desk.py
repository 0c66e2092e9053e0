"""The desk of grades: solve for cut-offs, try a setting, see what holds, put one in force, return to an earlier one. One transaction is the caller's.

Asking changes nothing. Putting a setting in force is an act of a named person with a reason (`grade_settings`), and what was expected of it is stored with
it, so that a later look can compare. It is used by the next run; a run that is under way keeps what it began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.grading import default_policy
from risk.domain.messages import register
from risk.scoring.keys import key_of, title
from risk.services import grade_evidence, grade_settings
from risk.services.grade_evidence import Evidence
from risk.services.grade_settings import GRADES, Setting
from risk.settings import Settings

if TYPE_CHECKING:
    from models.capacity import Served
    from models.grades import Cutoffs

LISTED = 200
"""How many of the cases that capacity cuts off are listed; all are counted."""

register(
    {
        "grades_floor": ("{grade} 的准确率下限应大于0、小于1：{given}", "the precision floor of {grade} lies between 0 and 1: {given}"),
        "grades_floor_order": ("准确率下限不应随等级加重而降低：{given}", "a graver grade cannot promise less: {given}"),
        "grades_grade": ("没有等级“{grade}”，应为 red、orange、yellow、blue", "no grade `{grade}`: red, orange, yellow or blue"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: what to promise, which cut-offs to try instead of solving, which capacities, over which period, known as of when."""

    as_of: datetime
    floors: Mapping[str, float] = field(default_factory=dict)
    cutoffs: Mapping[str, float] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CutOff:
    """A case that no week had room for."""

    assessment_id: int
    signal_id: int | None
    grade: str
    probability: float
    office: str
    week: str
    unsure: bool


@dataclass(frozen=True, slots=True)
class OfficeWeek:
    """An office in a week: new alerts, tasks issued, what waits after it."""

    office: str
    zh: str
    en: str
    week: str
    capacity: int
    taken: int
    offered: int
    issued: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a setting would mean. ``source``: solved, fixed (too few labels), set, own or given; ``expected`` as `models.capacity.expected` tells it."""

    key: str
    zh: str
    en: str
    since: datetime
    until: datetime
    as_of: datetime
    cutoffs: dict[str, float]
    source: str
    note: str
    floors: dict[str, float]
    labelled: int
    positives: int
    expected: dict[str, Any]
    offices: tuple[OfficeWeek, ...]
    cut: tuple[CutOff, ...]
    cut_total: int


@dataclass(frozen=True, slots=True)
class Solved:
    """The solution beside what holds now, over the same cases."""

    now: Answer
    solved: Answer


@dataclass(frozen=True, slots=True)
class GradesView:
    """What holds for a model. ``stale``: set for another version of the model than the champion of today."""

    key: str
    zh: str
    en: str
    cutoffs: dict[str, float]
    source: str
    floors: dict[str, float]
    champion: str
    setting: Setting | None
    stale: bool
    hysteresis: dict[str, float]
    escalators: tuple[dict[str, Any], ...]
    capacity: dict[str, int]
    history: tuple[Setting, ...]


def show(conn: Connection, settings: Settings, model: str, lens: str | None = None) -> GradesView:
    """What holds for a model now: cut-offs, capacity, hysteresis, escalators, and every act on them."""
    key = key_of(model, lens)
    own, champion = _own(settings, key)
    acts = grade_settings.history(conn, key)
    setting = acts[0] if acts else None
    policy = default_policy()
    cuts = setting.cutoffs if setting and setting.cutoffs else _plain(own)
    return GradesView(
        key,
        title(key, "zh"),
        title(key, "en"),
        cuts,
        "set" if setting and setting.cutoffs else own.source,
        setting.floors if setting and setting.floors else dict(_floors({})),
        champion,
        setting,
        bool(setting and setting.cutoffs and setting.model_version != champion),
        {"margin": policy.margin, "judgements": policy.judgements, "most_steps": policy.most_steps},
        tuple(
            {
                "code": e.code,
                "steps": e.steps,
                "why": {"zh": e.why_zh, "en": e.why_en},
                "basis": [{"law": law, "article": article} for law, article in e.basis],
            }
            for e in policy.escalators
            if e.covers(key)
        ),
        {code: office.weekly_capacity for code, office in sorted(grade_evidence.directory_of(conn).offices.items())},
        acts,
    )


def solve(conn: Connection, settings: Settings, model: str, asked: Asked, lens: str | None = None) -> Solved:
    """Cut-offs that keep the promised precision by its lower bound, then the offices; beside what holds now."""
    key = key_of(model, lens)
    evidence = grade_evidence.load(conn, key, since=asked.since, until=asked.until, as_of=asked.as_of)
    held = in_force(conn, settings, key)
    return Solved(_answer(evidence, held, asked, {}), _answer(evidence, _solved(evidence, asked), asked, _floors(asked.floors)))


def what_if(conn: Connection, settings: Settings, model: str, asked: Asked, lens: str | None = None) -> Answer:
    """What cut-offs (given, else solved for given floors, else those in force) and capacities would have meant over a period."""
    key = key_of(model, lens)
    evidence = grade_evidence.load(conn, key, since=asked.since, until=asked.until, as_of=asked.as_of)
    cuts = in_force(conn, settings, key)
    if asked.cutoffs:
        cuts = _given({**_plain(cuts), **asked.cutoffs})
    elif asked.floors:
        cuts = _solved(evidence, asked)
    return _answer(evidence, cuts, asked, _floors(asked.floors) if asked.floors and not asked.cutoffs else {})


def apply(
    conn: Connection, settings: Settings, model: str, asked: Asked, *, actor: str, reason: str, now: datetime, lens: str | None = None
) -> Setting:
    """Put in force what `what_if` tells of the same question (solved for the default floors where nothing is named but a capacity is not either)."""
    key = key_of(model, lens)
    if not asked.cutoffs and not asked.floors and not asked.capacity:
        asked = Asked(asked.as_of, _floors({}), {}, {}, asked.since, asked.until)
    answer = what_if(conn, settings, key, asked)
    basis = {
        "since": answer.since.isoformat(),
        "until": answer.until.isoformat(),
        "as_of": answer.as_of.isoformat(),
        "labelled": answer.labelled,
        "positives": answer.positives,
        "source": answer.source,
        "note": answer.note,
        "expected": answer.expected,
    }
    only_capacity = not asked.cutoffs and not asked.floors
    return grade_settings.apply(
        conn,
        key,
        cutoffs=None if only_capacity else answer.cutoffs,
        floors=answer.floors,
        capacity=asked.capacity,
        model_version=_own(settings, key)[1],
        basis=basis,
        actor=actor,
        reason=reason,
        now=now,
    )


def revert(conn: Connection, model: str, *, to: int | None, actor: str, reason: str, now: datetime, lens: str | None = None) -> Setting:
    """Return to an earlier version; see `grade_settings.revert`."""
    return grade_settings.revert(conn, key_of(model, lens), to=to, actor=actor, reason=reason, now=now)


def in_force(conn: Connection, settings: Settings, key: str) -> Cutoffs:
    """The cut-offs that the next run uses."""
    return grade_settings.in_force(conn).get(key) or _own(settings, key)[0]


def _own(settings: Settings, key: str) -> tuple[Cutoffs, str]:
    """The cut-offs of the champion itself and its version; the fixed ones where rules score alone."""
    from models.grades import FIXED_CUTOFFS
    from risk.scoring.learners import champions

    learner = champions(settings.registry_dir, [key]).get(key)
    return (learner.cutoffs, learner.version) if learner else (FIXED_CUTOFFS, "rules")


def _solved(evidence: Evidence, asked: Asked) -> Cutoffs:
    from models.grades import solve as solver

    cases = evidence.arrays()
    return solver(cases.probability, cases.labels, cases.weights, floors=_floors(asked.floors))


def _floors(given: Mapping[str, float]) -> dict[str, float]:
    """The promises asked for over the default ones, checked."""
    from models.grades import FLOORS

    for grade, floor in given.items():
        if grade not in GRADES:
            raise InvalidInputError("grades_grade", grade=grade)
        if not 0 < floor < 1:
            raise InvalidInputError("grades_floor", grade=grade, given=floor)
    floors = {code: float(given.get(code, FLOORS[code])) for code in GRADES}
    if [floors[c] for c in GRADES] != sorted(floors.values(), reverse=True):
        raise InvalidInputError("grades_floor_order", given=", ".join(f"{k}={v}" for k, v in floors.items()))
    return floors


def _given(cutoffs: Mapping[str, float]) -> Cutoffs:
    from models.grades import Cutoffs

    for grade in cutoffs:
        if grade not in GRADES:
            raise InvalidInputError("grades_grade", grade=grade)
    return Cutoffs.of({**grade_settings.checked(cutoffs), "source": "given"})


def _plain(cutoffs: Cutoffs) -> dict[str, float]:
    return {code: float(getattr(cutoffs, code)) for code in GRADES}


def _answer(evidence: Evidence, cutoffs: Cutoffs, asked: Asked, floors: Mapping[str, float]) -> Answer:
    from models.capacity import expected, serve

    for office, room in asked.capacity.items():
        if office not in evidence.capacity:
            raise InvalidInputError("grades_no_office", office=office)
        if not 0 <= room <= grade_settings.MOST_CAPACITY:
            raise InvalidInputError("grades_capacity", given=room, most=grade_settings.MOST_CAPACITY)
    cases, capacity = evidence.arrays(), {**evidence.capacity, **asked.capacity}
    served = serve(cases, cutoffs, capacity, evidence.weeks, evidence.taken)
    labels = cases.labels
    return Answer(
        evidence.key,
        title(evidence.key, "zh"),
        title(evidence.key, "en"),
        evidence.since,
        evidence.until,
        evidence.as_of,
        {code: round(value, 6) for code, value in _plain(cutoffs).items()},
        cutoffs.source,
        cutoffs.note,
        dict(floors),
        int((labels == labels).sum()),
        int((labels > 0).sum()),
        expected(cases, served, evidence.weeks, audited=evidence.audited),
        _loads(evidence, served, capacity),
        _cut(evidence, served),
        len(served.waiting),
    )


def _loads(evidence: Evidence, served: Served, capacity: Mapping[str, int]) -> tuple[OfficeWeek, ...]:
    return tuple(
        OfficeWeek(
            office, *evidence.names.get(office, (office, office)), evidence.week_name(week), capacity.get(office, 0),
            evidence.taken.get((office, week), 0), *load,
        )
        for (office, week), load in sorted(served.loads.items())
        if any(load)
    )  # fmt: skip


def _cut(evidence: Evidence, served: Served) -> tuple[CutOff, ...]:
    waiting = sorted(served.waiting, key=lambda i: (-served.ranks[i], -evidence.cases[i].probability, i))[:LISTED]
    return tuple(
        CutOff(
            c.assessment_id, c.signal_id, Grade(int(served.ranks[i])).code, round(c.probability, 4), c.office, evidence.week_name(c.week), c.unsure
        )
        for i in waiting
        for c in (evidence.cases[i],)
    )  # fmt: skip
