"""``risk sources``, ``risk matters``, ``risk shares``: how fresh sources are, the matter list, what is shared."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.accounts import ACTOR, opened
from risk.cli.moments import parse_moment
from risk.cli.output import tell
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.messages import MESSAGES, Told, register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.domain.authority import Principal
    from risk.services.desk import Desk

REASON = click.option("--reason", required=True, help="why / 理由")

register(
    {
        "source_cli_row": (
            "{status}  {name}  最近 {last}  节奏 {every} 分钟  日均 {rows}  重复 {known}  隔离 {refused}",
            "{status}  {name}  last {last}  every {every} min  {rows} a day  known {known}  refused {refused}",
        ),
        "source_cli_none": ("还没有来源送过数据", "no source has delivered yet"),
        "source_fresh": ("正常", "fresh"),
        "source_late": ("迟到", "late"),
        "source_silent": ("中断", "silent"),
        "source_unknown": ("未知", "unknown"),
        "source_off": ("不监测", "not watched"),
        "source_cli_set": ("已设置：{name}（第 {version} 版）", "set: {name} (version {version})"),
        "matter_cli_fault": ("第 {row} 行：{text}", "row {row}: {text}"),
        "matter_cli_taken": ("清单版本 {id}：{rows} 项，自 {day} 起", "version {id}: {rows} matters, from {day}"),
        "matter_cli_row": ("{matter}  {name}  {department}", "{matter}  {name}  {department}"),
        "matter_cli_version": ("{id:>4}  {day}  {rows} 项  {source}  {actor}", "{id:>4}  {day}  {rows} matters  {source}  {actor}"),
        "matter_cli_mapping": (
            "{id:>4}  {model}  {department}  {matter}  {day} 至 {until}",
            "{id:>4}  {model}  {department}  {matter}  {day} to {until}",
        ),
        "matter_cli_none": ("没有内容", "nothing there"),
        "share_cli_row": (
            "{id:>4}  {state}  {data} {form}  {region}  至 {until}  {office} {applicant}  使用 {uses} 次",
            "{id:>4}  {state}  {data} {form}  {region}  until {until}  {office} {applicant}  used {uses} times",
        ),
        "share_cli_none": ("没有共享申请", "no applications"),
        "share_cli_step": ("共享申请 {id}：{state}", "application {id}: {state}"),
        "share_cli_key": ("密钥（只显示这一次）：{key}", "key (shown this once): {key}"),
        "share_cli_file": ("已写入 {path}", "written to {path}"),
        "data_cli_day": ("日期应为 2026-10-01 的形式：{text}", "a day is written 2026-10-01: {text}"),
    }
)


@click.group()
def sources() -> None:
    """Sources of data and how fresh they are / 数据来源与时效."""


@sources.command("list")
@click.option("--as-of", help="as of a moment / 截至时点")
def list_sources(as_of: str | None) -> None:
    """Those that need somebody first / 来源列表."""
    from risk.services import data_sources

    with opened(Settings.from_environment()) as desk:
        found = desk.read(data_sources.list_sources, parse_moment(as_of) if as_of else desk.clock())
    if not found.items:
        tell("source_cli_none")
    for one in found.items:
        last = f"{one.last.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if one.last else "-"
        shares = ["-" if share is None else f"{share:.1%}" for share in (one.duplicates_share, one.quarantine_share)]
        status = Told(*MESSAGES[f"source_{one.status}"])
        told = {"status": status, "name": one.name, "last": last, "every": one.every_minutes or "-", "rows": one.rows_a_day}
        tell("source_cli_row", **told, known=shares[0], refused=shares[1])


@sources.command("set")
@click.argument("name")
@click.option("--every", type=int, help="minutes; learnt if not given / 更新周期（分钟）")
@click.option("--not-watched", is_flag=True, help="不监测时效")
@click.option("--owner", default="", help="whom to ask / 联系单位或人")
@REASON
@ACTOR
def set_source(*, name: str, every: int | None, not_watched: bool, owner: str, reason: str, actor: str) -> None:
    """What is expected of a source / 设置来源."""
    from risk.services import data_sources

    with opened(Settings.from_environment()) as desk:
        given = {"every_minutes": every, "owner": owner, "reason": reason, "actor": actor}
        state = desk.act(data_sources.set_source, name, watched=not not_watched, now=desk.clock(), **given)  # type: ignore[arg-type]
    tell("source_cli_set", name=state.name, version=state.version)


@click.group()
def matters() -> None:
    """The matter list / 监管事项清单."""


@matters.command("list")
@click.option("--day", help="the list in force on a day / 某日生效的清单")
@click.option("--text", help="name or code / 名称或编码")
@click.option("--versions", is_flag=True, help="清单版本")
@click.option("--mappings", is_flag=True, help="模型与事项对应")
def list_matters(*, day: str | None, text: str | None, versions: bool, mappings: bool) -> None:
    """Matters in force, versions, or mappings / 事项、版本、对应."""
    from risk.services import matters as service

    with opened(Settings.from_environment()) as desk:
        on = _day(day) if day else desk.clock().astimezone(SHANGHAI).date()
        found = 0
        if versions:
            for one in desk.read(service.versions, on):
                found += 1
                tell("matter_cli_version", id=one.id, day=one.valid_from, rows=one.rows, source=one.source, actor=one.actor)
        elif mappings:
            for each in desk.read(service.mappings):
                found += 1
                said = {"id": each.id, "model": each.model, "department": each.department or "*", "matter": each.code}
                tell("matter_cli_mapping", **said, day=each.valid_from, until=each.valid_to or "-")
        else:
            for row in desk.read(service.list_matters, None, on, text=text, limit=500).items:
                found += 1
                tell("matter_cli_row", matter=row.code, name=row.name, department=row.department)
    if not found:
        tell("matter_cli_none")


@matters.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--valid-from", required=True, help="its first day / 生效日")
@REASON
@ACTOR
def import_(path: Path, valid_from: str, reason: str, actor: str) -> None:
    """Take a list in: CSV or XLSX, whole or not at all / 导入清单."""
    from risk.services import matters as service

    rows, faults = service.parse(path)
    for one in faults[:50]:
        tell("matter_cli_fault", row=one.row, text=Told(one.zh, one.en))
    if faults:
        raise service.first_fault(faults)
    with opened(Settings.from_environment()) as desk:
        given = {"source": path.name, "reason": reason, "actor": actor}
        version = desk.act(service.take_in, rows, valid_from=_day(valid_from), now=desk.clock(), **given)
    tell("matter_cli_taken", id=version.id, rows=version.rows, day=version.valid_from)


@matters.command("map")
@click.argument("model")
@click.argument("code")
@click.option("--department", default="", help="all where none is given / 部门，空为全部")
@click.option("--from", "first", required=True, help="first day / 起始日")
@REASON
@ACTOR
def map_(*, model: str, code: str, department: str, first: str, reason: str, actor: str) -> None:
    """From a day on clues of a model belong to a matter / 设置对应."""
    from risk.services import matters as service

    with opened(Settings.from_environment()) as desk:
        said = {"department": department, "reason": reason, "actor": actor}
        one = desk.act(service.map_model, model, code, valid_from=_day(first), now=desk.clock(), **said)
    said = {"model": one.model, "department": one.department or "*", "matter": one.code}
    tell("matter_cli_mapping", id=one.id, **said, day=one.valid_from, until=one.valid_to or "-")


@matters.command("unmap")
@click.argument("mapping_id", type=int)
@click.option("--last", required=True, help="its last day / 最后一日")
@REASON
@ACTOR
def unmap(mapping_id: int, last: str, reason: str, actor: str) -> None:
    """End a mapping / 结束对应."""
    from risk.services import matters as service

    with opened(Settings.from_environment()) as desk:
        one = desk.act(service.end_mapping, mapping_id, _day(last), reason=reason, actor=actor, now=desk.clock())
    said = {"model": one.model, "department": one.department or "*", "matter": one.code}
    tell("matter_cli_mapping", id=one.id, **said, day=one.valid_from, until=one.valid_to or "-")


@click.group()
def shares() -> None:
    """Data sharing by application and grant / 数据共享."""


@shares.command("list")
@click.option("--account", required=True, help="as who / 以何账号查看")
@click.option("--state", help="applied, received, granted, refused, withdrawn, cancelled / 状态")
def list_shares(account: str, state: str | None) -> None:
    """Applications that an account sees / 申请列表."""
    from risk.services import sharing

    with opened(Settings.from_environment()) as desk:
        page = desk.read(sharing.list_shares, desk.clock(), who=_as(desk, account), state=state, limit=200)
    if not page.items:
        tell("share_cli_none")
    for one in page.items:
        said = {"id": one.id, "data": Told(one.data_zh, one.data_en), "form": one.form, "region": one.region, "until": one.until}
        tell("share_cli_row", **said, state=_state(one.state), office=one.office, applicant=one.applicant, uses=one.uses)


@shares.command("apply")
@click.option("--account", required=True, help="applies / 申请账号")
@click.option("--data", required=True, help="alerts, tasks, verdicts, signals / 数据")
@click.option("--form", default="export", show_default=True, help="key, export / 方式")
@click.option("--region", required=True, help="whose data / 数据所属地区")
@click.option("--department", default="", help="部门")
@click.option("--field", "fields", multiple=True, help="of an export; may be given again / 字段，可多次")
@click.option("--purpose", required=True, help="用途")
@click.option("--basis", required=True, help="依据")
@click.option("--until", required=True, help="last day / 截止日")
def apply_(*, account: str, until: str, **given: str) -> None:
    """Apply for data / 申请."""
    from risk.services import sharing

    with opened(Settings.from_environment()) as desk:
        asked = sharing.Application(**given, until=_day(until))
        number = desk.act(sharing.apply, asked, who=_as(desk, account), now=desk.clock())
    tell("share_cli_step", id=number, state=_state("applied"))


@shares.command()
@click.argument("request_id", type=int)
@click.argument("step", type=click.Choice(["receive", "grant", "refuse", "withdraw", "cancel"]))
@click.option("--account", required=True, help="decides / 决定账号")
@REASON
def step(request_id: int, step: str, account: str, reason: str) -> None:
    """Receive, grant, refuse, withdraw, cancel / 受理、授权、不予授权、撤回、撤销."""
    from risk.services import sharing

    acts = {
        "receive": sharing.receive,
        "grant": sharing.grant,
        "refuse": sharing.refuse,
        "withdraw": sharing.withdraw,
        "cancel": sharing.cancel,
    }
    with opened(Settings.from_environment()) as desk:
        who = _as(desk, account)
        desk.act(acts[step], request_id, who=who, reason=reason, now=desk.clock())
        view = desk.read(sharing.show, request_id, desk.clock(), who=who)
    tell("share_cli_step", id=request_id, state=_state(view.request.state))


@shares.command()
@click.argument("request_id", type=int)
@click.option("--account", required=True, help="the applicant / 申请账号")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="of an export / 导出文件")
@click.option("--format", "form", type=click.Choice(["csv", "ndjson"]), default="csv", show_default=True)
def collect(request_id: int, account: str, output: Path | None, form: str) -> None:
    """The key of a grant, or with --output its export / 领取密钥或导出."""
    from risk.services import share_exports, sharing

    with opened(Settings.from_environment()) as desk:
        who = _as(desk, account)
        if output is None:
            tell("share_cli_key", key=desk.act(sharing.collect, request_id, who=who, now=desk.clock()).key)
            return
        kind: share_exports.Form = "ndjson" if form == "ndjson" else "csv"
        _, text = desk.act(sharing.export, request_id, kind, who=who, now=desk.clock())
    output.write_text(text, encoding="utf-8", newline="")
    tell("share_cli_file", path=output)


def _as(desk: Desk, account: str) -> Principal:
    """The principal of an account: whoever runs this command acts for it, as the operator of the machine may."""
    from risk.domain.authority import Principal, permissions_of
    from risk.domain.identity import scope_of
    from risk.services import accounts

    row = desk.read(accounts.find, account)
    return Principal(
        row.name, permissions_of(row.roles), scope_of(row.grants), tuple(row.roles), account_id=row.id, office_code=row.office_code
    )


def _state(state: str) -> Told:
    import risk.domain.sharing  # noqa: F401 - registers the words

    return Told(*MESSAGES[f"share_state_{state}"])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("data_cli_day", text=text[:40]) from None
