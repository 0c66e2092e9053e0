"""One noun a file. ``ROUTERS`` is the one list of them."""

from __future__ import annotations

from api.routes import (
    alerts,
    assessments,
    jobs,
    loop,
    model_versions,
    quarantine,
    reports,
    rule_editor,
    rule_evidence,
    rule_versions,
    runs,
    signals,
    tasks,
    verdicts,
)

ROUTERS = (
    loop.router,
    signals.router,
    quarantine.router,
    assessments.router,
    alerts.router,
    tasks.router,
    verdicts.router,
    runs.router,
    model_versions.router,
    rule_editor.router,
    rule_versions.router,
    rule_evidence.router,
    reports.router,
    jobs.router,
)
"""In the order of the description; all under ``/api/v1``."""
