"""What is sent to us about reports and the exposure board."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Moment, Text
from risk.services.paging import LARGEST_ID

Kind = Literal["daily", "weekly", "monthly", "special", "offices"]
State = Literal["draft", "approved", "signed", "published", "withdrawn"]
Step = Literal["approve", "send_back", "sign", "publish", "withdraw"]
Format = Literal["html", "pdf", "docx", "xlsx", "json"]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])


class IssueAsked(_Sent):
    """A report to make."""

    kind: Kind = Field(description="日报、周报、月报、专报、监管效能评估", examples=["monthly"])
    period: Text = Field(
        "latest", description="2026-10-31, 2026-W44, 2026-10, 2026-Q4, 2026, 2026-10-01..2026-10-15 or latest", examples=["2026-10"]
    )
    about: Text = Field(
        "", description="of a special report: model:<name>, place:<code or name>, event:<number> / 专报的对象", examples=[""]
    )
    region: Text | None = Field(None, description="of which place; nothing: all one may see / 地区", examples=["420500"])
    department: Text | None = Field(None, description="whose tasks; nothing: all one may see / 部门", examples=["market_supervision"])
    cutoff: Moment | None = Field(
        None, description="nothing: the newest finished run / 数据截止时刻", examples=["2026-11-01T00:00:00+08:00"]
    )


class Remark(_Sent):
    """What a person writes into a chapter of a draft; nothing takes it out."""

    chapter: Text = Field(examples=["outlook"])
    text: LongText = Field(examples=["总体平稳，节前注意。"])
    version: int | None = Field(None, ge=1, le=LARGEST_ID, examples=[1])


class Dressing(_Sent):
    """What the printed document carries besides its text, as of GB/T 9704-2012: only what is given. Replaces what was given before."""

    values: dict[Text, Any] = Field(
        description="letterhead, issuer, printer, date, signer, addressees[], copies[], annexes[], copy_number, secrecy, urgency / 公文要素",
        examples=[{"copies": ["省药监局"], "issuer": "湖北省市场监督管理局"}],
        max_length=20,
    )
    version: int | None = Field(None, ge=1, le=LARGEST_ID, examples=[1])


class StepTaken(_Sent):
    """A step of a report."""

    reason: LongText = Field("", description="to send back or withdraw / 退回、撤回的理由", examples=[""])
    number: Text = Field("", max_length=60, description="文号, with publish", examples=[""])
    version: int | None = Field(None, ge=1, le=LARGEST_ID, examples=[1])


class ExposureDraft(_Sent):
    """An entry of the exposure board."""

    verdict_id: int = Field(ge=1, le=LARGEST_ID, examples=[1])
    title: Text = Field(examples=["某公司发布虚假医疗广告被查处"])
    text: LongText = Field(examples=["经核查，该公司的行为属实，已依法立案查处。"])


class ExposureRevised(_Sent):
    """Other words of a draft."""

    title: Text = Field(examples=["某公司发布虚假医疗广告被查处"])
    text: LongText = Field(examples=["经核查，该公司的行为属实，已依法立案查处。"])
    version: int | None = Field(None, ge=1, le=LARGEST_ID, examples=[1])


class ExposurePublished(_Sent):
    """Putting an entry on the board."""

    version: int | None = Field(None, ge=1, le=LARGEST_ID, examples=[1])


class ExposureWithdrawn(_Sent):
    """Taking an entry down."""

    reason: LongText = Field(examples=["当事人已整改完毕，公示期满。"])
    version: int | None = Field(None, ge=1, le=LARGEST_ID, examples=[1])
