"""What is sent about tasks, campaigns, joint tasks and the calendar."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Moment, Text
from api.schemas import Act, Reason, VerdictSent, _Sent
from risk.domain.errors import RiskError
from risk.services.paging import LARGEST_ID

Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Office = Annotated[Text, Field(description="office code / 单位代码", examples=["420222-market_supervision"])]


class ReportSent(VerdictSent):
    """What verification found. While questions to other offices are open, ``reason`` says why it is reported all the same."""

    reason: LongText | None = Field(
        None, description="why without the answers of other offices / 协查未回复即反馈的理由", examples=["现场已足以认定事实"]
    )


class TransferSent(Reason):
    """A task that belongs elsewhere. ``suggested``: who should have it, for the desk to decide. ``to``: issued there at once, by those who decide."""

    suggested: Office | None = None
    to: Office | None = None


class Reissue(Act):
    """A task that was transferred back; without ``to`` the office that was suggested has it."""

    to: Office | None = None
    reason: LongText | None = None


class Assign(Act):
    """An officer for a task."""

    officer: Text = Field(description="account name / 承办人", examples=["李四"])
    reason: LongText | None = Field(None, examples=["原承办人休假"])


class Merge(Reason):
    """A duplicate."""

    into: Number = Field(examples=[12])


class Document(BaseModel):
    """A paper that an act rests on."""

    model_config = ConfigDict(extra="forbid")

    kind: Text = Field(examples=["检验委托书"])
    number: Text = Field(examples=["宜市监检〔2026〕12号"])
    date: Text | None = Field(None, examples=["2026-10-12"])


class Pause(Reason):
    """The clock stands still while something is tested."""

    documents: list[Document] = Field(min_length=1, max_length=20)


class Resume(Act):
    """The clock goes on."""

    documents: list[Document] = Field(min_length=1, max_length=20)


class Ask(Act):
    """A question to another office."""

    office: Office
    question: LongText = Field(examples=["该公司登记地是否在贵辖区？是否持有许可证？"])


class Answer(Act):
    """The answer to a question of another office."""

    text: LongText = Field(examples=["登记地在本辖区，许可证已于 2025 年注销"])
    documents: list[Document] = Field(default_factory=list, max_length=20)


class CopySent(_Sent):
    """A copy of the alert for other offices."""

    offices: list[Office] = Field(min_length=1, max_length=50, examples=[["420102-finance_lead"]])
    note: LongText = Field(examples=["该线索涉及预付资金，抄告贵单位知悉"])


class Receipt(_Sent):
    """A copy that was received."""

    note: LongText | None = Field(None, examples=["收悉"])


class Advise(Act):
    """A message to the trader."""

    channel: Literal["message", "letter", "telephone"] = "message"


class AdviceAnswer(Act):
    """What the trader answered."""

    answer: LongText = Field(examples=["已下架相关商品，附截图"])


class StageSent(Act):
    """The next stage, or a later one."""

    to: Literal["remote", "on_site"] | None = None
    reason: LongText | None = None


class Bulk(_Sent):
    """Many tasks at once; each has its own result. ``officer`` is for ``assign``, ``close`` for ``accept``."""

    ids: list[Number] = Field(min_length=1, max_length=200, examples=[[1, 2, 3]])
    officer: Text | None = Field(None, examples=["李四"])
    close: bool = False


class ChoiceSent(BaseModel):
    """Which subjects or alerts: by number, or by a filter."""

    model_config = ConfigDict(extra="forbid")

    what: Literal["subjects", "alerts"] = "subjects"
    ids: list[Number] = Field(default_factory=list, max_length=5_000, examples=[[1, 2]])
    region: Text | None = Field(None, examples=["武汉市"])
    model: Text | None = Field(None, examples=["false_medical_advertising"])
    grade: Literal["blue", "yellow", "orange", "red"] | None = None
    industry: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,6}$")] | None = Field(None, examples=["5251"])
    since: Moment | None = None


class CampaignSent(_Sent):
    """A campaign to draft."""

    name: Text = Field(min_length=1, examples=["2026 年医疗美容广告专项整治"])
    models: list[Text] = Field(min_length=1, max_length=20, examples=[["false_medical_advertising"]])
    basis: LongText = Field(description="legal basis or plan / 依据", examples=["广告法第十六条；2026 年度专项工作方案"])
    owner: Text = Field(examples=["王五"])
    owner_office: Office
    starts_on: date = Field(examples=["2026-10-12"])
    ends_on: date = Field(examples=["2026-12-31"])


class CampaignStart(_Sent):
    """What the campaign is about, frozen now."""

    choice: ChoiceSent


class CampaignAdd(_Sent):
    """More for a running campaign, with the reason."""

    choice: ChoiceSent
    reason: LongText = Field(examples=["上级交办"])


class CampaignEnd(_Sent):
    """The end of a campaign; a reason where tasks are still open."""

    reason: LongText | None = None


class PartSent(BaseModel):
    """What one office looks at."""

    model_config = ConfigDict(extra="forbid")

    office: Office
    what: LongText = Field(examples=["广告与价格"])


class JointSent(_Sent):
    """A joint task of several offices."""

    title: Text = Field(min_length=1, examples=["某医疗美容诊所"])
    lead: Office
    parts: list[PartSent] = Field(min_length=2, max_length=20)
    visit_on: date = Field(examples=["2026-10-14"])
    subject_id: Number | None = None
    alert_id: Number | None = None


class Visit(_Sent):
    """Another day for the visit."""

    visit_on: date = Field(examples=["2026-10-15"])
    reason: LongText = Field(examples=["当事人停业"])


class PartWithdrawn(_Sent):
    """An office that need not come after all."""

    office: Office
    reason: LongText = Field(examples=["不涉及该单位职责"])


class DaySent(_Sent):
    """A day of the calendar."""

    kind: Literal["holiday", "workday", "plain"]
    name_zh: Text = Field("", max_length=120, examples=["省庆假"])
    name_en: Text = Field("", max_length=120, examples=["provincial holiday"])
    source: Text = Field(min_length=1, description="number or address of the notice / 依据", examples=["鄂政办发〔2026〕1号"])


class NoticeSent(_Sent):
    """The yearly notice as CSV: ``date,kind,name_zh,name_en`` with ``holiday`` or ``workday`` (make-up)."""

    year: int = Field(ge=1990, le=2199, examples=[2027])
    text: LongText = Field(examples=["date,kind,name_zh\n2027-01-01,holiday,元旦\n"])
    source: Text = Field(min_length=1, examples=["国办发明电〔2026〕7号"])


class BulkResult(BaseModel):
    """What became of one of many."""

    id: int
    ok: bool
    state: str | None = None
    code: str | None = None
    detail: str | None = None

    @classmethod
    def refused(cls, number: int, error: RiskError, lang: str) -> BulkResult:
        """The result of one that was refused."""
        return cls(id=number, ok=False, code=error.code, detail=error.text(lang))


class Words(BaseModel):
    """The same in both languages."""

    zh: str
    en: str


class AdviceFirst(BaseModel):
    """Whether the trader may be advised first; if not, why."""

    possible: bool
    why_not: list[Words]
