"""``risk explain``: why a text is judged as it is, and what would have to be otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli import options
from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

register(
    {
        "explain_head": ("{title}（版本 {version}）：概率 {p}，{grade}", "{title} (version {version}): probability {p}, {grade}"),
        "explain_grounds": ("理由（对数几率）：", "Reasons (log-odds):"),
        "explain_ground": ("  {weight:+.2f}  {said}{quotes}", "  {weight:+.2f}  {said}{quotes}"),
        "explain_base": (
            "  {weight:+.2f}  底数：对一无所知的文本的判断",
            "  {weight:+.2f}  base: what is believed of a text of which nothing is known",
        ),
        "explain_what_if": ("如何改判：", "What would change it:"),
        "explain_nothing": ("  没有能降低等级的单项改动", "  nothing that lowers the grade was found"),
        "explain_below": ("低于蓝色，不预警", "below blue: no alert"),
        "plots_written": ("已写 {n} 幅图：{path}", "{n} plots written to {path}"),
        "explain_input": ("请给出一段文本，或 --texts 与 --plots", "give one text, or --texts with --plots"),
        "explain_input.hint": ('例如 risk explain illegal_drug_sales "……"', 'for example risk explain illegal_drug_sales "…"'),
        "extra_missing": ("缺少可选组件：{name}", "an optional part is missing: {name}"),
        "extra_missing.hint": ("安装 risk-early-warning[{extra}]", "install risk-early-warning[{extra}]"),
    }
)


@click.command()
@options.model_argument
@click.argument("said", metavar="[TEXT]", required=False)
@click.option("--texts", type=click.Path(path_type=Path, dir_okay=False), help="table to draw plots of / 作图用的文本表")
@click.option("--text", "text", metavar="COL", help="column of the text / 文本列")
@click.option("--plots", type=click.Path(path_type=Path, file_okay=False), help="folder for plots by shap / 图的目录（shap）")
@options.using
def explain(
    model: str,
    lens: str | None,
    said: str | None,
    texts: Path | None,
    text: str | None,
    plots: Path | None,
    rules_only: bool,
    using: str | None,
) -> None:
    """Reasons of one TEXT with quotations, and what would lower its grade; or plots of a model over many texts. / 解释研判"""
    from risk.scoring.keys import FIRM_KEY, key_of

    key = key_of(model, lens)
    if key == FIRM_KEY or (said is None) == (texts is None) or (texts is None) != (plots is None):
        raise InvalidInputError("explain_input")
    scorer = options.scorer_for(key, rules_only=rules_only, using=using)
    if said is not None:
        _one(scorer, key, said)
        return
    assert texts is not None
    assert plots is not None
    _plots(scorer, key, texts, text, plots)


def _one(scorer: Scorer, key: str, said: str) -> None:
    from risk.domain.calendar import SHANGHAI
    from risk.domain.grades import Grade
    from risk.scoring.counterfactuals import counterfactuals
    from risk.scoring.keys import title
    from risk.scoring.reasons import explained

    on = datetime.now(UTC).astimezone(SHANGHAI).date()
    reading = scorer.read([said])
    judged = scorer.judge(reading, key, on=on)
    grade = Grade(int(judged.ranks[0]))
    tell(
        "explain_head",
        title=title(key, lang()),
        version=judged.learner.version,
        p=f"{judged.probability[0]:.3f}",
        grade=grade.title(lang()),
    )
    _, shares, grounds = explained(scorer, reading, judged, [0])[0]
    tell("explain_grounds")
    for ground in grounds:
        quotes = "".join(f" [{i}–{j}“{said[i:j]}”]" for i, j in ground.quotes)
        tell("explain_ground", weight=ground.log_odds, said=ground.zh if lang() == "zh" else ground.en, quotes=quotes)
    for share in shares:
        if share.kind == "base":
            tell("explain_base", weight=share.log_odds)
    if grade == Grade.NONE:
        tell("explain_below")
        return
    tell("explain_what_if")
    answers = counterfactuals(scorer, key, said, on=on)
    for answer in answers:
        click.echo(f"  {answer.zh if lang() == 'zh' else answer.en}")
    if not answers:
        tell("explain_nothing")


def _plots(scorer: Scorer, key: str, texts: Path, text: str | None, folder: Path) -> None:
    from risk.reports.shap_plots import MissingPartError, draw
    from risk.scoring.importance import matrix
    from risk.scoring.tables import read_table

    if not text:
        raise InvalidInputError("needs_column", option="--texts", other="--text COL")
    rows = read_table(texts, (text,))[text].tolist()
    reading = scorer.read(rows)
    try:
        written = draw(matrix(scorer, reading, scorer.judge(reading, key), range(len(rows)), lang()), folder)
    except MissingPartError as error:
        raise InvalidInputError("extra_missing", name=error.name, extra="explain") from error
    tell("plots_written", n=len(written), path=folder)
