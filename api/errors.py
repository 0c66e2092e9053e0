"""Every refusal as RFC 9457 ``application/problem+json``, in the language asked for. The one place where errors get HTTP words.

The text of an unexpected exception never leaves the server: it goes to the log, and the client learns that it is ours to mend.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.language import language
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, NotSignedInError, RiskError, TooOftenError
from risk.domain.messages import register, say
from risk.domain.mistakes import MistakesError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("risk.api")

STATUS: Mapping[type[RiskError], int] = {
    NotSignedInError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    InvalidInputError: 422,
    TooOftenError: 429,
}
"""Kind of refusal → status. Anything else is our defect."""

TITLES: Mapping[int, tuple[str, str]] = {
    400: ("请求有误", "Bad Request"),
    401: ("未登录", "Unauthorized"),
    403: ("不允许", "Forbidden"),
    404: ("未找到", "Not Found"),
    405: ("不支持此方法", "Method Not Allowed"),
    409: ("状态冲突", "Conflict"),
    413: ("请求体过大", "Content Too Large"),
    415: ("不支持的内容类型", "Unsupported Media Type"),
    422: ("内容无法处理", "Unprocessable Content"),
    429: ("请求过于频繁", "Too Many Requests"),
    500: ("服务器错误", "Internal Server Error"),
    503: ("暂不可用", "Service Unavailable"),
}

register(
    {
        "http_error": ("请求未被接受", "the request was not accepted"),
        "body_unreadable": ("请求体无法读取", "the body cannot be read"),
        "body_unreadable.hint": ("应为 UTF-8 编码的 JSON", "it should be JSON in UTF-8"),
        "path_not_found": ("没有这个地址：{path}", "no such address: {path}"),
        "path_not_found.hint": ("所有接口见 /docs", "all operations are listed at /docs"),
        "method_not_allowed": ("此地址不支持 {method}", "{method} is not supported here"),
        "body_too_large": ("请求体过大", "the body is too large"),
        "body_too_large.hint": ("分批提交，或用 risk intake 接入文件", "send it in parts, or take a file in with risk intake"),
        "validation_failed": ("请求中有 {count} 处不符合要求", "{count} part(s) of the request do not fit"),
        "validation_failed.hint": ("见 errors 中逐项说明", "each is explained under errors"),
        "internal_error": ("服务器出现意外错误，已记入日志", "something unexpected happened here; it is in the log"),
        "internal_error.hint": ("请把时间和地址告诉运维人员", "tell the operator the time and the address"),
        "field_missing": ("缺少此项", "this is missing"),
        "field_extra_forbidden": ("没有这一项", "there is no such field"),
        "field_json_invalid": ("不是合法的 JSON", "this is not JSON"),
        "field_other": ("取值不符合要求：{message}", "{message}"),
    }
)


def problem(
    request: Request, status: int, code: str, detail: str, *, hint: str = "", errors: Sequence[Mapping[str, str]] | None = None
) -> Response:
    """The response of a refusal."""
    lang = language(request)
    zh, en = TITLES.get(status, TITLES[400 if status < 500 else 500])
    body: dict[str, Any] = {
        "type": f"urn:risk:problem:{code}",
        "title": zh if lang == "zh" else en,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": quote(request.url.path),
    }
    if hint:
        body["hint"] = hint
    if errors is not None:
        body["errors"] = list(errors)
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers={"Content-Language": lang})


def refuse(request: Request, status: int, code: str, **facts: Any) -> Response:
    """The response of a refusal whose texts are in the catalogue."""
    lang = language(request)
    return problem(request, status, code, say(code, lang, **facts), hint=say(f"{code}.hint", lang, default="", **facts))


def install(app: FastAPI) -> None:
    """Give the application its handlers."""
    app.add_exception_handler(RiskError, _on_risk_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_unexpected)


SIGN_IN_FIRST = frozenset({"not_signed_in", "password_change_required", "second_factor_required"})


def _on_risk_error(request: Request, error: Exception) -> Response:
    found = cast("RiskError", error)
    if request.url.path == "/start" and found.code in SIGN_IN_FIRST and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/sign-in?lang={language(request)}", 303, headers={"Cache-Control": "no-store"})  # a person with a browser
    return refusal(request, found)


def refusal(request: Request, found: RiskError) -> Response:
    """The response of a refusal by a service."""
    lang = language(request)
    status = next((status for kind, status in STATUS.items() if isinstance(found, kind)), 500)
    if status == 500:
        _log.error("%s: %s", found.code, found)
    parts = found.parts(lang) if isinstance(found, MistakesError) else None
    answer = problem(request, status, found.code, found.text(lang), hint=found.hint(lang), errors=parts)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 11.6.1
    if status == 429:
        answer.headers["Retry-After"] = str(max(1, int(found.facts.get("retry_after", 1))))
    return answer


def _on_validation(request: Request, error: Exception) -> Response:
    lang = language(request)
    rows = cast("RequestValidationError", error).errors()[:50]
    errors = [{"field": ".".join(str(part) for part in row["loc"]), "type": str(row["type"]), "message": _say(row, lang)} for row in rows]
    detail = say("validation_failed", lang, count=len(errors))
    return problem(request, 422, "validation_failed", detail, hint=say("validation_failed.hint", lang), errors=errors)


def _say(row: Mapping[str, Any], lang: str) -> str:
    known = say(f"field_{row['type']}", lang, default="")
    return known or say("field_other", lang, message=str(row["msg"])[:300])


def _on_http(request: Request, error: Exception) -> Response:
    status = cast("HTTPException", error).status_code
    if status == 400:
        return refuse(request, 400, "body_unreadable")
    if status == 404:
        return refuse(request, 404, "path_not_found", path=request.url.path[:200])
    if status == 405:
        answer = refuse(request, 405, "method_not_allowed", method=request.method)
        answer.headers.update(cast("HTTPException", error).headers or {})
        return answer
    return refuse(request, status, "body_too_large" if status == 413 else "http_error")


def _on_unexpected(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(request, 500, "internal_error")
