"""``risk score``: one row out for each row in. Needs no database."""

from __future__ import annotations

from pathlib import Path

import click

from risk.cli import options
from risk.cli.output import tell
from risk.domain.messages import register

register(
    {
        "scored": (
            "已评分 {rows} 行（模型 {version}），预警 {alarms} 行：{path}",
            "{rows} rows scored (model {version}), {alarms} alarms: {path}",
        )
    }
)


@click.command()
@options.model_argument
@options.inputs
@click.option("--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="CSV to write / 输出文件")
@options.using
def score(
    model: str,
    lens: str | None,
    texts: Path | None,
    text: str | None,
    firms: Path | None,
    output: Path,
    rules_only: bool,
    using: str | None,
) -> None:
    """Score texts or firms from files: id, probability, grade, rules, reasons. / 对文件中的文本或企业评分"""
    from risk.scoring.firms import score_firms
    from risk.scoring.keys import key_of
    from risk.scoring.offline import score_texts
    from risk.scoring.tables import read_table

    key = key_of(model, lens)
    options.check_inputs(key, texts, text, firms)
    scorer = options.scorer_for(key, rules_only=rules_only, using=using)
    if firms is not None:
        table = score_firms(scorer, options.load_firms(firms), rules_only=rules_only)
    else:
        assert texts is not None
        assert text is not None
        table = score_texts(scorer, key, read_table(texts, (text,))[text].tolist(), rules_only=rules_only)
    output.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(output, index=False, encoding="utf-8")
    version = scorer.learners[key].version if key in scorer.learners else "rules"
    tell("scored", rows=len(table), version=version, alarms=int((table["grade"] != "none").sum()), path=output)
