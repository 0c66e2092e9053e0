"""Rules, lists, conditions and features: looked at, written, and moved step by step. Who acts is named; who wrote a version cannot approve it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Header, Path, Query, Response

from api.authority import Caller, Needs, acting, needs, needs_by
from api.deps import Cursor, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.rule_schemas import ListChange, RuleDraft, RuleEdit, RuleStep
from risk.domain.authority import Principal
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.rule_states import RuleState
from risk.services import list_desk, rule_changes, rule_drafts, rule_refs, rule_shadow, rule_steps, rule_views
from risk.services.list_desk import ListView, NewEntry
from risk.services.paging import LARGEST_ID, Page
from risk.services.rule_changes import DiffView
from risk.services.rule_refs import Ref
from risk.services.rule_shadow import ShadowHit
from risk.services.rule_steps import Step
from risk.services.rule_store import Version
from risk.services.rule_views import RuleEventRow, RuleFilter, RuleRow, RuleView, VersionView

router = Router(prefix="/rules", tags=["rules"])
ACT = problems(404, 409)

register({"revision_invalid": ("If-Match 应为修订号：{given}", "If-Match should be the revision: {given}")})

Kind = Annotated[Literal["rule", "list", "condition", "feature"], Path(description="what it is / 种类")]
Name = Annotated[Text, Path(description="its name / 名称", examples=["gold"])]
Number = Annotated[int, Path(ge=0, le=2**31 - 1, description="0 is the one that came with the program / 版本号")]
Model = Annotated[Text | None, Query(description="where a name is not enough: the model, or shared / 所属模型")]
Revision = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description='"<revision>" of the version as seen / 所见修订号', examples=['"3"'])
]

WRITERS, APPROVERS = (
    ("test", "submit", "withdraw", "restore"),
    ("reject", "approve", "shadow", "activate", "roll-out", "pause", "resume", "retire"),
)
STEP_NEEDS = dict.fromkeys(WRITERS, Needs("rules.write")) | dict.fromkeys(APPROVERS, Needs("rules.approve", whole=True))
"""Who writes prepares and submits; what decides over a version, or over what runs of the whole province use, is the approver's."""


@router.get("", summary="规则列表 / List rules, lists, conditions, features", dependencies=[needs("rules.read")])
def list_rules(
    svc: Svc,
    kind: Literal["rule", "list", "condition", "feature"] | None = None,
    model: Text | None = None,
    state: RuleState | None = None,
    author: Text | None = None,
    text: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RuleRow]:
    """Shipped and stored, by kind, model and name: what is in force, and the newest version. `state` and `author` are those of the newest; `text` is looked for in names and titles."""
    wanted = RuleFilter(kind, model, state.value if state else None, author, text)
    return svc.desk.read(rule_views.list_rules, wanted, limit=limit, cursor=cursor)


@router.post("", status_code=201, summary="新建草稿 / Store a draft", responses=problems(409), dependencies=[needs("rules.write")])
def create_draft(sent: RuleDraft, svc: Svc, who: Caller, response: Response) -> VersionView:
    """One definition as text, also one that cannot be read yet: its diagnostics are stored with it. `Location` shows the version."""
    actor = acting(who, sent.actor)
    made = svc.desk.act(rule_drafts.create, sent.source, actor=actor, now=svc.desk.clock(), model=sent.model, note=sent.note)
    return _answer(svc, who, made, response, made=True)


@router.get(
    "/{kind}/{name}",
    summary="规则详情 / One definition with its versions",
    responses=problems(404, 409),
    dependencies=[needs("rules.read")],
)
def get_rule(kind: Kind, name: Name, svc: Svc, model: Model = None) -> RuleView:
    """Every version, the newest first, and the rules in force that build on it."""
    return svc.desk.read(rule_views.get_rule, Ref(name, None, kind, model))


@router.get(
    "/{kind}/{name}/history",
    summary="规则经过 / What happened to a definition",
    responses=problems(404, 409),
    dependencies=[needs("rules.read")],
)
def get_history(kind: Kind, name: Name, svc: Svc, model: Model = None) -> tuple[RuleEventRow, ...]:
    """Every step of every version with who, when and why, the oldest first; an edit keeps what stood there before."""
    return svc.desk.read(rule_views.history, Ref(name, None, kind, model))


@router.get(
    "/{kind}/{name}/diff",
    summary="版本比较 / What differs between two versions",
    responses=problems(404, 409),
    dependencies=[needs("rules.read")],
)
def get_diff(
    kind: Kind,
    name: Name,
    svc: Svc,
    old: Annotated[int | None, Query(alias="from", ge=0, le=2**31 - 1, description="default: the version in force / 旧版本")] = None,
    new: Annotated[int | None, Query(alias="to", ge=0, le=2**31 - 1, description="default: the newest / 新版本")] = None,
    model: Model = None,
) -> DiffView:
    """A tree diff, clause by clause and part by part, each part in Chinese and in English."""
    return svc.desk.read(rule_changes.differences, Ref(name, None, kind, model), old, new)


