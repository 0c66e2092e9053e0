"""``risk evaluate``: figures with intervals on labelled texts or firms, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from risk.cli import options
from risk.domain.errors import InvalidInputError


@click.command()
@options.model_argument
@options.inputs
@options.label_codes
@click.option("--all-negative", is_flag=True, help="every row is a negative: only alarms are counted / 全部为负例")
@options.using
@click.option("--threshold", type=click.FloatRange(0, 1), help="alarm at this probability (default: blue or above) / 预警阈值")
@click.option("--by", "by", metavar="COL", help="slices / 分组列")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="file instead of the screen / 输出文件")
def evaluate(
    model: str,
    lens: str | None,
    texts: Path | None,
    text: str | None,
    firms: Path | None,
    label: str | None,
    positive: str,
    ignore: str,
    separator: str,
    all_negative: bool,
    rules_only: bool,
    using: str | None,
    threshold: float | None,
    by: str | None,
    output: Path | None,
) -> None:
    """Measure a model: precision, recall, F1, average precision, ROC-AUC, Brier skill, ECE, alarms, each with an interval. / 评估模型"""
    import numpy as np

    from risk.scoring.firms import score_firms
    from risk.scoring.keys import key_of
    from risk.scoring.offline import evaluate_scores, score_texts
    from risk.scoring.tables import read_table

    key = key_of(model, lens)
    options.check_inputs(key, texts, text, firms)
    for option, given in (("--all-negative", all_negative), ("--by", by), ("--label", label)):
        if firms is not None and given:
            raise InvalidInputError("texts_only", option=option)
    scorer = options.scorer_for(key, rules_only=rules_only, using=using)
    labels: Any
    column: list[str] | None = None
    if firms is not None:
        frame = options.load_firms(firms)
        labels = options.firm_labels(firms, frame)
        scores, cells = score_firms(scorer, frame, rules_only=rules_only, explain=False), None
    else:
        assert texts is not None
        assert text is not None
        if not all_negative and not label:
            raise InvalidInputError("needs_column", option="--texts", other="--label COL / --all-negative")
        needed = [text] + [c for c in (label if not all_negative else None, by) if c]
        table = read_table(texts, tuple(needed))
        cells = table[text].tolist()
        labels = np.zeros(len(table)) if all_negative else options.label_rule(positive, ignore, separator).labels(table[label])
        column = table[by].tolist() if by else None
        scores = score_texts(scorer, key, cells, rules_only=rules_only, explain=False)
    told = evaluate_scores(scores, labels, cells, threshold=threshold, slices=column)
    version = scorer.learners[key].version if key in scorer.learners else "rules"
    result = {"model": key, "using": version, "rows": len(scores), **told}
    shown = json.dumps(result, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(shown)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(shown + "\n", encoding="utf-8")
