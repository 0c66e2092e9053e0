"""``risk officers``: who verifies in an office, who is away, who gets which task."""

from __future__ import annotations

from datetime import date

import click

from risk.cli.desks import open_desk
from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say
from risk.domain.officers import Assignment

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
OFFICE = click.option("--office", required=True, help="office code / 承办单位代码")

register(
    {
        "officers_head": ("{office}：{assignment}", "{office}: {assignment}"),
        "officers_none": ("尚未登记核查人员", "no officers yet"),
        "officer_line": (
            "{id}　{name}　每周 {capacity}　在办 {open}（负荷 {load:.1f}）　{state}",
            "{id}  {name}  {capacity} a week  in hand {open} (load {load:.1f})  {state}",
        ),
        "officer_free": ("在岗", "available"),
        "officer_away": ("休假 {first} 至 {last}", "on leave {first} to {last}"),
        "officer_off": ("停用", "not active"),
        "officer_kept": ("人员 {id}：{name}", "officer {id}: {name}"),
        "officer_assigned": ("任务 {task}：{officer}（原 {before}）", "task {task}: {officer} (before: {before})"),
        "officer_leave_kept": ("已登记休假；移交任务 {count} 件", "the leave is entered; {count} tasks handed over"),
        "officer_leave_ended": ("休假 {id} 已结束", "the leave {id} has ended"),
        "officer_day": ("日期应为 2026-12-01 的形式：{text}", "a day is written 2026-12-01: {text}"),
    }
)


@click.group()
def officers() -> None:
    """Officers, their leave, and who gets which task / 核查人员：名册、休假、分派."""


@officers.command("list")
@OFFICE
def list_(office: str) -> None:
    """The officers of an office with their work / 名册."""
    from risk.services import officers as service

    desk = open_desk()
    found = desk.read(service.roster, office, desk.clock())
    tell("officers_head", office=office, assignment=Assignment(found.assignment).word(lang()))
    if not found.officers:
        tell("officers_none")
    for one in found.officers:
        state = say("officer_free" if one.available else "officer_off", lang())
        if one.leaves and not one.available and one.active:
            state = say("officer_away", lang(), first=one.leaves[0].first_day, last=one.leaves[0].last_day)
        tell("officer_line", id=one.id, name=one.name, capacity=one.weekly_capacity, open=one.open_tasks, load=one.load, state=state)


@officers.command()
@OFFICE
@click.option("--name", required=True, help="name / 姓名")
@click.option("--capacity", type=click.IntRange(0, 1000), help="tasks a week / 每周可办件数")
@click.option("--active/--inactive", default=True, show_default=True)
@ACTOR
def put(*, office: str, name: str, capacity: int | None, active: bool, actor: str) -> None:
    """Enter an officer, or change one / 登记或更改."""
    from risk.services import officers as service

    desk = open_desk()
    number = desk.act(service.put, name, office, weekly_capacity=capacity, active=active, actor=actor, now=desk.clock())
    tell("officer_kept", id=number, name=name)


@officers.command()
@click.argument("officer_id", metavar="ID", type=int)
@click.option("--from", "first", required=True, help="first day / 起始日")
@click.option("--to", "last", required=True, help="last day, included / 截止日（含）")
@click.option("--deputy", type=int, help="number of another officer of the office; without it by load / 代理人编号，不填按负荷")
@click.option("--reason", required=True, help="why / 理由")
@ACTOR
def leave(*, officer_id: int, first: str, last: str, deputy: int | None, reason: str, actor: str) -> None:
    """Enter a leave; open tasks go to others when it begins / 登记休假."""
    from risk.services import assignment

    desk = open_desk()
    moved = desk.act(
        assignment.go_on_leave, officer_id, _day(first), _day(last), deputy=deputy, reason=reason, actor=actor, now=desk.clock()
    )
    tell("officer_leave_kept", count=len(moved))


@officers.command("end-leave")
@click.argument("leave_id", metavar="LEAVE", type=int)
@click.option("--reason", required=True, help="why / 理由")
@ACTOR
def end_leave(leave_id: int, reason: str, actor: str) -> None:
    """Cut a leave short / 提前结束休假."""
    from risk.services import officers as service

    desk = open_desk()
    desk.act(service.end_leave, leave_id, actor=actor, reason=reason, now=desk.clock())
    tell("officer_leave_ended", id=leave_id)


@officers.command()
@click.argument("task_id", metavar="TASK", type=int)
@click.option("--officer", "officer_id", type=int, help="number; without it the least loaded / 人员编号，不填按负荷")
@click.option("--reason", help="why / 理由")
@ACTOR
def assign(task_id: int, officer_id: int | None, reason: str | None, actor: str) -> None:
    """Give a task to an officer / 分派任务."""
    from risk.services import assignment

    desk = open_desk()
    done = desk.act(assignment.assign, task_id, officer_id, actor=actor, now=desk.clock(), reason=reason)
    tell("officer_assigned", task=task_id, officer=done.officer, before=done.before or "-")


@officers.command()
@OFFICE
@click.option("--how", type=click.Choice([one.value for one in Assignment]), required=True)
@ACTOR
def mode(office: str, how: str, actor: str) -> None:
    """How an office gives out its tasks / 分派方式."""
    from risk.services import officers as service

    desk = open_desk()
    desk.act(service.set_assignment, office, Assignment(how), actor=actor, now=desk.clock())
    tell("officers_head", office=office, assignment=Assignment(how).word(lang()))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("officer_day", text=text[:20]) from None
