"""A file in its canonical layout, in the language of writing or the other, comments kept.

Comments above a definition stay above it. Lists keep their lines, which group what belongs together, and the comments in them. Any other definition with comments inside,
and what cannot be read, stays as it is written and is named in `left`: nothing that a person wrote is lost.

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

from rules.items import WordList
from rules.parser import ParsedFile, parse
from rules.pieces import Piece, pieces
from rules.printer import quote, show_all
from rules.words import KEYWORDS, Language, word

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|[^\s"#]+')
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
        listed = _list(body, language or piece.language) if piece.kind == "list" else ""
        if listed and _items(parse(listed, piece.name)) == items:
            written = listed
        elif len(items) != 1 or any(match["comment"] for match in _COMMENT.finditer(body)):
            left.append(piece.name)
            written = body.rstrip("\n")
        else:
            chosen = language or piece.language
            written = show_all([rename(items[0], chosen) if rename else items[0]], chosen).rstrip("\n")
        parts += ["\n".join([*above, written]), "\n".join(below)]
    return Layout("\n\n".join(part for part in parts if part) + "\n", tuple(left))


def relist(source: str, after: WordList) -> str:
    """The source of a list with the words of `after`: lines and comments stay, new words come in lines of their own at the end.

    >>> print(relist('list a "n"\\n  include "x" "y" # both\\n  include "z"', WordList("a", ("x", "w"), (), "n")), end="")
    list a "n"
      include "x" # both
      include "w"
    """
    piece = pieces(source)[0]
    above, body, below = _split(piece)
    left = {"INCLUDE": [quote(term) for term in after.terms], "EXCLUDE": [quote(term) for term in after.exclude]}
    lines = [_kept(line, left, first=not k) for k, line in enumerate(body.strip("\n").split("\n"))]
    lines += [f"  {word(key, piece.language)} {' '.join(terms)}" for key, terms in left.items() if terms]
    written = "\n".join([*above, *(line for line in lines if line.strip()), *below]) + "\n"
    again = parse(written).lists
    same = len(again) == 1 and (set(again[0].terms), set(again[0].exclude)) == (set(after.terms), set(after.exclude))
    return written if same else show_all([after], piece.language)


def _kept(line: str, left: dict[str, list[str]], *, first: bool) -> str:
    """A line of a list without words that are not `left`; each word that is found is taken from there. Keywords without words go."""
    told: list[str] = []
    key = ""
    for k, match in enumerate(_TOKEN.finditer(line)):
        token = match[0]
        named = next((name for name in left if token in KEYWORDS[name] and not (first and k < 2)), "")
        if named:
            key = named
            told += [token]
        elif key and token.startswith('"'):
            if token in left[key]:
                left[key].remove(token)
                told.append(token)
        else:
            told.append(token)
    keywords = {name for key in left for name in KEYWORDS[key]}
    names = 2 if first else 0  # the first line begins with `list` and a name, which may be called like a keyword
    kept = [t for k, t in enumerate(told) if k < names or t not in keywords or "".join(told[k + 1 : k + 2]).startswith('"')]
    return ("" if first else "  ") + " ".join(kept)


def _items(parsed: ParsedFile) -> list[Any]:
    return [] if parsed.diagnostics else [*parsed.lists, *parsed.conditions, *parsed.features, *parsed.rules]


def _list(body: str, language: Language) -> str:
    """A list with its own lines: keywords in one language, two spaces before what follows the first line, one between words."""
    lines: list[str] = []
    for line in body.strip("\n").split("\n"):
        told: list[str] = []
        for match in _TOKEN.finditer(line):
            head = not lines and not told
            keys = ("LIST",) if head else ("INCLUDE", "EXCLUDE") if lines or len(told) > 1 else ()
            told.append(next((word(key, language) for key in keys if match[0] in KEYWORDS[key]), match[0]))
        lines.append(("  " if lines and told else "") + " ".join(told))
    return "\n".join(lines)


def _split(piece: Piece) -> tuple[list[str], str, list[str]]:
    """Comments above a definition, the definition, comments that follow it."""
    lines = piece.text.rstrip("\n").split("\n")
    start = next(k for k, line in enumerate(lines) if not line.startswith("#"))
    end = next(k for k in range(len(lines), 0, -1) if lines[k - 1].strip() and not lines[k - 1].lstrip().startswith("#"))
    return lines[:start], "\n".join(lines[start:end]) + "\n", [line for line in lines[end:] if line.strip()]
