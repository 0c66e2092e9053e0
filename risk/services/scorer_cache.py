"""One scorer per process, made at first use and made anew when the registry names other champions. Loading costs seconds; asking costs a look at one small file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from risk.settings import Settings

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer


class ScorerCache:
    """``opener`` makes a scorer with the champions of the settings; it is called again only after a promotion or a roll-back."""

    def __init__(self, settings: Settings, opener: Callable[[Settings], Scorer]) -> None:
        self._champions = settings.registry_dir / "champions.json"
        self._settings = settings
        self._opener = opener
        self._lock = threading.Lock()
        self._state: bytes | None = None
        self._scorer: Scorer | None = None

    def __call__(self) -> Scorer:
        """The scorer in force."""
        with self._lock:
            state = self._champions.read_bytes() if self._champions.is_file() else b""
            if self._scorer is None or state != self._state:
                self._scorer = self._opener(self._settings)
                self._state = state
            return self._scorer
