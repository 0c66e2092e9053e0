"""``risk run``: judge what is new, raise alerts, issue tasks."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

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
def run(model: str | None, as_of: str | None, actor: str, chunk: int, workers: int | None, rules_only: bool) -> None:
    """Judge stored signals, raise alerts, issue tasks. / 研判已接入的信号，产生预警并派发任务"""
    from risk.bootstrap import open_scorer, open_store
    from risk.cli.moments import parse_moment
    from risk.cli.progress import Teller
    from risk.services import runs

    settings = Settings.from_environment()
    keys = _keys(model)
    moment, teller = parse_moment(as_of), Teller()
    engine = open_store(settings)
    try:
        scorer = open_scorer(settings, keys, rules_only=rules_only, engine=engine)
        results = runs.run(
            engine, scorer, keys, as_of=moment, now=datetime.now(UTC), actor=actor, chunk=chunk, workers=workers or settings.judging,
            progress=lambda far: teller(far.read, far.of, chunk),
        )  # fmt: skip
    finally:
        engine.dispose()
    from risk.scoring.keys import title

    for one in results:
        tell("run_done", model=title(one.key, lang()), judged=one.judged, candidates=one.balance.candidates, **one.balance.as_dict())


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
