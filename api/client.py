"""A small typed client: what the API answers, as the same dataclasses that it answers with.

    from api.client import Client

    with Client("https://risk.example.org", key=os.environ["RISK_KEY"]) as risk:
        for task in risk.tasks(state="issued", overdue=True):
            print(task.id, task.grade, task.office)

Every write carries an ``Idempotency-Key`` of its own, so that it may be repeated: connections that break, 429 and 503 are tried again with growing pauses, and
the act happens once. Lists are read page by page as they are walked through. For what has no method of its own there are :meth:`Client.get`,
:meth:`Client.send` and :meth:`Client.pages`; ``/docs`` describes all operations.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from urllib.parse import quote

from pydantic import TypeAdapter

from risk.services.alert_page import AlertPage
from risk.services.posting import PostSummary
from risk.services.preview import Preview
from risk.services.task_views import TaskRow, TaskView
from risk.services.views_alerts import AlertRow
from risk.services.views_runs import RunView
from risk.services.views_signals import SignalView

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
PAGE = 200
AGAIN = frozenset({429, 502, 503, 504})


class ApiError(Exception):
    """A refusal (RFC 9457): ``status``, the stable ``code``, what is wrong, and what to do about it."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))
        self.hint = str(problem.get("hint", ""))
        self.errors = tuple(problem.get("errors", ()))
        super().__init__(f"{status} {self.code}: {self.detail}")


class Client:
    """One caller of one service, by API key (``key``) or, on the machine itself while no account exists, by name (``actor``).

    ``attempts``: how often a request is tried; ``http``: an own ``httpx2.Client`` (proxies, certificates), else one is made for ``base``.
    """

    def __init__(
        self,
        base: str = "http://127.0.0.1:8000",
        *,
        key: str | None = None,
        actor: str | None = None,
        lang: str = "zh",
        timeout: float = 30.0,
        attempts: int = 5,
        http: httpx2.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx2

        self._http = http or httpx2.Client(base_url=base, timeout=timeout)
        self._errors = httpx2.TransportError
        self._headers = {"Accept-Language": lang}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        if actor:
            self._headers["X-Actor"] = quote(actor)
        self._attempts, self._sleep = attempts, sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    # --- anything --------------------------------------------------------------------------------------------------------

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of ``GET /api/v1/<path>``; parameters that are ``None`` are left out. ``ApiError`` for a refusal."""
        return self._ask("GET", path, params=_plain(params)).json()

    def send(self, path: str, body: Any = None, *, method: str = "POST", key: str | None = None, version: int | None = None) -> Any:
        """The JSON of a write. ``key``: an Idempotency-Key of your own (to go on after a restart of yours); ``version``: the version you saw (If-Match)."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        answer = self._ask(method, path, json={} if body is None else body, headers=headers)
        return answer.json() if answer.content else None

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **{"limit": PAGE, **params}, cursor=cursor)
            yield from page["items"]
            cursor = page["cursor"]
            if cursor is None:
                return

    # --- what is asked for most --------------------------------------------------------------------------------------------

    def signals(self, rows: Sequence[Mapping[str, Any]], *, source: str, key: str | None = None) -> PostSummary:
        """Hand signals in, up to 1,000 at once; what became of each row."""
        return _as(PostSummary, self.send("signals", {"source": source, "signals": [dict(row) for row in rows]}, key=key))

    def signal(self, number: int) -> SignalView:
        """One signal."""
        return _as(SignalView, self.get(f"signals/{number}"))

    def judge(self, text: str, *, models: Sequence[str] | None = None, **facts: Any) -> tuple[Preview, ...]:
        """What each model says of a text, the gravest first; nothing is stored."""
        return _as(tuple[Preview, ...], self.send("assessments/preview", {"text": text, "models": models and list(models), **facts}))

    def alerts(self, *, updated_since: datetime | None = None, **filters: Any) -> Iterator[AlertRow]:
        """Alerts, such as ``alerts(model="illegal_fundraising", grade="red", region="420500")``."""
        return (_as(AlertRow, row) for row in self.pages("alerts", updated_since=updated_since, **filters))

    def alert(self, number: int) -> AlertPage:
        """One alert with evidence, law, versions and history."""
        return _as(AlertPage, self.get(f"alerts/{number}"))

    def tasks(self, **filters: Any) -> Iterator[TaskRow]:
        """Tasks, such as ``tasks(state="issued", overdue=True)``."""
        return (_as(TaskRow, row) for row in self.pages("tasks", **filters))

    def task(self, number: int) -> TaskView:
        """One task with evidence, deadlines and history."""
        return _as(TaskView, self.get(f"tasks/{number}"))

    def sign(self, number: int, *, version: int | None = None) -> TaskView:
        """Take a task over."""
        return _as(TaskView, self.send(f"tasks/{number}/sign", version=version))

    def report(
        self,
        number: int,
        *,
        code: str,
        facts: str,
        officers: Sequence[str],
        sub_reason: str | None = None,
        version: int | None = None,
        **more: Any,
    ) -> TaskView:
        """Report what verification found: a code of ``verdicts/taxonomy``, the facts, two officers."""
        body = {"code": code, "facts": facts, "officers": list(officers), "sub_reason": sub_reason, **more}
        return _as(TaskView, self.send(f"tasks/{number}/report", {k: v for k, v in body.items() if v is not None}, version=version))

    def accept(self, number: int, *, close: bool = False, version: int | None = None) -> TaskView:
        """Accept a report; with ``close`` the task ends too."""
        return _as(TaskView, self.send(f"tasks/{number}/accept", {"close": close}, version=version))

    def return_(self, number: int, *, reason: str, version: int | None = None) -> TaskView:
        """Send a report back for more work."""
        return _as(TaskView, self.send(f"tasks/{number}/return", {"reason": reason}, version=version))

    def run(self, number: int) -> RunView:
        """One run with its balance."""
        return _as(RunView, self.get(f"runs/{number}"))

    # --- inside ------------------------------------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, **given: Any) -> Any:
        headers = {**self._headers, **given.pop("headers", {})}
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                answer = self._http.request(method, f"/api/v1/{path.lstrip('/')}", headers=headers, **given)
            except self._errors:
                if last:
                    raise
                self._sleep(_pause(attempt, None))
                continue
            if answer.is_success:
                return answer
            problem = _problem(answer)
            if last or not (answer.status_code in AGAIN or problem.get("code") == "idempotency_running"):
                raise ApiError(answer.status_code, problem)
            self._sleep(_pause(attempt, answer.headers.get("Retry-After")))
        raise AssertionError("unreachable")


def _pause(attempt: int, asked: str | None) -> float:
    """Seconds before the next attempt: what the service asks for, at most a minute, else twice as long each time."""
    if asked and asked.isdigit():
        return min(float(asked), 60.0)
    return float(min(0.2 * 2 ** (attempt - 1), 10.0))


def _problem(answer: Any) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in params.items()}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in said.items() if value is not None}


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", kind))


def _as(kind: type[T], value: Any) -> T:
    """The JSON as the dataclass it was made from."""
    found: T = _adapter(cast("Hashable", kind)).validate_python(value)
    return found
