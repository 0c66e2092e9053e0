"""Figures of a report as pictures, by matplotlib, from the numbers of the document: SVG for pages and PDF, PNG for Word.

Nothing is computed here but geometry. The CJK font is given to matplotlib by its file, since its cache knows nothing of fonts installed later; without one a
Chinese chart is refused (``report_no_font``), never drawn with boxes. Numbers stand in the pictures, so that colour is never all there is.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register
from risk.reports.document import Figure
from risk.reports.issue_words import word

register(
    {
        "report_no_font": ("没有中文字体，无法绘制图表", "there is no CJK font to draw charts with"),
        "report_no_font.hint": (
            "risk doctor 说明如何安装（apt-get install fonts-noto-cjk）",
            "risk doctor says how to get one (apt-get install fonts-noto-cjk)",
        ),
        "report_library": ("缺少程序库：{name}", "a library is missing: {name}"),
        "report_library.hint": (
            "risk doctor 说明缺什么；pip install 'risk-early-warning[reports,explain]'",
            "risk doctor says what is missing; pip install 'risk-early-warning[reports,explain]'",
        ),
    }
)

COLOURS = {"red": "#c62828", "orange": "#ef7c1a", "yellow": "#d9b310", "blue": "#2f6fd0"}
INK, SOFT, BRAND = "#222222", "#777777", "#8c1d22"
WIDE = 6.1  # inches: the text width of A4 within GB/T margins (156 mm)


def library(name: str) -> InvalidInputError:
    """The refusal where a library of the extra is not installed, or what it rests on cannot be loaded."""
    return InvalidInputError("report_library", name=Told(name, name))


def svg(figure: Figure, lang: str) -> str:
    """The figure as SVG whose letters are outlines, so that it looks the same everywhere; the same figure gives the same bytes."""
    return str(_drawn(figure, lang, "svg").decode("utf-8"))


def png(figure: Figure, lang: str, dpi: int = 200) -> bytes:
    """The figure as PNG."""
    return _drawn(figure, lang, "png", dpi)


def _drawn(figure: Figure, lang: str, form: str, dpi: int = 200) -> bytes:
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise library("matplotlib") from error
    settings = {"svg.hashsalt": "risk", "svg.fonttype": "path", "font.size": 9, "axes.unicode_minus": False, **_font(lang)}
    with mpl.rc_context(settings):
        canvas = Canvas(figsize=(WIDE, 3), layout="constrained")
        FigureCanvasAgg(canvas)
        DRAW[figure.kind](canvas, figure.data, lang)
        out = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        canvas.savefig(out, format=form, dpi=dpi, metadata=metadata)
    return out.getvalue()


def _font(lang: str) -> dict[str, Any]:
    path = cjk_font()
    if path is None:
        if lang == "zh":
            raise InvalidInputError("report_no_font")
        return {"font.family": ["sans-serif"]}
    from matplotlib.font_manager import FontProperties, fontManager

    if not any(one.fname == path for one in fontManager.ttflist):
        fontManager.addfont(path)
    return {"font.family": [FontProperties(fname=path).get_name()]}


@cache
def cjk_font() -> str | None:
    """The file of a sans CJK font, simplified where there is a choice; ``None`` where fontconfig knows none."""
    lister = shutil.which("fc-list")
    if lister is None:
        return None
    told = subprocess.run([lister, ":lang=zh-cn", "file", "family", "style"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - no input in it
    lines = sorted(line for line in told.stdout.splitlines() if ":" in line)
    for wanted in ("Noto Sans CJK SC", "Source Han Sans", "WenQuanYi", ""):
        for line in lines:
            path = line.split(":")[0].strip()
            if wanted in line and ("Bold" not in line or not wanted) and Path(path).suffix.lower() in (".ttf", ".ttc", ".otf"):
                return path
    return None


def _plain(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#bbbbbb")
    axes.tick_params(colors=INK, length=0)


def _line(canvas: Any, data: Mapping[str, Any], lang: str) -> None:  # noqa: ARG001 - one shape for all
    rows = data["rows"]
    canvas.set_size_inches(WIDE, 2.2)
    axes = canvas.add_subplot()
    values = [row["value"] for row in rows]
    axes.plot(range(len(rows)), values, color=BRAND, linewidth=1.8, marker="o", markersize=4)
    axes.set_xticks(range(len(rows)), [row["key"] for row in rows])
    axes.set_ylim(0, max([*values, 1]) * 1.25)
    for i, value in enumerate(values):
        axes.annotate(f"{value:,}", (i, value), textcoords="offset points", xytext=(0, 5), ha="center", fontsize=8)
    _plain(axes)
    axes.yaxis.grid(visible=True, color="#eeeeee")


def _bars(canvas: Any, data: Mapping[str, Any], lang: str) -> None:
    rows = data["rows"][::-1]
    canvas.set_size_inches(WIDE, 0.9 + 0.36 * len(rows))
    axes = canvas.add_subplot()
    left = [0] * len(rows)
    top = max((sum(row[g] for g in COLOURS) for row in rows), default=1) or 1
    for grade, colour in COLOURS.items():
        values = [row[grade] for row in rows]
        axes.barh(range(len(rows)), values, left=left, color=colour, height=0.62, label=word(grade, lang))
        for i, value in enumerate(values):
            if value / top > 0.04:
                axes.text(
                    left[i] + value / 2,
                    i,
                    f"{value:,}",
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color="#ffffff" if grade != "yellow" else INK,
                )
        left = [a + b for a, b in zip(left, values, strict=True)]
    for i, value in enumerate(left):
        axes.text(value + top * 0.01, i, f"{value:,}", va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [row["key"] for row in rows])
    axes.set_xlim(0, top * 1.12)
    _plain(axes)
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.45, -0.12), frameon=False, fontsize=8)


def _tiles(canvas: Any, data: Mapping[str, Any], lang: str) -> None:
    from matplotlib.patches import Rectangle

    rows = data["rows"]
    canvas.set_size_inches(WIDE, 3.3)
    axes = canvas.add_subplot()
    top = max((row["value"] for row in rows), default=1) or 1
    for row in rows:
        x, y = row["at"]
        depth = row["value"] / top
        axes.add_patch(Rectangle((x, -y), 0.94, 0.9, facecolor=_shade(depth), edgecolor="#cccccc", linewidth=0.6))
        ink = "#ffffff" if depth > 0.55 else INK
        name = (
            _short(row["key"]) if lang == "zh" else row["key"].partition(" ")[0]
        )  # Wuhan City, Enshi Tujia and Miao …: the first word is the name
        axes.text(x + 0.47, -y + 0.58, name, ha="center", va="center", fontsize=8, color=ink)
        axes.text(x + 0.47, -y + 0.26, f"{row['value']:,}", ha="center", va="center", fontsize=9.5, color=ink)
    axes.set_xlim(-0.1, 6.1)
    axes.set_ylim(-3.15, 1.05)
    axes.axis("off")


def _short(name: str) -> str:
    """
    >>> _short("恩施土家族苗族自治州"), _short("武汉市"), _short("神农架林区")
    ('恩施州', '武汉市', '神农架')
    """
    return name.replace("土家族苗族自治州", "州").replace("林区", "")


def _shade(depth: float) -> str:
    """White to the brand's red."""
    low, high = (255, 255, 255), (140, 29, 34)
    return "#" + "".join(f"{round(a + (b - a) * depth**0.7):02x}" for a, b in zip(low, high, strict=True))


