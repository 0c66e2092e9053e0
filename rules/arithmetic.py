"""Arithmetic on numbers and days, one value at a time and whole columns at a time: the same answer, unknown where there is none.

>>> calculate("/", 1.0, 0.0), calculate("*", 2000.0, 15.0, percent=True)
(None, 300.0)
>>> calculate("-", date(2024, 3, 1), date(2024, 2, 28)), calculate("+", date(2024, 2, 28), 2.0)
(2.0, datetime.date(2024, 3, 1))
"""

import math
import operator
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from rules.inputs import Column
from rules.items import Plain

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def calculate(op: str, left: Plain, right: Plain, *, percent: bool = False) -> float | date | None:
    """One value; `percent` takes a percentage of an amount. None where a side is, on division by zero, and where no finite number or day results."""
    if isinstance(left, date):
        return _days(op, left, right)
    if not isinstance(left, int | float) or not isinstance(right, int | float) or (op == "/" and right == 0):
        return None
    value = _OPERATORS[op](float(left), float(right)) / (100 if percent else 1)
    return value if math.isfinite(value) else None


def _days(op: str, left: date, right: Plain) -> float | date | None:
    if isinstance(right, date):
        return float((left - right).days) if op == "-" else None
    if not isinstance(right, int | float) or op not in ("+", "-"):
        return None
    try:
        return left + timedelta(days=right) if op == "+" else left - timedelta(days=right)
    except (OverflowError, ValueError):
        return None


def calculate_columns(op: str, left: Column, right: Column, *, percent: bool = False) -> Column:
    """Every row; columns of numbers are floats, of days objects."""
    known = left.known & right.known
    if left.values.dtype == object or right.values.dtype == object:
        pairs = zip(left.values, right.values, known, strict=True)
        return Column.of([calculate(op, one, two, percent=percent) if good else None for one, two, good in pairs])
    with np.errstate(all="ignore"):
        values = _OPERATORS[op](left.values.astype(float), right.values.astype(float)) / (100 if percent else 1)
    known = known & np.isfinite(values)
    return Column(values, known & (right.values != 0) if op == "/" else known)
