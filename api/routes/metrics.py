"""Metrics for Prometheus: of the whole store as it is, and of the requests of this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from api.authority import Needs, principal_of
from api.deps import Svc
from api.guard import FORWARDED, LOOPBACK_NAMES, host_name, is_loopback
from api.openapi import files
from api.operations import Router
from risk.services.metrics import Family

if TYPE_CHECKING:
    from prometheus_client import Metric

router = Router(tags=["health"])


class NeedsUnlessHere(Needs):
    """A permission, or to be a program of this machine: who asks came over loopback, by a loopback name, through no proxy."""

    def __call__(self, request: Request, svc: Svc) -> None:  # type: ignore[override]
        client = request.client.host if request.client else ""
        through = any(name in request.headers for name in FORWARDED)
        if is_loopback(client) and not through and host_name(request.headers.get("host", "")) in LOOPBACK_NAMES:
            return
        self.check(principal_of(request, svc, request.headers.get("x-actor")))


@router.get(
    "/metrics",
    summary="运行指标 / Metrics for Prometheus",
    dependencies=[Depends(NeedsUnlessHere("system.read", whole=True))],
    response_class=Response,
    responses=files("text/plain", said="the figures / 指标"),
)
def metrics(request: Request) -> Response:
    """Figures of the store are at most 15 seconds old; ``risk_http_*`` are of this process alone. A key with ``system.read``, or from this machine."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    whole = CollectorRegistry()
    whole.register(_Store(request.app.state.figures.get()))
    text = generate_latest(whole) + generate_latest(request.app.state.requests.registry)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


class _Store:
    """Our figures as Prometheus collects them."""

    def __init__(self, families: tuple[Family, ...]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for one in self._families:
            kind: Any = CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily
            family = kind(one.name, one.help, labels=list(one.labels))
            for labels, value in one.values:
                family.add_metric(list(labels), value)
            yield family
