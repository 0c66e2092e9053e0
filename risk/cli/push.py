"""``risk push``: targets, what waits, what is dead, send again. Secrets are read from files or made here; none is ever printed again."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from risk.cli import push_text
from risk.cli.moments import parse_moment
from risk.cli.output import lang, tell
from risk.domain import push as domain
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import Told, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.http_guard import Guard
    from risk.services.push_targets import Sealer

ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
NAME = click.argument("name")
SECRET_FILE = click.option("--secret-file", type=click.File("r"), help="signing secret; - is the standard input / 签名密钥文件")
NEW_SECRET = click.option("--new-secret", is_flag=True, help="make one and print it once / 生成密钥并显示一次")


@click.group()
def push() -> None:
    """Targets of pushes, what waits, what is dead, send again / 推送：目标、状态、死信、重发."""


@push.group()
def targets() -> None:
    """Where pushes go: webhooks, mail, group robots / 推送目标."""


@targets.command()
@NAME
@click.argument("kind", type=click.Choice(domain.KINDS))
@click.argument("address")
@click.option("--events", default="*", show_default=True, help="names or beginnings, by commas: task.*,alert.raised / 事件")
@click.option("--division", default="", help="only offices of this division and below / 区划代码")
@click.option("--department", default="", help="only offices of this department / 部门")
@click.option("--lang", "language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--digest", default="", help='"every 30m" or "at 09:00,14:00", in working time / 汇总时间')
@SECRET_FILE
@NEW_SECRET
@click.option("--sender", default="", help="of e-mails / 发件人")
@click.option("--recipients", default="", help="of e-mails, by commas / 收件人")
@click.option("--user", default="", help="of the mail server / 邮件服务器用户名")
@click.option("--password-file", type=click.File("r"), help="of the mail server; - is the standard input / 口令文件")
@ACTOR
def add(
    *, name: str, kind: str, address: str, events: str, division: str, department: str, language: str, digest: str, secret_file: Any,
    new_secret: bool, sender: str, recipients: str, user: str, password_file: Any, actor: str,
) -> None:  # fmt: skip
    """Add a target; ADDRESS - reads it from the standard input, so that a robot's key stays out of the history. / 添加推送目标"""
    from risk.services import push_targets as service

    secret, made = _secret(secret_file, new=new_secret)
    wanted = service.Wanted(
        name=name,
        kind=kind,
        address=sys.stdin.readline().strip() if address == "-" else address,
        events=_list(events),
        lang=language,
        division=division,
        department=department,
        digest=digest,
        secret=secret,
        sender=sender,
        recipients=_list(recipients),
        user=user,
        password=password_file.read().strip() if password_file else "",
    )
    with _open() as (desk, guard, box):
        added = desk.act(service.add, guard, box, wanted, actor=actor, now=desk.clock())
    tell("push_target_added", name=added.name, address=added.address)
    if made:
        tell("push_secret_once", secret=secret)


@targets.command("list")
@FORMAT
def list_(form: str) -> None:
    """Every target and how it is doing / 目标列表."""
    _status(form, lambda told: told["targets"], totals=False)


@targets.command()
@NAME
@FORMAT
def show(name: str, form: str) -> None:
    """One target / 目标详情."""
    from risk.services import push_views

    with _open() as (desk, _, _):
        found = desk.read(push_views.show_target, name, desk.clock())
    if form == "json":
        _json(asdict(found))
        return
    for line in push_text.target_lines(asdict(found), lang()):
        click.echo(line)


@targets.command()
@NAME
@ACTOR
def test(name: str, actor: str) -> None:
    """Send a test message now / 立即发送测试消息."""
    from risk.services import push_trial

    settings = Settings.from_environment()
    with _open() as (desk, guard, box):
        answer = desk.whole(push_trial.trial, guard, box, name, actor=actor, now=desk.clock(), base=settings.public_url)
    if not answer.ok:
        raise ConflictError(
            "push_test_failed",
            name=name,
            why=Told(push_text.why_of(answer.error, answer.status, "zh"), push_text.why_of(answer.error, answer.status, "en")),
        )
    tell("push_test_ok", name=name)


@targets.command()
@NAME
@ACTOR
def pause(name: str, actor: str) -> None:
    """Send nothing until it is resumed; what comes meanwhile waits / 暂停."""
    _switch(name, actor, on=False)


@targets.command()
@NAME
@ACTOR
def resume(name: str, actor: str) -> None:
    """Send again / 恢复."""
    _switch(name, actor, on=True)


@targets.command()
@NAME
@ACTOR
def remove(name: str, actor: str) -> None:
    """No more pushes; what waited is dead / 删除目标."""
    from risk.services import push_targets as service

    with _open() as (desk, _, _):
        desk.act(service.remove, name, actor=actor, now=desk.clock())
    tell("push_target_removed", name=name)


