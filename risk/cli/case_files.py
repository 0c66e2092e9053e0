"""``risk events``: case files of events, from their cause to their result."""

from __future__ import annotations

from pathlib import Path

import click

from risk.cli.accounts import ACTOR, opened
from risk.cli.moments import begin_moment, parse_moment
from risk.cli.output import lang, tell
from risk.domain.messages import MESSAGES, Told, register
from risk.settings import Settings

NUMBER = click.argument("case_file_id", metavar="ID", type=int)
REASON = click.option("--reason", required=True, help="why / 理由")
KINDS = click.Choice(["alert", "subject", "signal", "task", "verdict", "act"])

register(
    {
        "case_cli_none": ("没有重点事件", "no case files"),
        "case_cli_row": (
            "{id:>4}  {number}  {state}  {level}  {title}（{office}）",
            "{id:>4}  {number}  {state}  {level}  {title} ({office})",
        ),
        "case_cli_made": ("重点事件 {id}（{number}）：已立卷", "case file {id} ({number}): opened"),
        "case_cli_state": ("重点事件 {id}：{state}", "case file {id}: {state}"),
        "case_cli_entry": ("已登记：{id}", "written: {id}"),
        "case_cli_linked": ("新关联 {added} 个，已有 {known} 个", "{added} linked, {known} were there"),
        "case_cli_removed": ("已移除关联 {id}", "the link {id} was taken out"),
        "case_cli_declined": ("预警 {id}：不纳入", "the alert {id} was declined"),
        "case_cli_joined": ("单位 {office}：已参与", "the office {office} takes part"),
        "case_cli_left": ("单位 {office}：已退出", "the office {office} takes part no longer"),
        "case_cli_line": ("{at}  {text}", "{at}  {text}"),
        "case_cli_figure": ("{name}：{value}", "{name}: {value}"),
        "case_cli_outside": ("另有 {n} 项关联不在范围内", "{n} more outside the scope"),
        "case_cli_file": ("已写入 {path}", "written to {path}"),
    }
)


@click.group("events")
def events() -> None:
    """Case files of events / 重点事件跟踪."""


@events.command("list")
@click.option("--state", type=click.Choice(["opened", "active", "easing", "closed"]))
@click.option("--region", help="place, with what lies below / 地区")
@click.option("--text", help="in the title / 标题包含")
def list_(state: str | None, region: str | None, text: str | None) -> None:
    """Case files, the newest first / 重点事件列表."""
    from risk.services import case_files

    with opened(Settings.from_environment()) as desk:
        page = desk.read(case_files.list_files, case_files.CaseFileFilter(state=state, region=region, text=text), limit=200)
    if not page.items:
        tell("case_cli_none")
    for one in page.items:
        office, level = Told(one.lead_office_zh, one.lead_office_en), Told(one.level_zh, one.level_en)
        tell("case_cli_row", id=one.id, number=one.number, state=_state(one.state), level=level, title=one.title, office=office)


@events.command()
@click.option("--title", required=True, help="标题")
@click.option("--model", required=True, help="the field / 领域（模型）")
@click.option("--level", default="ordinary", show_default=True, help="级别")
@click.option("--place", "places", multiple=True, required=True, help="may be given again / 地区，可多次")
@click.option("--office", required=True, help="lead office / 牵头单位代码")
@click.option("--join", "offices", multiple=True, help="an office that takes part; may be given again / 参与单位，可多次")
@click.option("--owner", required=True, help="who is responsible / 负责人")
@click.option("--cause", required=True, help="起因")
@ACTOR
def create(
    *,
    title: str,
    model: str,
    level: str,
    places: tuple[str, ...],
    office: str,
    offices: tuple[str, ...],
    owner: str,
    cause: str,
    actor: str,
) -> None:
    """Open a case file / 立卷."""
    from risk.services import case_files

    with opened(Settings.from_environment()) as desk:
        number = desk.act(
            case_files.create,
            title=title,
            model=model,
            level=level,
            places=places,
            lead_office=office,
            offices=offices,
            owner=owner,
            cause=cause,
            actor=actor,
            now=desk.clock(),
        )
        view = desk.read(case_files.show, number)
    tell("case_cli_made", id=number, number=view.file.number)


@events.command()
@NUMBER
@click.argument("step", type=click.Choice(["activate", "ease", "close", "reopen"]))
@REASON
@ACTOR
def step(case_file_id: int, step: str, reason: str, actor: str) -> None:
    """Move a file on / 状态变更."""
    from risk.services import case_files

    with opened(Settings.from_environment()) as desk:
        desk.act(case_files.step, case_file_id, step, reason=reason, actor=actor, now=desk.clock())
        view = desk.read(case_files.show, case_file_id)
    tell("case_cli_state", id=case_file_id, state=_state(view.file.state))


@events.command()
@NUMBER
@click.option("--title", help="标题")
@click.option("--level", help="级别")
@click.option("--place", "places", multiple=True, help="may be given again / 地区，可多次")
@click.option("--owner", help="负责人")
@REASON
@ACTOR
def change(
    case_file_id: int, title: str | None, level: str | None, places: tuple[str, ...], owner: str | None, reason: str, actor: str
) -> None:
    """Change particulars / 修改卷宗信息."""
    from risk.services import case_files

    given = {"title": title, "level": level, "places": places or None, "owner": owner}
    wanted = {name: value for name, value in given.items() if value is not None}
    with opened(Settings.from_environment()) as desk:
        desk.act(case_files.change, case_file_id, wanted, reason=reason, actor=actor, now=desk.clock())
        view = desk.read(case_files.show, case_file_id)
    tell("case_cli_state", id=case_file_id, state=_state(view.file.state))


