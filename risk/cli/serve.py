"""``risk serve`` and ``risk worker``: the two long-running processes. One of them is enough to try; several workers share the jobs."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING

import click

from risk.cli.output import tell
from risk.domain import system_messages  # noqa: F401 - registers the texts
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.services import logs
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.scheduling.worker import Worker

PATIENCE = 60
"""Seconds until a serving process that gives no sign is taken for dead. On a busy machine the five of uvicorn end one that is at work, with its requests."""

APPLICATION = "api.app:served"
"""By name: the one reference upwards. ``risk`` imports nothing of ``api``; a smoke test starts the server for real."""

register(
    {
        "not_loopback": ("不是本机地址：{host}", "not an address of this machine only: {host}"),
        "not_loopback.hint": (
            "有账号之前只监听 127.0.0.1、::1 或 localhost；先运行 risk accounts create 姓名 --first",
            "until there are accounts only 127.0.0.1, ::1 or localhost may be served; make one with risk accounts create NAME --first",
        ),
        "hosts_needed": ("监听 {host} 需要主机名", "to be served on {host} the service needs a name"),
        "hosts_needed.hint": (
            "用 RISK_HOSTS 给出访问时使用的主机名，如 risk.example.org",
            "give the host names it is reached by in RISK_HOSTS, such as risk.example.org",
        ),
        "serving": ("首页与接口：http://{host}:{port}/  （Ctrl+C 停止）", "start page and API: http://{host}:{port}/  (Ctrl+C stops)"),
        "working": ("作业已启动：{name}（Ctrl+C 停止）", "the jobs are running: {name} (Ctrl+C stops)"),
    }
)


@click.command()
@click.option("--host", help="address; RISK_HOST or 127.0.0.1 / 监听地址")
@click.option("--port", type=click.IntRange(0, 65_535), help="RISK_PORT or 8000 / 端口")
@click.option("--with-worker", is_flag=True, help="run the scheduled jobs too / 同时运行定时作业")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="processes that serve / 服务进程数")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="RISK_LOG_LEVEL or warning / 日志级别")
def serve(host: str | None, port: int | None, *, with_worker: bool, workers: int, log_level: str | None) -> None:
    """Start page and API, on loopback until there are accounts. / 首页与接口（有账号之前仅限本机）"""
    settings = Settings.from_environment()
    address = servable(settings, host or settings.host)
    chosen = settings.port if port is None else port
    import uvicorn

    level = log_level or settings.log_level
    if workers > 1:
        _open_once(settings)
    logs.configure(settings.log, level)
    if chosen:
        require_free(address, chosen)
    tell("serving", host=_shown(address, settings), port=chosen)
    with _beside(settings) if with_worker else _nothing():
        gc.disable()  # nothing of what a start reads is garbage, and looking for some takes a seventh of it; the application sets it going again
        uvicorn.run(
            APPLICATION,
            factory=True,
            host=address,
            port=chosen,
            workers=workers,
            timeout_worker_healthcheck=PATIENCE,
            log_level=level,
            log_config=logs.as_config(settings.log, level),
            access_log=False,  # requests are told by api.observing, without their queries
            server_header=False,
            proxy_headers=False,
        )


@click.command()
@click.option("--once", metavar="JOB", help="run one job now and end / 立即运行一个作业后退出")
def worker(once: str | None) -> None:
    """Run the scheduled jobs. Several workers may run: each slot runs once. / 运行定时作业（可多个进程，每个时刻只运行一次）"""
    settings = Settings.from_environment()
    if once is not None:
        from risk.cli.jobs import run_now

        run_now(settings, once)
        return
    logs.configure(settings.log, "info" if settings.log_level == "warning" else settings.log_level)
    with _beside(settings) as running:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: running.ask_to_stop())
        tell("working", name=running.name)
        running.wait()


def servable(settings: Settings, host: str) -> str:
    """The address to listen on: any with accounts and a host name (``RISK_HOSTS``), else only one of this machine.

    ``InvalidInputError``: ``not_loopback``, ``hosts_needed``.
    """
    try:
        return require_loopback(host)
    except InvalidInputError:
        if not _accounts_exist(settings):
            raise
    if not settings.hosts:
        raise InvalidInputError("hosts_needed", host=host)
    return host.strip().strip("[]")


def _shown(address: str, settings: Settings) -> str:
    """By what name people reach the address: what listens for others is reached by a name of the settings."""
    try:
        require_loopback(address)
    except InvalidInputError:
        return settings.hosts[0]
    return f"[{address}]" if ":" in address else address


def _accounts_exist(settings: Settings) -> bool:
    from risk.bootstrap import open_store
    from risk.services import accounts
    from risk.services.desk import Desk

    engine = open_store(settings)
    try:
        return Desk(engine).read(accounts.exist)
    finally:
        engine.dispose()


def require_loopback(host: str) -> str:
    """The address, if only this machine can reach it; ``InvalidInputError`` (``not_loopback``) else.

    >>> require_loopback("::1"), require_loopback("localhost")
    ('::1', 'localhost')
    >>> require_loopback("0.0.0.0")
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: not an address of this machine only: 0.0.0.0
    """
    name = host.strip().strip("[]")
    try:
        loopback = ip_address(name).is_loopback
    except ValueError:
        loopback = name.lower() == "localhost"
    if not loopback:
        raise InvalidInputError("not_loopback", host=host)
    return name


def require_free(host: str, port: int) -> None:
    """Refuse a port that another program listens on, before the server starts."""
    import errno
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConflictError("port_taken", port=port) from error
            raise


@contextmanager
def _beside(settings: Settings) -> Iterator[Worker]:
    """A worker for the length of a block; what runs is waited for at the end."""
    from risk.bootstrap import open_scorer, open_store
    from risk.scheduling.use_cases import Tools
    from risk.scheduling.worker import Worker
    from risk.services.scorer_cache import ScorerCache

    engine = open_store(settings)
    running = Worker(Tools(engine, settings, ScorerCache(settings, open_scorer, engine)))
    try:
        running.start()
        yield running
    finally:
        running.stop()
        engine.dispose()


def _open_once(settings: Settings) -> None:
    """Bring the database up before several processes begin, which may not fork with it open; a refusal is told here and not by each of them."""
    from risk.bootstrap import open_store

    open_store(settings).dispose()


@contextmanager
def _nothing() -> Iterator[None]:
    yield
