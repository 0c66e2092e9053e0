"""The application: ``uvicorn --factory api.app:served``, or simply ``risk serve``. Nothing happens at import.

The store is opened when the server starts and closed when it stops; models are loaded when the first request needs them, or before (`api.warming`).
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import risk
from api import errors, home, workbench
from api.body_limits import BodyLimits
from api.deps import Services
from api.guard import Guard
from api.idempotency import Idempotency
from api.identity import Identity
from api.observing import Observing, Requests
from api.openapi import DESCRIPTION, TAGS, as_problems, problems
from api.operations import Operation
from api.rates import Rates
from api.routes import ROUTERS, health, metrics
from api.warming import Warming, steps_of
from risk.bootstrap import open_replica, open_scorer, open_store
from risk.scheduling import jobs
from risk.scheduling.background import Background
from risk.scheduling.use_cases import Tools
from risk.services.desk import Desk
from risk.services.metrics import Cache as Figures
from risk.services.scorer_cache import ScorerCache
from risk.settings import Settings

MOST_BYTES = 32 * 1024 * 1024
"""The largest body; larger material comes in as a file, by ``risk intake``."""

STOP_SECONDS = 20.0
"""How long a stopping server waits for a run; what is left is taken up by the next one."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def served() -> FastAPI:
    """The application as ``risk serve`` runs it: what the first visitor would wait for is made ready while it answers already.

    The collector of garbage leaves alone what was read until here, and works from here on, also where whoever starts us has stopped it.
    """
    app = create_app(warm=True)
    gc.freeze()
    gc.enable()
    return app


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] = _utc_now, warm: bool = False) -> FastAPI:
    """The application for these settings (of the environment, where none are given); ``clock`` is for tests, ``warm`` for servers (`api.warming`)."""
    chosen = settings or Settings.from_environment()

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        engine = open_store(chosen)
        scorer = ScorerCache(chosen, open_scorer, engine, beside=warm)
        background = Background(Tools(engine, chosen, scorer, clock))
        replica = open_replica(chosen)
        desk = Desk(engine, clock, replica)
        app.state.figures, app.state.requests = Figures(engine, clock), Requests()
        app.state.services = Services(chosen, desk, scorer, background, Identity(chosen, desk))
        warming = Warming(steps_of(app, app.state.services) if warm else (), 0.3 if warm else 0.0, app.state.requests.idle)
        try:
            desk.act(jobs.seed)
            warming.start()
            yield
        finally:
            warming.stop(STOP_SECONDS)
            background.wait(STOP_SECONDS)
            if replica is not None:
                replica.engine.dispose()
            engine.dispose()

    app = FastAPI(
        title="风险预警 / Risk early warning",
        version=risk.__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        lifespan=living,
    )
    app.state.lang = chosen.lang
    app.add_middleware(Idempotency)
    app.add_middleware(BodyLimits, usual=MOST_BYTES, files=chosen.import_mb * 1_000_000)
    app.add_middleware(Rates, rate=chosen.rate)
    app.add_middleware(Guard, hosts=chosen.hosts, proxied=bool(chosen.trusted_proxies))  # the outer one: it says 413 as a problem
    if chosen.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(chosen.trusted_proxies))
    app.add_middleware(Observing, requests=lambda: app.state.requests)  # around everything, so that refusals are counted too
    errors.install(app)
    app.router.routes.extend(_operations())
    workbench.install(app)
    _describe(app)
    return app


@cache
def _operations() -> tuple[Operation, ...]:
    """All operations of all applications of a process: each is put together once, when it is first asked for."""
    usual = problems(401, 403, 422)
    found = [one for router in (health.router, metrics.router) for one in router.under("", usual)]
    found += [one for router in ROUTERS for one in router.under("/api/v1", usual)]
    return (*found, *home.router.under("", {}))


def _describe(app: FastAPI) -> None:
    made = app.openapi

    def described() -> dict[str, Any]:
        return as_problems(made())

    app.openapi = described  # type: ignore[method-assign]
