"""Grades as a named person set them: versions that are never changed, the newest of a model holds from the next run on, and each can be returned to.

An act that changes nothing is refused, for a history of empty acts hides those that mattered. Capacity belongs to an office and is shared by all models:
a setting that changes it moves the office's own number, and a return brings the old one back only where nobody has moved it since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.services import auditing
from risk.services.dispatch import load_directory
from risk.storage import tables as t
from risk.storage.engine import serialise

if TYPE_CHECKING:
    from models.grades import Cutoffs

_LOCK = 3  # of serialise: capacity and cut-offs stand still while a chunk is settled
GRADES = ("red", "orange", "yellow", "blue")

register(
    {
        "grades_actor": ("必须写明操作人", "who acts must be named"),
        "grades_reason": ("必须说明理由", "a reason is required"),
        "grades_cutoffs_order": (
            "分界须从红到蓝递减，且大于0：{given}",
            "cut-offs must fall from red to blue and stay above 0: {given}",
        ),
        "grades_unchanged": ("与现行设置相同，没有改动", "nothing differs from the setting in force"),
        "grades_no_office": ("没有代码为“{office}”的单位", "no office with the code `{office}`"),
        "grades_capacity": ("能力应为0至{most}的整数：{given}", "a capacity is a whole number from 0 to {most}: {given}"),
        "grades_no_version": ("{model} 没有设置版本 {version}", "{model} has no setting {version}"),
        "grades_no_version.hint": ("用 risk grades show 查看版本；0 为模型自带", "see risk grades show; 0 is the model's own"),
    }
)
MOST_CAPACITY = 100_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One act: what holds from then on, who did it, why, on what evidence. Without ``cutoffs`` those of the model itself hold."""

    model: str
    version: int
    cutoffs: dict[str, float] | None
    floors: dict[str, float]
    capacity: dict[str, list[int]]
    model_version: str
    basis: dict[str, Any]
    reverts: int | None
    actor: str
    reason: str
    created_at: datetime


def number(conn: Connection) -> int:
    """Grows with every act: a process compares it and opens a new scorer."""
    return int(conn.scalar(select(func.max(t.grade_settings.c.id))) or 0)


def in_force(conn: Connection) -> dict[str, Cutoffs]:
    """The cut-offs that persons set, by model key; a model without has those of its learner."""
    from models.grades import Cutoffs

    g = t.grade_settings.c
    newest = select(func.max(g.id)).group_by(g.model)
    rows = conn.execute(select(g.model, g.version, g.cutoffs).where(g.id.in_(newest)))
    return {row.model: Cutoffs.of({**row.cutoffs, "source": "set", "note": f"setting {row.version}"}) for row in rows if row.cutoffs}


def history(conn: Connection, key: str, limit: int = 100) -> tuple[Setting, ...]:
    """The acts on a model, the newest first."""
    g = t.grade_settings.c
    rows = conn.execute(select(t.grade_settings).where(g.model == key).order_by(g.version.desc()).limit(limit))
    return tuple(_setting(row) for row in rows)


