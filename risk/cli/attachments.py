"""``risk attachments``: files of tasks, verdicts and appeals."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from risk.cli.output import lang, tell
from risk.cli.task_text import moment
from risk.cli.verdicts import ACTOR, FORMAT, REASON, desk, show_json
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say
from risk.domain.system_messages import reason_of
from risk.settings import Settings

register(
    {
        "attachments_none": ("没有附件", "no attachments"),
        "attachment_row": (
            "{id}  任务 {task}  {name}  {size} 字节  {hash}  {by} {at}{gone}",
            "{id}  task {task}  {name}  {size} bytes  {hash}  {by} {at}{gone}",
        ),
        "attachment_gone_mark": ("  （{by} 删除：{reason}）", "  (removed by {by}: {reason})"),
        "attachment_written": ("已写到 {path}", "written to {path}"),
        "attachments_whole": ("{count} 个附件的内容与登记的哈希一致", "the content of {count} attachment(s) is what its hash says"),
        "attachments_damaged": ("{count} 个内容缺失或者被改动：{hashes}", "{count} missing or altered: {hashes}"),
    }
)


@click.group()
def attachments() -> None:
    """Files of tasks, verdicts and appeals / 附件."""


@attachments.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--task", type=int, help="task / 任务")
@click.option("--appeal", type=int, help="open appeal / 申诉")
@ACTOR
def add(path: Path, task: int | None, appeal: int | None, actor: str) -> None:
    """Attach a file to a task or an appeal / 添加附件."""
    from risk.services import appeals, attachment_files
    from risk.services import attachments as service

    at, folder = desk(), _folder()
    of = at.read(appeals.task_of, task, appeal)
    at.act(service.check_room, of)
    try:
        with path.open("rb") as file:
            stored = attachment_files.take_in(folder, file)
    except OSError as error:
        raise InvalidInputError("place_refused", path=path, reason=reason_of(error)) from error
    made = at.act(service.add, folder, of, stored, path.name, actor=actor, now=at.clock(), appeal_id=appeal)
    tell(
        "attachment_row",
        id=made.id,
        task=made.task_id,
        name=made.name,
        size=made.size,
        hash=made.sha256[:12],
        by=made.uploader,
        at=moment(made.uploaded_at),
        gone="",
    )


@attachments.command("list")
@click.option("--task", type=int, help="task / 任务")
@click.option("--verdict", type=int, help="verdict / 结论")
@click.option("--removed", is_flag=True, help="removed ones, too / 含已删除")
@FORMAT
def list_(*, task: int | None, verdict: int | None, removed: bool, form: str) -> None:
    """Attachments, the newest first / 附件列表."""
    from risk.services import attachments as service

    page = desk().read(service.list_attachments, task=task, verdict=verdict, removed=removed, limit=500)
    if form == "json":
        show_json(asdict(page))
        return
    for one in page.items:
        gone = say("attachment_gone_mark", lang(), by=one.removed_by, reason=one.removed_reason) if one.removed_at else ""
        facts = {"id": one.id, "task": one.task_id, "name": one.name, "size": one.size, "hash": one.sha256[:12], "by": one.uploader}
        tell("attachment_row", **facts, at=moment(one.uploaded_at), gone=gone)
    if not page.items:
        tell("attachments_none")


@attachments.command()
@click.argument("attachment_id", metavar="ID", type=int)
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--original", is_flag=True, help="the very bytes, with what the camera wrote / 原件")
@ACTOR
def get(attachment_id: int, target: Path, actor: str, *, original: bool) -> None:
    """Write an attachment to a file; on the record / 取出附件，留痕."""
    from risk.domain.authority import local_principal
    from risk.services import attachments as service

    at = desk()
    found = at.act(service.download, _folder(), attachment_id, original=original, who=local_principal(actor), now=at.clock())
    with target.open("xb") as out:
        out.write(found.path.read_bytes() if found.path is not None else found.content or b"")
    tell("attachment_written", path=target)


@attachments.command()
@click.argument("attachment_id", metavar="ID", type=int)
@REASON
@ACTOR
def remove(attachment_id: int, reason: str, actor: str) -> None:
    """Take an attachment away; its row stays / 删除附件."""
    from risk.domain.authority import local_principal
    from risk.services import attachments as service

    at = desk()
    one = at.act(service.remove, attachment_id, reason=reason, who=local_principal(actor), now=at.clock())
    gone = say("attachment_gone_mark", lang(), by=one.removed_by, reason=one.removed_reason)
    tell(
        "attachment_row",
        id=one.id,
        task=one.task_id,
        name=one.name,
        size=one.size,
        hash=one.sha256[:12],
        by=one.uploader,
        at=moment(one.uploaded_at),
        gone=gone,
    )


@attachments.command()
def check() -> None:
    """Whether all content is there and is what was handed in / 校验附件."""
    from risk.services import attachments as service

    at = desk()
    wrong, every = at.read(service.damaged, _folder()), at.read(service.named)
    if wrong:
        raise InvalidInputError("attachments_damaged", count=len(wrong), hashes=", ".join(one[:12] for one in wrong))
    tell("attachments_whole", count=len(every))


def _folder() -> Path:
    from risk.services.attachment_files import folder_of

    return folder_of(Settings.from_environment().home)
