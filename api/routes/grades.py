"""Grades: what holds, what a setting would mean, who set what."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.authority import Caller, acting, needs
from api.deps import Moment, Services, Svc, Text
from api.grade_schemas import GradesAsked, GradesBack, GradesSet
from api.openapi import problems
from api.operations import Router
from risk.services import grade_curve, grade_desk, grade_reliability
from risk.services.grade_curve import GradeCurve
from risk.services.grade_desk import Answer, Asked, GradesView, Solved
from risk.services.grade_reliability import Reliability
from risk.services.grade_settings import Setting

router = Router(prefix="/grades", tags=["models"])


@router.get(
    "/{model}",
    summary="现行等级设置 / What holds for a model",
    responses=problems(404, 422),
    dependencies=[needs("grades.read", whole=True)],
)
def show_grades(model: Text, svc: Svc) -> GradesView:
    """Cut-offs with where they come from, capacity, hysteresis, escalators, and every act on them."""
    return svc.desk.read(grade_desk.show, svc.settings, model)


@router.post(
    "/{model}/solve",
    summary="按准确率下限求分界 / Cut-offs that keep a promise",
    responses=problems(404, 422),
    dependencies=[needs("grades.read", whole=True)],
)
def solve_grades(model: Text, body: GradesAsked, svc: Svc) -> Solved:
    """The solution beside what holds, over the same cases; nothing is changed."""
    return svc.desk.read(grade_desk.solve, svc.settings, model, _asked(body, svc))


@router.post(
    "/{model}/what-if",
    summary="试算等级设置 / What a setting would mean",
    responses=problems(404, 422),
    dependencies=[needs("grades.read", whole=True)],
)
def try_grades(model: Text, body: GradesAsked, svc: Svc) -> Answer:
    """Alerts a week, precision and recall with intervals, offices week by week, what capacity cuts off; nothing is changed."""
    return svc.desk.read(grade_desk.what_if, svc.settings, model, _asked(body, svc))


@router.get(
    "/{model}/reliability",
    summary="概率可靠性 / Do probabilities keep their word",
    responses=problems(404, 422),
    dependencies=[needs("grades.read", whole=True)],
)
def show_reliability(
    model: Text,
    svc: Svc,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
    as_of: Annotated[Moment | None, Query()] = None,
) -> Reliability:
    """Matured verdicts against the probabilities of then, by place and grade."""
    moment = as_of or svc.desk.clock()
    return svc.desk.read(grade_reliability.reliability, model, since=since, until=until, as_of=moment)


@router.get(
    "/{model}/curve",
    summary="准确率与核查量曲线 / Precision against capacity",
    responses=problems(404, 422),
    dependencies=[needs("grades.read", whole=True)],
)
def show_curve(
    model: Text,
    svc: Svc,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
    as_of: Annotated[Moment | None, Query()] = None,
) -> GradeCurve:
    """For cuts by probability alone: alerts a week, precision with its interval, which share of what was confirmed lies above."""
    moment = as_of or svc.desk.clock()
    return svc.desk.read(grade_curve.curve, svc.settings, model, since=since, until=until, as_of=moment)


@router.post(
    "/{model}/settings",
    status_code=201,
    summary="启用等级设置 / Put a setting in force",
    responses=problems(404, 409, 422),
    dependencies=[needs("grades.write", whole=True)],
)
def set_grades(model: Text, body: GradesSet, svc: Svc, who: Caller) -> Setting:
    """An act of a named person: recorded, versioned, used by the next run."""
    actor = acting(who, body.actor)
    return svc.desk.act(grade_desk.apply, svc.settings, model, _asked(body, svc), actor=actor, reason=body.reason, now=svc.desk.clock())


@router.post(
    "/{model}/revert",
    status_code=201,
    summary="退回早先的等级设置 / Return to an earlier setting",
    responses=problems(404, 409, 422),
    dependencies=[needs("grades.write", whole=True)],
)
def revert_grades(model: Text, body: GradesBack, svc: Svc, who: Caller) -> Setting:
    """The earlier setting holds again, as a new version."""
    actor = acting(who, body.actor)
    return svc.desk.act(grade_desk.revert, model, to=body.to, actor=actor, reason=body.reason, now=svc.desk.clock())


def _asked(body: GradesAsked, svc: Services) -> Asked:
    cutoffs = {str(grade): cut for grade, cut in body.cutoffs.items()}
    floors = {str(grade): floor for grade, floor in body.floors.items()}
    return Asked(body.as_of or svc.desk.clock(), floors, cutoffs, dict(body.capacity), body.since, body.until)
