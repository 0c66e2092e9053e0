"""One scorer per process, made at first use and made anew when the registry names other champions or the rules or grades in force have changed.

Loading costs seconds; asking costs a look at one small file and two numbers of the store. A run goes on with the scorer that it began with. Whoever must have
what is in force waits for it (`ScorerCache.__call__`); an online call takes what is at hand, and the new one beside it replaces that once it is made.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from risk.services import grade_settings, live_rules
from risk.settings import Settings
from risk.storage.engine import reading

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

_log = logging.getLogger("risk.scoring")
_State = tuple[bytes, int, int]

LOOK = 0.1
"""Seconds that an online call believes what another one saw: the store is not asked by each."""


class ScorerCache:
    """``opener`` makes a scorer of the settings (``open_scorer``), with ``engine`` given on to it; it is called again after a promotion, a roll-back, a change of rules.

    ``beside``: online calls go on with the scorer at hand while a new one is made; else they wait for it, as runs do.
    """

    def __init__(
        self, settings: Settings, opener: Callable[..., Scorer], engine: Engine | None = None, *, beside: bool = False, look: float = LOOK
    ) -> None:
        self._champions = settings.registry_dir / "champions.json"
        self._settings = settings
        self._opener = opener
        self._engine = engine
        self.beside = beside
        self._look = look
        self._lock = threading.Lock()
        self._made: tuple[_State, Scorer] | None = None
        self._making = threading.Lock()
        self._refused: _State | None = None
        self._looked = float("-inf")

    @property
    def loaded(self) -> bool:
        """Whether there is one at hand."""
        return self._made is not None

    def __call__(self) -> Scorer:
        """The scorer in force, made now where it is not there yet."""
        with self._lock:
            state = self._now()
            if self._made is None or state != self._made[0]:
                made = self._opener(self._settings) if self._engine is None else self._opener(self._settings, engine=self._engine)
                self._made = (state, made)
            return self._made[1]

    def at_hand(self) -> Scorer:
        """The scorer in force; where it is being made, the one before, at once: what it judges names the versions that it judged by.

        One that cannot be made (a damaged champion) leaves the one before in its place, and is told in the log.
        """
        found = self._made
        if found is None or not self.beside:
            return self()
        moment = time.monotonic()
        if moment - self._looked >= self._look:
            state = self._now()
            self._looked = moment
            if state not in (found[0], self._refused) and self._making.acquire(blocking=False):
                threading.Thread(target=self._make, args=(state,), name="scorer", daemon=True).start()
        return found[1]

    def _make(self, state: _State) -> None:
        try:
            self()
        except Exception as error:  # whoever must have it is told by their own call
            self._refused = state
            _log.error("the scorer in force cannot be made; the one before goes on", extra={"error": str(error)[:300]})
        finally:
            self._making.release()

    def _now(self) -> _State:
        champions = self._champions.read_bytes() if self._champions.is_file() else b""
        if self._engine is None:
            return champions, 0, 0
        with reading(self._engine) as conn:
            return champions, live_rules.number(conn), grade_settings.number(conn)
