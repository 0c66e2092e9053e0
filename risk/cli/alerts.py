"""``risk alerts``: list, count, show, export, enter by hand, judge again. A warning is a clue, never a finding."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli import alert_text
from risk.cli.desks import open_desk, show_json
from risk.cli.moments import begin_moment, parse_moment
from risk.cli.output import lang, tell
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.alert_filters import AlertFilter

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
ALERT = click.argument("alert_id", metavar="ID", type=int)

register(
    {
        "alerts_none": ("没有符合条件的预警", "no alerts match"),
        "alerts_more": ("还有更多，继续查看：--cursor {cursor}", "there are more, go on with: --cursor {cursor}"),
        "alerts_exported": ("导出 {count} 行到 {path}", "{count} rows written to {path}"),
    }
)


def _filters(command: Any) -> Any:
    for option in reversed(
        (
            click.option("--model", help="risk model / 模型"),
            click.option("--grade", type=click.Choice([g.code for g in Grade if g]), help="grade / 等级"),
            click.option("--region", help="code or name, with what lies below / 地区（含下级）"),
            click.option("--status", type=click.Choice(["open", "tasked", "closed"]), help="status / 状态"),
            click.option("--office", help="office code / 承办单位代码"),
            click.option("--source", help="source of a signal behind it / 信号来源"),
            click.option("--subject", type=int, help="number of the subject / 主体编号"),
            click.option("--origin", type=click.Choice(["run", "manual", "warning"]), help="who raised it / 来路"),
            click.option("--text", help="in the title / 标题包含"),
            click.option("--from", "opened_from", help="opened from this moment on / 起始时刻"),
            click.option("--to", "opened_to", help="opened before this moment / 截止时刻"),
            click.option("--verdict/--no-verdict", "has_verdict", default=None, help="with or without a verdict / 有无结论"),
        )
    ):
        command = option(command)
    return command


@click.group()
def alerts() -> None:
    """List, show, enter and replay alerts: clues, not findings / 预警：列表、详情、人工登记、重新研判."""


@alerts.command("list")
@_filters
@click.option("--sort", type=click.Choice(["newest", "gravest", "probability", "updated"]), default="newest", show_default=True)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def list_(*, sort: str, limit: int, cursor: str | None, form: str, **given: Any) -> None:
    """Alerts in one of four orders / 预警列表."""
    from risk.services.views_alerts import list_alerts

    page = open_desk().read(list_alerts, _filter(given), sort=sort, limit=limit, cursor=cursor)
    if form == "json":
        show_json({"items": [asdict(row) for row in page.items], "cursor": page.cursor})
        return
    if not page.items:
        tell("alerts_none")
    for line in alert_text.list_lines(page.items, lang()):
        click.echo(line)
    if page.cursor:
        tell("alerts_more", cursor=page.cursor)


@alerts.command()
@_filters
def counts(**given: Any) -> None:
    """How many, by grade, status, model and origin / 计数."""
    from risk.services.views_alerts import count_alerts

    for line in alert_text.count_lines(open_desk().read(count_alerts, _filter(given)), lang()):
        click.echo(line)


@alerts.command()
@ALERT
@FORMAT
def show(alert_id: int, form: str) -> None:
    """One alert: who, where, why, by which law, versions, history, what hangs together / 预警详情."""
    from risk.services import alert_page

    desk = open_desk()
    page = desk.read(alert_page.page, alert_id, desk.clock())
    if form == "json":
        show_json(asdict(page))
        return
    for line in alert_text.page_lines(page, lang()):
        click.echo(line)


@alerts.command()
@ALERT
@FORMAT
def replay(alert_id: int, form: str) -> None:
    """Judge again by the rules, model and knowledge of then: same result, or what changed / 重新研判."""
    from risk.bootstrap import open_scorer, open_store
    from risk.services import alert_replay
    from risk.services.desk import Desk

    settings = Settings.from_environment()
    engine = open_store(settings)
    scorer = open_scorer(settings, engine=engine)
    found = Desk(engine).read(alert_replay.replay, scorer, alert_id, registry_dir=settings.registry_dir)
    if form == "json":
        show_json(asdict(found))
        return
    for line in alert_text.replay_lines(found, lang()):
        click.echo(line)


@alerts.command()
@_filters
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "form", type=click.Choice(["csv", "ndjson"]), default="csv", show_default=True)
@ACTOR
def export(*, path: Path, form: Any, actor: str, **given: Any) -> None:
    """Write alerts to a file, on the record / 导出预警（留痕）."""
    from risk.services import alert_export

    desk, filters = open_desk(), _filter(given)
    text = alert_export.lines(alert_export.reader(desk.read, filters), form)
    desk.act(alert_export.record, filters, form, actor=actor, now=desk.clock())
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        for part in text:
            out.write(part)
            count += part.count("\n")
    tell("alerts_exported", count=count - (form == "csv"), path=path)


@alerts.command()
@click.option("--key", required=True, help="your own key: given again, it is the same entry / 幂等键")
@click.option("--model", required=True, help="risk model / 模型")
@click.option("--text", default="", help="what the clue says / 线索内容")
@click.option("--signal", "signal_id", type=int, help="a stored signal instead of a text / 已有信号编号")
@click.option("--as-seen", is_flag=True, help="the text is what a trader published, word for word / 内容为经营者发布的原文")
@click.option("--reason", required=True, help="why it is entered / 登记理由")
@click.option("--channel", default="telephone", show_default=True, help="telephone, letter, visit, online, transfer, patrol / 接收方式")
@click.option("--source", default="", help="named source / 来源")
@click.option("--received", help="when it reached the office / 接收时间")
@click.option("--uscc", help="统一社会信用代码")
@click.option("--name", help="name of the subject / 主体名称")
@click.option("--platform", help="platform / 平台")
@click.option("--shop", help="shop / 店铺")
@click.option("--region", help="division code, name or address / 地区")
@click.option("--url", help="where it was seen / 链接")
@click.option("--grade", type=click.Choice([g.code for g in Grade if g]), help="your grade, within limits / 人工定级")
@click.option("--judge/--no-judge", default=True, show_default=True, help="let rules and models judge it at once / 是否立即研判")
@click.option("--reporter-name", help="who told it / 举报人")
@click.option("--reporter-phone", help="telephone of who told it / 举报人电话")
@click.option("--wants-answer", is_flag=True, help="asks to be told what came of it / 要求答复")
@click.option("--office", help="your office code / 本单位代码")
@ACTOR
def add(*, actor: str, judge: bool, received: str | None, grade: str | None, **given: Any) -> None:
    """Enter a clue by hand: a call, a letter, something seen / 人工登记预警."""
    from risk.bootstrap import open_scorer, open_store
    from risk.domain.alerts_manual import Reporter
    from risk.domain.signals import SubjectKeys
    from risk.services import manual_alerts
    from risk.services.desk import Desk
    from risk.services.manual_alerts import Entry

    settings = Settings.from_environment()
    engine = open_store(settings)
    scorer = open_scorer(settings, engine=engine) if judge else None
    entry = Entry(
        key=given["key"],
        model=given["model"],
        reason=given["reason"],
        text=given["text"],
        signal_id=given["signal_id"],
        channel=given["channel"],
        source=given["source"],
        received_at=parse_moment(received) if received else None,
        subject=SubjectKeys(given["uscc"], None, given["platform"], given["shop"], given["name"]),
        region=given["region"],
        url=given["url"],
        grade=Grade.parse(grade) if grade else None,
        office_code=given["office"],
        reporter=Reporter(given["reporter_name"], given["reporter_phone"], None, given["wants_answer"]),
        as_seen=given["as_seen"],
    )
    desk = Desk(engine)
    receipt = desk.act(manual_alerts.add, entry, actor=actor, now=desk.clock(), scorer=scorer)
    for line in alert_text.receipt_lines(receipt, lang()):
        click.echo(line)


def _filter(given: dict[str, Any]) -> AlertFilter:
    from risk.services.alert_filters import AlertFilter

    read: dict[str, Any] = {"opened_from": begin_moment(given["opened_from"]) if given.get("opened_from") else None}
    read["opened_to"] = parse_moment(given["opened_to"]) if given.get("opened_to") else None
    read["grade"] = Grade.parse(given["grade"]) if given.get("grade") else None
    return AlertFilter(**{**given, **read})
