"""What is sent about rules."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import Text
from risk.services.paging import LARGEST_ID

Source = Annotated[str, StringConstraints(max_length=2_000_000, pattern=r"^[^\x00]*$")]
EXAMPLE = '规则 gold "祖传金方" / "Ancestral recipe"\n  模型 false_medical_advertising\n  严重度 高\n  当 文本 含任一 "祖传" 且 文本 含任一 "金方"'


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])


class RuleDraft(_Sent):
    """A definition to store as a draft; it need not check yet. ``model`` is for what does not say where it belongs."""

    source: Source = Field(examples=[EXAMPLE], description="one rule, list, condition or feature / 一个定义")
    model: Text = Field("", examples=["false_medical_advertising"])
    note: Text | None = Field(None, examples=["监测中多次出现"])


class RuleEdit(_Sent):
    """A draft written anew."""

    source: Source = Field(examples=[EXAMPLE])
    note: Text | None = None


class RuleStep(_Sent):
    """A step. ``reason`` explains it (reject, shadow, activate, roll-out, pause, resume, retire must be explained)."""

    reason: Text | None = Field(None, examples=["观察一周无误报"])
    percent: float | None = Field(None, ge=0, le=100, description="of the units: activate, roll-out / 放量比例", examples=[20])
    backtest: int | None = Field(None, ge=1, le=LARGEST_ID, description="what the approver saw: approve / 所见回测编号", examples=[7])


class ListWord(BaseModel):
    """A word of a list; ``exclude``: a context in which terms do not count."""

    model_config = ConfigDict(extra="forbid")

    term: Text = Field(examples=["哮喘"])
    exclude: bool = False
    note: Text | None = None


class ListChange(_Sent):
    """Words to add to a list and to take out of it."""

    add: list[ListWord] = Field(default_factory=list, max_length=1_000)
    remove: list[ListWord] = Field(default_factory=list, max_length=1_000)
    reason: Text | None = Field(None, examples=["监测中出现"])
