"""How often one caller may ask: by key or session where there is one, else by address. 429 with ``Retry-After`` beyond it.

A cookie can be made up, so an address as a whole may ask ``SHARED`` times as often as one caller, whatever cookies it shows. Counted in this process (`limits`, sliding window counter): with several processes behind a proxy each counts its own share. Sign-in has throttles of its own.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import refusal
from risk.domain.errors import InvalidInputError, TooOftenError
from risk.domain.messages import register

OFF = "off"
SHARED = 10
"""An address may be an office behind one proxy: so many callers at full haste."""

register(
    {
        "rate_exceeded": ("请求过于频繁，请在 {retry_after} 秒后重试", "too many requests: try again in {retry_after} s"),
        "rate_invalid": ("RISK_RATE 无法识别：{given}", "RISK_RATE cannot be read: {given}"),
        "rate_invalid.hint": ("例如 1200/minute，或 off", "such as 1200/minute, or off"),
    }
)


class Rates:
    """Middleware over ``/api/``; ``rate`` is ``<number>/<second|minute|hour|day>``, several by semicolons, or ``off``. ``rate_invalid`` for others."""

    def __init__(self, app: ASGIApp, rate: str) -> None:
        self._app = app
        self._limits = _read(rate)
        self._shared = [type(one)(one.amount * SHARED, one.multiples) for one in self._limits]
        self._counter = _counter() if self._limits else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._counter is None or scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        who, place = caller(request), f"address {_address(request)}"
        for limit, name in [*((one, who) for one in self._limits), *((one, place) for one in self._shared)]:
            if not self._counter.hit(limit, name):
                until = self._counter.get_window_stats(limit, name).reset_time
                late = max(1, round(until - time.time()))
                await refusal(request, TooOftenError("rate_exceeded", retry_after=late))(scope, receive, send)
                return
        stats = self._counter.get_window_stats(self._limits[0], who)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["RateLimit-Remaining"] = str(stats.remaining)
            await send(message)

        await self._app(scope, receive, told)


def caller(request: Request) -> str:
    """Who is counted: a digest of the key or the session's cookie, else the address."""
    secret = request.headers.get("authorization") or request.headers.get("cookie")
    if secret:
        return hashlib.sha256(secret.encode()).hexdigest()[:32]
    return _address(request)


def _address(request: Request) -> str:
    return request.client.host if request.client else "-"


def _read(rate: str) -> list[Any]:
    if rate.strip().lower() in ("", OFF):
        return []
    from limits import parse_many

    try:
        return list(parse_many(rate))
    except ValueError as error:
        raise InvalidInputError("rate_invalid", given=rate) from error


def _counter() -> Any:
    from limits.storage import MemoryStorage
    from limits.strategies import SlidingWindowCounterRateLimiter

    return SlidingWindowCounterRateLimiter(MemoryStorage())
