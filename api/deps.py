"""What an endpoint may ask for: the services of this process, the language, who acts, how much of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Path, Query
from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request

from api.identity import Identity
from api.language import language
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.scheduling.background import Background
from risk.services.desk import Desk
from risk.services.paging import LARGEST_ID, MAX_PAGE
from risk.services.scorer_cache import ScorerCache
from risk.settings import Settings


@dataclass(frozen=True)
class Services:
    """What one process serves with; made when the server starts."""

    settings: Settings
    desk: Desk
    scorer: ScorerCache
    background: Background
    identity: Identity


# what waits for nothing is async: a plain function would be sent to another thread, each time
async def _services(request: Request) -> Services:
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


def _moment(value: datetime) -> datetime:
    if not 1900 <= value.year <= 2200:
        raise ValueError("the year must lie between 1900 and 2200")
    return value.replace(tzinfo=SHANGHAI) if value.tzinfo is None else value


async def _version(
    if_match: Annotated[str | None, Header(max_length=40, description='"<version>" of the task as seen / 所见任务的版本')] = None,
) -> int | None:
    """The version in ``If-Match``; a weak mark and quotes are taken off, ``*`` is any."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit():
        raise InvalidInputError("version_invalid", given=text)
    return min(int(text), LARGEST_ID)


async def _language(request: Request) -> str:
    return language(request)


def actor_of(header: str | None, body: str | None) -> str:
    """Who acts: the body's ``actor``, else the header's; ``InvalidInputError`` (``actor_required``) for nobody.

    >>> actor_of("%E5%BC%A0%E4%B8%89", None), actor_of("x", "李四")
    ('张三', '李四')
    """
    name = (body or unquote(header or "")).strip()[:120]
    if not name or "\0" in name:
        raise InvalidInputError("actor_required")
    return name


Text = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")]
"""A short text that every database can keep."""

LongText = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")]

Moment = Annotated[datetime, AfterValidator(_moment)]
"""A moment; one without a time zone is Hubei's."""

Svc = Annotated[Services, Depends(_services)]
Lang = Annotated[str, Depends(_language)]
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="rows in a page / 每页条数")]
Cursor = Annotated[Text | None, Query(description="where the page before ended / 分页游标")]
ActorHeader = Annotated[
    str | None,
    Header(alias="X-Actor", max_length=400, description="who acts, percent-encoded UTF-8 / 操作人", examples=["%E5%BC%A0%E4%B8%89"]),
]
IfMatch = Annotated[int | None, Depends(_version)]
GRADES = tuple(grade.code for grade in Grade if grade)
