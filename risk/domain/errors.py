"""Errors that people read: a stable code, a statement, a hint. Texts live in ``risk.domain.messages``; HTTP words live in ``api.errors``."""

from __future__ import annotations

from typing import Any

from risk.domain.messages import say


class RiskError(Exception):
    """A refusal with a stable code. ``facts`` fill the text of that code in either language.

    >>> e = RiskError("file_not_found", path="a.csv")
    >>> e.text("en")
    'no such file: a.csv'
    """

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(self.text("en"))

    def text(self, lang: str) -> str:
        """What is wrong, in ``zh`` or ``en``."""
        return say(self.code, lang, **self.facts)

    def hint(self, lang: str) -> str:
        """What to do about it; empty where the statement says enough."""
        return say(f"{self.code}.hint", lang, default="", **self.facts)


class NotFoundError(RiskError):
    """The thing named does not exist."""


class ConflictError(RiskError):
    """The thing is not in a state that allows this (a task already reported, a model without approval)."""


class InvalidInputError(RiskError):
    """What was given cannot be used as it is."""


class ForbiddenError(RiskError):
    """The caller is known and may not do this."""


class NotSignedInError(RiskError):
    """Nobody is signed in, or the session or key is over."""


class TooOftenError(RiskError):
    """Asked too often; ``retry_after`` among the facts is the number of seconds to wait."""