def apply(
    conn: Connection,
    key: str,
    *,
    cutoffs: Mapping[str, float] | None,
    floors: Mapping[str, float],
    capacity: Mapping[str, int],
    model_version: str,
    basis: Mapping[str, Any],
    actor: str,
    reason: str,
    now: datetime,
    reverts: int | None = None,
) -> Setting:
    """Put a setting in force, with its audit row. ``cutoffs`` None keeps those in force.

    ``InvalidInputError`` (``grades_actor``, ``grades_reason``, ``grades_cutoffs_order``, ``grades_no_office``, ``grades_capacity``); ``ConflictError``
    (``grades_unchanged``).
    """
    if not actor.strip():
        raise InvalidInputError("grades_actor")
    if not reason.strip():
        raise InvalidInputError("grades_reason")
    serialise(conn, _LOCK)
    before = next(iter(history(conn, key, 1)), None)
    old = before.cutoffs if before else None
    new = old if cutoffs is None and reverts is None else checked(cutoffs) if cutoffs is not None else None
    moved = _move_capacity(conn, capacity)
    if new == old and not moved:
        raise ConflictError("grades_unchanged")
    values: dict[str, Any] = {
        "model": key,
        "version": (before.version if before else 0) + 1,
        "cutoffs": new,
        "floors": dict(floors),
        "capacity": moved,
        "model_version": model_version,
        "basis": dict(basis),
        "reverts": reverts,
        "actor": actor.strip(),
        "reason": reason.strip(),
        "created_at": now,
    }
    conn.execute(insert(t.grade_settings).values(values))
    setting = Setting(**values)
    told = {"version": setting.version, "old": old, "new": new, "floors": dict(floors), "capacity": moved, "reason": setting.reason}
    auditing.record(conn, setting.actor, "grades.revert" if reverts is not None else "grades.apply", f"grades:{key}", told, now)
    return setting


def revert(conn: Connection, key: str, *, to: int | None, actor: str, reason: str, now: datetime) -> Setting:
    """Let an earlier version hold again (the one before the newest, where none is named; 0: the model's own), as a new version.

    Capacities that the newer acts had moved go back, where they still stand as those acts left them.
    """
    acts = history(conn, key, 10_000)
    target = (acts[0].version - 1 if acts else -1) if to is None else to
    found = next((one for one in acts if one.version == target), None)
    if not acts or (found is None and target != 0) or target >= acts[0].version:
        raise NotFoundError("grades_no_version", model=key, version=target if target >= 0 else 0)
    directory = load_directory(conn)
    back: dict[str, int] = {}
    for act in acts:  # the newest first: the last word has the oldest act that is undone
        if act.version > target:
            for office, (was, became) in act.capacity.items():
                stands = back.get(office, directory.offices[office].weekly_capacity if office in directory.offices else None)
                if stands == became:
                    back[office] = was
    return apply(
        conn,
        key,
        cutoffs=found.cutoffs if found else None,
        floors=found.floors if found else {},
        capacity=back,
        model_version=found.model_version if found else "",
        basis=found.basis if found else {},
        actor=actor,
        reason=reason,
        now=now,
        reverts=target,
    )


def checked(cutoffs: Mapping[str, float]) -> dict[str, float]:
    """Cut-offs of the four grades as plain numbers; ``InvalidInputError`` (``grades_cutoffs_order``)."""
    from models.grades import Cutoffs

    try:
        found = Cutoffs.of(cutoffs)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError("grades_cutoffs_order", given=", ".join(f"{k}={v}" for k, v in cutoffs.items())) from error
    return {code: round(float(getattr(found, code)), 6) for code in GRADES}


def plain(setting: Setting) -> dict[str, Any]:
    """For JSON."""
    return asdict(setting)


def _move_capacity(conn: Connection, capacity: Mapping[str, int]) -> dict[str, list[int]]:
    """Set the weekly capacity of offices; office → [before, after] for those that moved."""
    if not capacity:
        return {}
    offices = load_directory(conn).offices
    moved: dict[str, list[int]] = {}
    for office, cases in capacity.items():
        if office not in offices:
            raise InvalidInputError("grades_no_office", office=office)
        if not 0 <= cases <= MOST_CAPACITY:
            raise InvalidInputError("grades_capacity", given=cases, most=MOST_CAPACITY)
        if cases != offices[office].weekly_capacity:
            moved[office] = [offices[office].weekly_capacity, cases]
            conn.execute(update(t.offices).where(t.offices.c.code == office).values(weekly_capacity=cases))
    return moved


def _setting(row: Any) -> Setting:
    return Setting(
        row.model, row.version, row.cutoffs, row.floors, row.capacity, row.model_version, row.basis, row.reverts, row.actor, row.reason, row.created_at
    )  # fmt: skip
