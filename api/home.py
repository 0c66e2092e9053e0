"""The start page and the list of operations: rendered here, self-contained, nothing from any other host."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.requests import Request

from api import workbench
from api.authority import Caller, needs, public
from api.chain import chain
from api.deps import Lang, Svc
from api.operations import Router
from api.routes.loop import LoopState, state_of
from api.words import side, word
from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.domain.tasks import State
from risk.domain.verdicts import taxonomy

router = Router(include_in_schema=False)

OUTCOMES = ("new", "merged", "suppressed", "below_grade", "over_capacity", "failed")


@router.get("/", dependencies=[public])
def first_page(lang: Lang) -> RedirectResponse:
    """To the workbench; to the plain start page where none was built."""
    return RedirectResponse(
        f"{workbench.PREFIX}/" if workbench.built() else f"/start?lang={lang}", 303, headers={"Cache-Control": "no-store"}
    )


@router.get("/start", dependencies=[needs("home.read")])
def start_page(svc: Svc, lang: Lang, who: Caller) -> HTMLResponse:
    """The chain with live counts, what is urgent, what judges, what runs next."""
    return _page("home.html.j2", lang, **_facts(state_of(svc, who.scope), lang))


@router.get("/sign-in", dependencies=[public])
def sign_in_page(svc: Svc, lang: Lang) -> HTMLResponse:
    """Signing in, and what must be done first: a one-time password changed, a second factor enrolled."""
    return _page("sign_in.html.j2", lang, sso=bool(svc.settings.oidc_issuer))


@router.get("/docs", dependencies=[public])
def docs(request: Request, lang: Lang) -> HTMLResponse:
    """Every operation, from the description itself."""
    return _page("docs.html.j2", lang, groups=operations(request.app.openapi(), lang))


def _page(name: str, lang: str, **facts: Any) -> HTMLResponse:
    nonce = secrets.token_urlsafe(12)
    html = (
        _templates()
        .get_template(name)
        .render(lang=lang, nonce=nonce, w=lambda key, **given: word(key, lang, **given), when=when, side=side, **facts)
    )
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
        f"script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Content-Language": lang, "Cache-Control": "no-store"})


@cache
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _facts(state: LoopState, lang: str) -> dict[str, Any]:
    loop = state.loop
    kinds = taxonomy()
    runs = {run.model: run for run in loop.last_runs}
    used = {one.key: one.model for one in loop.in_use}
    results = sorted(loop.verdict_codes.items(), key=lambda pair: -pair[1])
    return {
        "at": loop.at,
        "empty": loop.counts.signals == 0,
        "chain": chain(loop, lang),
        "waiting": loop.waiting,
        "grades": [(g.code, g.title(lang), loop.open_alerts.get(g.code, 0)) for g in sorted(Grade, reverse=True) if g],
        "alerts": loop.newest_alerts,
        "grade_title": lambda code: Grade.parse(code).title(lang),
        "tasks": loop.next_tasks,
        "task_state": lambda code: State(code).word(lang),
        "models": [(row, runs.get(row.key), used.get(row.key)) for row in state.champions],
        "outcomes": OUTCOMES,
        "jobs": state.jobs,
        "results": [(kinds[code].title(lang) if code in kinds else code, code, count) for code, count in results],
        "most_results": max((count for _, count in results), default=1),
        "reports": loop.newest_reports,
    }


def when(moment: datetime | None) -> str:
    """A moment as people in Hubei read it.

    >>> from datetime import UTC
    >>> when(datetime(2026, 10, 12, 2, 5, tzinfo=UTC)), when(None)
    ('10-12 10:05', '—')
    """
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}" if moment else "—"


def operations(schema: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    """The operations of a description by tag, with what a reader needs of each."""
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in schema.get("tags", ())}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": side(operation.get("summary", ""), lang),
                    "description": operation.get("description", ""),
                    "parameters": [
                        (p["name"], p["in"], p.get("required", False), side(p.get("description", ""), lang), _kind(p.get("schema", {})))
                        for p in operation.get("parameters", ())
                    ],
                    "example": _example(operation.get("requestBody"), schema),
                    "answers": [(code, side(answer.get("description", ""), lang)) for code, answer in operation["responses"].items()],
                }
            )
    titles = {tag["name"]: side(tag["description"], lang) for tag in schema.get("tags", ())}
    return [{"name": name, "title": titles[name], "operations": rows} for name, rows in groups.items() if rows]


def _kind(schema: Mapping[str, Any]) -> str:
    options = [one for one in schema.get("anyOf", (schema,)) if one.get("type") != "null"]
    first = options[0] if options else {}
    return " | ".join(str(v) for v in first["enum"]) if "enum" in first else str(first.get("format") or first.get("type") or "")


def _example(body: Mapping[str, Any] | None, schema: Mapping[str, Any]) -> str:
    if not body:
        return ""
    content = body["content"].get("application/json", {}).get("schema", {})
    return json.dumps(_sample(content, schema["components"]["schemas"]), ensure_ascii=False, indent=2)


def _sample(part: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that fits a part of the description: its own example where it gives one.

    >>> _sample({"type": "object", "required": ["on", "what"], "properties": {"on": {"type": "string", "format": "date"}, "what": {"enum": ["a", "b"]}}}, {})
    {'on': '2026-10-12', 'what': 'a'}
    >>> _sample({"type": "array", "items": {"type": "integer", "minimum": 1}}, {}), _sample({"type": "string"}, {})
    ([1], '…')
    """
    if "$ref" in part:
        return _sample(schemas[part["$ref"].rpartition("/")[2]], schemas)
    if part.get("examples"):
        return part["examples"][0]
    if "properties" in part:
        required = part.get("required", ())
        shown = {n: p for n, p in part["properties"].items() if n in required or p.get("examples")}
        return {name: _sample(inner, schemas) for name, inner in shown.items()}
    if "default" in part:
        return part["default"]
    for key in ("anyOf", "oneOf", "allOf"):
        if part.get(key):
            return _sample(next((one for one in part[key] if one.get("type") != "null"), part[key][0]), schemas)
    return _plain(part, schemas)


_FORMATS = {"date": "2026-10-12", "date-time": "2026-10-12T10:00:00+08:00"}


def _plain(part: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value of a plain type."""
    if "const" in part or part.get("enum"):
        return part.get("const", (part.get("enum") or [None])[0])
    match part.get("type"):
        case "array":
            return [_sample(part["items"], schemas)] if "items" in part else []
        case "integer" | "number":
            return part.get("minimum", 1)
        case "boolean":
            return False
        case "string":
            return _FORMATS.get(part.get("format", ""), "…")
        case _:
            return None
