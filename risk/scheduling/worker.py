"""The worker: APScheduler as a clock over our own table of jobs. Any number of workers may run; each slot runs once.

APScheduler keeps its jobs in memory only, rebuilt from the table every half minute; it decides *when*, the database decides *who* (see ``firing``).
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from risk.domain.calendar import SHANGHAI
from risk.scheduling import firing, jobs
from risk.scheduling.cron import last_due, trigger_of
from risk.scheduling.jobs import Job, JobRunRow
from risk.scheduling.use_cases import Tools
from risk.services import lease
from risk.storage.engine import reading, transaction

if TYPE_CHECKING:
    from risk.services.push import Pusher

GRACE = timedelta(hours=1)
"""How late a slot may still run: APScheduler's own default of one second drops runs on a busy machine without a word."""

FOLLOW = timedelta(seconds=30)
"""How soon a worker follows changes of the table."""

TAKE_UP = timedelta(seconds=2)
"""How often a worker looks for what dead processes left: with a lease's life (``risk.services.lease``) this bounds the fail-over to ten seconds."""

_PREFIX = "job:"
_log = logging.getLogger("risk.scheduling")


class Worker:
    """Runs the jobs of the table in threads of this process, between ``start`` and ``stop``."""

    def __init__(self, tools: Tools, name: str | None = None) -> None:
        self.tools = tools
        self.name = name or lease.process_name()
        self._planned: dict[str, Job] = {}
        self._stopped = threading.Event()
        self._scheduler = _new_scheduler()
        self._pusher: Pusher | None = None

    def start(self) -> None:
        """Seed the table if it is new, plan its jobs, begin. ``InvalidInputError`` for a list of push targets that cannot be read."""
        from risk.services.push import Pusher

        self._pusher = Pusher.of(self.tools.engine, self.tools.settings, worker=self.name, clock=self.tools.clock)
        with transaction(self.tools.engine) as conn:
            jobs.seed(conn)
        self.follow()
        self._scheduler.add_job(self.follow, "interval", seconds=FOLLOW.total_seconds(), id="follow")
        self._scheduler.add_job(self.take_up, "interval", seconds=TAKE_UP.total_seconds(), id="take_up")
        self._scheduler.start()
        self._pusher.start()
        _log.info("worker %s: %s", self.name, ", ".join(self._planned) or "-")

    def stop(self) -> None:
        """Plan nothing more and wait for what is running. A second process may go on meanwhile; nothing is lost by a kill either."""
        self._stopped.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        if self._pusher is not None:
            self._pusher.close()

    def ask_to_stop(self) -> None:
        """End :meth:`wait`; safe in a signal handler."""
        self._stopped.set()

    def wait(self) -> None:
        """Block until :meth:`ask_to_stop`."""
        while not self._stopped.wait(1.0):
            pass

    def follow(self) -> None:
        """Make the plan equal to the table: new and changed jobs are planned anew, disabled ones are taken out."""
        with reading(self.tools.engine) as conn:
            wanted = {job.name: job for job in jobs.load(conn) if job.enabled}
        for name in self._planned.keys() - wanted.keys():
            self._scheduler.remove_job(_PREFIX + name)
        for name, job in wanted.items():
            if self._planned.get(name) != job:
                self._scheduler.add_job(
                    self.fire_due, trigger_of(job.cron), args=[job], id=_PREFIX + name, name=name, replace_existing=True
                )
        self._planned = wanted

    def fire_due(self, job: Job) -> JobRunRow | None:
        """Run the newest slot of a job, unless another process has it."""
        slot = last_due(job.cron, self.tools.clock(), GRACE)
        return firing.fire(self.tools, job, slot, self.name) if slot is not None else None

    def take_up(self) -> None:
        """Finish what dead processes left behind."""
        firing.take_up_lost(self.tools, self.name)


def _new_scheduler() -> Any:
    from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.memory import MemoryJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler.scheduler").setLevel(
        logging.ERROR
    )  # it warns each time that what runs long is not started again beside itself
    scheduler = BackgroundScheduler(
        timezone=SHANGHAI,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": int(GRACE.total_seconds())},
    )
    scheduler.add_listener(_missed, EVENT_JOB_MISSED)
    scheduler.add_listener(_broken, EVENT_JOB_ERROR)
    return scheduler


def _missed(event: Any) -> None:
    _log.warning("missed: %s was due at %s", event.job_id, event.scheduled_run_time.isoformat())


def _broken(event: Any) -> None:
    _log.error("%s broke: %s", event.job_id, event.exception)
