"""Garbage that is collected once a chunk, instead of whenever so many objects were made.

A chunk makes hundreds of thousands of objects that live until it is settled, and models and rules are millions that live for ever: Python's collector goes
through them again and again and finds nothing. While a run goes on it is switched off; what a chunk left is swept at its end, and what was there before
the run is not looked at.
"""

from __future__ import annotations

import gc
from types import TracebackType

_WHOLE = 16
"""Every so many chunks also what was kept from chunk to chunk is looked at."""


class ByHand:
    """For the length of a block, or without end by :meth:`begin`. It holds for the whole process: other threads' garbage waits for the next sweep too."""

    def __init__(self) -> None:
        self._was, self._swept = False, 0

    def begin(self) -> None:
        """Collect by hand from now on."""
        self._was = gc.isenabled()
        gc.disable()
        gc.collect()
        gc.freeze()

    def sweep(self) -> None:
        """Collect what a chunk left."""
        self._swept += 1
        gc.collect(2 if self._swept % _WHOLE == 0 else 1)

    def __enter__(self) -> ByHand:
        self.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        gc.unfreeze()
        if self._was:
            gc.enable()
