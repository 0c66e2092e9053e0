"""Random inspection plans (双随机抽查): previewed, drawn, drawn again to check, exported, their results taken in and weighed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Form, Query, Response, UploadFile
from pydantic import BaseModel

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Lang, Limit, Svc, Text
from api.index_schemas import PlanSent, PopulationAsked
from api.openapi import files, problems
from api.operations import Router
from api.uploads import on_disk
from risk.domain.datafiles import read_toml
from risk.services import random_plan_export, random_plan_results, random_plans
from risk.services.paging import Page
from risk.services.random_plan_export import MEDIA
from risk.services.random_plan_results import Estimate, TakenIn
from risk.services.random_plans import Ask, PlanUnit, PlanView, Population, Redrawn

router = Router(prefix="/random-plans", tags=["random plans"])
READ, WRITE = needs("plans.read"), needs("plans.write")


class PlanDefaults(BaseModel):
    """Rates and numbers where nothing is given; ours, no law's."""

    classes: dict[str, float]
    grades: dict[str, float]
    audit: int
    repeat_days: int
    inspectors: int
    most: int


@router.get("", summary="抽查计划列表 / List plans", dependencies=[READ])
def list_plans(
    svc: Svc, who: Caller, state: Literal["drawn", "done"] | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[PlanView]:
    """Those of offices inside one's scope, the newest first."""
    return svc.desk.read(random_plans.list_plans, state=state, scope=who.scope, limit=limit, cursor=cursor)


@router.get("/defaults", summary="默认抽查倍率 / Default rates", dependencies=[READ])
def defaults() -> PlanDefaults:
    """What a plan is drawn with unless it says otherwise."""
    data = read_toml("random_plans.toml")
    knobs = {name: int(data["plan"][name]) for name in ("audit", "repeat_days", "inspectors", "most")}
    return PlanDefaults(classes=dict(data["classes"]), grades=dict(data["grades"]), **knobs)


@router.post("/preview", summary="试算抽样总体 / Count the population", responses=problems(404), dependencies=[WRITE])
def preview(sent: PopulationAsked, svc: Svc, who: Caller) -> Population:
    """By credit class: how many there are and how many to expect; nothing is stored."""
    return svc.desk.read(random_plans.preview, _ask(sent), svc.desk.clock(), scope=who.scope)


@router.post("", status_code=201, summary="抽取计划 / Draw a plan", responses=problems(404), dependencies=[WRITE])
def make(sent: PlanSent, svc: Svc, who: Caller) -> PlanView:
    """Population, draw and inspectors in one act, for an office inside one's scope. Drawn once; every draw is in the audit with its seed."""
    number = svc.desk.act(
        random_plans.make,
        _ask(sent),
        name=sent.name,
        office=sent.office,
        seed=sent.seed,
        reason=sent.reason,
        matter_code=sent.matter_code,
        checklist_code=sent.checklist_code,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        scope=who.scope,
    )
    return svc.desk.read(random_plans.show, number, scope=who.scope)


@router.get("/{plan_id}", summary="一个抽查计划 / One plan", responses=problems(404), dependencies=[READ])
def get_plan(plan_id: Id, svc: Svc, who: Caller) -> PlanView:
    """With its population by class and grade, and how far it is."""
    return svc.desk.read(random_plans.show, plan_id, scope=who.scope)


@router.get("/{plan_id}/units", summary="抽中对象 / The subjects drawn", responses=problems(404), dependencies=[READ])
def units(plan_id: Id, svc: Svc, who: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[PlanUnit]:
    """In the order of the list, each with its exact chance, its inspectors and its result."""
    return svc.desk.read(random_plans.units, plan_id, scope=who.scope, limit=limit, cursor=cursor)


@router.get("/{plan_id}/verification", summary="复核抽取 / Draw again and compare", responses=problems(404), dependencies=[READ])
def verification(plan_id: Id, svc: Svc, who: Caller) -> Redrawn:
    """From the stored population and seed."""
    return svc.desk.read(random_plans.verify, plan_id, scope=who.scope)


@router.get("/{plan_id}/estimate", summary="检查结果推断 / What the results say", responses=problems(404), dependencies=[READ])
def estimate(plan_id: Id, svc: Svc, who: Caller) -> Estimate:
    """Prevalence in the population and the recall of alerts by subject, with 95 % intervals, each unit weighing the inverse of its chance."""
    return svc.desk.read(random_plan_results.estimate, plan_id, scope=who.scope)


@router.get(
    "/{plan_id}/export",
    summary="导出计划 / Export a plan",
    response_class=Response,
    responses={**files(*MEDIA.values()), **problems(404)},
    dependencies=[READ],
)
def export(
    plan_id: Id,
    svc: Svc,
    who: Caller,
    lang: Lang,
    form: Annotated[Literal["csv", "xlsx", "json"], Query(alias="format")] = "xlsx",
) -> Response:
    """The file that results are filled into; on the record."""
    now: Any = svc.desk.clock()
    content = svc.desk.act(random_plan_export.plan_file, plan_id, form, lang, actor=who.name, now=now, scope=who.scope)
    return Response(content, media_type=MEDIA[form], headers={"Content-Disposition": f'attachment; filename="plan-{plan_id}.{form}"'})


@router.post("/{plan_id}/results", summary="导入检查结果 / Take results in", responses=problems(404, 413), dependencies=[WRITE])
def results(
    plan_id: Id,
    file: UploadFile,
    svc: Svc,
    who: Caller,
    actor: Annotated[Text | None, Form(description="who acts, while there are no accounts / 操作人")] = None,
) -> TakenIn:
    """The exported file with results filled in. Rows that do not fit are told; a row may be put right by sending it again."""
    name = acting(who, actor)
    with on_disk(file) as path:
        return svc.desk.act(random_plan_results.take_in, plan_id, path, actor=name, now=svc.desk.clock(), scope=who.scope)


def _ask(sent: PopulationAsked) -> Ask:
    given = sent.model_dump(include=set(PopulationAsked.model_fields) - {"actor"})
    return Ask(**{**given, "classes": tuple(sent.classes)})
