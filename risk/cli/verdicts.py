"""``risk verdicts``: what verification found, its second review, appeals and corrections, and what followed. Who acts is the named ``--actor``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.cli.task_text import moment
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say
from risk.domain.system_messages import quoted, reason_of
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.domain.authority import Principal
    from risk.services.desk import Desk

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
REASON = click.option("--reason", required=True, help="why / 理由")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
VERDICT = click.argument("verdict_id", metavar="ID", type=int)
FILE = click.option(
    "--file", "path", required=True, type=click.Path(path_type=Path, dir_okay=False), help="the report as JSON / 结论内容（JSON）"
)

register(
    {
        "life_open": ("待处理", "open"),
        "life_passed": ("已通过", "passed"),
        "life_sent_back": ("已退回", "sent back"),
        "life_void": ("已失效", "void"),
        "life_upheld": ("维持", "upheld"),
        "life_overturned": ("撤销原结论", "overturned"),
        "life_withdrawn": ("已撤回", "withdrawn"),
        "life_taken": ("处理中", "taken"),
        "life_done": ("已办结", "done"),
        "life_sent": ("已发送", "sent"),
        "life_owed": ("待告知", "owed"),
        "life_told": ("已告知", "told"),
        "verdicts_none": ("没有符合条件的核查结论", "no verdicts match"),
        "verdicts_more": ("还有更多：--cursor {cursor}", "there is more: --cursor {cursor}"),
        "verdict_row": (
            "{id}  任务 {task}  {result} {title}{sub}  {state}  {at}{old}",
            "{id}  task {task}  {result} {title}{sub}  {state}  {at}{old}",
        ),
        "verdict_old": ("（已更正）", " (corrected)"),
        "verdict_filed": ("结论 {id} 已提交", "verdict {id} is reported"),
        "verdict_corrected": (
            "结论 {id} 已由结论 {new} 更正，须重新审核",
            "verdict {id} is corrected by {new}, which must be accepted anew",
        ),
        "verdict_fits": ("内容符合要求", "the report fits"),
        "verdict_same": ("两个版本没有差异", "the two do not differ"),
        "verdict_difference": ("{field}：{before} → {after}", "{field}: {before} → {after}"),
        "review_row": (
            "复核 {id}  结论 {verdict}  {result} {title}  {why}  {state}",
            "review {id}  verdict {verdict}  {result} {title}  {why}  {state}",
        ),
        "reviews_none": ("没有待复核的结论", "no verdict waits for review"),
        "review_passed": ("复核通过，结论已生效，生成 {count} 条标签", "passed: the verdict is final, {count} label(s) written"),
        "review_sent_back": ("复核退回，须更正结论", "sent back: the verdict must be corrected"),
        "review_one": ("请给出 --pass 或者 --send-back", "give --pass or --send-back"),
        "appeal_filed": ("申诉 {id} 已登记", "the appeal {id} is entered"),
        "appeal_decided": ("申诉 {id}：{outcome}", "appeal {id}: {outcome}"),
        "appeal_row": ("申诉 {id}  结论 {verdict}  {appellant}  {state}", "appeal {id}  verdict {verdict}  {appellant}  {state}"),
        "appeals_none": ("没有申诉", "no appeals"),
        "repair_row": (
            "修正 {id}  结论 {verdict}  {owner}  {why}  {rules}  {state}",
            "repair {id}  verdict {verdict}  {owner}  {why}  {rules}  {state}",
        ),
        "repairs_none": ("没有修正任务", "no repairs"),
        "feedback_row": (
            "反馈 {id}  结论 {verdict}  {sender}  {result}  {state}{due}",
            "feedback {id}  verdict {verdict}  {sender}  {result}  {state}{due}",
        ),
        "feedback_due": ("  应于 {at} 前告知", "  to be told by {at}"),
        "feedback_late_mark": ("  逾期", "  late"),
        "feedback_none": ("没有要反馈的线索", "nothing is to be told"),
        "numbers_rate": (
            "已生效 {final}，有结论 {deciding}，属实率 {rate}（{low}–{high}）",
            "final {final}, deciding {deciding}, confirmed {rate} ({low}–{high})",
        ),
        "numbers_unknown": ("已生效 {final}，尚无可计算的属实率", "final {final}, no rate can be told yet"),
        "numbers_code": ("  {result} {title}：{count}", "  {result} {title}: {count}"),
        "file_unreadable": ("无法读取 {path}：{reason}", "cannot read {path}: {reason}"),
        "file_unreadable.hint": (
            "应为 UTF-8 的 JSON 对象，字段见 docs 中 POST /verdicts",
            "it should be a JSON object in UTF-8, with the fields of POST /verdicts",
        ),
        "handlers_are": ("核查人员：{names}", "handlers: {names}"),
        "attachment_line": ("附件 {id}：{name}（{size} 字节）", "attachment {id}: {name} ({size} bytes)"),
        "step_line": ("{at}  {event}  {actor}  {reason}", "{at}  {event}  {actor}  {reason}"),
    }
)


@click.group()
def verdicts() -> None:
    """What verification found; reviews, appeals, corrections / 核查结论：复核、申诉、更正."""


@verdicts.command("list")
@click.option("--model", help="risk model / 模型")
@click.option("--code", help="result code / 结果代码")
@click.option("--state", type=click.Choice(["reported", "accepted", "under_review", "final", "sent_back"]), help="state / 状态")
@click.option("--task", type=int, help="task / 任务")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def list_(*, model: str | None, code: str | None, state: str | None, task: int | None, limit: int, cursor: str | None, form: str) -> None:
    """Verdicts, the newest first / 结论列表."""
    from risk.domain.review import Standing
    from risk.services import views_verdicts
    from risk.services.views_verdicts import VerdictFilter

    page = desk().read(views_verdicts.list_verdicts, VerdictFilter(model, code, state, task), limit=limit, cursor=cursor)
    if form == "json":
        show_json(asdict(page))
        return
    for one in page.items:
        title = one.title_zh if lang() == "zh" else one.title_en
        tell(
            "verdict_row",
            id=one.id,
            task=one.task_id,
            result=one.code,
            title=title,
            sub=f" [{one.sub_reason}]" if one.sub_reason else "",
            state=Standing(one.state).word(lang()),
            at=moment(one.reported_at),
            old=say("verdict_old", lang()) if one.superseded else "",
        )
    _end(page.items, "verdicts_none", page.cursor)


@verdicts.command()
@VERDICT
@FORMAT
def show(verdict_id: int, form: str) -> None:
    """One verdict with its acts, attachments and events / 结论详情."""
    from risk.services import verdict_detail, verdict_events

    one = desk().read(verdict_detail.get_verdict, verdict_id, desk().clock())
    if form == "json":
        show_json(asdict(one))
        return
    zh = lang() == "zh"
    row, title = one.verdict, one.verdict.title_zh if zh else one.verdict.title_en
    sub = one.sub_reason_zh if zh else one.sub_reason_en
    state = one.state_zh if zh else one.state_en
    facts = {"id": row.id, "task": row.task_id, "result": row.code, "title": title, "state": state, "at": moment(row.reported_at)}
    tell("verdict_row", **facts, sub=f" [{sub}]" if sub else "", old=say("verdict_old", lang()) if row.superseded else "")
    click.echo(f"  {row.facts}")
    handlers = [f"{one.name} {one.certificate}" for one in one.handlers] or list(row.officers)
    tell("handlers_are", names=("、" if zh else ", ").join(handlers))
    click.echo(f"  → {one.next_zh if zh else one.next_en}" + (f"（{one.basis}）" if one.basis else ""))
    for act in one.acts:
        click.echo(f"  {act.kind_zh if zh else act.kind_en} {act.number} {act.name}")
    for file in one.attachments:
        tell("attachment_line", id=file.id, name=file.name, size=file.size)
    for step in one.events:
        tell("step_line", at=moment(step.at), event=verdict_events.word(step.event), actor=step.actor, reason=step.reason or "")


@verdicts.command()
@click.argument("task_id", metavar="TASK", type=int)
@FILE
@ACTOR
@click.option("--reason", help="while questions to other offices are open / 协查未回复时的理由")
@click.option("--check", is_flag=True, help="only say what is wrong with it / 只检查")
def report(*, task_id: int, path: Path, actor: str, reason: str | None, check: bool) -> None:
    """Hand in a full report of a task / 提交完整结论."""
    from risk.domain.mistakes import MistakesError
    from risk.services import verdict_filing

    content, at = read_json(path), desk()
    if check:
        wrong = at.read(verdict_filing.mistakes, task_id, content, now=at.clock())
        if wrong:
            raise MistakesError(wrong)
        tell("verdict_fits")
        return
    tell("verdict_filed", id=at.act(verdict_filing.report, task_id, content, who=_by(actor), now=at.clock(), reason=reason))


@verdicts.command()
@VERDICT
@FILE
@REASON
@ACTOR
def correct(verdict_id: int, path: Path, reason: str, actor: str) -> None:
    """Replace a verdict; the old one stays / 更正结论，原结论保留."""
    from risk.services import verdict_filing

    at = desk()
    number = at.act(verdict_filing.correct_verdict, verdict_id, read_json(path), reason=reason, who=_by(actor), now=at.clock())
    tell("verdict_corrected", id=verdict_id, new=number)


@verdicts.command()
@VERDICT
@click.argument("other", type=int)
def diff(verdict_id: int, other: int) -> None:
    """What two versions of a verdict differ in / 版本差异."""
    from risk.services import verdict_detail

    found = desk().read(verdict_detail.diff, verdict_id, other)
    for one in found:
        before, after = (json.dumps(value, ensure_ascii=False, default=str) for value in (one.before, one.after))
        tell("verdict_difference", field=one.zh if lang() == "zh" else one.en, before=before, after=after)
    if not found:
        tell("verdict_same")


@verdicts.command()
@click.option("--all", "every", is_flag=True, help="those that are over, too / 含已结束")
def reviews(*, every: bool) -> None:
    """Verdicts that wait for a second review / 待复核."""
    from risk.services import reviews as service

    page = desk().read(service.list_reviews, state=None if every else "open", limit=500)
    zh = lang() == "zh"
    for one in page.items:
        why = ("、" if zh else ", ").join(one.reasons_zh if zh else one.reasons_en)
        title = one.title_zh if zh else one.title_en
        tell("review_row", id=one.id, verdict=one.verdict_id, result=one.code, title=title, why=why, state=_life(one.state))
    _end(page.items, "reviews_none", None)


@verdicts.command()
@click.argument("review_id", metavar="REVIEW", type=int)
@click.option("--pass/--send-back", "passed", default=None, help="通过 / 退回")
@click.option("--reason", default="", help="why / 理由")
@ACTOR
def review(*, review_id: int, passed: bool | None, reason: str, actor: str) -> None:
    """Pass a second review, or send the verdict back / 复核."""
    from risk.services import reviews as service

    at = desk()
    if passed is None:
        raise InvalidInputError("review_one")
    if passed:
        tell("review_passed", count=at.act(service.pass_, review_id, actor=actor, now=at.clock(), reason=reason or None))
    else:
        at.act(service.send_back, review_id, reason=reason, actor=actor, now=at.clock())
        tell("review_sent_back")


@verdicts.command()
@VERDICT
@click.option("--party", type=click.Choice(["trader", "department"]), required=True, help="经营者或者部门")
@click.option("--appellant", required=True, help="who contests / 申诉方")
@click.option("--grounds", required=True, help="why it is contested / 申诉理由")
@ACTOR
def appeal(*, verdict_id: int, party: str, appellant: str, grounds: str, actor: str) -> None:
    """Enter an appeal against a verdict / 登记申诉."""
    from risk.services import appeals as service

    at = desk()
    made = at.act(service.file, verdict_id, party=party, appellant=appellant, grounds=grounds, actor=actor, now=at.clock())
    tell("appeal_filed", id=made.id)


@verdicts.command()
@click.option("--state", type=click.Choice(["open", "upheld", "overturned", "withdrawn"]))
def appeals(state: str | None) -> None:
    """Appeals / 申诉列表."""
    from risk.services import appeals as service

    page = desk().read(service.list_appeals, state=state, limit=500)
    for one in page.items:
        tell("appeal_row", id=one.id, verdict=one.verdict_id, appellant=one.appellant, state=_life(one.state))
    _end(page.items, "appeals_none", None)


@verdicts.command()
@click.argument("appeal_id", metavar="APPEAL", type=int)
@click.option("--outcome", type=click.Choice(["upheld", "overturned"]), required=True, help="维持或者撤销")
@click.option("--file", "path", type=click.Path(path_type=Path, dir_okay=False), help="the correction as JSON / 更正内容（JSON）")
@REASON
@ACTOR
def decide(*, appeal_id: int, outcome: str, path: Path | None, reason: str, actor: str) -> None:
    """Decide an appeal; to overturn takes the correction / 处理申诉."""
    from risk.services import appeals as service

    at, correction = desk(), read_json(path) if path else None
    made = at.act(service.decide, appeal_id, outcome=outcome, reason=reason, who=_by(actor), now=at.clock(), correction=correction)
    tell("appeal_decided", id=made.id, outcome=service.word(made.state))


@verdicts.command()
@click.option("--state", type=click.Choice(["open", "taken", "done", "withdrawn"]))
def repairs(state: str | None) -> None:
    """What wrong warnings ask of the owners of data and rules / 修正任务."""
    from risk.services import repairs as service

    page = desk().read(service.list_repairs, state=state, limit=500)
    zh = lang() == "zh"
    for one in page.items:
        facts = {"owner": one.owner_zh if zh else one.owner_en, "why": one.reason_zh if zh else one.reason_en}
        tell("repair_row", id=one.id, verdict=one.verdict_id, rules=", ".join(one.rules) or "-", state=_life(one.state), **facts)
    _end(page.items, "repairs_none", None)


@verdicts.command()
@click.argument("repair_id", metavar="REPAIR", type=int)
@click.option("--outcome", type=click.Choice(["fixed", "nothing_wrong", "accepted"]), required=True)
@click.option("--answer", required=True, help="what was done / 处理情况")
@ACTOR
def repair(*, repair_id: int, outcome: str, answer: str, actor: str) -> None:
    """Close a repair / 办结修正任务."""
    from risk.services import repairs as service

    at = desk()
    one = at.act(service.close, repair_id, outcome=outcome, answer=answer, actor=actor, now=at.clock())
    zh = lang() == "zh"
    facts = {"owner": one.owner_zh if zh else one.owner_en, "why": one.reason_zh if zh else one.reason_en}
    tell("repair_row", id=one.id, verdict=one.verdict_id, rules=", ".join(one.rules) or "-", state=_life(one.state), **facts)


@verdicts.command()
@click.option("--late", is_flag=True, help="owed beyond the day the law sets / 逾期未告知")
@click.option("--state", type=click.Choice(["sent", "owed", "told", "withdrawn"]))
def feedback(*, late: bool, state: str | None) -> None:
    """What the senders of clues were told, and are owed / 线索反馈."""
    from risk.services import feedback as service

    page = desk().read(service.list_feedback, desk().clock(), state=state, late=late, limit=500)
    zh = lang() == "zh"
    for one in page.items:
        due = say("feedback_due", lang(), at=moment(one.due_at)) if one.due_at and one.state == "owed" else ""
        due += say("feedback_late_mark", lang()) if one.late else ""
        sender, result = f"{one.sender} {one.reference}", one.zh if zh else one.en
        tell("feedback_row", id=one.id, verdict=one.verdict_id, sender=sender, result=result, state=_life(one.state), due=due)
    _end(page.items, "feedback_none", None)


@verdicts.command()
@click.argument("feedback_id", metavar="FEEDBACK", type=int)
@click.option("--how", required=True, help="by telephone, by letter … / 告知方式")
@ACTOR
def told(feedback_id: int, how: str, actor: str) -> None:
    """A reporter was told / 登记已告知."""
    from risk.services import feedback as service

    at = desk()
    one = at.act(service.told, feedback_id, how=how, actor=actor, now=at.clock())
    result = one.zh if lang() == "zh" else one.en
    tell(
        "feedback_row",
        id=one.id,
        verdict=one.verdict_id,
        sender=f"{one.sender} {one.reference}",
        result=result,
        state=_life(one.state),
        due="",
    )


@verdicts.command()
@click.option("--model", help="risk model / 模型")
def numbers(model: str | None) -> None:
    """Verified rate and causes of final verdicts / 属实率与原因."""
    from risk.domain.verdicts import taxonomy
    from risk.services import verdict_numbers

    at = desk()
    found = at.read(verdict_numbers.verified, at.clock(), model=model)
    if found.rate is None or found.low is None or found.high is None:
        tell("numbers_unknown", final=found.final)
    else:
        shares = {"rate": f"{found.rate:.1%}", "low": f"{found.low:.1%}", "high": f"{found.high:.1%}"}
        tell("numbers_rate", final=found.final, deciding=found.deciding, **shares)
    for code, count in found.codes.items():
        kind = taxonomy().get(code)
        tell("numbers_code", result=code, title=kind.title(lang()) if kind else "", count=count)


def desk() -> Desk:
    """The desk of this store."""
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a file; ``InvalidInputError`` (``file_unreadable``)."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInputError("file_unreadable", path=path, reason=reason_of(error)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("file_unreadable", path=path, reason=quoted(error)) from error
    if not isinstance(found, dict):
        raise InvalidInputError("file_unreadable", path=path, reason=type(found).__name__)
    return found


def show_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if isinstance(v, datetime) else str(v)))


def _life(state: str) -> str:
    return say(f"life_{state}", lang(), default=state)


def _by(actor: str) -> Principal:
    from risk.domain.authority import local_principal

    return local_principal(actor)


def _end(items: Iterable[Any], none: str, cursor: str | None) -> None:
    if not tuple(items):
        tell(none)
    if cursor:
        tell("verdicts_more", cursor=cursor)
