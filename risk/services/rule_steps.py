"""One door to every step of a version's life: by name of the step, on what a person names, in one transaction. What the API uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from risk.services import rule_desk, rule_drafts, rule_refs
from risk.services.rule_refs import Ref
from risk.services.rule_store import Version

Step = Literal["test", "submit", "withdraw", "reject", "approve", "shadow", "activate", "roll-out", "pause", "resume", "retire", "restore"]
"""The steps that a person may ask for."""

STEPS: tuple[str, ...] = get_args(Step)


def take(
    conn: Connection,
    ref: Ref,
    step: Step,
    *,
    actor: str,
    now: datetime,
    seen: int | None = None,
    reason: str | None = None,
    percent: float | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Version:
    """Take a step with the version that is meant; answers the version as it is then (of ``restore``: the new draft)."""
    version = rule_refs.to_act_on(conn, ref, now=now)
    common: dict[str, Any] = {"actor": actor, "now": now, "seen": seen}
    why = reason or ""
    match step:
        case "test":
            return rule_drafts.try_out(conn, version.id, **common)
        case "restore":
            return rule_drafts.restore(conn, version.id, actor=actor, now=now, note=reason)
        case "submit":
            return rule_desk.submit(conn, version.id, reason=reason, **common)
        case "withdraw":
            return rule_desk.withdraw(conn, version.id, reason=reason, **common)
        case "reject":
            return rule_desk.reject(conn, version.id, reason=why, **common)
        case "approve":
            return rule_desk.approve(conn, version.id, reason=reason, evidence=evidence, **common)
        case "shadow":
            return rule_desk.shadow(conn, version.id, reason=why, **common)
        case "activate":
            return rule_desk.activate(conn, version.id, reason=why, percent=100.0 if percent is None else percent, **common)
        case "roll-out":
            return rule_desk.roll_out(conn, version.id, reason=why, percent=version.roll_out if percent is None else percent, **common)
        case "pause":
            return rule_desk.pause(conn, version.id, reason=why, **common)
        case "resume":
            return rule_desk.resume(conn, version.id, reason=why, **common)
        case "retire":
            return rule_desk.retire(conn, version.id, reason=why, **common)


def edit(
    conn: Connection, ref: Ref, source: str, *, actor: str, now: datetime, seen: int | None = None, note: str | None = None
) -> Version:
    """Write a draft anew."""
    version = rule_refs.to_act_on(conn, ref, now=now)
    return rule_drafts.edit(conn, version.id, source, actor=actor, now=now, seen=seen, note=note)
