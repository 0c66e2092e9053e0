"""Case files of events (重点事件跟踪): opened, joined, written in, linked, eased, closed; their timeline, figures and exports."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Form, Query, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, LongText, Moment, Services, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from api.schemas import _Sent
from risk.domain.authority import Principal
from risk.services import (
    attachment_files,
    case_file_attachments,
    case_file_export,
    case_file_figures,
    case_file_links,
    case_file_timeline,
    case_file_words,
    case_files,
)
from risk.services.case_file_attachments import CaseAttachment
from risk.services.case_file_figures import CaseFigures
from risk.services.case_file_links import Linked, Objects
from risk.services.case_file_timeline import Timeline
from risk.services.case_file_words import Thing
from risk.services.case_files import CaseFileFilter, CaseFileRow, CaseFileView, Written
from risk.services.paging import LARGEST_ID, Page
from risk.services.task_acts import require_office

router = Router(prefix="/case-files", tags=["case files"])
READ, WRITE = [needs("events.read")], [needs("events.write")]
ACT = problems(404, 409)
State = Literal["opened", "active", "easing", "closed"]
Level = Literal["ordinary", "larger", "major", "gravest"]
Linkable = Literal["alert", "subject", "signal", "task", "verdict", "act"]
Listed = Literal["alert", "subject", "signal", "complaint", "task", "open_task", "verdict", "act"]
Kind = Literal["written", "file", "link", "offer", "signal", "alert", "task", "task_event", "verdict", "verdict_event", "act"]
Aspect = Literal["cause", "development", "impact", "opinion", "response", "measure", "result"]
Office = Annotated[Text, Field(description="office code / 单位代码", examples=["420500-market_supervision"])]
Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Why = Annotated[LongText, Field(min_length=1, examples=["舆情升温，需跟踪处置"])]
BYTES = "application/octet-stream"


class CaseFileSent(_Sent):
    """A file to open, with its cause."""

    title: Text = Field(min_length=1, examples=["某平台“根治糖尿病”系列广告"])
    model: Text = Field(description="the field / 领域（模型）", examples=["false_medical_advertising"])
    level: Level = "ordinary"
    places: list[Text] = Field(min_length=1, max_length=20, description="codes or names / 地区", examples=[["420500"]])
    lead_office: Office
    owner: Text = Field(min_length=1, description="who is responsible / 负责人", examples=["王五"])
    cause: LongText = Field(min_length=1, examples=["多名消费者投诉同一系列广告"])
    offices: list[Office] = Field(default_factory=list, max_length=50, description="that take part from the beginning / 参与单位")
    at: Moment | None = Field(None, description="when the cause happened; now / 起因发生时间")


class CaseFileChange(_Sent):
    """Particulars to change; what is not given stays."""

    title: Text | None = Field(None, min_length=1)
    level: Level | None = Field(None, examples=["major"])
    places: list[Text] | None = Field(None, min_length=1, max_length=20)
    owner: Text | None = Field(None, min_length=1)
    reason: Why
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class StepSent(_Sent):
    """A step of a file's life."""

    step: Literal["activate", "ease", "close", "reopen"] = Field(examples=["activate"])
    reason: Why
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class OfficeSent(_Sent):
    """An office that is to take part, or no longer."""

    office: Office
    reason: Why


class EntrySent(_Sent):
    """What happened, by aspect; `amount` in yuan; `supersedes`: the entry this one corrects."""

    kind: Aspect | Literal["note"] = Field(examples=["development"])
    text: LongText = Field(min_length=1, examples=["平台已下架 12 条广告"])
    at: Moment | None = None
    amount: Text | None = Field(None, description="money involved, yuan / 涉及金额（元）", examples=["120000.00"])
    due_on: date | None = Field(None, description="of a measure / 措施的完成期限")
    supersedes: Number | None = None


class LinkSent(_Sent):
    """Things to take in."""

    kind: Linkable = Field(examples=["alert"])
    ids: list[Number] = Field(min_length=1, max_length=200, examples=[[1]])
    note: LongText | None = None


