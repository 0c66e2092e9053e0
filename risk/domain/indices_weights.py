"""Weights of indicators: by judgement (AHP), by what the data tell (entropy, CRITIC), or both. Pure; matrices are rows of numbers.

* AHP: principal eigenvector of a matrix of pair comparisons, consistency ratio below 0.1 (T. L. Saaty, *The Analytic Hierarchy Process*, McGraw-Hill 1980).
* Entropy: an indicator weighs by how unequally it is spread (C. E. Shannon 1948; C.-L. Hwang and K. Yoon, *Multiple Attribute Decision Making*, Springer 1981).
* CRITIC: by its spread and its conflict with the others (D. Diakoulaki, G. Mavrotas and L. Papayannakis, Computers & Operations Research 22, 1995, 763–770).
* AHP × entropy: the product of both, made to sum to one: judgement where the data are even, data where judgement is.

What the data cannot tell of an indicator (fewer than three known rows, no spread) has no weight by entropy and CRITIC; it is named in ``silent``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite, log, prod, sqrt

from risk.domain.errors import InvalidInputError
from risk.domain.indices import System, rules
from risk.domain.messages import register

Matrix = Sequence[Sequence[float]]
METHODS = ("ahp", "entropy", "critic", "ahp_entropy")
LEAST_ROWS = 3

RANDOM_INDEX = (0.0, 0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Saaty's random index by the order of the matrix, 0 to 10 (Saaty 1980)."""

register(
    {
        "ahp_shape": ("判断矩阵须为 1–10 阶方阵", "a comparison matrix is square, of order 1 to 10"),
        "ahp_reciprocal": (
            "第 {row} 行第 {column} 列：判断值须在 1/9 到 9 之间，且与对角位置互为倒数",
            "row {row}, column {column}: a comparison lies between 1/9 and 9 and is the reciprocal of its mirror",
        ),
        "ahp_inconsistent": (
            "判断矩阵“{name}”不一致：CR={ratio} ≥ {limit}",
            'the comparisons "{name}" are inconsistent: CR={ratio}, not below {limit}',
        ),
        "ahp_inconsistent.hint": ("最不一致的一对：第 {row} 项与第 {column} 项", "the pair that fits least: item {row} and item {column}"),
        "weights_silent": ("数据不足，无法用“{method}”确定权重", "the data say too little for weights by {method}"),
        "weights_method": ("没有这种赋权方法：{method}", "no such method: {method}"),
    }
)


@dataclass(frozen=True, slots=True)
class PairComparison:
    """What a matrix of comparisons says. ``worst``: the pair (from 1) that fits least to the weights; nothing where all fit."""

    weights: tuple[float, ...]
    largest: float
    index: float
    ratio: float
    consistent: bool
    worst: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class FromData:
    """Weights by indicator, and those of which the data say nothing."""

    weights: dict[str, float]
    silent: tuple[str, ...]


def full_matrix(above: Matrix) -> list[list[float]]:
    """The matrix of which the part above the diagonal is given, row by row.

    >>> full_matrix([[3, 5], [2]])[1]
    [0.3333333333333333, 1.0, 2.0]
    """
    size = len(above) + 1
    made = [[1.0] * size for _ in range(size)]
    for i, row in enumerate(above):
        if len(row) != size - 1 - i:
            raise InvalidInputError("ahp_shape")
        for j, value in enumerate(row, i + 1):
            if not value > 0:
                raise InvalidInputError("ahp_reciprocal", row=i + 1, column=j + 1)
            made[i][j], made[j][i] = float(value), 1.0 / value
    return made


def ahp(matrix: Matrix, *, limit: float | None = None) -> PairComparison:
    """Weights, largest eigenvalue, consistency index and ratio of a reciprocal matrix. ``ahp_shape``, ``ahp_reciprocal``.

    >>> told = ahp([[1, 2, 8], [1 / 2, 1, 4], [1 / 8, 1 / 4, 1]])
    >>> [round(w, 4) for w in told.weights], round(told.ratio, 6), told.consistent
    ([0.6154, 0.3077, 0.0769], 0.0, True)
    """
    rows = _checked(matrix)
    size = len(rows)
    weights = _eigenvector(rows)
    largest = fsum(fsum(a * w for a, w in zip(row, weights, strict=True)) / weights[i] for i, row in enumerate(rows)) / size
    index = max(largest - size, 0.0) / (size - 1) if size > 1 else 0.0
    ratio = index / RANDOM_INDEX[size] if RANDOM_INDEX[size] else 0.0
    allowed = float(rules()["consistency"]) if limit is None else limit
    return PairComparison(weights, largest, index, ratio, ratio < allowed, _worst(rows, weights))


def hierarchy(system: System, dimensions: Matrix, indicators: Mapping[str, Matrix]) -> tuple[dict[str, float], dict[str, PairComparison]]:
    """Weights of all indicators from the comparison of the groups and of the indicators in each (full matrices); and what each matrix says.

    ``ahp_inconsistent`` where a ratio is not below the limit: such comparisons are to be made again, not used.
    """
    top = ahp(dimensions)
    told = {"dimensions": top}
    if len(top.weights) != len(system.dimensions):
        raise InvalidInputError("ahp_shape")
    weights: dict[str, float] = {}
    for dimension, share in zip(system.dimensions, top.weights, strict=True):
        codes = system.codes(dimension.code)
        inner = ahp(indicators.get(dimension.code, full_matrix(dimension.compare)))
        if len(inner.weights) != len(codes):
            raise InvalidInputError("ahp_shape")
        told[dimension.code] = inner
        weights |= {code: share * part for code, part in zip(codes, inner.weights, strict=True)}
    for name, one in told.items():
        if not one.consistent:
            row, column = one.worst or (1, 1)
            facts = {"name": name, "ratio": f"{one.ratio:.3f}", "limit": rules()["consistency"], "row": row, "column": column}
            raise InvalidInputError("ahp_inconsistent", **facts)
    return weights, told


