"""``risk retrain``: what is due, train it, and what came of trainings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from risk.services.training_views import LearningState, TrainingRow

register(
    {
        "learning_line": ("{model}：冠军 {champion}，新增标签 {labels}", "{model}: champion {champion}, {labels} new labels"),
        "learning_rules": ("无（按规则）", "none (rules)"),
        "learning_due": ("  到期：{why}", "  due: {why}"),
        "learning_held": ("  暂缓：{why}", "  held back: {why}"),
        "learning_shadow": (
            "  影子运行：版本 {version}，{since} 起，至少到 {until}；已评分 {units}，核查结论 {verdicts}/{needed}",
            "  in shadow: version {version} since {since}, at least until {until}; {units} scored, {verdicts}/{needed} verdicts",
        ),
        "learning_grade": (
            "  {grade}：核实 {confirmed}/{n}，{low:.0%}–{high:.0%}，承诺不低于 {limit:.0%}{out}",
            "  {grade}: {confirmed}/{n} confirmed, {low:.0%}–{high:.0%}, promised at least {limit:.0%}{out}",
        ),
        "learning_out": ("（低于承诺）", " (below its promise)"),
        "learning_last": ("  最近：{what}", "  last: {what}"),
        "training_line": (
            "{id:>5}  {at}  {model}  {decision}  {champion} → {challenger}  {labels} 条标签  {why}",
            "{id:>5}  {at}  {model}  {decision}  {champion} → {challenger}  {labels} labels  {why}",
        ),
        "trainings_none": ("还没有训练记录", "nothing was trained yet"),
        "data_set_same": ("数据集与记录一致", "the data set is the same as recorded"),
        "data_set_differs": (
            "数据集与记录不一致：标签或信号被改动",
            "the data set differs from the record: labels or signals were changed",
        ),
    }
)
_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_MODELS = click.argument("models", nargs=-1)


@click.group()
def retrain() -> None:
    """What is due, train it, what came of it / 再训练：到期、执行、记录."""


@retrain.command()
@_MODELS
@_FORMAT
def status(models: Sequence[str], form: str) -> None:
    """Each model's place in the loop: champion, shadow, promises / 各模型状态."""
    for one in _states(models, form):
        _say_state(one, whole=True)


@retrain.command()
@_MODELS
@_FORMAT
def due(models: Sequence[str], form: str) -> None:
    """What asks for a training, and what holds it back / 到期情况."""
    for one in _states(models, form):
        _say_state(one, whole=False)


@retrain.command()
@_MODELS
@click.option("--always", is_flag=True, help="train whatever the triggers say / 不论是否到期")
@_ACTOR
def run(models: Sequence[str], always: bool, actor: str) -> None:
    """Finish, watch, conclude, and train what is due, now / 立即执行."""
    from risk.bootstrap import open_scorer
    from risk.scheduling.use_cases import Tools, use_case
    from risk.services.scorer_cache import ScorerCache

    with _store() as (engine, settings):
        tools = Tools(engine, settings, ScorerCache(settings, open_scorer, engine))
        told = use_case("retrain")(tools, {"models": _keys(models), "always": always, "actor": actor})
    for key, one in told["models"].items():
        decision = say(f"decision_{one['decision']}", lang()) if one["decision"] else say("due_nothing", lang())
        click.echo(f"{_title(key)}：{decision}" if lang() == "zh" else f"{_title(key)}: {decision}")


@retrain.command()
@click.argument("model", required=False)
@click.option("--limit", default=20, show_default=True)
@_FORMAT
def history(model: str | None, limit: int, form: str) -> None:
    """Trainings and roll-backs, the newest first / 训练与回退记录."""
    from risk.scoring.keys import key_of
    from risk.services import training_views
    from risk.services.desk import Desk

    with _store() as (engine, _):
        rows = Desk(engine).read(training_views.list_trainings, model=key_of(model) if model else None, limit=limit).items
    if form == "json":
        _json([asdict(row) for row in rows])
        return
    if not rows:
        tell("trainings_none")
    for row in rows:
        click.echo(_line(row))


@retrain.command()
@click.argument("number", type=int)
@click.option("--verify", is_flag=True, help="make the data set again and compare / 重新生成数据集并比对")
def show(number: int, verify: bool) -> None:
    """One training with its data set and the gate's figures / 一次训练的全部记录."""
    from risk.services import training_views
    from risk.services.desk import Desk

    with _store() as (engine, _):
        desk = Desk(engine)
        _json(asdict(desk.read(training_views.get_training, number)))
        if verify:
            tell("data_set_same" if desk.read(training_views.repeatable, number) else "data_set_differs")


def _states(models: Sequence[str], form: str) -> Sequence[LearningState]:
    """The states asked for; printed here as JSON, and then nothing is left to say."""
    from risk.services import training_views
    from risk.services.desk import Desk

    with _store() as (engine, settings):
        desk = Desk(engine)
        found = desk.read(training_views.states, settings, _keys(models), desk.clock())
    if form == "json":
        _json([asdict(one) for one in found])
        return ()
    return found


def _say_state(one: LearningState, *, whole: bool) -> None:
    tell("learning_line", model=_title(one.key), champion=one.champion or say("learning_rules", lang()), labels=one.due.new_labels)
    for code, reasons in (("learning_due", one.due.reasons), ("learning_held", one.due.held_back)):
        for reason in reasons:
            tell(code, why=reason.zh if lang() == "zh" else reason.en)
    if not one.due.reasons:
        tell("learning_due", why=say("due_nothing", lang()))
    if not whole:
        return
    if one.shadow:
        s = one.shadow
        tell(
            "learning_shadow",
            version=s.version,
            since=_day(s.since),
            until=_day(s.until),
            units=s.units,
            verdicts=s.verdicts,
            needed=s.verdicts_needed,
        )
    for grade in one.grades:
        told = asdict(grade) | {
            "grade": Grade.parse(grade.grade).title(lang()),
            "out": say("learning_out", lang()) if grade.out else "",
        }
        tell("learning_grade", **told)
    if one.last:
        tell("learning_last", what=_line(one.last).strip())


def _line(row: TrainingRow) -> str:
    return say(
        "training_line",
        lang(),
        id=row.id,
        at=_day(row.started_at),
        model=_title(row.model),
        decision=row.decision_zh if lang() == "zh" else row.decision_en,
        champion=row.champion or "—",
        challenger=row.challenger or "—",
        labels=row.detail.get("labels", "—"),
        why=", ".join(row.reasons),
    ).rstrip()


def _keys(models: Sequence[str]) -> tuple[str, ...]:
    from risk.scoring.keys import TEXT_KEYS, key_of

    return tuple(key_of(model) for model in models) or TEXT_KEYS


def _title(key: str) -> str:
    from risk.scoring.keys import title

    return title(key, lang())


def _day(moment: datetime) -> str:
    from risk.domain.calendar import SHANGHAI

    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if isinstance(v, datetime) else str(v)))


@contextmanager
def _store() -> Iterator[tuple[Engine, Settings]]:
    from risk.bootstrap import open_store

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        yield engine, settings
    finally:
        engine.dispose()
