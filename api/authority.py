"""Who is asking, and whether they may: one dependency for both, declared by every route.

``dependencies=[needs("tasks.work")]`` on a route declares what it takes; a parameter ``who: Caller`` gives the principal, whose ``scope`` goes into every
query and whose ``name`` is the actor of every act. Public routes (health, sign-in) say so: ``dependencies=[public]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Depends
from starlette.requests import Request

from api.deps import ActorHeader, Svc, actor_of
from risk.domain.authority import Principal, local_principal, not_permitted, permissions
from risk.domain.errors import ForbiddenError, InvalidInputError
from risk.domain.messages import register

LOCAL = "local"
"""Whoever sits at this machine and gave no name; may look, but an act takes a name."""

register(
    {
        "scope_whole_required": ("此操作需要全省范围的权限", "this takes permissions for the whole province"),
        "session_required": (
            "此操作须以账号登录，密钥与未登录的本机不能",
            "this takes a person who is signed in; a key does not do, nor does this machine",
        ),
        "actor_not_you": ("操作人只能是本人（{name}），不能代填 {given}", "who acts is who is signed in ({name}), not {given}"),
    }
)


def principal_of(request: Request, svc: Svc, x_actor: ActorHeader = None) -> Principal:
    """Whoever asks: by a session's cookie or a key. While no account exists: whoever sits at this machine, by the name in ``X-Actor``, with all permissions.

    ``NotSignedInError`` (``not_signed_in``); ``ForbiddenError`` (``actor_not_you``) where ``X-Actor`` names someone else than who is signed in.
    """
    found = svc.identity.principal(request)
    if found is None:
        try:
            return local_principal(actor_of(x_actor, None))
        except InvalidInputError:
            return local_principal(LOCAL)
    if x_actor:
        acting(found, unquote(x_actor))
    return found


Caller = Annotated[Principal, Depends(principal_of)]
"""Whoever asks; see :func:`principal_of`."""


def acting(who: Principal, sent: str | None = None) -> str:
    """The actor of an act. While no account exists: the body's ``actor``, else the header's; ``InvalidInputError`` (``actor_required``) for nobody.

    With accounts it is who is signed in; a body that names someone else is refused: ``ForbiddenError`` (``actor_not_you``).

    >>> acting(local_principal("张三")), acting(local_principal("张三"), "李四"), acting(Principal("王五", frozenset()), " 王五 ")
    ('张三', '李四', '王五')
    """
    if who.kind == "local":
        return actor_of(None if who.name == LOCAL else quote(who.name), sent)
    if sent and sent.strip() and sent.strip() != who.name:
        raise ForbiddenError("actor_not_you", name=who.name, given=sent.strip()[:120])
    return who.name


class Needs:
    """The declaration of a permission, readable from the route (``permission``, ``whole``) so that the access matrix is made from the code."""

    def __init__(self, permission: str, *, whole: bool = False) -> None:
        if permission not in permissions():
            raise ValueError(f"no such permission: {permission}")
        self.permission = permission
        self.whole = whole

    async def __call__(self, who: Caller) -> None:
        self.check(who)

    def check(self, who: Principal) -> None:
        """Refuse whoever may not."""
        if held := who.facts.get("held"):
            raise ForbiddenError(held)
        if not who.may(self.permission):
            raise not_permitted(self.permission)
        if self.whole and not who.scope.whole:
            raise ForbiddenError("scope_whole_required")


def needs(permission: str, *, whole: bool = False) -> Any:
    """What a route takes: ``router.get("", dependencies=[needs("alerts.read")])``; ``ValueError`` for a permission that does not exist.

    ``whole``: what it shows or does is of the whole province and cannot be cut to a part of it (``scope_whole_required``).
    """
    return Depends(Needs(permission, whole=whole))


class NeedsBy:
    """The declaration of a route whose permission follows from a part of its path; ``permission_of`` tells it for each value of ``part``."""

    def __init__(self, part: str, permission_of: Mapping[str, Needs]) -> None:
        self.part = part
        self.permission_of = dict(permission_of)

    async def __call__(self, request: Request, who: Caller) -> None:
        asked = self.permission_of.get(request.path_params[self.part])
        if asked is not None:  # a value that is none of them is refused as such
            asked.check(who)


def needs_by(part: str, permission_of: Mapping[str, Needs]) -> Any:
    """What a route takes by a part of its path: ``needs_by("step", {"approve": Needs("rules.approve"), "test": Needs("rules.write")})``."""
    return Depends(NeedsBy(part, permission_of))


class SignedIn:
    """The declaration of a route for whoever has a session of their own: what people do with their own account."""

    async def __call__(self, who: Caller) -> None:
        if who.kind != "account":
            raise ForbiddenError("session_required")


signed_in = Depends(SignedIn())
"""A route for people who are signed in, whatever their roles, and also while something must be done first (a password changed, a factor enrolled)."""

anybody = Depends(principal_of)
"""A route for whoever there is: an account, a key, or this machine while no account exists."""


async def _public() -> None:
    return None


public = Depends(_public)
"""A route that anybody may call."""