def entropy(columns: Mapping[str, Sequence[float | None]]) -> FromData:
    """Weights by entropy; values are not negative. A column times a constant has the same weight.

    >>> told = entropy({"even": [1.0, 1.0, 1.0], "uneven": [1.0, 2.0, 9.0]})
    >>> told.weights, told.silent
    ({'even': 0.0, 'uneven': 1.0}, ('even',))
    """
    return _shared({code: _divergence([v for v in column if v is not None]) for code, column in columns.items()}, "entropy")


def critic(columns: Mapping[str, Sequence[float | None]]) -> FromData:
    """Weights by CRITIC: the standard deviation of the column scaled to [0, 1], times the sum of (1 − correlation) with the others (over rows known of both)."""
    scaled = {code: _unit(column) for code, column in columns.items()}
    able = [code for code, column in scaled.items() if column is not None]
    information = dict.fromkeys(columns, 0.0)
    for code in able:
        mine = scaled[code] or []
        conflict = fsum(1.0 - _correlation(mine, scaled[other] or []) for other in able if other != code)
        information[code] = _deviation([v for v in mine if v is not None]) * (conflict if len(able) > 1 else 1.0)
    return _shared(information, "critic")


def combine(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """The product of two sets of weights, made to sum to one; ``weights_silent`` where nothing has a weight in both.

    >>> {code: round(w, 3) for code, w in combine({"a": 0.5, "b": 0.5}, {"a": 0.2, "b": 0.8}).items()}
    {'a': 0.2, 'b': 0.8}
    """
    return _shared({code: weight * second.get(code, 0.0) for code, weight in first.items()}, "ahp_entropy").weights


def _checked(matrix: Matrix) -> list[list[float]]:
    size = len(matrix)
    if not 1 <= size < len(RANDOM_INDEX) or any(len(row) != size for row in matrix):
        raise InvalidInputError("ahp_shape")
    for i in range(size):
        for j in range(i, size):
            value, mirror = float(matrix[i][j]), float(matrix[j][i])
            sound = isfinite(value) and isfinite(mirror) and 1 / 9.01 <= value <= 9.01 and abs(value * mirror - 1) < 0.01
            if not sound:  # a hundredth: 0.33 for a third, as people write it
                raise InvalidInputError("ahp_reciprocal", row=i + 1, column=j + 1)
    return full_matrix([[float(matrix[i][j]) for j in range(i + 1, size)] for i in range(size - 1)])


def _eigenvector(rows: list[list[float]]) -> tuple[float, ...]:
    """By power iteration; a positive matrix has one such vector (Perron)."""
    vector = [prod(row) ** (1 / len(row)) for row in rows]
    for _ in range(1000):
        grown = [fsum(a * v for a, v in zip(row, vector, strict=True)) for row in rows]
        total = fsum(grown)
        following = [v / total for v in grown]
        if max(abs(a - b) for a, b in zip(following, vector, strict=True)) < 1e-14:
            return tuple(following)
        vector = following
    return tuple(vector)


def _worst(rows: list[list[float]], weights: Sequence[float]) -> tuple[int, int] | None:
    """The pair whose comparison is farthest from the ratio of the weights."""
    misfit = {
        (i + 1, j + 1): abs(log(rows[i][j] * weights[j] / weights[i])) for i in range(len(rows)) for j in range(i + 1, len(rows))
    }  # fmt: skip
    pair = max(misfit, key=lambda one: (misfit[one], one), default=None)
    return pair if pair is not None and misfit[pair] > 1e-9 else None


def _divergence(values: Sequence[float]) -> float:
    """One minus the entropy of the shares, over that of even shares."""
    total = fsum(values)
    if len(values) < LEAST_ROWS or total <= 0:
        return 0.0
    shares = [value / total for value in values]
    found = 1.0 + fsum(p * log(p) for p in shares if p > 0) / log(len(values))
    return found if found > 1e-12 else 0.0


def _unit(column: Sequence[float | None]) -> list[float | None] | None:
    """The column scaled to [0, 1]; None where too little is known or nothing differs."""
    known = [v for v in column if v is not None]
    if len(known) < LEAST_ROWS or max(known) - min(known) <= 1e-12:
        return None
    low, span = min(known), max(known) - min(known)
    return [None if v is None else (v - low) / span for v in column]


def _deviation(values: Sequence[float]) -> float:
    mean = fsum(values) / len(values)
    return sqrt(fsum((v - mean) ** 2 for v in values) / (len(values) - 1))


def _correlation(first: Sequence[float | None], second: Sequence[float | None]) -> float:
    """Pearson's over rows known of both; 0 where fewer than three are, or one of them does not vary there."""
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if len(pairs) < LEAST_ROWS:
        return 0.0
    mean_a, mean_b = fsum(a for a, _ in pairs) / len(pairs), fsum(b for _, b in pairs) / len(pairs)
    both = fsum((a - mean_a) * (b - mean_b) for a, b in pairs)
    spread = sqrt(fsum((a - mean_a) ** 2 for a, _ in pairs) * fsum((b - mean_b) ** 2 for _, b in pairs))
    return max(-1.0, min(1.0, both / spread)) if spread > 1e-12 else 0.0


def _shared(information: Mapping[str, float], method: str) -> FromData:
    total = fsum(information.values())
    if total <= 0:
        raise InvalidInputError("weights_silent", method=method)
    return FromData({code: one / total for code, one in information.items()}, tuple(code for code, one in information.items() if one <= 0))
