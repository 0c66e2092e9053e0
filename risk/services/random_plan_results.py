"""What the inspections of a plan found: taken in from a file, kept with each unit's weight, entered as acts of supervision, and what follows for the whole population.

A result is a code of the verdicts (``verdicts.toml``) about a *subject*, so it becomes no label of a signal: a shop in order says nothing of one of its
advertisements. What it allows is the estimate of :func:`estimate`: of the subjects where something was found, how many had an alert before (the recall
of the whole loop, by subject), with each unit standing for the inverse of its exact chance, as the random audit sample of runs does for signals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from risk.domain.acts import check
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.mapping import FieldMapping
from risk.domain.messages import register
from risk.domain.mistakes import Mistake, short, storable
from risk.domain.verdicts import label_of, taxonomy
from risk.services import acts, auditing
from risk.services.acts import Belongs
from risk.services.random_plans import DONE, plans_inside, show
from risk.services.readers import open_reader, scan
from risk.storage import tables as t

NOT_DONE = "not_done"
FIELDS = {
    "number": ("number", "序号"),
    "result": ("result", "检查结果代码", "结果代码"),
    "inspected_on": ("inspected_on", "检查日期", "检查时间"),
    "facts": ("facts", "检查情况", "查明事实"),
    "party_nature": ("party_nature", "行政相对人性质"),
}
"""Our fields and the headers that are taken for them."""

register(
    {
        "plan_result_columns": ("文件缺少列：{columns}", "the file lacks columns: {columns}"),
        "plan_result_columns.hint": (
            "用导出的计划表填写：序号、检查结果代码、检查日期、检查情况",
            "fill in the exported plan: number, result, inspected_on, facts",
        ),
        "plan_result_number": ("计划中没有序号 {value}", "the plan has no number {value}"),
        "plan_result_code": ("不是核查结论代码，也不是 not_done：{value}", "neither a code of the verdicts nor not_done: {value}"),
        "plan_result_day": (
            "检查日期须在制定计划之后、今天或以前：{value}",
            "inspected after the plan was made, today at the latest: {value}",
        ),
        "plan_result_row": ("该行无法读取", "the row cannot be read"),
        "plan_result_facts": ("须写明检查情况", "say what was found"),
        "plan_no_matter": ("计划没有监管事项编码或者检查清单编码", "the plan has no matter code or checklist code"),
        "plan_no_code": ("主体没有统一社会信用代码", "the subject has no code (USCC)"),
        "plan_act_refused": (
            "检查记录不符合要求（如清单编码）",
            "the record of the inspection does not fit (its checklist code, for example)",
        ),
        "plan_no_nature": ("未填行政相对人性质", "the nature of the party is not given"),
    }
)


@dataclass(frozen=True, slots=True)
class ResultProblem:
    """What is wrong with a row of a file; 1 is the first after the header."""

    row: int
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class WithoutAct:
    """How many results became no record of an inspection, and why."""

    zh: str
    en: str
    count: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a file of results did. ``unchanged``: said the same as before; ``acts``: entered as inspections; ``without_act``: reason → how many."""

    plan_id: int
    rows: int
    entered: int
    unchanged: int
    refused: int
    acts: int
    without_act: tuple[WithoutAct, ...]
    problems: tuple[ResultProblem, ...]
    done: bool


@dataclass(frozen=True, slots=True)
class EstimatedShare:
    """A figure with its interval; None where nothing speaks for it."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the results say of the population the plan was drawn from. ``prevalence``: share of subjects where something was found; ``recall``: of these, the share
    that had an alert before; ``precision``: of the subjects with an alert, the share where something was found. ``found``: by result code."""

    plan_id: int
    population: int
    alerted: int
    inspected: int
    answered: int
    prevalence: EstimatedShare
    recall: EstimatedShare
    precision: EstimatedShare
    found: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Result:
    number: int
    code: str
    day: date | None
    facts: str | None
    nature: str | None


