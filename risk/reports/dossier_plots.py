"""What a model goes by, drawn for its dossier: bars of the mean weight of each matter, small plots of how a column's weight follows its value, and
worked answers to "what if not". Inline SVG and plain lists from the numbers of `risk.scoring.importance`; no script, nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

RED, GREEN, LINE, SOFT = "#a61d24", "#2f7d4f", "#e4e7ec", "#646a73"
BARS = 15
"""The most matters that are drawn; the table has all."""

_WORDS = {
    "rises": ("提高概率", "raises the probability"),
    "falls": ("降低概率", "lowers the probability"),
    "mean": ("平均权重（对数几率）", "mean weight (log-odds)"),
    "unknown": ("未知", "unknown"),
    "over": ("按 {n} 条训练样本", "over {n} rows of the training data"),
    "graded": ("{grade}，概率 {p}", "{grade}, probability {p}"),
    "none": ("没有可示的例子", "no example to show"),
}
_GRADES = {"red": ("红色", "red"), "orange": ("橙色", "orange"), "yellow": ("黄色", "yellow"), "blue": ("蓝色", "blue")}


def importance(value: Mapping[str, Any], lang: str) -> str:
    """Bars of the heaviest matters, then a plot for each of the heaviest columns.

    >>> one = {"topic": "yield", "zh": "收益承诺", "en": "promised returns", "mean_abs": 0.5, "mean": 0.4, "share": 0.3}
    >>> drawn = importance({"n": 10, "matters": [one], "dependence": []}, "zh")
    >>> "收益承诺" in drawn, drawn.count("<rect")
    (True, 3)
    """
    said = f'<p class="meta">{escape(_word("over", lang).format(n=value["n"]))}</p>'
    plots = "".join(_dependence(one, lang) for one in value.get("dependence", []) if len(one["bins"]) > 1)
    return said + _bars(value["matters"][:BARS], lang) + f'<div style="display:flex;flex-wrap:wrap;gap:18px;margin-top:14px">{plots}</div>'


def _bars(matters: Sequence[Mapping[str, Any]], lang: str) -> str:
    """One bar a matter: its length is the mean absolute weight, its colour the direction."""
    if not matters:
        return ""
    most = max(float(one["mean_abs"]) for one in matters) or 1.0
    high = 26 * len(matters) + 34
    parts = [f'<svg viewBox="0 0 760 {high}" width="100%" style="max-width:760px" role="img" aria-label="{escape(_word("mean", lang))}">']
    for k, one in enumerate(matters):
        y, length = 6 + 26 * k, 380 * float(one["mean_abs"]) / most
        colour = RED if float(one["mean"]) >= 0 else GREEN
        parts.append(
            f'<text x="286" y="{y + 14}" style="text-anchor:end">{escape(_cut(str(one[lang]), 24 if lang == "zh" else 44))}'
            f"<title>{escape(str(one[lang]))}</title></text>"
            f'<rect x="294" y="{y}" width="{max(length, 1):.1f}" height="18" fill="{colour}" fill-opacity=".8" rx="2"/>'
            f'<text x="{300 + length:.1f}" y="{y + 14}" style="text-anchor:start">{float(one["mean_abs"]):.3f}</text>'
        )
    y = high - 20
    for x, colour, word in ((294, RED, "rises"), (450, GREEN, "falls")):
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}" fill-opacity=".8"/>')
        parts.append(f'<text x="{x + 18}" y="{y + 11}" style="text-anchor:start">{escape(_word(word, lang))}</text>')
    return "".join([*parts, "</svg>"])


def _dependence(one: Mapping[str, Any], lang: str) -> str:
    """Mean weight in each bin of the value, with the band from the tenth to the ninetieth percentile; unknown stands apart at the right."""
    bins = one["bins"]
    low = min(0.0, *(float(b["p10"]) for b in bins))
    high = max(0.0, *(float(b["p90"]) for b in bins))
    height = (high - low) or 1.0

    def y(weight: float) -> float:
        return round(26 + 110 * (high - weight) / height, 1)

    step = 230 / len(bins)
    parts = [
        '<svg viewBox="0 0 300 188" width="300" height="188" role="img">',
        f'<text x="150" y="14" style="font-size:12px">{escape(_cut(str(one[lang]), 22 if lang == "zh" else 42))}</text>',
        f'<line x1="48" y1="{y(0)}" x2="286" y2="{y(0)}" stroke="{LINE}"/>',
        f'<text x="44" y="{y(high) + 4}" style="text-anchor:end">{high:.2f}</text>',
        f'<text x="44" y="{y(low) + 4}" style="text-anchor:end">{low:.2f}</text>',
    ]
    points = []
    for k, part in enumerate(bins):
        x = round(56 + step * (k + 0.5), 1)
        unknown = part["low"] is None
        parts.append(
            f'<line x1="{x}" y1="{y(part["p10"])}" x2="{x}" y2="{y(part["p90"])}" stroke="{RED}" stroke-opacity=".35" stroke-width="5"/>'
            f'<circle cx="{x}" cy="{y(part["mean"])}" r="3.5" fill="{SOFT if unknown else RED}"><title>n = {part["n"]}</title></circle>'
            f'<text x="{x}" y="{158 + 14 * (k % 2)}">{escape(_word("unknown", lang) if unknown else _range(part))}</text>'
        )
        if not unknown:
            points.append(f"{x},{y(part['mean'])}")
    parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{RED}" stroke-width="1.5"/></svg>')
    return "".join(parts)


def _range(part: Mapping[str, Any]) -> str:
    """
    >>> _range({"low": 0.0, "high": 0.0}), _range({"low": 1.0, "high": 2.5})
    ('0', '1–2.5')
    """
    low, high = _short(float(part["low"])), _short(float(part["high"]))
    return low if low == high else f"{low}–{high}"


def _short(value: float) -> str:
    """
    >>> [_short(v) for v in (0.25, 41.0, 50_000.0, 1.2e9)]
    ['0.25', '41', '50k', '1.2G']
    """
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.3g}{unit}"
    return f"{value:.4g}"


def counterfactuals(value: Mapping[str, Any], lang: str) -> str:
    """Each example with its grade, and what would make it otherwise."""
    rows = value.get("examples", [])
    if not rows:
        return f'<p class="meta">{escape(_word("none", lang))}</p>'
    told = []
    for one in rows:
        grade = _GRADES.get(one["grade"], (one["grade"],) * 2)[0 if lang == "zh" else 1]
        head = _word("graded", lang).format(grade=grade, p=f"{one['probability']:.2f}")
        answers = "".join(f"<li>{escape(answer[lang])}</li>" for answer in one["answers"])
        told.append(f"<blockquote>{escape(one['text'])}</blockquote><p class='meta'>{escape(head)}</p><ul>{answers}</ul>")
    return "".join(told)


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"


def _word(name: str, lang: str) -> str:
    return _WORDS[name][0 if lang == "zh" else 1]
