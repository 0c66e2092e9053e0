"""Plots of a model over many units, drawn by shap from contributions that are already exact: a swarm and bars of the matters, a scatter a matter.

shap draws; it does not explain here (its tree explainer gives LightGBM's own numbers, and knows nothing of the words). It and matplotlib come with the
extra ``explain``; fonts without Chinese characters are passed over for the first one that has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

SHOWN, SCATTERS = 15, 4
"""Matters in the swarm and the bars; scatters of the heaviest."""

_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
)


class MissingPartError(ImportError):
    """shap or matplotlib is not installed; ``name`` says which."""


class Table(Protocol):
    """Weights of matters, n units × m matters in log-odds; what was seen of each (nan: nothing); their names; the base of each unit."""

    @property
    def weights(self) -> npt.NDArray[np.float64]: ...
    @property
    def seen(self) -> npt.NDArray[np.float64]: ...
    @property
    def names(self) -> Sequence[str]: ...
    @property
    def base(self) -> npt.NDArray[np.float64]: ...


def draw(found: Table, folder: Path) -> list[Path]:
    """Write ``swarm.svg``, ``bars.svg`` and ``scatter-1.svg`` … into ``folder``; gives the paths. The same numbers give the same plots."""
    plot, shap = _parts()
    folder.mkdir(parents=True, exist_ok=True)
    order = np.argsort(-np.abs(found.weights).mean(axis=0), kind="stable")
    told = shap.Explanation(found.weights[:, order], found.base, found.seen[:, order], feature_names=[found.names[k] for k in order])
    written = []
    with plot.rc_context({"font.sans-serif": _fonts(), "font.family": "sans-serif", "axes.unicode_minus": False, "svg.hashsalt": "risk"}):
        np.random.seed(0)
        written.append(_kept(plot, folder / "swarm.svg", lambda: shap.plots.beeswarm(told, max_display=SHOWN, show=False)))
        written.append(_kept(plot, folder / "bars.svg", lambda: shap.plots.bar(told, max_display=SHOWN, show=False)))
        written += [
            _kept(plot, folder / f"scatter-{k + 1}.svg", lambda k=k: shap.plots.scatter(told[:, k], show=False))
            for k in range(min(SCATTERS, len(order)))
        ]
    return written


def _parts() -> tuple[Any, Any]:
    try:
        import matplotlib as mpl

        mpl.use("svg")
        import matplotlib.pyplot as plt
        import shap
    except ImportError as error:
        raise MissingPartError(str(error), name=error.name) from error
    return plt, shap


def _fonts() -> list[str]:
    """The fonts that have Chinese characters and are there, best first."""
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in there] or ["DejaVu Sans"]


def _kept(plot: Any, path: Path, made: Any) -> Path:
    plot.close("all")
    made()
    plot.gcf().savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
    plot.close("all")
    return path