class ReasonSent(_Sent):
    """Why something is taken out or not wanted."""

    reason: Why


class DeclineSent(ReasonSent):
    """A new alert of a linked subject that does not belong here."""

    alert_id: Number = Field(examples=[1])


class Made(BaseModel):
    """The number of an entry."""

    id: int


@router.get("", summary="重点事件列表 / List case files", responses=problems(422), dependencies=READ)
def list_case_files(
    svc: Svc,
    who: Caller,
    state: State | None = None,
    active: Annotated[bool, Query(description="not closed / 未结卷")] = False,
    model: Text | None = None,
    level: Level | None = None,
    region: Annotated[Text | None, Query(description="code or name, with what lies below / 地区，含下级")] = None,
    office: Text | None = None,
    text: Annotated[Text | None, Query(description="in the title, or the number / 标题包含或卷号")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CaseFileRow]:
    """The newest first: those that one's own offices lead or take part in."""
    filters = CaseFileFilter(state, active, model, level, region, office, text)
    return svc.desk.read(case_files.list_files, filters, limit=limit, cursor=cursor, scope=who.scope)


@router.post("", summary="立卷 / Open a case file", status_code=201, responses=ACT, dependencies=WRITE)
def create(sent: CaseFileSent, svc: Svc, who: Caller) -> CaseFileView:
    """Led by an office inside one's scope; other offices may be asked to take part."""
    given = sent.model_dump(exclude={"actor"})

    def make(conn: Any) -> int:
        require_office(conn, who.scope, sent.lead_office)
        return case_files.create(conn, **given, actor=acting(who, sent.actor), now=svc.desk.clock())

    return _show(svc, svc.desk.act(make), who)


@router.get("/find", summary="检索可关联对象 / Find something to link", responses=problems(422), dependencies=READ)
def find(svc: Svc, who: Caller, kind: Linkable, q: Text = "") -> list[Thing]:
    """By number, or by words of title, name, code or text; of what one may see, the newest first, twenty at most."""
    return list(svc.desk.read(case_file_words.find, kind, q, scope=who.scope))


@router.get("/{case_file_id}", summary="一个重点事件 / One case file", responses=problems(404), dependencies=READ)
def get_case_file(case_file_id: Id, svc: Svc, who: Caller) -> CaseFileView:
    """Its head, offices, which aspects are written, and the steps that can follow for whoever asks."""
    return _show(svc, case_file_id, who)


@router.patch("/{case_file_id}", summary="修改卷宗信息 / Change particulars", responses=ACT, dependencies=WRITE)
def change(case_file_id: Id, sent: CaseFileChange, svc: Svc, who: Caller) -> CaseFileView:
    """By the lead office; what was before stands in the timeline."""
    given = {name: value for name in ("title", "level", "places", "owner") if (value := getattr(sent, name)) is not None}
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version}
    svc.desk.act(case_files.change, case_file_id, given, **said, scope=who.scope)
    return _show(svc, case_file_id, who)


@router.post("/{case_file_id}/steps", summary="状态变更 / Move a case file on", responses=ACT, dependencies=WRITE)
def step(case_file_id: Id, sent: StepSent, svc: Svc, who: Caller) -> CaseFileView:
    """By the lead office, with the reason. To close takes a result in the file."""
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version}
    svc.desk.act(case_files.step, case_file_id, sent.step, **said, scope=who.scope)
    return _show(svc, case_file_id, who)


@router.post("/{case_file_id}/offices", summary="请单位参与 / Let an office take part", responses=ACT, dependencies=WRITE)
def join(case_file_id: Id, sent: OfficeSent, svc: Svc, who: Caller) -> CaseFileView:
    """It sees the file from now on, and of what is linked what lies in its own scope."""
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    svc.desk.act(case_files.join, case_file_id, sent.office, **said, scope=who.scope)
    return _show(svc, case_file_id, who)


