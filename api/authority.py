"""Who is asking, and whether they may: one dependency for both, declared by every route.

``dependencies=[needs("tasks.work")]`` on a route declares what it takes; a parameter ``who: Caller`` gives the principal, whose ``scope`` goes into every
query and whose ``name`` is the actor of every act. Public routes (health, sign-in) say so: ``dependencies=[public]``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from api.deps import ActorHeader, actor_of
from risk.domain.authority import Principal, local_principal, permissions
from risk.domain.errors import ForbiddenError, InvalidInputError


def principal_of(request: Request, x_actor: ActorHeader = None) -> Principal:
    """Whoever asks. While no account exists: whoever sits at this machine, by the name in ``X-Actor``, with all permissions."""
    found = getattr(request.state, "principal", None)
    if isinstance(found, Principal):
        return found
    try:
        name = actor_of(x_actor, None)
    except InvalidInputError:
        name = "local"
    return local_principal(name)


Caller = Annotated[Principal, Depends(principal_of)]
"""Whoever asks; see :func:`principal_of`."""


class Needs:
    """The declaration of a permission, readable from the route (``permission``) so that the access matrix is made from the code."""

    def __init__(self, permission: str) -> None:
        if permission not in permissions():
            raise ValueError(f"no such permission: {permission}")
        self.permission = permission

    def __call__(self, who: Caller) -> None:
        if not who.may(self.permission):
            zh, en = permissions()[self.permission]
            raise ForbiddenError("permission_required", permission=self.permission, permission_zh=zh, permission_en=en)


def needs(permission: str) -> Any:
    """What a route takes: ``router.get("", dependencies=[needs("alerts.read")])``; ``ValueError`` for a permission that does not exist."""
    return Depends(Needs(permission))


def _public() -> None:
    return None


public = Depends(_public)
"""A route that anybody may call."""
