"""``risk rules backtest`` and ``risk rules health``: what a rule would have said, and how the rules in service are doing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli import options
from risk.cli.moments import parse_moment
from risk.cli.output import lang, tell
from risk.cli.rule_source import FILES, read_file
from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from models.labels import LabelRule
    from risk.scoring.scorer import Scorer
    from risk.services.backtest_plan import Trial
    from rules.pack import Pack

register(
    {
        "backtest_reading": ("已读 {done} / {total}", "{done} of {total} read"),
        "backtest_number": ("回测 {id}", "back-test {id}"),
        "backtest_stopped": (
            "已停止；接着做：risk rules backtest --resume {id}",
            "stopped; to go on: risk rules backtest --resume {id}",
        ),
        "backtest_unfinished": (
            "回测 {id} 尚未完成（{status}，{done} / {units}）",
            "back-test {id} is not finished ({status}, {done} of {units})",
        ),
        "backtest_written": ("结果已写入：{path}", "the result is written: {path}"),
    }
)

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_OUTPUT = click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="file instead of the screen / 输出文件")
_SINCE = click.option("--since", help="first day of the period (default: the first signal) / 起始日")
_UNTIL = click.option("--until", help="its end (default: now) / 截止时刻")
_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who asks / 操作人")
_ALONE = click.option("--rules-only", is_flag=True, help="grades without the champions / 不用冠军模型")


@click.command()
@FILES
@click.option("--stored", multiple=True, metavar="NAME[@VERSION]", help="stored versions / 库中的版本")
@click.option("--kind", type=click.Choice(["rule", "list", "condition", "feature"]), help="where a stored name is not enough / 种类")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="only these rules / 只看这些规则")
@click.option("--model", help="of which model / 模型")
@click.option(
    "--data", type=click.Path(path_type=Path, dir_okay=False), help="a file instead of the store: CSV, NDJSON, Parquet, XLSX / 文件"
)
@click.option("--text", "text", metavar="COL", default="text", show_default=True, help="column of the text / 文本列")
@options.label_codes
@_SINCE
@_UNTIL
@click.option("--resume", type=int, metavar="N", help="go on with a back-test that was stopped / 继续")
@click.option("--show", type=int, metavar="N", help="show a finished one / 查看")
@_ALONE
@_FORMAT
@_OUTPUT
@_ACTOR
def backtest(
    files: tuple[Path, ...],
    stored: tuple[str, ...],
    kind: str | None,
    rules: tuple[str, ...],
    model: str | None,
    data: Path | None,
    text: str,
    label: str | None,
    positive: str,
    ignore: str,
    separator: str,
    since: str | None,
    until: str | None,
    resume: int | None,
    show: int | None,
    rules_only: bool,
    form: str,
    output: Path | None,
    actor: str,
) -> None:
    """What the rules of FILES, stored versions, or rules in service would have said of stored history, or of a file. / 在历史信号或文件上回测规则

    With --data the rules are compared with the shipped ones and no database is asked, unless --stored names versions in it.
    """
    from risk.services.backtest_text import backtest_text

    settings = Settings.from_environment()
    labelled = options.label_rule(positive, ignore, separator)
    if data is not None and not stored:
        scorer = _scorer(settings, None, rules_only=rules_only)
        results = [_over_file(trial, scorer, data, text, label, labelled) for trial in _trials(scorer, _candidate(files), rules, model)]
    else:
        with _store(settings) as engine:
            scorer = _scorer(settings, engine, rules_only=rules_only)
            if show is not None or resume is not None:
                results = [_shown(engine, show) if show is not None else _carry_out(engine, scorer, int(resume or 0), actor, resume=True)]
            else:
                tried = _stored(engine, stored, kind, model) if stored else _candidate(files)
                trials = _trials(scorer, tried, rules, model)
                if data is not None:
                    results = [_over_file(trial, scorer, data, text, label, labelled) for trial in trials]
                else:
                    results = [_over_store(engine, scorer, trial, tried, since, until, actor) for trial in trials]
    _put(
        results[0] if len(results) == 1 else results,
        form,
        output,
        lambda language: "\n".join(backtest_text(result, language) for result in results),
    )


@click.command()
@click.option("--model", multiple=True, help="of which models (default: all) / 模型")
@_SINCE
@_UNTIL
@click.option("--stored", is_flag=True, help="by the newest back-tests, without a new one / 只用已有回测")
@_ALONE
@_FORMAT
@_OUTPUT
@_ACTOR
def health(
    model: tuple[str, ...],
    since: str | None,
    until: str | None,
    stored: bool,
    rules_only: bool,
    form: str,
    output: Path | None,
    actor: str,
) -> None:
    """How the rules in service are doing, with proposals; a person decides. / 现行规则的健康状况与建议"""
    from risk.services import rule_health
    from risk.services.backtest_text import health_text
    from risk.services.desk import Desk

    settings = Settings.from_environment()
    with _store(settings) as engine:
        if not stored:
            scorer = _scorer(settings, engine, rules_only=rules_only)
            for name in model or [name for name, pack in scorer.packs.items() if any(rule.lens != "firm" for rule in pack.rules)]:
                for trial in _trials(scorer, None, (), name):
                    _over_store(engine, scorer, trial, None, since, until, actor)
        reports = Desk(engine).read(rule_health.examine, model)
    if not reports:
        raise NotFoundError("health_no_backtest")
    _put(reports, form, output, lambda language: health_text(reports, language))


@contextmanager
def _store(settings: Settings) -> Iterator[Engine]:
    from risk.bootstrap import open_store

    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _scorer(settings: Settings, engine: Engine | None, *, rules_only: bool) -> Scorer:
    from risk.bootstrap import open_scorer
    from risk.scoring.keys import text_keys

    return open_scorer(settings, text_keys(in_use=True), rules_only=rules_only, engine=engine)


def _candidate(files: Sequence[Path]) -> Pack | None:
    """The rules of files; None where there are none."""
    from rules.pack import pack_from_texts

    return pack_from_texts({path.name: read_file(path) for path in files}, "files") if files else None


def _stored(engine: Engine, refs: Sequence[str], kind: str | None, model: str | None) -> Pack:
    from risk.services.backtest_stored import candidate_of
    from risk.services.desk import Desk

    return Desk(engine).read(candidate_of, refs, kind=kind, model=model)


def _trials(scorer: Scorer, candidate: Pack | None, rules: Sequence[str], model: str | None) -> list[Trial]:
    """One a model: a file may hold rules of several."""
    from risk.scoring.keys import key_of
    from risk.services.backtest_plan import models_of, plan

    packs = list(scorer.packs.values())
    if model and model not in scorer.packs:
        key_of(model)  # refuses what is no model at all
    if candidate is None or model or not candidate.rules:
        return [plan(packs, candidate, model=model or "", rules=rules)]
    mine = candidate.only(rules) if rules else candidate
    return [plan(packs, candidate, model=name, rules=rules) for name in models_of(mine, packs)] or [plan(packs, candidate, rules=rules)]


def _over_file(trial: Trial, scorer: Scorer, data: Path, text: str, label: str | None, rule: LabelRule) -> dict[str, Any]:
    from risk.scoring.tables import read_table
    from risk.services.backtest import over_file

    table = read_table(data, (text, label) if label else (text,))
    labels = None if label is None else rule.labels(table[label]).tolist()
    return over_file(trial, scorer.learners, table[text].tolist(), labels, name=data.name, progress=_progress())


def _over_store(
    engine: Engine, scorer: Scorer, trial: Trial, candidate: Pack | None, since: str | None, until: str | None, actor: str
) -> dict[str, Any]:
    from risk.services import backtest_asking, backtest_jobs

    now = datetime.now(UTC)
    first, last = backtest_asking.period(engine, _first_moment(since) if since else None, parse_moment(until), now)
    number = backtest_jobs.ask(engine, trial, scorer, candidate, since=first, until=last, actor=actor, now=now)
    return _carry_out(engine, scorer, number, actor)


def _first_moment(text: str) -> datetime:
    """A bare date begins with its first moment.

    >>> _first_moment("2026-10-31").isoformat()
    '2026-10-30T16:00:00+00:00'
    """
    return parse_moment(text) - timedelta(days=1 if len(text) <= 10 else 0)


def _carry_out(engine: Engine, scorer: Scorer, number: int, actor: str, *, resume: bool = False) -> dict[str, Any]:
    from risk.services import backtest_jobs, backtest_views
    from risk.services.desk import Desk

    click.echo(say("backtest_number", lang(), id=number), err=True)
    try:
        return backtest_jobs.carry_out(engine, scorer, number, clock=lambda: datetime.now(UTC), progress=_progress(), resume=resume)
    except KeyboardInterrupt:
        Desk(engine).act(backtest_views.cancel, number, actor=actor, now=datetime.now(UTC), gone=True)
        click.echo(say("backtest_stopped", lang(), id=number), err=True)
        sys.exit(130)


def _shown(engine: Engine, number: int) -> dict[str, Any]:
    from risk.services import backtest_views
    from risk.services.desk import Desk

    view = Desk(engine).read(backtest_views.get_backtest, number)
    if view.result is None:
        raise ConflictError(
            "backtest_unfinished", id=number, status=view.backtest.status, done=view.backtest.done, units=view.backtest.units
        )
    return view.result


def _progress() -> Callable[[int, int], None]:
    """Tells how far it is, on the screen's error stream."""
    live = sys.stderr.isatty()

    def told(done: int, total: int) -> None:
        text = say("backtest_reading", lang(), done=done, total=total)
        click.echo(f"\r{text}", err=True, nl=done >= total) if live else click.echo(text, err=True)

    return told


def _put(plain: Any, form: str, output: Path | None, text: Callable[[str], str]) -> None:
    """On the screen or in a file, as text or as the plain figures."""
    shown = text(lang()) if form == "text" else json.dumps(plain, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(shown, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(shown, encoding="utf-8")
    tell("backtest_written", path=output)
