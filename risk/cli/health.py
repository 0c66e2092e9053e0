"""``risk health``: how the models are doing, how much is missed, what was flagged before complaints came, and the tasks that follow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from risk.cli import health_text
from risk.cli.moments import parse_moment
from risk.cli.output import lang, tell
from risk.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MODEL = click.argument("model")
_LENS = click.option("--lens", type=click.Choice(["solicitation", "report", "firm"]), help="of illegal_fundraising / 镜头")
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_AS_OF = click.option("--as-of", "as_of", help="as known at (default: now) / 截至何时已知")
_SINCE = click.option("--since", help="first day (default: a year before the end) / 起始日")
_UNTIL = click.option("--until", help="end of the period (default: now) / 截止时刻")
_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")


@click.group()
def health() -> None:
    """How models are doing: drift, calibration, what is missed; internal tasks / 模型健康：漂移、校准、漏报、内部任务."""


@health.command()
@click.argument("models", nargs=-1)
@_AS_OF
@_FORMAT
@_ACTOR
def check(models: tuple[str, ...], as_of: str | None, form: str, actor: str) -> None:
    """Compute and store the figures of models (default: all), open or close tasks. / 检查并登记"""
    from risk.bootstrap import open_scorer
    from risk.scoring.keys import key_of, text_keys
    from risk.services import model_health

    settings, now = Settings.from_environment(), parse_moment(None)
    keys = [key_of(model) for model in models] or list(text_keys(in_use=True))
    moment = parse_moment(as_of)
    with _store(settings) as engine:
        scorer = open_scorer(settings, keys, engine=engine)
        views = [model_health.check(engine, scorer, key, as_of=moment, now=now, actor=actor) for key in keys]
    _put([asdict(view) for view in views], form, lambda language: (line for v in views for line in health_text.show_lines(v, language)))


@health.command()
@_MODEL
@_LENS
@_AS_OF
@_FORMAT
def show(model: str, lens: str | None, as_of: str | None, form: str) -> None:
    """The figures stored last, with limits and open tasks. / 查看指标"""
    from risk.scoring.keys import key_of
    from risk.services import model_health
    from risk.services.desk import Desk

    key, moment = key_of(model, lens), parse_moment(as_of) if as_of else None
    with _store(Settings.from_environment()) as engine:
        view = Desk(engine).read(model_health.show, key, moment)
    _put(asdict(view), form, lambda language: health_text.show_lines(view, language))


@health.command()
@_MODEL
@click.argument("figure")
@_LENS
@click.option("--part", default="", help="of which feature, city, grade, rule / 哪一部分")
@_FORMAT
def trend(model: str, figure: str, lens: str | None, part: str, form: str) -> None:
    """One figure over time. / 指标走势"""
    from risk.scoring.keys import key_of
    from risk.services import model_health
    from risk.services.desk import Desk

    with _store(Settings.from_environment()) as engine:
        points = Desk(engine).read(model_health.trend, key_of(model, lens), figure, part)
    _put([asdict(one) for one in points], form, lambda language: health_text.trend_lines(points, figure, language))


@health.command()
@_MODEL
@_LENS
@_SINCE
@_UNTIL
@_AS_OF
@_FORMAT
def recall(model: str, lens: str | None, since: str | None, until: str | None, as_of: str | None, form: str) -> None:
    """How much is found and missed, from alerts and the random sample. / 召回率与漏报估计"""
    from risk.services import selection_bias

    _estimate(selection_bias.recall, health_text.recall_lines, model, lens, since, until, as_of, form)


@health.command()
@_MODEL
@_LENS
@_SINCE
@_UNTIL
@_AS_OF
@_FORMAT
def complaints(model: str, lens: str | None, since: str | None, until: str | None, as_of: str | None, form: str) -> None:
    """Which confirmed complaints had been flagged before they came. / 投诉回溯"""
    from risk.services import selection_bias

    _estimate(selection_bias.complaints, health_text.complaint_lines, model, lens, since, until, as_of, form)


@health.command()
@_ACTOR
def draw(actor: str) -> None:
    """Draw the random sample of runs that wait for it, and issue its tasks. / 随机抽样"""
    from risk.services import audit_sample
    from risk.services.desk import Desk

    with _store(Settings.from_environment()) as engine:
        desk = Desk(engine)
        found = desk.act(audit_sample.draw_waiting, now=desk.clock(), actor=actor)
    for run, drawn in found.items():
        tell("health_drawn", run=run, n=drawn)
    if not found:
        tell("health_drawn_none")


@health.command()
@click.option("--model", help="of which model / 模型")
@click.option("--state", type=click.Choice(["open", "done"]), help="state / 状态")
@_FORMAT
def tasks(model: str | None, state: str | None, form: str) -> None:
    """Internal tasks, the newest first. / 内部任务"""
    from risk.scoring.keys import key_of
    from risk.services import model_tasks
    from risk.services.desk import Desk

    key = key_of(model) if model else None
    with _store(Settings.from_environment()) as engine:
        page = Desk(engine).read(model_tasks.list_tasks, model=key, state=state, limit=200)
    _put([asdict(one) for one in page.items], form, lambda language: health_text.task_lines(page.items, language))


@health.command()
@click.argument("task", type=int)
@click.option("--reason", required=True, help="why it is done / 理由")
@_ACTOR
def close(task: int, reason: str, actor: str) -> None:
    """Close an internal task. / 办结内部任务"""
    from risk.services import model_tasks
    from risk.services.desk import Desk

    with _store(Settings.from_environment()) as engine:
        desk = Desk(engine)
        done = desk.act(model_tasks.close, task, reason=reason, now=desk.clock(), actor=actor)
    for line in health_text.task_lines([done], lang()):
        click.echo(line)


def _estimate(
    service: Callable[..., dict[str, Any]],
    lines: Callable[[Any, str], Iterable[str]],
    model: str,
    lens: str | None,
    since: str | None,
    until: str | None,
    as_of: str | None,
    form: str,
) -> None:
    from risk.scoring.keys import key_of
    from risk.services.desk import Desk

    last, known = parse_moment(until), parse_moment(as_of)
    first = _first_moment(since) if since else last - timedelta(days=365)
    with _store(Settings.from_environment()) as engine:
        told = Desk(engine).read(service, key_of(model, lens), first, last, known)
    _put(told, form, lambda language: lines(told, language))


def _first_moment(text: str) -> datetime:
    """A bare date begins with its first moment.

    >>> _first_moment("2026-10-31").isoformat()
    '2026-10-30T16:00:00+00:00'
    """
    return parse_moment(text) - timedelta(days=1 if len(text) <= 10 else 0)


@contextmanager
def _store(settings: Settings) -> Iterator[Engine]:
    from risk.bootstrap import open_store

    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _put(told: Any, form: str, lines: Callable[[str], Iterable[str]]) -> None:
    if form == "json":
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=_plain))
        return
    for line in lines(lang()):
        click.echo(line)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
