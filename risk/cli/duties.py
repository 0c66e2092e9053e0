"""``risk duties``: who is in charge of what, where, from which day on; tried on past alerts before it is changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.desks import open_desk, show_json
from risk.cli.moments import begin_moment, parse_moment
from risk.cli.output import lang, tell
from risk.cli.task_text import moment
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say

if TYPE_CHECKING:
    from risk.domain.duties import Finding, Order
    from risk.services.duty_table import DutyChange

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
REASON = click.option("--reason", required=True, help="why / 理由")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)

register(
    {
        "duty_line": ("{model}　{place}　{office}　{first} 起{last}", "{model}  {place}  {office}  from {first}{last}"),
        "duty_until": ("至 {last}", " to {last}"),
        "duty_head": (
            "职责表第 {version} 版，{on}；兜底单位 {fallback}",
            "duty table, version {version}, on {on}; fallback owner {fallback}",
        ),
        "duty_hole": ("缺口：{model} {place} 无承办单位", "hole: nobody is in charge of {model} in {place}"),
        "duty_overlap": ("重叠：{model} {place}：{offices}", "overlap: {model} in {place}: {offices}"),
        "duty_no_office": ("单位不存在：{model} {place}：{offices}", "no such office: {model} in {place}: {offices}"),
        "duty_changed": (
            "第 {version} 版，{effective} 起：撤下 {before} 条，新增 {after} 条",
            "version {version}, from {effective}: {before} rows taken away, {after} put there",
        ),
        "duty_version": (
            "第 {version} 版　{at}　{actor}　{reason}　（{effective} 起）",
            "version {version}  {at}  {actor}  {reason}  (from {effective})",
        ),
        "duty_tried": (
            "{alerts} 件预警，改派 {moved} 件；无职责可循：{before} → {after}",
            "{alerts} alerts, {moved} would go elsewhere; unroutable: {before} → {after}",
        ),
        "duty_move": ("　{source} → {target}：{count} 件", "  {source} → {target}: {count}"),
        "duty_load": ("　{office}：{before} → {after}（能力 {capacity}）", "  {office}: {before} → {after} (capacity {capacity})"),
        "duty_office_line": (
            "{office}　{name}　每周 {capacity}　未办结 {open}{fallback}",
            "{office}  {name}  {capacity} a week  open {open}{fallback}",
        ),
        "duty_is_fallback": ("　（兜底单位）", "  (fallback owner)"),
        "duty_written": ("已写入 {path}", "written to {path}"),
        "duty_file_bad": ("文件有 {count} 行不能使用，未作更改", "{count} rows of the file cannot be used, nothing was changed"),
        "duty_unrouted_none": ("没有无职责可循的任务", "no task is without a duty"),
        "duty_unrouted": (
            "任务 {task}　预警 {alert}　{model}　{region}　{reason}",
            "task {task}  alert {alert}  {model}  {region}  {reason}",
        ),
        "duty_day": ("日期应为 2026-12-01 的形式：{text}", "a day is written 2026-12-01: {text}"),
    }
)


def _orders(command: Any) -> Any:
    for option in reversed(
        (
            click.option("--model", required=True, help="risk model / 模型"),
            click.option("--region", required=True, help="division code or name / 行政区划"),
            click.option(
                "--level", type=click.Choice(["county", "city", "province"]), help="every division of this level inside / 区域内该层级"
            ),
            click.option("--office", help="office code; none: nobody is in charge / 承办单位代码，不填为无职责"),
            click.option("--from", "first", required=True, help="first day / 起始日"),
            click.option("--to", "last", help="last day, included / 截止日（含）"),
        )
    ):
        command = option(command)
    return command


@click.group()
def duties() -> None:
    """Show, try and change who is in charge / 职责表：查看、试算、调整."""


@duties.command()
@click.option("--on", help="the day (today) / 日期")
@click.option("--model", help="risk model / 模型")
@click.option("--region", help="division code or name / 行政区划")
@click.option("--every", is_flag=True, help="past and future ones too / 含过去与将来")
@click.option("--findings", "only", is_flag=True, help="only holes and overlaps / 只看缺口与重叠")
@FORMAT
def show(*, on: str | None, model: str | None, region: str | None, every: bool, only: bool, form: str) -> None:
    """The table on a day, with holes and overlaps / 职责表."""
    from risk.services import duty_table

    desk = open_desk()
    table = desk.read(duty_table.show, desk.clock(), on=_day(on), model=model, region=region, every=every)
    if form == "json":
        show_json(asdict(table))
        return
    tell("duty_head", version=table.version, on=table.on, fallback=table.fallback)
    zh = lang() == "zh"
    for row in () if only else table.duties:
        last = say("duty_until", lang(), last=row.valid_to) if row.valid_to else ""
        place, office = (row.region_zh, row.office_zh) if zh else (row.region_en, row.office_en)
        tell("duty_line", model=row.model, place=place, office=office, first=row.valid_from, last=last)
    _findings(table.findings)


@duties.command()
@_orders
@REASON
@ACTOR
def change(*, reason: str, actor: str, **given: Any) -> None:
    """Put an office in charge from a day on; one version of the table / 调整职责."""
    from risk.services import duty_table

    desk = open_desk()
    _changed(desk.act(duty_table.change, [_order(given)], actor=actor, reason=reason, now=desk.clock()))


@duties.command()
@click.option("--office", required=True, help="office code / 承办单位代码")
@REASON
@ACTOR
def fallback(office: str, reason: str, actor: str) -> None:
    """Name the office that takes what no duty reaches / 更换兜底单位."""
    from risk.services import duty_table

    desk = open_desk()
    _changed(desk.act(duty_table.set_fallback, office, actor=actor, reason=reason, now=desk.clock()))


@duties.command("try")
@_orders
@click.option("--since", required=True, help="alerts opened from this moment on / 起始时刻")
@click.option("--until", help="before this moment (now) / 截止时刻")
@FORMAT
def try_(*, since: str, until: str | None, form: str, **given: Any) -> None:
    """What of a period's alerts would have gone elsewhere; nothing is stored / 试算."""
    from risk.services import duty_trial

    found = open_desk().read(duty_trial.try_orders, [_order(given)], since=begin_moment(since), until=parse_moment(until))
    if form == "json":
        show_json(asdict(found))
        return
    tell("duty_tried", alerts=found.alerts, moved=found.moved, before=found.unroutable_before, after=found.unroutable_after)
    for move in found.moves:
        tell("duty_move", source=move.from_office, target=move.to_office, count=move.alerts)
    for load in found.loads:
        tell("duty_load", office=load.office, before=load.before, after=load.after, capacity=load.capacity)
    _findings(found.worse)


