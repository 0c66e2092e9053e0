"""The loop: what passed each arrow, what waits, what is late, what judges, what runs next."""

from __future__ import annotations

from dataclasses import dataclass

from api.authority import Caller, needs
from api.deps import Services, Svc
from api.operations import Router
from risk.domain.authority import EVERYWHERE, Scope
from risk.scheduling import jobs
from risk.scheduling.jobs import JobRow
from risk.services import model_desk, views_loop
from risk.services.model_desk import ModelRow
from risk.services.views_loop import LoopView

router = Router(prefix="/loop", tags=["loop"])


@dataclass(frozen=True, slots=True)
class LoopState:
    """Everything the start page shows."""

    loop: LoopView
    champions: tuple[ModelRow, ...]
    jobs: tuple[JobRow, ...]


@router.get("", summary="闭环状态 / The state of the loop", dependencies=[needs("home.read")])
def get_loop(svc: Svc, who: Caller) -> LoopState:
    """Counts per arrow, what waits, last runs with balance, versions in use, next tasks and jobs."""
    return state_of(svc, who.scope)


def state_of(svc: Services, scope: Scope = EVERYWHERE) -> LoopState:
    """The state, for the page and for programs."""
    now = svc.desk.clock()
    return LoopState(
        svc.desk.read(views_loop.loop, now, scope=scope),
        model_desk.list_models(svc.settings, versions=False),
        tuple(svc.desk.read(jobs.overview, now)),
    )
