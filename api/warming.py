"""What the first visitor of a fresh process would else wait for: operations put together, modules read, rules and models loaded, files packed.

Done in a thread of its own once the server answers, in the order in which people come across it; a request that needs one of these things earlier does it itself, as
before. Nothing is written, and what fails is only noted: the request that meets it again tells it to somebody.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence

from fastapi import FastAPI

from api import workbench
from api.deps import Services
from api.operations import Operation
from risk.services import model_desk, overview_kept, preview, rule_views, task_counts
from risk.services.overview_asked import Asked
from risk.services.rule_views import RuleFilter

_log = logging.getLogger("risk.warming")


TOGETHER = 40
"""Operations that are put together in one step: a tenth of a second or two."""

QUIET_SECONDS, LONGEST_SECONDS = 0.3, 10.0
"""A step but the first, which whoever comes needs, begins once nobody has waited for so long; it is put off for so long at most."""


class Warming:
    """Takes one step after the other until all are done or somebody says stop; after a pause of some seconds, in which the server begins to answer, and while
    nobody waits for an answer (``idle``: for how many seconds): a thread that computes takes its share from those that answer."""

    def __init__(
        self, steps: Sequence[Callable[[], object]], pause: float = 0.0, idle: Callable[[], float] = lambda: QUIET_SECONDS
    ) -> None:
        self._steps = steps
        self._pause, self._idle = pause, idle
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Begin no further step; wait so long for the one that runs."""
        self._enough.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def wait(self) -> None:
        """Until all is done."""
        self._thread.join()

    def _run(self) -> None:
        self._enough.wait(self._pause)
        for number, step in enumerate(self._steps):
            due = time.monotonic() + LONGEST_SECONDS
            while number and self._idle() < QUIET_SECONDS and time.monotonic() < due and not self._enough.wait(QUIET_SECONDS / 3):
                pass
            if self._enough.is_set():
                return
            try:
                step()
            except Exception as error:  # whoever asks for the same thing is told what is wrong with it
                _log.info("not warmed", extra={"step": getattr(step, "__name__", "?"), "error": str(error)[:200]})


def steps_of(app: FastAPI, svc: Services) -> tuple[Callable[[], object], ...]:
    """What the pages that people begin with need, the most asked for first."""

    def making(some: Sequence[Operation]) -> Callable[[], object]:
        def operations() -> None:
            for one in some:
                one.make()

        return operations

    def tasks() -> object:
        return svc.desk.read(task_counts.count, svc.desk.clock())

    def situation() -> object:
        return svc.desk.read(overview_kept.overview, Asked(svc.desk.clock()))

    def rules() -> object:
        return svc.desk.read(rule_views.list_rules, RuleFilter(kind="rule"), limit=1, cursor=None)

    def registry() -> object:
        return model_desk.list_models(svc.settings)

    def judging() -> None:
        """One text, as an online call asks: what it imports and builds is there for the next one."""
        preview.preview(svc.scorer(), "三个疗程根治糖尿病", on=svc.desk.clock().date())
        stays()

    def stays() -> None:
        """What is there now stays for as long as the process: the collector of garbage leaves it alone, and no call waits while it is gone through."""
        gc.collect()
        gc.freeze()

    declared = [route for route in app.router.routes if isinstance(route, Operation)]
    parts = [declared[at : at + TOGETHER] for at in range(0, len(declared), TOGETHER)]
    return (workbench.pack, tasks, situation, rules, judging, registry, *map(making, parts), stays)
