"""From lark's tree to ours: spans kept, words read, values checked that need no other place than their own."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

from lark import Token, Transformer, v_args
from lark.tree import Meta

from rules.diagnostics import Diagnostic, diagnose
from rules.items import FLOORS, LENSES, Basis, Bilingual, Condition, Feature, Row, Rule, Severity, WordList
from rules.kinds import Unit, parse_number
from rules.limits import MAX_DAYS, MAX_HEIGHT, MAX_NODES, MAX_TERMS, MAX_WITHIN
from rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Count,
    Day,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    ListRef,
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Operand,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Side,
    Span,
    Term,
    Text,
    Window,
    height,
    walk,
)
from rules.words import CLAUSES, KEYWORDS, QUALIFIERS

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\.")
_OPS = {"≤": "<=", "≥": ">=", "≠": "!="}
_CALCULATE = {"PLUS": "+", "MINUS": "-", "STAR": "*", "SLASH": "/"}
_MODES = {f"{verb}_{mode.upper()}": mode for verb in ("HAS", "CONTAINS") for mode in Mode}
_N = TypeVar("_N")


@v_args(meta=True)
class Builder(Transformer[Token, Any]):
    """Builds the items of one chunk that begins at `offset`, line `line` of `file`; complaints gather in `found`."""

    def __init__(self, file: str, offset: int, line: int) -> None:
        super().__init__()
        self.file = file
        self.offset = offset
        self.line = line
        self.found: list[Diagnostic] = []

    def span(self, at: Meta | Token) -> Span:
        """The place of a lark node or token in the whole file."""
        start, end = at.start_pos, at.end_pos
        line, end_line = at.line, at.end_line
        assert start is not None
        assert end is not None
        assert line is not None
        assert end_line is not None
        assert at.column is not None
        assert at.end_column is not None
        return Span(
            self.file, start + self.offset, end + self.offset, line + self.line - 1, at.column, end_line + self.line - 1, at.end_column
        )

    def complain(self, code: str, at: Meta | Token, **values: Any) -> None:
        self.found.append(diagnose(code, self.span(at), **values))

    # ---- literals

    def string(self, token: Token, *, regex: bool = False) -> str:
        """The text of a quoted token, escapes read; in a regular expression only `\\"` is one, the rest is its own."""
        if regex:
            return _ESCAPE.sub(lambda match: '"' if match[0] == '\\"' else match[0], token[1:-1])
        return _ESCAPE.sub(lambda match: self._escaped(match[0], token), token[1:-1])

    def _escaped(self, escape: str, token: Token) -> str:
        if len(escape) == 6 and not 0xD800 <= int(escape[2:], 16) <= 0xDFFF:
            return chr(int(escape[2:], 16))
        if escape[1:] not in _ESCAPES:
            self.complain("R015", token, name=escape)
        return _ESCAPES.get(escape[1:], escape[1:])

    def date(self, token: Token) -> date:
        """The day of a date token; the first of all days, with a complaint, when there is no such day."""
        year, month, day_ = (int(part) for part in token.split("-"))
        try:
            return date(year, month, day_)
        except ValueError:
            self.complain("R016", token, name=str(token))
            return date.min

    def number(self, meta: Meta, parts: list[Token]) -> Number:
        quantity = parse_number(parts[0])
        return Number(quantity.amount, quantity.suffix.zh, span=self.span(meta))

    def text(self, meta: Meta, parts: list[Token]) -> Text:
        return Text(self.string(parts[0]), span=self.span(meta))

    def flag(self, meta: Meta, parts: list[Token]) -> Flag:
        return Flag(parts[0].type == "TRUE", span=self.span(meta))

    def day(self, meta: Meta, parts: list[Token]) -> Day:
        return Day(self.date(parts[0]), span=self.span(meta))

    # ---- names and lists

    def name(self, meta: Meta, parts: list[Token]) -> Name:
        return Name(str(parts[0]), span=self.span(meta))

    def call(self, meta: Meta, parts: list[Any]) -> Call:
        return Call(str(parts[0]), tuple(parts[1:]), span=self.span(meta))

    def list_ref(self, meta: Meta, parts: list[Token]) -> ListRef:
        return ListRef(str(parts[0])[1:], span=self.span(meta))

    def term(self, meta: Meta, parts: list[Token]) -> Term:
        text = self.string(parts[0])
        if not text.strip():
            self.complain("R038", meta)
        return Term(text, span=self.span(meta))

    def lists(self, _meta: Meta, parts: list[Operand]) -> tuple[Operand, ...]:
        return tuple(parts)

    left = lists

    def qualifiers(self, _meta: Meta, parts: list[Token]) -> dict[str, bool]:
        return {key.lower(): any(token.type == key for token in parts) for key in QUALIFIERS}

    # ---- operators on the text

    def has(self, meta: Meta, parts: list[Any]) -> Has:
        mode, lists, qualifiers = parts
        return Has(_MODES[mode.type], lists, **qualifiers, span=self.span(meta))

    def edge(self, meta: Meta, parts: list[Any]) -> Edge:
        side, lists, qualifiers = parts
        return Edge(Side.START if side.type == "STARTS" else Side.END, lists, **qualifiers, span=self.span(meta))

    def matches(self, meta: Meta, parts: list[Any]) -> Matches:
        token, qualifiers = parts
        return Matches(self.string(token, regex=True), **qualifiers, span=self.span(meta))

    def count(self, meta: Meta, parts: list[Any]) -> Count:
        keyword, lists, qualifiers = parts
        return Count(lists, **qualifiers, distinct=keyword.type == "COUNT", span=self.span(meta))

    def near(self, meta: Meta, parts: list[Any]) -> Near:
        left, right, token, qualifiers = parts
        digits = str(token)
        if not digits.isdecimal() or not digits.isascii() or len(digits) > 6 or int(digits) > MAX_WITHIN:
            self.complain("R026", token, limit=MAX_WITHIN)
            digits = "0"
        return Near(left, right, int(digits), **qualifiers, span=self.span(meta))

    def same_sentence(self, meta: Meta, parts: list[Any]) -> SameSentence:
        left, right, qualifiers = parts
        return SameSentence(left, right, **qualifiers, span=self.span(meta))

    # ---- operators on the history

    def window(self, meta: Meta, parts: list[Token]) -> Window:
        aggregate, stream, *rest = parts
        given = {mark.type: value for mark, value in zip(rest[::2], rest[1::2], strict=True)}
        days = self._days(given["IN_LAST"]) if "IN_LAST" in given else None
        field, relation = (str(given.get(mark, "")) for mark in ("DOT", "ACROSS"))
        return Window(Aggregate(aggregate.type.lower()), str(stream), field, days, relation, span=self.span(meta))

    def _days(self, token: Token) -> float:
        quantity = parse_number(token)
        if quantity.suffix.unit is not Unit.DAYS or not 0 < quantity.value <= MAX_DAYS:
            self.complain("R056", token, limit=MAX_DAYS)
            return 1.0
        return quantity.value

    def related(self, meta: Meta, parts: list[Token]) -> Related:
        return Related(str(parts[0]), span=self.span(meta))

    def fires(self, meta: Meta, parts: list[Token]) -> Fires:
        return Fires(str(parts[0]), span=self.span(meta))

    # ---- operators on values

    def sums(self, meta: Meta, parts: list[Any]) -> Expr:
        """A chain of one strength, read from the left."""
        result: Expr = parts[0]
        for operator, operand in zip(parts[1::2], parts[2::2], strict=True):
            result = Arithmetic(_CALCULATE[operator.type], result, operand, span=self.span(meta))
        return result

    product = sums

    def compare(self, meta: Meta, parts: list[Any]) -> Compare:
        left, op, right = parts
        return Compare(_OPS.get(str(op), str(op)), left, right, span=self.span(meta))

    def between(self, meta: Meta, parts: list[Any]) -> Between:
        subject, low, high = parts
        return Between(subject, low, high, span=self.span(meta))

    def in_set(self, meta: Meta, parts: list[Any]) -> InSet:
        return InSet(parts[0], tuple(parts[1:]), span=self.span(meta))

    def in_list(self, meta: Meta, parts: list[Any]) -> InList:
        return InList(parts[0], parts[1], span=self.span(meta))

    def contains(self, meta: Meta, parts: list[Any]) -> Contains:
        subject, keyword, *values = parts
        return Contains(subject, _MODES.get(keyword.type, Mode.ANY), tuple(values), span=self.span(meta))

    def known(self, meta: Meta, parts: list[Any]) -> Known:
        return Known(parts[0], parts[1].type == "IS_KNOWN", span=self.span(meta))

    def otherwise(self, meta: Meta, parts: list[Any]) -> Otherwise:
        return Otherwise(parts[0], parts[1], span=self.span(meta))

    def not_(self, meta: Meta, parts: list[Any]) -> Not:
        return Not(parts[0], span=self.span(meta))

    def and_(self, meta: Meta, parts: list[Any]) -> And:
        return And(tuple(parts), span=self.span(meta))

    def or_(self, meta: Meta, parts: list[Any]) -> Or:
        return Or(tuple(parts), span=self.span(meta))

    # ---- items

    def list_part(self, _meta: Meta, parts: list[Token]) -> tuple[str, list[str]]:
        for token in parts[1:]:
            if not token[1:-1].strip():
                self.complain("R038", token)
        return parts[0].type, [self.string(token) for token in parts[1:]]

    def list_def(self, _meta: Meta, parts: list[Any]) -> WordList:
        name, *rest = parts
        note = self.string(rest.pop(0)) if rest and isinstance(rest[0], Token) else ""
        words = {key: tuple(word for kind, some in rest if kind == key for word in some) for key in ("INCLUDE", "EXCLUDE")}
        size = sum(map(len, words.values()))
        if size > MAX_TERMS:
            self.complain("R006", name, name=str(name), size=size, limit=MAX_TERMS)
        return WordList(str(name), words["INCLUDE"], words["EXCLUDE"], note, self.span(name))

    def condition_def(self, _meta: Meta, parts: list[Any]) -> Condition:
        name, expr = parts
        return Condition(str(name), self._bound(name, expr), self.span(name))

    def feature_def(self, _meta: Meta, parts: list[Any]) -> Feature:
        name, expr = parts
        return Feature(str(name), self._bound(name, expr), self.span(name))

    def _bound(self, name: Token, expr: Expr) -> Expr:
        """The expression; one that is too high for those who walk down it is taken out."""
        size = len(list(walk(expr)))
        if size > MAX_NODES:
            self.complain("R005", name, size=size, limit=MAX_NODES)
        if size > MAX_HEIGHT and height(expr) > MAX_HEIGHT:
            self.complain("R059", name, size=height(expr), limit=MAX_HEIGHT)
            return Flag(value=False)
        return expr

    def basis(self, meta: Meta, parts: list[Token]) -> Basis:
        texts = [self.string(token) for token in parts if token.type == "STRING"]
        dates = [self.date(token) for token in parts if token.type == "DATE"]
        verified = all(token.type != "UNVERIFIED" for token in parts)
        return Basis(texts[0], texts[1] if len(texts) > 1 else "", dates[0] if dates else None, verified, self.span(meta))

    def said(self, _meta: Meta, parts: list[Token]) -> tuple[str, str, Token]:
        return parts[0].type.lower(), self.string(parts[1]), parts[0]

    def bilingual(self, _meta: Meta, parts: list[tuple[str, str, Token]]) -> Bilingual:
        said: dict[str, str] = {}
        for language, text, token in parts:
            if language in said:
                zh, en = KEYWORDS[token.type][1], KEYWORDS[token.type][0]
                self.complain("R007", token, clause_zh=zh, clause_en=en)
            said[language] = text
        return Bilingual(said.get("zh", ""), said.get("en", ""))

    def cell(self, _meta: Meta, parts: list[Any]) -> tuple[str, Any]:
        return str(parts[0]), None if isinstance(parts[1], Token) else parts[1]

    def several(self, _meta: Meta, parts: list[Text]) -> tuple[Text, ...]:
        return tuple(parts)

    def row(self, meta: Meta, parts: list[Any]) -> Row:
        return Row(tuple(parts), self.span(meta))

    def clause(self, meta: Meta, parts: list[Any]) -> tuple[Token, list[Any], Span]:
        return parts[0], parts[1:], self.span(meta)

    def rule_def(self, _meta: Meta, parts: list[Any]) -> Rule:
        name = parts[0]
        titles = [self.string(token) for token in parts[1:] if isinstance(token, Token) and token.type == "STRING"]
        clauses = [part for part in parts[1:] if isinstance(part, tuple)]
        self._language(name, [keyword for keyword, _, _ in clauses])
        values: dict[str, Any] = {}
        spans: list[tuple[str, Span]] = []
        for keyword, content, span in clauses:
            if keyword.type in values and keyword.type != "BASIS":
                en, zh = KEYWORDS[keyword.type]
                self.complain("R007", keyword, clause_zh=zh, clause_en=en)
                continue
            values[keyword.type] = [*values.get(keyword.type, []), *content]
            spans.append((keyword.type, span))
        if "WHEN" in values:
            values["WHEN"] = [self._bound(name, values["WHEN"][0])]
        return self._rule(name, titles, values, tuple(spans))

    def _language(self, name: Token, keywords: Sequence[Token]) -> None:
        odd = [keyword for keyword in keywords if keyword.isascii() != keywords[0].isascii()]
        if odd:
            self.complain("R008", odd[0], name=str(name))

    def _rule(self, name: Token, titles: list[str], values: dict[str, list[Any]], spans: tuple[tuple[str, Span], ...]) -> Rule:
        def first(key: str, default: _N) -> _N:
            return values[key][0] if key in values else default

        days = [self.date(token) for token in values.get("VALID", []) if token.type == "DATE"]
        return Rule(
            id=str(name),
            title_zh=titles[0] if titles else "",
            title_en=titles[1] if len(titles) > 1 else "",
            model=str(first("MODEL", "")),
            lens=self._choice(values, "LENS", _either(LENSES).get, LENSES) or "",
            basis=tuple(values.get("BASIS", [])),
            severity=self._choice(values, "SEVERITY", Severity.named, [item.en for item in Severity]) or Severity.LOW,
            floor=self._choice(values, "FLOOR", _either(FLOORS).get, FLOORS) or "",
            when=first("WHEN", Flag(value=False)),
            because=first("BECAUSE", Bilingual()),
            hazard=first("HAZARD", Bilingual()),
            advice=first("ADVICE", Bilingual()),
            false_alarms=first("FALSE_ALARMS", Bilingual()),
            owner=self.string(values["OWNER"][0]) if "OWNER" in values else "",
            valid_from=days[0] if days else None,
            valid_to=days[1] if len(days) > 1 else None,
            hits=tuple(values.get("HITS", [])),
            misses=tuple(values.get("MISSES", [])),
            span=self.span(name),
            spans=spans,
        )

    def _choice(self, values: dict[str, list[Any]], clause: str, read: "Callable[[str], _N | None]", known: Iterable[str]) -> _N | None:
        """A clause whose value is one of a few words, in either language."""
        assert clause in CLAUSES
        if clause not in values:
            return None
        token = values[clause][0]
        value = read(str(token))
        if value is None:
            en, zh = KEYWORDS[clause]
            listed = ", ".join(f"`{word}`" for word in known)
            self.complain("R014", token, clause_zh=zh, clause_en=en, name=str(token), near_zh=listed.replace(", ", "、"), near_en=listed)
        return value


def _either(table: dict[str, str]) -> dict[str, str]:
    """A word of either language to its English name."""
    return {**{en: en for en in table}, **{zh: en for en, zh in table.items()}}
