"""Grades of warnings: red, orange, yellow, blue (红橙黄蓝), and *none* below blue.

The colours are a convention of this field, not of 突发事件应对法 Art. 63, which speaks of natural disasters, accidents and public health.
"""

from __future__ import annotations

from enum import IntEnum


class Grade(IntEnum):
    """A grade, ordered by gravity, so that ``max`` of two grades is the graver one.

    >>> max(Grade.BLUE, Grade.ORANGE).title("zh")
    '橙色'
    >>> Grade.parse("red") > Grade.YELLOW
    True
    """

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def code(self) -> str:
        """The name in files, tables and the API: ``none``, ``blue`` … ``red``."""
        return self.name.lower()

    def title(self, lang: str) -> str:
        """The word a person reads, in ``zh`` or ``en``."""
        zh, en = _TITLES[self]
        return zh if lang == "zh" else en

    @classmethod
    def parse(cls, code: str) -> Grade:
        """The grade of a code; ``ValueError`` for anything else."""
        try:
            return cls[code.strip().upper()]
        except KeyError:
            raise ValueError(f"no such grade: {code!r}; one of {', '.join(g.code for g in cls)}") from None


_TITLES = {
    Grade.NONE: ("不预警", "none"),
    Grade.BLUE: ("蓝色", "blue"),
    Grade.YELLOW: ("黄色", "yellow"),
    Grade.ORANGE: ("橙色", "orange"),
    Grade.RED: ("红色", "red"),
}

ALARM = Grade.BLUE
"""An *alarm*, wherever a rate of alarms is given, is this grade or a graver one (design: blue or above)."""
