"""Exchange with other systems: what the records are, files checked, batches sent and taken in, what waits, outside warning systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.authority import Caller, needs
from api.deps import Cursor, Id, Lang, Limit, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from risk.domain.authority import permissions
from risk.domain.errors import ForbiddenError
from risk.domain.exchange.describing import describe
from risk.domain.exchange.records import record, records
from risk.domain.exchange.sources import read_domains
from risk.services import exchange_batches, exchange_in, exchange_quarantine, exchange_wire, warning_sources
from risk.services.exchange_batches import BatchRow, Exported, Wanted
from risk.services.exchange_in import Taken, Way
from risk.services.exchange_quarantine import ReceivedRow, Resubmitted
from risk.services.exchange_reasons import kept
from risk.services.exchange_rows import SOURCES, USUAL
from risk.services.paging import LARGEST_ID, Page
from risk.services.warning_sources import Poll, SourceRow

router = Router(prefix="/exchange", tags=["exchange"])

Domains = Annotated[
    list[Text],
    Query(max_length=50, alias="domain", description="theirs=model: which of our models a field of risk of theirs is / 领域对应"),
]
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/xml": {
                "schema": {"type": "string"},
                "examples": {
                    "notice": {
                        "value": "<taskStatusNotice><taskCode>420000T000000000001</taskCode><taskStatus>认领</taskStatus></taskStatusNotice>"
                    }
                },
            },
            "application/json": {
                "schema": {},
                "examples": {"notice": {"value": {"taskStatusNotice": {"taskCode": "420000T000000000001", "taskStatus": "认领"}}}},
            },
        },
    }
}


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ExportSent(_Sent):
    """What to export."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"stream": "province-platform", "records": ["fxyj_signal", "task_info"], "format": "xml"}]},
    )

    stream: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$", description="for whom / 接收方")] = "default"
    records: Annotated[list[Text], Field(min_length=1, max_length=30, description="of GET /exchange/records")] = list(USUAL)
    format: Literal["xml", "json"] = "xml"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    names: Literal["full", "masked"] | None = None
    everything: bool = False


class RepairSent(_Sent):
    """Values for paths of a record."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"values": {"taskDetails.endReason": "30（context_misread）"}}]}
    )

    values: Annotated[dict[Text, Annotated[str, Field(max_length=8000, pattern=r"^[^\x00]*$")]], Field(min_length=1, max_length=100)]


class ResubmitSent(_Sent):
    """Which records to try again; none named: all that are repaired."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": [12, 13]}]})

    ids: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID)]], Field(max_length=500)] = []