def take_in(conn: Connection, plan_id: int, path: Path, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> TakenIn:
    """Take a file of results in, CSV or XLSX; rows that do not fit are told and stop nothing. A row may be put right later by the same number.

    Errors: ``plan_not_found``, ``plan_result_columns``, those of the readers.
    """
    plan = show(conn, plan_id, scope=scope)
    u = t.random_plan_units.c
    rows = {row.number: row for row in conn.execute(_units(plan_id))}
    reader = open_reader(path, FieldMapping(), scan(path))
    columns = _columns(reader.columns or ())
    entered = unchanged = refused = made = read = 0
    why: dict[str, int] = {}
    problems: list[ResultProblem] = []
    for raw in reader:
        read = raw.number
        found = Mistake("plan_result_row", "") if raw.problem is not None else _read(raw.values, columns, rows, plan.as_of, now)
        if found is None:
            continue
        if isinstance(found, Mistake):
            refused += 1
            problems.append(ResultProblem(raw.number, found.code, found.text("zh"), found.text("en")))
            continue
        row = rows[found.number]
        act, reason = _act(conn, plan, row, found, actor, now)
        if reason:
            why[reason] = why.get(reason, 0) + 1
        if (row.result, row.inspected_on, row.facts, row.act_id) == (found.code, found.day, found.facts, act):
            unchanged += 1
            continue
        entered, made = entered + 1, made + (act is not None and act != row.act_id)
        values = {"result": found.code, "label": _label(found), "inspected_on": found.day, "facts": found.facts, "act_id": act}
        conn.execute(update(t.random_plan_units).where(u.id == row.id).values(**values, result_by=actor, result_at=now))
    left = int(conn.scalar(select(func.count()).where(u.plan_id == plan_id, u.result.is_(None))) or 0)
    p = t.random_plans.c
    state = {"state": DONE} if not left else {}
    conn.execute(update(t.random_plans).where(p.id == plan_id, plans_inside(scope)).values(changed_at=now, **state))
    auditing.record(conn, actor, "plan.results", f"random_plan:{plan_id}", {"entered": entered, "refused": refused, "acts": made}, now)
    reasons = tuple(WithoutAct(Mistake(code, "").text("zh"), Mistake(code, "").text("en"), n) for code, n in sorted(why.items()))
    return TakenIn(plan_id, read, entered, unchanged, refused, made, reasons, tuple(problems[:200]), not left)


def estimate(conn: Connection, plan_id: int, *, scope: Scope = EVERYWHERE) -> Estimate:
    """What the results say of the population, by the inverse of each unit's exact chance (``models.audit``). ``plan_not_found``."""
    from models import audit

    plan = show(conn, plan_id, scope=scope)
    rows = conn.execute(_units(plan_id)).all()
    told = [row for row in rows if row.label is not None]
    found: dict[str, int] = {}
    for row in rows:
        if row.result is not None:
            found[row.result] = found.get(row.result, 0) + 1
    population, alerted = int(plan.counts["units"]), int(plan.counts["alerted"])
    figures: Mapping[str, Any] = {}
    if told:
        truth, chance = [float(row.label > 0) for row in told], [row.probability for row in told]
        figures = audit.estimate(truth, chance, [row.alerted for row in told], totals=(alerted, population - alerted))
    shares = {name: _share(figures.get(name)) for name in ("prevalence", "recall", "precision")}
    inspected = sum(row.inspected_on is not None for row in rows)
    return Estimate(plan_id, population, alerted, inspected, len(told), **shares, found=found)


def _units(plan_id: int) -> Any:
    u, s = t.random_plan_units.c, t.subjects.c
    query = select(t.random_plan_units, s.uscc, s.name, s.region).join_from(t.random_plan_units, t.subjects, u.subject_id == s.id)
    return query.where(u.plan_id == plan_id).order_by(u.number)


def _columns(header: Sequence[str]) -> dict[str, str]:
    given = {name.strip().lower(): name for name in header}
    found = {}
    for name, taken in FIELDS.items():
        column = next((given[one] for one in taken if one in given), None)
        if column is not None:
            found[name] = column
    lacking = [name for name in ("number", "result", "inspected_on", "facts") if name not in found]
    if lacking:
        raise InvalidInputError("plan_result_columns", columns=", ".join(lacking))
    return found


def _read(
    values: Mapping[str, Any], columns: Mapping[str, str], rows: Mapping[int, Row[Any]], made: datetime, now: datetime
) -> _Result | Mistake | None:
    """A row; nothing where no result is filled in yet."""
    text = {name: _text(values.get(column)) for name, column in columns.items()}
    if not text["result"]:
        return None
    if not text["number"].isdigit() or int(text["number"]) not in rows:
        return Mistake("plan_result_number", "number", {"value": short(text["number"])})
    number, code = int(text["number"]), text["result"]
    if code == NOT_DONE:
        return _Result(number, code, None, text["facts"] or None, None)
    if code not in taxonomy():
        return Mistake("plan_result_code", "result", {"value": short(code)})
    try:
        day = date.fromisoformat(text["inspected_on"][:10])
    except ValueError:
        day = None
    if day is None or not made.astimezone(SHANGHAI).date() <= day <= now.astimezone(SHANGHAI).date():
        return Mistake("plan_result_day", "inspected_on", {"value": short(text["inspected_on"])})
    if not text["facts"] or not storable(text["facts"]):
        return Mistake("plan_result_facts", "facts")
    return _Result(number, code, day, text["facts"][:4000], text.get("party_nature") or None)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip().lstrip("'")


def _label(found: _Result) -> float | None:
    return None if found.code == NOT_DONE else label_of(found.code, None, found.day)


def _act(
    conn: Connection, plan: Any, row: Row[Any], found: _Result, actor: str, now: datetime
) -> tuple[int | None, str | None]:  # fmt: skip
    """Enter the inspection as an act of the plan's office; its number, or why there is none (what a record needs is never made up)."""
    if found.code == NOT_DONE or found.day is None:
        return None, None
    lacking = (
        "plan_no_matter"
        if not plan.matter_code or not plan.checklist_code
        else "plan_no_code"
        if not row.uscc
        else "plan_no_nature"
        if not found.nature
        else None
    )
    if lacking:
        return row.act_id, lacking if row.act_id is None else None
    record = {
        "matter_code": plan.matter_code,
        "object_name": row.name or row.uscc,
        "party_name": row.name or row.uscc,
        "party_nature": found.nature,
        "party_id_type": "统一社会信用代码",
        "party_code": row.uscc,
        "region": row.region or plan.region,
        "plan_id": f"SSJ-{plan.id}",
        "checklist_code": plan.checklist_code,
        "name": plan.name,
        "number": f"SSJ-{plan.id}-{row.number}",
        "form": "01",
        "category": "双随机",
        "result": (found.facts or "")[:1000],
        "inspected_on": found.day.isoformat(),
        "inspectors": list(row.inspectors),
    }
    act, _ = check("inspection", record)
    if act is None:
        return row.act_id, "plan_act_refused"
    key = acts.identity("inspection", act.number, plan.office)
    return acts.put(conn, key, act, Belongs(plan.office, row.subject_id), source=acts.OWN, actor=actor, now=now), None


def _share(figure: Mapping[str, float | None] | None) -> EstimatedShare:
    return EstimatedShare(None, None, None) if figure is None else EstimatedShare(figure["value"], figure["low"], figure["high"])
