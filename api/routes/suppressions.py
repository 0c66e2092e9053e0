"""Suppressions: conditions under which no alert is raised. Listed, tried on what was, put on trial or in force, revised, ended."""

from __future__ import annotations

from typing import Literal

from api.alert_schemas import SuppressionRevised, SuppressionSent, TrialAsked, Why
from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.domain.alerts_suppressed import Mode
from risk.services import suppression_trial, suppressions
from risk.services.paging import Page
from risk.services.suppression_trial import Trial
from risk.services.suppressions import SuppressionRow

router = Router(prefix="/suppressions", tags=["suppressions"])


@router.get("", summary="抑制条件列表 / List suppressions", dependencies=[needs("suppressions.read", whole=True)])
def list_suppressions(
    svc: Svc,
    state: Literal["active", "dry_run", "ended"] | None = None,
    model: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SuppressionRow]:
    """Every version, the newest first, with what it suppressed, or on trial would have."""
    return svc.desk.read(suppressions.list_suppressions, svc.desk.clock(), state=state, model=model, limit=limit, cursor=cursor)


@router.post(
    "/try",
    summary="试算抑制条件 / Try a condition on what was",
    responses=problems(422),
    dependencies=[needs("suppressions.read", whole=True)],
)
def try_suppression(sent: TrialAsked, svc: Svc, who: Caller) -> Trial:
    """How many alerts of a period it would have kept away, and how many of those were confirmed. Nothing is stored."""
    until = sent.until or svc.desk.clock()
    return svc.desk.read(
        suppression_trial.try_condition, sent.condition.parts(), model=sent.model, since=sent.since, until=until, scope=who.scope
    )


@router.post(
    "",
    status_code=201,
    summary="新增抑制条件 / Add a suppression",
    responses=problems(422),
    dependencies=[needs("suppressions.write", whole=True)],
)
def add_suppression(sent: SuppressionSent, svc: Svc, who: Caller) -> SuppressionRow:
    """Owned by whoever acts, with a reason and an end. With `dry_run` it only counts."""
    mode = Mode.DRY_RUN if sent.dry_run else Mode.ACTIVE
    now = svc.desk.clock()
    key = svc.desk.act(
        suppressions.suppress,
        sent.condition.parts(),
        owner=acting(who, sent.actor),
        reason=sent.reason,
        expires_at=sent.expires_at,
        now=now,
        model=sent.model,
        mode=mode,
    )
    return svc.desk.read(suppressions.get, key, now)


@router.get(
    "/{suppression_id}",
    summary="抑制条件 / One suppression",
    responses=problems(404),
    dependencies=[needs("suppressions.read", whole=True)],
)
def get_suppression(suppression_id: Id, svc: Svc) -> SuppressionRow:
    """One version."""
    return svc.desk.read(suppressions.get, suppression_id, svc.desk.clock())


@router.post(
    "/{suppression_id}/revise",
    status_code=201,
    summary="修订抑制条件 / Revise a suppression",
    responses=problems(404, 409, 422),
    dependencies=[needs("suppressions.write", whole=True)],
)
def revise_suppression(suppression_id: Id, sent: SuppressionRevised, svc: Svc, who: Caller) -> SuppressionRow:
    """A new version takes the place of the old one, which stays readable."""
    mode = None if sent.dry_run is None else Mode.DRY_RUN if sent.dry_run else Mode.ACTIVE
    condition = sent.condition.parts() if sent.condition else None
    now = svc.desk.clock()
    key = svc.desk.act(
        suppressions.revise,
        suppression_id,
        owner=acting(who, sent.actor),
        reason=sent.reason,
        expires_at=sent.expires_at,
        now=now,
        condition=condition,
        mode=mode,
    )
    return svc.desk.read(suppressions.get, key, now)


@router.post(
    "/{suppression_id}/end",
    summary="提前结束抑制 / End a suppression",
    responses=problems(404, 409, 422),
    dependencies=[needs("suppressions.write", whole=True)],
)
def end_suppression(suppression_id: Id, sent: Why, svc: Svc, who: Caller) -> SuppressionRow:
    """Before its time, with the reason."""
    now = svc.desk.clock()
    svc.desk.act(suppressions.end, suppression_id, actor=acting(who, sent.actor), reason=sent.reason, now=now)
    return svc.desk.read(suppressions.get, suppression_id, now)
