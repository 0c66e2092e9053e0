"""Models: the line-up with its champions and registered versions."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import Id, Svc, Text
from api.openapi import problems
from risk.services import model_desk
from risk.services.model_desk import ModelRow, ModelVersionView

router = APIRouter(prefix="/models", tags=["models"])


@router.get("", summary="模型与冠军 / Models, champions, versions")
def list_models(svc: Svc, versions: bool = True) -> tuple[ModelRow, ...]:
    """A model without a champion scores by its rules. `versions=false` answers at once, without asking the registry."""
    return model_desk.list_models(svc.settings, versions=versions)


@router.get("/{model}/versions/{version}", summary="模型版本档案 / One version with its dossier", responses=problems(404))
def get_model_version(model: Text, version: Id, svc: Svc) -> ModelVersionView:
    """Purpose, owner, basis, data, metrics, limits."""
    return model_desk.get_model_version(svc.settings, model, version)
