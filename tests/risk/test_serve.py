"""``risk serve`` for real: a process, a port, a page. And it stays on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk.cli.accounts import accounts
from risk.cli.jobs import jobs
from risk.cli.serve import servable, serve, worker
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.scheduling.jobs import DEFAULTS
from risk.settings import Settings


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    monkeypatch.setenv("RISK_LANG", "en")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org"])
def test_other_addresses_are_refused(host: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        CliRunner().invoke(serve, ["--host", host], catch_exceptions=False)
    assert refused.value.code == "not_loopback"


def test_with_accounts_others_may_be_served_by_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    made = CliRunner().invoke(accounts, ["create", "zhao", "--role", "security_admin", "--first", "--no-password"], catch_exceptions=False)
    assert made.exit_code == 0
    assert servable(Settings.from_environment(), "localhost") == "localhost"
    with pytest.raises(InvalidInputError) as refused:
        servable(Settings.from_environment(), "0.0.0.0")
    assert refused.value.code == "hosts_needed"
    monkeypatch.setenv("RISK_HOSTS", "risk.example.org")
    assert servable(Settings.from_environment(), "0.0.0.0") == "0.0.0.0"
    assert servable(Settings.from_environment(), "[::]") == "::"


def test_a_server_answers_and_stops(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    process = subprocess.Popen(
        [sys.executable, "-m", "risk", "serve", "--port", str(port), "--with-worker"],
        stdout=log,
        stderr=log,
        env=os.environ | {"RISK_LOG": "json", "RISK_LOG_LEVEL": "info"},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/start?lang=zh", timeout=10).read().decode()
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert "市场监管风险预警" in page
        state = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/loop", timeout=10))
        assert state["loop"]["counts"]["signals"] == 0
        assert len(state["jobs"]) == len(DEFAULTS)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        os.close(log)
    assert process.returncode in (0, -signal.SIGINT, 130)
    said = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    (asked,) = [one for one in said if one.get("route") == "/api/v1/loop"]
    assert (asked["event"], asked["status"], len(asked["trace_id"])) == ("request", 200, 32)


def test_jobs_are_listed_switched_and_run() -> None:
    runner = CliRunner()
    assert "judge" in runner.invoke(jobs, ["list"], catch_exceptions=False).output
    assert "judge: off" in runner.invoke(jobs, ["disable", "judge"], catch_exceptions=False).output
    listed = json.loads(runner.invoke(jobs, ["list", "--format", "json"], catch_exceptions=False).output)
    assert {job["name"]: job["enabled"] for job in listed}["judge"] is False
    assert "judge: on" in runner.invoke(jobs, ["enable", "judge"], catch_exceptions=False).output
    assert 'remind: done {"reminders": {}}' in runner.invoke(worker, ["--once", "remind"], catch_exceptions=False).output
    with pytest.raises(NotFoundError):
        runner.invoke(jobs, ["run", "nothing"], catch_exceptions=False)
