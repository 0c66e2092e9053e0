"""The project's own measuring set: hits and look-alikes a model, written before its rules and kept apart from them (see README.md beside this file).

A sample never shows its text or note when printed, so that neither a test nor a traceback tells a rule author what is asked.

>>> first = load("illegal_drug_sales")[0]
>>> first.id, first.label, first.kind, "text" in repr(first)
('DRUG-H01', 1, 'plain', False)
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent

KEYS = (
    "false_medical_advertising",
    "illegal_fundraising.solicitation",
    "illegal_fundraising.report",
    "illegal_drug_sales",
    "illegal_prescription_drug_sales",
    "illegal_medical_device_sales",
)
"""One file each: the text models, with the lens where there are several."""

HITS = ("plain", "subtle", "evasive")
LOOKALIKES = (
    "news",
    "warning",
    "lawful_ad",
    "instructions",
    "dialogue",
    "negated",
    "popular_science",
    "register",
    "everyday",
    "metaphor",
    "fiction",
    "cleared",
    "complaint_other",
)
"""``cleared`` and ``complaint_other`` are of the report lens only: someone is cleared, or the complaint is about another matter."""

COLUMNS = ("id", "label", "kind", "channel", "text", "note", "also")


@dataclass(frozen=True, slots=True)
class Sample:
    """One text: whether it counts (1) or only looks so (0), what kind it is, where it would be read, and another model that it counts for as well."""

    id: str
    label: int
    kind: str
    channel: str
    text: str = field(repr=False)
    note: str = field(repr=False)
    also: str


def load(key: str) -> tuple[Sample, ...]:
    """The samples of one model in the order of the file. Raises KeyError for a model without one, ValueError where a file has other columns."""
    if key not in KEYS:
        raise KeyError(f"no own set for `{key}`")
    path = FOLDER / f"{key}.tsv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if tuple(rows[0]) != COLUMNS:
        raise ValueError(f"{path.name}: columns are not {', '.join(COLUMNS)}")
    return tuple(Sample(one[0], int(one[1]), *one[2:]) for one in rows[1:])
