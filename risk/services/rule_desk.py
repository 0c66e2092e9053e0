"""What people decide about versions of rules, lists, conditions and features: submit, approve, watch, activate, pause, retire. Every act is an event and an audit row.

Each function takes a write transaction, the version's id, the actor and ``now``; with ``seen`` given it refuses (``rule_changed``) if someone else was faster. Steps outside
the table of ``risk.domain.rule_states`` are refused with ``rule_transition``. A change of what is live is refused (``rule_breaks_live``) where the rules in force would not
check any more; the next run uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.domain.rule_states import RuleEvent, RuleState, check_approver
from risk.services import live_rules, rule_store, rule_tests, suppressions
from risk.services.approval_evidence import check_backtest
from risk.services.live_rules import Change, change_of
from risk.services.rule_links import pins
from risk.services.rule_store import SHIPPED, Key, Version, step
from risk.services.rule_text import PARTS
from risk.storage import tables as t
from rules.pack import SHARED

register(
    {
        "rule_test_fails": (
            "“{name}”测试之后情况有变，现在不再通过：{first}",
            "things have changed since `{name}` was tested, and now it fails: {first}",
        ),
        "rule_test_fails.hint": ("退回草稿，修改后重新测试", "make it a draft again, mend it and test it"),
        "rule_percent": ("放量比例应在 0 到 100 之间：{percent}", "a roll-out is between 0 and 100 percent: {percent}"),
        "rule_roll_out_kind": ("只有规则可以分步放量", "only rules can be rolled out in steps"),
    }
)


# --- deciding ------------------------------------------------------------------------------------------------------------


def submit(conn: Connection, version_id: int, *, actor: str, now: datetime, seen: int | None = None, reason: str | None = None) -> Version:
    """Ask for approval. Where the vocabulary or the live rules have changed since its test it is tested again: ``ConflictError`` (``rule_test_fails``)."""
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    values = _still_clean(conn, version, actor, now) if version.state is RuleState.TESTED else {}
    return step(conn, version, RuleEvent.SUBMIT, actor=actor, now=now, reason=reason, values=values)


def withdraw(
    conn: Connection, version_id: int, *, actor: str, now: datetime, seen: int | None = None, reason: str | None = None
) -> Version:
    """Take a submission back: a draft again."""
    rule_store.lock(conn)
    return step(conn, rule_store.get(conn, version_id, seen=seen), RuleEvent.WITHDRAW, actor=actor, now=now, reason=reason)


def reject(conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None) -> Version:
    """Send a submission back to its author, with the reason."""
    rule_store.lock(conn)
    return step(conn, rule_store.get(conn, version_id, seen=seen), RuleEvent.REJECT, actor=actor, now=now, reason=reason)


def approve(
    conn: Connection,
    version_id: int,
    *,
    actor: str,
    now: datetime,
    seen: int | None = None,
    reason: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Version:
    """Approve what another person submitted; what it builds on is pinned by hash, and so are the suppressions of its model.

    ``evidence`` is what the approver saw: ``backtest``, the number of one of this version. Errors: ``rule_own_approval``, ``rule_test_fails``, and those of
    ``approval_evidence``.
    """
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    tested: dict[str, Any] = {}
    if version.state is RuleState.SUBMITTED:
        check_approver(actor, rule_store.involved(conn, version))
        tested = _still_clean(conn, version, actor, now)
        if evidence and evidence.get("backtest") is not None:
            check_backtest(conn, version, evidence["backtest"])
    live = live_rules.active_version(conn, Key(version.kind, version.model, version.name))
    shown = {"hash": version.hash, "against": live.version if live else None, **(evidence or {})}
    values = {"pins": _pins(conn, version, now), "evidence": shown}
    return step(conn, version, RuleEvent.APPROVE, actor=actor, now=now, reason=reason, detail=values, values={**values, **tested})


# --- living --------------------------------------------------------------------------------------------------------------


def shadow(conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None) -> Version:
    """Watch it in every run from the next on: its hits are recorded and never alert. An older version in shadow is replaced."""
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    if version.state is RuleState.APPROVED:
        _must_hold(conn, [_readable(version)])
    done = step(conn, version, RuleEvent.SHADOW, actor=actor, now=now, reason=reason)
    _replace(conn, done, frozenset({RuleState.SHADOW}), actor, now)
    return done


def activate(
    conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None, percent: float = 100.0
) -> Version:
    """Use it from the next run on, for ``percent`` of the units; it takes the place of the version in force."""
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    _check_percent(version, percent)
    if version.state in (RuleState.APPROVED, RuleState.SHADOW):
        _must_hold(conn, [_readable(version)])
    done = step(
        conn, version, RuleEvent.ACTIVATE, actor=actor, now=now, reason=reason, detail={"percent": percent}, values={"roll_out": percent}
    )
    _replace(conn, done, frozenset({RuleState.ACTIVE, RuleState.PAUSED}), actor, now)
    _set_live(conn, done, now, hidden=False)
    _tell_users(conn, done, actor, reason, now)
    return done


def roll_out(
    conn: Connection, version_id: int, *, percent: float, actor: str, reason: str, now: datetime, seen: int | None = None
) -> Version:
    """Let an active rule count for another share of the units; a larger one keeps every unit of a smaller one."""
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    _check_percent(version, percent)
    detail = {"from": version.roll_out, "to": percent}
    return step(conn, version, RuleEvent.ROLL_OUT, actor=actor, now=now, reason=reason, detail=detail, values={"roll_out": percent})


def pause(conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None) -> Version:
    """Leave it out from the next run on, a shipped one too."""
    return _leave(conn, version_id, RuleEvent.PAUSE, actor, reason, now, seen)


def resume(conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None) -> Version:
    """Use a paused one again."""
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    if version.state is RuleState.PAUSED and version.version != SHIPPED:
        _must_hold(conn, [_readable(version)])
    done = step(conn, version, RuleEvent.RESUME, actor=actor, now=now, reason=reason)
    _set_live(conn, done, now, hidden=False)
    return done


def retire(conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None) -> Version:
    """End it for good, wherever it stands; only a new version brings it back."""
    return _leave(conn, version_id, RuleEvent.RETIRE, actor, reason, now, seen)


# --- inside --------------------------------------------------------------------------------------------------------------


def _leave(conn: Connection, version_id: int, event: RuleEvent, actor: str, reason: str, now: datetime, seen: int | None) -> Version:
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    in_force = version.state in (RuleState.ACTIVE, RuleState.PAUSED)
    if version.state is RuleState.ACTIVE:
        _must_hold(conn, [Change(Key(version.kind, version.model, version.name))])
    done = step(conn, version, event, actor=actor, now=now, reason=reason)
    if in_force:
        _set_live(conn, done, now, hidden=True)
    return done


def _still_clean(conn: Connection, version: Version, actor: str, now: datetime) -> dict[str, Any]:
    """The columns of a test that holds now: the stored one, or a new one where the vocabulary or the live rules have moved since."""
    stored = version.test or {}
    if stored.get("vocabulary") == rule_tests.vocabulary_version() and stored.get("live") == live_rules.number(conn):
        return {}
    found = rule_tests.run(conn, version)
    if not found.clean:
        raise ConflictError("rule_test_fails", name=version.name, first=found.first())
    return {"test": found.record() | {"at": now.isoformat(), "actor": actor}}


def _readable(version: Version) -> Change:
    change = change_of(version)
    if change.item is None:
        raise rule_store.unreadable(version)
    return change


def _must_hold(conn: Connection, changes: list[Change]) -> None:
    rule_tests.must_hold(live_rules.load(conn).packs, changes)


def _pins(conn: Connection, version: Version, now: datetime) -> dict[str, str]:
    """The hashes of what the version builds on, as it is in force, and of each suppression that its model's alerts meet."""
    change = change_of(version)
    found: dict[str, str] = {}
    if change.item is not None:
        for pack in live_rules.overlay(live_rules.load(conn).packs, [change]):
            if version.model in (pack.name, SHARED) and change.item in getattr(pack, PARTS[version.kind]):
                found |= pins(pack, change.item)
    for one in suppressions.in_force(conn, now):
        if one.model is None or one.model.partition(".")[0] == version.model:
            found[f"suppression:{one.id}"] = one.hash
    return found


