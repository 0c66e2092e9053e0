"""``risk train``: a model from texts, firms or verdicts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli import options
from risk.cli.output import lang, tell
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.training import Trained
    from risk.services.training_sets import Part, TrainingSet

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
        "cases_are_texts": ("案例库是文本，不用于 {key}", "the case library holds texts: it does not train {key}"),
        "cases_are_texts.hint": ("去掉 {option}", "leave {option} out"),
        "cases_hold_look_alikes": (
            "--cases 本来就含合法相似文本，不能与 --no-hard-negatives 同用",
            "--cases holds look-alikes: it does not go with --no-hard-negatives",
        ),
        "augment_texts": (
            "--augment 只用于文本，不与 --firms、--from-verdicts 同用",
            "--augment is for texts: it does not go with --firms or --from-verdicts",
        ),
        "library_added": ("案例库新增 {n} 条标签", "{n} labels of the case library are new"),
        "outside_not_trained": (
            "{key} 是外部模型，由其作者训练后登记新版本",
            "{key} is an outside model: its author trains it and registers a new version",
        ),
        "train_nowhere": ("请用 --output 或 --register 指明模型去处", "say where the model goes: --output DIR or --register"),
    }
)


@click.command()
@options.model_argument
@options.inputs
@options.label_codes
@click.option("--cases", is_flag=True, help="from the project's own case library, alone or with the other input / 用自带案例库训练")
@click.option("--no-hard-negatives", "bare", is_flag=True, help="without the project's own look-alikes / 不加入自带的合法相似文本")
@click.option("--augment", is_flag=True, help="learn from disguised copies of the texts too / 也用伪装写法的副本训练")
@click.option("--from-verdicts", is_flag=True, help="from matured labels in the database; --texts and --cases join them / 用核查结论训练")
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
    cases: bool,
    bare: bool,
    augment: bool,
    from_verdicts: bool,
    output: Path | None,
    registered: bool,
    seed: int,
    as_of: str | None,
    actor: str,
) -> None:
    """Train a model from labelled texts, firm tables, the case library, or verdicts (challenger against champion). / 训练模型"""
    from risk.scoring.keys import key_of, outside

    key = key_of(model, lens)
    if key in outside():
        raise ConflictError("outside_not_trained", key=key)
    options.check_inputs(key, texts, text, firms, more=(from_verdicts and texts is None) or (cases and texts is None and firms is None))
    _check_library(key, cases=cases, bare=bare)
    if augment and (firms is not None or from_verdicts):
        raise InvalidInputError("augment_texts")
    if from_verdicts and output is not None:
        raise InvalidInputError("verdicts_registered")
    codes = (positive, ignore, separator)
    if from_verdicts:
        given = [] if texts is None else [_given(texts, text, label, codes)]
        _from_verdicts(key, given, as_of, seed, actor, cases=cases, bare=bare)
        return
    if output is None and not registered:
        raise InvalidInputError("train_nowhere")
    if output is not None and output.exists() and any(output.iterdir()):
        raise ConflictError("output_taken", path=output)
    if firms is not None:
        trained, sources = _from_firms(key, firms, seed)
    else:
        rows = _rows(key, texts, text, label, codes, seed, cases=cases, bare=bare)
        trained, sources = _from_rows(key, rows, seed, augment=augment), rows.sources
    _tell(key, trained)
    _keep(key, trained, sources, output, registered=registered)


def _check_library(key: str, *, cases: bool, bare: bool) -> None:
    """The case library trains what judges texts; it holds look-alikes."""
    from risk.scoring.keys import FIRM_KEY

    for option, given in (("--cases", cases), ("--no-hard-negatives", bare)):
        if given and key == FIRM_KEY:
            raise InvalidInputError("cases_are_texts", key=key, option=option)
    if cases and bare:
        raise InvalidInputError("cases_hold_look_alikes")


def _from_firms(key: str, firms: Path, seed: int) -> tuple[Trained, dict[str, int]]:
    from risk.scoring.scorer import Scorer
    from risk.services import training

    frame = options.load_firms(firms)
    trained = training.train_firms(Scorer(), key, frame, options.firm_labels(firms, frame), seed=seed)
    return trained, {firms.name: trained.fitted.report["n"]}


def _rows(
    key: str,
    texts: Path | None,
    text: str | None,
    label: str | None,
    codes: tuple[str, str, str],
    seed: int,
    *,
    cases: bool,
    bare: bool,
) -> TrainingSet:
    """A labelled file, the case library, or both; a file alone stands beside the project's look-alikes."""
    from risk.services.training_sets import case_library, joined, look_alikes

    parts = [] if texts is None else [_given(texts, text, label, codes)]
    if cases:
        parts.append(case_library(key, seed))
    elif not bare:
        parts.append(look_alikes(key, seed))
    return joined(parts)


def _given(texts: Path, text: str | None, label: str | None, codes: tuple[str, str, str]) -> Part:
    """The labelled file."""
    from risk.scoring.tables import read_table
    from risk.services.training_sets import TEXTS, Part

    if not text or not label:
        raise InvalidInputError("needs_column", option="--texts", other="--label COL")
    table = read_table(texts, (text, label))
    labels = options.label_rule(*codes).labels(table[label])
    return Part(TEXTS, texts.name, tuple(table[text].tolist()), tuple(labels.tolist()))


def _from_rows(key: str, rows: TrainingSet, seed: int, *, augment: bool) -> Trained:
    from risk.scoring.scorer import Scorer
    from risk.services import training

    return training.train_set(Scorer(), key, rows, seed=seed, augment=augment)


def _tell(key: str, trained: Trained) -> None:
    report = trained.fitted.report
    ap = report["out_of_fold"]["metrics"]["average_precision"]
    shown = f"{ap['value']:.3f} [{ap['low']:.3f}, {ap['high']:.3f}]" if ap else "—"
    tell("trained", key=key, n=report["n"], positives=report["positives"], ap=shown)


def _keep(key: str, trained: Trained, sources: dict[str, int], output: Path | None, *, registered: bool) -> None:
    """Write the model to a folder, register it, or both."""
    from models.registry import Registry
    from risk.services import training

    if output is not None:
        training.save(trained, output, sources=sources)
        tell("trained_saved", path=output)
    if registered:
        settings = Settings.from_environment()
        first = key not in Registry(settings.registry_dir).champions()
        version = training.store(settings, trained, sources=sources, promote=first)
        tell("trained_registered", version=version, alias="champion" if first else "challenger")


def _from_verdicts(key: str, given: list[Part], as_of: str | None, seed: int, actor: str, *, cases: bool, bare: bool) -> None:
    from risk.bootstrap import open_scorer, open_store
    from risk.cli.moments import parse_moment
    from risk.services.cases import ship, take
    from risk.services.retraining import retrain

    settings, now = Settings.from_environment(), datetime.now(UTC)
    engine = open_store(settings)
    try:
        added = sum(take(engine, key, part, known_at=now, now=now) for part in given)
        tell("library_added", n=added + (0 if bare else ship(engine, key, whole=cases, now=now)))
        scorer = open_scorer(settings, [key], engine=engine)
        done = retrain(engine, settings, scorer, key, as_of=parse_moment(as_of), now=now, actor=actor, seed=seed)
    finally:
        engine.dispose()
    click.echo(done.line(lang()))
