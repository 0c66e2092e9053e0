"""The names of what codes stand for: places, models, grades, states of tasks, departments. Asked once by a page, shown everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from api.authority import anybody
from api.operations import Router
from risk.domain import authority, regions, routing
from risk.domain.grades import Grade
from risk.domain.stages import Stage
from risk.domain.tasks import Event, Kind, State
from risk.scoring import keys

router = Router(prefix="/vocabulary", tags=["vocabulary"])


@dataclass(frozen=True, slots=True)
class Named:
    """A code and its name in both languages."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Place:
    """A division of GB/T 2260; ``parent`` is empty for the province; ``level`` is ``province``, ``city`` or ``county``."""

    code: str
    zh: str
    en: str
    parent: str
    level: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything that is named by a code on a page."""

    divisions: tuple[Place, ...]
    models: tuple[Named, ...]
    grades: tuple[Named, ...]
    task_states: tuple[Named, ...]
    departments: tuple[Named, ...]
    task_events: tuple[Named, ...]
    task_kinds: tuple[Named, ...]
    stages: tuple[Named, ...]
    roles: tuple[Named, ...]
    permissions: tuple[Named, ...]


@router.get("", summary="名称表 / Names of codes", dependencies=[anybody])
def get_vocabulary() -> Vocabulary:
    """In both languages; the same for everybody."""
    return _vocabulary(keys.everything())


@cache
def _vocabulary(known: tuple[str, ...]) -> Vocabulary:
    return Vocabulary(
        tuple(Place(d.code, d.name_zh, d.name_en, d.parent, d.level) for d in regions.DIVISIONS.values()),
        tuple(Named(key, keys.title(key, "zh"), keys.title(key, "en")) for key in known),
        tuple(Named(grade.code, grade.title("zh"), grade.title("en")) for grade in sorted(Grade, reverse=True) if grade),
        tuple(Named(state.value, state.word("zh"), state.word("en")) for state in State),
        tuple(Named(code, zh, en) for code, (zh, en) in routing.departments().items()),
        tuple(Named(event.value, event.word("zh"), event.word("en")) for event in Event),
        tuple(Named(kind.value, kind.word("zh"), kind.word("en")) for kind in Kind),
        tuple(Named(stage.value, stage.word("zh"), stage.word("en")) for stage in Stage),
        tuple(Named(code, role.zh, role.en) for code, role in authority.roles().items()),
        tuple(Named(code, zh, en) for code, (zh, en) in authority.permissions().items()),
    )