class DismissSent(_Sent):
    """Why a record is put aside."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "测试数据"}]})

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]


class SourceSent(_Sent):
    """A source to add."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "省厅", "kind": "folder", "options": {}}]})

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
    kind: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
    options: dict[Text, Any] = {}


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record: how it is called here and on the wire, whether it is sent and taken in."""

    code: str
    wire: str
    zh: str
    en: str
    seen_in: str
    sent: bool
    taken_in: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in one record of a file."""

    number: int
    record: str | None
    wire: str
    problems: tuple[dict[str, Any], ...]
    warnings: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What was found in a file: every record that has something to say."""

    records: int
    with_problems: int
    found: tuple[Looked, ...]


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


@router.get("/records", summary="交换记录种类 / Kinds of records", dependencies=[needs("exchange.read")])
def list_kinds() -> tuple[RecordKind, ...]:
    """With their names on the wire."""
    return tuple(
        RecordKind(one.code, one.wire, one.zh, one.en, one.source, one.code in SOURCES, bool(one.imports)) for one in records().values()
    )


@router.get(
    "/records/{name}",
    summary="记录说明 / A record described",
    response_class=Response,
    responses={**files("text/markdown"), **problems(404)},
    dependencies=[needs("exchange.read")],
)
def describe_record(name: Text, lang: Lang) -> Response:
    """Every field with kind, length, need, code list, checks between fields; Markdown, from the data that checks it."""
    return Response(describe(record(name), lang), media_type="text/markdown; charset=utf-8")


@router.post(
    "/check",
    summary="检查文件，不入库 / Check a file",
    responses=problems(404, 413),
    dependencies=[needs("exchange.read")],
    openapi_extra=_FILE,
)
def check_file(
    data: Body, record_name: Annotated[Text, Query(alias="record", description="of bare rows / 裸行的记录种类")] = ""
) -> CheckedFile:
    """Every mistake of every record at once, with its field, code and hint; nothing is stored."""
    kind = record(record_name) if record_name else None
    count, bad = 0, 0
    told: list[Looked] = []
    for one in exchange_wire.read(data, kind=kind):
        looked = exchange_in.look(one)
        count += 1
        bad += bool(looked.problems)
        if (looked.problems or looked.warnings) and len(told) < 1000:
            problems_, warnings = (tuple(kept(problem) for problem in rows[:100]) for rows in (looked.problems, looked.warnings))
            told.append(Looked(one.number, one.record.code if one.record else None, one.name[:200], problems_, warnings))
    return CheckedFile(count, bad, tuple(told))


# -- batches -----------------------------------------------------------------------------------------------------------


@router.get("/batches", summary="交换批次 / List batches", dependencies=[needs("exchange.read")])
def list_batches(
    svc: Svc,
    who: Caller,
    direction: Literal["out", "in"] | None = None,
    stream: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BatchRow]:
    """Sent and received, the newest first."""
    return svc.desk.read(exchange_batches.list_batches, scope=who.scope, direction=direction, stream=stream, limit=limit, cursor=cursor)


@router.post(
    "/batches", status_code=201, summary="导出 / Export what changed", responses=problems(404, 409), dependencies=[needs("exchange.write")]
)
def export(sent: ExportSent, svc: Svc, who: Caller) -> Exported:
    """In the caller's scope, since the last export of the same receiver and records; no batch where nothing changed. Whoever may not read personal data sends
    names and numbers of persons masked."""
    names = sent.names
    if not who.may("personal.read"):
        if names == "full":
            zh, en = permissions()["personal.read"]
            raise ForbiddenError("permission_required", permission="personal.read", permission_zh=zh, permission_en=en)
        names = "masked"
    wanted = Wanted(sent.stream, tuple(record(name).code for name in sent.records), sent.format, sent.encoding, names, sent.everything)
    return svc.desk.whole(exchange_batches.export, wanted, actor=who.name, now=svc.desk.clock(), scope=who.scope)


@router.get("/batches/{batch_id}", summary="一个批次 / One batch", responses=problems(404), dependencies=[needs("exchange.read")])
def get_batch(batch_id: Id, svc: Svc, who: Caller) -> BatchRow:
    """What it holds, and of one received what became of it."""
    return svc.desk.read(exchange_batches.get_batch, batch_id, scope=who.scope)


@router.get(
    "/batches/{batch_id}/content",
    summary="批次原文 / The file of a batch",
    response_class=Response,
    responses={**files("application/xml", "application/json"), **problems(404)},
    dependencies=[needs("exchange.write")],
)
def get_content(batch_id: Id, svc: Svc, who: Caller) -> Response:
    """Of one we sent, the same to the byte each time. Fetching it is on the record."""
    found = svc.desk.read(exchange_batches.get_batch, batch_id, scope=who.scope)
    row, data = svc.desk.act(exchange_batches.content, found.batch, actor=who.name, now=svc.desk.clock(), scope=who.scope)
    headers = {"Content-Disposition": f'attachment; filename="{row.file}"', "ETag": f'"{row.content_hash}"'}
    return Response(data, media_type=f"application/{row.form}; charset={row.encoding}", headers=headers)


@router.post(
    "/imports",
    summary="导入文件 / Take a file in",
    responses=problems(404, 409, 413),
    dependencies=[needs("exchange.write")],
    openapi_extra=_FILE,
)
def take_in(
    data: Body,
    svc: Svc,
    who: Caller,
    source: Annotated[Text, Query(description="whose records these are, where they do not say / 来源")] = "",
    record_name: Annotated[Text, Query(alias="record", description="of bare rows / 裸行的记录种类")] = "",
    file: Text = "",
    domains: Domains = [],  # noqa: B006 - FastAPI copies it
) -> Taken:
    """What fits is done at once, by the services and checks that officers' own acts go through; what does not waits under `/exchange/received`. The same file
    again changes nothing."""
    way = Way(source, who.name, who.scope, read_domains(domains))
    kind = record(record_name) if record_name else None
    return svc.desk.whole(exchange_in.take, data, file=file or "upload", way=way, now=svc.desk.clock(), kind=kind)


# -- what came in ------------------------------------------------------------------------------------------------------


@router.get("/received", summary="收到的记录 / Records that came in", dependencies=[needs("exchange.write")])
def list_received(
    svc: Svc,
    who: Caller,
    batch: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    state: Literal["accepted", "duplicate", "quarantined", "repaired", "resubmitted", "dismissed"] | None = None,
    source: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReceivedRow]:
    """As they came, with what became of them, or why they wait."""
    return svc.desk.read(
        exchange_quarantine.list_received, scope=who.scope, batch_id=batch, state=state, source=source, limit=limit, cursor=cursor
    )


@router.post("/received/resubmit", summary="重报 / Try records again", responses=problems(404, 409), dependencies=[needs("exchange.write")])
def resubmit(sent: ResubmitSent, svc: Svc, who: Caller, domains: Domains = []) -> Resubmitted:  # noqa: B006 - FastAPI copies it
    """Those named, else all that are repaired; what is still refused waits with its new reasons."""
    ids = sent.ids or svc.desk.read(exchange_quarantine.repaired, scope=who.scope)
    return svc.desk.whole(
        exchange_quarantine.resubmit, ids, actor=who.name, now=svc.desk.clock(), scope=who.scope, domains=read_domains(domains)
    )


@router.post(
    "/received/{row_id}/repair",
    status_code=204,
    summary="修复 / Repair a record",
    responses=problems(404, 409),
    dependencies=[needs("exchange.write")],
)
def repair(row_id: Id, sent: RepairSent, svc: Svc, who: Caller) -> Response:
    """Put values at paths; refused while its own fields would still not fit."""
    svc.desk.act(exchange_quarantine.repair, row_id, sent.values, actor=who.name, now=svc.desk.clock(), scope=who.scope)
    return Response(status_code=204)


@router.post(
    "/received/{row_id}/dismiss",
    status_code=204,
    summary="忽略 / Put a record aside",
    responses=problems(404, 409),
    dependencies=[needs("exchange.write")],
)
def dismiss(row_id: Id, sent: DismissSent, svc: Svc, who: Caller) -> Response:
    """For good; the reason is kept."""
    svc.desk.act(exchange_quarantine.dismiss, row_id, reason=sent.reason, actor=who.name, now=svc.desk.clock(), scope=who.scope)
    return Response(status_code=204)


# -- sources -----------------------------------------------------------------------------------------------------------


@router.get("/sources", summary="外部预警来源 / Outside warning systems", dependencies=[needs("exchange.read", whole=True)])
def list_sources(svc: Svc) -> tuple[SourceRow, ...]:
    """Each with its health."""
    return svc.desk.read(warning_sources.list_sources)


@router.post(
    "/sources",
    status_code=201,
    summary="添加来源 / Add a source",
    responses=problems(409),
    dependencies=[needs("exchange.write", whole=True)],
)
def add_source(sent: SourceSent, svc: Svc, who: Caller) -> SourceRow:
    """A folder, an address on the guard's list, or an installed plug-in."""
    now = svc.desk.clock()
    svc.desk.act(warning_sources.add, sent.name, sent.kind, sent.options, settings=svc.settings, actor=who.name, now=now)
    return svc.desk.read(warning_sources.get_source, sent.name)


