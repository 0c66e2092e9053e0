"""What is sent to alerts, suppressions, the duty table and officers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Moment, Text
from api.schemas import _Sent
from risk.services.paging import LARGEST_ID

GradeCode = Literal["blue", "yellow", "orange", "red"]
Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class SubjectSent(BaseModel):
    """Whom a clue speaks of: what is known, nothing guessed."""

    model_config = ConfigDict(extra="forbid")

    uscc: Text | None = Field(None, description="统一社会信用代码", examples=["91420100MA4K000000"])
    licence_no: Text | None = None
    platform: Text | None = None
    shop: Text | None = None
    name: Text | None = Field(None, examples=["某某诊所"])


class ReporterSent(BaseModel):
    """Who told it: personal data, kept apart, shown masked."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Text, Field(max_length=200)] | None = None
    phone: Annotated[Text, Field(max_length=60)] | None = None
    address: Text | None = None
    wants_answer: bool = Field(default=False, description="要求答复 / asks to be told what came of it")


class AlertEntered(_Sent):
    """A clue entered by hand: its text, or the number of a signal that is stored already."""

    key: Annotated[Text, Field(min_length=1, max_length=200)] = Field(
        description="the client's own key: sent again, it is the same entry / 客户端幂等键", examples=["12345-2026-11-22-001"]
    )
    model: Text = Field(description="risk model / 模型", examples=["false_medical_advertising"])
    reason: LongText = Field(description="why it is entered / 登记理由", examples=["来电人描述具体，地址明确"])
    text: LongText = Field("", description="what the clue says / 线索内容", examples=["来电反映一元路某诊所张贴“三个疗程根治糖尿病”"])
    signal: Number | None = Field(None, description="a stored signal instead of a text / 已有信号编号")
    as_seen: bool = Field(
        default=False, description="the text is what a trader published, word for word / 内容是经营者发布的原文，而非他人转述"
    )
    channel: Text = Field("telephone", description="telephone, letter, visit, online, transfer, patrol / 接收方式", examples=["telephone"])
    source: Text = Field("", description="named source; by the channel where none is given / 来源")
    received_at: Moment | None = Field(None, description="when it reached the office / 接收时间")
    subject: SubjectSent | None = None
    region: Text | None = Field(None, description="division code, name or address / 地区", examples=["武汉市江岸区"])
    url: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] | None = None
    grade: GradeCode | None = Field(None, description="the person's grade, within limits; else the models' / 人工定级", examples=["yellow"])
    judge: bool = Field(default=True, description="let rules and models judge it at once / 是否立即研判")
    reporter: ReporterSent | None = None


class Why(_Sent):
    """An act that must be explained."""

    reason: LongText = Field(examples=["回访举报人"])


class ConditionSent(BaseModel):
    """Parts that must all match; one of subject, source, content_hash, shop must be given."""

    model_config = ConfigDict(extra="forbid")

    subject: Text | None = Field(None, description="the subject's key / 主体标识", examples=["91420100MA4K000000"])
    source: Text | None = Field(None, description="name of the source / 来源", examples=["巡查"])
    content_hash: Text | None = None
    shop: Text | None = Field(None, description="platform/shop / 平台/店铺")
    region: Text | None = Field(None, description="a city or below, with what lies in it / 地区（市级及以下）")
    channel: Text | None = None
    rule_alone: Text | None = Field(None, description="the only rule that fired / 唯一命中的规则")

    def parts(self) -> dict[str, str]:
        """What was given."""
        return {name: str(value) for name, value in self.model_dump(exclude_none=True).items()}


class SuppressionSent(_Sent):
    """A suppression; with ``dry_run`` it only counts what it would suppress. Whoever acts is its owner."""

    condition: ConditionSent
    model: Text | None = Field(None, description="all where none is given / 不填为全部", examples=["false_medical_advertising"])
    reason: LongText = Field(examples=["该来源为培训样例，已与来源单位核实"])
    expires_at: Moment
    dry_run: bool = False


class SuppressionRevised(_Sent):
    """A new version: another end, other parts, or taken from trial into force."""

    condition: ConditionSent | None = Field(None, description="as it was where none is given / 不填则不变")
    reason: LongText = Field(examples=["复核后延长"])
    expires_at: Moment
    dry_run: bool | None = None


class TrialAsked(BaseModel):
    """A condition to try on what was judged in [since, until)."""

    model_config = ConfigDict(extra="forbid")

    condition: ConditionSent
    model: Text | None = None
    since: Moment
    until: Moment | None = None


class DutySent(BaseModel):
    """One order on the duty table: from a day on, for a model, in a division (or in every one of a level inside it)."""

    model_config = ConfigDict(extra="forbid")

    model: Text = Field(examples=["illegal_drug_sales"])
    region: Text = Field(description="division code or name / 行政区划", examples=["420102"])
    level: Literal["county", "city", "province"] | None = Field(None, description="every division of this level inside / 区域内该层级全部")
    office: Text | None = Field(None, description="office code; none: nobody is in charge here / 承办单位代码；空为无职责")
    valid_from: date
    valid_to: date | None = Field(None, description="included; none: until further notice / 含当日；空为长期")


class DutiesSent(_Sent):
    """Orders, applied together as one version."""

    reason: LongText = Field(examples=["机构改革，职责移交"])
    changes: list[DutySent] = Field(min_length=1, max_length=500)


class DutiesTried(BaseModel):
    """Orders tried on the alerts of a period, as if they had been in force then."""

    model_config = ConfigDict(extra="forbid")

    changes: list[DutySent] = Field(min_length=1, max_length=500)
    since: Moment
    until: Moment | None = None


class FallbackSent(_Sent):
    """The office that takes what no duty reaches."""

    office: Text = Field(examples=["420000-market_supervision"])
    reason: LongText


class OfficerSent(_Sent):
    """An officer of an office."""

    name: Annotated[Text, Field(min_length=1, max_length=120)] = Field(examples=["张三"])
    office: Text = Field(examples=["420102-market_supervision"])
    weekly_capacity: int = Field(5, ge=0, le=1000, description="tasks a week / 每周可办件数")
    active: bool = True


class LeaveSent(_Sent):
    """Days on which an officer is away, both included; open tasks go to the deputy, else by load."""

    first_day: date
    last_day: date
    deputy: Number | None = Field(None, description="number of another officer of the office / 代理人编号")
    reason: LongText = Field(examples=["年休假"])


class AssignSent(_Sent):
    """Who should have a task; without an officer the least loaded one."""

    officer: Number | None = None
    reason: LongText | None = None


class AssignmentSent(_Sent):
    """How an office gives out its tasks."""

    assignment: Literal["automatic", "head", "take"]
