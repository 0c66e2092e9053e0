"""``risk plan``: random inspection plans (双随机), from draw to what the results say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.random_plans import Ask, Population

ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
NUMBER = click.argument("plan_id", metavar="ID", type=int)

register(
    {
        "plan_population": (
            "可抽对象 {units}，其中有预警 {alerted}；近期已检查、不再抽取 {repeats}",
            "{units} to draw from, {alerted} with an alert; {repeats} left out, inspected lately",
        ),
        "plan_class_line": (
            "  {name}：{units} 户，人均概率 {chance}，预计抽中 {expected}",
            "  {name}: {units}, chance {chance} each, {expected} expected",
        ),
        "plan_drawn": ("抽查计划 {plan}：抽中 {units} 户，种子“{seed}”", 'plan {plan}: {units} drawn, seed "{seed}"'),
        "plan_line": (
            "{id}　{name}　{state}　{office}　{inspected}/{units}",
            "{id}  {name}  {state}  {office}  {inspected}/{units}",
        ),
        "plan_unit_line": (
            "{number:>4}　{name}　{place}　{how}　概率 {chance}　{officers}",
            "{number:>4}  {name}  {place}  {how}  chance {chance}  {officers}",
        ),
        "plan_same": ("复核一致：按存档总体与种子重抽，{units} 户相同", "the same: drawn again from the stored population and seed, {units} agree"),
        "plan_differs": ("复核不一致：缺 {missing}，多 {extra}", "it differs: missing {missing}, extra {extra}"),
        "plan_written": ("已写入 {path}", "written: {path}"),
        "plan_results": (
            "{rows} 行：录入 {entered}，未变 {unchanged}，拒收 {refused}，登记检查行为 {acts}",
            "{rows} row(s): {entered} entered, {unchanged} unchanged, {refused} refused, {acts} inspection(s) recorded",
        ),
        "plan_without_act": ("  {count} 项未登记检查行为：{why}", "  {count} without a record of the inspection: {why}"),
        "plan_bad_row": ("  第 {row} 行：{why}", "  row {row}: {why}"),
        "plan_estimate": (
            "{name}：{value}（95% 区间 {low}–{high}）",
            "{name}: {value} (95% {low}-{high})",
        ),
        "plan_prevalence": ("总体中存在问题的比例", "share of the population where something was found"),
        "plan_recall": ("其中事前已有预警的比例（主体召回）", "of these, with an alert before (recall by subject)"),
        "plan_precision": ("有预警主体中存在问题的比例", "of the subjects with an alert, where something was found"),
        "plan_rate": ("倍率写作 D=4：{text}", "a rate is written D=4: {text}"),
    }
)  # fmt: skip


def _choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a population."""
    for option in (
        click.option("--rate", "rates", multiple=True, help="D=4 or red=3, may be given again / 倍率"),
        click.option("--repeat-days", type=click.IntRange(0, 3650), help="who was inspected within them is left out / 不重复检查天数"),
        click.option("--class", "classes", multiple=True, type=click.Choice(["A", "B", "C", "D", "none"]), help="信用类别，可多次"),
        click.option("--industry", help="beginning of the industry code / 行业代码"),
        click.option("--model", help="subjects this model judged within a year / 模型"),
        click.option("--audit", type=click.IntRange(0, 2000), help="of the random audit sample / 随机审计样本数"),
        click.option("--count", type=click.IntRange(0, 2000), required=True, help="drawn by credit and risk / 按信用与风险抽取数"),
        click.option("--region", required=True, help="place, with what lies below / 地区"),
    ):
        command = option(command)
    return command


@click.group()
def plan() -> None:
    """Random inspection plans / 双随机抽查计划."""


@plan.command()
@_choosing
def preview(**given: Any) -> None:
    """What a plan would be drawn from; nothing is stored / 试算."""
    from risk.services import random_plans

    desk = _desk()
    _population(desk.read(random_plans.preview, _ask(given), desk.clock()))


@plan.command()
@_choosing
@click.option("--name", required=True, help="名称")
@click.option("--office", required=True, help="who carries it out / 实施单位代码")
@click.option("--seed", required=True, help="decides the draw / 随机种子")
@click.option("--reason", required=True, help="why / 理由")
@click.option("--matter", "matter_code", help="14 digits: results become records of inspections / 监管事项编码")
@click.option("--checklist", "checklist_code", help="检查实施清单编码")
@ACTOR
def draw(
    *,
    name: str,
    office: str,
    seed: str,
    reason: str,
    matter_code: str | None,
    checklist_code: str | None,
    actor: str,
    **given: Any,
) -> None:
    """Draw a plan and give its units inspectors / 抽取."""
    from risk.services import random_plans

    desk = _desk()
    said: dict[str, Any] = {
        "name": name,
        "office": office,
        "seed": seed,
        "reason": reason,
        "matter_code": matter_code,
        "checklist_code": checklist_code,
    }
    number = desk.act(random_plans.make, _ask(given), **said, actor=actor, now=desk.clock())
    made = desk.read(random_plans.show, number)
    tell("plan_drawn", plan=number, units=made.units, seed=made.seed)


