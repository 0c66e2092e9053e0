"""What is sent to us, and the shape of a refusal. What we answer are the dataclasses of ``risk.services``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Moment, Text
from risk.services.paging import LARGEST_ID


class FieldError(BaseModel):
    """One part of a request that does not fit."""

    field: str = Field(examples=["body.facts"])
    type: str = Field(examples=["missing"])
    message: str = Field(examples=["this is missing"])


class Problem(BaseModel):
    """RFC 9457. ``code`` is stable; ``detail`` and ``hint`` are for people, in the language asked for."""

    type: str = Field(examples=["urn:risk:problem:task_not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["task_not_found"])
    detail: str = Field(examples=["no task with the number 7"])
    instance: str = Field(examples=["/api/v1/tasks/7"])
    hint: str | None = None
    errors: list[FieldError] | None = None


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])


def _loose(kind: str, text: str, example: Any) -> Any:
    """A field that is described but checked by intake, so that one bad row is quarantined and never stops the rest."""
    return Field(None, description=text, json_schema_extra={"type": kind, "examples": [example]})


class SignalSent(BaseModel):
    """One observed thing. Fields that are not listed are kept beside. Only ``text`` is needed."""

    model_config = ConfigDict(extra="allow")

    title: Any = _loose("string", "put before the text / 标题", "糖尿病的福音")
    text: Any = _loose("string", "what was observed / 正文", "三个疗程根治糖尿病，无效退款")
    time: Any = _loose("string", "when it was observed; without a zone: Asia/Shanghai / 时间", "2026-10-12 08:30")
    kind: Any = _loose("string", "content, report or warning / 信号类型", "content")
    region: Any = _loose("string", "division code, name or address / 地区", "武汉市江汉区")
    url: Any = _loose("string", "where it was seen / 链接", "https://shop.example/1")
    channel: Any = _loose("string", "channel / 渠道", "wechat")
    source_id: Any = _loose("string", "the source's own number / 来源编号", "T2026-0001")
    uscc: Any = _loose("string", "统一社会信用代码", "91420100MA4K000000")
    licence_no: Any = _loose("string", "licence number / 许可证号", "鄂AA0270001")
    platform: Any = _loose("string", "platform / 平台", "某平台")
    shop: Any = _loose("string", "shop / 店铺", "康健旗舰店")
    name: Any = _loose("string", "name of the subject / 主体名称", "某某医药有限公司")


class SignalsSent(_Sent):
    """One or many signals of one source."""

    source: Text = Field(description="name of the source / 来源", examples=["巡查"])
    signals: list[SignalSent]


class PreviewSent(BaseModel):
    """A text to judge without storing it."""

    model_config = ConfigDict(extra="forbid")

    text: LongText = Field(min_length=1, examples=["三个疗程根治糖尿病，无效退款"])
    models: list[Text] = Field(default_factory=list, max_length=20, description="all where none is given / 不填为全部")
    kind: Literal["content", "report", "warning"] | None = None
    channel: Text | None = None


class Act(_Sent):
    """A step of a task. ``version``, where given, must be the task's: else someone else was faster (409)."""

    version: int | None = Field(None, ge=1, le=2**31 - 1, examples=[1])


class Accept(Act):
    """Acceptance of a report; ``close`` closes the task in the same act."""

    close: bool = False


class Reason(Act):
    """A step that must be explained."""

    reason: LongText = Field(examples=["补充询问笔录"])


class Transfer(Reason):
    """A task that belongs elsewhere; without ``to`` the coordination desk decides."""

    to: Text | None = Field(None, description="office code / 承办单位代码")


class VerdictSent(Act):
    """What verification found."""

    code: Text = Field(description="result code of /verdicts/taxonomy / 核查结果代码", examples=["30"])
    sub_reason: Text | None = Field(None, examples=["context_misread"])
    facts: LongText = Field(description="what was found / 查明的事实", examples=["页面系科普文章，未宣传具体产品"])
    officers: list[Text] = Field(max_length=20, description="who verified, two / 核查人员（两名）", examples=[["张三", "李四"]])
    measures: LongText | None = None
    suggestion: LongText | None = None


class RunAsked(_Sent):
    """A run to start: which models (all where none is given), as of when (now)."""

    models: list[Text] = Field(default_factory=list, max_length=20, examples=[["illegal_fundraising.solicitation"]])
    as_of: Moment | None = None


class ReportAsked(_Sent):
    """A report to freeze."""

    period: Text = Field("latest", description="2026-10 or latest / 月份或 latest", examples=["2026-10"])
    region: Text | None = Field(None, description="of which place (code or name); nothing: all one may see / 地区", examples=["420500"])
    department: Text | None = Field(None, description="whose tasks; nothing: all one may see / 部门", examples=["market_supervision"])


class Repair(_Sent):
    """Values for columns of a refused row."""

    values: dict[Text, LongText] = Field(min_length=1, examples=[{"time": "2026-10-12"}])


class Resubmit(_Sent):
    """Rows to take in again; all that are repaired where none is given."""

    ids: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] | None = Field(None, max_length=500, examples=[[1, 2]])


class Dismiss(_Sent):
    """A row to put aside for good."""

    reason: LongText = Field(examples=["测试数据"])


class Named(_Sent):
    """Who acts, and nothing else."""
