"""Evidence on rules: back-tests as jobs, and the health of the rules in service."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Query, Response
from pydantic import Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, LongText, Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Named
from risk.domain.errors import ConflictError
from risk.scheduling.jobs import Job
from risk.services import backtest_views
from risk.services.backtest_views import BacktestRow, BacktestView
from risk.services.paging import Page

router = Router(prefix="/rule-evidence", tags=["rule-evidence"])


class BacktestAsked(Named):
    """A text of rules, or stored versions, or (with neither) rules in service; compared with the rules in service."""

    text: LongText | None = Field(
        None, description="rules to try / 待试规则", examples=['rule a "…"\n  model false_medical_advertising\n  when …']
    )
    stored: list[Text] = Field(default_factory=list, max_length=50, description="NAME@V / 已保存的版本", examples=[["guaranteed_cure@3"]])
    model: Text = Field("", description="where the rules do not say it / 模型", examples=["false_medical_advertising"])
    rules: list[Text] = Field(default_factory=list, max_length=200, description="only these / 只看这些规则", examples=[["guaranteed_cure"]])
    since: Moment | None = Field(None, description="the period begins after it (default: the first signal) / 起始")
    until: Moment | None = Field(None, description="its end (default: now) / 截止")


@router.get("/backtests", summary="回测列表 / List back-tests", dependencies=[needs("rules.read", whole=True)])
def list_backtests(
    svc: Svc,
    model: Text | None = None,
    status: Literal["queued", "running", "cancelling", "cancelled", "done", "failed"] | None = None,
    hash: Text | None = None,  # noqa: A002 - the parameter's name
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BacktestRow]:
    """The newest first. `hash` finds those that looked at exactly the same rules."""
    return svc.desk.read(backtest_views.list_backtests, model=model, status=status, hash_=hash, limit=limit, cursor=cursor)


@router.post(
    "/backtests",
    status_code=202,
    summary="提交回测 / Ask for a back-test",
    responses=problems(404, 409, 413),
    dependencies=[needs("rules.write", whole=True)],
)
def ask_backtest(sent: BacktestAsked, svc: Svc, who: Caller, response: Response) -> BacktestRow:
    """Rules that cannot run are refused at once. One back-test at a time: 409 while another runs. `Location` shows how it goes, and the figures."""
    from risk.services import backtest_asking  # brings pandas, which a server loads when it is asked for

    actor = acting(who, sent.actor)
    asked = backtest_asking.Asked(sent.text, tuple(sent.stored), sent.model, tuple(sent.rules), sent.since, sent.until)
    number = svc.desk.whole(backtest_asking.ask, svc.scorer(), asked, actor=actor, now=svc.desk.clock())
    try:
        svc.background.start(Job(f"backtest_{number}", "", "backtest", {"id": number}))
    except ConflictError:
        svc.desk.act(backtest_views.cancel, number, actor=actor, now=svc.desk.clock())
        raise
    response.headers["Location"] = f"/api/v1/rule-evidence/backtests/{number}"
    return svc.desk.read(backtest_views.get_backtest, number).backtest


@router.get(
    "/backtests/{backtest_id}",
    summary="回测进度与结果 / One back-test",
    responses=problems(404),
    dependencies=[needs("rules.read", whole=True)],
)
def get_backtest(backtest_id: Id, svc: Svc) -> BacktestView:
    """How far it is while it runs (`done` of `units`); the figures when it is done."""
    return svc.desk.read(backtest_views.get_backtest, backtest_id)


@router.post(
    "/backtests/{backtest_id}/cancel",
    summary="取消回测 / Cancel a back-test",
    responses=problems(404, 409),
    dependencies=[needs("rules.write", whole=True)],
)
def cancel_backtest(backtest_id: Id, sent: Named, svc: Svc, who: Caller) -> BacktestRow:
    """It stops after the chunk it is at; what was read is kept."""
    return svc.desk.act(backtest_views.cancel, backtest_id, actor=acting(who, sent.actor), now=svc.desk.clock())


@router.get("/health", summary="规则健康 / Health of the rules in service", dependencies=[needs("rules.read", whole=True)])
def rule_health(svc: Svc, model: list[Text] | None = Query(None, max_length=20, description="模型")) -> list[dict[str, Any]]:  # noqa: B008
    """By the newest finished back-test of the rules in service, with proposals: a person decides, nothing is changed. Empty where none is finished."""
    from risk.services import rule_health as service

    return svc.desk.read(service.examine, tuple(model or ()))