@router.get(
    "/{kind}/{name}/versions/{version}", summary="规则版本 / One version", responses=problems(404, 409), dependencies=[needs("rules.read")]
)
def get_version(kind: Kind, name: Name, version: Number, svc: Svc, who: Caller, response: Response, model: Model = None) -> VersionView:
    """As written and in both languages, with its findings, its last test, what it was approved with. Its revision is also the `ETag`."""
    view = svc.desk.read(rule_views.get_version, Ref(name, version, kind, model), scope=who.scope)
    response.headers["ETag"] = f'"{view.row.revision}"'
    return view


@router.put(
    "/{kind}/{name}/versions/{version}", summary="修改草稿 / Write a draft anew", responses=ACT, dependencies=[needs("rules.write")]
)
def edit_draft(
    kind: Kind,
    name: Name,
    version: Number,
    sent: RuleEdit,
    svc: Svc,
    who: Caller,
    response: Response,
    if_match: Revision = None,
    model: Model = None,
) -> VersionView:
    """A draft, or a tested version, which must then be tested again. With `If-Match` a stale revision is a conflict."""
    actor, seen = acting(who, sent.actor), _seen(if_match)
    ref = Ref(name, version, kind, model)
    made = svc.desk.act(rule_steps.edit, ref, sent.source, actor=actor, now=svc.desk.clock(), seen=seen, note=sent.note)
    return _answer(svc, who, made, response)


@router.post(
    "/{kind}/{name}/versions/{version}/{step}",
    summary="规则流转 / Take a step with a version",
    responses=ACT,
    dependencies=[needs_by("step", STEP_NEEDS)],
)
def take_step(
    kind: Kind,
    name: Name,
    version: Number,
    step: Step,
    sent: RuleStep,
    svc: Svc,
    who: Caller,
    response: Response,
    if_match: Revision = None,
    model: Model = None,
) -> VersionView:
    """`test`, `submit`, `withdraw`, `reject`, `approve` (by someone who neither wrote nor submitted it), `shadow`, `activate`, `roll-out`, `pause`, `resume`, `retire`;
    `restore` makes a new draft with this version's text. Steps outside the life cycle, and changes that the rules in force would not stand, are conflicts."""
    made = svc.desk.act(
        rule_steps.take,
        Ref(name, version, kind, model),
        step,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        seen=_seen(if_match),
        reason=sent.reason,
        percent=sent.percent,
        evidence={"backtest": sent.backtest} if sent.backtest is not None else None,
    )
    return _answer(svc, who, made, response, made=step == "restore")


@router.get(
    "/{kind}/{name}/versions/{version}/shadow-hits",
    summary="影子命中 / What it would have said",
    responses=problems(404, 409),
    dependencies=[needs("rules.read"), needs("signals.read")],
)
def list_shadow_hits(
    kind: Kind, name: Name, version: Number, svc: Svc, who: Caller, model: Model = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ShadowHit]:
    """On which signals a version in shadow, or held back by its roll-out, would have fired; of a list what its rules would gain and lose. Never an alert."""
    found = svc.desk.read(rule_refs.to_look_at, Ref(name, version, kind, model))
    return svc.desk.read(rule_shadow.list_hits, found.id, limit=limit, cursor=cursor, scope=who.scope)


@router.get(
    "/list/{name}/versions/{version}/entries",
    summary="词表的词 / The words of a list",
    responses=problems(404, 409),
    dependencies=[needs("rules.read")],
)
def list_entries(name: Name, version: Number, svc: Svc, model: Model = None) -> ListView:
    """Each with who added it, when and why; what came with the program has nobody."""
    return svc.desk.read(list_desk.show, Ref(name, version, "list", model))


@router.get(
    "/list/{name}/entries",
    summary="现行词表 / The words of a list in force",
    responses=problems(404, 409),
    dependencies=[needs("rules.read")],
)
def list_entries_in_force(name: Name, svc: Svc, model: Model = None) -> ListView:
    """As the next run will use it."""
    return svc.desk.read(list_desk.show, Ref(name, None, "list", model))


@router.post(
    "/list/{name}/entries", status_code=201, summary="增删词 / Propose words of a list", responses=ACT, dependencies=[needs("rules.write")]
)
def propose_entries(name: Name, sent: ListChange, svc: Svc, who: Caller, response: Response, model: Model = None) -> VersionView:
    """The short way: a new version of the list in force, tested with every rule that uses it, and submitted. Someone else approves and activates it."""
    made = svc.desk.act(
        list_desk.propose,
        Ref(name, None, "list", model),
        add=[NewEntry(word.term, word.exclude, word.note) for word in sent.add],
        remove=[NewEntry(word.term, word.exclude) for word in sent.remove],
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        reason=sent.reason,
    )
    return _answer(svc, who, made, response, made=True)


def _answer(svc: Svc, who: Principal, version: Version, response: Response, *, made: bool = False) -> VersionView:
    """The version as it is now."""
    view = svc.desk.read(rule_views.get_version, Ref(version.name, version.version, version.kind, version.model), scope=who.scope)
    response.headers["ETag"] = f'"{view.row.revision}"'
    if made:
        from urllib.parse import quote

        response.headers["Location"] = f"/api/v1/rules/{view.kind}/{quote(view.name)}/versions/{view.row.version}?model={view.model}"
    return view


def _seen(if_match: str | None) -> int | None:
    """The revision of ``If-Match``; a weak mark and quotes are taken off, ``*`` is any."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit():
        raise InvalidInputError("revision_invalid", given=text[:40])
    return min(int(text), LARGEST_ID)
