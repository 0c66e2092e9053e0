"""What a label column says: 1, 0, or *ignored* (NaN), by a rule that is data.

One mapping for every measurement: which codes are positive for a model, and which say nothing about it (a formal breach is neither a
false claim nor its absence). A cell may hold several codes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class LabelRule:
    """Positive wins over ignored; an empty cell is ignored (nobody has judged it), ``-`` is negative (judged, no code).

    >>> rule = LabelRule(frozenset({"MED2"}), frozenset({"MED1"}), ",")
    >>> [rule.of(v) for v in ("DEV,MED1,RX", "MED1,MED2", "-", "RX")]
    [nan, 1.0, 0.0, 0.0]
    >>> [LabelRule().of(v) for v in (1, "1", 1.0, True, 0, "0", None, "")]
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, nan, nan]
    """

    positive: frozenset[str] = frozenset({"1"})
    ignore: frozenset[str] = frozenset()
    separator: str = ","

    def codes(self, cell: Any) -> frozenset[str]:
        """The codes in one cell; none for an empty one."""
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return frozenset()
        if isinstance(cell, bool | float | int) or (hasattr(cell, "item") and not isinstance(cell, str)):
            number = float(cell)
            text = str(int(number)) if number.is_integer() else str(number)
        else:
            text = str(cell)
        parts = text.split(self.separator) if self.separator else [text]
        return frozenset(p.strip() for p in parts if p.strip() and p.strip() != "<NA>")

    def of(self, cell: Any) -> float:
        """1.0, 0.0 or NaN."""
        codes = self.codes(cell)
        if not codes:
            return math.nan
        if codes & self.positive:
            return 1.0
        return math.nan if codes & self.ignore else 0.0

    def labels(self, column: Iterable[Any]) -> npt.NDArray[np.float64]:
        """The labels of a column."""
        import numpy as np

        return np.array([self.of(c) for c in column], dtype=np.float64)


def many(column: Iterable[Any], rules: Mapping[str, LabelRule]) -> dict[str, npt.NDArray[np.float64]]:
    """One table of codes, judged once, for several models: a text may be positive for two of them, or say nothing about one and be negative for another.

    >>> both = many(["DRUG,RX", "RX", "-", ""], {"drugs": parse("DRUG"), "prescription": parse("RX")})
    >>> {name: found.tolist() for name, found in both.items()}
    {'drugs': [1.0, 0.0, 0.0, nan], 'prescription': [1.0, 1.0, 0.0, nan]}
    """
    cells = list(column)
    return {name: rule.labels(cells) for name, rule in rules.items()}


def parse(positive: str = "1", ignore: str = "", separator: str = ",") -> LabelRule:
    """A rule from what a person writes on a command line; codes are parted by commas there.

    >>> parse("涉嫌非法集资", separator="|").of("涉嫌传销|涉嫌非法集资")
    1.0
    """
    wanted, left_out = _codes(positive), _codes(ignore)
    if not wanted:
        raise ValueError("at least one code must be positive")
    return LabelRule(wanted, left_out, separator)


def _codes(written: str) -> frozenset[str]:
    return frozenset(p.strip() for p in written.split(",") if p.strip())


def labels(column: Iterable[Any], rule: LabelRule | None = None) -> npt.NDArray[np.float64]:
    """1, 0 or NaN (ignored) for each cell; by default ``1`` is positive."""
    return (rule or LabelRule()).labels(column)
