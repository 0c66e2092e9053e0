"""What differs between two versions of a definition: clause by clause, and part by part inside a condition. Trees are compared, not lines.

A part that stands elsewhere is *moved*; one that was written anew in its place is *changed*. Language of writing, layout and comments are no difference.

>>> from rules.pack import pack_from_text
>>> old = pack_from_text("condition a = b and c and d >= 10%").conditions[0]
>>> new = pack_from_text("条件 a = d >= 15% 且 b 且 e").conditions[0]
>>> [(item.what.value, item.old_en, item.new_en) for item in diff(old, new)]
[('changed', 'd >= 10%', 'd >= 15%'), ('removed', 'c', ''), ('added', '', 'e')]
>>> diff(old, old)
()
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby
from typing import Any, TypeAlias

from rules.items import Bilingual, Rule, Severity, WordList
from rules.nodes import And, Expr, Node, Not, Or, walk
from rules.printer import quote, show
from rules.words import CLAUSES, KEYWORDS, Language, word

Say: TypeAlias = Callable[[Any, Language], str]
"""How an expression is written; a host names its columns in the language of the text."""


class What(StrEnum):
    """How a part differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `clause` is a key of `rules.words.KEYWORDS` or `TITLE`; `inside` is the expression around a part, empty at the top."""

    what: What
    clause: str
    old_zh: str = ""
    old_en: str = ""
    new_zh: str = ""
    new_en: str = ""
    inside_zh: str = ""
    inside_en: str = ""

    def clause_word(self, language: Language) -> str:
        """The clause as it is written.

        >>> Change(What.ADDED, "WHEN").clause_word("zh"), Change(What.ADDED, "TITLE").clause_word("en")
        ('当', 'title')
        """
        return word(self.clause, language) if self.clause in KEYWORDS else {"zh": "标题", "en": "title"}[language]


def diff(old: Any, new: Any, say: Say = show) -> tuple[Change, ...]:
    """All differences between two items of one kind, in the order of the clauses; none where they say the same. Raises TypeError for two kinds."""
    if type(old) is not type(new):
        raise TypeError(f"a {type(old).__name__} is no {type(new).__name__}")
    if isinstance(old, WordList):
        return tuple(_list(old, new))
    if isinstance(old, Rule):
        return tuple(sorted(_rule(old, new, say), key=lambda item: _ORDER.get(item.clause, -1)))
    return tuple(_expression(old.expr, new.expr, "WHEN", say))


# --- expressions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    what: What
    old: Node | None
    new: Node | None
    inside: Node | None
    """The new expression around the part."""
    was_inside: Node | None
    """The old one."""


def _expression(old: Expr, new: Expr, clause: str, say: Say) -> Iterator[Change]:
    """The same pairs are found in both directions, because both are looked at in one: a diff told backwards tells the opposite."""
    backwards = repr(new) < repr(old)
    parts = _moves(list(_parts(new, old, None) if backwards else _parts(old, new, None)))
    for part in _turned(parts) if backwards else parts:
        told = {}
        for name in ("old", "new", "inside"):
            node = getattr(part, name)
            for language in ("zh", "en"):
                told[f"{name}_{language}"] = "" if node is None else say(node, language)
        yield Change(part.what, clause, **told)


def _turned(parts: list[_Part]) -> list[_Part]:
    """The same differences from the new to the old; what went is told before what came."""
    back = {What.ADDED: What.REMOVED, What.REMOVED: What.ADDED}
    told = [_Part(back.get(part.what, part.what), part.new, part.old, part.was_inside, part.inside) for part in parts]
    ordered: list[_Part] = []
    for comes_or_goes, run in groupby(told, lambda part: part.what in back):
        parts_of_run = list(run)
        ordered += sorted(parts_of_run, key=lambda part: part.what is What.ADDED) if comes_or_goes else parts_of_run
    return ordered


def _parts(old: Node, new: Node, inside: tuple[Node, Node] | None) -> Iterator[_Part]:
    """The differences of two expressions in one place, the smallest parts that a reader takes in at once."""
    if old == new:
        return
    for join in (And, Or):
        if _joins(old, new, join):
            around = (old if isinstance(old, join) else new, new if isinstance(new, join) else old)
            yield from _sequence(_items(old, join), _items(new, join), around)
            return
    if isinstance(old, Not) and isinstance(new, Not):
        yield from _parts(old.item, new.item, (old, new))
        return
    only = _one_difference(old, new)
    if only is None:
        yield _part(What.CHANGED, old, new, inside)
    elif isinstance(only[0], tuple):
        yield from _sequence(only[0], only[1], (old, new))
    else:
        yield from _parts(only[0], only[1], (old, new))


def _joins(old: Node, new: Node, join: type[And | Or]) -> bool:
    """Whether both are of one connective, or one is a part of the other's."""
    if isinstance(old, join) and isinstance(new, join):
        return True
    return (isinstance(old, join) and new in old.items) or (isinstance(new, join) and old in new.items)


