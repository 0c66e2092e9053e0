"""Which language a request wants: ``?lang=``, else ``Accept-Language``, else the language of the settings."""

from __future__ import annotations

from starlette.requests import Request


def language(request: Request) -> str:
    """``zh`` or ``en``."""
    asked = request.query_params.get("lang", "").lower()[:2]
    if asked in ("zh", "en"):
        return asked
    return preferred(request.headers.get("accept-language", "")) or str(getattr(request.app.state, "lang", "zh"))


def preferred(header: str) -> str | None:
    """The one of ours that ``Accept-Language`` likes best.

    >>> preferred("en-GB,en;q=0.9,zh;q=0.8"), preferred("zh-CN"), preferred("fr, zh;q=0.3, en;q=0.1"), preferred("*")
    ('en', 'zh', 'zh', None)
    """
    best: tuple[float, str] | None = None
    for part in header[:400].split(","):
        name, _, quality = part.strip().partition(";")
        lang = name.strip().lower()[:2]
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if lang in ("zh", "en") and weight > 0 and (best is None or weight > best[0]):
            best = (weight, lang)
    return best[1] if best else None
