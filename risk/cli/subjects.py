"""``risk subjects``: who warnings are about, what was known of them and when, and what came of each signal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from risk.cli.moments import parse_moment
from risk.cli.output import lang, tell
from risk.cli.task_text import moment
from risk.cli.verdicts import FORMAT, desk, show_json
from risk.domain.messages import register

SUBJECT = click.argument("subject_id", metavar="ID", type=int)
KNOWN = click.option("--known", help="as it was known then, e.g. 2026-10-01 / 按当时所知")

register(
    {
        "subjects_none": ("没有符合条件的主体", "no subjects match"),
        "subject_row": ("{id}  {name}  {uscc}  {region}", "{id}  {name}  {uscc}  {region}"),
        "subject_counts": ("  {what}：{count}", "  {what}: {count}"),
        "history_none": ("没有经过", "nothing is known"),
        "history_line": ("{at}  {text}  [{object}]", "{at}  {text}  [{object}]"),
        "history_cut": ("只列出最近的若干条：{kinds}", "only the newest are listed of: {kinds}"),
        "chain_title": ("预警 {alert}：{title}", "alert {alert}: {title}"),
        "count_signals": ("信号", "signals"),
        "count_alerts": ("预警", "alerts"),
        "count_verdicts": ("结论", "verdicts"),
        "count_acts": ("监管行为", "acts"),
        "count_penalties": ("处罚记录", "penalties"),
        "count_licences": ("许可记录", "licences"),
        "count_changes": ("登记变更", "registered changes"),
    }
)


@click.group()
def subjects() -> None:
    """Subjects, their history and chain of supervision / 主体、经过、监管信息链."""


@subjects.command("list")
@click.option("--q", help="code, or the beginning of a name / 信用代码或名称开头")
@click.option("--region", help="place, with what lies below / 地区")
@click.option("--alerted", is_flag=True, help="only those with an alert / 只看有预警的")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def list_(*, q: str | None, region: str | None, alerted: bool, limit: int, cursor: str | None, form: str) -> None:
    """Subjects, the newest entered first / 主体列表."""
    from risk.services import subject_views

    page = desk().read(subject_views.list_subjects, q=q, region=region, alerted=alerted, limit=limit, cursor=cursor)
    if form == "json":
        show_json(asdict(page))
        return
    for one in page.items:
        region_name = (one.region_zh if lang() == "zh" else one.region_en) or "-"
        tell("subject_row", id=one.id, name=one.name or "-", uscc=one.uscc or "-", region=region_name)
    if not page.items:
        tell("subjects_none")
    if page.cursor:
        tell("verdicts_more", cursor=page.cursor)


@subjects.command()
@SUBJECT
@FORMAT
def show(subject_id: int, form: str) -> None:
    """One subject / 主体详情."""
    from risk.domain.messages import say
    from risk.services import subject_views

    one = desk().read(subject_views.get_subject, subject_id)
    if form == "json":
        show_json(asdict(one))
        return
    row = one.subject
    tell(
        "subject_row",
        id=row.id,
        name=row.name or "-",
        uscc=row.uscc or "-",
        region=(row.region_zh if lang() == "zh" else row.region_en) or "-",
    )
    for name, value in one.facts.items():
        click.echo(f"  {name}: {value}")
    for name, count in one.counts.items():
        tell("subject_counts", what=say(f"count_{name}", lang()), count=count)


@subjects.command()
@SUBJECT
@KNOWN
@FORMAT
def history(subject_id: int, known: str | None, form: str) -> None:
    """What is known of a subject, or was at a moment / 主体经过."""
    from risk.services import subject_history

    at = desk()
    found = at.read(subject_history.history, subject_id, _known(known) or at.clock())
    if form == "json":
        show_json(asdict(found))
        return
    for one in found.entries:
        tell("history_line", at=moment(one.at), text=one.zh if lang() == "zh" else one.en, object=one.object)
    if not found.entries:
        tell("history_none")
    if found.cut:
        tell("history_cut", kinds=", ".join(found.cut))


@subjects.command()
@SUBJECT
@KNOWN
@FORMAT
def chain(subject_id: int, known: str | None, form: str) -> None:
    """From each signal to what came of it / 监管信息链."""
    from risk.services import subject_history

    at = desk()
    found = at.read(subject_history.chains, subject_id, _known(known) or at.clock())
    if form == "json":
        show_json([asdict(one) for one in found])
        return
    for alert in found:
        tell("chain_title", alert=alert.alert_id, title=alert.title_zh if lang() == "zh" else alert.title_en)
        for one in (*alert.signals, *alert.steps):
            click.echo("  ", nl=False)
            tell("history_line", at=moment(one.at), text=one.zh if lang() == "zh" else one.en, object=one.object)
    if not found:
        tell("history_none")


def _known(text: str | None) -> datetime | None:
    return parse_moment(text) if text else None
