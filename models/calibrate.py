"""Raw log-odds → probability, learnt on rows the learner has not seen. Always monotone, never exactly 0 or 1.

Few positives: a sigmoid (two numbers). Many: centred isotonic steps joined by straight lines, with a tenth of the sigmoid mixed in.
Not ok: isotonic steps alone. They end in a flat top where the gravest texts tie, and cost 0.01 of average precision (development data).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.inputs import Floats

ISOTONIC_FROM = 1000
"""Positives (and negatives) from which isotonic steps are used."""


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z)), without overflow."""
    e = np.exp(-np.abs(z))
    result: Floats = np.where(z >= 0, 1.0 / (1.0 + e), e / (1.0 + e))
    return result


def logit(p: Floats) -> Floats:
    """log(p / (1 - p)), bounded at one in a million."""
    q = np.clip(p, 1e-6, 1 - 1e-6)
    result: Floats = np.log(q / (1 - q))
    return result


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """p = sigmoid(slope · z + shift)."""

    slope: float
    shift: float

    def __call__(self, z: Floats) -> Floats:
        return sigmoid(self.slope * z + self.shift)

    def state(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return {"kind": "sigmoid", "slope": self.slope, "shift": self.shift}


SMOOTH = 0.1
"""Share of the sigmoid in `Steps`: enough to keep every order of two raw scores."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Straight lines between the points (z, p), mixed with a sigmoid."""

    z: tuple[float, ...]
    p: tuple[float, ...]
    sigmoid: Sigmoid

    def __call__(self, z: Floats) -> Floats:
        result: Floats = (1 - SMOOTH) * np.interp(z, self.z, self.p) + SMOOTH * self.sigmoid(z)
        return result

    def state(self) -> dict[str, Any]:
        """Plain numbers for JSON."""
        return {"kind": "steps", "z": list(self.z), "p": list(self.p), "sigmoid": self.sigmoid.state()}


Calibrator = Sigmoid | Steps


def from_state(state: Mapping[str, Any]) -> Calibrator:
    """The calibrator that `state` described."""
    if state["kind"] == "sigmoid":
        return Sigmoid(float(state["slope"]), float(state["shift"]))
    smooth = Sigmoid(float(state["sigmoid"]["slope"]), float(state["sigmoid"]["shift"]))
    return Steps(tuple(map(float, state["z"])), tuple(map(float, state["p"])), smooth)


def fit(z: Floats, y: Floats, w: Floats) -> Calibrator:
    """Steps where there are enough of both classes, else a sigmoid."""
    enough = min(int((y > 0).sum()), int((y == 0).sum())) >= ISOTONIC_FROM
    return fit_steps(z, y, w) if enough else fit_sigmoid(z, y, w)


def fit_sigmoid(z: Floats, y: Floats, w: Floats) -> Sigmoid:
    """Platt's fit with his smoothed targets, by Newton steps; the slope is kept positive."""
    up, down = float(w[y > 0].sum()), float(w[y <= 0].sum())
    target = np.where(y > 0, (up + 1) / (up + 2), 1 / (down + 2))
    scale = float(np.std(z)) or 1.0
    x = z / scale
    a, b = 1.0, float(np.log((up + 1) / (down + 1)))

    def loss(a: float, b: float) -> float:
        m = a * x + b
        return float((w * (np.logaddexp(0.0, m) - target * m)).sum())

    now = loss(a, b)
    for _ in range(100):
        p = sigmoid(a * x + b)
        g, h = w * (p - target), w * p * (1 - p) + 1e-12
        haa, hab, hbb = float((h * x * x).sum()) + 1e-9, float((h * x).sum()), float(h.sum()) + 1e-9
        ga, gb = float((g * x).sum()), float(g.sum())
        det = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
        step = 1.0
        while step > 1e-6 and loss(a - step * da, b - step * db) > now:
            step /= 2
        a, b = a - step * da, b - step * db
        before, now = now, loss(a, b)
        if before - now < 1e-9 * (1 + abs(now)):
            break
    return Sigmoid(max(a, 1e-3) / scale, b)


def fit_steps(z: Floats, y: Floats, w: Floats) -> Steps:
    """Isotonic blocks, each a point at the mean of its z; the ends are drawn in by half a row."""
    from sklearn.isotonic import isotonic_regression

    order = np.argsort(z, kind="stable")
    zs, ys, ws = z[order], y[order], np.maximum(w[order], 1e-12)
    fitted = np.asarray(isotonic_regression(ys, sample_weight=ws), dtype=np.float64)
    _, block = np.unique(fitted, return_inverse=True)
    weight = np.bincount(block, weights=ws)
    centre = np.bincount(block, weights=ws * zs) / weight
    value = np.bincount(block, weights=ws * ys) / weight
    count = np.bincount(block)
    value = np.clip(value, 0.5 / (count[0] + 1), 1 - 0.5 / (count[-1] + 1))
    value = np.maximum.accumulate(value)
    keep = np.concatenate([[True], np.diff(centre) > 0])
    return Steps(tuple(centre[keep].tolist()), tuple(value[keep].tolist()), fit_sigmoid(z, y, w))


def cross_fitted(z: Floats, y: Floats, w: Floats, fold: Any, make: Callable[[Floats, Floats, Floats], Calibrator] = fit) -> Floats:
    """Probabilities of rows by calibrators that have not seen them: what the stated calibration error is measured on."""
    result = np.zeros(len(z))
    for f in np.unique(fold):
        inside = fold == f
        result[inside] = make(z[~inside], y[~inside], w[~inside])(z[inside])
    return result
