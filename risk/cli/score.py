"""``risk score``: one row out for each row in. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli import options
from risk.cli.output import lang, tell
from risk.cli.spark_options import check_engine, spark_options, spark_settings
from risk.domain.messages import register

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

SOME_LEFT = 3
"""Exit code: what could be scored was, and some rows were set aside. (1 is a refusal, 2 a wrong command line.)"""

register(
    {
        "scored": (
            "已评分 {rows} 行（模型 {version}），预警 {alarms} 行：{path}",
            "{rows} rows scored (model {version}), {alarms} alarms: {path}",
        ),
        "scored_spark": (
            "Spark 已评分 {rows} 行（模型 {version}），预警 {alarms} 行，未能评分 {failed} 行：{path}",
            "{rows} rows scored on Spark (model {version}), {alarms} alarms, {failed} not scored: {path}",
        ),
        "scored_aside": (
            "{rows} 行未能评分，原因见 {path}",
            "{rows} rows were not scored; why is told in {path}",
        ),
        "scored_undecodable": (
            "其中 {rows} 行含无法解码的字符，请检查 --encoding",
            "{rows} of them have characters that could not be decoded: check --encoding",
        ),
    }
)


class _Place(click.Path):
    """A path, or an address that Spark understands (``hdfs://…``), which stays as it was given. A folder is a table to Spark alone."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        on_spark = ctx is not None and ctx.params.get("computed_by") == "spark"
        return str(value) if on_spark else super().convert(value, param, ctx)


@click.command()
@options.model_argument
@click.option("--texts", type=_Place(path_type=Path, dir_okay=False), help="CSV, NDJSON, Parquet, XLSX; spark: CSV, Parquet / 文本表")
@click.option("--text", "text", metavar="COL", help="column of the text / 文本列")
@click.option("--firms", type=click.Path(path_type=Path, file_okay=False), help="folder of firm tables / 企业表目录")
@click.option("--output", required=True, type=_Place(path_type=Path, dir_okay=False), help="CSV to write; spark: a folder / 输出文件")
@options.using
@spark_options
@click.option("--id", "id_column", metavar="COL", help="spark: column that names the rows (default: their number) / 行号列")
@click.option("--encoding", metavar="NAME", help="spark: of a CSV (default utf-8) / 编码")
def score(
    model: str,
    lens: str | None,
    texts: Path | str | None,
    text: str | None,
    firms: Path | None,
    output: Path | str,
    rules_only: bool,
    using: str | None,
    computed_by: str,
    master: str | None,
    partitions: int | None,
    conf: tuple[str, ...],
    id_column: str | None,
    encoding: str | None,
) -> None:
    """Score texts or firms from files: id, probability, grade, rules, reasons. / 对文件中的文本或企业评分

    A row that cannot be scored is set aside in OUTPUT's name with .quarantine.csv, the others are scored, and the exit code is 3.
    / 无法评分的行放入同名 .quarantine.csv，其余照常评分，退出码为 3
    """
    from risk.scoring.keys import key_of

    spark_only = {"--master": master, "--partitions": partitions, "--conf": conf, "--id": id_column, "--encoding": encoding}
    check_engine(computed_by, spark_only, {"--firms": firms})
    settings = spark_settings(computed_by, conf)
    key = key_of(model, lens)
    options.check_inputs(key, None if texts is None else Path(texts), text, firms)
    scorer = options.scorer_for(key, rules_only=rules_only, using=using)
    version = scorer.learners[key].version if key in scorer.learners else "rules"
    if computed_by == "spark":
        assert text is not None
        told = _on_spark(
            scorer,
            key,
            (str(texts), text, id_column, encoding or "utf-8"),
            str(output),
            (master, settings, partitions),
            rules_only=rules_only,
        )
        tell("scored_spark", rows=told.rows, version=version, alarms=told.alarms, failed=told.failed, path=output)
        if told.undecodable:
            tell("scored_undecodable", rows=told.undecodable)
        return
    from risk.scoring import aside
    from risk.scoring.firms import score_firms

    left: list[aside.Aside] = []
    if firms is not None:
        table = score_firms(scorer, options.load_firms(firms), rules_only=rules_only)
    else:
        assert isinstance(texts, Path)
        assert text is not None
        table, left = aside.score_rows(aside.scorer_of(scorer, key, rules_only=rules_only), aside.read_rows(texts, text))
    assert isinstance(output, Path)
    output.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(output, index=False, encoding="utf-8")
    tell("scored", rows=len(table), version=version, alarms=int((table["grade"] != "none").sum()), path=output)
    beside = aside.write(left, output, lang())
    if beside is not None:
        tell("scored_aside", rows=len(left), path=beside)
        click.get_current_context().exit(SOME_LEFT)


def _on_spark(
    scorer: Scorer,
    key: str,
    table: tuple[str, str, str | None, str],
    output: str,
    how: tuple[str | None, dict[str, str], int | None],
    *,
    rules_only: bool,
) -> Any:
    from risk.scoring.spark_score import Table, score_table
    from risk.scoring.spark_session import session

    master, settings, partitions = how
    with session(master, settings) as spark:
        return score_table(spark, scorer, key, Table(*table), output, partitions=partitions, rules_only=rules_only, lang=lang())
