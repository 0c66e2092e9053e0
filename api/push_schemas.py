"""What is sent about pushes. Secrets come in and never go out: no answer has a field for them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.deps import Moment, Text
from risk.services.paging import LARGEST_ID

Kind = Literal["webhook", "smtp", "wecom", "dingtalk", "feishu"]
State = Literal["pending", "failed", "sent", "dead"]
Short = Annotated[Text, Field(max_length=80)]
Several = Annotated[list[Annotated[Text, Field(max_length=200)]], Field(max_length=50)]
Address = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Secret = Annotated[SecretStr, Field(max_length=200)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])


class PushActed(_Sent):
    """An act on a target that needs nothing else."""


class TargetSent(_Sent):
    """A target to add."""

    name: Short = Field(description="letters, digits, _ . - / 名称", examples=["yichang-platform"])
    kind: Kind = Field(examples=["webhook"])
    address: Address = Field(
        description="must be on the list of RISK_PUSH_ALLOW / 须在许可名单内", examples=["https://hooks.example.gov.cn/in"]
    )
    events: Several = Field(["*"], min_length=1, description="names or their beginnings / 事件", examples=[["task.*", "alert.raised"]])
    lang: Literal["zh", "en"] = "zh"
    division: Annotated[Text, Field(max_length=12)] = Field("", description="only offices of it and below / 区划代码", examples=["420500"])
    department: Short = Field("", examples=["market_supervision"])
    digest: Short = Field(
        "", description="`every 30m` or `at 09:00,14:00` in working time; nothing: at once / 汇总时间", examples=["every 30m"]
    )
    secret: Secret | None = Field(
        None,
        examples=["whsec_ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtl"],
        description="signs webhooks (whsec_…), DingTalk and Feishu robots; never shown / 签名密钥",
    )
    sender: Short = Field("", description="of e-mails / 发件人")
    recipients: Several = Field([], description="of e-mails / 收件人")
    user: Short = Field("", description="of the mail server / 用户名")
    password: Secret | None = Field(None, description="of the mail server; never shown / 口令")


class TargetChanged(_Sent):
    """What is to be different; the rest stays. Name and kind never change, secrets by `rotate`."""

    address: Address | None = None
    events: Several | None = Field(None, min_length=1, examples=[["task.*"]])
    lang: Literal["zh", "en"] | None = None
    division: Annotated[Text, Field(max_length=12)] | None = None
    department: Short | None = None
    digest: Short | None = Field(None, examples=["at 09:00,14:00"])
    sender: Short | None = None
    recipients: Several | None = None
    user: Short | None = None


class SecretSent(_Sent):
    """A new secret, or a mail server's password."""

    secret: Secret = Field(examples=["whsec_ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtl"], description="never shown / 不再显示")


class ReplayAsked(_Sent):
    """What to send again: numbers, or a target and a period of events."""

    numbers: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID)]], Field(max_length=500)] = Field([], examples=[[12, 13]])
    target: Short | None = Field(None, examples=["yichang-platform"])
    since: Moment | None = Field(None, examples=["2026-10-12T00:00:00+08:00"])
    until: Moment | None = Field(None, description="now, where not given / 截止")
    states: list[Literal["dead", "sent"]] = Field(["dead"], max_length=2, examples=[["dead"]])
    missing: bool = Field(default=False, description="also events that the target was never meant for / 包括设立之前的事件")
