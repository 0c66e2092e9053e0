"""Keys for programs: made by their owner, ended by their owner or by a security administrator, who never sees one."""

from __future__ import annotations

from fastapi import Response

from api.authority import Caller, needs, signed_in
from api.deps import Cursor, Id, Limit, Svc
from api.identity_schemas import KeySent
from api.openapi import problems
from api.operations import Router
from risk.domain.identity import read_grant
from risk.services import accounts_views, api_keys
from risk.services.api_keys import KeyRow, NewKey
from risk.services.paging import Page

router = Router(tags=["accounts"])


@router.get("/keys", summary="我的密钥 / My keys", dependencies=[signed_in])
def list_mine(svc: Svc, who: Caller, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyRow]:
    """The newest first; a key itself is shown only when it is made."""
    return svc.desk.read(api_keys.list_keys, owner=who.account_id, limit=limit, cursor=cursor)


@router.post("/keys", summary="新建密钥 / Make a key", status_code=201, dependencies=[signed_in])
def create(sent: KeySent, svc: Svc, who: Caller, response: Response) -> NewKey:
    """Use it as `Authorization: Bearer rk_…`. It is told in this answer only, and may never more than its owner may at that moment."""
    assert who.account_id is not None  # declared by `signed_in`
    grants = None if sent.grants is None else tuple(read_grant(text) for text in sent.grants)
    response.headers["Cache-Control"] = "no-store"
    return svc.desk.act(
        api_keys.create,
        who.account_id,
        sent.label,
        sent.permissions,
        actor=who.name,
        now=svc.desk.clock(),
        expires_at=sent.expires_at,
        grants=grants,
    )


@router.delete("/keys/{key_id}", summary="吊销密钥 / Revoke a key of mine", responses=problems(404), dependencies=[signed_in])
def revoke_mine(key_id: Id, svc: Svc, who: Caller) -> KeyRow:
    """The next request with it is refused."""
    return svc.desk.act(api_keys.revoke, key_id, actor=who.name, now=svc.desk.clock(), owner=who.account_id)


@router.get(
    "/accounts/{account_id}/keys",
    summary="账号的密钥 / Keys of an account",
    responses=problems(404),
    dependencies=[needs("accounts.read", whole=True)],
)
def list_of(account_id: Id, svc: Svc, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyRow]:
    """What they begin with, what they may, until when."""
    svc.desk.read(accounts_views.get, account_id, svc.desk.clock())
    return svc.desk.read(api_keys.list_keys, owner=account_id, limit=limit, cursor=cursor)


@router.delete(
    "/accounts/{account_id}/keys/{key_id}",
    summary="吊销账号的密钥 / Revoke a key of an account",
    responses=problems(404),
    dependencies=[needs("accounts.write", whole=True)],
)
def revoke_of(account_id: Id, key_id: Id, svc: Svc, who: Caller) -> KeyRow:
    """The next request with it is refused."""
    return svc.desk.act(api_keys.revoke, key_id, actor=who.name, now=svc.desk.clock(), owner=account_id)
