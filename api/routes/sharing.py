"""Data sharing (数据共享): applications, decisions, keys and exports that are lent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, LongText, Services, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from api.schemas import _Sent
from risk.domain import sharing as law
from risk.domain.authority import Principal
from risk.services import share_exports, sharing
from risk.services.api_keys import NewKey
from risk.services.paging import Page
from risk.services.sharing import Application, ShareRow, ShareView

router = Router(prefix="/shares", tags=["sharing"])
READ, APPLY, DECIDE = [needs("sharing.read")], [needs("sharing.apply")], [needs("sharing.decide")]
ACT = problems(404, 409)
State = Literal["applied", "received", "granted", "refused", "withdrawn", "cancelled"]


class ApplicationSent(_Sent):
    """What a department asks for, where, for what, until when."""

    data: Literal["alerts", "tasks", "verdicts", "signals"]
    form: Literal["key", "export"] = "export"
    fields: list[Text] = Field(default_factory=list, max_length=60, description="of an export; all where none is given / 字段")
    region: Text = Field(min_length=1, description="whose data: code or name / 数据所属地区", examples=["420100"])
    department: Text = Field("", description="one of offices.toml; nothing: all / 部门", examples=["market_supervision"])
    purpose: LongText = Field(min_length=1, examples=["跨市案件并案研判"])
    basis: LongText = Field(min_length=1, description="依据", examples=["两市协作办案工作方案"])
    until: date = Field(description="the last day / 截止日")


class DecisionSent(_Sent):
    """A step with its reason."""

    reason: LongText = Field(min_length=1, examples=["与申请用途相符，同意"])
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class ShareKind(BaseModel):
    """A kind of data that can be applied for, with its fields."""

    data: str
    zh: str
    en: str
    permission: str
    fields: list[str]


@router.get("", summary="数据共享申请列表 / List applications", dependencies=READ)
def list_shares(
    svc: Svc,
    who: Caller,
    state: State | None = None,
    mine: Annotated[bool, Query(description="one's own / 本人提出的")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ShareRow]:
    """The newest first: of one's own offices, and those that ask for data one answers for."""
    return svc.desk.read(sharing.list_shares, svc.desk.clock(), who=who, state=state, mine=mine, limit=limit, cursor=cursor)


@router.get("/kinds", summary="可共享的数据 / What can be applied for", dependencies=READ)
def kinds() -> list[ShareKind]:
    """With the fields of exports. Personal data is masked in all of it."""
    return [
        ShareKind(data=code, zh=one.zh, en=one.en, permission=one.permission, fields=list(share_exports.fields_of(code)))
        for code, one in law.shareable().items()
    ]


@router.post("", summary="申请数据共享 / Apply for data", status_code=201, dependencies=APPLY)
def apply(sent: ApplicationSent, svc: Svc, who: Caller) -> ShareView:
    """By an account of an office. Whoever answers for the data decides."""
    me = _as(who, sent.actor)
    asked = Application(**sent.model_dump(exclude={"actor"}))
    return _show(svc, svc.desk.act(sharing.apply, asked, who=me, now=svc.desk.clock()), me)


@router.get("/{share_request_id}", summary="一项共享申请 / One application", responses=problems(404), dependencies=READ)
def get_share(share_request_id: Id, svc: Svc, who: Caller) -> ShareView:
    """With every step and every use."""
    return _show(svc, share_request_id, who)


@router.post("/{share_request_id}/receive", summary="受理 / Receive an application", responses=ACT, dependencies=DECIDE)
def receive(share_request_id: Id, sent: DecisionSent, svc: Svc, who: Caller) -> ShareView:
    """By whoever answers for the data, not by who applied."""
    return _take(svc, who, share_request_id, sent, sharing.receive)


@router.post("/{share_request_id}/grant", summary="授权 / Grant an application", responses=ACT, dependencies=DECIDE)
def grant(share_request_id: Id, sent: DecisionSent, svc: Svc, who: Caller) -> ShareView:
    """Lends one's own right, narrowed to what was asked for, until its last day."""
    return _take(svc, who, share_request_id, sent, sharing.grant)


@router.post("/{share_request_id}/refuse", summary="不予授权 / Refuse an application", responses=ACT, dependencies=DECIDE)
def refuse(share_request_id: Id, sent: DecisionSent, svc: Svc, who: Caller) -> ShareView:
    """With the reason."""
    return _take(svc, who, share_request_id, sent, sharing.refuse)


@router.post("/{share_request_id}/withdraw", summary="撤回授权 / Withdraw a grant", responses=ACT, dependencies=DECIDE)
def withdraw(share_request_id: Id, sent: DecisionSent, svc: Svc, who: Caller) -> ShareView:
    """At once: the next request with its key is refused."""
    return _take(svc, who, share_request_id, sent, sharing.withdraw)


@router.post("/{share_request_id}/cancel", summary="撤销申请 / Give an application up", responses=ACT, dependencies=APPLY)
def cancel(share_request_id: Id, sent: DecisionSent, svc: Svc, who: Caller) -> ShareView:
    """By who made it."""
    return _take(svc, who, share_request_id, sent, sharing.cancel)


@router.post("/{share_request_id}/key", summary="领取密钥 / Collect the key", status_code=201, responses=ACT, dependencies=APPLY)
def collect(share_request_id: Id, svc: Svc, who: Caller, response: Response) -> NewKey:
    """Told in this answer only. It lends the right of who granted it, and ends with the grant."""
    response.headers["Cache-Control"] = "no-store"
    return svc.desk.act(sharing.collect, share_request_id, who=_as(who, None), now=svc.desk.clock())


@router.get(
    "/{share_request_id}/export",
    summary="导出共享数据（留痕） / An export under a grant",
    response_class=Response,
    responses={**ACT, **files("text/csv", "application/x-ndjson")},
    dependencies=APPLY,
)
def export(share_request_id: Id, svc: Svc, who: Caller, form: Annotated[share_exports.Form, Query(alias="format")] = "csv") -> Response:
    """The chosen fields of what lies in both the grant and the scope of who granted it, as it is now."""
    name, text = svc.desk.act(sharing.export, share_request_id, form, who=who, now=svc.desk.clock())
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})


def _as(who: Principal, sent: str | None) -> Principal:
    return replace(who, name=acting(who, sent))


def _take(svc: Services, who: Principal, request_id: int, sent: DecisionSent, step: Callable[..., None]) -> ShareView:
    """One step of an application: with its reason, over the version that was seen."""
    me = _as(who, sent.actor)
    svc.desk.act(step, request_id, who=me, reason=sent.reason, now=svc.desk.clock(), version=sent.version)
    return _show(svc, request_id, me)


def _show(svc: Services, request_id: int, who: Principal) -> ShareView:
    return svc.desk.read(sharing.show, request_id, svc.desk.clock(), who=who)
