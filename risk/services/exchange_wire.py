"""Exchange files: records as XML or JSON, in one canonical order; and back, within bounds, whatever is in them.

An XML file is ``<exchangeBatch>`` with one element a record, or one record alone; a JSON file is ``{"exchangeBatch": [{"taskInfo": {…}}, …]}``, a list of such,
or one alone. With ``record`` given, bare rows of that kind are taken too. The envelope is ours: none was seen. UTF-8 and GB18030 (with GBK and GB2312, which
it contains) are read; entities and document types are refused (`defusedxml`), so that no file can make the reader fetch or grow.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.exchange.records import COLUMNS, Part, Record, limits, part, record, records
from risk.domain.messages import register
from risk.domain.system_messages import quoted

ENVELOPE = "exchangeBatch"
FORMS = ("xml", "json")
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "us-ascii": "utf-8"}

register(
    {
        "exchange_file_unreadable": ("无法读取交换文件：{reason}", "cannot read the exchange file: {reason}"),
        "exchange_file_empty": ("交换文件中没有记录", "there is no record in the exchange file"),
        "exchange_file_too_large": ("交换文件超过 {limit} 字节", "the exchange file is larger than {limit} bytes"),
        "exchange_file_too_deep": ("交换文件的层级超过 {limit} 层", "the exchange file has more than {limit} levels"),
        "exchange_file_too_many": ("交换文件的元素超过 {limit} 个", "the exchange file has more than {limit} elements"),
        "exchange_file_entities": ("交换文件含有 DTD 或实体，拒绝读取", "the exchange file has a DTD or entities and is refused"),
        "exchange_encoding": ("不支持的编码：{encoding}", "this encoding is not supported: {encoding}"),
        "exchange_encoding.hint": ("用 UTF-8 或 GB18030", "use UTF-8 or GB18030"),
        "exchange_not_a_record": ("这里应是一条记录：{given}", "a record should stand here: {given}"),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """One record of a file, as it stands there: its place from 1, its kind (``None``: not one of ours, called ``name``), its fields."""

    number: int
    record: Record | None
    name: str
    values: dict[str, Any] = field(default_factory=dict)


def write(rows: Sequence[tuple[Record, Mapping[str, Any]]], *, form: str = "xml", encoding: str = "utf-8") -> bytes:
    """A file of records in canonical form (``checks.check``): the same records are the same bytes.

    >>> from risk.domain.exchange.records import record
    >>> print(write([(record("task_notice"), {"taskStatus": "认领", "taskCode": "T<1>"})]).decode())
    <?xml version='1.0' encoding='utf-8'?>
    <exchangeBatch>
      <taskStatusNotice>
        <taskCode>T&lt;1&gt;</taskCode>
        <taskStatus>认领</taskStatus>
      </taskStatusNotice>
    </exchangeBatch>
    <BLANKLINE>
    """
    if form == "json":
        told = [{one.wire: _ordered(_whole(one), values)} for one, values in rows]
        return (json.dumps({ENVELOPE: told}, ensure_ascii=False, indent=1) + "\n").encode(encoding)
    root = ET.Element(ENVELOPE)
    for one, values in rows:
        _element(root, one.wire, _whole(one), values)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding=encoding, xml_declaration=True)) + b"\n"


def read(data: bytes, *, kind: Record | None = None) -> Iterator[Found]:
    """The records of a file, in order. ``InvalidInputError`` where the file as a whole cannot be read: nothing of it is taken then."""
    most = limits()["incoming_bytes"]
    if len(data) > most:
        raise InvalidInputError("exchange_file_too_large", limit=most)
    begin = data.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:1]
    if not begin:
        raise InvalidInputError("exchange_file_empty")
    found = _from_xml(data, kind) if begin == b"<" else _from_json(data, kind)
    if not found:
        raise InvalidInputError("exchange_file_empty")
    return iter(found)


def form_of(data: bytes) -> str:
    """``xml`` or ``json``, by the first character."""
    return "xml" if data.lstrip(codecs.BOM_UTF8 + b" \t\r\n")[:1] == b"<" else "json"


def _whole(one: Record) -> Part:
    return Part(one.code, part(COLUMNS).fields + one.part.fields, ())


def _ordered(whole: Part, values: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in whole.fields:
        value = values.get(one.name)
        if not value:
            continue
        if one.kind == "one":
            value = _ordered(part(one.inner), value)
        elif one.kind == "many":
            value = [_ordered(part(one.inner), row) for row in value]
        told[one.name] = value
    return told


def _element(parent: ET.Element, name: str, whole: Part, values: Mapping[str, Any]) -> None:
    made = ET.SubElement(parent, name)
    for one in whole.fields:
        value = values.get(one.name)
        if not value:
            continue
        if one.kind in ("one", "many"):
            for row in [value] if one.kind == "one" else value:
                _element(made, one.name, part(one.inner), row)
        else:
            ET.SubElement(made, one.name).text = value


# -- reading -----------------------------------------------------------------------------------------------------------


class _Tree:
    """What the parser calls: builds nested fields, and counts what it builds."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, list[tuple[str, Any]], list[str]]] = []
        self._nodes = 0
        self.root: tuple[str, Any] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002 - the parser's signature; attributes carry nothing here
        self._nodes += 1
        most = limits()
        if self._nodes > most["nodes"]:
            raise InvalidInputError("exchange_file_too_many", limit=most["nodes"])
        if len(self._stack) >= most["depth"]:
            raise InvalidInputError("exchange_file_too_deep", limit=most["depth"])
        self._stack.append((tag.rpartition("}")[2], [], []))

    def end(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        name, inner, words = self._stack.pop()
        value: Any = inner or "".join(words)
        if self._stack:
            self._stack[-1][1].append((name, value))
        else:
            self.root = (name, value)

    def data(self, words: str) -> None:
        self._stack[-1][2].append(words)

    def close(self) -> tuple[str, Any]:
        return self.root or ("", "")


def _from_xml(data: bytes, kind: Record | None) -> list[Found]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    parser = DefusedXMLParser(target=_Tree(), forbid_dtd=True)
    try:
        parser.feed(_decoded(data))
        name, value = parser.close()
    except RiskError:
        raise
    except DefusedXmlException:
        raise InvalidInputError("exchange_file_entities") from None
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InvalidInputError("exchange_file_unreadable", reason=quoted(error)) from error
    rows = value if name == ENVELOPE and isinstance(value, list) else [(name, value)] if name != ENVELOPE else []
    return [_found(number, one, inner, kind) for number, (one, inner) in enumerate(rows, 1)]


def _decoded(data: bytes) -> str:
    """The text, by what its declaration says: the parser underneath knows no encoding of Chinese but UTF-8."""
    if data.startswith(codecs.BOM_UTF8):
        return data.decode("utf-8-sig")
    declared = re.match(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']", data.lstrip()[:200])
    named = declared[1].decode("ascii").lower() if declared else "utf-8"
    if named not in ENCODINGS:
        raise InvalidInputError("exchange_encoding", encoding=named)
    return data.lstrip().decode(ENCODINGS[named])


def _from_json(data: bytes, kind: Record | None) -> list[Found]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InvalidInputError("exchange_file_unreadable", reason=quoted(error)) from error
    try:
        given = json.loads(text, object_pairs_hook=_once, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("exchange_file_unreadable", reason=quoted(error)) from error
    deepest = limits()["depth"]
    if _depth(given) > deepest + 2:  # list and envelope
        raise InvalidInputError("exchange_file_too_deep", limit=deepest)
    rows = given.get(ENVELOPE) if isinstance(given, dict) and set(given) == {ENVELOPE} else given
    rows = rows if isinstance(rows, list) else [rows]
    return [_found_json(number, row, kind) for number, row in enumerate(rows, 1)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose repeated keys are kept as a list, so that the check can say so."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        made[name] = (
            [made[name], value] if name in made and not isinstance(made[name], list) else [*made[name], value] if name in made else value
        )
    return made


def _found_json(number: int, row: Any, kind: Record | None) -> Found:
    if isinstance(row, dict) and len(row) == 1:
        ((name, inner),) = row.items()
        if _known(name) is not None or (kind is None and isinstance(inner, dict)):
            return Found(number, _known(name), name, inner if isinstance(inner, dict) else {name: inner})
    if isinstance(row, dict):
        return Found(number, kind, kind.wire if kind else "", row)
    return Found(number, None, str(row)[:100], {})


def _found(number: int, name: str, value: Any, kind: Record | None) -> Found:
    known = _known(name)
    if known is None and kind is not None:
        known = kind  # bare rows: <row>…</row>
    return Found(number, known, name, _gathered(value) if isinstance(value, list) else {})


def _gathered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Fields by name; what is repeated is a list."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        inner = _gathered(value) if isinstance(value, list) else value
        if name in made:
            made[name] = [*made[name], inner] if isinstance(made[name], list) else [made[name], inner]
        else:
            made[name] = inner
    return made


def _known(name: str) -> Record | None:
    return record(name) if name in {one.wire for one in records().values()} else None


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, level = waiting.pop()
        if isinstance(one, (dict, list)):
            deepest = max(deepest, level)
            waiting += [(inner, level + isinstance(one, dict)) for inner in (one.values() if isinstance(one, dict) else one)]
    return deepest
