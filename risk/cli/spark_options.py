"""``--engine spark`` and what goes with it, said once for the commands that know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "spark_only": ("{option} 只与 --engine spark 同用", "{option} goes with --engine spark only"),
        "spark_not_here": ("{option} 不能与 --engine spark 同用", "{option} does not go with --engine spark"),
        "spark_not_here.hint": ("用本机引擎：--engine local", "use the engine of this machine: --engine local"),
    }
)

_OPTIONS = (
    click.option(
        "--engine",
        "computed_by",
        type=click.Choice(["local", "spark"]),
        default="local",
        show_default=True,
        is_eager=True,  # the other options are read by it
        help="spark: past one machine / 计算引擎",
    ),
    click.option("--master", metavar="URL", help="spark: local[2], yarn, spark://… (default: spark-submit's, else local[*]) / 集群地址"),
    click.option("--partitions", type=click.IntRange(1, 100_000), help="spark: parts of the work / 分区数"),
    click.option("--conf", "conf", multiple=True, metavar="K=V", help="spark: a setting of Spark, repeatable / Spark 设置"),
)


def spark_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command with a Spark engine has."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def check_engine(engine: str, spark_only: dict[str, Any], never: dict[str, Any] | None = None) -> None:
    """Refuse options of Spark without it (``spark_only``), and what Spark cannot do (``spark_not_here``); both as option: value."""
    if engine == "local":
        for option, value in spark_only.items():
            if value:
                raise InvalidInputError("spark_only", option=option)
    else:
        for option, value in (never or {}).items():
            if value:
                raise InvalidInputError("spark_not_here", option=option)


def spark_settings(engine: str, conf: Sequence[str]) -> dict[str, str]:
    """``--conf`` as a mapping; refused before anything is opened, as is Spark where it is not installed (``spark_missing``)."""
    if engine == "local":
        return {}
    from risk.cli.pairs import read_pairs
    from risk.scoring.spark_session import check_installed, settings_of

    check_installed()
    return settings_of(read_pairs(conf))