@duties.command()
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
def history(limit: int) -> None:
    """Versions of the table, the newest first / 版本."""
    from risk.services import duty_table

    for one in open_desk().read(duty_table.history, limit=limit).items:
        tell("duty_version", version=one.version, at=moment(one.at), actor=one.actor, reason=one.reason, effective=one.effective)


@duties.command()
@click.option("--region", help="division code or name / 行政区划")
@click.option("--department", help="department / 部门")
def offices(region: str | None, department: str | None) -> None:
    """Offices with capacity and open tasks / 承办单位."""
    from risk.services import duty_table

    for one in open_desk().read(duty_table.list_offices, region=region, department=department):
        last = say("duty_is_fallback", lang()) if one.fallback else ""
        name = one.name_zh if lang() == "zh" else one.name_en
        tell("duty_office_line", office=one.code, name=name, capacity=one.weekly_capacity, open=one.open_tasks, fallback=last)


@duties.command()
def unroutable() -> None:
    """Tasks that lie with the fallback owner because no duty reached them / 无职责可循的任务."""
    from risk.services import duty_table

    rows = open_desk().read(duty_table.unrouted)
    if not rows:
        tell("duty_unrouted_none")
    for row in rows:
        facts = {"alert": row.alert_id or "-", "model": row.model or "-", "region": row.region or "-", "reason": row.reason or "-"}
        tell("duty_unrouted", task=row.task_id, **facts)


@duties.command("export")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def export_(path: Path) -> None:
    """Write the table as CSV / 导出."""
    from risk.services import duty_csv

    path.write_text(open_desk().read(duty_csv.write), encoding="utf-8")
    tell("duty_written", path=path)


@duties.command("import")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@REASON
@ACTOR
def import_(path: Path, reason: str, actor: str) -> None:
    """Take a CSV in as one version, or tell every row that cannot be used / 导入."""
    from risk.services import duty_csv

    desk, text = open_desk(), path.read_text(encoding="utf-8", errors="replace")
    found = desk.read(duty_csv.read, text)
    for error in found.errors:
        tell("duty_row", row=error.row, problem=error.zh if lang() == "zh" else error.en)
    if found.errors:
        tell("duty_file_bad", count=len(found.errors))
        raise SystemExit(1)
    _changed(desk.act(duty_csv.take_in, text, actor=actor, reason=reason, now=desk.clock()))


def _order(given: dict[str, Any]) -> Order:
    from risk.domain.duties import Order

    first = _day(given["first"])
    assert first is not None
    return Order(given["model"], given["region"], given["office"], first, _day(given["last"]), given["level"])


def _changed(one: DutyChange) -> None:
    tell("duty_changed", version=one.version, effective=one.effective, before=len(one.before), after=len(one.after))


def _findings(found: tuple[Finding, ...]) -> None:
    from risk.domain import regions

    for one in found:
        place = regions.name(one.region, lang(), full=True)
        tell(f"duty_{one.kind}", model=one.model, place=place, offices=", ".join(one.offices))


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("duty_day", text=text[:20]) from None
