"""The description of the API: tags in both languages, the problems each operation may answer with, and one place where they are declared."""

from __future__ import annotations

from typing import Any

from api.errors import MEDIA_TYPE, TITLES
from api.identity import COOKIE
from api.schemas import Problem

TAGS: list[dict[str, str]] = [
    {"name": "vocabulary", "description": "名称表：地区、模型、等级、状态 / names of places, models, grades, states"},
    {"name": "loop", "description": "闭环状态 / the state of the loop"},
    {"name": "overview", "description": "态势总览与大屏 / the situation at a glance, the wall screen"},
    {"name": "maps", "description": "地图文件与审图号 / the map file with its approval number"},
    {"name": "signals", "description": "信号：看到了什么 / signals: what was observed"},
    {"name": "quarantine", "description": "隔离行：未通过检查的行 / quarantine: rows that did not pass"},
    {"name": "imports", "description": "文件接入作业 / files taken in as jobs"},
    {"name": "exchange", "description": "数据交换：批次、收到的记录、外部预警来源 / exchange with other systems"},
    {"name": "data sources", "description": "数据来源与时效 / sources of data and how fresh they are"},
    {"name": "archives", "description": "信号归档：移出、调回、查阅 / archives of signals: taken out, brought back, read"},
    {"name": "sharing", "description": "数据共享：申请、受理、授权 / data sharing by application and grant"},
    {"name": "matters", "description": "监管事项清单 / the matter list"},
    {"name": "assessments", "description": "研判与解释 / assessments with their explanation"},
    {"name": "alerts", "description": "预警（线索，不是结论） / alerts: clues, not findings"},
    {"name": "suppressions", "description": "抑制条件 / suppressions: conditions under which no alert is raised"},
    {"name": "routing", "description": "职责表与承办单位 / the duty table and offices"},
    {"name": "officers", "description": "核查人员与分派 / officers and who gets which task"},
    {"name": "tasks", "description": "核查任务 / verification tasks"},
    {"name": "assists", "description": "协查协办 / questions between offices"},
    {"name": "copies", "description": "抄告抄送 / copies of alerts, with receipt"},
    {"name": "campaigns", "description": "专项整治 / special campaigns"},
    {"name": "case files", "description": "重点事件跟踪：卷宗、时间线、关联、导出 / case files of events"},
    {"name": "joint tasks", "description": "联合检查（进一次门查多项事） / joint tasks: several offices, one visit"},
    {"name": "calendar", "description": "工作日历 / the working calendar"},
    {"name": "verdicts", "description": "核查结论 / verdicts"},
    {"name": "acts", "description": "监管行为：检查、处罚、强制、其他 / acts of supervision"},
    {"name": "attachments", "description": "附件 / attachments"},
    {"name": "subjects", "description": "主体、经过与监管信息链 / subjects, their history and chain of supervision"},
    {"name": "runs", "description": "研判运行与守恒 / runs and their balance"},
    {"name": "models", "description": "模型版本与冠军 / model versions and champions"},
    {"name": "rules", "description": "规则、词表及其生命周期 / rules, lists and their lives"},
    {"name": "rule editor", "description": "规则编辑：检查、补全、悬停、翻译、试算 / what a rule editor asks"},
    {"name": "index", "description": "风险指数：指标、权重、排名 / the risk index: indicators, weights, leaderboard"},
    {"name": "credit classes", "description": "企业信用风险分类（导入，不推定） / credit classes of enterprises: imported, never derived"},
    {"name": "random plans", "description": "双随机抽查计划 / random inspection plans"},
    {"name": "reports", "description": "报告：态势、日报、周报、月报、专报、效能评估 / reports of all kinds"},
    {"name": "exposures", "description": "曝光台 / the exposure board"},
    {"name": "push", "description": "推送：目标、记录、重发 / push: targets, deliveries, sending again"},
    {"name": "jobs", "description": "定时作业 / scheduled jobs"},
    {"name": "rule-evidence", "description": "规则证据：回测与健康 / evidence on rules: back-tests and health"},
    {"name": "auth", "description": "登录与本人账号 / signing in, and one's own account"},
    {"name": "accounts", "description": "账号、角色、密钥 / accounts, roles, keys"},
    {"name": "audit", "description": "审计与个人信息原文 / the audit, and personal data read plain"},
    {"name": "health", "description": "健康检查 / health"},
]

DESCRIPTION = """市场监管风险预警：信号 → 研判 → 预警 → 核查任务 → 核查结论 → 标签 → 再训练 → 报告。预警是线索，不是结论。

Risk early warning for market supervision. A warning is a clue, never a finding. Refusals are RFC 9457 problems; lists are paged by an opaque cursor;
the language follows `?lang=` or `Accept-Language`. Until there are accounts the service answers this machine only."""

EVERYWHERE = (401, 403, 422, 429)
WITH_BODY = (400, 409, 413)
"""A body that is no JSON, a request that is being worked on under its Idempotency-Key, a body too large."""

SECURITY: dict[str, Any] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "POST /api/v1/auth/sign-in 之后的会话 / the session of a sign-in",
    },
    "key": {"type": "http", "scheme": "bearer", "description": "程序密钥 rk_… / a key of POST /api/v1/keys"},
}

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The declaration of refusals an operation may answer with. Without a model: FastAPI would make one anew for each of some two thousand, a second of every start."""
    return {
        status: {
            "description": " / ".join(TITLES[status]),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def files(*media: str, said: str = "the file / 文件") -> Responses:
    """The declaration of an answer that is a file, of one of these media types: text, JSON of any shape, or bytes.

    >>> files("text/csv; charset=utf-8", "application/json")[200]["content"]
    {'text/csv': {'schema': {'type': 'string'}}, 'application/json': {'schema': {}}}
    """
    return {200: {"description": said, "content": {kind: {"schema": _shape(kind)} for kind in (one.partition(";")[0] for one in media)}}}


def _shape(kind: str) -> dict[str, str]:
    if kind == "application/json":
        return {}
    return {"type": "string"} if kind.startswith("text/") or kind == "application/x-ndjson" else {"type": "string", "format": "binary"}


def as_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """The generated description with the shape of refusals, with what middleware may answer, and with refusals under their own media type only."""
    components = schema.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    for part in shape["properties"].values():
        if part.get("default", ...) is None:
            part.pop("default")  # as FastAPI has it
    components.setdefault("schemas", {}).update({**shape.pop("$defs", {}), "Problem": shape})
    schema["security"] = [{"session": []}, {"key": []}, {}]  # nothing: public operations, and this machine while no account exists
    for address, path in schema.get("paths", {}).items():
        for method, operation in path.items():
            known = operation.setdefault("responses", {})
            if address.startswith("/api/"):
                for status in (*EVERYWHERE, *(WITH_BODY if method in ("post", "put", "patch", "delete") else ())):
                    known.setdefault(str(status), problems(status)[status])
            for answer in operation.get("responses", {}).values():
                content = answer.get("content", {})
                if MEDIA_TYPE in content:
                    answer["content"] = {MEDIA_TYPE: content[MEDIA_TYPE]}
    return schema
