"""Subjects: found, shown, with their history as known at a moment and the chain of supervision (监管信息链) of each alert."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from api.authority import Caller, needs
from api.deps import Cursor, Id, Limit, Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.services import subject_history, subject_relations, subject_views
from risk.services.paging import Page
from risk.services.subject_history import Chain, History
from risk.services.subject_relations import Relations
from risk.services.subject_views import SubjectRow, SubjectView

router = Router(prefix="/subjects", tags=["subjects"])
READ = needs("signals.read")
Kind = Literal[
    "signal", "alert", "task", "task_event", "verdict", "verdict_event", "act", "penalty", "change", "licence", "appeal", "decision"
]


@router.get("", summary="主体列表 / List subjects", dependencies=[READ])
def list_subjects(
    svc: Svc,
    who: Caller,
    q: Text | None = None,
    region: Text | None = None,
    alerted: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SubjectRow]:
    """The newest entered first. `q`: a code, or the beginning of a name; `alerted` keeps those with an alert."""
    return svc.desk.look(subject_views.list_subjects, q=q, region=region, alerted=alerted, scope=who.scope, limit=limit, cursor=cursor)


@router.get("/{subject_id}", summary="主体详情 / One subject", responses=problems(404), dependencies=[READ])
def get_subject(subject_id: Id, svc: Svc, who: Caller) -> SubjectView:
    """Its register entry and how much there is of each thing."""
    return svc.desk.read(subject_views.get_subject, subject_id, scope=who.scope)


@router.get("/{subject_id}/history", summary="主体经过 / The history of a subject", responses=problems(404), dependencies=[READ])
def history(
    subject_id: Id,
    svc: Svc,
    who: Caller,
    known: Moment | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    kind: Annotated[list[Kind] | None, Query(max_length=12)] = None,
) -> History:
    """The newest first. `known`: as it was known at a moment; `since` and `until` look at when things happened."""
    return svc.desk.read(
        subject_history.history,
        subject_id,
        known or svc.desk.clock(),
        since=since,
        until=until,
        only=tuple(dict.fromkeys(kind or ())),
        scope=who.scope,
    )


@router.get("/{subject_id}/chain", summary="监管信息链 / The chain of supervision", responses=problems(404), dependencies=[READ])
def chain(subject_id: Id, svc: Svc, who: Caller, known: Moment | None = None) -> tuple[Chain, ...]:
    """Each alert with the signals that led to it and everything that came of it."""
    return svc.desk.read(subject_history.chains, subject_id, known or svc.desk.clock(), scope=who.scope)


@router.get("/{subject_id}/relations", summary="关联主体 / Subjects it hangs together with", responses=problems(404), dependencies=[READ])
def relations(subject_id: Id, svc: Svc, who: Caller) -> Relations:
    """Other subjects that share an address, a telephone or a legal representative with it now; what they share is not told."""
    return svc.desk.read(subject_relations.relations, subject_id, scope=who.scope)