@events.command()
@NUMBER
@click.option("--kind", required=True, help="cause, development, impact, opinion, response, measure, result, note / 要素")
@click.option("--text", required=True, help="内容")
@click.option("--at", help="when it happened / 发生时间")
@click.option("--amount", help="yuan / 涉及金额（元）")
@click.option("--corrects", type=int, help="the entry it corrects / 更正的登记")
@ACTOR
def write(*, case_file_id: int, kind: str, text: str, at: str | None, amount: str | None, corrects: int | None, actor: str) -> None:
    """Write in a file / 登记."""
    from risk.services import case_files

    entry = case_files.Written(kind, text, begin_moment(at) if at else None, amount, supersedes=corrects)
    with opened(Settings.from_environment()) as desk:
        number = desk.act(case_files.write, case_file_id, entry, actor=actor, now=desk.clock())
    tell("case_cli_entry", id=number)


@events.command()
@NUMBER
@click.argument("kind", type=KINDS)
@click.argument("ids", type=int, nargs=-1, required=True)
@click.option("--note", help="备注")
@ACTOR
def link(case_file_id: int, kind: str, ids: tuple[int, ...], note: str | None, actor: str) -> None:
    """Link things / 关联对象."""
    from risk.services import case_file_links

    with opened(Settings.from_environment()) as desk:
        done = desk.act(case_file_links.link, case_file_id, kind, ids, note=note, actor=actor, now=desk.clock())
    tell("case_cli_linked", added=done.added, known=done.known)


@events.command()
@NUMBER
@click.argument("link_id", type=int)
@REASON
@ACTOR
def unlink(case_file_id: int, link_id: int, reason: str, actor: str) -> None:
    """Take a thing out / 移除关联."""
    from risk.services import case_file_links

    with opened(Settings.from_environment()) as desk:
        desk.act(case_file_links.unlink, case_file_id, link_id, reason=reason, actor=actor, now=desk.clock())
    tell("case_cli_removed", id=link_id)


@events.command()
@NUMBER
@click.option("--decline", type=int, help="an alert that does not belong here / 不纳入的预警")
@click.option("--reason", default="", help="why / 理由")
@ACTOR
def offers(case_file_id: int, decline: int | None, reason: str, actor: str) -> None:
    """New clues on linked subjects; decline one / 关联主体的新预警."""
    from risk.services import case_file_links

    with opened(Settings.from_environment()) as desk:
        if decline is not None:
            desk.act(case_file_links.decline, case_file_id, decline, reason=reason, actor=actor, now=desk.clock())
            tell("case_cli_declined", id=decline)
        for one in desk.read(case_file_links.offers, case_file_id):
            tell("case_cli_line", at=one.id, text=Told(one.zh, one.en))


@events.command()
@NUMBER
@click.argument("office")
@click.option("--leave", is_flag=True, help="takes part no longer / 退出")
@REASON
@ACTOR
def office(*, case_file_id: int, office: str, leave: bool, reason: str, actor: str) -> None:
    """Let an office take part, or no longer / 单位参与或退出."""
    from risk.services import case_files

    with opened(Settings.from_environment()) as desk:
        act = case_files.leave if leave else case_files.join
        desk.act(act, case_file_id, office, reason=reason, actor=actor, now=desk.clock())
    tell("case_cli_left" if leave else "case_cli_joined", office=office)


@events.command()
@NUMBER
@click.option("--known", help="as it was known at a moment / 按某时点已知")
def show(case_file_id: int, known: str | None) -> None:
    """Figures and timeline / 数据与时间线."""
    from risk.domain.calendar import SHANGHAI
    from risk.services import case_file_figures, case_file_timeline, case_files

    with opened(Settings.from_environment()) as desk:
        at = parse_moment(known) if known else desk.clock()
        view = desk.read(case_files.show, case_file_id)
        told = desk.read(case_file_figures.figures, case_file_id, at)
        line = desk.read(case_file_timeline.timeline, case_file_id, at)
    one = view.file
    office, level = Told(one.lead_office_zh, one.lead_office_en), Told(one.level_zh, one.level_en)
    tell("case_cli_row", id=one.id, number=one.number, state=_state(one.state), level=level, title=one.title, office=office)
    for figure in told.figures:
        value = figure.count if figure.count is not None else figure.amount or "-"
        tell("case_cli_figure", name=Told(figure.zh, figure.en), value=value)
    for entry in line.entries:
        tell("case_cli_line", at=f"{entry.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", text=entry.zh if lang() == "zh" else entry.en)


@events.command()
@NUMBER
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="文件")
@click.option("--known", help="as it was known at a moment / 按某时点已知")
@ACTOR
def export(case_file_id: int, form: str, output: Path, known: str | None, actor: str) -> None:
    """Export the timeline, on the record / 导出时间线."""
    from risk.services import case_file_export

    with opened(Settings.from_environment()) as desk:
        now = desk.clock()
        at = parse_moment(known) if known else now
        kind: case_file_export.Form = "csv" if form == "csv" else "json"
        _, text = desk.act(case_file_export.export, case_file_id, at, kind, actor=actor, now=now)
    output.write_text(text, encoding="utf-8", newline="")
    tell("case_cli_file", path=output)


def _state(state: str) -> Told:
    return Told(*MESSAGES[f"case_state_{state}"])
