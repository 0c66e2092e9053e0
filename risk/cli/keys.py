"""``risk keys``: keys for programs, shown once."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from risk.cli.accounts import ACTOR, opened
from risk.cli.output import tell
from risk.domain.messages import Told, register
from risk.settings import Settings

register(
    {
        "key_line": (
            "{id:>4}  {prefix}…  {owner:<20} {label:<20} 至 {until}  {state}  {may}",
            "{id:>4}  {prefix}…  {owner:<20} {label:<20} until {until}  {state}  {may}",
        ),
        "key_in_force": ("有效", "in force"),
        "key_over": ("已过期", "over"),
        "key_revoked": ("已吊销", "revoked"),
        "key_told": ("密钥（只显示这一次）：{key}", "key (shown this once): {key}"),
        "key_is_revoked": ("已吊销密钥 {prefix}…（{owner}）", "revoked the key {prefix}… of {owner}"),
        "key_list_empty": ("没有密钥", "no keys"),
    }
)


@click.group()
def keys() -> None:
    """Keys for programs: make, list, revoke / 程序密钥：新建、查看、吊销."""


@keys.command()
@click.option("--owner", required=True, help="name of an account / 所属账号")
@click.option("--label", required=True, help="what it is for / 用途")
@click.option("--permission", "permissions", multiple=True, required=True, help="may be given again / 权限，可多次")
@click.option("--grant", "grants", multiple=True, help="narrower than the owner's scope; may be given again / 范围，可多次")
@click.option("--days", type=click.IntRange(1, 366), help="until when; 90 / 有效天数")
@ACTOR
def create(owner: str, label: str, permissions: tuple[str, ...], grants: tuple[str, ...], days: int | None, actor: str) -> None:
    """Make a key of an account / 新建密钥."""
    from risk.domain.identity import read_grant
    from risk.services import accounts, api_keys

    with opened(Settings.from_environment()) as desk:
        now = desk.clock()
        account = desk.read(accounts.find, owner)
        until = None if days is None else now + timedelta(days=days)
        scope = tuple(read_grant(text) for text in grants) or None
        made = desk.act(api_keys.create, int(account.id), label, permissions, actor=actor, now=now, expires_at=until, grants=scope)
    tell("key_told", key=made.key)


@keys.command("list")
@click.option("--owner", help="name of an account / 所属账号")
def list_(owner: str | None) -> None:
    """Keys, the newest first: how they begin, what they may, until when / 密钥列表."""
    from risk.domain.calendar import SHANGHAI
    from risk.services import accounts, api_keys

    with opened(Settings.from_environment()) as desk:
        now = desk.clock()
        account = int(desk.read(accounts.find, owner).id) if owner else None
        cursor, found = None, 0
        while True:
            page = desk.read(api_keys.list_keys, owner=account, limit=500, cursor=cursor)
            for row in page.items:
                until = f"{row.expires_at.astimezone(SHANGHAI):%Y-%m-%d}"
                state = _state(row.revoked_at, row.expires_at, now)
                tell(
                    "key_line",
                    id=row.id,
                    prefix=row.prefix,
                    owner=row.owner,
                    label=row.label,
                    until=until,
                    state=state,
                    may=" ".join(row.permissions),
                )
            found += len(page.items)
            cursor = page.cursor
            if cursor is None:
                break
    if not found:
        tell("key_list_empty")


@keys.command()
@click.argument("number", type=int)
@ACTOR
def revoke(number: int, actor: str) -> None:
    """End a key; the next request with it is refused / 吊销."""
    from risk.services import api_keys

    with opened(Settings.from_environment()) as desk:
        row = desk.act(api_keys.revoke, number, actor=actor, now=desk.clock())
    tell("key_is_revoked", prefix=row.prefix, owner=row.owner)


def _state(revoked: datetime | None, until: datetime, now: datetime) -> Told:
    from risk.domain.messages import MESSAGES

    return Told(*MESSAGES["key_revoked" if revoked else "key_over" if until <= now else "key_in_force"])
