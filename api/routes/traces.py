"""One thing followed from its signal to its verdict."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.authority import Caller, needs
from api.deps import Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.services import following
from risk.services.following import Chain

router = Router(prefix="/trace", tags=["audit"])


@router.get(
    "", summary="追踪一条信号直到核查结论 / Follow a thing to its verdict", responses=problems(404), dependencies=[needs("tasks.read")]
)
def follow(
    svc: Svc,
    who: Caller,
    object_: Annotated[Text, Query(alias="object", description="signal:12, alert:7, task:3 / 对象", examples=["signal:12"])],
) -> Chain:
    """Signal, assessments, alert, task events, verdict, label, pushes, acts: when, by whom, and in which trace. Only what lies within the caller's scope."""
    return svc.desk.read(following.follow, object_, scope=who.scope)
