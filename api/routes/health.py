"""Whether the process lives, and whether it can work."""

from __future__ import annotations

from dataclasses import asdict

from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from api.authority import public
from api.deps import Svc
from api.errors import refuse
from api.language import language
from api.openapi import problems
from api.operations import Router
from risk.domain.messages import register
from risk.services import ready
from risk.services.ready import Readiness

router = Router(tags=["health"])

register({"not_ready": ("未就绪：{reasons}", "not ready: {reasons}")})


@router.get("/healthz", summary="进程存活 / The process lives", dependencies=[public])
def healthz() -> dict[str, str]:
    """Asks nothing of anyone."""
    return {"status": "ok"}


@router.get("/readyz", summary="可以服务 / Ready to work", response_model=Readiness, responses=problems(503), dependencies=[public])
def readyz(svc: Svc, request: Request) -> Response:
    """503 with the reasons while the database does not answer or has another revision, the data folder is full or the key is of no use. Whether the models are loaded is told beside it."""
    models = svc.scorer.loaded if svc.scorer.beside else None
    found = svc.desk.whole(ready.examine, svc.settings, models=models)
    if not found.ready:
        lang = language(request)
        reasons = "; ".join(one.zh if lang == "zh" else one.en for one in found.checks if not one.ok and one.check != "models")
        return refuse(request, 503, "not_ready", reasons=reasons)
    return JSONResponse(asdict(found))
