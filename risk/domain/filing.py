"""A full report of a result: the fields of the domain notes §3.4, checked as a whole. A draft is the same content, checked only when it is handed in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, TypeVar

from risk.domain import acts
from risk.domain.messages import Told, register
from risk.domain.mistakes import Mistake, short, storable
from risk.domain.money import fen_of
from risk.domain.verdicts import VerdictKind, day_of, officers_required, taxonomy

T = TypeVar("T")

FIELDS: Mapping[str, Told] = {
    "code": Told("核查结果", "result"),
    "sub_reason": Told("细分原因", "sub-reason"),
    "facts": Told("查明事实", "facts found"),
    "measures": Told("采取措施", "measures"),
    "suggestion": Told("建议", "suggestion"),
    "handlers": Told("核查人员", "handlers"),
    "name": Told("姓名", "name"),
    "certificate": Told("执法证号", "certificate of enforcement"),
    "received_at": Told("接收时间", "received at"),
    "claimed_at": Told("认领时间", "claimed at"),
    "ended_at": Told("办结时间", "ended at"),
    "feedback_at": Told("反馈时间", "reported at"),
    "documents": Told("文书", "documents"),
    "type": Told("文书种类", "kind of document"),
    "number": Told("文号", "number"),
    "date": Told("日期", "date"),
    "fined": Told("罚款金额", "fined"),
    "confiscated": Told("没收金额", "confiscated"),
    "transfer_to": Told("移送去向", "handed over to"),
    "acts": Told("监管行为", "acts"),
    "attachments": Told("附件", "attachments"),
    "wrong_rules": Told("误命中的规则", "rules that hit wrongly"),
    "missing_rule": Told("缺少的规则", "a rule that is missing"),
}
"""Every field with its name in both languages; also those inside lists."""

TOP = tuple(name for name in FIELDS if name not in ("name", "certificate", "type", "number", "date", "feedback_at"))
LIMITS = {
    "facts": 20_000,
    "measures": 20_000,
    "suggestion": 4_000,
    "transfer_to": 400,
    "missing_rule": 4_000,
    "name": 120,
    "certificate": 60,
    "type": 100,
    "number": 100,
}
MOST = 50
"""Handlers, documents, acts, attachments, rules: at most so many of each."""

register(
    {
        "filing_needed": ("结果 {verdict} 必须填写{field}", "result {verdict} needs: {field}"),
        "filing_too_many": ("{field}最多 {count} 项", "{field}: at most {count}"),
        "filing_future": ("{field}不得晚于反馈时间", "{field} may not be after the report"),
        "filing_code_missing": ("必须给出核查结果代码", "a result code is required"),
    }
)


@dataclass(frozen=True, slots=True)
class Handler:
    """An officer who verified, with the number of the certificate of enforcement (执法证号): personal data."""

    name: str
    certificate: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the case."""

    type: str
    number: str
    date: date | None


@dataclass(frozen=True, slots=True)
class Filing:
    """A report without mistakes. Money is in fen."""

    code: str
    facts: str
    handlers: tuple[Handler, ...]
    sub_reason: str | None = None
    measures: str | None = None
    suggestion: str | None = None
    received_at: datetime | None = None
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    documents: tuple[Document, ...] = ()
    fined_fen: int | None = None
    confiscated_fen: int | None = None
    transfer_to: str | None = None
    acts: tuple[acts.Act, ...] = ()
    attachments: tuple[int, ...] = ()
    wrong_rules: tuple[str, ...] = ()
    missing_rule: str | None = None

    @property
    def officers(self) -> tuple[str, ...]:
        """The names of the handlers."""
        return tuple(one.name for one in self.handlers)

    def columns(self) -> dict[str, Any]:
        """What is stored with the verdict beside its code, facts, sub-reason, measures and suggestion."""
        return {
            "handlers": [{"name": one.name, "certificate": one.certificate} for one in self.handlers],
            "received_at": self.received_at,
            "claimed_at": self.claimed_at,
            "ended_at": self.ended_at,
            "documents": [{"type": d.type, "number": d.number, "date": d.date.isoformat() if d.date else None} for d in self.documents],
            "fined_fen": self.fined_fen,
            "confiscated_fen": self.confiscated_fen,
            "transfer_to": self.transfer_to,
            "rule_feedback": {"wrong_rules": list(self.wrong_rules), "missing_rule": self.missing_rule},
        }


