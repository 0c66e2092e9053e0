"""Pushes: where they go, what was delivered, what is sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Response

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, IfMatch, Limit, Services, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.push_schemas import PushActed, ReplayAsked, SecretSent, State, TargetChanged, TargetSent
from risk.domain import push
from risk.domain.errors import InvalidInputError
from risk.services import push_replay, push_targets, push_trial, push_views
from risk.services.http_guard import Guard
from risk.services.paging import Page
from risk.services.push import guard_of
from risk.services.push_replay import Replayed
from risk.services.push_targets import Target, Wanted
from risk.services.push_views import Delivery, PushStatus, TargetHealth
from risk.services.secrets_key import SecretBox

router = Router(prefix="/push", tags=["push"])
READ, WRITE = [needs("push.read")], [needs("push.write")]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test message; ``error`` is the code of what went wrong, told in words beside it."""

    ok: bool
    status: int | None
    error: str | None
    error_zh: str | None
    error_en: str | None


@router.get("/status", summary="推送状态 / How pushing is doing", dependencies=READ)
def push_status(svc: Svc, who: Caller) -> PushStatus:
    """What is not spread yet, deliveries by state, every target with its health."""
    return svc.desk.read(push_views.status, svc.desk.clock(), scope=who.scope)


@router.get("/targets", summary="推送目标 / List targets", dependencies=READ)
def list_targets(svc: Svc, who: Caller) -> tuple[Target, ...]:
    """By name; keys that stand in addresses are hidden."""
    return tuple(svc.desk.read(push_targets.list_targets, scope=who.scope))


@router.post("/targets", status_code=201, summary="添加推送目标 / Add a target", responses=problems(409, 422), dependencies=WRITE)
def add_target(sent: TargetSent, svc: Svc, who: Caller, response: Response) -> Target:
    """The address must be on the list of what may be pushed to. Try it with `test`."""
    secrets = {name: value.get_secret_value() for name in ("secret", "password") if (value := getattr(sent, name)) is not None}
    wanted = Wanted(**sent.model_dump(exclude={"actor", "secret", "password"}), **secrets)
    guard, box = _door(svc)
    now = svc.desk.clock()
    return _tagged(response, svc.desk.act(push_targets.add, guard, box, wanted, actor=acting(who, sent.actor), now=now, scope=who.scope))


@router.get("/targets/{name}", summary="一个推送目标 / One target", responses=problems(404), dependencies=READ)
def get_target(name: Text, svc: Svc, who: Caller, response: Response) -> TargetHealth:
    """With its health of the last hours."""
    found = svc.desk.read(push_views.show_target, name, svc.desk.clock(), scope=who.scope)
    _tagged(response, found.target)
    return found


@router.patch("/targets/{name}", summary="修改推送目标 / Change a target", responses=problems(404, 409, 422), dependencies=WRITE)
def change_target(name: Text, sent: TargetChanged, svc: Svc, who: Caller, response: Response, if_match: IfMatch = None) -> Target:
    """What is not sent stays. With `If-Match` a change that somebody else made meanwhile is a conflict."""
    changes = sent.model_dump(exclude={"actor"}, exclude_unset=True)
    guard, box = _door(svc)
    common: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "scope": who.scope}
    return _tagged(response, svc.desk.act(push_targets.change, guard, box, name, changes, version=if_match, **common))


@router.delete(
    "/targets/{name}", status_code=204, summary="删除推送目标 / Remove a target", responses=problems(404, 422), dependencies=WRITE
)
def remove_target(name: Text, svc: Svc, who: Caller) -> None:
    """What waited for it is dead; its deliveries stay readable."""
    svc.desk.act(push_targets.remove, name, actor=acting(who), now=svc.desk.clock(), scope=who.scope)


@router.post("/targets/{name}/pause", summary="暂停推送 / Pause a target", responses=problems(404, 422), dependencies=WRITE)
def pause_target(name: Text, sent: PushActed, svc: Svc, who: Caller) -> Target:
    """What comes meanwhile waits."""
    return _switch(name, sent, svc, who, on=False)