def _funnel(canvas: Any, data: Mapping[str, Any], lang: str) -> None:  # noqa: ARG001 - one shape for all
    rows = data["rows"][::-1]
    canvas.set_size_inches(WIDE, 0.3 + 0.3 * len(rows))
    axes = canvas.add_subplot()
    top = max((row["value"] for row in rows), default=1) or 1
    widths = [(row["value"] / top) ** 0.35 for row in rows]  # by the root: from ten thousands to dozens, all still visible
    axes.barh(range(len(rows)), widths, left=[-w / 2 for w in widths], color=BRAND, alpha=0.85, height=0.7)
    for i, row in enumerate(rows):
        axes.text(0.56, i, f"{row['value']:,}", va="center", ha="left", fontsize=9)
        axes.text(-0.56, i, row["key"], va="center", ha="right", fontsize=9)
    axes.set_xlim(-0.85, 0.85)
    axes.axis("off")


def _pareto(canvas: Any, data: Mapping[str, Any], lang: str) -> None:  # noqa: ARG001 - one shape for all
    rows = data["rows"]
    canvas.set_size_inches(WIDE, 2.4)
    axes = canvas.add_subplot()
    values = [row["value"] for row in rows]
    total = sum(values) or 1
    axes.bar(range(len(rows)), values, color="#b08d57", width=0.6)
    for i, value in enumerate(values):
        axes.text(i, value, f"{value:,}", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(rows)), [_wrapped(row["key"]) for row in rows], fontsize=7.5)
    axes.set_ylim(0, max([*values, 1]) * 1.2)
    _plain(axes)
    beside = axes.twinx()
    beside.plot(
        range(len(rows)),
        [100 * sum(values[: i + 1]) / total for i in range(len(rows))],
        color=BRAND,
        marker="o",
        markersize=3,
        linewidth=1.2,
    )
    beside.set_ylim(0, 108)
    beside.set_yticks([0, 50, 100], ["0%", "50%", "100%"])
    _plain(beside)


