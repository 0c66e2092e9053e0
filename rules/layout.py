"""A file in its canonical layout, in the language of writing or the other, comments kept.

Comments above a definition stay above it. A definition with comments inside, or one that cannot be read, stays as it is written and is named in `left`:
nothing that a person wrote is lost.

>>> print(layout('# why\\n条件 a=b   且 (c)').text, end="")
# why
条件 a = b 且 c
>>> layout("rule  a 'x'").left
('a',)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rules.parser import ParsedFile, parse
from rules.pieces import Piece, pieces
from rules.printer import show_all
from rules.words import Language

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(?P<comment>#[^\n]*)')


@dataclass(frozen=True, slots=True)
class Layout:
    """The file anew, and the names of definitions that stayed as they were written."""

    text: str
    left: tuple[str, ...] = ()


def layout(source: str, language: Language | None = None, rename: Callable[[Any, Language], Any] | None = None) -> Layout:
    """The whole file. `language` None keeps each definition's own; `rename` may call a host's names by that language."""
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    found = pieces(source)
    if not found:
        return Layout(source)
    parts, left = ["\n".join(source.split("\n")[: found[0].line - 1]).strip("\n")], []
    for piece in found:
        above, body, below = _split(piece)
        items = _items(parse(body, piece.name))
        if len(items) != 1 or any(match["comment"] for match in _COMMENT.finditer(body)):
            left.append(piece.name)
            written = body.rstrip("\n")
        else:
            chosen = language or piece.language
            written = show_all([rename(items[0], chosen) if rename else items[0]], chosen).rstrip("\n")
        parts += ["\n".join([*above, written]), "\n".join(below)]
    return Layout("\n\n".join(part for part in parts if part) + "\n", tuple(left))


def _items(parsed: ParsedFile) -> list[Any]:
    return [] if parsed.diagnostics else [*parsed.lists, *parsed.conditions, *parsed.features, *parsed.rules]


def _split(piece: Piece) -> tuple[list[str], str, list[str]]:
    """Comments above a definition, the definition, comments that follow it."""
    lines = piece.text.rstrip("\n").split("\n")
    start = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    end = next(k for k in range(len(lines), 0, -1) if lines[k - 1].strip() and not lines[k - 1].lstrip().startswith("#"))
    return lines[:start], "\n".join(lines[start:end]) + "\n", [line for line in lines[end:] if line.strip()]
