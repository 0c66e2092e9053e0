"""Model and lens as a person names them on the command line."""

from __future__ import annotations

from difflib import get_close_matches

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

LENSES = ("solicitation", "report", "firm")
FIRM_KEY = "illegal_fundraising.firm"
KEYS = (
    "false_medical_advertising",
    "illegal_fundraising.solicitation",
    "illegal_fundraising.report",
    "illegal_fundraising.firm",
    "illegal_drug_sales",
    "illegal_prescription_drug_sales",
    "illegal_medical_device_sales",
)
"""Every model with its lens, in the order of the line-up."""

TEXT_KEYS = tuple(key for key in KEYS if key != FIRM_KEY)
"""Every model (with its lens, where it has lenses) that judges texts."""

_MODELS = tuple(dict.fromkeys(key.partition(".")[0] for key in KEYS))

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
    if name not in _MODELS:
        close = get_close_matches(name, _MODELS, 1)
        raise InvalidInputError(
            "unknown_model", name=model, names=", ".join(_MODELS), close=f" (did you mean {close[0]}?)" if close else ""
        )
    if name != "illegal_fundraising":
        if lens:
            raise InvalidInputError("unknown_lens", model=name, lens=lens)
        return name
    if lens and lens not in LENSES:
        raise InvalidInputError("unknown_lens", model=name, lens=lens)
    return f"{name}.{lens or 'solicitation'}"


def split_key(key: str) -> tuple[str, str]:
    """Model and lens of a key.

    >>> split_key("illegal_fundraising.report"), split_key("illegal_drug_sales")
    (('illegal_fundraising', 'report'), ('illegal_drug_sales', ''))
    """
    model, _, lens = key.partition(".")
    return model, lens