@router.post("/targets/{name}/resume", summary="恢复推送 / Resume a target", responses=problems(404, 422), dependencies=WRITE)
def resume_target(name: Text, sent: PushActed, svc: Svc, who: Caller) -> Target:
    """Also one that its health has paused."""
    return _switch(name, sent, svc, who, on=True)


@router.post("/targets/{name}/rotate", summary="更换密钥 / Change the secret", responses=problems(404, 422), dependencies=WRITE)
def rotate_secret(name: Text, sent: SecretSent, svc: Svc, who: Caller) -> Target:
    """A webhook's old secret signs beside the new one for some days more."""
    box, secret = SecretBox(svc.settings), sent.secret.get_secret_value()
    return svc.desk.act(push_targets.rotate, box, name, secret, actor=acting(who, sent.actor), now=svc.desk.clock(), scope=who.scope)


@router.post("/targets/{name}/test", summary="发送测试消息 / Try a target", responses=problems(404, 422), dependencies=WRITE)
def test_target(name: Text, sent: PushActed, svc: Svc, who: Caller) -> Tried:
    """Sends a test message now and waits for the answer; `error` is the code of what went wrong."""
    guard, box = _door(svc)
    common: dict[str, Any] = {
        "actor": acting(who, sent.actor),
        "now": svc.desk.clock(),
        "base": svc.settings.public_url,
        "scope": who.scope,
    }
    answer = svc.desk.whole(push_trial.trial, guard, box, name, **common)
    why = push.why_of(answer.error, answer.status)
    return Tried(answer.ok, answer.status, answer.error, why.zh if why else None, why.en if why else None)


@router.get("/deliveries", summary="推送记录 / List deliveries", responses=problems(422), dependencies=READ)
def list_deliveries(
    svc: Svc,
    who: Caller,
    target: Text | None = None,
    state: Annotated[list[State] | None, Query(max_length=4)] = None,
    event: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Delivery]:
    """The newest first. `state=dead` are the dead letters."""
    common: dict[str, Any] = {
        "target": target,
        "states": tuple(state or ()),
        "event": event,
        "limit": limit,
        "cursor": cursor,
        "scope": who.scope,
    }
    return svc.desk.read(push_views.list_deliveries, **common)


@router.get("/deliveries/{delivery_id}", summary="一条推送 / One delivery", responses=problems(404), dependencies=READ)
def get_delivery(delivery_id: Id, svc: Svc, who: Caller) -> Delivery:
    """Its state, its tries, its next one."""
    return svc.desk.read(push_views.get_delivery, delivery_id, scope=who.scope)


@router.post("/replays", status_code=201, summary="重发 / Send again", responses=problems(404, 409, 422), dependencies=WRITE)
def replay(sent: ReplayAsked, svc: Svc, who: Caller) -> Replayed:
    """By number, or those of a target whose events happened in a period. Ids stay the same, so that a receiver who has them does nothing."""
    now = svc.desk.clock()
    common: dict[str, Any] = {"actor": acting(who, sent.actor), "now": now, "scope": who.scope}
    if sent.target is None or sent.since is None:
        if sent.target is not None or sent.since is not None:
            raise InvalidInputError("push_replay_empty")
        return svc.desk.act(push_replay.replay, sent.numbers, **common)
    asked: dict[str, Any] = {"states": sent.states, "missing": sent.missing}
    return svc.desk.act(push_replay.replay_period, sent.target, sent.since, sent.until or now, **asked, **common)


def _switch(name: str, sent: PushActed, svc: Services, who: Caller, *, on: bool) -> Target:
    return svc.desk.act(push_targets.switch, name, on=on, actor=acting(who, sent.actor), now=svc.desk.clock(), scope=who.scope)


def _door(svc: Services) -> tuple[Guard, SecretBox]:
    return guard_of(svc.settings), SecretBox(svc.settings)


def _tagged(response: Response, target: Target) -> Target:
    response.headers["ETag"] = f'"{target.version}"'
    return target
