"""What clients send about verdicts. A report's fields are described here and checked by the domain, so that every mistake is told at once with its place."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.deps import LongText, Moment, Text

ACT_EXAMPLE: dict[str, Any] = {
    "kind": "penalty",
    "matter_code": "01312345678901",
    "object_name": "某某大药房",
    "party_name": "某某大药房有限公司",
    "party_nature": "法人",
    "party_id_type": "统一社会信用代码",
    "party_code": "91350100M000100Y43",
    "region": "420502",
    "number": "宜市监处罚〔2026〕1号",
    "case_source": "风险预警",
    "inspection_number": "宜市监检〔2026〕9号",
    "criminal": False,
    "major": False,
    "decided_on": "2026-10-12",
    "fine": "20000.00",
}
CONTENT_EXAMPLE: dict[str, Any] = {
    "code": "10",
    "facts": "现场检查发现该店宣传“根治糖尿病”，无医疗广告审查证明",
    "measures": "责令停止发布",
    "handlers": [{"name": "张三", "certificate": "42050012345"}, {"name": "李四", "certificate": "42050012346"}],
    "documents": [{"type": "立案审批表", "number": "宜市监立〔2026〕1号", "date": "2026-10-12"}],
    "fined": "20000.00",
    "acts": [ACT_EXAMPLE],
    "wrong_rules": [],
    "missing_rule": "",
}


def _part(kind: str, text: str) -> Any:
    """A field that is described here and checked by ``risk.domain.filing``."""
    return Field(None, description=text, json_schema_extra={"type": kind})


class Content(BaseModel):
    """A report of a result, or the draft of one. Moments carry a time zone; money is yuan as text with two decimals at most."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [CONTENT_EXAMPLE]})

    code: Any = _part("string", "result code of /verdicts/taxonomy / 核查结果代码")
    sub_reason: Any = _part("string", "sub-reason of the code / 细分原因")
    facts: Any = _part("string", "what was found / 查明事实")
    measures: Any = _part("string", "what was done / 采取措施")
    suggestion: Any = _part("string", "to the model, or the unit that should have it / 建议")
    handlers: Any = _part("array", "[{name, certificate}], at least two / 核查人员及执法证号，至少两名")
    received_at: Any = _part("string", "received at / 接收时间")
    claimed_at: Any = _part("string", "claimed at / 认领时间")
    ended_at: Any = _part("string", "ended at / 办结时间")
    documents: Any = _part("array", "[{type, number, date}] / 文书")
    acts: Any = _part("array", "[{kind, …}], fields of GET /acts/kinds / 监管行为")
    fined: Any = _part("string", "yuan / 罚款金额（元）")
    confiscated: Any = _part("string", "yuan / 没收金额（元）")
    transfer_to: Any = _part("string", "handed over to / 移送去向")
    attachments: Any = _part("array", "ids of attachments of the task / 附件编号")
    wrong_rules: Any = _part("array", "rules that hit wrongly / 误命中的规则")
    missing_rule: Any = _part("string", "a rule that is missing / 缺少的规则")


def plain(content: Content) -> dict[str, Any]:
    """A content as it was sent."""
    return content.model_dump(exclude_unset=True)


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    actor: Text | None = Field(None, description="who acts, while there are no accounts / 操作人", examples=["张三"])


class DraftSent(_Sent):
    """A draft; ``version``, where given, is the one that was seen (0: none yet), else someone else was faster (409)."""

    content: Content
    version: int | None = Field(None, ge=0, le=2**31 - 1)


class Submit(_Sent):
    """A draft that is handed in. ``version`` is the task's; ``reason`` is needed while questions to other offices are open."""

    version: int | None = Field(None, ge=1, le=2**31 - 1)
    reason: LongText | None = None


class ReportSent(Submit):
    """A full report of a task."""

    task_id: int = Field(ge=1, le=2**63 - 1)
    content: Content


class CorrectionSent(_Sent):
    """A full report that takes the place of a verdict, and why."""

    content: Content
    reason: LongText = Field(examples=["复查发现当事人已取得审查证明"])
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="of the task / 任务版本")


class Decided(_Sent):
    """A decision with its reason."""

    reason: LongText = Field(examples=["证据不足，请补充现场笔录后更正"])


class Passed(_Sent):
    """A review that passed; a reason may be given."""

    reason: LongText | None = None


class AppealSent(_Sent):
    """An appeal as it was received."""

    party: Literal["trader", "department"] = Field(description="trader or department / 申诉方：经营者或者部门")
    appellant: Text = Field(min_length=1, examples=["某某大药房有限公司"])
    grounds: LongText = Field(min_length=1, examples=["所涉广告由第三方发布，与我司无关"])
    filed_at: Moment | None = Field(None, description="when it was received; now, where it is not given / 收到时间")


class AppealDecision(Decided):
    """Upheld: the verdict stands. Overturned: ``correction`` takes its place."""

    outcome: Literal["upheld", "overturned"]
    correction: Content | None = None


class RepairClosed(_Sent):
    """What came of a repair."""

    outcome: Literal["fixed", "nothing_wrong", "accepted"]
    answer: LongText = Field(min_length=1, examples=["已从名录中合并同名主体"])


class Told(_Sent):
    """How a person was told."""

    how: Text = Field(min_length=1, examples=["电话告知"])


class ActSent(_Sent):
    """An act of supervision; its fields are those of GET /acts/kinds."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"record": ACT_EXAMPLE, "task_id": 1}]})

    record: dict[str, Any]
    task_id: int | None = Field(None, ge=1, le=2**63 - 1, description="the task it belongs to / 所属任务")
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="of the act, where it is changed / 行为版本")


class Removed(_Sent):
    """Why something is taken away."""

    reason: LongText = Field(min_length=1, examples=["传错文件"])