@router.post(
    "/sources/{name}/poll",
    summary="立即轮询 / Ask a source now",
    responses=problems(404, 409),
    dependencies=[needs("exchange.write", whole=True)],
)
def poll_source(name: Text, svc: Svc, who: Caller) -> Poll:
    """What goes wrong with the source is told as its health."""
    return svc.desk.whole(warning_sources.poll, svc.settings, name, actor=who.name, clock=svc.desk.clock)


@router.post(
    "/sources/{name}/enable",
    summary="启用来源 / Poll a source",
    responses=problems(404),
    dependencies=[needs("exchange.write", whole=True)],
)
def enable_source(name: Text, svc: Svc, who: Caller) -> SourceRow:
    """From the next turn on."""
    return _switch(name, svc, who.name, on=True)


@router.post(
    "/sources/{name}/disable",
    summary="停用来源 / Leave a source alone",
    responses=problems(404),
    dependencies=[needs("exchange.write", whole=True)],
)
def disable_source(name: Text, svc: Svc, who: Caller) -> SourceRow:
    """Until it is enabled again."""
    return _switch(name, svc, who.name, on=False)


def _switch(name: str, svc: Svc, actor: str, *, on: bool) -> SourceRow:
    svc.desk.act(warning_sources.switch, name, on=on, actor=actor, now=svc.desk.clock())
    return svc.desk.read(warning_sources.get_source, name)
