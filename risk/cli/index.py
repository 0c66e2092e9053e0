"""``risk index``: indicators, weights, the leaderboard, a place, a subject."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.index_versions import Ask, WeightsVersion

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
PERIOD = click.option("--period", help="2026-10 or 2026-10-12 (default: the newest) / 时点")
KIND = click.option("--kind", type=click.Choice(["region", "subject"]), default="region", show_default=True, help="体系：地区或主体")
MATRICES = click.option(
    "--matrices",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help='JSON: {"dimensions": [[…]], "indicators": {"pressure": [[…]]}} / 判断矩阵',
)

register(
    {
        "index_line": ("{rank:>3}　{value:>5}　{grade}　{trend}　{moved:>3}　{name}", "{rank:>3}  {value:>5}  {grade}  {trend}  {moved:>3}  {name}"),
        "index_head": ("{period}，权重版本 {version}", "{period}, weights version {version}"),
        "index_unknown": ("不详", "unknown"),
        "index_missing": ("    未知指标，权重已按比例分给其余：{codes}", "    unknown, weight shared out among the others: {codes}"),
        "index_trend_rising": ("上升", "rising"),
        "index_trend_falling": ("下降", "falling"),
        "index_trend_steady": ("平稳", "steady"),
        "index_trend_unknown": ("—", "-"),
        "index_part": ("{name}：{value}{unit} → {score} 分 × {used} = {contribution}", "{name}: {value} {unit} -> {score} x {used} = {contribution}"),
        "index_part_unknown": ("{name}：未知", "{name}: unknown"),
        "index_computed": ("{period}：{places} 地，{known} 地有指数", "{period}: {places} places, {known} with an index"),
        "index_computed_again": ("{period}：已计算，未改动", "{period}: computed before, unchanged"),
        "index_drafted": ("权重版本 {version}（编号 {id}）已拟定，待他人批准", "weights version {version} (number {id}) drafted; another person approves it"),
        "index_decided": ("权重版本编号 {id}：{state}", "weights number {id}: {state}"),
        "index_version_line": (
            "{id}　{kind} v{version}　{state}　{method}　{author}　{reason}",
            "{id}  {kind} v{version}  {state}  {method}  {author}  {reason}",
        ),
        "index_cr": ("{name}：λmax={largest}　CR={ratio}　{fine}", "{name}: λmax={largest}  CR={ratio}  {fine}"),
        "index_consistent": ("一致", "consistent"),
        "index_inconsistent": ("不一致，请重新判断", "inconsistent: judge again"),
        "index_range": ("{rank:>3}　{best}–{worst}　{name}", "{rank:>3}  {best}-{worst}  {name}"),
        "index_matrices": ("文件应为 JSON 对象，含 dimensions、indicators", "the file is a JSON object with dimensions and indicators"),
        "index_definition": ("{name}（{unit}，{direction}）：{definition}", "{name} ({unit}, {direction}): {definition}"),
        "index_up": ("越高风险越大", "higher is more risk"),
        "index_down": ("越高风险越小", "higher is less risk"),
    }
)  # fmt: skip


@click.group()
def index() -> None:
    """The risk index of places and subjects / 风险指数."""


@index.command()
@KIND
def indicators(kind: str) -> None:
    """What is measured, and how / 指标体系."""
    from risk.domain.indices import system

    told = system(kind)
    for group in told.dimensions:
        click.echo(group.zh if lang() == "zh" else group.en)
        for one in told.indicators:
            if one.dimension == group.code:
                zh = lang() == "zh"
                facts = {"name": one.zh if zh else one.en, "unit": one.unit_zh if zh else one.unit_en}
                facts["definition"] = one.definition_zh if zh else one.definition_en
                tell("index_definition", **facts, direction=say("index_up" if one.up else "index_down", lang()))


@index.command()
@click.argument("periods", nargs=-1)
@ACTOR
def compute(periods: tuple[str, ...], actor: str) -> None:
    """Compute moments that are over (default: whatever is due) / 计算指数."""
    from risk.services import index_results

    desk = _desk()
    due = periods or desk.act(index_results.compute_due, actor=actor, now=desk.clock())
    for period in due:
        found = desk.act(index_results.compute, period, actor=actor, now=desk.clock())
        fresh = not found.again or not periods
        tell("index_computed" if fresh else "index_computed_again", period=period, places=found.places, known=found.known)


@index.command()
@PERIOD
@click.option("--level", type=click.Choice(["city", "county", "province"]), default="city", show_default=True)
@click.option("--within", help="places below it / 其下级")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def board(*, period: str | None, level: str, within: str | None, as_json: bool) -> None:
    """The leaderboard / 排名."""
    from risk.services import index_results

    found = _desk().read(index_results.board, period=period, level=level, within=within)
    if as_json:
        _print(found)
        return
    tell("index_head", period=found.period, version=found.version)
    for row in found.rows:
        known = row.value is not None
        facts: dict[str, Any] = {"rank": row.rank or "-", "value": f"{row.value:.1f}" if known else say("index_unknown", lang())}
        facts |= {"grade": _grade(row.grade), "trend": say(f"index_trend_{row.trend.state}", lang())}
        tell("index_line", **facts, moved="" if row.moved is None else f"{row.moved:+d}", name=row.zh if lang() == "zh" else row.en)


@index.command()
@click.argument("region")
@PERIOD
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def place(region: str, period: str | None, *, as_json: bool) -> None:
    """One place with what adds up to its index / 一地."""
    from risk.services import index_results

    found = _desk().read(index_results.place, region, period=period)
    if as_json:
        _print(found)
        return
    tell("index_head", period=f"{found.zh if lang() == 'zh' else found.en} {found.period}", version=found.version_id)
    click.echo(f"{found.value:.1f} {_grade(found.grade)}" if found.value is not None else say("index_unknown", lang()))
    _parts("region", found.parts, found.missing)


@index.command()
@click.argument("subject_id", type=int)
@click.option("--months", type=click.IntRange(0, 36), default=12, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def subject(subject_id: int, months: int, *, as_json: bool) -> None:
    """One subject over time / 主体."""
    from risk.services import index_subjects

    desk = _desk()
    found = desk.read(index_subjects.of_subject, subject_id, desk.clock(), months=months)
    if as_json:
        _print(found)
        return
    for point in found.history:
        value = f"{point.value:.1f} {_grade(point.grade)}" if point.value is not None else say("index_unknown", lang())
        click.echo(f"{point.as_of:%Y-%m-%d}  {value}")
    _parts("subject", found.now.parts, found.now.missing)


@index.command()
@PERIOD
@click.option("--level", type=click.Choice(["city", "county"]), default="city", show_default=True)
def sensitivity(period: str | None, level: str) -> None:
    """Which ranks places take while single weights move by a fifth / 敏感性."""
    from risk.domain import regions
    from risk.services import index_results

    found = _desk().read(index_results.robustness, period=period, level=level)
    for one in found.result.places:
        if one.rank is not None:
            tell("index_range", rank=one.rank, best=one.best, worst=one.worst, name=regions.name(one.place, lang()))


@index.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@KIND
def check(file: Path, kind: str) -> None:
    """Check matrices of comparisons in a JSON file / 检验判断矩阵."""
    from risk.domain.indices_weights import ahp

    ask = _ask(kind, "ahp", file)
    given: dict[str, Any] = {"dimensions": ask.dimensions} if ask.dimensions else {}
    given |= ask.indicators or {}
    told = {name: ahp(rows) for name, rows in given.items()}
    for name, one in told.items():
        fine = say("index_consistent" if one.consistent else "index_inconsistent", lang())
        tell("index_cr", name=name, largest=f"{one.largest:.4f}", ratio=f"{one.ratio:.4f}", fine=fine)
        click.echo("  " + "  ".join(f"{weight:.4f}" for weight in one.weights))


@index.command()
@KIND
@MATRICES
def weights(kind: str, matrices: Path | None) -> None:
    """Weights by every method side by side, as JSON / 各法权重."""
    from risk.services import index_versions

    desk = _desk()
    _print(desk.read(index_versions.propose, _ask(kind, "ahp", matrices), desk.clock()))


@index.command()
@KIND
@click.option("--method", type=click.Choice(["ahp", "entropy", "critic", "ahp_entropy"]), default="ahp", show_default=True)
@MATRICES
@click.option("--reason", required=True, help="why / 理由")
@ACTOR
def draft(kind: str, method: str, matrices: Path | None, reason: str, actor: str) -> None:
    """Draft a version of weights / 拟定权重."""
    from risk.services import index_versions

    desk = _desk()
    number = desk.act(index_versions.draft, _ask(kind, method, matrices), reason=reason, actor=actor, now=desk.clock())
    tell("index_drafted", id=number, version=desk.read(index_versions.show, number).version)


@index.command()
@click.argument("version_id", type=int)
@click.option("--reason", required=True, help="why / 理由")
@ACTOR
def approve(version_id: int, reason: str, actor: str) -> None:
    """Approve a draft of somebody else / 批准权重."""
    _decide(version_id, reason, actor, approve=True)


@index.command()
@click.argument("version_id", type=int)
@click.option("--reason", required=True, help="why / 理由")
@ACTOR
def reject(version_id: int, reason: str, actor: str) -> None:
    """Reject a draft / 退回权重."""
    _decide(version_id, reason, actor, approve=False)


@index.command()
def versions() -> None:
    """Versions of weights, the newest first / 权重版本."""
    from risk.services import index_versions

    for one in _desk().read(index_versions.list_versions, limit=200).items:
        _version_line(one)


def _decide(version_id: int, reason: str, actor: str, *, approve: bool) -> None:
    from risk.services import index_versions

    desk = _desk()
    desk.act(index_versions.decide, version_id, approve=approve, reason=reason, actor=actor, now=desk.clock())
    tell("index_decided", id=version_id, state=desk.read(index_versions.show, version_id).state)


def _version_line(one: WeightsVersion) -> None:
    facts = {"id": one.id, "kind": one.kind, "version": one.version, "state": one.state + (" *" if one.current else "")}
    tell("index_version_line", **facts, method=one.method, author=one.author, reason=one.reason)


def _parts(kind: str, parts: tuple[Any, ...], missing: tuple[str, ...]) -> None:
    from risk.domain.indices import system

    named = {one.code: one for one in system(kind).indicators}
    for part in parts:
        one, zh = named[part.code], lang() == "zh"
        name = one.zh if zh else one.en
        if part.score is None:
            tell("index_part_unknown", name=name)
            continue
        facts = {"value": f"{part.value:.3g}", "unit": one.unit_zh if zh else one.unit_en, "score": f"{part.score:.0f}"}
        tell("index_part", name=name, **facts, used=f"{part.used:.3f}", contribution=f"{part.contribution:.1f}")
    if missing:
        tell("index_missing", codes=", ".join(missing))


def _grade(grade: str | None) -> str:
    from risk.domain.grades import Grade

    return Grade.parse(grade).title(lang()) if grade else "-"


def _ask(kind: str, method: str, matrices: Path | None) -> Ask:
    from risk.services.index_versions import Ask

    if matrices is None:
        return Ask(kind, method)
    try:
        given = json.loads(matrices.read_text(encoding="utf-8"))
        dimensions = _rows(given["dimensions"]) if given.get("dimensions") else None
        return Ask(kind, method, dimensions, {name: _rows(one) for name, one in given.get("indicators", {}).items()})
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InvalidInputError("index_matrices") from error


def _rows(matrix: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(one) for one in row) for row in matrix)


def _print(found: Any) -> None:
    from dataclasses import asdict

    click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1, default=str))


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()), lambda: datetime.now(UTC))
