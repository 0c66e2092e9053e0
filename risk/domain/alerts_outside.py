"""Warnings of other systems: what we take from them, and which of our grades their words mean. Pure.

Their word is a clue of theirs: it becomes a signal of the kind ``warning`` and an alert with its own provenance, never a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.signals import SubjectKeys

register(
    {
        "warning_incomplete": ("外部预警缺少：{missing}", "the outside warning lacks: {missing}"),
        "warning_changed": (
            "外部预警 {system}/{id} 此前以不同内容接收过",
            "the outside warning {system}/{id} was received before with another content",
        ),
        "warning_changed.hint": ("更正应使用新的编号", "a correction should come under a number of its own"),
    }
)


@dataclass(frozen=True, slots=True)
class OutsideWarning:
    """One warning of another system. ``raised_at`` is aware; ``raw_hash`` is the SHA-256 (hex) of its record as received; ``model`` one of our risk models.

    ``level`` is their word for how grave it is; ``rule`` what raised it over there; ``detail`` what else is worth keeping, without personal data.
    """

    system: str
    warning_id: str
    level: str
    model: str
    text: str
    raised_at: datetime
    raw_hash: str
    subject: SubjectKeys = field(default_factory=SubjectKeys)
    region: str | None = None
    rule: str | None = None
    url: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def check(self) -> OutsideWarning:
        """Itself; ``InvalidInputError`` (``warning_incomplete``) without system, number, model, text or hash."""
        parts = {"system": self.system, "warning_id": self.warning_id, "model": self.model, "text": self.text, "raw_hash": self.raw_hash}
        missing = [name for name, value in parts.items() if not value.strip()]
        if missing:
            raise InvalidInputError("warning_incomplete", missing=", ".join(missing))
        return self


def grade_of(system: str, level: str) -> tuple[Grade, bool]:
    """Our grade for a system's word, and whether the word is known; an unknown one is blue: looked at, and said so.

    >>> grade_of("any", "红色")[0].code, grade_of("any", "HIGH")[0].code, grade_of("any", "？")
    ('red', 'orange', (<Grade.BLUE: 1>, False))
    """
    table = read_toml("alerts.toml")["warning"]
    word = level.strip().lower()
    own = table["system"].get(system, {})
    code = own.get(word) or table["levels"].get(word)
    return Grade.parse(code or table["unknown_level"]), code is not None
