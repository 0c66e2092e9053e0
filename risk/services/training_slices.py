"""Figures by slice of a trained text model, on rows out of fold: by script, channel, kind of signal, and whatever the caller can tell (source of the label, region)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.context import Context
    from models.text import Fitted

REPLICATES = 100
"""Draws of the bootstrap a slice: there are many slices."""
MOST = 24
"""The most slices of one cut; the rarest are told together."""
SMALLEST = 5
"""Rows below which a slice is not told by itself."""
REST = "…"


def of(
    fitted: Fitted, texts: Sequence[str], around: Context | None = None, given: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Cut → slice → `models.measure.measure`; a cut with one slice only says nothing and is left out. ``given`` has a value for each text."""
    from models.measure import by_slice

    cuts: dict[str, Sequence[str | None]] = {"script": [script(text) for text in texts]}
    if around is not None:
        cuts |= {"channel": around.channel, "kind": around.signal_kind}
    cuts |= dict(given or {})
    told = {}
    for name, values in cuts.items():
        rows = _grouped([str(values[i] or "?") for i in fitted.rows.tolist()])
        if len(set(rows)) > 1:
            told[name] = by_slice(
                fitted.out_of_fold, fitted.labels, rows, weights=fitted.weights, groups=fitted.groups, replicates=REPLICATES
            )
    return told


def script(text: str) -> str:
    """The script that most letters of a text are of: han, latin, cyrillic, arabic …; none for a text without letters.

    >>> script("根治糖尿病 VIP"), script("buy pills here"), script("купить"), script("123 !")
    ('han', 'latin', 'cyrillic', 'none')
    """
    counts: dict[str, int] = {}
    for char in text[:2000]:
        if char.isalpha():
            name = "han" if "\u4e00" <= char <= "\u9fff" else unicodedata.name(char, "other").split()[0].lower()
            counts[name] = counts.get(name, 0) + 1
    return max(counts, key=lambda name: (counts[name], name), default="none")


def _grouped(values: Sequence[str]) -> list[str]:
    """The values with rare ones, and those beyond the most frequent, put together.

    >>> _grouped(["a"] * 5 + ["b"] * 6 + ["c"]).count(REST)
    1
    """
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    kept = {name for name in sorted(counts, key=lambda name: (-counts[name], name))[:MOST] if counts[name] >= SMALLEST}
    return [value if value in kept else REST for value in values]
