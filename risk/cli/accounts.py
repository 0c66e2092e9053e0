"""``risk accounts``: who may sign in. Whoever has this machine may, so every act is recorded under who ran the command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.accounts_views import AccountRow
    from risk.services.desk import Desk

register(
    {
        "account_line": ("{name:<20} {state:<4} {office:<28} {roles}  {where}", "{name:<20} {state:<8} {office:<28} {roles}  {where}"),
        "account_active": ("可用", "active"),
        "account_locked": ("锁定", "locked"),
        "account_disabled": ("停用", "disabled"),
        "account_made": ("已建立账号 {name}（编号 {id}）：{roles}；{where}", "made the account {name} (number {id}): {roles}; {where}"),
        "account_local_ends": (
            "从现在起所有人都须登录；正在运行的服务立即生效",
            "from now on everybody must sign in, also where a server is running already",
        ),
        "account_password_told": ("一次性密码（只显示这一次）：{password}", "one-time password (shown this once): {password}"),
        "account_is": ("{name}：{state}", "{name}: {state}"),
        "account_changed": ("{name}：{roles}；{where}", "{name}: {roles}; {where}"),
        "account_totp_gone": ("{name}：已重置动态口令", "{name}: the second factor is reset"),
        "account_everywhere": ("全部", "everywhere"),
        "account_no_scope": ("无范围", "no scope"),
        "account_type_password": ("密码", "Password"),
        "account_first_role": ("首位账号须是安全管理员（{role}）", "the first account is a security administrator ({role})"),
        "account_first_role.hint": ("由其再建立其他账号", "who then makes the others"),
        "account_none_yet": ("还没有账号：本机无须登录", "no account yet: this machine acts without signing in"),
    }
)


def _operator() -> str:
    return f"cli:{os.environ.get('USER') or 'root'}"


ACTOR = click.option("--actor", default=_operator, show_default="cli:$USER", help="who does it / 操作人")
_ROLE = click.option("--role", "roles", multiple=True, required=True, help="may be given again; see risk accounts roles / 角色，可多次")
_GRANT = click.option(
    "--grant", "grants", multiple=True, help="420500, 420500:market_supervision or everywhere; may be given again / 范围，可多次"
)
_OFFICE = click.option("--office", help="office code / 承办单位代码")
_FORM = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)


@click.group()
def accounts() -> None:
    """Accounts: make, list, change, disable, unlock / 账号：新建、查看、调整、停用、解锁."""


@accounts.command()
@click.argument("name")
@_ROLE
@_OFFICE
@_GRANT
@click.option("--display", default="", help="display name / 姓名")
@click.option("--email", help="e-mail / 邮箱")
@click.option("--telephone", help="telephone / 电话")
@click.option("--first", is_flag=True, help="the first account, a security administrator: ends local mode / 首位账号（安全管理员）")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input / 从标准输入读取密码")
@click.option("--one-time", is_flag=True, help="make a password that must be changed, and show it / 生成一次性密码")
@click.option("--no-password", is_flag=True, help="single sign-on or keys only / 不设密码")
@ACTOR
def create(
    name: str, roles: tuple[str, ...], first: bool, password_stdin: bool, one_time: bool, no_password: bool, actor: str, **more: Any
) -> None:
    """Make an account. The password is asked for, never an argument / 新建账号."""
    from risk.domain.identity import check_name, check_password, read_grant
    from risk.services import accounts as service
    from risk.services.accounts import NewAccount
    from risk.services.secrets_passwords import Passwords, one_time_password

    settings = Settings.from_environment()
    check_name(name)
    if first and service.GUARDIAN not in roles:
        raise InvalidInputError("account_first_role", role=service.GUARDIAN)
    if sum((password_stdin, one_time, no_password)) > 1:
        raise click.UsageError("--password-stdin | --one-time | --no-password")
    password = None if no_password else one_time_password(name) if one_time else typed_password(from_stdin=password_stdin)
    if password is not None:
        check_password(password, name)
    grants = tuple(read_grant(text) for text in more["grants"])
    new = NewAccount(name, roles, more["office"], grants, more["display"], more["email"], more["telephone"])
    with opened(settings) as desk:
        digest = Passwords(settings).digest(password) if password is not None else None
        make = service.create_first if first else service.create
        key = desk.act(make, new, digest=digest, must_change=one_time, actor=actor, now=desk.clock())
        row = _row(desk, key)
    tell("account_made", name=row.name, id=row.id, roles=_roles(row), where=_where(row))
    if one_time:
        tell("account_password_told", password=password)
    if first:
        tell("account_local_ends")


@accounts.command("list")
@click.option("--office", help="office code / 承办单位代码")
@click.option("--role", help="role / 角色")
@click.option("--state", type=click.Choice(["active", "disabled"]), help="state / 状态")
@_FORM
def list_(office: str | None, role: str | None, state: str | None, form: str) -> None:
    """Every account, telephone and e-mail masked / 账号列表."""
    from risk.services import accounts_views
    from risk.services.accounts_views import AccountFilter

    rows: list[AccountRow] = []
    with opened(Settings.from_environment()) as desk:
        cursor: str | None = None
        while True:
            page = desk.read(accounts_views.list_accounts, AccountFilter(None, office, role, state), desk.clock(), limit=500, cursor=cursor)
            rows += page.items
            cursor = page.cursor
            if cursor is None:
                break
    if form == "json":
        _print_json([asdict(row) for row in rows])
        return
    if not rows:
        tell("account_none_yet")
    for row in rows:
        tell("account_line", name=row.name, state=_state(row), office=row.office_code or "—", roles=_roles(row), where=_where(row))


@accounts.command()
@click.argument("name")
def show(name: str) -> None:
    """One account, as JSON / 账号详情."""
    with opened(Settings.from_environment()) as desk:
        _print_json(asdict(_row(desk, name)))


@accounts.command()
@click.argument("name", required=False)
@click.option("--role", "given", multiple=True, help="the roles from now on / 从现在起的角色")
@_GRANT
@click.option("--office", help="office code; empty is none / 承办单位代码")
@ACTOR
def roles(name: str | None, given: tuple[str, ...], grants: tuple[str, ...], office: str | None, actor: str) -> None:
    """Give an account other roles, another scope or office; without NAME list the roles there are / 调整角色与范围；不带参数列出全部角色."""
    from risk.domain.authority import roles as known
    from risk.domain.identity import read_grant
    from risk.services import accounts as service

    if name is None:
        for role in known().values():
            click.echo(f"{role.code:<16} {role.zh if lang() == 'zh' else role.en:<24} {' '.join(sorted(role.may))}")
        return
    with opened(Settings.from_environment()) as desk:
        key = _row(desk, name).id
        scope = tuple(read_grant(text) for text in grants) or None
        desk.act(service.change, key, actor=actor, now=desk.clock(), roles=given or None, grants=scope, office_code=office)
        row = _row(desk, key)
    tell("account_changed", name=row.name, roles=_roles(row), where=_where(row))


@accounts.command()
@click.argument("name")
@click.option("--reason", default="", help="why / 原因")
@ACTOR
def disable(name: str, reason: str, actor: str) -> None:
    """Nobody signs in to it; sessions and keys end at once / 停用."""
    from risk.services import accounts as service

    _act(name, lambda desk, key: desk.act(service.disable, key, actor=actor, now=desk.clock(), reason=reason))


@accounts.command()
@click.argument("name")
@ACTOR
def enable(name: str, actor: str) -> None:
    """Let somebody sign in again / 启用."""
    from risk.services import accounts as service

    _act(name, lambda desk, key: desk.act(service.enable, key, actor=actor, now=desk.clock()))


@accounts.command()
@click.argument("name")
@ACTOR
def unlock(name: str, actor: str) -> None:
    """Forget failures to sign in / 解锁."""
    from risk.services import accounts as service

    _act(name, lambda desk, key: desk.act(service.unlock, key, actor=actor, now=desk.clock()))


@accounts.command("reset-password")
@click.argument("name")
@ACTOR
def reset_password(name: str, actor: str) -> None:
    """A one-time password, shown once; sessions end / 重置密码."""
    from risk.services import accounts as service
    from risk.services.secrets_passwords import Passwords, one_time_password

    settings = Settings.from_environment()
    told = one_time_password(name)
    digest = Passwords(settings).digest(told)
    _act(name, lambda desk, key: desk.act(service.reset_password, key, digest, actor=actor, now=desk.clock()))
    tell("account_password_told", password=told)


@accounts.command("totp-reset")
@click.argument("name")
@ACTOR
def totp_reset(name: str, actor: str) -> None:
    """Take away a lost second factor; sessions end / 重置动态口令."""
    from risk.services import accounts as service

    with opened(Settings.from_environment()) as desk:
        row = _row(desk, name)
        desk.act(service.reset_second_factor, row.id, actor=actor, now=desk.clock())
    tell("account_totp_gone", name=row.name)


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    """The store of these settings, for the length of a block."""
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    engine = open_store(settings)
    try:
        yield Desk(engine)
    finally:
        engine.dispose()


def typed_password(*, from_stdin: bool) -> str:
    """A password from a terminal, twice and unseen, or one line of standard input."""
    if from_stdin:
        line: str = sys.stdin.readline()
        return line.rstrip("\r\n")
    answer: str = click.prompt(say("account_type_password", lang()), hide_input=True, confirmation_prompt=True, err=True)
    return answer


def _act(name: str, act: Callable[[Desk, int], object]) -> None:
    with opened(Settings.from_environment()) as desk:
        act(desk, _row(desk, name).id)
        row = _row(desk, name)
    tell("account_is", name=row.name, state=_state(row))


def _row(desk: Desk, account: int | str) -> AccountRow:
    from risk.services import accounts_views

    return desk.read(accounts_views.get, account, desk.clock())


def _state(row: AccountRow) -> str:
    return say(f"account_{row.state}", lang())


def _roles(row: AccountRow) -> Told:
    from risk.domain.authority import roles as known

    return Told("、".join(known()[code].zh for code in row.roles), ", ".join(known()[code].en for code in row.roles))


def _where(row: AccountRow) -> Told:
    from risk.domain.regions import name as place

    def words(language: str) -> str:
        if ("", "") in row.grants:
            return say("account_everywhere", language)
        parts = [":".join(filter(None, (place(division, language), department))) for division, department in row.grants]
        return ", ".join(parts) or say("account_no_scope", language)

    return Told(words("zh"), words("en"))


def _print_json(value: Any) -> None:
    click.echo(
        json.dumps(value, ensure_ascii=False, indent=2, default=lambda one: one.isoformat() if isinstance(one, datetime) else str(one))
    )
