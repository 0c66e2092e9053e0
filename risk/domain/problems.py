"""A reason against a row: a code of the catalogue, where, and what stood there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import risk.domain.intake_messages  # noqa: F401 - registers the texts
from risk.domain.messages import say


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is refused: a code of the catalogue, the column, the value as it stood (cut), and what fills the text."""

    code: str
    column: str = ""
    value: str = ""
    facts: tuple[tuple[str, Any], ...] = ()

    def text(self, lang: str) -> str:
        """The reason in words.

        >>> Problem("time_invalid", "时间", "昨天").text("zh")
        '“时间”的时间无法识别：昨天'
        """
        return say(self.code, lang, column=self.column, value=self.value, **dict(self.facts))

    def record(self) -> dict[str, Any]:
        """As it is kept in quarantine."""
        hints = {f"hint_{lang}": say(f"{self.code}.hint", lang, default="") for lang in ("zh", "en")}
        return {
            "code": self.code,
            "column": self.column,
            "value": self.value,
            "facts": dict(self.facts),
            "zh": self.text("zh"),
            "en": self.text("en"),
            **hints,
        }
