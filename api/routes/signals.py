"""Signals: posted one or many, listed, shown."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import SignalsSent
from risk.services import posting, views_signals
from risk.services.paging import Page
from risk.services.posting import PostSummary
from risk.services.views_signals import SignalFilter, SignalRow, SignalView

router = Router(prefix="/signals", tags=["signals"])


@router.post(
    "", summary="提交信号 / Post one or many signals", responses=problems(409, 413), dependencies=[needs("signals.write", whole=True)]
)
def post_signals(sent: SignalsSent, svc: Svc, who: Caller) -> PostSummary:
    """The same checks as a file: a row that does not pass is quarantined with its reasons and stops nothing. The same post again changes nothing."""
    rows = [one.model_dump(exclude_unset=True) for one in sent.signals]
    actor = acting(who, sent.actor)
    return svc.desk.act(posting.post, rows, source=sent.source, actor=actor, now=svc.desk.clock())


@router.get("", summary="信号列表 / List signals", dependencies=[needs("signals.read")])
def list_signals(
    svc: Svc,
    who: Caller,
    source: Text | None = None,
    region: Text | None = None,
    subject: Text | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    channel: Text | None = None,
    kind: Literal["content", "report", "warning", "case"] | None = None,
    text: Annotated[Text | None, Query(description="in the text as it may be shown / 正文包含（脱敏后）")] = None,
    judged: Annotated[bool | None, Query(description="judged by a model or not yet / 是否已研判")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SignalRow]:
    """The newest received first. `region` includes what lies below it; `subject` is a USCC, a key or a name; `since` and `until` look at when it was observed.

    `text` is looked for in what may be shown: who searches learns nothing that is masked. A page may then hold fewer rows than asked for and still have a cursor.
    """
    filters = SignalFilter(source, region, subject, since, until, channel, kind, text, judged)
    return svc.desk.look(views_signals.list_signals, filters, limit=limit, cursor=cursor, scope=who.scope)


@router.get("/{signal_id}", summary="信号详情 / One signal", responses=problems(404), dependencies=[needs("signals.read")])
def get_signal(signal_id: Id, svc: Svc, who: Caller) -> SignalView:
    """With the newest judgement of each model and the alerts it stands behind."""
    return svc.desk.read(views_signals.get_signal, signal_id, scope=who.scope)