def _items(node: Node, join: type[And | Or]) -> tuple[Any, ...]:
    return node.items if isinstance(node, join) else (node,)


def _one_difference(old: Node, new: Node) -> tuple[Any, Any] | None:
    """The one field in which two nodes of one type differ, where it is worth looking inside: operands of a list operator, or a condition."""
    if type(old) is not type(new):
        return None
    names = [item.name for item in fields(old) if item.name != "span" and getattr(old, item.name) != getattr(new, item.name)]
    if len(names) != 1:
        return None
    one, two = getattr(old, names[0]), getattr(new, names[0])
    listed = names[0] == "lists" and isinstance(one, tuple) and isinstance(two, tuple)
    return (one, two) if listed or (_is_logic(one) and _is_logic(two)) else None


def _is_logic(value: object) -> bool:
    return isinstance(value, And | Or | Not)


def _sequence(old: Sequence[Node], new: Sequence[Node], inside: tuple[Node, Node]) -> Iterator[_Part]:
    """The differences of two sequences: equal ones stay, near ones are compared, the rest comes and goes."""
    gone: list[Node] = []
    come: list[Node] = []
    for tag, low, high, start, end in _opcodes(old, new):
        if tag != "equal":
            left, right = list(old[low:high]), list(new[start:end])
            for one, two in _pairs(left, right):
                left.remove(one)
                right.remove(two)
                yield from _parts(one, two, inside)
            gone += left
            come += right
    for one, two in _pairs(gone, come):
        if one != two:
            gone.remove(one)
            come.remove(two)
            yield from _parts(one, two, inside)
    yield from (_part(What.REMOVED, node, None, inside) for node in gone)
    yield from (_part(What.ADDED, None, node, inside) for node in come)


def _part(what: What, old: Node | None, new: Node | None, inside: tuple[Node, Node] | None) -> _Part:
    was, now = inside or (None, None)
    return _Part(what, old, new, now, was)


def _opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _pairs(old: Sequence[Node], new: Sequence[Node]) -> list[tuple[Node, Node]]:
    """Parts that are versions of one another: of one type, or one a part of the other, with something in common; the likest first, each once."""
    found = []
    for i, one in enumerate(old):
        for j, two in enumerate(new):
            if one != two and _akin(one, two) and (near := _likeness(one, two)) > 0:
                found.append((type(one) is not type(two), -near, i, j))
    pairs, taken_old, taken_new = [], set(), set()
    for *_, i, j in sorted(found):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append((old[i], new[j]))
    return pairs


def _akin(one: Node, two: Node) -> bool:
    return type(one) is type(two) or _joins(one, two, And) or _joins(one, two, Or)


def _likeness(one: Node, two: Node) -> float:
    """The share of sub-expressions that both have."""
    left, right = set(walk(one)), set(walk(two))
    return len(left & right) / len(left | right)


def _moves(parts: list[_Part]) -> list[_Part]:
    """What went in one place and came in another was moved."""
    told: list[_Part] = []
    come = [part for part in parts if part.what is What.ADDED]
    moved: list[_Part] = []
    for part in parts:
        if part.what is What.REMOVED:
            other = next((item for item in come if item.new == part.old and not any(item is done for done in moved)), None)
            if other is not None:
                moved.append(other)
                told.append(_Part(What.MOVED, part.old, other.new, other.inside, part.was_inside))
                continue
        told.append(part)
    return [part for part in told if not any(part is done for done in moved)]


