"""Where does a CSV record end that is too large to be held? A scanner over pieces, with the rules of the strict ``csv`` reader."""

from __future__ import annotations

import re

_START, _PLAIN, _QUOTED, _CLOSING = range(4)


class QuoteScanner:
    """Feed pieces; ``ended`` when a line end stands outside quotes, ``broken`` when something follows a closing quote.

    >>> scanner = QuoteScanner(",")
    >>> [scanner.feed(piece) or scanner.ended for piece in ('a,"b', '\\n""c', '"\\n')]
    [False, False, True]
    >>> scanner = QuoteScanner(",")
    >>> scanner.feed('"a\\n"b\\n') or scanner.broken
    True
    """

    def __init__(self, delimiter: str) -> None:
        self.ended = False
        self.broken = False
        self._state = _START
        self._delimiter = delimiter
        self._marks = re.compile(f'["\\n\\r{re.escape(delimiter)}]')

    @property
    def complete(self) -> bool:
        """Whether the file may end here."""
        return self._state != _QUOTED

    def feed(self, piece: str) -> None:
        """Go on with the next piece of the record."""
        position = 0
        for match in self._marks.finditer(piece):
            if match.start() > position:
                self._other()
            self._mark(match.group())
            position = match.end()
            if self.ended or self.broken:
                return
        if position < len(piece):
            self._other()

    def _other(self) -> None:
        if self._state == _START:
            self._state = _PLAIN
        elif self._state == _CLOSING:
            self.broken = True

    def _mark(self, mark: str) -> None:
        if self._state == _QUOTED:
            if mark == '"':
                self._state = _CLOSING
        elif mark == '"':
            self._state = {_START: _QUOTED, _PLAIN: _PLAIN, _CLOSING: _QUOTED}[self._state]
        elif mark == self._delimiter:
            self._state = _START
        elif mark == "\n":
            self.ended = True
