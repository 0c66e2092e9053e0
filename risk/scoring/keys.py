"""Model and lens as a person names them on the command line."""

from __future__ import annotations

from difflib import get_close_matches

from models.lineup import LINEUP, names, registered_names
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register

FIRM_KEY = "illegal_fundraising.firm"
KEYS: tuple[str, ...] = tuple(registered_names())
"""Every model with its lens, in the order of the line-up."""

TEXT_KEYS: tuple[str, ...] = tuple(spec.registered(lens.name) for spec in LINEUP for lens in spec.lenses if lens.looks_at == "text")
"""Every model (with its lens, where it has lenses) that judges texts."""

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


def key_of(model: str, lens: str | None = None) -> str:
    """The key of a model and lens; ``illegal_fundraising`` without a lens means *solicitation*. A key itself is taken too.

    >>> key_of("illegal_fundraising"), key_of("illegal_drug_sales"), key_of("illegal_fundraising.report")
    ('illegal_fundraising.solicitation', 'illegal_drug_sales', 'illegal_fundraising.report')
    """
    name, _, inner = model.partition(".")
    lens = lens or inner or ""
    if name not in names():
        near = get_close_matches(name, names(), 1)
        close = Told(f"（您是不是要 {near[0]}？）", f" (did you mean {near[0]}?)") if near else ""
        raise InvalidInputError("unknown_model", name=model, names=", ".join(names()), close=close)
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
    """
    name, lens = split_key(key)
    spec = next((spec for spec in LINEUP if spec.name == name), None)
    if spec is None:
        return key
    index = 0 if lang == "zh" else 1
    if not lens or lens not in {one.name for one in spec.lenses}:
        return spec.title[index]
    return spec.title[index] + ("·", ": ")[index] + spec.lens(lens).title[index]
