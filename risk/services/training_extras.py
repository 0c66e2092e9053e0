"""What a training learns beside the model: one function a topic, listed in one place, stored in the bundle under its name.

A topic gets the fitted model with its out-of-fold rows and gives plain values for JSON. Scoring reads them as ``Learner.more[topic]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.text import Fitted

TOPICS: Mapping[str, Callable[[Fitted], dict[str, Any]]] = {}
"""Topic → what is kept of it."""


def of(fitted: Fitted) -> dict[str, dict[str, Any]]:
    """Every topic of a fitted model."""
    return {name: tell(fitted) for name, tell in TOPICS.items()}
