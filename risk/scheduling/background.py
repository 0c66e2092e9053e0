"""One use case at a time beside the requests of a server: started by a person, recorded like a job's run, looked at while it goes."""

from __future__ import annotations

import contextvars
import threading

from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.scheduling import firing
from risk.scheduling.jobs import Job, JobRunRow
from risk.scheduling.use_cases import Tools
from risk.services import lease
from risk.storage.engine import reading

register(
    {
        "use_case_busy": ("正在运行：{use_case}（{holder}）", "already running: {use_case} ({holder})"),
        "use_case_busy.hint": ("等它结束后再试", "try again when it has ended"),
    }
)


class Background:
    """Starts use cases in a thread. A kill loses nothing: runs are resumable, and a worker takes up what is left."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.name = lease.process_name()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, job: Job) -> JobRunRow:
        """Begin and return at once. ``ConflictError`` (``use_case_busy``) while the same use case runs, here or in another process."""
        with self._lock:
            now = self.tools.clock()
            with reading(self.tools.engine) as conn:
                holder = lease.holder(conn, firing.lease_name(job.use_case), now)
            if holder is not None or (self._thread is not None and self._thread.is_alive()):
                raise ConflictError("use_case_busy", use_case=job.use_case, holder=holder or self.name)
            run_id = firing.claim(self.tools, job, now, self.name)
            if run_id is None:
                raise ConflictError("use_case_busy", use_case=job.use_case, holder="?")
            arguments = (self.tools, run_id, job.use_case, job.arguments, self.name)
            held = contextvars.copy_context()  # the trace of the request goes on in what it started
            self._thread = threading.Thread(target=held.run, args=(firing.carry_out, *arguments), name=f"run {run_id}", daemon=True)
            self._thread.start()
        with reading(self.tools.engine) as conn:
            return firing.get_run(conn, run_id)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for what is running; false where it goes on."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()
