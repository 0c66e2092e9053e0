"""Model and lens as a person names them on the command line: those of the line-up, and the outside models of this process's registry.

The edges of a process say once where its registry is (`look_in`); its outside models are then known here by their small files, which are read again when they change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.lineup import LINEUP, names, registered_names
from models.outside import OutsideError, OutsideSpec
from models.spec import ModelSpec
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register

FIRM_KEY = "illegal_fundraising.firm"
KEYS: tuple[str, ...] = tuple(registered_names())
"""Every model of the line-up with its lens, in its order."""

TEXT_KEYS: tuple[str, ...] = tuple(spec.registered(lens.name) for spec in LINEUP for lens in spec.lenses if lens.looks_at == "text")
"""Every model of the line-up (with its lens, where it has lenses) that judges texts."""

OTHERS = {"person": ("人工登记", "entered by hand"), "warning": ("外部预警", "outside warning")}
"""In the place of a lens, where no model said it: what a person entered, what another system warned of."""

_registry: list[Path] = []

register(
    {
        "unknown_model": ("没有模型“{name}”", "there is no model `{name}`"),
        "unknown_model.hint": ("可用：{names}{close}", "one of: {names}{close}"),
        "unknown_lens": ("模型“{model}”没有镜头“{lens}”", "model `{model}` has no lens `{lens}`"),
        "unknown_lens.hint": (
            "只有 illegal_fundraising 有镜头：solicitation、report、firm",
            "only illegal_fundraising has lenses: solicitation, report, firm",
        ),
    }
)


def look_in(registry_dir: Path) -> None:
    """Say where the registry of this process is: its outside models count from now on."""
    _registry[:] = [registry_dir]


def outside() -> dict[str, ModelSpec]:
    """The outside models that are registered, approved or not, by name; none before `look_in`."""
    plain = _file("outside.json")
    found = {}
    for name, told in sorted(plain.items()):
        try:
            found[name] = OutsideSpec.of(told).model
        except (
            OutsideError,
            TypeError,
            ValueError,
        ):  # written by a version that knew other parts: it stays in the registry, and judges nothing here
            continue
    return found


def all_keys() -> tuple[str, ...]:
    """Every model with its lens: the line-up, then outside models."""
    return (*KEYS, *outside())


def everything() -> tuple[str, ...]:
    """Every model and every lens of it that can be named.

    >>> "illegal_fundraising" in everything() and "illegal_fundraising.report" in everything()
    True
    """
    return tuple(dict.fromkeys((*names(), *all_keys())))


def text_keys(*, in_use: bool = False) -> tuple[str, ...]:
    """Every model that judges texts, outside models included; ``in_use`` leaves out those of them that have no champion: they score nothing yet."""
    champions = _file("champions.json") if in_use else {}
    return (*TEXT_KEYS, *(name for name in outside() if not in_use or name in champions))


def spec_of(model: str) -> ModelSpec | None:
    """What a model is, by its name without the lens; None for one that nobody knows."""
    return next((spec for spec in LINEUP if spec.name == model), None) or outside().get(model)


def _file(name: str) -> Mapping[str, Any]:
    """A small file of the registry; empty where there is none or it cannot be read (who loads champions tells that)."""
    if not _registry:
        return {}
    path = _registry[0] / name
    try:
        state = path.stat()
    except OSError:
        return {}
    return _parsed(str(path), state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=16)
def _parsed(path: str, *_state: int) -> Mapping[str, Any]:
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def key_of(model: str, lens: str | None = None) -> str:
    """The key of a model and lens; ``illegal_fundraising`` without a lens means *solicitation*. A key itself is taken too.

    >>> key_of("illegal_fundraising"), key_of("illegal_drug_sales"), key_of("illegal_fundraising.report")
    ('illegal_fundraising.solicitation', 'illegal_drug_sales', 'illegal_fundraising.report')
    """
    name, _, inner = model.partition(".")
    lens = lens or inner or ""
    known = [*names(), *outside()]
    if name not in known:
        near = get_close_matches(name, known, 1)
        close = Told(f"（您是不是要 {near[0]}？）", f" (did you mean {near[0]}?)") if near else ""
        raise InvalidInputError("unknown_model", name=model, names=", ".join(known), close=close)
    if name != "illegal_fundraising":
        if lens:
            raise InvalidInputError("unknown_lens", model=name, lens=lens)
        return name
    key = f"{name}.{lens or 'solicitation'}"
    if key not in KEYS:
        raise InvalidInputError("unknown_lens", model=name, lens=lens)
    return key


def split_key(key: str) -> tuple[str, str]:
    """Model and lens of a key.

    >>> split_key("illegal_fundraising.report"), split_key("illegal_drug_sales")
    (('illegal_fundraising', 'report'), ('illegal_drug_sales', ''))
    """
    model, _, lens = key.partition(".")
    return model, lens


def title(key: str, lang: str) -> str:
    """What people call the model: its title, with the lens where it has several.

    >>> title("illegal_fundraising.report", "zh"), title("illegal_drug_sales", "en")
    ('非法集资·报道与投诉', 'Illegal drug sales')
    >>> title("illegal_drug_sales.person", "zh")
    '非法销售药品·人工登记'
    """
    name, lens = split_key(key)
    spec = spec_of(name)
    if spec is None:
        return key
    index = 0 if lang == "zh" else 1
    if lens in OTHERS:
        return spec.title[index] + ("·", ": ")[index] + OTHERS[lens][index]
    if not lens or lens not in {one.name for one in spec.lenses}:
        return spec.title[index]
    return spec.title[index] + ("·", ": ")[index] + spec.lens(lens).title[index]
