"""The typed client over a served application: what it reads is what the services know, what it writes happens once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.client import ApiError, Client
from tests.risk.disposal_world import NOW


@pytest.fixture
def calls() -> list[float]:
    """The pauses that a client made."""
    return []


@pytest.fixture
def caller(client: TestClient, world: datetime, calls: list[float]) -> Iterator[Client]:
    """Someone at this machine, over the served world of two alerts."""
    with Client(actor="张三", http=client, sleep=calls.append) as made:
        yield made


def test_a_task_from_its_list_to_its_verdict(caller: Client) -> None:
    rows = list(caller.tasks(limit=1))
    assert [row.grade for row in rows] == ["orange", "blue"]
    task = caller.task(rows[0].id)
    assert task.task.issued_at == NOW
    caller.sign(task.task.id, version=task.task.version)
    with pytest.raises(ApiError, match="409 task_changed"):
        caller.sign(task.task.id, version=task.task.version)
    caller.report(task.task.id, code="30", sub_reason="context_misread", facts="科普文章", officers=["张三", "李四"])
    caller.return_(task.task.id, reason="请补充")
    caller.report(task.task.id, code="10", facts="立案", officers=["张三", "李四"])
    done = caller.accept(task.task.id, close=True)
    assert done.task.state == "closed"
    assert [one["code"] for one in done.verdicts] == ["30", "10"]


def test_alerts_signals_and_runs(caller: Client) -> None:
    alerts = list(caller.alerts())
    assert {row.grade for row in alerts} == {"orange", "blue"}
    assert caller.alert(alerts[0].id).alert.id == alerts[0].id
    assert caller.run(1).run.balance["new"] == 2
    posted = caller.signals([{"text": "今天天气很好"}, {"text": ""}], source="试验")
    assert (posted.accepted, posted.quarantined) == (1, 1)
    number = posted.rows[0].signal_id
    assert number is not None
    assert caller.signal(number).text == "今天天气很好"


def test_a_refusal_says_why_and_what_to_do(caller: Client) -> None:
    with pytest.raises(ApiError) as refused:
        caller.task(999)
    assert (refused.value.status, refused.value.code) == (404, "task_not_found")
    assert "999" in refused.value.detail


def test_what_breaks_is_tried_again_and_happens_once(client: TestClient, world: datetime, calls: list[float]) -> None:
    broken = _Breaking(client, [503, "after", 429])
    with Client(actor="张三", http=broken, sleep=calls.append) as caller:  # type: ignore[arg-type]
        task = next(caller.tasks())
        signed = caller.sign(task.id)
    assert signed.task.state == "signed"
    assert [event["event"] for event in signed.events].count("sign") == 1
    assert calls == [0.2, 0.4, 7.0]


def test_it_gives_up_in_the_end(client: TestClient, world: datetime, calls: list[float]) -> None:
    broken = _Breaking(client, [503] * 9)
    with Client(actor="张三", http=broken, sleep=calls.append, attempts=3) as caller, pytest.raises(ApiError, match="503"):  # type: ignore[arg-type]
        caller.task(1)
    assert len(calls) == 2


class _Breaking:
    """A line on which answers fail: a status instead of an answer, or (``after``) the request is done and its answer lost."""

    def __init__(self, client: TestClient, troubles: list[Any]) -> None:
        self._client, self._troubles = client, troubles

    def request(self, method: str, path: str, **given: Any) -> Any:
        trouble = self._troubles.pop(0) if self._troubles else None
        if trouble == "after":
            self._client.request(method, path, **given)
            raise httpx2.ReadError("the line broke")
        if trouble is not None:
            return httpx2.Response(trouble, headers={"Retry-After": "7"} if trouble == 429 else {}, json={"code": "trouble"})
        return self._client.request(method, path, **given)

    def close(self) -> None:
        self._client.close()