@plan.command("list")
def list_() -> None:
    """Plans, the newest first / 计划列表."""
    from risk.services import random_plans

    for one in _desk().read(random_plans.list_plans, limit=200).items:
        facts = {"id": one.id, "name": one.name, "state": one.state, "office": one.office_zh if lang() == "zh" else one.office_en}
        tell("plan_line", **facts, inspected=one.inspected, units=one.units)


@plan.command()
@NUMBER
def show(plan_id: int) -> None:
    """The subjects drawn / 抽中对象."""
    from risk.services import random_plans

    for one in _desk().read(random_plans.every_unit, plan_id):
        place = (one.region_zh if lang() == "zh" else one.region_en) or "-"
        facts = {"number": one.number, "name": one.name or one.uscc or one.subject_id, "place": place, "how": one.drawn_by}
        tell("plan_unit_line", **facts, chance=f"{one.probability:.4f}", officers=" ".join(one.inspectors))


@plan.command()
@NUMBER
@click.pass_context
def verify(ctx: click.Context, plan_id: int) -> None:
    """Draw again from the stored population and seed, and compare / 复核抽取."""
    from risk.services import random_plans

    found = _desk().read(random_plans.verify, plan_id)
    if found.same:
        tell("plan_same", units=found.units)
        return
    tell("plan_differs", missing=list(found.missing), extra=list(found.extra))
    ctx.exit(1)


@plan.command()
@NUMBER
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@ACTOR
def export(plan_id: int, path: Path, actor: str) -> None:
    """Write it to a CSV, XLSX or JSON file; results are filled into the first two / 导出."""
    from risk.services import random_plan_export

    desk = _desk()
    form = random_plan_export.form_of(path.name)
    path.write_bytes(desk.act(random_plan_export.plan_file, plan_id, form, lang(), actor=actor, now=desk.clock()))
    tell("plan_written", path=path)


@plan.command()
@NUMBER
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@ACTOR
def results(plan_id: int, file: Path, actor: str) -> None:
    """Take results in / 导入检查结果."""
    from risk.services import random_plan_results

    desk = _desk()
    found = desk.act(random_plan_results.take_in, plan_id, file, actor=actor, now=desk.clock())
    facts = {"rows": found.rows, "entered": found.entered, "unchanged": found.unchanged, "refused": found.refused}
    tell("plan_results", **facts, acts=found.acts)
    for left in found.without_act:
        tell("plan_without_act", count=left.count, why=left.zh if lang() == "zh" else left.en)
    for one in found.problems:
        tell("plan_bad_row", row=one.row, why=one.zh if lang() == "zh" else one.en)


@plan.command()
@NUMBER
def estimate(plan_id: int) -> None:
    """What the results say of the population / 结果推断."""
    from risk.domain.messages import say
    from risk.services import random_plan_results

    found = _desk().read(random_plan_results.estimate, plan_id)
    for name, share in (("prevalence", found.prevalence), ("recall", found.recall), ("precision", found.precision)):
        told = {
            part: "-" if value is None else f"{value:.1%}"
            for part, value in (("value", share.value), ("low", share.low), ("high", share.high))
        }
        tell("plan_estimate", name=say(f"plan_{name}", lang()), **told)


def _population(found: Population) -> None:
    tell("plan_population", units=found.units, alerted=found.alerted, repeats=found.repeats)
    for one in found.classes:
        tell("plan_class_line", name=one.name, units=one.units, chance=f"{one.chance:.4f}", expected=f"{one.expected:.1f}")


def _ask(given: dict[str, Any]) -> Ask:
    from risk.services.random_plans import Ask

    classes: dict[str, float] = {}
    grades: dict[str, float] = {}
    for text in given.pop("rates"):
        name, _, rate = text.partition("=")
        try:
            (classes if name in ("A", "B", "C", "D", "unknown") else grades)[name] = float(rate)
        except ValueError:
            raise InvalidInputError("plan_rate", text=text[:40]) from None
    return Ask(**{**given, "classes": tuple(given["classes"])}, class_rates=classes, grade_rates=grades)


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()), lambda: datetime.now(UTC))
