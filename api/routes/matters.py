"""The matter list (监管事项清单): its versions, taken in from files; which matter clues of a model belong to."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import Form, Query, Response, UploadFile
from pydantic import BaseModel, Field

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, LongText, Services, Svc, Text
from api.openapi import Responses, files, problems
from api.operations import Router
from api.schemas import _Sent
from risk.domain.calendar import SHANGHAI
from risk.domain.matters import MatterFault
from risk.services import matters, scoping
from risk.services.matters import MatterMapping, MatterRow, MatterShown, MatterVersion
from risk.services.paging import LARGEST_ID, Page

router = Router(prefix="/matters", tags=["matters"])
READ, WRITE = [needs("alerts.read")], [needs("matters.write", whole=True)]
CSV: Responses = files("text/csv")
OtherId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


class MatterTaken(BaseModel):
    """What became of a file: the version it is now, or what is wrong with it, row by row; then nothing changed."""

    version: MatterVersion | None
    faults: list[MatterFault]


class MappingSent(_Sent):
    """From a day on clues of a model belong to a matter."""

    model: Text = Field(examples=["false_medical_advertising"])
    code: str = Field(pattern=r"^[0-9]{14}$", examples=["10000000000001"])
    department: Text = Field("", description="one of offices.toml; nothing: all / 部门，空为全部", examples=["market_supervision"])
    valid_from: date
    reason: LongText = Field(min_length=1, examples=["按新版清单对应"])


class MappingEnd(_Sent):
    """The last day of a mapping."""

    last: date
    reason: LongText = Field(min_length=1, examples=["事项已取消"])


@router.get("", summary="监管事项清单 / The matter list", responses=problems(404), dependencies=READ)
def list_matters(
    svc: Svc,
    version: OtherId = None,
    day: Annotated[date | None, Query(description="the list in force on a day; today / 某日生效的清单")] = None,
    text: Annotated[Text | None, Query(description="in the name, or the beginning of the code / 名称包含或编码开头")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MatterRow]:
    """By code. Empty where no list has begun."""
    return svc.desk.read(matters.list_matters, version, day or _today(svc), text=text, limit=limit, cursor=cursor)


@router.get("/versions", summary="清单版本 / Versions of the list", dependencies=READ)
def versions(svc: Svc, day: date | None = None) -> list[MatterVersion]:
    """The one that begins last first; `in_force` says which holds on the day."""
    return list(svc.desk.read(matters.versions, day or _today(svc)))


@router.post("/versions", summary="导入清单 / Take a list in", status_code=201, responses=problems(409, 413), dependencies=WRITE)
def take_in(
    file: UploadFile,
    svc: Svc,
    who: Caller,
    valid_from: Annotated[date, Form(description="its first day / 生效日")],
    reason: Annotated[LongText, Form(min_length=1, description="理由")],
    actor: Annotated[Text | None, Form(description="who acts, while there are no accounts / 操作人")] = None,
    dry_run: Annotated[bool, Form(description="only say what is wrong / 仅检查")] = False,
) -> MatterTaken:
    """CSV or XLSX with the headings of the template. Taken in whole, or not at all: with a fault, every one is told and nothing changes."""
    name, called = acting(who, actor), Path(file.filename or "list.csv").name[:200]
    with tempfile.TemporaryDirectory(prefix="risk-matters-") as folder:
        path = Path(folder) / f"list{Path(called).suffix.lower()[:6]}"
        with path.open("wb") as held:
            shutil.copyfileobj(file.file, held)
        rows, faults = matters.parse(path)
    if faults or dry_run:
        return MatterTaken(version=None, faults=list(faults[:500]))
    now = svc.desk.clock()
    version = svc.desk.act(matters.take_in, rows, valid_from=valid_from, source=called, reason=reason, actor=name, now=now)
    return MatterTaken(version=version, faults=[])


@router.get("/template", summary="清单模板 / The template", response_class=Response, responses=CSV, dependencies=READ)
def template(svc: Svc) -> Response:
    """The headings, as CSV."""
    return _file(svc.desk.read(matters.as_csv, None), "matters-template.csv")


@router.get(
    "/versions/{matter_version_id}/file",
    summary="导出清单 / A list as a file",
    response_class=Response,
    responses={**CSV, **problems(404)},
    dependencies=READ,
)
def as_file(matter_version_id: Id, svc: Svc) -> Response:
    """As it can come back."""
    return _file(svc.desk.read(matters.as_csv, matter_version_id), f"matters-{matter_version_id}.csv")


@router.get("/mappings", summary="模型与事项对应 / Models and matters", dependencies=READ)
def mappings(svc: Svc) -> list[MatterMapping]:
    """By model and department, the newest first."""
    return list(svc.desk.read(matters.mappings))


@router.post("/mappings", summary="设置对应 / Map a model to a matter", status_code=201, responses=problems(409), dependencies=WRITE)
def map_model(sent: MappingSent, svc: Svc, who: Caller) -> MatterMapping:
    """What held before ends the day before."""
    return svc.desk.act(
        matters.map_model,
        sent.model,
        sent.code,
        department=sent.department,
        valid_from=sent.valid_from,
        reason=sent.reason,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
    )


@router.post("/mappings/{matter_mapping_id}/end", summary="结束对应 / End a mapping", responses=problems(404, 409), dependencies=WRITE)
def end_mapping(matter_mapping_id: Id, sent: MappingEnd, svc: Svc, who: Caller) -> MatterMapping:
    """It stays for the clues of its days."""
    now = svc.desk.clock()
    return svc.desk.act(matters.end_mapping, matter_mapping_id, sent.last, reason=sent.reason, actor=acting(who, sent.actor), now=now)


@router.get("/of-alerts/{alert_id}", summary="预警的监管事项 / The matters of an alert", responses=problems(404), dependencies=READ)
def of_alert(alert_id: Id, svc: Svc, who: Caller) -> list[MatterShown]:
    """Code and name as they were on the day it was raised, for the departments that have a task of it."""
    svc.desk.read(scoping.require_alert, who.scope, alert_id)
    return list(svc.desk.read(matters.matters_of_alert, alert_id))


@router.get(
    "/of-tasks/{task_id}", summary="任务的监管事项 / The matter of a task", responses=problems(404), dependencies=[needs("tasks.read")]
)
def of_task(task_id: Id, svc: Svc, who: Caller) -> MatterShown | None:
    """For its office's department, on the day it was issued; nothing where nobody has said it."""
    svc.desk.read(scoping.require_task, who.scope, task_id)
    return svc.desk.read(matters.matter_of_task, task_id)


def _today(svc: Services) -> date:
    return svc.desk.clock().astimezone(SHANGHAI).date()


def _file(text: str, name: str) -> Response:
    return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