def check_filing(content: Mapping[str, Any], now: datetime) -> tuple[Filing | None, tuple[Mistake, ...]]:
    """The report, or everything that is wrong with it, each with its place.

    >>> from datetime import UTC
    >>> _, wrong = check_filing({"code": "13", "facts": "属实", "handlers": [{"name": "张三"}]}, datetime(2026, 11, 22, tzinfo=UTC))
    >>> [(m.place, m.code) for m in wrong]
    [('handlers.0.certificate', 'mistake_required'), ('handlers', 'verdict_officers_required'), ('transfer_to', 'filing_needed')]
    """
    look = _Look(content, now)
    found = look.filing()
    return (None, tuple(look.wrong)) if look.wrong or found is None else (found, ())


class _Look:
    """One look at one report; gathers what is wrong."""

    def __init__(self, content: Mapping[str, Any], now: datetime) -> None:
        self.content, self.now = content, now
        self.wrong: list[Mistake] = []

    def filing(self) -> Filing | None:
        for name in self.content:
            if name not in TOP:
                self.say("mistake_unknown_field", short(name), field=short(name))
        kind = self.kind()
        facts = self.text("facts", self.content, required=True)
        times = self.times()
        found = Filing(
            code=kind.code if kind else "",
            facts=facts or "",
            handlers=self.handlers(),
            sub_reason=self.text("sub_reason", self.content),
            measures=self.text("measures", self.content),
            suggestion=self.text("suggestion", self.content),
            received_at=times["received_at"],
            claimed_at=times["claimed_at"],
            ended_at=times["ended_at"],
            documents=tuple(self.each("documents", self.document)),
            fined_fen=self.amount("fined"),
            confiscated_fen=self.amount("confiscated"),
            transfer_to=self.text("transfer_to", self.content),
            acts=tuple(self.each("acts", self.act)),
            attachments=tuple(dict.fromkeys(self.each("attachments", self.number))),
            wrong_rules=tuple(dict.fromkeys(self.each("wrong_rules", self.rule))),
            missing_rule=self.text("missing_rule", self.content),
        )
        if kind is not None:
            self.needs(kind, found)
        return found

    def say(self, code: str, place: str, **facts: Any) -> None:
        self.wrong.append(Mistake(code, place, facts))

    def kind(self) -> VerdictKind | None:
        known, code = taxonomy(day_of(self.now)), self.content.get("code")
        if code is None or code == "":
            self.say("filing_code_missing", "code")
            return None
        kind = known.get(code) if isinstance(code, str) else None
        if kind is None:
            self.say("verdict_unknown", "code", verdict=short(code, 20))
        elif not kind.final:
            self.say("verdict_not_final", "code", verdict=code, title=Told(kind.zh, kind.en))
            return None
        return kind

    def needs(self, kind: VerdictKind, found: Filing) -> None:
        """What this result asks for beyond what every report has."""
        if kind.sub_reason_required and not found.sub_reason:
            self.say("verdict_sub_reason_required", "sub_reason", verdict=kind.code)
        if found.sub_reason and found.sub_reason not in kind.sub_reasons:
            self.say("verdict_sub_reason_unknown", "sub_reason", verdict=kind.code, sub_reason=short(found.sub_reason))
        if kind.suggestion_required and not found.suggestion:
            self.say("verdict_suggestion_required", "suggestion", verdict=kind.code)
        refused = {m.place.partition(".")[0] for m in self.wrong}
        for name in kind.needs:
            if not getattr(found, name) and name not in refused:
                self.say("filing_needed", name, verdict=kind.code, field=FIELDS[name])

    def handlers(self) -> tuple[Handler, ...]:
        found = tuple(dict.fromkeys(self.each("handlers", self.handler)))
        least = officers_required()
        if len({one.name for one in found}) < least and not any(m.place == "handlers" for m in self.wrong):
            self.say("verdict_officers_required", "handlers", count=least)
        return found

    def handler(self, one: Any, place: str) -> Handler | None:
        if not isinstance(one, Mapping):
            self.shape("handlers", place)
            return None
        name, certificate = (self.text(part, one, place, required=True) for part in ("name", "certificate"))
        return Handler(name, certificate) if name and certificate else None

    def document(self, one: Any, place: str) -> Document | None:
        if not isinstance(one, Mapping):
            self.shape("documents", place)
            return None
        kind, number = (self.text(part, one, place, required=True) for part in ("type", "number"))
        day = None
        if one.get("date"):
            try:
                day = date.fromisoformat(one["date"])
            except (TypeError, ValueError):
                self.say("mistake_date", f"{place}.date", field=FIELDS["date"], value=short(one["date"]))
            if day is not None and day > day_of(self.now):
                self.say("filing_future", f"{place}.date", field=FIELDS["date"])
        return Document(kind, number, day) if kind and number else None

    def act(self, one: Any, place: str) -> acts.Act | None:
        if not isinstance(one, Mapping):
            self.shape("acts", place)
            return None
        found, wrong = acts.check(str(one.get("kind", "")), {k: v for k, v in one.items() if k != "kind"})
        self.wrong += [m.under(place) for m in wrong]
        return found

    def number(self, one: Any, place: str) -> int | None:
        if isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63:
            return one
        self.shape("attachments", place)
        return None

    def rule(self, one: Any, place: str) -> str | None:
        if isinstance(one, str) and 0 < len(one.strip()) <= 200 and storable(one):
            return one.strip()
        self.shape("wrong_rules", place)
        return None

    def times(self) -> dict[str, datetime | None]:
        """Received, claimed, ended: in this order, none after the report."""
        found: dict[str, datetime | None] = {name: self.moment(name) for name in ("received_at", "claimed_at", "ended_at")}
        given = [(name, value) for name, value in found.items() if value is not None]
        for (earlier, before), (later, after) in pairwise(given):
            if after < before:
                self.say("mistake_order", later, later=FIELDS[later], earlier=FIELDS[earlier])
        for name, value in given:
            if value > self.now:
                self.say("filing_future", name, field=FIELDS[name])
        return found

    def moment(self, name: str) -> datetime | None:
        value = self.content.get(name)
        if value is None or value == "":
            return None
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            found = None
        if found is None or found.tzinfo is None or not 1900 <= found.year <= 2200:
            self.say("mistake_moment", name, field=FIELDS[name], value=short(value))
            return None
        return found

    def amount(self, name: str) -> int | None:
        value = self.content.get(name)
        if value is None or value == "":
            return None
        try:
            return fen_of(value)
        except ValueError:
            self.say("mistake_amount", name, field=FIELDS[name], value=short(value))
            return None

    def text(self, name: str, source: Mapping[str, Any], prefix: str = "", *, required: bool = False) -> str | None:
        place, value = (f"{prefix}.{name}" if prefix else name), source.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.say("mistake_required", place, field=FIELDS[name])
            return None
        if not isinstance(value, str) or not storable(value):
            self.say("mistake_text", place, field=FIELDS[name])
            return None
        if len(value) > LIMITS.get(name, 400):
            self.say("mistake_too_long", place, field=FIELDS[name], limit=LIMITS.get(name, 400))
            return None
        return value.strip()

    def each(self, name: str, read: Callable[[Any, str], T | None]) -> Iterator[T]:
        rows = self.content.get(name)
        if rows is None:
            return
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            self.say("mistake_list", name, field=FIELDS[name])
            return
        if len(rows) > MOST:
            self.say("filing_too_many", name, field=FIELDS[name], count=MOST)
            return
        for place, one in enumerate(rows):
            found = read(one, f"{name}.{place}")
            if found is not None:
                yield found

    def shape(self, name: str, place: str) -> None:
        self.say("mistake_shape", place, field=FIELDS[name])
