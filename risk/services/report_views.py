"""The shapes in which reports are answered, light enough to be imported when a server starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from risk.domain.messages import register
from risk.services.life_steps import LifeStep

register({"report_missing": ("没有编号为 {id} 的报告", "no report with the number {id}")})


@dataclass(frozen=True, slots=True)
class IssueView:
    """A report as people look at it. ``steps``: what it can take next; ``numbers_hash``: SHA-256 of its numbers."""

    id: int
    kind: str
    about: str
    period: str
    cutoff: datetime
    region: str
    department: str
    edition: int
    state: str
    number: str | None
    title_zh: str
    title_en: str
    numbers_hash: str
    remarks: dict[str, str]
    dressing: dict[str, Any]
    chapters: tuple[str, ...]
    steps: tuple[str, ...]
    actor: str
    created_at: datetime
    changed_at: datetime
    version: int
    history: tuple[LifeStep, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is another one today: where it stands (``disposal.issued``), what was frozen, what it would be; nothing where there was none."""

    path: str
    frozen: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """``same``: equal to the number. ``intact``: what is stored still has the checksum it was stored with. ``differences``: the first 200; ``count``: all."""

    report: int
    same: bool
    intact: bool
    frozen_hash: str
    now_hash: str
    count: int
    differences: tuple[Difference, ...]
