"""One pass over a file before it is read: its digest (which import is it?) and whether it is UTF-8."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.system_messages import reason_of
from risk.services.readers.rows import ROW_LIMIT

_BLOCK = 1 << 20
_HEAD = 1 << 16
_ENOUGH = 0.5  # of all lines must decode, or it is another encoding altogether


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """How to decode; ``lossy`` where single lines cannot be, which are then quarantined."""

    name: str
    lossy: bool = False

    @property
    def errors(self) -> str:
        """The error handler for decoding."""
        return "surrogateescape" if self.lossy else "strict"


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the bytes tells."""

    digest: str
    size: int
    head: bytes
    is_utf8: bool

    def text_encoding(self, path: Path, told: str | None = None) -> TextEncoding:
        """UTF-8 if every byte fits, else GB18030 if every byte fits, else the one that most lines fit; neither is an error.

        Not ok: guessing by frequencies. A file that fits neither is refused, because wrong characters are worse than none.
        """
        if self.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise InvalidInputError("encoding_unknown", path=path.name)
        if told is not None:
            return TextEncoding(_codec(told, path), lossy=True)
        if self.is_utf8:
            return TextEncoding("utf-8")
        utf8, gb, other, lines = _fitting_lines(path)
        best = TextEncoding("utf-8", lossy=True) if utf8 >= gb else TextEncoding("gb18030", lossy=gb < other)
        if lines - other + max(utf8, gb) < lines * _ENOUGH:
            raise InvalidInputError("encoding_unknown", path=path.name)
        return best


def scan(path: Path) -> Scan:
    """Digest, size, first bytes, and whether all of it is UTF-8; in blocks."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    size, head, is_utf8 = 0, b"", True
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                head = head or block[:_HEAD]
                size += len(block)
                digest.update(block)
                is_utf8 = is_utf8 and _decodes(decoder, block)
    except FileNotFoundError:
        raise NotFoundError("file_not_found", path=str(path)) from None
    except OSError as error:
        raise InvalidInputError("file_unreadable", path=str(path), reason=reason_of(error)) from error
    return Scan(digest.hexdigest(), size, head, is_utf8 and _decodes(decoder, b"", final=True))


def skip_line(file: BinaryIO) -> int:
    """Go on to the end of a line that is too long to be read; how many bytes that was."""
    skipped = 0
    while piece := file.readline(_BLOCK):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _fitting_lines(path: Path) -> tuple[int, int, int, int]:
    """Of the lines that are not ASCII: how many fit UTF-8, fit GB18030, are there; and how many lines there are."""
    utf8 = gb = other = lines = 0
    with path.open("rb") as file:
        while line := file.readline(ROW_LIMIT):
            lines += 1
            if not line.isascii():
                other += 1
                utf8 += _fits(line, "utf-8")
                gb += _fits(line, "gb18030")
    return utf8, gb, other, lines


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _codec(told: str, path: Path) -> str:
    """The encoding a mapping file names; only those whose lines end in a plain LF byte."""
    known = {"utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
    if told.lower() not in known:
        raise InvalidInputError("encoding_unknown", path=path.name)
    return known[told.lower()]
