"""What a case file may gather, told in one line each: only what lies inside a scope is told at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from risk.domain import casefiles
from risk.domain.acts import kinds as act_kinds
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.verdicts import day_of, taxonomy
from risk.scoring.keys import title as model_title
from risk.services import scoping
from risk.services.acts import acts_inside
from risk.services.bulk import select_in
from risk.services.personal import masked
from risk.services.places import place
from risk.storage import tables as t

EXCERPT = 80

register({"case_file_what": ("重点事件不能关联这类对象：{kind}", "a case file gathers nothing of this kind: {kind}")})


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in a line. ``state`` is its own kind's; ``subject_id`` and ``task_id`` where it has one."""

    kind: str
    id: int
    zh: str
    en: str
    at: datetime | None
    state: str | None = None
    grade: str | None = None
    model: str | None = None
    region: str | None = None
    region_zh: str | None = None
    region_en: str | None = None
    office: str | None = None
    subject_id: int | None = None
    task_id: int | None = None


def things(conn: Connection, kind: str, ids: Collection[int], *, scope: Scope = EVERYWHERE) -> dict[int, Thing]:
    """Those of the given numbers that lie inside; ``InvalidInputError`` (``case_file_what``)."""
    if not ids:
        return {}
    query, make = _of(kind, scope)
    return {one.id: one for one in (make(row) for row in select_in(conn, query, _COLUMN[kind], sorted(ids)))}


def find(conn: Connection, kind: str, text: str, *, scope: Scope = EVERYWHERE) -> tuple[Thing, ...]:
    """What could be linked: by its number, or by words in its title, name, code or text as they are shown; the newest first, few."""
    query, make = _of(kind, scope)
    wanted, column = text.strip(), _COLUMN[kind]
    if wanted:
        by = [words.contains(wanted, autoescape=True) for words in _WORDS[kind]]
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
            by.append(column == int(wanted))
        query = query.where(or_(*by))
    most = casefiles.limits()["found"]
    rows = conn.execute(query.order_by(column.desc()).limit(most * 10)).all()
    return tuple(make(row) for row in rows if _shown(kind, row, wanted))[:most]


def _shown(kind: str, row: Any, wanted: str) -> bool:
    """Whether words stand in what is shown: a search never tells what is masked."""
    hidden = {"signal": "text", "verdict": "facts", "act": "name"}.get(kind)
    if hidden is None or not wanted or wanted == str(row.id):
        return True
    others = (getattr(row, name, "") or "" for name in ("source", "number"))
    return any(wanted.lower() in text.lower() for text in (masked(getattr(row, hidden)), *others))


def _of(kind: str, scope: Scope) -> tuple[Select[Any], Callable[[Any], Thing]]:
    if kind not in casefiles.LINKED:
        raise InvalidInputError("case_file_what", kind=kind[:40])
    condition = _INSIDE[kind](scope)
    return _QUERIES[kind]().where(condition), _MAKERS[kind]


def _alerts() -> Select[Any]:
    return select(t.alerts, t.subjects.c.name.label("subject")).join(t.subjects, t.subjects.c.id == t.alerts.c.subject_id, isouter=True)


def _alert(row: Any) -> Thing:
    return Thing(
        "alert", row.id, _with(row.title_zh, row.subject), _with(row.title_en, row.subject), row.opened_at, row.status,
        Grade(row.grade).code, row.model, row.region, place(row.region, "zh"), place(row.region, "en"), subject_id=row.subject_id,
    )  # fmt: skip


def _subject(row: Any) -> Thing:
    called = _with(row.name or row.key, row.uscc)
    return Thing(
        "subject", row.id, called, called, row.created_at, region=row.region, region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"), subject_id=row.id,
    )  # fmt: skip


def _signal(row: Any) -> Thing:
    text = f"{row.source}: {masked(row.text)[:EXCERPT]}"
    return Thing(
        "signal", row.id, text, text, row.observed_at, row.kind, region=row.region, region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"), subject_id=row.subject_id,
    )  # fmt: skip


def _tasks() -> Select[Any]:
    c, a, o = t.tasks.c, t.alerts.c, t.offices.c
    said = [func.coalesce(c.title_zh, a.title_zh).label("zh"), func.coalesce(c.title_en, a.title_en).label("en")]
    query = select(c.id, c.state, c.grade, c.issued_at, c.office_code, func.coalesce(c.model, a.model).label("model"), a.region, *said)
    query = query.add_columns(o.name_zh, o.name_en, func.coalesce(c.subject_id, a.subject_id).label("subject"))
    return query.join_from(t.tasks, t.alerts, a.id == c.alert_id, isouter=True).join(t.offices, o.code == c.office_code, isouter=True)


