"""Whether a process can work: the database and its revision, room in the data folder, the key of stored secrets. Each check is told with its reason.

Beside it, what is wrong with the rule plug-ins in use.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from risk.domain.errors import RiskError
from risk.domain.messages import register, say
from risk.services.secrets_key import FILE, SecretBox
from risk.settings import Settings
from risk.storage import migrate
from risk.storage.engine import reading

register(
    {
        "ready_database": ("数据库应答", "the database answers"),
        "ready_no_database": ("数据库不应答", "the database does not answer"),
        "ready_revision": ("数据库版本为 {revision}", "the database is at {revision}"),
        "ready_other_revision": ("数据库版本为 {revision}，程序需要 {wanted}", "the database is at {revision}, the program needs {wanted}"),
        "ready_room": ("数据目录剩余 {free} MB", "{free} MB free in the data folder"),
        "ready_no_room": (
            "数据目录仅剩 {free} MB，至少需要 {least} MB",
            "only {free} MB free in the data folder, at least {least} MB are needed",
        ),
        "ready_no_folder": ("数据目录不可写", "the data folder cannot be written"),
        "ready_key": ("密钥可用", "the secret key can be used"),
        "ready_key_later": ("尚无密钥，首次需要时生成", "there is no secret key yet, it is made when it is first needed"),
        "ready_models": ("模型已装载", "the models are loaded"),
        "ready_models_later": ("模型正在装载，首个研判请求会稍慢", "the models are being loaded: the first judgement takes longer"),
        "ready_no_key": ("密钥不可用：{reason}", "the secret key cannot be used: {reason}"),
    }
)


@dataclass(frozen=True, slots=True)
class PluginTrouble:
    """A fault of a rule plug-in in this process, and how often it came up. The rules that use it are unknown, never false."""

    code: str
    name: str
    package: str
    times: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Ready:
    """One thing that must be so."""

    check: str
    ok: bool
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """All of them together. Faults of rule plug-ins, and models that are still being loaded, are told and stop nothing."""

    ready: bool
    database: bool
    revision: str | None
    wanted: str
    checks: tuple[Ready, ...]
    plugins: tuple[PluginTrouble, ...] = ()


def examine(
    engine: Engine,
    settings: Settings,
    *,
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    models: bool | None = None,
) -> Readiness:
    """Ask everything once; nothing is written. ``free`` gives bytes; ``models``: whether they are loaded, None where they are loaded when they are asked for."""
    wanted = migrate.head()
    answers, revision = _revision(engine)
    checks = (*_store(answers, revision, wanted), _room(settings, free), _key(settings))
    ready = all(one.ok for one in checks)
    if models is not None:
        checks = (*checks, _yes("models", "ready_models") if models else _no("models", "ready_models_later"))
    plugins = plugin_troubles() if answers else ()
    return Readiness(ready, answers, revision, wanted, checks, plugins)


def plugin_troubles() -> tuple[PluginTrouble, ...]:
    """What went wrong with rule plug-ins so far; starts nothing."""
    from rules.plugin_host import installed

    return tuple(PluginTrouble(one.code, one.source.name, one.source.owner, one.times, one.zh, one.en) for one in installed().faults)


def _revision(engine: Engine) -> tuple[bool, str | None]:
    """Whether the database answers, and at which revision it is."""
    try:
        with reading(engine) as conn:
            conn.execute(text("SELECT 1"))
        return True, migrate.current(engine)
    except SQLAlchemyError:
        return False, None


def _store(answers: bool, revision: str | None, wanted: str) -> Iterator[Ready]:
    if not answers:
        yield _no("database", "ready_no_database")
        return
    yield _yes("database", "ready_database")
    if revision == wanted:
        yield _yes("revision", "ready_revision", revision=revision)
    else:
        yield _no("revision", "ready_other_revision", revision=revision or "-", wanted=wanted)


def _room(settings: Settings, free: Callable[[Path], int]) -> Ready:
    folder = settings.home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return _no("folder", "ready_no_folder")
    left = free(folder) // 1_000_000
    if left < settings.least_free_mb:
        return _no("folder", "ready_no_room", free=left, least=settings.least_free_mb)
    return _yes("folder", "ready_room", free=left)


def _key(settings: Settings) -> Ready:
    if not settings.secret_key and not (settings.home / FILE).exists():
        return _yes("key", "ready_key_later")
    try:
        SecretBox(settings).seal("ready")
    except (RiskError, OSError) as error:
        return _no("key", "ready_no_key", reason=type(error).__name__ if isinstance(error, OSError) else error.code)
    return _yes("key", "ready_key")


def _yes(check: str, code: str, **facts: Any) -> Ready:
    return Ready(check, ok=True, zh=say(code, "zh", **facts), en=say(code, "en", **facts))


def _no(check: str, code: str, **facts: Any) -> Ready:
    return Ready(check, ok=False, zh=say(code, "zh", **facts), en=say(code, "en", **facts))
