"""Each request is a trace of its own, also in a server that was started by a command, which holds a trace itself."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from api.observing import Observing, Requests
from risk.domain.tracing import tracing


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)


async def _trace_of_a_request(requests: Requests) -> str:
    told: list[Message] = []

    async def take(message: Message) -> None:
        told.append(message)

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/healthz", "headers": []}
    await Observing(_answer, lambda: requests)(scope, nothing, take)
    return Headers(raw=told[0]["headers"])["x-trace-id"]


def test_requests_of_a_server_that_a_command_started_do_not_share_its_trace() -> None:
    requests = Requests()
    with tracing() as started:
        found = [asyncio.run(_trace_of_a_request(requests)) for _ in range(2)]
    assert len({started, *found}) == 3
