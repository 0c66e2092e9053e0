"""A model's dossier as one self-contained page (no script, no outside file, plots as inline SVG), as text for a terminal, and two versions side by side.

Every topic that training kept beside the model is shown: as a table by default, or as a plot where `PLOTS` has one for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from risk.reports import dossier_plots
from risk.reports.dossier_words import word

FIGURES = ("average_precision", "roc_auc", "best_f1", "f1", "precision", "recall", "alarm_rate", "brier_skill", "ece")
GRADES = ("red", "orange", "yellow", "blue")
SLICES, RELIABILITY = "slices", "reliability"
"""Topics that have a place of their own on the page."""
MOST_ROWS = 60
"""The most rows of a table made of a topic."""


def render(told: Mapping[str, Any], lang: str) -> str:
    """The page of `risk.services.model_dossier.whole` in ``zh`` or ``en``; the same facts give the same page."""
    more = told["more"]
    page: str = _template().render(
        d=told,
        lang=lang,
        w=lambda key: word(key, lang),
        both=lambda pair: (pair or {}).get(lang) or "—",
        figures=_figures(_metrics(told), lang),
        slices=_slices(more.get(SLICES) or {}, lang),
        bins=_bins(more.get(RELIABILITY) or {}),
        noise=(more.get(RELIABILITY) or {}).get("noise"),
        curve=_curve(more.get(RELIABILITY) or {}),
        topics=[_topic(name, value, lang) for name, value in sorted(more.items()) if name not in (SLICES, RELIABILITY)],
        history=_history(told, lang),
        num=number,
        span=_interval,
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("risk.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return env.get_template("dossier.html.j2")


def number(value: Any) -> str:
    """
    >>> [number(v) for v in (0.12345, 1.0, 3, None, True, float("nan"), "x", 1234567, 96.0)]
    ['0.123', '1.000', '3', '—', '✓', '—', 'x', '1,234,567', '96']
    """
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if value is None or value != value:
        return "—"
    if isinstance(value, float) and (abs(value) <= 1 or not value.is_integer()):
        return f"{value:.3f}"
    return f"{int(value):,}" if isinstance(value, (int, float)) else str(value)


def _interval(figure: Mapping[str, Any] | None) -> str:
    """
    >>> _interval({"value": 0.5, "low": 0.25, "high": 0.75}), _interval(None)
    ('[0.250, 0.750]', '—')
    """
    if not figure or figure.get("low") is None:
        return "—"
    return f"[{figure['low']:.3f}, {figure['high']:.3f}]"


def _metrics(told: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = told["training"].get("out_of_fold", {}).get("metrics", {}) or {}
    return found


def _figures(metrics: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    return [{"name": word(name, lang), **metrics[name]} for name in FIGURES if metrics.get(name)]


def _slices(told: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    """One table for each thing that rows are cut by: a row a slice, rows, positives and the figures that it can give."""
    shown = ("average_precision", "recall", "precision", "alarm_rate", "ece")
    tables = []
    for by, parts in sorted(told.items()):
        rows = [
            {
                "name": name,
                "n": part.get("n"),
                "positives": part.get("positives"),
                "cells": [(part.get("metrics") or {}).get(figure) for figure in shown],
            }
            for name, part in sorted(parts.items(), key=lambda pair: (-(pair[1].get("n") or 0), pair[0]))
        ]
        tables.append({"by": word(f"by.{by}", lang), "figures": [word(name, lang) for name in shown], "rows": rows[:MOST_ROWS]})
    return tables


def _bins(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in told.get("bins", []) if one.get("expected") is not None]


def _curve(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """Geometry of the reliability plot, 320 × 320 with a margin of 34: expected to the right, observed upwards, each bin with its interval."""
    bins = _bins(told)
    if len(bins) < 2:
        return None
    points = [{"x": _x(b["expected"]), "y": _y(b["observed"]), "low": _y(b["low"]), "high": _y(b["high"]), "n": b["n"]} for b in bins]
    return {"points": points, "path": " ".join(f"{p['x']},{p['y']}" for p in points)}


def _x(share: float) -> float:
    return round(34 + 276 * share, 1)


def _y(share: float) -> float:
    return round(286 - 276 * share, 1)


# --- topics --------------------------------------------------------------------------------------------------------------

Plot = Callable[[Any, str], str]
PLOTS: dict[str, Plot] = {"importance": dossier_plots.importance, "counterfactuals": dossier_plots.counterfactuals}
"""Topic → a function that draws it as inline SVG from its numbers (value, language) → markup. A topic without one is told as a table."""


def _topic(name: str, value: Any, lang: str) -> dict[str, Any]:
    """A topic with its plot where one is known, and its numbers as tables."""
    from markupsafe import Markup

    drawn = PLOTS.get(name)
    svg = Markup(drawn(value, lang)) if drawn else None  # noqa: S704 - drawn by our own code from numbers
    return {"title": word(f"topic.{name}", lang), "svg": svg, "tables": list(_tables(value))}


def _tables(value: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Plain values as tables: a list of mappings is one, a mapping of numbers another; what is nested has tables of its own, headed by its path."""
    if isinstance(value, Mapping):
        plain = {key: one for key, one in value.items() if not isinstance(one, (Mapping, list))}
        nested: dict[Any, Any] = {key: one for key, one in value.items() if isinstance(one, Mapping) or (isinstance(one, list) and one)}
        if plain:
            yield {"path": path, "head": [], "rows": [[str(key), number(one)] for key, one in list(plain.items())[:MOST_ROWS]]}
        if len(nested) > 1 and all(_flat(one) for one in nested.values()) and len({tuple(sorted(one)) for one in nested.values()}) == 1:
            columns = list(dict.fromkeys(name for one in nested.values() for name in one))
            rows = [[str(key), *(number(one.get(name)) for name in columns)] for key, one in list(nested.items())[:MOST_ROWS]]
            yield {"path": path, "head": ["", *columns], "rows": rows}
            return
        for key, one in nested.items():
            yield from _tables(one, f"{path} › {key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        columns = list(dict.fromkeys(str(name) for one in value for name, cell in one.items() if not isinstance(cell, (Mapping, list))))
        yield {"path": path, "head": columns, "rows": [[number(one.get(name)) for name in columns] for one in value[:MOST_ROWS]]}
    elif isinstance(value, list):
        shown = ", ".join(number(one) for one in value[:MOST_ROWS]) + (" …" if len(value) > MOST_ROWS else "")
        yield {"path": path, "head": [], "rows": [[shown]]}
    else:
        yield {"path": path, "head": [], "rows": [[number(value)]]}


def _flat(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(isinstance(one, (Mapping, list)) for one in value.values())


def _history(told: Mapping[str, Any], lang: str) -> list[dict[str, str]]:
    first = {"event": "register", **told["registered"]}
    first["at"] = first.get("at") or told["registered_at"]
    return [
        {
            "at": str(one.get("at") or "—")[:16].replace("T", " "),
            "actor": one.get("actor") or word("system", lang),
            "event": word(f"event.{one['event']}", lang),
            "reason": one.get("reason") or "",
        }
        for one in (first, *told["history"])
    ]


# --- for a terminal ------------------------------------------------------------------------------------------------------


def text(told: Mapping[str, Any], lang: str) -> str:
    """The dossier in lines: the same sections as the page, without the lists of features and the topics."""

    def w(key: str) -> str:
        return word(key, lang)

    approval = told["approval"]
    lines = [
        f"{told['title'][lang]}（{told['model']}）v{told['version']}  {', '.join(told['aliases'])}".rstrip(),
        f"  {w('question')}: {(told['purpose'] or {}).get(lang, '—')}",
        f"  {w('label')}: {(told['label'] or {}).get(lang, '—')}",
        f"  {w('basis')}: {'; '.join(b['law'] + ' ' + b['article'] for b in told['basis'] or [])}",
        f"  {w('owner')}: {(told['owner'] or {}).get(lang, '—')}",
        f"  {w('approver')}: {approval['actor'] + ' ' + approval['at'][:16] if approval else w('not_approved')}",
        f"  {w('data')}: {', '.join(f'{name} {n:,}' for name, n in (told['data'] or {}).items()) or '—'}",
        f"  {w('window')}: {told['training_window'] or '—'}",
        f"  {w('features')}: {len(told['features'])}  {w('rules')}: {len(told['rules'])}",
        w("metrics"),
    ]
    figures = _figures(_metrics(told), lang)
    lines += [f"  {one['name']}: {number(one['value'])} {_interval(one)}" for one in figures] or [f"  {w('unmeasured')}"]
    lines += [w("cutoffs"), "  " + "  ".join(f"{w(g)} ≥ {_cut(told['cutoffs'].get(g), lang)}" for g in GRADES)]
    lines += [w("limits"), *(f"  - {one[lang]}" for one in told["limits"] or [])]
    lines += [w("history"), *(f"  {h['at']}  {h['event']}  {h['actor']}  {h['reason']}".rstrip() for h in _history(told, lang))]
    lines += [f"{w('checksum')}: {told['checksum']}"]
    return "\n".join(lines)


def side_by_side(told: Mapping[str, Any], lang: str) -> str:
    """Two versions in lines: `risk.services.model_dossier.compared`, with ``paired`` comparisons where there are some."""

    def w(key: str) -> str:
        return word(key, lang)

    a, b = (f"v{n}" for n in told["versions"])
    rows: list[Sequence[str]] = [(told["title"][lang], a, b)]
    rows.append((w("aliases"), *(", ".join(one) or "—" for one in told["aliases"])))
    rows.append((w("approver"), *((one or {}).get("actor", "—") for one in told["approved"])))
    rows += [(w("rows"), *(number(n) for n, _ in told["rows"])), (w("positives"), *(number(n) for _, n in told["rows"]))]
    rows.append((w("data"), *(", ".join(f"{name} {n:,}" for name, n in (one or {}).items()) or "—" for one in told["data"])))
    rows.append((w("window"), *(one or "—" for one in told["training_window"])))
    for name, pair in told["metrics"].items():
        rows.append((w(name), *(f"{number((one or {}).get('value'))} {_interval(one)}" for one in pair)))
    rows += [(w(grade), *(f"≥ {_cut(one, lang)}" for one in told["cutoffs"][grade])) for grade in GRADES]
    for part in ("features", "rules"):
        rows.append((f"{w(part)} ({w('both')} {told[part]['both']}), {w('only')}", *(str(len(one)) for one in told[part]["only"])))
    wide = max(_width(row[0]) for row in rows)
    first = max(_width(row[1]) for row in rows)
    lines = [f"{row[0]}{' ' * (wide - _width(row[0]))}  {row[1]}{' ' * (first - _width(row[1]))}  {row[2]}".rstrip() for row in rows]
    for part in ("features", "rules"):
        for name, only in zip((a, b), told[part]["only"], strict=True):
            if only:
                lines.append(f"{w(part)} {w('only')} {name}: {', '.join(only[:20])}{' …' if len(only) > 20 else ''}")
    lines += [f"{w('libraries')}: {name} {x or '—'} | {y or '—'}" for name, (x, y) in told["libraries"].items()]
    lines += _paired(told.get("paired") or [], lang)
    return "\n".join(lines)


def _paired(found: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    lines = [word("paired", lang) + ("" if found else f": {word('none', lang)}")]
    for one in found:
        versions = f"{word('champion', lang)} v{one['champion']}, {word('challenger', lang)} v{one['challenger']}"
        lines.append(
            f"  {one['as_of'][:16].replace('T', ' ')}  {versions}  {word('decision', lang)}: {one['decision']}  {one['reason']}".rstrip()
        )
        for name, figure in (one["differences"] or {}).items():
            if isinstance(figure, Mapping) and figure.get("value") is not None:
                lines.append(f"    {word(name, lang)} {word('difference', lang)}: {figure['value']:+.3f} {_interval(figure)}")
    return lines


def _cut(value: Any, lang: str) -> str:
    return word("never", lang) if value is None or float(value) > 1 else f"{float(value):.3f}"


def _width(shown: str) -> int:
    """
    >>> _width("红 red")
    6
    """
    return sum(2 if ord(c) >= 0x2E80 else 1 for c in shown)
