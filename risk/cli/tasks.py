"""``risk tasks``: the verification tasks of the offices, from list to verdict. Until accounts exist, who acts is the named ``--actor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from risk.cli import task_text
from risk.cli.output import lang, tell
from risk.domain.grades import Grade
from risk.domain.tasks import Kind, State
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
REASON = click.option("--reason", required=True, help="why / 理由")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
PAPER = click.option(
    "--document", "documents", nargs=2, multiple=True, required=True, metavar="KIND NUMBER", help="the paper it rests on / 文书种类与编号"
)
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
@click.option("--kind", type=click.Choice([k.value for k in Kind]), help="kind / 类别")
@click.option("--officer", help="whose / 承办人")
@click.option("--escalated", is_flag=True, help="only those taken one level up / 只看逾期上报")
@click.option("--extension-asked", is_flag=True, help="only those with a request for more time / 只看待批延期")
@click.option(
    "--sort", type=click.Choice(["due", "-due", "grade", "issued", "-issued", "updated", "-updated"]), default="due", show_default=True
)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def list_(
    *,
    office: str | None,
    state: str | None,
    grade: str | None,
    model: str | None,
    overdue: bool,
    kind: str | None,
    officer: str | None,
    escalated: bool,
    extension_asked: bool,
    sort: str,
    limit: int,
    cursor: str | None,
    form: str,
) -> None:
    """Tasks, the most urgent first / 任务列表，最急的在前."""
    from risk.services.task_views import TaskFilter, list_tasks

    wanted = TaskFilter(
        office,
        State(state) if state else None,
        Grade.parse(grade) if grade else None,
        model,
        overdue,
        kind=kind,
        officer=officer,
        escalated=escalated or None,
        extension_asked=extension_asked or None,
    )
    desk = _desk()
    page = desk.read(list_tasks, wanted, desk.clock(), limit=limit, cursor=cursor, sort=sort)
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
    from risk.services.task_views import get_task

    desk = _desk()
    view = desk.read(get_task, task_id, desk.clock())
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
@click.option("--reason", help="why before other offices have answered / 协查未回复即反馈的理由")
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
    reason: str | None,
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
        reason=reason,
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
def reopen(task_id: int, actor: str, reason: str) -> None:
    """Verify an accepted or closed task once more / 重新核查."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.reopen, task_id, actor=actor, reason=reason, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@click.option("--officer", required=True, help="who should have it / 承办人")
@click.option("--reason", help="why / 理由")
def assign(task_id: int, actor: str, officer: str, reason: str | None) -> None:
    """Give a task to an officer / 分派承办人."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.assign, task_id, officer=officer, actor=actor, reason=reason, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@REASON
@click.option("--to", help="issue it to this office at once / 直接改派至该单位")
@click.option("--suggest", help="office that should have it; the coordination desk decides / 建议承办单位代码")
def transfer(task_id: int, actor: str, reason: str, to: str | None, suggest: str | None) -> None:
    """Give a task back because it belongs elsewhere / 退回重派."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.transfer_back, task_id, actor=actor, reason=reason, to=to, suggested=suggest, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@click.option("--to", help="another office than the one suggested / 不按建议时的单位代码")