# --- lists and rules -----------------------------------------------------------------------------------------------------


def _list(old: WordList, new: WordList) -> Iterator[Change]:
    if old.name != new.name or old.note != new.note:
        yield from _texts("LIST", _titled(old.name, old.note), _titled(new.name, new.note))
    yield from _words("INCLUDE", old.terms, new.terms)
    yield from _words("EXCLUDE", old.exclude, new.exclude)


def _titled(name: str, note: str) -> str:
    return f"{name} {quote(note)}" if note else name


def _words(clause: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    before, after = set(old), set(new)
    yield from (_change(What.REMOVED, clause, quote(term), "") for term in old if term not in after)
    yield from (_change(What.ADDED, clause, "", quote(term)) for term in new if term not in before)
    kept_old, kept_new = [term for term in old if term in after], [term for term in new if term in before]
    if kept_old != kept_new:  # another order, or a word written twice
        yield _change(What.MOVED, clause, " ".join(map(quote, kept_old)), " ".join(map(quote, kept_new)))


def _rule(old: Rule, new: Rule, say: Say) -> Iterator[Change]:
    """Clause by clause; what has no clause of its own here is compared as a whole, so that nothing goes unseen."""
    told = {item.name for item in fields(Rule) if not item.compare} | {"when", "title_zh", "title_en"}
    yield from _texts("RULE", old.id, new.id)
    yield from _both("TITLE", Bilingual(old.title_zh, old.title_en), Bilingual(new.title_zh, new.title_en))
    for item in fields(Rule):
        one, two = getattr(old, item.name), getattr(new, item.name)
        if item.name == "when":
            yield from _expression(old.when, new.when, "WHEN", say)
        if item.name in told or item.name == "id" or one == two:
            continue
        clause = _CLAUSES.get(item.name, item.name.upper())
        if isinstance(one, Bilingual):
            yield from _both(clause, one, two)
        elif isinstance(one, tuple):
            yield from _several(clause, one, two)
        elif isinstance(one, Severity) and isinstance(two, Severity):
            yield Change(What.CHANGED, clause, one.zh, one.en, two.zh, two.en)
        else:
            yield from _texts(clause, _plain(one), _plain(two))


_ORDER = {name: index for index, name in enumerate(CLAUSES)}
_CLAUSES = {"valid_from": "VALID", "valid_to": "UNTIL"}


def _both(clause: str, old: Bilingual, new: Bilingual) -> Iterator[Change]:
    if old != new:
        what = What.ADDED if not old else What.REMOVED if not new else What.CHANGED
        yield Change(what, clause, old.zh, old.en, new.zh, new.en)


def _texts(clause: str, old: str, new: str) -> Iterator[Change]:
    if old != new:
        yield _change(What.ADDED if not old else What.REMOVED if not new else What.CHANGED, clause, old, new)


def _several(clause: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    """Bases and examples: each comes, goes, or stands elsewhere."""
    gone = [item for item in old if item not in new]
    come = [item for item in new if item not in old]
    yield from (_change(What.REMOVED, clause, _plain(item), "") for item in gone)
    yield from (_change(What.ADDED, clause, "", _plain(item)) for item in come)
    kept_old, kept_new = [item for item in old if item in new], [item for item in new if item in old]
    if kept_old != kept_new:
        yield _change(What.MOVED, clause, _joined(kept_old), _joined(kept_new))


def _joined(items: Iterable[Any]) -> str:
    return " ".join(map(_plain, items))


def _plain(value: Any) -> str:
    """A clause's value as one text for both languages: a legal basis and an example are quoted, not translated."""
    if value is None or value == "":
        return ""
    if hasattr(value, "as_dict"):
        return "{ " + ", ".join(f"{name}: {'?' if item is None else item}" for name, item in value.as_dict().items()) + " }"
    if hasattr(value, "law"):
        return f"{value.zh} {value.dated.isoformat() if value.dated else ''}".strip()
    return quote(value.value) if hasattr(value, "span") and isinstance(getattr(value, "value", None), str) else str(value)


def _change(what: What, clause: str, old: str, new: str) -> Change:
    return Change(what, clause, old, old, new, new)