def _wrapped(text: str) -> str:
    """
    >>> _wrapped("语境误判（科普、新闻、警示）"), _wrapped("wrong subject found")
    ('语境误判\\n（科普、新闻、\\n警示）', 'wrong subject\\nfound')
    """
    import textwrap

    if text.isascii():
        return "\n".join(textwrap.wrap(text, 14))
    head, _, tail = text.partition("（")
    parts = [head[i : i + 7] for i in range(0, len(head), 7)]
    tail = f"（{tail}" if tail else ""
    return "\n".join([*parts, *(tail[i : i + 7] for i in range(0, len(tail), 7))])


def _heat(canvas: Any, data: Mapping[str, Any], lang: str) -> None:  # noqa: ARG001 - one shape for all
    cells = data["cells"]
    rows = list(dict.fromkeys(cell["row"] for cell in cells))
    columns = list(dict.fromkeys(cell["column"] for cell in cells))
    known = {(cell["row"], cell["column"]): cell["value"] for cell in cells}
    canvas.set_size_inches(WIDE, 0.7 + 0.2 * len(rows))
    axes = canvas.add_subplot()
    top = max(known.values(), default=1) or 1
    from matplotlib.patches import Rectangle

    for (row, column), value in known.items():
        x, y = columns.index(column), len(rows) - 1 - rows.index(row)
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=_shade(value / top), edgecolor="#ffffff"))
        axes.text(x + 0.5, y + 0.5, f"{value:,}", ha="center", va="center", fontsize=7.5, color="#ffffff" if value / top > 0.55 else INK)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(0, len(rows))
    axes.set_xticks([i + 0.5 for i in range(len(columns))], [_wrapped(one) for one in columns], fontsize=8)
    axes.set_yticks([i + 0.5 for i in range(len(rows))], [_short(one) for one in rows[::-1]], fontsize=8)
    axes.xaxis.tick_top()
    _plain(axes)
    for side in axes.spines.values():
        side.set_visible(False)


DRAW: dict[str, Callable[[Any, Mapping[str, Any], str], None]] = {
    "line": _line,
    "bars": _bars,
    "tiles": _tiles,
    "funnel": _funnel,
    "pareto": _pareto,
    "heat": _heat,
}
"""Kind of figure → what draws it."""


def described(figure: Figure) -> str:
    """A figure in words, for whoever does not see it.

    >>> described(Figure("x", "line", "走势", {"rows": [{"key": "2026-09", "value": 3}, {"key": "2026-10", "value": 1234}]}))
    '走势: 2026-09 3; 2026-10 1,234'
    """
    if figure.kind == "heat":
        told = [f"{cell['row']} {cell['column']} {cell['value']:,}" for cell in figure.data["cells"]]
    elif figure.kind == "bars":
        told = [f"{row['key']} {sum(row[g] for g in COLOURS):,}" for row in figure.data["rows"]]
    else:
        told = [f"{row['key']} {row['value']:,}" for row in figure.data["rows"]]
    return f"{figure.caption}: {'; '.join(told)}"
