"""What is sent about grades."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Moment, Text

Grade = Literal["red", "orange", "yellow", "blue"]
Share = Annotated[float, Field(gt=0, le=1.01, allow_inf_nan=False)]
Room = Annotated[int, Field(ge=0, le=100_000)]


class GradesAsked(BaseModel):
    """A setting to try. Cut-offs are taken as they are; else floors are solved for; else those in force are tried."""

    model_config = ConfigDict(extra="forbid")

    floors: dict[Grade, Share] = Field(default_factory=dict, examples=[{"red": 0.9}], description="precision to promise / 准确率下限")
    cutoffs: dict[Grade, Share] = Field(default_factory=dict, examples=[{"red": 0.88}], description="smallest probability / 分界")
    capacity: dict[Text, Room] = Field(
        default_factory=dict,
        max_length=500,
        examples=[{"420102-market_supervision": 60}],
        description="cases a week, by office / 每周核查能力",
    )
    since: Moment | None = Field(None, description="12 weeks before the end, where not given / 起始")
    until: Moment | None = None
    as_of: Moment | None = Field(None, description="labels known by then; now, where not given / 标签截至")


class GradesSet(GradesAsked):
    """A setting to put in force, with who and why. What is not named stays."""

    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])
    reason: LongText = Field(examples=["红色准确率承诺提高到九成"])


class GradesBack(BaseModel):
    """A return to an earlier setting; without ``to`` the one before, 0 the model's own."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])
    reason: LongText = Field(examples=["单位反映任务过多"])
