"""Credit classes A–D: taken in from files, listed, counted, exported. None is ever derived from alerts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Query, Response, UploadFile

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Lang, Limit, Moment, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from api.uploads import on_disk
from risk.services import credit_classes, credit_import, random_plan_export
from risk.services.credit_classes import ClassCode, ClassCounts, CreditClass
from risk.services.credit_import import CreditImport
from risk.services.paging import Page
from risk.services.random_plan_export import MEDIA

router = Router(prefix="/credit-classes", tags=["credit classes"])
READ, WRITE = needs("credit.read"), needs("credit.write", whole=True)


@router.get("", summary="信用风险分类列表 / List credit classes", dependencies=[READ])
def list_classes(
    svc: Svc,
    who: Caller,
    class_code: ClassCode | None = None,
    q: Annotated[Text | None, Query(description="a code or the beginning of a name / 代码或名称开头")] = None,
    current: Annotated[bool, Query(description="only those in force / 只看当前有效")] = True,
    as_of: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CreditClass]:
    """Of subjects inside one's scope, as known at a moment. Classes come from their makers; a clue without a verdict changes none."""
    moment = as_of or svc.desk.clock()
    return svc.desk.read(
        credit_classes.list_classes, moment, class_code=class_code, q=q, current=current, scope=who.scope, limit=limit, cursor=cursor
    )


@router.get("/counts", summary="分类数量 / How many of each class", dependencies=[READ])
def counts(svc: Svc, who: Caller, as_of: Moment | None = None) -> ClassCounts:
    """Of the subjects registered inside one's scope; `without`: those that have no class in force."""
    return svc.desk.read(credit_classes.counts, as_of or svc.desk.clock(), scope=who.scope)


@router.get("/subjects/{subject_id}", summary="主体的分类历史 / The classes of a subject", responses=problems(404), dependencies=[READ])
def history(subject_id: Id, svc: Svc, who: Caller, as_of: Moment | None = None) -> tuple[CreditClass, ...]:
    """The newest first."""
    return svc.desk.read(credit_classes.history, subject_id, as_of or svc.desk.clock(), scope=who.scope)


@router.get("/imports", summary="导入记录 / Files taken in", dependencies=[WRITE])
def list_imports(svc: Svc, limit: Limit = 50, cursor: Cursor = None) -> Page[CreditImport]:
    """The newest first, with what was refused."""
    return svc.desk.read(credit_import.list_imports, limit=limit, cursor=cursor)


@router.post("/imports", status_code=201, summary="导入分类 / Take a file in", responses=problems(413), dependencies=[WRITE])
def take_in(
    file: UploadFile,
    svc: Svc,
    who: Caller,
    source: Annotated[Text, Form(description="whose classes these are / 来源", examples=["省信用风险分类系统"])],
    actor: Annotated[Text | None, Form(description="who acts, while there are no accounts / 操作人")] = None,
) -> CreditImport:
    """CSV or XLSX with code, class and the day it was assessed (and its last day). Bad rows are told and stop nothing; the same file again changes nothing."""
    name = acting(who, actor)
    with on_disk(file) as path:
        return svc.desk.act(credit_import.take_in, path, called=file.filename or path.name, source=source, actor=name, now=svc.desk.clock())


@router.get(
    "/export",
    summary="导出分类 / Export credit classes",
    response_class=Response,
    responses=files(*MEDIA.values()),
    dependencies=[READ],
)
def export(
    svc: Svc,
    who: Caller,
    lang: Lang,
    form: Annotated[Literal["csv", "xlsx", "json"], Query(alias="format")] = "csv",
    current: bool = True,
) -> Response:
    """All of the list, on the record; read in again it says nothing new."""
    now = svc.desk.clock()
    svc.desk.act(credit_classes.record_export, form, current=current, actor=who.name, now=now)
    pages = credit_classes.export_pages(svc.desk.read, now, current=current, scope=who.scope)
    content = random_plan_export.classes_file(pages, form, lang, now)
    return Response(content, media_type=MEDIA[form], headers={"Content-Disposition": f'attachment; filename="credit-classes.{form}"'})
