"""Every text a person sees that is not a report or a rule: code → (Chinese, English). The one place for it.

Style: lower-case statement without a full stop in English, names in quotes as given, a hint under ``<code>.hint``.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Told(NamedTuple):
    """A fact that is itself words: it is told in the language of the message it stands in."""

    zh: str
    en: str

    def of(self, lang: str) -> str:
        """The words in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


MESSAGES: dict[str, tuple[str, str]] = {
    "file_not_found": ("找不到文件：{path}", "no such file: {path}"),
}


def register(messages: dict[str, tuple[str, str]]) -> None:
    """Add the messages of one part of the domain; a code may be given once."""
    for code, texts in messages.items():
        if code in MESSAGES and MESSAGES[code] != texts:
            raise ValueError(f"message code given twice: {code}")
        MESSAGES[code] = texts


def say(code: str, lang: str, *, default: str | None = None, **facts: Any) -> str:
    """The text of ``code`` in ``lang`` (``zh`` or ``en``), filled with ``facts``.

    >>> say("file_not_found", "zh", path="x.csv")
    '找不到文件：x.csv'
    >>> say("file_not_found", "en", path=Told("此处", "here"))
    'no such file: here'
    """
    texts = MESSAGES.get(code)
    if texts is None:
        if default is None:
            raise KeyError(f"no message with the code {code!r}")
        return default
    told = {name: fact.of(lang) if isinstance(fact, Told) else fact for name, fact in facts.items()}
    return texts[0 if lang == "zh" else 1].format(**told)
