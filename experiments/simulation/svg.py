"""Small line and bar charts as SVG text: numbers in, a string out. Whoever looks needs no program but a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 48, 52
COLOURS = ("#1f4e79", "#c0392b", "#2e8b57", "#17a2b8", "#8e6bbf", "#d98c21", "#9a6a4f", "#5f6a72")
Point = tuple[float, Mapping[str, Any]]
"""x, and ``value``, ``low``, ``high`` (an interval may be missing)."""


def lines(
    title: str,
    x_name: str,
    y_name: str,
    series: Mapping[str, Sequence[Point]],
    *,
    top: float | None = None,
    mark: float | None = None,
    order: Sequence[str] = (),
) -> str:
    """One line a series with bars for intervals. ``mark``: a dotted line at that x.

    >>> told = lines("t", "x", "y", {"a": [(1, {"value": 0.5, "low": 0.4, "high": 0.6}), (2, {"value": 0.7, "low": None, "high": None})]})
    >>> told.count('r="3.5"'), told.count("<polyline")
    (2, 1)
    """
    xs = sorted({x for points in series.values() for x, _ in points})
    highest = top if top is not None else _top(series)
    frame = _Frame(min(xs), max(xs), highest)
    body = [frame.axes(title, x_name, y_name, xs)]
    if mark is not None:
        body.append(
            f'<line x1="{frame.x(mark):.1f}" x2="{frame.x(mark):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#999" stroke-dasharray="3 4"/>'
        )
    step = 3.0
    for k, (name, points) in enumerate(series.items()):
        colour, shift = _colour(name, k, order), (k - (len(series) - 1) / 2) * step
        at = [(frame.x(x) + shift, frame.y(one["value"]), one) for x, one in points if one["value"] is not None]
        body.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in at)}"/>')
        for x, y, one in at:
            if one["low"] is not None:
                body.append(_bar(x, frame.y(max(one["low"], 0.0)), frame.y(min(one["high"], highest)), colour))
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
        body.append(_legend(k, name, colour))
    return _page(body)


def rows(
    title: str, x_name: str, groups: Mapping[str, Mapping[str, Mapping[str, Any]]], *, zero: float = 0.0, order: Sequence[str] = ()
) -> str:
    """A row a group and a dot with its interval a series: differences by setting. A line stands at ``zero``.

    >>> rows("t", "x", {"main": {"a": {"value": 0.1, "low": 0.0, "high": 0.2}}}).count('r="3.5"')
    1
    """
    names = list(dict.fromkeys(name for one in groups.values() for name in one))
    told = [one for group in groups.values() for one in group.values() if one["value"] is not None]
    ends = [v for one in told for v in (one["low"], one["high"], one["value"]) if v is not None]
    least, most = min([*ends, zero]) - 0.02, max([*ends, zero]) + 0.02
    each = 10 * len(names) + 14
    left, height = 150, max(TOP + BOTTOM + each * len(groups), TOP + 22 * len(names) + 20)

    def x(value: float) -> float:
        return float(left + (value - least) / (most - least) * (WIDTH - RIGHT - left))

    body = [_text(left, 26, title, size=16), _text((left + WIDTH - RIGHT) / 2, height - 12, x_name, anchor="middle")]
    for tick in _ticks(least, most):
        body.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#e5e5e5"/>')
        body.append(_text(x(tick), height - BOTTOM + 18, f"{tick:+.1f}", anchor="middle"))
    body.append(f'<line x1="{x(zero):.1f}" x2="{x(zero):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#444"/>')
    for g, (group, found) in enumerate(groups.items()):
        middle = TOP + each * g + each / 2
        body.append(_text(left - 10, middle + 4, group, anchor="end"))
        for k, name in enumerate(names):
            one = found.get(name)
            if one is None or one["value"] is None:
                continue
            y, colour = middle + (k - (len(names) - 1) / 2) * 10, _colour(name, k, order)
            if one["low"] is not None:
                body.append(
                    f'<line x1="{x(one["low"]):.1f}" x2="{x(one["high"]):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="2"/>'
                )
            body.append(f'<circle cx="{x(one["value"]):.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
    body += [_legend(k, name, _colour(name, k, order)) for k, name in enumerate(names)]
    return _page(body, height)


def reliability(title: str, curves: Mapping[str, Sequence[Point]], *, order: Sequence[str] = ()) -> str:
    """Stated against true share, both on a logarithmic scale, with the diagonal.

    >>> reliability("t", {"a": [(0.1, {"value": 0.1, "low": None, "high": None})]}).count('r="3.5"')
    1
    """
    low, high = 0.001, 1.0

    def at(share: float) -> float:
        return float(log10(max(share, low) / low) / log10(high / low))

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + 20 + at(x) * (WIDTH - RIGHT - LEFT - 40), HEIGHT - BOTTOM - at(y) * (HEIGHT - TOP - BOTTOM)

    body = [
        _text(LEFT, 26, title, size=16),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "stated probability (mean of a bin); below 0.001 drawn at 0.001", anchor="middle"),
    ]
    for tick in (0.001, 0.01, 0.1, 1.0):
        x, y = place(tick, tick)
        body.append(f'<line x1="{LEFT + 20}" x2="{WIDTH - RIGHT - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e5e5"/>')
        body += [_text(LEFT + 12, y + 4, f"{tick:g}", anchor="end"), _text(x, HEIGHT - BOTTOM + 20, f"{tick:g}", anchor="middle")]
    (x1, y1), (x2, y2) = place(low, low), place(high, high)
    body.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#999" stroke-dasharray="3 4"/>')
    for k, (name, points) in enumerate(curves.items()):
        colour = _colour(name, k, order)
        body += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}" opacity="0.8"/>'
            for x, y in (place(x, one["value"]) for x, one in points)
        ]
        body.append(_legend(k, name, colour))
    return _page(body)


class _Frame:
    """Where numbers lie on the page."""

    def __init__(self, first: float, last: float, top: float) -> None:
        self.first, self.last, self.top = first, last, top

    def x(self, value: float) -> float:
        return LEFT + 20 + (value - self.first) / ((self.last - self.first) or 1) * (WIDTH - RIGHT - LEFT - 40)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def axes(self, title: str, x_name: str, y_name: str, xs: Sequence[float]) -> str:
        parts = [_text(LEFT, 26, title, size=16), _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_name, anchor="middle")]
        parts.append(
            f'<text x="16" y="{(TOP + HEIGHT - BOTTOM) / 2:.0f}" transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2:.0f})" text-anchor="middle">{escape(y_name)}</text>'
        )
        for tick in _ticks(0.0, self.top):
            parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(tick):.1f}" y2="{self.y(tick):.1f}" stroke="#e5e5e5"/>')
            parts.append(_text(LEFT - 8, self.y(tick) + 4, f"{tick:.3g}", anchor="end"))
        parts += [_text(self.x(x), HEIGHT - BOTTOM + 20, f"{x:g}", anchor="middle") for x in xs]
        return "".join(parts)


def _colour(name: str, k: int, order: Sequence[str]) -> str:
    """The same for a name in every chart that is given the same order."""
    return COLOURS[(order.index(name) if name in order else k) % len(COLOURS)]


def _top(series: Mapping[str, Sequence[Point]]) -> float:
    ends = [v for points in series.values() for _, one in points for v in (one["value"], one["high"]) if v is not None]
    return max(ends) * 1.08 or 1.0


def _ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers."""
    step = next(s for s in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if (high - low) / s <= 9)
    first = -int(-low // step) if low > 0 else -int(abs(low) // step)
    return [round(k * step, 6) for k in range(first, int(high // step) + 1)]


def _text(x: float, y: float, told: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(told)}</text>'


def _bar(x: float, low: float, high: float, colour: str) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{colour}" stroke-width="1.5" opacity="0.6"/>'


def _legend(k: int, name: str, colour: str) -> str:
    y = TOP + 14 + 22 * k
    x = WIDTH - RIGHT + 18
    return f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>' + _text(x + 12, y + 4, name)


def _page(body: Sequence[str], height: int = HEIGHT) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">'
    return head + f'<rect width="{WIDTH}" height="{height}" fill="white"/>' + "".join(body) + "</svg>\n"
