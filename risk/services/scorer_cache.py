"""One scorer per process, made at first use and made anew when the registry names other champions or the rules or grades in force have changed.

Loading costs seconds; asking costs a look at one small file and one number of the store. A run goes on with the scorer that it began with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from risk.services import grade_settings, live_rules
from risk.settings import Settings
from risk.storage.engine import reading

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer


class ScorerCache:
    """``opener`` makes a scorer of the settings (``open_scorer``), with ``engine`` given on to it; it is called again after a promotion, a roll-back, a change of rules."""

    def __init__(self, settings: Settings, opener: Callable[..., Scorer], engine: Engine | None = None) -> None:
        self._champions = settings.registry_dir / "champions.json"
        self._settings = settings
        self._opener = opener
        self._engine = engine
        self._lock = threading.Lock()
        self._state: tuple[bytes, int, int] | None = None
        self._scorer: Scorer | None = None

    def __call__(self) -> Scorer:
        """The scorer in force."""
        with self._lock:
            state = self._now()
            if self._scorer is None or state != self._state:
                self._scorer = self._opener(self._settings) if self._engine is None else self._opener(self._settings, engine=self._engine)
                self._state = state
            return self._scorer

    def _now(self) -> tuple[bytes, int, int]:
        champions = self._champions.read_bytes() if self._champions.is_file() else b""
        if self._engine is None:
            return champions, 0, 0
        with reading(self._engine) as conn:
            return champions, live_rules.number(conn), grade_settings.number(conn)
