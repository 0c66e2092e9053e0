"""What is sent about the risk index, credit classes and random inspection plans."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Text
from api.schemas import _Sent
from api.task_schemas import Office

Row = Annotated[list[float], Field(min_length=1, max_length=10)]
Square = Annotated[list[Row], Field(min_length=1, max_length=10, description="a full matrix of pair comparisons / 判断矩阵")]
Method = Literal["ahp", "entropy", "critic", "ahp_entropy"]
Period = Annotated[Text, Field(description="a month or a day that is over / 已结束的月份或日期", examples=["2026-10"])]


class MatrixSent(BaseModel):
    """One matrix of pair comparisons to look at; nothing is stored."""

    model_config = ConfigDict(extra="forbid")

    matrix: Square = Field(examples=[[[1, 3, 5], [0.3333, 1, 2], [0.2, 0.5, 1]]])


class WeightsAsked(BaseModel):
    """Comparisons to make weights of; groups that are not given are compared as shipped."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["region", "subject"] = "region"
    dimensions: Square | None = None
    indicators: dict[str, Square] = Field(default_factory=dict, max_length=20)


class VersionSent(_Sent):
    """Weights to draft: by which method, and why."""

    kind: Literal["region", "subject"] = "region"
    method: Method = "ahp"
    dimensions: Square | None = None
    indicators: dict[str, Square] = Field(default_factory=dict, max_length=20)
    reason: LongText = Field(min_length=1, examples=["专家组 2026 年四季度重新打分"])


class Decision(_Sent):
    """The decision of a second person, with the reason."""

    reason: LongText = Field(min_length=1, examples=["判断矩阵一致性达标，同意启用"])


class ComputeSent(_Sent):
    """A moment to compute."""

    period: Period


Rate = Annotated[float, Field(gt=0, le=1000)]


class PopulationAsked(_Sent):
    """What to draw from, and how many. Rates that are not given are those of ``random_plans.toml``, which are ours and no law's."""

    region: Text = Field(description="place, with what lies below / 地区，含下级", examples=["420500"])
    count: int = Field(ge=0, le=2000, description="drawn by credit and risk / 按信用和风险抽取数", examples=[30])
    audit: int | None = Field(None, ge=0, le=2000, description="of the random audit sample / 随机审计样本数", examples=[10])
    model: Text | None = Field(None, examples=["illegal_prescription_drug_sales"])
    industry: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,6}$")] | None = Field(None, examples=["5251"])
    classes: list[Literal["A", "B", "C", "D", "none"]] = Field(default_factory=list, max_length=5)
    repeat_days: int | None = Field(None, ge=0, le=3650, examples=[180])
    class_rates: dict[str, Rate] = Field(default_factory=dict, max_length=5, examples=[{"A": 0.3, "D": 4}])
    grade_rates: dict[str, Rate] = Field(default_factory=dict, max_length=5)


class PlanSent(PopulationAsked):
    """A plan to draw. The seed decides the draw: the same seed and population give the same plan."""

    name: Text = Field(min_length=1, examples=["2026 年四季度药品零售双随机抽查"])
    office: Office
    seed: Text = Field(min_length=1, max_length=120, examples=["2026-11-22 10:00 公开抽取"])
    reason: LongText = Field(min_length=1, examples=["年度抽查工作计划"])
    matter_code: Annotated[str, Field(pattern=r"^[0-9]{14}$")] | None = Field(None, examples=["31012345678901"])
    checklist_code: Text | None = Field(None, max_length=60)
