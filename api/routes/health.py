"""Whether the process lives, and whether it can work."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from api.authority import public
from api.deps import Svc
from api.errors import refuse
from api.openapi import problems
from risk.domain.messages import register
from risk.services import views_health
from risk.services.views_health import Readiness

router = APIRouter(tags=["health"])

register({"not_ready": ("数据库不可用或版本不符", "the database does not answer or has another revision")})


@router.get("/healthz", summary="进程存活 / The process lives", dependencies=[public])
def healthz() -> dict[str, str]:
    """Asks nothing of anyone."""
    return {"status": "ok"}


@router.get("/readyz", summary="可以服务 / Ready to work", response_model=Readiness, responses=problems(503), dependencies=[public])
def readyz(svc: Svc, request: Request) -> Response:
    """503 while the database does not answer or has another revision than the program needs. Faults of rule plug-ins are told and stop nothing."""
    found = svc.desk.whole(views_health.readiness)
    if not found.ready:
        return refuse(request, 503, "not_ready")
    return JSONResponse(asdict(found))
