"""Options that several commands share, said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.system_messages import quoted, reason_of
from risk.settings import Settings

if TYPE_CHECKING:
    from models.labels import LabelRule
    from risk.scoring.scorer import Scorer

register(
    {
        "one_input": ("请给出一种输入：{options}", "give one input: {options}"),
        "firms_lens": ("--firms 只用于 illegal_fundraising --lens firm", "--firms goes with illegal_fundraising --lens firm only"),
        "needs_column": ("{option} 需要同时给出 {other}", "{option} needs {other}"),
        "label_codes": ("标签选项有误：至少要有一个正例代码", "the label options are wrong: at least one code must be positive"),
        "label_codes.hint": ("例如 --positive MED2,RX", "for example --positive MED2,RX"),
        "texts_only": ("{option} 只与 --texts 同用", "{option} goes with --texts only"),
        "rules_or_using": ("--rules-only 与 --using 只能用一个", "--rules-only and --using exclude each other"),
        "no_champion": ("{key} 没有冠军", "{key} has no champion"),
        "no_champion.hint": (
            "不给 --using 则按规则评分；或先 risk train … --register",
            "without --using its rules score; or first: risk train … --register",
        ),
        "firms_unreadable": ("无法读取 {path}：{reason}", "cannot read {path}: {reason}"),
        "firms_unreadable.hint": ("企业表应为 UTF-8 的 CSV，首行是列名", "tables of firms are CSV in UTF-8 with a header"),
        "firms_no_column": ("{path} 的企业表缺少列“{column}”", "the firm tables in {path} lack the column `{column}`"),
        "firms_no_column.hint": (
            "名单要有 id；各表的列名见 features/tabular.py",
            "lists of firms need an id; the columns of each table are those of features/tabular.py",
        ),
        "firms_none": ("{path} 中没有企业名单，也没有企业表", "there is no list of firms and no table of firms in {path}"),
        "firms_none.hint": (
            "名单是 labels.csv 或 ids.csv，表是 annual_report_info.csv 等",
            "a list is labels.csv or ids.csv, a table annual_report_info.csv and so on",
        ),
        "no_labels_csv": ("{path} 中没有 labels.csv，无法训练或评估", "there is no labels.csv in {path} to train on or evaluate with"),
        "no_labels_csv.hint": ("labels.csv 有两列：id、label", "labels.csv has two columns: id, label"),
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
        raise InvalidInputError("label_codes") from error


def check_inputs(key: str, texts: Path | None, text: str | None, firms: Path | None, *, more: bool = False) -> None:
    """One input, of the kind that the lens looks at. ``more``: another source was given (verdicts)."""
    from risk.scoring.keys import FIRM_KEY

    if (texts is not None) + (firms is not None) + more != 1:
        raise InvalidInputError("one_input", options="--texts, --firms" + (", --from-verdicts" if more else ""))
    if (firms is not None) != (key == FIRM_KEY) and not more:
        raise InvalidInputError("firms_lens")
    if texts is not None and not text:
        raise InvalidInputError("needs_column", option="--texts", other="--text COL")


def scorer_for(key: str, *, rules_only: bool, using: str | None) -> Scorer:
    """What scores a key: the rules alone, the model that was named, or the champion where there is one."""
    from risk.bootstrap import open_scorer

    if rules_only and using:
        raise InvalidInputError("rules_or_using")
    from risk.scoring.learners import check_in_use

    scorer = open_scorer(Settings.from_environment(), [key], rules_only=rules_only, using={key: using} if using else None)
    check_in_use(key, scorer.learners)
    if using == "champion" and key not in scorer.learners:
        raise NotFoundError("no_champion", key=key)
    return scorer


def load_firms(folder: Path) -> Any:
    """The table of firms, one row each."""
    from features.tabular import load_firms as load

    try:
        return load(folder)
    except FileNotFoundError as error:
        raise NotFoundError("firms_none", path=folder) from error
    except KeyError as error:
        raise InvalidInputError("firms_no_column", path=folder, column=error.args[0]) from error
    except OSError as error:
        raise InvalidInputError("firms_unreadable", path=folder, reason=reason_of(error)) from error
    except ValueError as error:
        raise InvalidInputError("firms_unreadable", path=_unreadable_of(folder), reason=quoted(error)) from error


def _unreadable_of(folder: Path) -> Path:
    """The first table that is no CSV in UTF-8; the folder itself where every one is."""
    import pandas as pd

    for path in sorted(folder.glob("*.csv")):
        try:
            pd.read_csv(path, dtype=str, encoding="utf-8-sig")
        except ValueError:
            return path
    return folder


def firm_labels(folder: Path, table: Any) -> Any:
    """The labels of the firms of a table, in its order; nan where a firm has none."""
    import numpy as np
    import pandas as pd

    path = folder / "labels.csv"
    if not path.is_file():
        raise InvalidInputError("no_labels_csv", path=folder)
    listed = pd.read_csv(path, dtype={"id": str}, encoding="utf-8-sig")
    if "label" not in listed:
        raise InvalidInputError("firms_no_column", path=path, column="label")
    found = listed.drop_duplicates("id").set_index("id")["label"]
    return pd.to_numeric(found, errors="coerce").reindex(table.index).to_numpy(dtype=np.float64)
