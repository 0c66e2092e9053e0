"""The log of a process: one line an event, as text or as JSON, with the trace id it belongs to. Everything goes through the standard library's loggers.

JSON lines have ``timestamp`` (UTC), ``level``, ``logger``, ``event``, ``trace_id`` and what else was said; they go to standard output, where containers and
systemd take them up. Nothing of a request's body or query is ever logged.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

from risk.domain.tracing import current_trace


def configure(form: str, level: str) -> None:
    """Set up this process: ``form`` is ``text`` or ``json``, ``level`` a level's name."""
    import logging.config

    logging.config.dictConfig(as_config(form, level))


def as_config(form: str, level: str) -> dict[str, Any]:
    """The same as a configuration of :mod:`logging.config`, which servers hand on to their processes."""
    quiet = {name: {"level": "WARNING"} for name in ("apscheduler", "alembic", "httpx2")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"risk": {"()": "risk.services.logs.formatter", "form": form}},
        "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "risk"}},
        "root": {"handlers": ["out"], "level": level.upper()},
        "loggers": quiet,
    }


def formatter(form: str) -> logging.Formatter:
    """The formatter of a form."""
    import structlog

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _with_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if form == "json":
        # never the values of local variables: they may be personal data or secrets
        told = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
        last: list[Any] = [told, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=plain)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )


def _with_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("color_message", None)  # the server's own, for terminals
    trace = current_trace()
    if trace:
        event.setdefault("trace_id", trace)
    return event
