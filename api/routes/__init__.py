"""One noun a file. ``ROUTERS`` is the one list of them."""

from __future__ import annotations

from api.routes import (
    accounts,
    alerts,
    assessments,
    auth,
    grades,
    jobs,
    keys,
    loop,
    model_health,
    model_versions,
    quarantine,
    reports,
    rule_editor,
    rule_evidence,
    rule_versions,
    runs,
    signals,
    tasks,
    trainings,
    verdicts,
    what_if,
)

ROUTERS = (
    loop.router,
    signals.router,
    quarantine.router,
    assessments.router,
    what_if.router,
    alerts.router,
    tasks.router,
    verdicts.router,
    runs.router,
    model_versions.router,
    model_health.router,
    grades.router,
    trainings.router,
    rule_editor.router,
    rule_versions.router,
    rule_evidence.router,
    reports.router,
    jobs.router,
    auth.router,
    accounts.router,
    keys.router,
)
"""In the order of the description; all under ``/api/v1``."""