def _check_percent(version: Version, percent: float) -> None:
    if not 0.0 <= percent <= 100.0:
        raise InvalidInputError("rule_percent", percent=percent)
    if version.kind != "rule" and percent != 100.0:
        raise InvalidInputError("rule_roll_out_kind")


def _replace(conn: Connection, by: Version, states: frozenset[RuleState], actor: str, now: datetime) -> None:
    """The other versions of the definition that stand where this one now does."""
    for other in rule_store.versions_of(conn, Key(by.kind, by.model, by.name)):
        if other.id != by.id and other.state in states:
            step(conn, other, RuleEvent.REPLACE, actor=actor, now=now, detail={"by": by.version})


def _set_live(conn: Connection, version: Version, now: datetime, *, hidden: bool) -> None:
    w = t.live_rules.c
    values = {"version_id": version.id, "hidden": hidden, "since": now}
    if conn.execute(update(t.live_rules).where(w.item_id == version.item_id).values(values)).rowcount == 0:
        conn.execute(t.live_rules.insert().values(item_id=version.item_id, **values))


def _tell_users(conn: Connection, version: Version, actor: str, reason: str, now: datetime) -> None:
    """Rules of the store that were approved with another version of this list, condition or feature get an event that says so."""
    label = f"{version.kind}:{version.name}"
    live = frozenset({RuleState.SHADOW, RuleState.ACTIVE, RuleState.PAUSED})
    for rule in rule_store.in_states(conn, live):
        pinned = rule.pins.get(label)
        if pinned is not None and pinned != version.hash:
            detail = {"of": label, "version": version.version, "from": pinned, "to": version.hash}
            step(conn, rule, RuleEvent.RELIST, actor=actor, now=now, reason=reason, detail=detail)


def stumbled(conn: Connection, version_id: int, *, actor: str, now: datetime, run_id: int, error: str) -> None:
    """Note, once a run, that a version which is watched could not be evaluated; the run itself is not touched by it."""
    e = t.rule_events.c
    known = select(e.detail).where(e.version_id == version_id, e.event == RuleEvent.STUMBLE.value)
    if all(detail.get("run") != run_id for detail in conn.scalars(known)):
        version = rule_store.get(conn, version_id)
        if version.state in (RuleState.SHADOW, RuleState.ACTIVE):
            step(conn, version, RuleEvent.STUMBLE, actor=actor, now=now, detail={"run": run_id, "error": error})
