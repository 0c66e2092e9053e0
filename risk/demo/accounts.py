"""Accounts of the demo: one for each role, with passwords made for this demo alone. Never in a home that holds anything else."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.services import accounts
from risk.services.accounts import NewAccount
from risk.services.secrets_passwords import Passwords, one_time_password
from risk.settings import Settings
from risk.storage.engine import transaction

MARKER = Path("demo") / "demo.json"
FILE = Path("demo") / "accounts.json"
EVERYWHERE = (("", ""),)

register(
    {
        "demo_accounts_elsewhere": ("{home} 不是演示目录，不建立演示账号", "{home} is not a demo's home: no demo accounts are made there"),
        "demo_accounts_elsewhere.hint": ("用 risk demo --accounts 建立", "risk demo --accounts makes them"),
    }
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody of the made-up province."""

    name: str
    display: str
    role: str
    office: str | None = None


PEOPLE = (
    DemoAccount("tangyun", "唐云", "security_admin"),
    DemoAccount("gaofeng", "高峰", "system_admin"),
    DemoAccount("xumei", "徐梅", "auditor"),
    DemoAccount("lixiang", "李想", "analyst"),
    DemoAccount("chenjing", "陈静", "approver"),
    DemoAccount("zhoutao", "周涛", "data_scientist"),
    DemoAccount("zhangwei", "张伟", "officer", "420100-market_supervision"),
    DemoAccount("wangfang", "王芳", "officer", "420500-market_supervision"),
    DemoAccount("sunli", "孙丽", "office_head", "420100-market_supervision"),
    DemoAccount("mali", "马丽", "office_head", "420100-market_supervision"),  # an appeal is decided by another head than the verdict was
    DemoAccount("liuqiang", "刘强", "office_head", "420500-market_supervision"),
    DemoAccount("helin", "何琳", "leader"),
)
"""The first is the one with which accounts begin."""


@dataclass(frozen=True, slots=True)
class MadeAccount:
    """An account and its password."""

    person: DemoAccount
    password: str


def make(engine: Engine, settings: Settings, *, now: datetime, actor: str) -> tuple[Path, tuple[MadeAccount, ...]]:
    """Make them all, and write their passwords to a file that only its owner reads; gives the file and what is in it.

    ``ConflictError``: ``demo_accounts_elsewhere``; ``account_first_taken`` where there are accounts already.
    """
    if not (settings.home / MARKER).exists():
        raise ConflictError("demo_accounts_elsewhere", home=settings.home)
    passwords = Passwords(settings)
    made = tuple(MadeAccount(person, one_time_password(person.name)) for person in PEOPLE)
    digests = [passwords.digest(one.password) for one in made]
    with transaction(engine) as conn:
        for number, (one, digest) in enumerate(zip(made, digests, strict=True)):
            person = one.person
            grants = () if person.office else EVERYWHERE
            new = NewAccount(person.name, (person.role,), person.office, grants, person.display)
            create = accounts.create if number else accounts.create_first
            create(conn, new, digest=digest, must_change=False, actor=actor, now=now)
    return _write(settings.home / FILE, made), made


def _write(path: Path, made: tuple[MadeAccount, ...]) -> Path:
    path.unlink(missing_ok=True)
    rows = [{"name": one.person.name, "role": one.person.role, "office": one.person.office, "password": one.password} for one in made]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    return path