@router.post("/{case_file_id}/offices/leave", summary="单位退出 / An office takes part no longer", responses=ACT, dependencies=WRITE)
def leave(case_file_id: Id, sent: OfficeSent, svc: Svc, who: Caller) -> CaseFileView:
    """What it wrote and linked stays."""
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    svc.desk.act(case_files.leave, case_file_id, sent.office, **said, scope=who.scope)
    return _show(svc, case_file_id, who)


@router.post("/{case_file_id}/entries", summary="登记 / Write in a case file", status_code=201, responses=ACT, dependencies=WRITE)
def write(case_file_id: Id, sent: EntrySent, svc: Svc, who: Caller) -> Made:
    """Cause, development, impact, opinion, response, measure, result, or a note. What is written stays; a correction is an entry of its own."""
    entry = Written(**sent.model_dump(exclude={"actor"}))
    said: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "office": who.office_code}
    return Made(id=svc.desk.act(case_files.write, case_file_id, entry, **said, scope=who.scope))


@router.post("/{case_file_id}/links", summary="关联对象 / Link things", status_code=201, responses=ACT, dependencies=WRITE)
def link(case_file_id: Id, sent: LinkSent, svc: Svc, who: Caller) -> Linked:
    """Things that one may see; what is linked already stays as it is."""
    said: dict[str, Any] = {"note": sent.note, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    return svc.desk.act(case_file_links.link, case_file_id, sent.kind, sent.ids, **said, scope=who.scope)


@router.post(
    "/{case_file_id}/links/{case_file_link_id}/remove",
    summary="移除关联 / Take a thing out",
    status_code=204,
    responses=ACT,
    dependencies=WRITE,
)
def unlink(case_file_id: Id, case_file_link_id: Id, sent: ReasonSent, svc: Svc, who: Caller) -> Response:
    """The link stays on the record with the reason."""
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    svc.desk.act(case_file_links.unlink, case_file_id, case_file_link_id, **said, scope=who.scope)
    return Response(status_code=204)


@router.get("/{case_file_id}/objects", summary="关联的对象 / Things of a case file", responses=problems(404), dependencies=READ)
def objects(case_file_id: Id, svc: Svc, who: Caller, kind: Listed = "alert", known: Moment | None = None) -> Objects:
    """Of one kind, with what hangs on linked ones; `outside` counts links that lie outside one's scope."""
    return svc.desk.read(case_file_links.objects, case_file_id, kind, known or svc.desk.clock(), scope=who.scope)


@router.get("/{case_file_id}/offers", summary="待确认的新预警 / New clues on linked subjects", responses=problems(404), dependencies=READ)
def offers(case_file_id: Id, svc: Svc, who: Caller) -> list[Thing]:
    """Offered, never added by themselves: link one, or decline it."""
    return list(svc.desk.read(case_file_links.offers, case_file_id, scope=who.scope))


@router.post(
    "/{case_file_id}/offers/decline", summary="不纳入 / Decline an offered clue", status_code=204, responses=ACT, dependencies=WRITE
)
def decline(case_file_id: Id, sent: DeclineSent, svc: Svc, who: Caller) -> Response:
    """It is not offered again."""
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    svc.desk.act(case_file_links.decline, case_file_id, sent.alert_id, **said, scope=who.scope)
    return Response(status_code=204)


@router.get("/{case_file_id}/timeline", summary="时间线 / The timeline", responses=problems(404), dependencies=READ)
def timeline(
    case_file_id: Id,
    svc: Svc,
    who: Caller,
    known: Annotated[Moment | None, Query(description="as it was known at a moment; now / 按某时点已知")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    only: Annotated[list[Kind] | None, Query(max_length=12)] = None,
    aspect: Annotated[list[Aspect] | None, Query(max_length=8)] = None,
) -> Timeline:
    """The newest first: what people wrote, what was done to the file, what happened to what it gathers."""
    said: dict[str, Any] = {"since": since, "until": until, "only": tuple(only or ()), "aspects": tuple(aspect or ())}
    return svc.desk.read(case_file_timeline.timeline, case_file_id, known or svc.desk.clock(), **said, scope=who.scope)


@router.get("/{case_file_id}/figures", summary="数据 / Figures", responses=problems(404), dependencies=READ)
def figures(case_file_id: Id, svc: Svc, who: Caller, known: Moment | None = None) -> CaseFigures:
    """Each with the query that lists what it counts."""
    return svc.desk.read(case_file_figures.figures, case_file_id, known or svc.desk.clock(), scope=who.scope)


@router.get(
    "/{case_file_id}/export",
    summary="导出时间线（留痕） / Export the timeline",
    response_class=Response,
    responses={**files("application/json", "text/csv"), **problems(404)},
    dependencies=READ,
)
def export(
    case_file_id: Id,
    svc: Svc,
    who: Caller,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    known: Moment | None = None,
) -> Response:
    """For a special report, as of a moment. JSON has the head and the figures too."""
    now = svc.desk.clock()
    name, text = svc.desk.act(case_file_export.export, case_file_id, known or now, form, actor=who.name, now=now, scope=who.scope)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/{case_file_id}/attachments", summary="附件 / Attachments of a case file", responses=problems(404), dependencies=READ)
def list_attachments(case_file_id: Id, svc: Svc, who: Caller) -> list[CaseAttachment]:
    """The newest first; removed ones say by whom and why."""
    return list(svc.desk.read(case_file_attachments.list_attachments, case_file_id, scope=who.scope))


@router.post(
    "/{case_file_id}/attachments",
    summary="上传附件 / Attach a file",
    status_code=201,
    responses=problems(404, 409, 413),
    dependencies=WRITE,
)
def attach(
    case_file_id: Id, file: UploadFile, svc: Svc, who: Caller, actor: Annotated[Text | None, Form(description="操作人")] = None
) -> CaseAttachment:
    """The kind of file is told by its content; the same content again is the same attachment."""
    name, folder = acting(who, actor), _folder(svc)
    svc.desk.read(case_file_attachments.check_room, case_file_id, scope=who.scope)
    stored = attachment_files.take_in(folder, file.file)
    said: dict[str, Any] = {"actor": name, "now": svc.desk.clock(), "scope": who.scope}
    return svc.desk.act(case_file_attachments.add, folder, case_file_id, stored, file.filename or "", **said)


@router.get(
    "/{case_file_id}/attachments/{case_file_attachment_id}",
    summary="下载附件（留痕） / Download an attachment",
    response_class=Response,
    responses={**files(BYTES), **problems(404, 409)},
    dependencies=READ,
)
def fetch(case_file_id: Id, case_file_attachment_id: Id, svc: Svc, who: Caller) -> Response:
    """Pictures without what the camera wrote beside them."""
    said: dict[str, Any] = {"actor": who.name, "now": svc.desk.clock(), "scope": who.scope}
    found = svc.desk.act(case_file_attachments.download, _folder(svc), case_file_id, case_file_attachment_id, **said)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store, private",
    }
    if found.path is not None:
        return FileResponse(found.path, media_type=BYTES, headers=headers)
    return Response(found.content, media_type=BYTES, headers=headers)


@router.post(
    "/{case_file_id}/attachments/{case_file_attachment_id}/remove",
    summary="删除附件 / Remove an attachment",
    responses=ACT,
    dependencies=WRITE,
)
def detach(case_file_id: Id, case_file_attachment_id: Id, sent: ReasonSent, svc: Svc, who: Caller) -> CaseAttachment:
    """The row stays."""
    said: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    return svc.desk.act(case_file_attachments.remove, case_file_id, case_file_attachment_id, **said, scope=who.scope)


def _show(svc: Services, case_file_id: int, who: Principal) -> CaseFileView:
    return svc.desk.read(case_files.show, case_file_id, scope=who.scope)


def _folder(svc: Services) -> Path:
    return attachment_files.folder_of(svc.settings.home)
