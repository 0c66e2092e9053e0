"""``risk report``: the situation report of a period; and reports of all kinds, from draft to publication, as page, PDF, Word and workbook."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.moments import parse_moment
from risk.cli.output import lang, tell
from risk.cli.pairs import read_pairs
from risk.domain.calendar import SHANGHAI
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.report_views import IssueView

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
NUMBER = click.argument("report_id", metavar="ID", type=int)
KINDS = click.Choice(["daily", "weekly", "monthly", "special", "offices"])
REASONED = ("send_back", "withdraw")

register(
    {
        "report_written": ("报告已生成：{path}", "the report is written: {path}"),
        "report_line": ("{id}　{state}　{title}　数据截至 {cutoff}{number}", "{id}  {state}  {title}  data up to {cutoff}{number}"),
        "report_none": ("没有报告", "no reports"),
        "report_event_line": ("　　{at}　{actor}　{event}{reason}", "    {at}  {actor}  {event}{reason}"),
        "report_same": ("结果相同：校验值 {hash}", "the same result: checksum {hash}"),
        "report_differs": ("{count} 处不同：", "{count} differences:"),
        "report_broken": ("存储的数字与其校验值不符", "the stored numbers do not have their checksum any more"),
        "report_difference": ("　　{path}：{frozen} → {now}", "    {path}: {frozen} → {now}"),
        "report_did_make": ("生成", "made"),
        "report_did_remark": ("写入意见", "written into"),
        "report_did_dress": ("设置公文要素", "dressed"),
        "report_did_approve": ("审核通过", "approved"),
        "report_did_send_back": ("退回", "sent back"),
        "report_did_sign": ("签发", "signed"),
        "report_did_publish": ("印发", "published"),
        "report_did_withdraw": ("撤回", "withdrawn"),
    }
)


@click.group(invoke_without_command=True)
@click.option("--period", default="latest", show_default=True, help="2026-10 or latest / 月份或 latest")
@click.option("--region", help="of which place: code or name / 地区（代码或名称）")
@click.option("--department", help="whose tasks, e.g. market_supervision / 部门")
@click.option("--format", "format_", type=click.Choice(["html", "json"]), default="html", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="file to write / 输出文件")
@click.option("--actor", default="operator", show_default=True, help="who asks / 操作人")
@click.pass_context
def report(
    context: click.Context, *, period: str, region: str | None, department: str | None, format_: str, output: Path | None, actor: str
) -> None:
    """Situation report of a period, frozen to the newest finished run; or, by sub-command, reports of all kinds as they live. / 报告"""
    if context.invoked_subcommand is None:
        _situation(period, region, department, format_, output, actor)


def _situation(period: str, region: str | None, department: str | None, format_: str, output: Path | None, actor: str) -> None:
    from risk.bootstrap import open_store
    from risk.services import reporting

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        numbers = reporting.make(engine, period, actor=actor, now=datetime.now(UTC), region=region, department=department)
    finally:
        engine.dispose()
    if format_ == "json":
        text = json.dumps(numbers, ensure_ascii=False, indent=2)
        if output is None:
            click.echo(text)
            return
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n", encoding="utf-8")
        path = output
    else:
        path = reporting.write(numbers, settings.reports_dir, lang(), output)
    tell("report_written", path=path)


@report.command()
@click.argument("kind", type=KINDS)
@click.option(
    "--period", default="latest", show_default=True, help="2026-10-31, 2026-W44, 2026-10, 2026-Q4, 2026-10-01..2026-10-15 / 报告期"
)
@click.option("--about", default="", help="model:NAME, place:NAME, event:ID / 专报的对象")
@click.option("--region", help="of which place: code or name / 地区")
@click.option("--department", help="whose tasks / 部门")
@click.option("--cutoff", help="data up to this moment (default: the newest run) / 数据截止时刻")
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf", "docx", "xlsx", "json"]), multiple=True, help="write these at once / 同时输出"
)
@ACTOR
def make(
    *,
    kind: str,
    period: str,
    about: str,
    region: str | None,
    department: str | None,
    cutoff: str | None,
    formats: tuple[str, ...],
    actor: str,
) -> None:
    """Make a draft / 生成草稿."""
    from risk.services import report_issues

    desk, asked = _desk(), report_issues.Asked(kind, period, about, region, department)
    at = parse_moment(cutoff) if cutoff else None
    number = report_issues.make(desk.engine, asked, actor=actor, now=desk.clock(), cutoff=at)
    _line(desk.read(report_issues.get, number))
    for form in formats:
        _write(desk, number, form, lang(), None)


@report.command("list")
@click.option("--kind", type=click.Choice(["daily", "weekly", "monthly", "special", "offices", "situation"]))
@click.option("--state", type=click.Choice(["draft", "approved", "signed", "published", "withdrawn"]))
def list_(kind: str | None, state: str | None) -> None:
    """Reports, the newest first / 报告列表."""
    from risk.services import views_reports

    page = _desk().read(views_reports.list_reports, kind=kind, state=state, limit=200)
    for row in page.items:
        title = (row.title_zh if lang() == "zh" else row.title_en) or f"{row.kind} {row.period}"
        _told(row.id, row.state, title, row.cutoff, row.number)
    if not page.items:
        tell("report_none")


@report.command()
@NUMBER
def show(report_id: int) -> None:
    """One report, who did what when / 一份报告及其经过."""
    from risk.services import report_issues

    view = _desk().read(report_issues.get, report_id)
    _line(view)
    for one in view.history:
        reason = f"：{one.reason}" if one.reason else ""
        facts = {"at": _local(one.at), "actor": one.actor, "event": say(f"report_did_{one.event}", lang()), "reason": reason}
        tell("report_event_line", **facts)


@report.command()
@NUMBER
@click.option("--format", "formats", type=click.Choice(["html", "pdf", "docx", "xlsx", "json"]), multiple=True, required=True)
@click.option("--lang", "language", type=click.Choice(["zh", "en"]), help="default: RISK_LANG / 语言")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="folder (default: reports in RISK_HOME) / 输出目录")
def render(report_id: int, formats: tuple[str, ...], language: str | None, output: Path | None) -> None:
    """Write files: page, PDF, Word (GB/T 9704), Excel / 输出文件."""
    desk = _desk()
    for form in formats:
        _write(desk, report_id, form, language or lang(), output)


@report.command()
@NUMBER
def compare(report_id: int) -> None:
    """Make the numbers again and compare; ends with 1 where they differ / 重做并比对."""
    from risk.services import report_compare

    found = _desk().read(report_compare.compare, report_id)
    if not found.intact:
        tell("report_broken")
    if found.same:
        tell("report_same", hash=found.now_hash)
    else:
        tell("report_differs", count=found.count)
        for one in found.differences:
            tell("report_difference", path=one.path, frozen=one.frozen, now=one.now)
    if not (found.same and found.intact):
        click.get_current_context().exit(1)


@report.command()
@NUMBER
@click.option("--chapter", required=True, help="overall, outlook, measures … / 章节")
@click.option("--text", required=True, help="nothing takes it out / 意见")
@ACTOR
def remark(report_id: int, chapter: str, text: str, actor: str) -> None:
    """Write into a chapter of a draft / 写入研判意见."""
    from risk.services import report_issues

    desk = _desk()
    _line(desk.act(report_issues.remark, report_id, chapter, text, actor=actor, now=desk.clock()))


@report.command()
@NUMBER
@click.option(
    "--set",
    "given",
    metavar="NAME=VALUE",
    multiple=True,
    help="issuer=…, copies=甲,乙, secrecy=秘密 …; what is not given is taken away / 公文要素",
)
@ACTOR
def dress(report_id: int, given: tuple[str, ...], actor: str) -> None:
    """What the printed document carries besides its text (GB/T 9704) / 公文要素."""
    from risk.domain.report_dress import LISTS
    from risk.services import report_issues

    desk = _desk()
    values = {
        name: [part for part in value.replace("，", ",").split(",") if part] if name in LISTS else value
        for name, value in read_pairs(given).items()
    }
    _line(desk.act(report_issues.dress, report_id, values, actor=actor, now=desk.clock()))


def _step(name: str, words: str) -> None:
    """A command for one step of a report's life."""

    @report.command(name.replace("_", "-"), help=words)
    @NUMBER
    @click.option("--reason", default="", required=name in REASONED, help="why / 理由")
    @click.option("--number", default="", hidden=name != "publish", help="document number / 文号")
    @ACTOR
    def take(report_id: int, reason: str, number: str, actor: str) -> None:
        from risk.services import report_issues

        desk = _desk()
        _line(desk.act(report_issues.step, report_id, name, actor=actor, now=desk.clock(), reason=reason, number=number))


_step("approve", "Approve a draft of somebody else / 审核通过.")
_step("send_back", "Back to a draft, with a reason / 退回修改.")
_step("sign", "Sign / 签发.")
_step("publish", "Publish, with a document number if there is one / 印发.")
_step("withdraw", "Withdraw, with a reason / 撤回.")


def _write(desk: Desk, report_id: int, form: str, language: str, folder: Path | None) -> None:
    from risk.services import report_files

    path = report_files.write(desk.engine, report_id, folder or Settings.from_environment().reports_dir, form, language)
    tell("report_written", path=path)


def _line(view: IssueView) -> None:
    _told(view.id, view.state, view.title_zh if lang() == "zh" else view.title_en, view.cutoff, view.number)


def _told(number: int, state: str, title: str, cutoff: datetime, given: str | None) -> None:
    facts: dict[str, Any] = {"id": number, "state": say(f"report_state_{state}", lang()), "title": title, "cutoff": _local(cutoff)}
    tell("report_line", **facts, number=f"　{given}" if given else "")


def _local(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.domain import report_states  # noqa: F401 - registers the words of states
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()))
