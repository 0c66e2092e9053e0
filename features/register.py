"""What a register says of a number: the second question, after its shape.

The rule: `unregistered` is said only by a register that covers the kind; without one the shape is all that is known.

>>> book = Book({("drug_approval", "国药准字Z13020588"): Entry("某某药业有限公司", "2027-01-01")})
>>> shown = Identifier("drug_approval", "国药准字Z13020588", "well_formed", 0, 13)
>>> state(shown, book, "某某药业有限公司", "2026-06-01"), state(shown, book, "别家公司", "2026-06-01"), state(shown, book, None, "2028-01-01")
('valid', 'other', 'expired')
>>> state(None, book, None, "2026-06-01"), state(Identifier("food_licence", "SC1", "malformed", 0, 3), book, None, "2026-06-01")
('absent', 'malformed')
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from features.identifiers import Identifier

REGISTER_STATES = ("absent", "malformed", "unregistered", "other", "expired", "valid", "unknown")
"""`unknown`: well formed, but no register covers the kind"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A number as it is registered: for whom, and until when (ISO date; nothing = without end)."""

    holder: str
    valid_to: str | None = None


class Register(Protocol):
    """Anything that knows registered numbers."""

    def lookup(self, kind: str, number: str) -> Entry | None:
        """The entry of a number, if there is one."""

    def covers(self, kind: str) -> bool:
        """Whether absence from this register means anything for the kind."""


@dataclass(frozen=True, slots=True)
class Book:
    """A register held in memory."""

    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)

    def lookup(self, kind: str, number: str) -> Entry | None:
        """The entry of a number, if there is one."""
        return self.entries.get((kind, number))

    def covers(self, kind: str) -> bool:
        """A kind is covered once the book holds a number of it."""
        return any(k == kind for k, _ in self.entries)


def state(identifier: Identifier | None, register: Register | None, holder: str | None, as_of: str) -> str:
    """One of `REGISTER_STATES`. `holder`: who uses the number; without it nobody is "other"."""
    if identifier is None:
        return "absent"
    if identifier.state == "malformed":
        return "malformed"
    entry = register.lookup(identifier.kind, identifier.number) if register is not None else None
    until = entry.valid_to if entry is not None else identifier.valid_to
    if identifier.state == "expired" or (until is not None and until < as_of):
        return "expired"
    if entry is None:
        return "unregistered" if register is not None and register.covers(identifier.kind) else "unknown"
    if holder is not None and _name(entry.holder) != _name(holder):
        return "other"
    return "valid"


def _name(holder: str) -> str:
    return "".join(holder.split()).replace("（", "(").replace("）", ")").casefold()
