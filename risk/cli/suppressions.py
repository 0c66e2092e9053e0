"""``risk suppressions``: conditions under which no alert is raised. Each has an owner, a reason and an end."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from risk.cli.desks import open_desk, show_json
from risk.cli.moments import begin_moment, parse_moment
from risk.cli.output import lang, tell
from risk.cli.task_text import moment
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register, say

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.suppressions import SuppressionRow

ACTOR = click.option("--actor", required=True, help="who acts, and owns it / 操作人（负责人）")
REASON = click.option("--reason", required=True, help="why / 理由")
PARTS = click.option(
    "--when", "parts", multiple=True, metavar="PART=VALUE", help="subject, source, content_hash, shop; region, channel, rule_alone"
)
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)

register(
    {
        "suppressions_none": ("没有符合条件的抑制", "no suppressions match"),
        "suppressions_more": ("还有更多，继续查看：--cursor {cursor}", "there are more, go on with: --cursor {cursor}"),
        "suppression_part": ("条件应写作 项=值：{given}", "a condition is written PART=VALUE: {given}"),
        "suppression_line": (
            "{id}　{state}　{model}　{condition}　至 {until}　{owner}：{reason}　（{counted} {count} 件）",
            "{id}  {state}  {model}  {condition}  until {until}  {owner}: {reason}  ({counted} {count})",
        ),
        "suppression_all_models": ("全部模型", "all models"),
        "suppression_did": ("已抑制", "suppressed"),
        "suppression_would": ("本会抑制", "would have suppressed"),
        "suppression_done": ("抑制 {id}（第 {version} 版）：{state}", "suppression {id} (version {version}): {state}"),
        "trial_line": (
            "{since} 至 {until}：预警候选 {candidates}，覆盖 {covered}（{grades}）；整件不再产生的预警 {gone}，证据减少的预警 {thinner}",
            "{since} to {until}: {candidates} alarms, {covered} covered ({grades}); {gone} alerts would be gone, {thinner} would have less evidence",
        ),
        "trial_verdicts": (
            "其中已核查属实 {confirmed}，不实 {unfounded}，未有结论 {open}",
            "of those {confirmed} confirmed, {unfounded} unfounded, {open} without a verdict",
        ),
        "trial_sample": ("　{id}　{grade}　{text}", "  {id}  {grade}  {text}"),
    }
)


@click.group()
def suppressions() -> None:
    """List, try, add, revise and end suppressions / 抑制条件：查看、试算、新增、修订、结束."""


@suppressions.command("list")
@click.option("--state", type=click.Choice(["active", "dry_run", "ended"]), help="state / 状态")
@click.option("--model", help="risk model / 模型")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def list_(*, state: str | None, model: str | None, limit: int, cursor: str | None, form: str) -> None:
    """Every version, the newest first, with what it suppressed / 列表."""
    from risk.services import suppressions as service

    desk = open_desk()
    page = desk.read(service.list_suppressions, desk.clock(), state=state, model=model, limit=limit, cursor=cursor)
    if form == "json":
        show_json({"items": [asdict(row) for row in page.items], "cursor": page.cursor})
        return
    if not page.items:
        tell("suppressions_none")
    for row in page.items:
        click.echo(_line(row))
    if page.cursor:
        tell("suppressions_more", cursor=page.cursor)


@suppressions.command("try")
@PARTS
@click.option("--model", help="risk model / 模型")
@click.option("--since", required=True, help="from this moment on / 起始时刻")
@click.option("--until", help="before this moment (now) / 截止时刻")
@FORMAT
def try_(*, parts: tuple[str, ...], model: str | None, since: str, until: str | None, form: str) -> None:
    """What a condition would have suppressed in a period; nothing is stored / 试算."""
    from risk.services import suppression_trial

    found = open_desk().read(
        suppression_trial.try_condition, _parts(parts), model=model, since=begin_moment(since), until=parse_moment(until)
    )
    if form == "json":
        show_json(asdict(found))
        return
    grades = ", ".join(f"{Grade.parse(code).title(lang())} {count}" for code, count in found.by_grade.items()) or "-"
    facts = {"candidates": found.candidates, "covered": found.covered, "gone": found.alerts_gone, "thinner": found.alerts_thinner}
    tell("trial_line", since=moment(found.since), until=moment(found.until), grades=grades, **facts)
    tell("trial_verdicts", confirmed=found.confirmed, unfounded=found.unfounded, open=found.open)
    if warning := found.warning_zh if lang() == "zh" else found.warning_en:
        click.secho(warning, bold=True)
    for one in found.samples:
        tell("trial_sample", id=one.alert_id or "-", grade=Grade.parse(one.grade).title(lang()), text=one.text)


@suppressions.command()
@PARTS
@click.option("--model", help="risk model; all where none is given / 模型，不填为全部")
@click.option("--until", required=True, help="when it ends by itself / 到期时刻")
@click.option("--dry-run", is_flag=True, help="only count what it would suppress / 试运行，只计数")
@REASON
@ACTOR
def add(*, parts: tuple[str, ...], model: str | None, until: str, dry_run: bool, reason: str, actor: str) -> None:
    """Add a suppression / 新增."""
    from risk.services import suppressions as service

    desk = open_desk()
    mode = service.Mode.DRY_RUN if dry_run else service.Mode.ACTIVE
    key = desk.act(
        service.suppress,
        _parts(parts),
        owner=actor,
        reason=reason,
        expires_at=parse_moment(until),
        now=desk.clock(),
        model=model,
        mode=mode,
    )
    _done(desk, key)


@suppressions.command()
@click.argument("key", metavar="ID", type=int)
@PARTS
@click.option("--until", required=True, help="when it ends by itself / 到期时刻")
@click.option("--dry-run/--active", default=None, help="on trial or in force; as it was where neither is given / 试运行或生效")
@REASON
@ACTOR
def revise(*, key: int, parts: tuple[str, ...], until: str, dry_run: bool | None, reason: str, actor: str) -> None:
    """A new version in the place of the old one / 修订."""
    from risk.services import suppressions as service

    desk = open_desk()
    mode = None if dry_run is None else service.Mode.DRY_RUN if dry_run else service.Mode.ACTIVE
    condition = _parts(parts) if parts else None
    new = desk.act(
        service.revise, key, owner=actor, reason=reason, expires_at=parse_moment(until), now=desk.clock(), condition=condition, mode=mode
    )
    _done(desk, new)


@suppressions.command()
@click.argument("key", metavar="ID", type=int)
@REASON
@ACTOR
def end(key: int, reason: str, actor: str) -> None:
    """End a suppression before its time / 提前结束."""
    from risk.services import suppressions as service

    desk = open_desk()
    desk.act(service.end, key, actor=actor, reason=reason, now=desk.clock())
    _done(desk, key)


def _parts(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise InvalidInputError("suppression_part", given=one[:80])
        found[name.strip()] = value.strip()
    return found


def _line(row: SuppressionRow) -> str:
    state, counted = say(f"suppression_state_{row.state}", lang()), "suppression_would" if row.state == "dry_run" else "suppression_did"
    condition = ", ".join(f"{name}={value}" for name, value in row.condition.items())
    facts: dict[str, Any] = {
        "id": row.id,
        "owner": row.owner,
        "reason": row.reason,
        "count": row.suppressed,
        "until": moment(row.expires_at),
    }
    model = row.model or say("suppression_all_models", lang())
    return say("suppression_line", lang(), state=state, model=model, condition=condition, counted=say(counted, lang()), **facts)


def _done(desk: Desk, key: int) -> None:
    from risk.services import suppressions as service

    row = desk.read(service.get, key, desk.clock())
    tell("suppression_done", id=row.id, version=row.version, state=say(f"suppression_state_{row.state}", lang()))
