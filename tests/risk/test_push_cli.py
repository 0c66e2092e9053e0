"""``risk push`` as an administrator uses it, the worker beside it, and what the audit keeps of both."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from risk.bootstrap import open_store
from risk.cli import cli
from risk.domain.errors import RiskError
from risk.scheduling.use_cases import Tools, use_case, utc_now
from risk.scheduling.worker import Worker
from risk.services import outbox
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.push_world import NOW, Receiver, receiving, task

Run = Callable[..., Result]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listens on loopback."""
    with receiving() as opened:
        yield opened


@pytest.fixture
def risk(tmp_path: Path, sqlite_template: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in a home of its own, in this process; an error of ours is raised."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "risk.db").write_bytes(sqlite_template.read_bytes())
    for name, value in {"RISK_HOME": str(home), "RISK_LANG": "zh", "RISK_PUSH_ALLOW": receiver.allow}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RISK_DATABASE", raising=False)

    def run(*arguments: str, lang: str = "zh", given: str | None = None) -> Result:
        monkeypatch.setenv("RISK_LANG", lang)
        done = CliRunner().invoke(cli, ["push", *arguments], input=given)
        if isinstance(done.exception, RiskError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done

    return run


def emit(*numbers: int) -> None:
    """Events of tasks."""
    engine = open_store(Settings.from_environment())
    with transaction(engine) as conn:
        outbox.emit_many(conn, [(*task(number), "") for number in numbers], NOW)
    engine.dispose()


def test_a_day_of_an_administrator(risk: Run, receiver: Receiver) -> None:
    assert "还没有推送目标" in risk("targets", "list").output
    added = risk("targets", "add", "平台", "webhook", receiver.url, "--events", "task.*", "--new-secret", "--actor", "管理员").output
    secret = re.search(r"whsec_\S+", added)
    assert secret
    assert "测试消息已送达" in risk("targets", "test", "平台").output
    emit(1, 2)
    receiver.answer = lambda number: (404 if number == 2 else 204, {}, b"")
    assert "尝试了 2 条消息" in risk("send-now").output
    dead = risk("dead", lang="en").output
    assert "task:1  tried 1 times  the other side answered 404" in dead
    number = dead.split()[0]
    assert "dead 1" in risk("status", lang="en").output
    assert "重发 1 条" in risk("replay", number).output
    assert "尝试了 1 条消息" in risk("send-now").output
    assert "没有死信" in risk("dead").output
    again = risk("replay", "--target", "平台", "--since", "2026-10-12", "--until", "2026-10-12", "--sent", lang="en").output
    assert "2 will be sent again" in again
    assert "停用" in risk("targets", "pause", "平台").output
    assert "尝试了 0 条消息" in risk("send-now").output
    assert "启用" in risk("targets", "resume", "平台").output
    shown = json.loads(risk("targets", "show", "平台", "--format", "json").output)
    assert (shown["target"]["events"], shown["health"]["dead"]) == (["task.*"], 0)
    everything = "".join(
        risk(*one).output for one in (("targets", "show", "平台"), ("status", "--format", "json"), ("targets", "list", "--format", "json"))
    )
    assert secret[0][6:] not in everything
    assert "已删除" in risk("targets", "remove", "平台").output


def test_secrets_come_from_files_and_keys_from_the_standard_input(risk: Run, receiver: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("SEC-only-for-tests\n", encoding="utf-8")
    added = risk(
        "targets", "add", "ding", "dingtalk", "-", "--secret-file", str(path), given=f"{receiver.url}?access_token=hidden\n"
    ).output
    assert "hidden" not in added
    assert "?***" in added
    receiver.answer = lambda number: (200, {}, b'{"errcode":0}')
    risk("targets", "test", "ding")
    assert "access_token=hidden&timestamp=" in receiver.got[0].path


def test_what_goes_wrong_is_said(risk: Run, receiver: Receiver) -> None:
    risk("targets", "add", "a", "webhook", receiver.url, "--new-secret")
    receiver.answer = lambda number: (302, {"Location": "http://10.0.0.1/"}, b"")
    with pytest.raises(RiskError) as failed:
        risk("targets", "test", "a")
    assert failed.value.text("zh") == "a：测试消息没有送达：对方要求跳转，按失败处理"
    for arguments, code in (
        (("targets", "add", "b", "webhook", "http://10.0.0.1/", "--new-secret"), "guard_not_listed"),
        (("targets", "rotate", "a"), "push_one_secret"),
        (("targets", "show", "nobody"), "push_target_not_found"),
        (("replay",), "push_replay_empty"),
        (("replay", "77"), "push_delivery_not_found"),
    ):
        with pytest.raises(RiskError) as refused:
            risk(*arguments)
        assert refused.value.code == code


def test_every_change_of_a_target_is_audited(risk: Run, receiver: Receiver) -> None:
    risk("targets", "add", "a", "webhook", receiver.url, "--new-secret", "--actor", "张三")
    for verb in ("pause", "resume", "remove"):
        risk("targets", verb, "a", "--actor", "李四")
    engine = open_store(Settings.from_environment())
    with reading(engine) as conn:
        rows = conn.execute(
            select(t.audit.c.actor, t.audit.c.action).where(t.audit.c.object == "push_target:1").order_by(t.audit.c.id)
        ).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [
        ("张三", "push.target.add"), ("李四", "push.target.pause"), ("李四", "push.target.resume"), ("李四", "push.target.remove"),
    ]  # fmt: skip


def test_the_worker_pushes_by_itself(risk: Run, receiver: Receiver) -> None:
    risk("targets", "add", "a", "webhook", receiver.url, "--new-secret")
    settings = Settings.from_environment()
    engine = open_store(settings)

    def no_scorer() -> None:
        raise AssertionError

    worker = Worker(Tools(engine, settings, no_scorer, utc_now))  # type: ignore[arg-type]
    worker.start()
    try:
        emit(1)
        for _ in range(600):
            if receiver.got:
                break
            time.sleep(0.05)
    finally:
        worker.stop()
    assert receiver.got[0].json["subject"] == "task:1"
    emit(2)
    assert use_case("push")(Tools(engine, settings, no_scorer, utc_now), {}) == {"messages": 1}  # type: ignore[arg-type]
    engine.dispose()
