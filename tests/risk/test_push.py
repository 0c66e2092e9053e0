"""From an event to a receiver: once for each target, again after failures, never two ids for one event, nobody held up by another."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, func, select

from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.push import Answer
from risk.services import push_queue, push_replay, push_spread, push_targets
from risk.services.push import Pusher
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.push_world import NOW, WUHAN, YICHANG, PlainBox, pushing, receiving, task


def test_an_event_reaches_every_target_that_wants_it_once(engine: Engine) -> None:
    with receiving() as one, receiving() as two:
        world = pushing(engine, one, two)
        world.add("all", one.url)
        world.add("alerts", two.url, events=("alert.*",))
        keys = world.emit(task(1), ("alert.raised", "alert:1", {"grade": "blue"}, YICHANG))
        assert world.drain() == 3
        assert world.drain() == 0
    assert one.ids == keys
    assert two.ids == keys[1:]
    assert [row["state"] for row in world.deliveries()] == ["sent"] * 3
    told = one.got[0].json
    assert told["data"] == {**task(1)[2], "office": YICHANG}
    assert (told["id"], told["type"], told["subject"]) == (keys[0], "task.issued", "task:1")
    with reading(engine) as conn:
        assert told.get("traceid") == conn.scalar(select(t.outbox.c.trace_id).where(t.outbox.c.key == keys[0]))


def test_a_target_of_a_division_hears_of_its_offices_only(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, one)
        with transaction(engine) as conn:
            for code, region in ((YICHANG, "420500"), ("420502-finance_lead", "420502"), (WUHAN, "420100")):
                if conn.scalar(select(t.offices.c.id).where(t.offices.c.code == code)) is None:
                    row = {"code": code, "name_zh": code, "name_en": code, "region": region, "level": "city", "weekly_capacity": 9}
                    conn.execute(t.offices.insert().values(**row, department=code[7:]))
        world.add("yichang", one.url, division="420500", department="market_supervision")
        world.emit(task(1, office=WUHAN), task(2, office=YICHANG), task(3, office=None), task(4, office="420502-finance_lead"))
        world.drain()
    assert [got.json["subject"] for got in one.got] == ["task:2"]


def test_a_failure_is_tried_again_later_under_the_same_id(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (503 if number < 3 else 200, {}, b"")
        world = pushing(engine, one)
        world.add("a", one.url)
        (key,) = world.emit(task(1))
        world.drain()
        row = world.deliveries()[0]
        assert (row["state"], row["status"], row["error"], row["attempts"]) == ("failed", 503, "push_answer_refused", 1)
        assert NOW < row["next_at"] <= NOW + timedelta(seconds=10)
        assert world.drain() == 0  # not before its time
        for _ in range(2):
            world.clock.on(hours=1)
            world.drain()
    assert one.ids == [key] * 3
    assert (world.deliveries()[0]["state"], world.deliveries()[0]["attempts"]) == ("sent", 3)


@pytest.mark.parametrize(("status", "error"), [(400, "push_answer_refused"), (404, "push_answer_refused"), (301, "push_redirected")])
def test_what_no_second_try_heals_is_dead_at_once(engine: Engine, status: int, error: str) -> None:
    with receiving() as one, receiving() as elsewhere:
        one.answer = lambda number: (status, {"Location": elsewhere.url}, b"")
        world = pushing(engine, one, elsewhere)
        world.add("a", one.url)
        world.emit(task(1))
        world.drain()
        world.clock.on(days=1)
        world.drain()
    assert len(one.got) == 1
    assert elsewhere.connections == 0
    assert [(row["state"], row["error"], row["status"]) for row in world.deliveries()] == [("dead", error, status)]


def test_a_target_that_is_gone_is_switched_off(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (410, {}, b"")
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1), task(2))
        world.drain()
        world.emit(task(3))
        world.clock.on(days=1)
        world.drain()
    assert len(one.got) == 1
    assert (world.target("a").state, world.target("a").reason) == ("off", "push_gone")
    assert len(world.deliveries()) == 2  # nothing more is kept for it


def test_retry_after_holds_for_all_messages_of_the_target(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (429 if number == 1 else 200, {"Retry-After": "600"}, b"")
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1), task(2))
        world.drain()
        world.clock.on(seconds=590)
        assert world.drain() == 0
        world.clock.on(seconds=3600)
        world.drain()
        assert world.target("a").state == "on"
    assert len(one.got) == 3


def test_after_days_of_failures_a_delivery_is_dead(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (500, {}, b"")
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1))
        for _ in range(80):
            world.drain()
            world.clock.on(hours=1)
    row = world.deliveries()[0]
    assert row["state"] == "dead"
    assert row["attempts"] == 15 == len(one.got)


def test_a_target_that_fails_again_and_again_rests_and_is_probed(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (500 if number <= 6 else 200, {}, b"")
        world = pushing(engine, one)
        world.add("a", one.url)
        keys = world.emit(*(task(n) for n in range(20)))
        world.drain()
        assert len(one.got) == 5
        assert (world.target("a").state, world.target("a").reason) == ("paused", "push_answer_refused")
        world.clock.on(seconds=61)
        world.drain()
        assert len(one.got) == 6  # one probe, which failed
        world.clock.on(seconds=61)
        assert world.drain() == 0  # the second pause is twice as long
        world.clock.on(hours=2)
        world.drain()
        assert world.target("a").state == "on"
    assert set(one.ids) == set(keys)
    assert {row["state"] for row in world.deliveries()} == {"sent"}


def test_a_slow_target_holds_up_itself(engine: Engine) -> None:
    release = threading.Event()
    with receiving() as slow, receiving() as quick:

        def late(number: int) -> tuple[int, dict[str, str], bytes]:
            release.wait(20)
            return 200, {}, b""

        slow.answer = late
        world = pushing(engine, slow, quick, total=30)
        world.add("slow", slow.url)
        world.add("quick", quick.url)
        world.emit(*(task(n) for n in range(5)))
        done = threading.Thread(target=world.drain)
        done.start()
        for _ in range(600):
            if len(quick.got) == 5:
                break
            threading.Event().wait(0.02)
        assert len(quick.got) == 5
        assert len(slow.got) == 1
        release.set()
        done.join()
    assert len(slow.got) == 5


def test_two_workers_never_hold_one_delivery_and_a_dead_ones_is_taken_up(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, one)
        target = world.add("a", one.url)
        (key,) = world.emit(task(1))
        with transaction(engine) as conn:
            push_spread.spread(conn, world.clock())
        with transaction(engine) as conn:
            first = push_queue.claim(conn, target.id, "dead", world.clock())
        assert first is not None
        with transaction(engine) as conn:
            assert push_queue.claim(conn, target.id, "alive", world.clock()) is None
        assert world.drain() == 0
        world.clock.on(seconds=61)
        assert world.drain() == 1
        with transaction(engine) as conn:  # the one we thought dead comes back and says something else
            assert not push_queue.mark(conn, first, Answer(ok=False, error="push_too_slow"), world.clock(), 1, Random(1))
    assert one.ids == [key]
    assert world.deliveries()[0]["state"] == "sent"


def test_several_workers_push_each_event_once(engine: Engine) -> None:
    with receiving() as one, receiving() as two:
        world = pushing(engine, one, two)
        world.add("a", one.url)
        world.add("b", two.url)
        keys = world.emit(*(task(n) for n in range(40)))
        workers = [threading.Thread(target=world.drain, args=(f"w{n}",)) for n in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sorted(one.ids) == sorted(two.ids) == sorted(keys)
    assert {(row["state"], row["attempts"]) for row in world.deliveries()} == {("sent", 1)}


def test_the_target_that_waited_longest_goes_first(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, one)
        ids = [world.add(name, one.url).id for name in ("a", "b", "c")]
        world.emit(task(1))
        with transaction(engine) as conn:
            push_spread.spread(conn, NOW)
            push_queue.served(conn, ids[0], NOW)
            push_queue.served(conn, ids[1], NOW - timedelta(seconds=5))
            assert push_queue.due_targets(conn, NOW) == [ids[2], ids[1], ids[0]]


def test_a_name_that_is_rebound_after_it_was_entered_gets_nothing(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, allow=f"http://hooks.example.cn:{one.port}", resolve=lambda host, port: ["127.0.0.1"])
        world.add("a", f"http://hooks.example.cn:{one.port}/in")
        world.emit(task(1))
        world.drain()
        assert one.connections == 0
    assert [(row["state"], row["error"]) for row in world.deliveries()] == [("dead", "guard_not_listed")]


def test_another_key_reads_no_secret_and_sends_nothing(engine: Engine) -> None:
    class OtherKey(PlainBox):
        def open(self, sealed: str) -> str:
            raise ConflictError("secret_unreadable", file="secret.key")

    with receiving() as one:
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1))
        world.box = OtherKey()
        world.drain()
        assert one.connections == 0
    assert [(row["state"], row["error"]) for row in world.deliveries()] == [("failed", "push_secret_unreadable")]


def test_what_waited_for_a_removed_target_is_dead_and_stays_so(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1))
        with transaction(engine) as conn:
            push_spread.spread(conn, NOW)
            push_targets.remove(conn, "a", actor="admin", now=NOW)
        assert world.drain() == 0
        row = world.deliveries()[0]
        assert (row["state"], row["error"]) == ("dead", "push_removed")
        with transaction(engine) as conn, pytest.raises(NotFoundError):
            push_replay.replay(conn, [row["id"]], actor="admin", now=NOW)
    assert one.connections == 0


def test_what_comes_while_a_person_lets_a_target_rest_is_sent_afterwards(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, one)
        world.add("a", one.url)
        for on in (False, True):
            with transaction(engine) as conn:
                push_targets.switch(conn, "a", on=on, actor="admin", now=NOW)
            world.emit(task(1))
            world.drain()
            assert len(one.got) == on


def test_a_look_at_a_quiet_queue_writes_nothing(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("RISK_TRACE_TRANSACTIONS", str(trace))
    with receiving() as one:
        world = pushing(sqlite_engine, one)
        world.add("a", one.url)
        pusher = Pusher(sqlite_engine, world.guard, world.box, worker="w", clock=world.clock)
        pusher.turn()
        before = trace.read_text()
        pusher.turn()
        assert trace.read_text() == before
        pusher.close()


def test_what_is_old_is_forgotten_and_dead_letters_stay(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (400 if number == 1 else 200, {}, b"")
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1), task(2))
        world.drain()
        world.clock.on(days=200)
        world.emit(task(3))
        world.drain()
    assert [row["state"] for row in world.deliveries()] == ["dead", "sent"]
    with reading(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(t.push_attempts)) == 1
        assert conn.scalar(select(func.count()).select_from(t.outbox)) == 3


def test_spreading_again_doubles_nothing(engine: Engine) -> None:
    with receiving() as one:
        world = pushing(engine, one)
        world.add("a", one.url)
        world.emit(task(1))
        with transaction(engine) as conn:
            assert push_spread.spread(conn, NOW) == 1
            conn.execute(t.outbox.update().values(spread_at=None))  # as if the mark had been lost
            assert push_spread.spread(conn, NOW) == 1
    with reading(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(t.push_deliveries)) == 1
