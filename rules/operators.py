"""What the operators of the language do with two known values; shared by all ways of evaluating."""

import operator
from collections.abc import Callable
from typing import Any

from rules.nodes import Mode

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The same comparison with its sides exchanged."""

CONTAINS: dict[Mode, Callable[[frozenset[Any], frozenset[Any]], bool]] = {
    Mode.ANY: lambda wanted, held: not wanted.isdisjoint(held),
    Mode.ALL: frozenset.issubset,
    Mode.NONE: frozenset.isdisjoint,
}
"""Whether what is held has any, all or none of what is wanted."""


class EvaluationError(ValueError):
    """The pack cannot run: it was not checked, or it has errors."""
