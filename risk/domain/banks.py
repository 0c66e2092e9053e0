"""Phrase banks: families of passages, written for this project. The case library that ships with it, and what the demo's province says.

A bank file is text: a family header, then one passage a line.

    == id: med-cure-skin | kind: 断言保证 | channel: short_video | split: train
    passage …

``split: held`` families were written last and are never trained on. ``also`` names further models a passage is a positive of, ``unsure`` those that it
says nothing about. A ``.misses`` bank is negative for its own model, and for every other one that its families do not name.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from risk.domain.slots import SLOTS

MODEL_KEYS = (
    "false_medical_advertising",
    "illegal_fundraising.solicitation",
    "illegal_fundraising.report",
    "illegal_drug_sales",
    "illegal_prescription_drug_sales",
    "illegal_medical_device_sales",
)
"""The text lenses that have a bank of hits and a bank of misses."""

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage and what is true of it. ``positive_of`` and ``unsure_of`` are model keys; it is a negative of the others."""

    text: str
    family: str
    kind: str
    channel: str
    held: bool
    positive_of: frozenset[str]
    bank: str
    evasive: bool
    unsure_of: frozenset[str] = frozenset()

    def label(self, key: str) -> float:
        """1, 0 or nan (it says nothing about this model)."""
        return 1.0 if key in self.positive_of else math.nan if key in self.unsure_of else 0.0


@cache
def passages() -> tuple[Passage, ...]:
    """All passages of all banks, in file order.

    >>> len(passages()) > 1500
    True
    """
    found: list[Passage] = []
    folder = files("risk.domain") / "data" / "banks"
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".txt"):
            found += parse_bank(entry.name.removesuffix(".txt"), entry.read_text(encoding="utf-8"))
    return tuple(found)


def parse_bank(bank: str, source: str) -> list[Passage]:
    """The passages of one file; ``ValueError`` with the line for a header or slot that is not of the form.

    >>> parse_bank("illegal_drug_sales.hits", "== id: a | kind: k | channel: sms | split: held\\n药 {phone}")[0].held
    True
    """
    model, _, polarity = bank.rpartition(".")
    head: dict[str, str] = {}
    found: list[Passage] = []
    for number, line in enumerate(source.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("=="):
            head = dict(part.strip().split(": ", 1) for part in line.removeprefix("==").split(" | "))
            if not {"id", "kind", "channel", "split"} <= head.keys():
                raise ValueError(f"{bank}:{number}: a family header needs id, kind, channel and split")
            continue
        unknown = set(_SLOT.findall(line)) - SLOTS
        if not head or unknown:
            raise ValueError(
                f"{bank}:{number}: {'no family header before this passage' if not head else f'unknown slots {sorted(unknown)}'}"
            )
        positive = frozenset({model, *_keys(head, "also")} if polarity == "hits" else _keys(head, "also"))
        held, evasive = head["split"] == "held", head.get("evasive") == "yes"
        unsure = frozenset(_keys(head, "unsure")) - positive
        found.append(Passage(line, head["id"], head["kind"], head["channel"], held, positive, bank, evasive, unsure))
    return found


def _keys(head: dict[str, str], name: str) -> list[str]:
    names = [name.strip() for name in head.get(name, "").split(",") if name.strip()]
    return ["illegal_fundraising.solicitation" if name == "illegal_fundraising" else name for name in names]
