"""``risk tasks``: the verification tasks of the offices, from list to verdict. Until accounts exist, who acts is the named ``--actor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from risk.cli import task_text
from risk.cli.output import lang, tell
from risk.domain.grades import Grade
from risk.domain.tasks import State
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.task_desk import TaskDesk

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
REASON = click.option("--reason", required=True, help="why / 理由")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
TASK = click.argument("task_id", metavar="ID", type=int)


@click.group()
def tasks() -> None:
    """List, sign, report and settle verification tasks / 核查任务：查看、签收、反馈、审核."""


@tasks.command("list")
@click.option("--office", help="office code / 承办单位代码")
@click.option("--state", type=click.Choice([s.value for s in State]), help="state / 状态")
@click.option("--grade", type=click.Choice([g.code for g in Grade if g]), help="grade / 等级")
@click.option("--model", help="risk model / 模型")
@click.option("--overdue", is_flag=True, help="only late ones / 只看超期")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def list_(
    *, office: str | None, state: str | None, grade: str | None, model: str | None, overdue: bool, limit: int, cursor: str | None, form: str
) -> None:
    """Tasks, the most urgent first / 任务列表，最急的在前."""
    from risk.services.task_views import TaskFilter

    wanted = TaskFilter(office, State(state) if state else None, Grade.parse(grade) if grade else None, model, overdue)
    page = _desk().list(wanted, limit=limit, cursor=cursor)
    if form == "json":
        _json({"items": [asdict(row) for row in page.items], "cursor": page.cursor})
        return
    if not page.items:
        tell("tasks_none")
    for line in task_text.list_lines(page.items, lang()):
        click.echo(line)
    if page.cursor:
        tell("tasks_more", cursor=page.cursor)


@tasks.command()
@TASK
@FORMAT
def show(task_id: int, form: str) -> None:
    """One task: evidence, law, advice, deadlines, history / 任务详情."""
    view = _desk().show(task_id)
    if form == "json":
        _json(asdict(view))
        return
    for line in task_text.show_lines(view, lang()):
        click.echo(line)


@tasks.command()
@TASK
@ACTOR
def sign(task_id: int, actor: str) -> None:
    """Sign for a task / 签收."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.sign, task_id, actor=actor, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@click.option("--code", required=True, help="result code, e.g. 10, 30 / 核查结果代码")
@click.option("--sub-reason", help="why it was a false alarm / 误报原因")
@click.option("--facts", required=True, help="what was found / 查明的事实")
@click.option("--measures", help="what was done / 采取的措施")
@click.option("--suggestion", help="to the model, or the unit that should have it / 建议")
@click.option("--officer", "officers", multiple=True, required=True, help="who verified; give it twice / 核查人员，可多次")
def report(
    *,
    task_id: int,
    actor: str,
    code: str,
    facts: str,
    officers: tuple[str, ...],
    sub_reason: str | None,
    measures: str | None,
    suggestion: str | None,
) -> None:
    """Report what verification found / 反馈核查结果."""
    from risk.services import tasks as service

    desk = _desk()
    desk.act(
        service.report,
        task_id,
        actor=actor,
        code=code,
        facts=facts,
        officers=officers,
        sub_reason=sub_reason,
        measures=measures,
        suggestion=suggestion,
        now=desk.clock(),
    )
    _done(task_id, State.REPORTED)


@tasks.command()
@TASK
@ACTOR
@click.option("--close", "close_too", is_flag=True, help="close the task as well / 同时办结")
def accept(task_id: int, actor: str, *, close_too: bool) -> None:
    """Accept a report: it becomes labels / 审核通过，生成标签."""
    from risk.services import tasks as service

    desk = _desk()
    count = desk.act(service.accept, task_id, actor=actor, now=desk.clock(), close_too=close_too)
    _done(task_id, State.CLOSED if close_too else State.ACCEPTED)
    tell("task_labels", count=count)


@tasks.command("return")
@TASK
@ACTOR
@REASON
def return_(task_id: int, actor: str, reason: str) -> None:
    """Send a report back for more work / 退回补查."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.return_, task_id, actor=actor, reason=reason, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
def close(task_id: int, actor: str) -> None:
    """Close an accepted task / 办结."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.close, task_id, actor=actor, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@REASON
@click.option("--to", help="office that should have it; without it the coordination desk decides / 建议承办单位代码")
def transfer(task_id: int, actor: str, reason: str, to: str | None) -> None:
    """Give a task back because it belongs elsewhere / 退回重派."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.transfer_back, task_id, actor=actor, reason=reason, to=to, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@REASON
def extend(task_id: int, actor: str, reason: str) -> None:
    """Ask for more time, once / 延期，仅一次."""
    from risk.services import tasks as service

    desk = _desk()
    due = desk.act(service.extend, task_id, actor=actor, reason=reason, now=desk.clock())
    tell("task_extended_to", task=task_id, due=task_text.moment(due))


def _desk() -> TaskDesk:
    from risk.bootstrap import open_store
    from risk.services.task_desk import TaskDesk

    return TaskDesk(open_store(Settings.from_environment()))


def _done(task_id: int, state: State) -> None:
    tell("task_done", task=task_id, state=state.word(lang()))


def _json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v)))