def _task(row: Any) -> Thing:
    zh = " · ".join(filter(None, (row.zh or (model_title(row.model, "zh") if row.model else ""), row.name_zh or row.office_code)))
    en = " · ".join(filter(None, (row.en or (model_title(row.model, "en") if row.model else ""), row.name_en or row.office_code)))
    return Thing(
        "task", row.id, zh, en, row.issued_at, row.state, Grade(row.grade).code, row.model, row.region, place(row.region, "zh"),
        place(row.region, "en"), row.office_code, row.subject, row.id,
    )  # fmt: skip


def _verdicts() -> Select[Any]:
    v, c = t.verdicts.c, t.tasks.c
    query = select(v.id, v.code, v.facts, v.state, v.reported_at, v.task_id, c.office_code)
    return query.join_from(t.verdicts, t.tasks, c.id == v.task_id)


def _verdict(row: Any) -> Thing:
    kind = taxonomy(day_of(row.reported_at)).get(row.code)
    zh, en = (kind.zh, kind.en) if kind else (row.code, row.code)
    facts = masked(row.facts)[:EXCERPT]
    return Thing(
        "verdict", row.id, f"{row.code} {zh}：{facts}", f"{row.code} {en}: {facts}", row.reported_at, row.state, office=row.office_code,
        task_id=row.task_id,
    )  # fmt: skip


def _act(row: Any) -> Thing:
    label = act_kinds()[row.kind].label
    at = datetime.combine(row.happened_on, time(12), SHANGHAI) if row.happened_on else row.created_at
    words = masked(row.name)
    return Thing(
        "act", row.id, f"{label.zh} {row.number} {words}", f"{label.en} {row.number} {words}", at, row.kind, office=row.office_code,
        subject_id=row.subject_id, task_id=row.task_id,
    )  # fmt: skip


def _with(text: str, more: str | None) -> str:
    return f"{text} · {more}" if more else text


_QUERIES: Mapping[str, Callable[[], Select[Any]]] = MappingProxyType(
    {
        "alert": _alerts,
        "subject": lambda: select(t.subjects),
        "signal": lambda: select(t.signals).where(t.signals.c.kind != "case"),
        "task": _tasks,
        "verdict": _verdicts,
        "act": lambda: select(t.acts).where(t.acts.c.removed_at.is_(None)),
    }
)
_MAKERS: Mapping[str, Callable[[Any], Thing]] = MappingProxyType(
    {"alert": _alert, "subject": _subject, "signal": _signal, "task": _task, "verdict": _verdict, "act": _act}
)
_COLUMN: Mapping[str, Any] = MappingProxyType(
    {
        "alert": t.alerts.c.id,
        "subject": t.subjects.c.id,
        "signal": t.signals.c.id,
        "task": t.tasks.c.id,
        "verdict": t.verdicts.c.id,
        "act": t.acts.c.id,
    }
)
_WORDS: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "alert": (t.alerts.c.title_zh, t.alerts.c.title_en, t.subjects.c.name),
        "subject": (t.subjects.c.name, t.subjects.c.uscc),
        "signal": (t.signals.c.text, t.signals.c.source),
        "task": (t.tasks.c.title_zh, t.tasks.c.title_en, t.alerts.c.title_zh, t.alerts.c.title_en),
        "verdict": (t.verdicts.c.facts,),
        "act": (t.acts.c.number, t.acts.c.name),
    }
)
_INSIDE: Mapping[str, Callable[[Scope], Any]] = MappingProxyType(
    {
        "alert": lambda scope: scoping.alerts_inside(scope, few=True),
        "subject": lambda scope: scoping.subjects_inside(scope, few=True),
        "signal": lambda scope: scoping.signals_inside(scope, few=True),
        "task": scoping.tasks_inside,
        "verdict": scoping.verdicts_inside,
        "act": acts_inside,
    }
)


def newest(found: Collection[Thing]) -> Iterator[Thing]:
    """The newest first."""
    yield from sorted(found, key=lambda one: (one.at is not None, one.at, one.id), reverse=True)
