"""Writing rules, lists, conditions and features: drafts are created, edited, restored and tried out. What cannot be read is stored too, with what is wrong with it.

Each function takes a write transaction, the actor and ``now``; with ``seen`` given it refuses (``rule_changed``) if someone else was faster.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from models.lineup import names as model_names
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.rule_states import UNFINISHED, RuleEvent
from risk.scoring.keys import outside as outside_models
from risk.services import live_rules, rule_entries, rule_store, rule_tests
from risk.services.rule_store import SHIPPED, Key, Version, step
from risk.services.rule_text import PARTS, Definition, Item, all_items, define, kind_of, name_of, only_piece, told
from risk.storage import tables as t
from rules.items import Rule, WordList
from rules.pack import SHARED, Pack
from rules.pieces import pieces

PROGRAM = "program"
"""The author of what came with the program."""

register(
    {
        "rule_model_missing": ("没有写明规则“{name}”属于哪个模型", "it is not said which model the rule `{name}` belongs to"),
        "rule_model_missing.hint": ("在规则中写上“模型”一条，或用 --model 指明", "write a `model` clause in the rule, or say --model"),
        "rule_model_unknown": ("没有模型“{model}”", "there is no model `{model}`"),
        "rule_model_unknown.hint": ("可用：{known}", "one of: {known}"),
        "rule_model_differs": ("规则写的模型是“{said}”，给出的是“{given}”", "the rule says it is of `{said}`, not of `{given}`"),
        "rule_renamed": (
            "要改的是 {kind}“{name}”，文本定义的却是 {model} 的 {other_kind}“{other}”",
            "this is the {kind} `{name}`, but the text defines the {other_kind} `{other}` of {model}",
        ),
        "rule_renamed.hint": ("新名称请另存为新定义", "store another name as a definition of its own"),
        "rule_unfinished": (
            "“{name}”的版本 {version}（{author}）还没有走完，不能另起草稿",
            "version {version} of `{name}` (by {author}) is still on its way, so no other draft can be begun",
        ),
        "rule_unfinished.hint": ("修改该版本，或先将其退役", "edit that version, or retire it first"),
    }
)


def create(conn: Connection, source: str, *, actor: str, now: datetime, model: str = "", note: str | None = None) -> Version:
    """Store a new draft, even one that cannot be read: what is wrong with it is stored too. ``model`` is for what does not say where it belongs.

    Errors: ``rule_no_definition``, ``rule_several``, ``rule_model_missing``, ``rule_model_unknown``, ``rule_model_differs``, ``rule_unfinished``.
    """
    rule_store.lock(conn)
    one = _placed(conn, source, model)
    key = Key(one.kind, one.model, one.name)
    _none_unfinished(conn, key)
    begin(conn, key, now)
    made = rule_store.add(conn, one, actor=actor, now=now, note=note)
    return _looked_at(conn, made, actor, now)


def edit(
    conn: Connection, version_id: int, source: str, *, actor: str, now: datetime, seen: int | None = None, note: str | None = None
) -> Version:
    """Write a draft anew; what it said before stays in the event. A tested one must be tested again."""
    rule_store.lock(conn)
    before = rule_store.get(conn, version_id, seen=seen)
    one = define(source, model=before.model, file=before.file)
    if (one.kind, one.name, one.model) != (before.kind, before.name, before.model):
        raise InvalidInputError("rule_renamed", kind=before.kind, name=before.name, other_kind=one.kind, other=one.name, model=one.model)
    values = {"source": one.source, "text": one.text, "language": one.language, "hash": one.hash, "test": None}
    values |= {"note": note} if note is not None else {}
    detail = {"source": before.source, "hash": before.hash}
    made = step(conn, before, RuleEvent.EDIT, actor=actor, now=now, reason=note, detail=detail, values=values)
    return _looked_at(conn, made, actor, now)


def restore(conn: Connection, version_id: int, *, actor: str, now: datetime, note: str | None = None) -> Version:
    """A new draft with the text of an old version: it goes through the whole cycle again."""
    rule_store.lock(conn)
    old = rule_store.get(conn, version_id)
    _none_unfinished(conn, Key(old.kind, old.model, old.name))
    one = define(old.source, model=old.model, file=old.file)
    made = rule_store.add(conn, one, actor=actor, now=now, note=note, detail={"restored": old.version})
    return _looked_at(conn, made, actor, now)


def try_out(conn: Connection, version_id: int, *, actor: str, now: datetime, seen: int | None = None) -> Version:
    """Check it among the rules in force and run its examples; only what is clean becomes *tested*, else it is a draft. The findings are stored either way."""
    rule_store.lock(conn)
    version = rule_store.get(conn, version_id, seen=seen)
    found = rule_tests.run(conn, version)
    record = found.record() | {"at": now.isoformat(), "actor": actor}
    event = RuleEvent.TEST if found.clean else RuleEvent.FAIL
    detail = {name: record[name] for name in ("errors", "warnings", "examples", "vocabulary", "live")} | {"failed": len(found.failures)}
    return step(conn, version, event, actor=actor, now=now, detail=detail, values={"test": record, "diagnostics": record["diagnostics"]})


def begin(conn: Connection, key: Key, now: datetime) -> Version | None:
    """The version in force of a definition; what came with the program gets a row the first time that somebody touches it. None for what is nowhere yet."""
    found = rule_store.version_of(conn, key, SHIPPED) or live_rules.active_version(conn, key)
    if found is not None:
        return live_rules.active_version(conn, key) or found
    try:
        pack, item = shipped_item(key)
    except NotFoundError:
        return None
    one = define(written(pack, item), model=key.model, file=item.span.file)
    return rule_store.add(conn, one, actor=PROGRAM, now=now, note=None, shipped=True)


def _placed(conn: Connection, source: str, model: str) -> Definition:
    """A text with the model it belongs to: as it says, as told, as what is called so already, else shared."""
    piece = only_piece(source)
    read = define(source, model=model).item
    said = (read.model if isinstance(read, Rule) else "") or (piece.model if piece.kind == "rule" else "")
    if said and model and said != model:
        raise InvalidInputError("rule_model_differs", said=said, given=model)
    chosen = said or model or _known_place(conn, piece.kind, piece.name)
    if not chosen:
        if piece.kind == "rule":
            raise InvalidInputError("rule_model_missing", name=piece.name)
        chosen = SHARED
    known = [
        *sorted({*model_names(), *outside_models(), *(pack.name for pack in live_rules.shipped())}),
        *([] if piece.kind == "rule" else [SHARED]),
    ]
    if chosen not in known:
        raise InvalidInputError("rule_model_unknown", model=chosen[:80], known=", ".join(known))
    return define(source, model=chosen)


def _known_place(conn: Connection, kind: str, name: str) -> str:
    """Where a definition of this name is at home, if there is one such place."""
    places = {key.model for key in rule_store.keys(conn, name, kind=kind)}
    for pack in live_rules.shipped():
        places |= {home(pack, item) for item in all_items(pack) if kind_of(item) == kind and name_of(item) == name}
    return places.pop() if len(places) == 1 else ""


def home(pack: Pack, item: Item) -> str:
    """The model that a definition of a pack belongs to, or ``shared``."""
    return SHARED if pack.is_shared(item) else pack.name


def shipped_item(key: Key) -> tuple[Pack, Item]:
    """A definition as it came with the program, and a pack that has it; ``rule_version_not_found``."""
    for pack in live_rules.shipped():
        for item in getattr(pack, PARTS[key.kind]):
            if name_of(item) == key.name and home(pack, item) == key.model:
                return pack, item
    raise rule_store.missing(key)


def as_shipped(key: Key) -> Version:
    """A shipped definition in the shape of a version, where none is stored: its id is 0."""
    pack, item = shipped_item(key)
    one = define(written(pack, item), model=key.model, file=item.span.file)
    return rule_store.unstored(one, PROGRAM)


def written(pack: Pack, item: Item) -> str:
    """A shipped definition as it is written."""
    found = pieces(pack.sources.get(item.span.file, ""))
    return next(piece.text for piece in found if (piece.kind, piece.name) == (kind_of(item), name_of(item)))


def _none_unfinished(conn: Connection, key: Key) -> None:
    last = rule_store.version_of(conn, key)
    if last is not None and last.state in UNFINISHED:
        raise ConflictError("rule_unfinished", name=key.name, version=last.version, author=last.author)


def _looked_at(conn: Connection, version: Version, actor: str, now: datetime) -> Version:
    """The draft with what is wrong with it, and with what its words' coming is known by."""
    v = t.rule_versions.c
    conn.execute(update(t.rule_versions).where(v.id == version.id).values(diagnostics=told(rule_tests.looked_at(conn, version))))
    item = version.define().item
    if isinstance(item, WordList):
        rule_entries.remember(conn, version, before(conn, version), item, actor=actor, now=now)
    return rule_store.get(conn, version.id)


def before(conn: Connection, version: Version) -> WordList | None:
    """The list that a version of a list starts from: the one before it that can be read."""
    for older in rule_store.versions_of(conn, Key(version.kind, version.model, version.name)):
        item = older.define().item if older.version < version.version else None
        if isinstance(item, WordList):
            return item
    return None
