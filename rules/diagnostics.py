"""One diagnostic, one renderer. Every message to a person has a code, a lower-case statement, a place, a hint and, where there is one, a fix.

>>> text = "when licence_stat"
>>> span = Span("a.rules", 5, 17, 1, 6, 1, 18)
>>> fault = diagnose("R010", span, name="licence_stat", near_zh="是否想写 `licence_state`", near_en="did you mean `licence_state`", fix="licence_state")
>>> print(render(fault, text))
error[R010]: unknown name `licence_stat`
 --> a.rules:1:6
  |
1 | when licence_stat
  |      ^^^^^^^^^^^^
  = hint: did you mean `licence_state`
  = fix: licence_state
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.messages import MESSAGES
from rules.nodes import Span
from rules.words import Language

SHOWN = 160
"""Characters of a source line that are shown whole; of a longer one only what is around the place."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What is wrong, where, and what to do; `fix` is the text that should stand at the span, where one is known."""

    code: str
    severity: str
    zh: str
    en: str
    span: Span
    hint_zh: str = ""
    hint_en: str = ""
    fix: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


def diagnose(code: str, span: Span, *, fix: str = "", **values: object) -> Diagnostic:
    """The diagnostic of a code, its templates filled from `values`."""
    message = MESSAGES[code]
    filled = {**values, "fix": fix}
    texts = [template.format(**filled) for template in (message.zh, message.en, message.hint_zh, message.hint_en)]
    for text in texts:
        _assert_style(text)
    return Diagnostic(code, message.severity, texts[0], texts[1], span, texts[2], texts[3], fix)


def _assert_style(text: str) -> None:
    """The house style, kept by code: no capital first letter, no full stop at the end.

    >>> _assert_style("Unknown name.")
    Traceback (most recent call last):
    ...
    AssertionError: Unknown name.
    """
    assert not text[:1].isupper(), text
    assert not text.endswith((".", "。")), text


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Only what must be repaired before a pack may run."""
    return tuple(item for item in diagnostics if item.is_error)


_LABELS = {
    "en": {"error": "error", "warning": "warning", "hint": "hint", "fix": "fix"},
    "zh": {"error": "错误", "warning": "警告", "hint": "提示", "fix": "改为"},
}


def render(diagnostic: Diagnostic, source: str = "", language: Language = "en") -> str:
    """The diagnostic as a block of text, with the source line and the place underlined when the source is given."""
    labels = _LABELS[language]
    span = diagnostic.span
    statement, hint = (diagnostic.zh, diagnostic.hint_zh) if language == "zh" else (diagnostic.en, diagnostic.hint_en)
    lines = [f"{labels[diagnostic.severity]}[{diagnostic.code}]: {statement}", f" --> {span.file}:{span.line}:{span.column}"]
    written = source.split("\n")
    margin = " " * len(str(span.line))
    if source and span.line <= len(written):
        line = written[span.line - 1]
        last = span.end_column if span.end_line == span.line else len(line) + 1
        before, marked, after = _window(line, span.column - 1, max(last, span.column + 1) - 1)
        lines += [f"{margin} |", f"{span.line} | {before}{marked}{after}", f"{margin} | {_blank(before)}{'^' * max(1, _width(marked))}"]
    if hint:
        lines.append(f"{margin} = {labels['hint']}: {hint}")
    if diagnostic.fix:
        lines.append(f"{margin} = {labels['fix']}: {diagnostic.fix}")
    return "\n".join(lines)


def render_all(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None, language: Language = "en") -> str:
    """All diagnostics, an empty line between two."""
    return "\n\n".join(render(item, (sources or {}).get(item.span.file, ""), language) for item in diagnostics)


def _window(line: str, start: int, end: int) -> tuple[str, str, str]:
    """The line before, at and after the place; a long one only around the place.

    >>> _window("a" * 200 + "b" + "c" * 200, 200, 201) == ("…" + "a" * 40, "b", "c" * 80 + "…")
    True
    """
    before, marked, after = line[:start], line[start:end], line[end:]
    if len(line) <= SHOWN:
        return before, marked, after
    if len(before) > SHOWN // 4:
        before = "…" + before[-(SHOWN // 4) :]
    room = max(0, SHOWN // 2 - max(0, len(marked) - SHOWN // 2))
    return before, marked[:SHOWN] + ("…" if len(marked) > SHOWN else ""), after[:room] + ("…" if len(after) > room else "")


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _blank(text: str) -> str:
    """Space as wide as the text; tabs stay tabs."""
    return "".join("\t" if character == "\t" else " " * _width(character) for character in text)
