"""Options that several commands share, said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

if TYPE_CHECKING:
    from models.labels import LabelRule

register(
    {
        "one_input": ("请给出一种输入：{options}", "give one input: {options}"),
        "firms_lens": ("--firms 只用于 illegal_fundraising --lens firm", "--firms goes with illegal_fundraising --lens firm only"),
        "needs_column": ("{option} 需要同时给出 {other}", "{option} needs {other}"),
        "label_codes": ("标签选项有误：{reason}", "the label options are wrong: {reason}"),
        "firms_unreadable": ("无法读取企业表 {path}：{reason}", "cannot read the firm tables in {path}: {reason}"),
        "no_labels_csv": ("{path} 中没有 labels.csv，无法训练或评估", "there is no labels.csv in {path} to train on or evaluate with"),
    }
)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _all(*decorators: Decorator) -> Decorator:
    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return wrap


model_argument = _all(
    click.argument("model"),
    click.option("--lens", type=click.Choice(["solicitation", "report", "firm"]), help="of illegal_fundraising / 镜头"),
)
inputs = _all(
    click.option("--texts", type=click.Path(path_type=Path, dir_okay=False), help="CSV, NDJSON, Parquet, XLSX / 文本表"),
    click.option("--text", "text", metavar="COL", help="column of the text / 文本列"),
    click.option("--firms", type=click.Path(path_type=Path, file_okay=False), help="folder of firm tables / 企业表目录"),
)
label_codes = _all(
    click.option("--label", "label", metavar="COL", help="column of the label / 标签列"),
    click.option("--positive", default="1", show_default=True, metavar="A,B", help="codes that are positive / 正例代码"),
    click.option("--ignore", "ignore", default="", metavar="C,D", help="codes left out / 忽略代码"),
    click.option("--separator", default=",", show_default=True, metavar="SEP", help="between codes in a cell / 代码分隔符"),
)
using = _all(
    click.option("--rules-only", is_flag=True, help="without any learner / 只用规则"),
    click.option(
        "--using", "using", metavar="DIR|VERSION|champion", help="which model (default: the champion, else the rules) / 使用的模型"
    ),
)


def label_rule(positive: str, ignore: str, separator: str) -> LabelRule:
    """What the label options mean."""
    from models.labels import parse

    try:
        return parse(positive, ignore, separator)
    except ValueError as error:
        raise InvalidInputError("label_codes", reason=str(error)) from error


def check_inputs(key: str, texts: Path | None, text: str | None, firms: Path | None, *, more: bool = False) -> None:
    """One input, of the kind that the lens looks at. ``more``: another source was given (verdicts)."""
    from risk.scoring.keys import FIRM_KEY

    if (texts is not None) + (firms is not None) + more != 1:
        raise InvalidInputError("one_input", options="--texts, --firms" + (", --from-verdicts" if more else ""))
    if (firms is not None) != (key == FIRM_KEY) and not more:
        raise InvalidInputError("firms_lens")
    if texts is not None and not text:
        raise InvalidInputError("needs_column", option="--texts", other="--text COL")


def load_firms(folder: Path) -> Any:
    """The table of firms, one row each."""
    from features.tabular import load_firms as load

    try:
        return load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInputError("firms_unreadable", path=folder, reason=str(error)) from error


def firm_labels(folder: Path, table: Any) -> Any:
    """The labels of the firms of a table, in its order; nan where a firm has none."""
    import numpy as np
    import pandas as pd

    path = folder / "labels.csv"
    if not path.is_file():
        raise InvalidInputError("no_labels_csv", path=folder)
    found = pd.read_csv(path, dtype={"id": str}).drop_duplicates("id").set_index("id")["label"]
    return pd.to_numeric(found, errors="coerce").reindex(table.index).to_numpy(dtype=np.float64)
