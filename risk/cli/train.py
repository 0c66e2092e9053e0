"""``risk train``: a model from texts, firms or verdicts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from risk.cli import options
from risk.cli.output import lang, tell
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

register(
    {
        "trained": (
            "已训练 {key}：{n} 条标签，正例 {positives}；折外平均精度 {ap}",
            "{key} is trained on {n} labels, {positives} positive; average precision out of fold {ap}",
        ),
        "trained_saved": ("模型目录：{path}", "model folder: {path}"),
        "trained_registered": ("已登记为版本 {version}（{alias}）", "registered as version {version} ({alias})"),
        "output_taken": ("目录不为空：{path}", "the folder is not empty: {path}"),
        "output_taken.hint": ("给 --output 一个新目录", "give --output a new folder"),
        "verdicts_registered": (
            "--from-verdicts 训练的模型由系统登记并与冠军比较，不写到 --output",
            "a model trained --from-verdicts is registered and compared with the champion, not written to --output",
        ),
        "verdicts_registered.hint": ("去掉 --output", "leave --output out"),
        "train_nowhere": ("请用 --output 或 --register 指明模型去处", "say where the model goes: --output DIR or --register"),
    }
)


@click.command()
@options.model_argument
@options.inputs
@options.label_codes
@click.option("--from-verdicts", is_flag=True, help="from matured labels in the database / 用核查结论训练")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="folder for the model / 模型目录")
@click.option("--register", "registered", is_flag=True, help="register the model; the first version becomes champion / 登记")
@click.option("--seed", default=0, show_default=True)
@click.option("--as-of", "as_of", help="with --from-verdicts: what was known then / 截止时刻")
@click.option("--actor", default="operator", show_default=True, help="who asks / 操作人")
def train(
    model: str,
    lens: str | None,
    texts: Path | None,
    text: str | None,
    firms: Path | None,
    label: str | None,
    positive: str,
    ignore: str,
    separator: str,
    from_verdicts: bool,
    output: Path | None,
    registered: bool,
    seed: int,
    as_of: str | None,
    actor: str,
) -> None:
    """Train a model from labelled texts, firm tables, or verdicts (challenger against champion). / 训练模型"""
    from risk.scoring.keys import key_of

    key = key_of(model, lens)
    options.check_inputs(key, texts, text, firms, more=from_verdicts)
    if from_verdicts and output is not None:
        raise InvalidInputError("verdicts_registered")
    if from_verdicts:
        _from_verdicts(key, as_of, seed, actor)
        return
    if output is None and not registered:
        raise InvalidInputError("train_nowhere")
    if output is not None and output.exists() and any(output.iterdir()):
        raise ConflictError("output_taken", path=output)
    _from_files(key, texts, text, firms, label, (positive, ignore, separator), output, registered, seed)


def _from_files(
    key: str,
    texts: Path | None,
    text: str | None,
    firms: Path | None,
    label: str | None,
    codes: tuple[str, str, str],
    output: Path | None,
    registered: bool,
    seed: int,
) -> None:
    from risk.scoring.scorer import Scorer
    from risk.scoring.tables import read_table
    from risk.services import training

    settings = Settings.from_environment()
    scorer = Scorer()
    if firms is not None:
        frame = options.load_firms(firms)
        trained = training.train_firms(scorer, key, frame, options.firm_labels(firms, frame), seed=seed)
        source = firms.name
    else:
        assert texts is not None
        assert text is not None
        if not label:
            raise InvalidInputError("needs_column", option="--texts", other="--label COL")
        table = read_table(texts, (text, label))
        trained = training.train_texts(scorer, key, table[text].tolist(), options.label_rule(*codes).labels(table[label]), seed=seed)
        source = texts.name
    report = trained.fitted.report
    ap = report["out_of_fold"]["metrics"]["average_precision"]
    tell(
        "trained",
        key=key,
        n=report["n"],
        positives=report["positives"],
        ap=f"{ap['value']:.3f} [{ap['low']:.3f}, {ap['high']:.3f}]" if ap else "—",
    )
    sources = {source: report["n"]}
    if output is not None:
        training.save(trained, output, sources=sources)
        tell("trained_saved", path=output)
    if registered:
        from models.registry import Registry

        first = key not in Registry(settings.registry_dir).champions()
        version = training.store(settings, trained, sources=sources, promote=first)
        tell("trained_registered", version=version, alias="champion" if first else "challenger")


def _from_verdicts(key: str, as_of: str | None, seed: int, actor: str) -> None:
    from risk.bootstrap import open_scorer, open_store
    from risk.cli.moments import parse_moment
    from risk.services.retraining import retrain

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        done = retrain(
            engine,
            settings,
            open_scorer(settings, [key], engine=engine),
            key,
            as_of=parse_moment(as_of),
            now=datetime.now(UTC),
            actor=actor,
            seed=seed,
        )
    finally:
        engine.dispose()
    click.echo(done.line(lang()))
