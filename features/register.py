"""What a register says of a number: the second question, after its shape.

The rule: `unregistered` is said only by a register that covers the kind; without one the shape is all that is known, and `someone_elses` only
where both the holder and the user of a number are known.

>>> book = Book({("drug_approval", "国药准字Z13020588"): Entry(Party("某某药业有限公司"), valid_to="2027-01-01")})
>>> shown = Identifier("drug_approval", "国药准字Z13020588", "well_formed", 0, 13)
>>> state(shown, book, Party("某某药业有限公司"), "2026-06-01"), state(shown, book, Party("别家公司"), "2026-06-01"), state(shown, book, None, "2028-01-01")
('valid', 'someone_elses', 'expired')
>>> state(shown, None, None, "2026-06-01"), state(Identifier("drug_approval", "国药准字1", "malformed", 0, 5), book, None, "2026-06-01")
('well_formed', 'malformed')
>>> worst(["valid", "unregistered"]), worst([])
('unregistered', 'absent')
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from features.identifiers import Identifier, canonical

REGISTER_STATES = ("absent", "valid", "well_formed", "someone_elses", "expired", "unregistered", "malformed")
"""The states of a number, the worst last: of several numbers in a text the worst counts, and one that is both expired and someone else's is expired.

`absent`: no number. `well_formed`: no register of the kind is known, or digits are hidden. `expired`: not in force on the day."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who holds or uses a number; `id` is the subject's where it is one of ours."""

    name: str | None = None
    id: int | None = None

    def is_not(self, other: "Party") -> bool:
        """Whether two are known to be different: by id where both have one, else by name.

        >>> Party("甲（湖北）公司").is_not(Party("甲(湖北)公司")), Party(id=1).is_not(Party("甲")), Party("甲", 1).is_not(Party("甲", 2))
        (False, False, True)
        """
        if self.id is not None and other.id is not None:
            return self.id != other.id
        return bool(self.name and other.name) and _name(self.name or "") != _name(other.name or "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A number as it is registered: for whom, from when and until when (ISO dates; nothing = without end)."""

    holder: Party
    valid_from: str | None = None
    valid_to: str | None = None


class Register(Protocol):
    """Anything that knows registered numbers."""

    def lookup(self, kind: str, number: str) -> Entry | None:
        """The entry of a number, if there is one."""

    def covers(self, kind: str) -> bool:
        """Whether absence from this register means anything for the kind."""


@dataclass(frozen=True, slots=True)
class Book:
    """A register held in memory: entries by kind and `canonical` number. `kinds`: what it covers beyond the kinds of its entries."""

    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()

    def lookup(self, kind: str, number: str) -> Entry | None:
        """The entry of a number, if there is one."""
        return self.entries.get((kind, canonical(number)))

    def covers(self, kind: str) -> bool:
        """A kind is covered once the book holds a number of it."""
        return kind in self.kinds or any(k == kind for k, _ in self.entries)


def state(identifier: Identifier | None, register: Register | None, user: Party | None, as_of: str | None) -> str:
    """One of `REGISTER_STATES`. `user`: who shows the number; `as_of`: the day (ISO date), without which nothing is expired but what ran out for good."""
    if identifier is None:
        return "absent"
    if identifier.state in ("malformed", "expired"):
        return identifier.state
    if identifier.state == "masked":
        return "well_formed"
    entry = register.lookup(identifier.kind, identifier.number) if register is not None else None
    since, until = (entry.valid_from, entry.valid_to) if entry is not None else (None, identifier.valid_to)
    if as_of is not None and ((until is not None and until < as_of) or (since is not None and since > as_of)):
        return "expired"
    if entry is None:
        return "unregistered" if register is not None and register.covers(identifier.kind) else "well_formed"
    return "someone_elses" if user is not None and user.is_not(entry.holder) else "valid"


def worst(states: Iterable[str]) -> str:
    """The state that counts of several."""
    return max(states, key=REGISTER_STATES.index, default="absent")


def _name(holder: str) -> str:
    return "".join(holder.split()).replace("（", "(").replace("）", ")").casefold()