@click.option("--reason", help="why / 理由")
def reissue(task_id: int, actor: str, to: str | None, reason: str | None) -> None:
    """Issue again what was transferred back / 重新派发."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.reissue, task_id, to, actor=actor, reason=reason, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@REASON
@click.option("--into", type=int, required=True, help="the task it doubles / 并入的任务")
def merge(task_id: int, actor: str, reason: str, into: int) -> None:
    """Join a duplicate to another task / 并案."""
    from risk.services import tasks as service

    desk = _desk()
    _done(task_id, desk.act(service.merge, task_id, into, actor=actor, reason=reason, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@REASON
@click.option("--ask", "asking", is_flag=True, help="only ask for it; the head decides / 申请延期")
@click.option("--refuse", is_flag=True, help="refuse what was asked for / 不同意延期")
def extend(task_id: int, actor: str, reason: str, *, asking: bool, refuse: bool) -> None:
    """Give more time, once; or ask for it, or refuse it / 延期（一次）、申请延期、不同意延期."""
    from risk.services import tasks as service

    desk = _desk()
    if asking or refuse:
        step = service.refuse_extension if refuse else service.ask_extension
        _done(task_id, desk.act(step, task_id, actor=actor, reason=reason, now=desk.clock()))
        return
    due = desk.act(service.extend, task_id, actor=actor, reason=reason, now=desk.clock())
    tell("task_extended_to", task=task_id, due=task_text.moment(due))


@tasks.command()
@TASK
@ACTOR
@REASON
@PAPER
def pause(task_id: int, actor: str, reason: str, documents: tuple[tuple[str, str], ...]) -> None:
    """Stop the clock while something is tested / 检验检测期间暂停计时."""
    from risk.services import clock_stops

    desk = _desk()
    desk.act(clock_stops.pause, task_id, actor=actor, reason=reason, documents=_papers(documents), now=desk.clock())
    tell("task_paused_now", task=task_id)


@tasks.command()
@TASK
@ACTOR
@PAPER
def resume(task_id: int, actor: str, documents: tuple[tuple[str, str], ...]) -> None:
    """Let the clock go on / 恢复计时."""
    from risk.services import clock_stops

    desk = _desk()
    due = desk.act(clock_stops.resume, task_id, actor=actor, documents=_papers(documents), now=desk.clock())
    tell("task_resumed", task=task_id, due=task_text.moment(due))


@tasks.command()
@TASK
@ACTOR
@click.option("--office", required=True, help="office code / 协查单位代码")
@click.option("--question", required=True, help="what is asked / 协查事项")
def ask(task_id: int, actor: str, office: str, question: str) -> None:
    """Ask another office for assistance / 请求协查."""
    from risk.services import assists

    desk = _desk()
    number = desk.act(assists.ask, task_id, office=office, question=question, actor=actor, now=desk.clock())
    tell("task_asked", task=task_id, assist=number, office=office)


@tasks.command()
@TASK
@ACTOR
@click.option("--text", required=True, help="the answer / 协查结果")
def answer(task_id: int, actor: str, text: str) -> None:
    """Answer a question of another office; ID is the number of its task / 回复协查."""
    from risk.services import assists

    desk = _desk()
    _done(task_id, desk.act(assists.answer, task_id, text=text, actor=actor, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@REASON
def withdraw(task_id: int, actor: str, reason: str) -> None:
    """Take a question to another office back / 撤回协查."""
    from risk.services import assists

    desk = _desk()
    _done(task_id, desk.act(assists.withdraw, task_id, actor=actor, reason=reason, now=desk.clock()))


@tasks.command()
@TASK
@ACTOR
@click.option("--office", "offices", multiple=True, required=True, help="office code, may be given again / 抄告单位代码，可多次")
@click.option("--note", required=True, help="why / 抄告事由")
def copy(task_id: int, actor: str, offices: tuple[str, ...], note: str) -> None:
    """Copy the alert of a task to other offices / 抄告抄送."""
    from risk.services import copies

    desk = _desk()
    numbers = desk.act(copies.send, task_id, offices=offices, note=note, actor=actor, now=desk.clock())
    tell("task_copied", task=task_id, copies=", ".join(map(str, numbers)) or "-")


@tasks.command()
@click.argument("copy_id", metavar="COPY", type=int)
@ACTOR
@click.option("--note", help="a word with it / 签收意见")
def receipt(copy_id: int, actor: str, note: str | None) -> None:
    """Receipt a copy / 签收抄告."""
    from risk.services import copies

    desk = _desk()
    found = desk.act(copies.receive, copy_id, actor=actor, now=desk.clock(), note=note)
    tell("copy_receipted", copy=copy_id, office=found.office)


@tasks.command()
@TASK
@ACTOR
@click.option("--channel", type=click.Choice(["message", "letter", "telephone"]), default="message", show_default=True)
@click.option("--answer", "answered", help="record what the trader answered instead / 记录当事人答复")
@click.option("--next", "going_on", is_flag=True, help="go on to the next stage instead / 转入下一阶段")
def advise(task_id: int, actor: str, channel: str, answered: str | None, *, going_on: bool) -> None:
    """Advise the trader first, where the matter is slight / 先行提醒当事人."""
    from risk.services import stages
    from risk.services.task_views import get_task

    desk = _desk()
    common: dict[str, Any] = {"actor": actor, "now": desk.clock()}
    if answered is not None:
        desk.act(stages.record_answer, task_id, answer=answered, **common)
        tell("task_answer_kept", task=task_id)
        return
    if going_on:
        stage = desk.act(stages.go_on, task_id, **common)
        tell("task_stage_now", task=task_id, stage=stage.word(lang()))
        return
    desk.act(stages.advise, task_id, channel=channel, **common)
    (*_, sent) = desk.read(get_task, task_id, desk.clock()).advices
    click.echo(sent.text_zh if lang() == "zh" else sent.text_en)
    tell("task_advised", task=task_id, due=task_text.moment(sent.answer_due))


def _papers(documents: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"kind": kind, "number": number} for kind, number in documents]


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()))


def _done(task_id: int, state: State) -> None:
    tell("task_done", task=task_id, state=state.word(lang()))


def _json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v)))
