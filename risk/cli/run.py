"""``risk run``: judge what is new, raise alerts, issue tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from risk.cli.output import lang, tell
from risk.cli.spark_options import check_engine, spark_options, spark_settings
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.workers import JudgedBy

register(
    {
        "run_texts_only": ("{key} 研判企业表，不研判信号", "{key} judges tables of firms, not signals"),
        "run_texts_only.hint": (
            "用 risk score illegal_fundraising --lens firm --firms DIR",
            "use risk score illegal_fundraising --lens firm --firms DIR",
        ),
    }
)


@click.command()
@click.option("--model", "model", help="one model only, with its lens as model.lens / 只运行一个模型")
@click.option("--as-of", "as_of", help="judge what was known then (default: now) / 截止时刻")
@click.option("--actor", default="operator", show_default=True, help="who asks / 操作人")
@click.option("--chunk", default=2000, show_default=True, type=click.IntRange(1, 50_000), help="signals in one transaction / 每批条数")
@click.option("--workers", type=click.IntRange(1, 256), help="processes that judge (default: setting `workers`) / 研判进程数")
@click.option("--rules-only", is_flag=True, help="without the champions / 只用规则")
@spark_options
def run(
    model: str | None,
    as_of: str | None,
    actor: str,
    chunk: int,
    workers: int | None,
    rules_only: bool,
    computed_by: str,
    master: str | None,
    partitions: int | None,
    conf: tuple[str, ...],
) -> None:
    """Judge stored signals, raise alerts, issue tasks. / 研判已接入的信号，产生预警并派发任务"""
    from risk.bootstrap import open_scorer, open_store
    from risk.cli.moments import parse_moment
    from risk.cli.progress import Teller
    from risk.services import runs

    check_engine(computed_by, {"--master": master, "--partitions": partitions, "--conf": conf}, {"--workers": workers})
    asked = spark_settings(computed_by, conf)
    settings = Settings.from_environment()
    keys = _keys(model)
    moment, teller = parse_moment(as_of), Teller()
    engine = open_store(settings)
    try:
        scorer = open_scorer(settings, keys, rules_only=rules_only, engine=engine)
        with _judges(computed_by, master, asked, partitions) as judged_by:
            results = runs.run(
                engine, scorer, keys, as_of=moment, now=datetime.now(UTC), actor=actor, chunk=chunk, workers=workers or settings.judging,
                progress=lambda far: teller(far.read, far.of, chunk), judged_by=judged_by,
            )  # fmt: skip
    finally:
        engine.dispose()
    from risk.scoring.keys import title

    for one in results:
        tell("run_done", model=title(one.key, lang()), judged=one.judged, candidates=one.balance.candidates, **one.balance.as_dict())


@contextmanager
def _judges(computed_by: str, master: str | None, asked: dict[str, str], ahead: int | None) -> Iterator[JudgedBy | None]:
    """Who judges: None for this machine; Spark's workers, for as long as its session lasts."""
    if computed_by == "local":
        yield None
        return
    from risk.scoring.spark_session import session
    from risk.services import spark_run

    with session(master, asked) as spark:
        yield spark_run.judged_by(spark, ahead=ahead)


def _keys(model: str | None) -> tuple[str, ...]:
    from risk.scoring.keys import key_of, text_keys

    if model is None:
        return text_keys(in_use=True)
    if model == "illegal_fundraising":
        return tuple(key for key in text_keys() if key.startswith(f"{model}."))
    key = key_of(model)
    if key not in text_keys():
        raise InvalidInputError("run_texts_only", key=key)
    return (key,)
