"""Where does a CSV record end that is too large to be held? A scanner over pieces, with the rules of the strict ``csv`` reader."""

from __future__ import annotations

import re

_START, _PLAIN, _QUOTED, _CLOSING = range(4)


class QuoteScanner:
    """Feed pieces; ``ended`` when a line end stands outside quotes, ``broken`` when something follows a closing quote.

    >>> scanner = QuoteScanner(",")
    >>> [(scanner.feed(piece), scanner.ended) for piece in ('a,"b', '\\n""c', '"\\nrest')]
    [(4, False), (4, False), (2, True)]
    >>> scanner = QuoteScanner(",")
    >>> scanner.feed('"a\\n"b\\n'), scanner.broken
    (6, True)
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

    def feed(self, piece: str) -> int:
        """Go on with the next piece; how much of it belongs to the record."""
        position = 0
        while position < len(piece) and not self.broken:
            if self._state == _QUOTED:
                quote = piece.find('"', position)
                if quote < 0:
                    break
                position, self._state = quote + 1, _CLOSING
                continue
            match = self._marks.search(piece, position)
            if match is None or match.start() > position:
                self._other()
            if match is None or self.broken:
                break
            position = match.end()
            self._mark(match.group())
            if self.ended:
                return position
        return len(piece)

    def _other(self) -> None:
        if self._state == _START:
            self._state = _PLAIN
        elif self._state == _CLOSING:
            self.broken = True

    def _mark(self, mark: str) -> None:
        if mark == '"':
            self._state = _PLAIN if self._state == _PLAIN else _QUOTED
        elif mark == self._delimiter:
            self._state = _START
        elif mark == "\n":
            self.ended = True
