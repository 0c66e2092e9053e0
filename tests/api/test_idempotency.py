"""The same request with the same key happens once, whatever became of its answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, update
from starlette.testclient import TestClient

from risk.domain.errors import ConflictError, InvalidInputError
from risk.services import idempotency
from risk.services.desk import Desk
from risk.services.idempotency import Answer, Attempt
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import NOW

WHO = {"X-Actor": "zhang"}


def _events(settings: Any) -> int:
    from risk.storage.engine import open_engine

    engine = open_engine(settings.database_url)
    with reading(engine) as conn:
        count = int(conn.scalar(select(func.count()).select_from(t.task_events).where(t.task_events.c.event == "sign")) or 0)
    engine.dispose()
    return count


def test_signing_twice_with_one_key_signs_once_and_answers_the_same(client: TestClient, world: datetime, settings: Any) -> None:
    task = client.get("/api/v1/tasks").json()["items"][0]["id"]
    first, again = (client.post(f"/api/v1/tasks/{task}/sign", headers={**WHO, "Idempotency-Key": "k-1"}, json={}) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (first.headers.get("Idempotency-Replayed"), again.headers.get("Idempotency-Replayed")) == (None, "true")
    assert _events(settings) == 1
    # without the key it is a second act, which the task's state refuses
    assert client.post(f"/api/v1/tasks/{task}/sign", headers=WHO, json={}).status_code == 409


def test_a_key_is_good_for_one_request_and_one_person(client: TestClient, world: datetime) -> None:
    one, two = [row["id"] for row in client.get("/api/v1/tasks").json()["items"]][:2]
    headers = {**WHO, "Idempotency-Key": "k-2"}
    assert client.post(f"/api/v1/tasks/{one}/sign", headers=headers, json={}).status_code == 200
    other = client.post(f"/api/v1/tasks/{two}/sign", headers=headers, json={})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert client.post(f"/api/v1/tasks/{two}/sign", headers={**headers, "X-Actor": "li"}, json={}).status_code == 200


def test_what_was_refused_may_be_tried_again(client: TestClient, world: datetime) -> None:
    task = client.get("/api/v1/tasks").json()["items"][0]["id"]
    headers = {**WHO, "Idempotency-Key": "k-3"}
    assert client.post(f"/api/v1/tasks/{task}/accept", headers=headers, json={}).status_code == 409
    assert client.post(f"/api/v1/tasks/{task}/accept", headers=headers, json={}).status_code == 409
    assert client.post("/api/v1/tasks/999/sign", headers={**WHO, "Idempotency-Key": "x" * 300}, json={}).status_code == 422


def test_an_act_whose_answer_was_lost_is_not_done_again(engine: Engine) -> None:
    desk = Desk(engine, lambda: NOW)
    number = desk.act(idempotency.begin, "a", "key", "f", NOW)
    assert isinstance(number, Attempt)
    with pytest.raises(ConflictError, match="being worked on"):
        desk.act(idempotency.begin, "a", "key", "f", NOW)
    token = idempotency.current.set(number)
    desk.act(_act)
    idempotency.current.reset(token)
    with pytest.raises(ConflictError, match="carried out once"):
        desk.act(idempotency.begin, "a", "key", "f", NOW + timedelta(hours=1))
    desk.act(idempotency.end, number, None)  # a failed answer does not undo the act
    with pytest.raises(ConflictError, match="carried out once"):
        desk.act(idempotency.begin, "a", "key", "f", NOW + timedelta(hours=1))


def test_an_act_that_failed_leaves_no_mark(engine: Engine) -> None:
    desk = Desk(engine, lambda: NOW)
    number = desk.act(idempotency.begin, "a", "key", "f", NOW)
    assert isinstance(number, Attempt)
    token = idempotency.current.set(number)
    with pytest.raises(RuntimeError):
        desk.act(_fails)
    idempotency.current.reset(token)
    # its process may have died: after a while another takes the request up
    assert desk.act(idempotency.begin, "a", "key", "f", NOW + idempotency.WORKING) == Attempt(number.request, 2)


def test_of_two_attempts_that_are_both_alive_only_one_acts(engine: Engine) -> None:
    desk = Desk(engine, lambda: NOW)
    first = desk.act(idempotency.begin, "a", "key", "f", NOW)
    second = desk.act(idempotency.begin, "a", "key", "f", NOW + idempotency.WORKING)
    assert isinstance(first, Attempt)
    assert isinstance(second, Attempt)
    token = idempotency.current.set(second)
    desk.act(_act)
    desk.act(_act)  # a request may act in several transactions
    idempotency.current.set(first)
    with pytest.raises(ConflictError, match="carried out once"):
        desk.act(_act)
    idempotency.current.reset(token)


def test_keys_are_forgotten_after_a_day_and_long_answers_are_not_kept(engine: Engine) -> None:
    with transaction(engine) as conn:
        number = idempotency.begin(conn, "a", "key", "f", NOW)
        assert isinstance(number, Attempt)
        idempotency.end(conn, number, Answer(200, {}, "x" * (idempotency.LONGEST_ANSWER + 1)))
        with pytest.raises(ConflictError, match="carried out once"):
            idempotency.begin(conn, "a", "key", "f", NOW)
        with pytest.raises(InvalidInputError, match="another request"):
            idempotency.begin(conn, "a", "key", "other", NOW)
        assert isinstance(idempotency.begin(conn, "a", "key", "other", NOW + idempotency.KEEP + timedelta(seconds=1)), Attempt)


def _act(conn: Connection) -> None:
    conn.execute(update(t.jobs).values(enabled=True))


def _fails(conn: Connection) -> None:
    raise RuntimeError
