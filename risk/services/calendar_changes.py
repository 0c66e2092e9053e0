"""Changing the working calendar: single days, whole yearly notices, and what that does to deadlines.

A deadline that was counted through changed days is counted again: the working time from the issue to the deadline stays the same. Every deadline that moves,
later or earlier, moves by an event of its task. Nothing of the calendar is overwritten: a day has versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI, WorkCalendar
from risk.domain.csv_text import rows_of
from risk.domain.datafiles import read_csv
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.domain.tasks import TRANSITIONS, Event, State
from risk.services import auditing
from risk.services.bulk import insert_rows, select_in
from risk.services.calendar_store import HOLIDAY, KINDS, WORKDAY, load
from risk.services.scoping import tasks_inside
from risk.services.task_changes import capped, change
from risk.storage import tables as t

YEARS = range(1990, 2200)

register(
    {
        "calendar_kind": ("日期类型应为 {known}：{kind}", "the kind of a day is one of {known}: {kind}"),
        "calendar_day": ("第 {line} 行日期无效：{value}", "line {line}: not a date: {value}"),
        "calendar_year": ("年份超出范围：{year}", "the year is out of range: {year}"),
        "calendar_other_year": ("第 {line} 行不属于 {year} 年：{day}", "line {line} is not of the year {year}: {day}"),
        "calendar_empty": ("文件中没有 {year} 年的日期", "the file holds no day of {year}"),
        "calendar_columns": (
            "文件须有 date、kind 两列，可有 name_zh、name_en：{found}",
            "the file needs the columns date and kind (name_zh, name_en beside): {found}",
        ),
        "calendar_again": ("第 {line} 行日期重复：{day}", "line {line}: the day stands twice: {day}"),
        "calendar_senseless": (
            "第 {line} 行：{day} 不能是 {kind}，调休上班日只能在周末",
            "line {line}: {day} cannot be {kind}: a make-up working day falls on a weekend",
        ),
        "calendar_source": ("须写明依据（文号或网址）", "name the source (number or address of the notice)"),
        "calendar_year_given": (
            "{year} 年的安排已随程序提供或已导入；个别日期用 risk calendar set 更改",
            "the notice of {year} is there already; change single days with: risk calendar set",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class DayView:
    """A day that differs from Monday to Friday. ``source``: nothing for what ships with the program."""

    day: date
    kind: str
    name_zh: str
    name_en: str
    source: str | None
    actor: str | None
    version: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class YearView:
    """A year: whether its notice is there, its days, how many working days it has."""

    year: int
    provisional: bool
    source: str | None
    workdays: int
    days: tuple[DayView, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a change did: days changed, open tasks whose deadline moved later, earlier, and the tasks."""

    days: int
    later: int
    earlier: int
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the calendar reaches: the years that open tasks run into without a notice, and how many tasks each concerns."""

    settled: tuple[int, ...]
    missing: tuple[int, ...]
    provisional_tasks: int
    latest_due: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeDay:
    """One line of a notice."""

    day: date
    kind: str
    name_zh: str
    name_en: str


def show(conn: Connection, year: int) -> YearView:
    """The days of a year as they hold now, with who changed them. ``calendar_year``."""
    _check_year(year)
    calendar = load(conn)
    found = {date.fromisoformat(row["date"]): _shipped(row) for row in read_csv("calendar.csv") if row["year"] == str(year)}
    c = t.calendar_days.c
    for row in conn.execute(
        select(t.calendar_days).where(c.day >= date(year, 1, 1), c.day <= date(year, 12, 31)).order_by(c.day, c.version)
    ):
        found[row.day] = DayView(row.day, row.kind, row.name_zh, row.name_en, row.source, row.actor, row.version, row.at)
    source = conn.scalar(select(t.calendar_notices.c.source).where(t.calendar_notices.c.year == year))
    first, last = datetime(year, 1, 1, tzinfo=SHANGHAI), datetime(year, 12, 31, 23, tzinfo=SHANGHAI)
    workdays = calendar.work_between(first, last) // calendar.day_length
    days = tuple(found[day] for day in sorted(found))
    return YearView(year, calendar.is_provisional(first.date()), source, workdays, days)


def set_day(conn: Connection, day: date, kind: str, *, name_zh: str, name_en: str, source: str, actor: str, now: datetime) -> Moved:
    """Make a day a holiday, a working day, or what its weekday says (``plain``). A year without a notice stays provisional.

    ``calendar_kind``, ``calendar_year``, ``calendar_source``.
    """
    _check_year(day.year)
    if kind not in KINDS:
        raise InvalidInputError("calendar_kind", kind=kind[:20], known=", ".join(KINDS))
    _check_source(source)
    before = load(conn)
    _write(conn, [NoticeDay(day, kind, name_zh, name_en)], source, actor, now)
    auditing.record(conn, actor, "calendar.set", f"calendar:{day.isoformat()}", {"kind": kind, "source": source}, now)
    return _recount(conn, before, [day], 1, actor, now)


def take_notice(conn: Connection, year: int, days: Sequence[NoticeDay], *, source: str, actor: str, now: datetime) -> Moved:
    """Take the notice of a year in: its days hold, the year is provisional no more, open tasks are counted again.

    A year whose notice is there already is refused (``calendar_year_given``); so is an empty one (``calendar_empty``).
    """
    _check_year(year)
    _check_source(source)
    before = load(conn)
    if not before.is_provisional(date(year, 1, 1)):
        raise ConflictError("calendar_year_given", year=year)
    if not days:
        raise InvalidInputError("calendar_empty", year=year)
    _write(conn, days, source, actor, now)
    notice = {"year": year, "source": source.strip(), "days": len(days), "actor": actor, "at": now}
    insert_rows(conn, t.calendar_notices, [notice])
    auditing.record(conn, actor, "calendar.import", f"calendar:{year}", {"days": len(days), "source": source}, now)
    changed = [date(year, 1, 1), date(year, 12, 31)]
    return _recount(conn, before, changed, len(days), actor, now)


def read_notice(text: str, year: int) -> tuple[NoticeDay, ...]:
    """The days of a notice from CSV with the columns ``date`` and ``kind`` (``name_zh``, ``name_en`` beside).

    Refused with the line: ``calendar_columns``, ``calendar_day``, ``calendar_kind``, ``calendar_other_year``, ``calendar_again``, ``calendar_senseless``,
    ``calendar_empty``, ``csv_unreadable``.

    >>> read_notice("date,kind,name_zh\\n2027-01-01,holiday,元旦\\n", 2027)[0].day.isoformat()
    '2027-01-01'
    """
    columns, rows = rows_of(text)
    if not {"date", "kind"} <= set(columns):
        raise InvalidInputError("calendar_columns", found=", ".join(columns)[:200] or "-")
    found: dict[date, NoticeDay] = {}
    for line, row in enumerate(rows, 2):
        one = _read_line(row, line, year)
        if one.day in found:
            raise InvalidInputError("calendar_again", line=line, day=one.day.isoformat())
        found[one.day] = one
    if not found:
        raise InvalidInputError("calendar_empty", year=year)
    return tuple(found[day] for day in sorted(found))


def check(conn: Connection, *, scope: Scope = EVERYWHERE) -> Checked:
    """Whether open tasks run into years without a notice."""
    calendar = load(conn)
    rows = _open(conn, scope)
    missing: Counter[int] = Counter()
    touched = 0
    for row in rows:
        years = range(row.issued_at.astimezone(SHANGHAI).year, row.report_due.astimezone(SHANGHAI).year + 1)
        free = [year for year in years if calendar.is_provisional(date(year, 1, 1))]
        missing.update(free)
        touched += bool(free)
    latest = max((row.report_due for row in rows), default=None)
    return Checked(tuple(sorted(calendar.years)), tuple(sorted(missing)), touched, latest)


def _recount(conn: Connection, before: WorkCalendar, changed: Iterable[date], count: int, actor: str, now: datetime) -> Moved:
    """Count the deadlines of open tasks again whose time runs through the changed days."""
    first, last = min(changed), max(changed)
    calendar = load(conn)
    moved, later, earlier = [], 0, 0
    departments = {row.code: row.department for row in conn.execute(select(t.offices.c.code, t.offices.c.department))}
    for task in _open(conn):
        if task.issued_at.astimezone(SHANGHAI).date() > last or task.report_due.astimezone(SHANGHAI).date() < first:
            continue
        values = {name: _again(task, getattr(task, name), before, calendar) for name in ("sign_due", "report_due", "stage_due")}
        values["report_due"] = capped(conn, task, values["report_due"], calendar=calendar, department=departments.get(task.office_code, ""))
        values = {name: value for name, value in values.items() if value is not None and value != getattr(task, name)}
        if not values:
            continue
        detail = {
            "from": task.report_due.isoformat(),
            "sign_from": task.sign_due.isoformat(),
            "provisional": calendar.touches_provisional(task.issued_at, task.report_due),
        }
        change(conn, task, [Event.RECALENDAR], actor, now, values=values, detail=detail)
        moved.append(int(task.id))
        shift = values.get("report_due", task.report_due)
        later, earlier = later + (shift > task.report_due), earlier + (shift < task.report_due)
    return Moved(count, later, earlier, tuple(moved))


def _again(task: Row[Any], due: datetime | None, before: WorkCalendar, calendar: WorkCalendar) -> Any:
    """A deadline with the same working time since the issue as it had; one that is not later than the issue stays."""
    if due is None or due <= task.issued_at:
        return due
    return calendar.add_work_time(task.issued_at, before.work_between(task.issued_at, due))


def _open(conn: Connection, scope: Scope = EVERYWHERE) -> Sequence[Row[Any]]:
    states = [state.value for state in State if (state, Event.RECALENDAR) in TRANSITIONS]
    return conn.execute(select(t.tasks).where(t.tasks.c.state.in_(states), tasks_inside(scope)).order_by(t.tasks.c.id)).all()


def _write(conn: Connection, days: Sequence[NoticeDay], source: str, actor: str, now: datetime) -> None:
    c = t.calendar_days.c
    versions = select_in(conn, select(c.day, func.max(c.version).label("version")).group_by(c.day), c.day, [one.day for one in days])
    known = {row.day: int(row.version) for row in versions}
    common = {"source": source.strip(), "actor": actor, "at": now}
    rows = [
        {**common, "day": one.day, "version": known.get(one.day, 0) + 1, "kind": one.kind, "name_zh": one.name_zh, "name_en": one.name_en}
        for one in days
    ]
    insert_rows(conn, t.calendar_days, rows)


def _read_line(row: dict[str, str], line: int, year: int) -> NoticeDay:
    try:
        day = date.fromisoformat(row["date"].strip())
    except ValueError:
        raise InvalidInputError("calendar_day", line=line, value=row["date"][:40]) from None
    kind = row["kind"].strip()
    if kind not in (HOLIDAY, WORKDAY):
        raise InvalidInputError("calendar_kind", kind=kind[:20], known=f"{HOLIDAY}, {WORKDAY}")
    if day.year != year:
        raise InvalidInputError("calendar_other_year", line=line, year=year, day=day.isoformat())
    if kind == WORKDAY and day.weekday() < 5:
        raise InvalidInputError("calendar_senseless", line=line, day=day.isoformat(), kind=kind)
    return NoticeDay(day, kind, row.get("name_zh", "").strip()[:120], row.get("name_en", "").strip()[:120])


def _shipped(row: dict[str, str]) -> DayView:
    return DayView(date.fromisoformat(row["date"]), row["kind"], row["name_zh"], row["name_en"], None, None, 0, None)


def _check_year(year: int) -> None:
    if year not in YEARS:
        raise InvalidInputError("calendar_year", year=year)


def _check_source(source: str) -> None:
    if not source.strip():
        raise InvalidInputError("calendar_source")
