"""Models: the line-up and outside models with their champions and registered versions; approving, promoting, rolling back. Who acts is named."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.authority import Caller, acting, needs
from api.deps import Id, Lang, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from api.routes.reports import PAGE_POLICY
from risk.scoring.keys import key_of
from risk.services import model_approval, model_desk, model_dossier, model_overview, model_pairs
from risk.services.model_desk import ModelRow, ModelVersionView
from risk.services.model_overview import ModelGlance

router = Router(prefix="/models", tags=["models"])

Number = Annotated[int, Query(ge=1, le=2**31 - 1, description="a version / 版本号")]


class ModelStep(BaseModel):
    """Who acts, and why."""

    model_config = ConfigDict(extra="forbid")

    actor: Text | None = Field(None, description="who acts; or header X-Actor / 操作人", examples=["张三"])
    reason: Text = Field("", description="why / 理由", examples=["已读代码与档案"])


@router.get("", summary="模型与冠军 / Models, champions, versions", dependencies=[needs("models.read")])
def list_models(svc: Svc, versions: bool = True) -> tuple[ModelRow, ...]:
    """A model without a champion scores by its rules. `versions=false` answers at once, without asking the registry."""
    return model_desk.list_models(svc.settings, versions=versions)


@router.get("/overview", summary="模型总览 / Models at a glance", dependencies=[needs("models.read", whole=True)])
def get_overview(svc: Svc) -> tuple[ModelGlance, ...]:
    """Champion, figures with intervals, labels, health, internal tasks of each. Answers without asking the registry."""
    return svc.desk.read(model_overview.overview, svc.settings, svc.desk.clock())


@router.get(
    "/{model}/versions/{version}",
    summary="模型版本档案 / One version with its dossier",
    responses=problems(404),
    dependencies=[needs("models.read")],
)
def get_model_version(model: Text, version: Id, svc: Svc) -> ModelVersionView:
    """Purpose, owner, basis, data, metrics, limits."""
    return model_desk.get_model_version(svc.settings, model, version)


@router.get(
    "/{model}/versions/{version}/dossier",
    summary="模型档案页 / The dossier as a page",
    response_class=Response,
    responses={**files("text/html", "application/json", said="the page or its facts / 页面或数据"), **problems(404)},
    dependencies=[needs("models.read")],
)
def get_dossier(model: Text, version: Id, svc: Svc, lang: Lang, format: Literal["html", "json"] = "html") -> Response:  # noqa: A002 - the parameter's name
    """Everything that is known of a version, after its files were verified; refused (`bundle_refused`) where one was changed."""
    from risk.reports import dossier

    told = model_dossier.whole(svc.settings, model, version)
    if format == "json":
        return JSONResponse(told)
    return HTMLResponse(dossier.render(told, lang), headers={"Content-Security-Policy": PAGE_POLICY, "Content-Language": lang})


@router.get(
    "/{model}/compare", summary="两个版本对照 / Two versions side by side", responses=problems(404), dependencies=[needs("models.read")]
)
def compare_versions(model: Text, first: Number, second: Number, svc: Svc) -> dict[str, Any]:
    """Figures with intervals, cut-offs, features and rules that one alone has, data, and what a paired comparison found where one was made."""
    told = model_dossier.compared(svc.settings, model, first, second)
    return {**told, "paired": svc.desk.whole(model_pairs.stored, key_of(model), first, second)}


@router.post(
    "/{model}/versions/{version}/approve",
    summary="批准版本 / Approve a version",
    responses=problems(404, 409),
    dependencies=[needs("models.approve", whole=True)],
)
def approve_version(model: Text, version: Id, sent: ModelStep, svc: Svc, who: Caller) -> dict[str, Any]:
    """Another person than who registered it. First every law is tried on the stored files, in a process of its own with a time limit."""
    actor, key = acting(who, sent.actor), key_of(model)
    return model_approval.approve(svc.desk.engine, svc.settings, key, version, actor=actor, now=svc.desk.clock(), reason=sent.reason)


@router.post(
    "/{model}/versions/{version}/promote",
    summary="上线版本 / Make a version the champion",
    responses=problems(404, 409),
    dependencies=[needs("models.approve", whole=True)],
)
def promote_version(model: Text, version: Id, sent: ModelStep, svc: Svc, who: Caller) -> ModelVersionView:
    """The next run uses it. Refused (`model_not_approved`) where an approval is required and is not there."""
    actor, key = acting(who, sent.actor), key_of(model)
    model_approval.promote(svc.desk.engine, svc.settings, key, version, actor=actor, now=svc.desk.clock(), reason=sent.reason)
    return model_desk.get_model_version(svc.settings, key, version)


@router.post(
    "/{model}/rollback",
    summary="回退模型 / Bring the previous champion back",
    responses=problems(404, 409),
    dependencies=[needs("models.approve", whole=True)],
)
def roll_back(model: Text, sent: ModelStep, svc: Svc, who: Caller) -> ModelVersionView:
    """One act, recorded with who and why."""
    actor, key = acting(who, sent.actor), key_of(model)
    version = model_approval.rollback(svc.desk.engine, svc.settings, key, actor=actor, now=svc.desk.clock(), reason=sent.reason)
    return model_desk.get_model_version(svc.settings, key, version)