@targets.command()
@NAME
@SECRET_FILE
@NEW_SECRET
@ACTOR
def rotate(name: str, secret_file: Any, *, new_secret: bool, actor: str) -> None:
    """A new secret or password; a webhook's old one signs for some days more / 更换密钥."""
    from risk.services import push_targets as service

    secret, made = _secret(secret_file, new=new_secret)
    if not secret:
        raise InvalidInputError("push_one_secret")
    with _open() as (desk, _, box):
        done = desk.act(service.rotate, box, name, secret, actor=actor, now=desk.clock())
    tell("push_target_done", name=name, state=say(f"push_state_{done.state}", lang()))
    if made:
        tell("push_secret_once", secret=secret)


@push.command()
@FORMAT
def status(form: str) -> None:
    """What waits, what is dead, how targets are doing / 推送状态."""
    _status(form, lambda told: told, totals=True)


@push.command()
@click.option("--target", help="of one target / 目标")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
@FORMAT
def dead(target: str | None, limit: int, cursor: str | None, form: str) -> None:
    """Deliveries that are given up / 死信."""
    from risk.services import push_views

    with _open() as (desk, _, _):
        page = desk.read(push_views.list_deliveries, target=target, states=(domain.DEAD,), limit=limit, cursor=cursor)
    if form == "json":
        _json({"items": [asdict(row) for row in page.items], "cursor": page.cursor})
        return
    if not page.items:
        tell("push_none_dead")
    for row in page.items:
        why = push_text.why_of(row.error, row.status, lang())
        tell("push_delivery_line", id=row.id, target=row.target, event=row.event, object=row.object, attempts=row.attempts, why=why)
    if page.cursor:
        tell("push_more_pages", cursor=page.cursor)


@push.command()
@click.argument("numbers", nargs=-1, type=int)
@click.option("--target", help="all of a target, with --since and --until / 目标")
@click.option("--since", help="events from then on / 起始")
@click.option("--until", help="events before then; now / 截止")
@click.option("--sent", is_flag=True, help="also what arrived / 包括已送达的")
@click.option("--missing", is_flag=True, help="also events from before the target / 包括目标设立之前的事件")
@ACTOR
def replay(
    numbers: Sequence[int], *, target: str | None, since: str | None, until: str | None, sent: bool, missing: bool, actor: str
) -> None:
    """Send again by number, or by target and period; the ids stay the same / 重发."""
    from risk.services import push_replay

    with _open() as (desk, _, _):
        now = desk.clock()
        if target is None or since is None:
            if numbers and (target or since):
                raise InvalidInputError("push_replay_empty")
            done = desk.act(push_replay.replay, numbers, actor=actor, now=now)
        else:
            states = (domain.DEAD, domain.SENT) if sent else (domain.DEAD,)
            begin, end = _begin_of(since), parse_moment(until)
            done = desk.act(push_replay.replay_period, target, begin, end, states=states, missing=missing, actor=actor, now=now)
    tell("push_replayed", again=done.again, new=done.new)
    if done.more:
        tell("push_replay_goes_on")


@push.command("send-now")
def send_now() -> None:
    """Push what is due, in this process, until nothing is / 立即推送."""
    from risk.bootstrap import open_store
    from risk.scheduling.use_cases import utc_now
    from risk.services import lease
    from risk.services.push import Pusher

    settings = Settings.from_environment()
    engine = open_store(settings)
    pusher = Pusher.of(engine, settings, worker=lease.process_name(), clock=utc_now)
    try:
        tell("push_sent_now", count=pusher.drain())
    finally:
        pusher.close()
        engine.dispose()


@contextmanager
def _open() -> Iterator[tuple[Desk, Guard, Sealer]]:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk
    from risk.services.push import guard_of
    from risk.services.secrets_key import SecretBox

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        yield Desk(engine), guard_of(settings), SecretBox(settings)
    finally:
        engine.dispose()


def _switch(name: str, actor: str, *, on: bool) -> None:
    from risk.services import push_targets as service

    with _open() as (desk, _, _):
        done = desk.act(service.switch, name, on=on, actor=actor, now=desk.clock())
    tell("push_target_done", name=name, state=say(f"push_state_{done.state}", lang()))


def _status(form: str, part: Callable[[dict[str, Any]], Any], *, totals: bool) -> None:
    from risk.services import push_views

    with _open() as (desk, _, _):
        found = asdict(desk.read(push_views.status, desk.clock()))
    if form == "json":
        _json(part(found))
        return
    if totals:
        tell("push_status_line", unspread=found["unspread"], **found["deliveries"])
    if not found["targets"]:
        tell("push_no_targets")
    for one in found["targets"]:
        for line in push_text.target_lines(one, lang(), short=True):
            click.echo(line)


def _secret(given: Any, *, new: bool) -> tuple[str, bool]:
    """The secret and whether it was made here."""
    if given and new:
        raise InvalidInputError("push_one_secret")
    if new:
        import base64
        import secrets

        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), True
    return (given.read().strip() if given else ""), False


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _begin_of(text: str) -> datetime:
    return parse_moment(text if len(text) > 10 else f"{text}T00:00")


def _json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=lambda one: one.isoformat()))
