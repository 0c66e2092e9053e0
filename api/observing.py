"""Every request has a trace, a line in the log and its place in the metrics. The outermost middleware.

A caller's ``traceparent`` (W3C Trace Context) is gone on with; else a trace begins here. The answer names it, and so does everything that the request writes.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from risk.domain.tracing import new_trace, of_header, to_header, tracing

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_log = logging.getLogger("risk.requests")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; 0.3 is what we promise for 99 of 100."""


class Requests:
    """Counters of one process, by method, template of the route and status."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.running, self.ended = 0, 0.0
        self.registry: CollectorRegistry = CollectorRegistry()
        self._count = Counter("risk_http_requests", "requests answered", ["method", "route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "risk_http_request_seconds", "time to answer", ["method", "route"], buckets=BUCKETS, registry=self.registry
        )

    def idle(self) -> float:
        """For how many seconds nobody has been waiting."""
        return 0.0 if self.running else time.monotonic() - self.ended

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._count.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)


class Observing:
    """Middleware; see the module."""

    def __init__(self, app: ASGIApp, requests: Any) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # a command that started this server holds a trace itself: that one is not of its requests
        with tracing(of_header(Headers(scope=scope).get("traceparent")) or new_trace()) as trace:
            status, begun, requests = 500, time.perf_counter(), self._requests()
            requests.running += 1

            async def told(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    headers = MutableHeaders(scope=message)
                    headers["traceparent"] = to_header(trace)
                    headers["X-Trace-Id"] = trace
                await send(message)

            try:
                await self._app(scope, receive, told)
            finally:
                seconds = time.perf_counter() - begun
                route = template(scope)
                requests.running, requests.ended = requests.running - 1, time.monotonic()
                requests.note(method_of(scope), route, status, seconds)
                level = logging.WARNING if status >= 500 else logging.INFO
                _log.log(
                    level, "request", extra={"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1)}
                )


def template(scope: Scope) -> str:
    """The route as it is declared, so that numbers in paths make no new series; ``none`` for what is no route of ours."""
    context = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(context, "path", "none"))


def method_of(scope: Scope) -> str:
    """The method, where it is one of HTTP's own; ``other`` for made-up ones."""
    return scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
