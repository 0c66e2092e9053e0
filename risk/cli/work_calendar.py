"""``risk calendar``: the working calendar, by year; a day changed, a yearly notice taken in, and whether the calendar reaches."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.calendar_changes import Moved
    from risk.services.desk import Desk

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
SOURCE = click.option("--source", required=True, help="number or address of the notice / 依据（文号或网址）")

register(
    {
        "calendar_head": ("{year} 年：工作日 {workdays} 天{mark}", "{year}: {workdays} working days{mark}"),
        "calendar_provisional": ("（暂定：放假通知未公布，时限随通知调整）", " (provisional: no notice yet, deadlines will follow it)"),
        "calendar_line": ("{day}　{kind}　{name}{who}", "{day}  {kind}  {name}{who}"),
        "calendar_by": ("　［{actor}：{source}，第 {version} 版］", "  [{actor}: {source}, version {version}]"),
        "calendar_holiday": ("放假", "holiday"),
        "calendar_workday": ("上班", "working day"),
        "calendar_plain": ("照常", "as the weekday"),
        "calendar_moved": (
            "更改 {days} 天；时限推后 {later} 件，提前 {earlier} 件（均已记入任务经过）",
            "{days} day(s) changed; {later} deadline(s) moved later, {earlier} earlier, each by an event of its task",
        ),
        "calendar_reaches": ("已有通知的年份：{settled}", "years with a notice: {settled}"),
        "calendar_fine": ("未办结任务的时限均在已公布的年份内", "every open task is due in a year whose notice is there"),
        "calendar_missing": (
            "警告：{years} 年的放假通知尚未导入，{tasks} 件未办结任务的时限为暂定；公布后用 risk calendar import 导入",
            "warning: no notice for {years}; {tasks} open task(s) have provisional deadlines: take it in with risk calendar import",
        ),
        "calendar_bad_day": ("日期应为 2026-10-01 的形式：{text}", "a day is written 2026-10-01: {text}"),
        "calendar_not_text": ("文件不是 UTF-8 文本：{path}", "the file is not UTF-8 text: {path}"),
    }
)


@click.group("calendar")
def calendar() -> None:
    """The working calendar: holidays, make-up days, years without a notice / 工作日历."""


@calendar.command()
@click.argument("year", type=int)
def show(year: int) -> None:
    """The days of a year that differ from Monday to Friday / 一年的节假日与调休."""
    from risk.services import calendar_changes

    view = _desk().read(calendar_changes.show, year)
    mark = say("calendar_provisional", lang()) if view.provisional else ""
    tell("calendar_head", year=year, workdays=view.workdays, mark=mark)
    for one in view.days:
        name = (one.name_zh or one.name_en) if lang() == "zh" else (one.name_en or one.name_zh)
        who = say("calendar_by", lang(), actor=one.actor, source=one.source, version=one.version) if one.actor else ""
        tell("calendar_line", day=one.day.isoformat(), kind=say(f"calendar_{one.kind}", lang()), name=name, who=who)


@calendar.command("set")
@click.argument("day")
@click.argument("kind", type=click.Choice(["holiday", "workday", "plain"]))
@click.option("--name", default="", help="what it is called / 名称")
@SOURCE
@ACTOR
def set_(day: str, kind: str, name: str, source: str, actor: str) -> None:
    """Make a DAY a holiday, a working day, or what its weekday says / 更改一天."""
    from risk.services import calendar_changes

    desk = _desk()
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise InvalidInputError("calendar_bad_day", text=day[:40]) from None
    _told(desk.act(calendar_changes.set_day, when, kind, name_zh=name, name_en=name, source=source, actor=actor, now=desk.clock()))


@calendar.command("import")
@click.argument("year", type=int)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@SOURCE
@ACTOR
def import_(year: int, file: Path, source: str, actor: str) -> None:
    """Take the notice of a YEAR in, a CSV of date,kind,name_zh,name_en / 导入年度放假通知."""
    from risk.services import calendar_changes

    desk = _desk()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError("calendar_not_text", path=str(file)) from None
    days = calendar_changes.read_notice(text, year)
    _told(desk.act(calendar_changes.take_notice, year, days, source=source, actor=actor, now=desk.clock()))


@calendar.command()
def check() -> None:
    """Whether open tasks run into years without a notice / 日历是否够用."""
    from risk.services import calendar_changes

    found = _desk().read(calendar_changes.check)
    tell("calendar_reaches", settled=", ".join(map(str, found.settled)))
    if found.missing:
        tell("calendar_missing", years=", ".join(map(str, found.missing)), tasks=found.provisional_tasks)
        return
    tell("calendar_fine")


def _told(moved: Moved) -> None:
    tell("calendar_moved", days=moved.days, later=moved.later, earlier=moved.earlier)


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()), lambda: datetime.now(UTC))
