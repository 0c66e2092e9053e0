"""What a training learns beside the model: one function a topic, listed in one place, stored in the bundle under its name.

A topic gets the fitted model with its out-of-fold rows and gives plain values for JSON. Scoring reads them as ``Learner.more[topic]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.text import Fitted


def uncertainty(fitted: Fitted) -> dict[str, Any]:
    """Where the model leaves both answers open (`models.uncertainty`), calibrated on rows out of fold."""
    from models.uncertainty import learn

    return learn(fitted.out_of_fold, fitted.labels, fitted.weights, fitted.groups).plain()


def reliability(fitted: Fitted) -> dict[str, Any]:
    """What the probabilities out of fold were worth (`models.reliability`)."""
    from models.reliability import reliability as told

    return told(fitted.out_of_fold, fitted.labels, weights=fitted.weights, groups=fitted.groups)


TOPICS: Mapping[str, Callable[[Fitted], dict[str, Any]]] = {"uncertainty": uncertainty, "reliability": reliability}
"""Topic → what is kept of it."""


def of(fitted: Fitted) -> dict[str, dict[str, Any]]:
    """Every topic of a fitted model."""
    return {name: tell(fitted) for name, tell in TOPICS.items()}
