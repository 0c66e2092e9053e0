"""``risk campaigns``: special campaigns, from draft to the numbers of the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.campaigns import Added, Choice
    from risk.services.desk import Desk

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
NUMBER = click.argument("campaign_id", metavar="ID", type=int)


def _choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a choice."""
    for option in (
        click.option("--since", help="alerts opened since this day / 此日以来的预警"),
        click.option("--industry", help="beginning of the industry code / 行业代码"),
        click.option("--grade", type=click.Choice(["blue", "yellow", "orange", "red"]), help="this grade or graver / 等级及以上"),
        click.option("--model", help="risk model / 模型"),
        click.option("--region", help="place, with what lies below / 地区"),
        click.option("--id", "ids", type=int, multiple=True, help="by number, may be given again / 编号，可多次"),
        click.option("--what", type=click.Choice(["subjects", "alerts"]), default="subjects", show_default=True, help="主体或预警"),
    ):
        command = option(command)
    return command


register(
    {
        "campaign_made": ("专项整治 {campaign}：已拟定", "campaign {campaign}: drafted"),
        "campaign_ran": (
            "专项整治 {campaign}：对象 {items} 个，派发任务 {tasks} 个",
            "campaign {campaign}: {items} taken in, {tasks} task(s) issued",
        ),
        "campaign_done": ("专项整治 {campaign}：已结束", "campaign {campaign}: ended"),
        "campaigns_none": ("没有专项整治", "no campaigns"),
        "campaign_row": ("{id}　{name}　{state}　{start} 至 {end}　{items}", "{id}  {name}  {state}  {start} to {end}  {items}"),
        "campaign_draft": ("拟定", "draft"),
        "campaign_running": ("进行中", "running"),
        "campaign_ended": ("已结束", "ended"),
        "campaign_counts": (
            "{office}：任务 {tasks}，签收 {signed}，反馈 {reported}，办结 {closed}，属实 {confirmed}，逾期 {late}",
            "{office}: {tasks} task(s), {signed} signed for, {reported} reported, {closed} closed, {confirmed} confirmed, {late} late",
        ),
        "campaign_verdicts": ("结论：{codes}", "verdicts: {codes}"),
        "campaign_bad_day": ("日期应为 2026-10-01 的形式：{text}", "a day is written 2026-10-01: {text}"),
    }
)


@click.group()
def campaigns() -> None:
    """Special campaigns over a chosen set / 专项整治."""


@campaigns.command("list")
@click.option("--state", type=click.Choice(["draft", "running", "ended"]))
def list_(state: str | None) -> None:
    """Campaigns, the newest first / 专项整治列表."""
    from risk.services import campaigns as service

    page = _desk().read(service.list_campaigns, state=state, limit=200)
    if not page.items:
        tell("campaigns_none")
    for one in page.items:
        facts = {"id": one.id, "name": one.name, "state": say(f"campaign_{one.state}", lang()), "items": one.items}
        tell("campaign_row", **facts, start=one.starts_on.isoformat(), end=one.ends_on.isoformat())


@campaigns.command()
@click.option("--name", required=True, help="名称")
@click.option("--model", "models", multiple=True, required=True, help="risk model, may be given again / 模型，可多次")
@click.option("--basis", required=True, help="legal basis or plan / 依据")
@click.option("--owner", required=True, help="who is responsible / 负责人")
@click.option("--office", required=True, help="office that owns it / 牵头单位代码")
@click.option("--from", "starts", required=True, help="first day / 起始日")
@click.option("--to", "ends", required=True, help="last day / 截止日")
@ACTOR
def create(*, name: str, models: tuple[str, ...], basis: str, owner: str, office: str, starts: str, ends: str, actor: str) -> None:
    """Draft a campaign / 拟定专项整治."""
    from risk.services import campaigns as service

    desk = _desk()
    days = {"starts_on": _day(starts), "ends_on": _day(ends)}
    said = {"name": name, "models": models, "basis": basis, "owner": owner, "owner_office": office}
    given: dict[str, Any] = {**days, **said, "actor": actor, "now": desk.clock()}
    tell("campaign_made", campaign=desk.act(service.create, **given))


@campaigns.command()
@NUMBER
@_choosing
@ACTOR
def start(campaign_id: int, actor: str, **chosen: Any) -> None:
    """Freeze the chosen set and issue its tasks / 启动."""
    from risk.services import campaigns as service

    desk = _desk()
    _ran(campaign_id, desk.act(service.start, campaign_id, _choice(chosen), actor=actor, now=desk.clock()))


@campaigns.command()
@NUMBER
@_choosing
@ACTOR
@click.option("--reason", required=True, help="why / 理由")
def add(campaign_id: int, actor: str, reason: str, **chosen: Any) -> None:
    """Take more in while it runs / 增补对象."""
    from risk.services import campaigns as service

    desk = _desk()
    _ran(campaign_id, desk.act(service.add, campaign_id, _choice(chosen), actor=actor, reason=reason, now=desk.clock()))


@campaigns.command()
@NUMBER
def progress(campaign_id: int) -> None:
    """How far each office is / 各单位进度."""
    from risk.services import campaigns as service

    desk = _desk()
    found = desk.read(service.progress, campaign_id, desk.clock())
    for one in found.offices:
        name = one.office_zh if lang() == "zh" else one.office_en
        counts = {k: getattr(one, k) for k in ("tasks", "signed", "reported", "closed", "confirmed", "late")}
        tell("campaign_counts", office=name, **counts)
    if found.verdicts:
        tell("campaign_verdicts", codes=", ".join(f"{code} × {n}" for code, n in found.verdicts.items()))


@campaigns.command()
@NUMBER
@ACTOR
@click.option("--reason", help="why, where tasks are open / 理由")
def end(campaign_id: int, actor: str, reason: str | None) -> None:
    """End it and keep its numbers / 结束."""
    from risk.services import campaigns as service

    desk = _desk()
    desk.act(service.end, campaign_id, actor=actor, reason=reason, now=desk.clock())
    tell("campaign_done", campaign=campaign_id)


def _choice(chosen: dict[str, Any]) -> Choice:
    from risk.services.campaigns import Choice

    since = datetime.combine(_day(chosen["since"]), time(0), SHANGHAI) if chosen["since"] else None
    return Choice(**{**chosen, "ids": tuple(chosen["ids"]), "since": since})


def _ran(campaign_id: int, added: Added) -> None:
    tell("campaign_ran", campaign=campaign_id, items=added.items, tasks=added.tasks)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("campaign_bad_day", text=text[:40]) from None


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()), lambda: datetime.now(UTC))
