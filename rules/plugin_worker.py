"""The helper process: loads plug-ins and answers calls until its parent is gone. Started by ``rules.plugin_process``, never imported by the service.

Requests are ``("load", group, name, value, seconds)`` and ``("call", group, name, value, seconds, size, texts, arguments)``; the answer is a pair of a word
and plain data. A watchdog outside the interpreter ends the process when a request takes longer than its seconds, whatever the body is doing.
"""

import faulthandler
import os
import traceback
from collections.abc import Callable
from datetime import date
from importlib.metadata import EntryPoint
from importlib.resources import files
from typing import IO, Any

from rules.inputs import Column
from rules.kinds import Kind, Type
from rules.plugin_wire import canonical, pack, receive, send, unpack
from rules.plugins import FUNCTIONS, LISTS, PACKS, DeclarationError, PluginFunction, PluginList, PluginPack, Rows

_WANTED: dict[str, type[PluginFunction | PluginList | PluginPack]] = {FUNCTIONS: PluginFunction, LISTS: PluginList, PACKS: PluginPack}
_loaded: dict[tuple[str, str, str], Any] = {}


class WrongAnswerError(Exception):
    """The body answered something else than was declared: a fault's code and what it tells."""

    def __init__(self, code: str, **values: Any) -> None:
        self.told = (code, values)
        super().__init__(code)


def main() -> None:
    """Serve the pipe on the standard streams; what bodies print goes to standard error."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    serve(asked, answers)


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until the pipe is closed."""
    while True:
        try:
            request = receive(asked)
        except EOFError:
            return
        send(answers, answer(request))


def answer(request: tuple[Any, ...]) -> tuple[str, Any]:
    """One request, within its time: ``ok`` with plain data, or the code of a fault with what it tells."""
    what, group, name, value, seconds, *rest = request
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        item = _item(group, name, value)
        return "ok", _call(item, *rest) if what == "call" else _DESCRIBE[group](item)
    except WrongAnswerError as error:
        return error.told
    except DeclarationError as error:
        return "P002", {"detail": str(error)}
    except BaseException as error:  # SystemExit and KeyboardInterrupt of a body are its faults, too
        return "P011" if what == "call" else "P001", {"detail": _place(error)}
    finally:
        faulthandler.cancel_dump_traceback_later()


def _item(group: str, name: str, value: str) -> Any:
    key = (group, name, value)
    if key not in _loaded:
        item = EntryPoint(name, value, group).load()
        wanted = _WANTED[group]
        if not isinstance(item, wanted):
            raise DeclarationError(f"{value} is a {type(item).__name__}, not a {wanted.__name__}")
        called = item.model if isinstance(item, PluginPack) else getattr(item, "name", "")
        if called != name:
            raise DeclarationError(f"the entry point is called {name}, what it offers {called}")
        _loaded[key] = item
    return _loaded[key]


def _place(error: BaseException) -> str:
    """The error in one line, with the last line of code it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1][:300]
    last = next((frame for frame in reversed(frames) if frame.filename != __file__ and "importlib" not in frame.filename), None)
    return f"{said} ({os.path.basename(last.filename)}:{last.lineno})" if last else said  # noqa: PTH119 - a frame's name, no path to open


def _call(item: PluginFunction, size: int, texts: list[str] | None, arguments: list[tuple[str, Any]]) -> tuple[str, Any, bytes]:
    rows = Rows(size, texts if item.reads_text else None)
    found = item(rows, *(_READ[how](data) for how, data in arguments))
    if len(found.values) != size or len(found.known) != size:
        raise WrongAnswerError("P020", wanted=size, found=len(found.values))
    return pack(_fitting(found, item.result), item.result.kind)


_READ: dict[str, Callable[[Any], Any]] = {"literal": lambda data: data, "day": date.fromisoformat, "column": unpack}

_DTYPES = {Kind.NUMBER: "iuf", Kind.FLAG: "b", Kind.DATE: "MO", Kind.TEXT: "OUT", Kind.CATEGORY: "OUT", Kind.SET: "O"}
_OBJECTS: dict[Kind, type] = {Kind.DATE: date, Kind.SET: frozenset}


def _fitting(found: Column, wanted: Type) -> Column:
    """The answer as a canonical column; `WrongAnswerError` when its kind is another."""
    told = {"wanted_zh": wanted.zh, "wanted_en": str(wanted)}
    if found.known.any():
        if found.values.dtype.kind not in _DTYPES[wanted.kind]:
            raise WrongAnswerError("P021", found=str(found.values.dtype), **told)
        if found.values.dtype.kind == "O":
            kind = _OBJECTS.get(wanted.kind, str)
            odd = next((item for item in found.values[found.known] if not isinstance(item, kind)), None)
            if odd is not None:
                raise WrongAnswerError("P021", found=type(odd).__name__, **told)
    return canonical(found, wanted.kind)


def _function(item: PluginFunction) -> dict[str, Any]:
    params = [(one.name, str(one.type.kind), str(one.type.unit), list(one.values)) for one in item.params]
    told = {name: getattr(item, name) for name in ("zh", "version", "doc_zh", "doc_en", "maybe", "reads_text")}
    values = [(name, zh) for name, zh in item.values]
    return {**told, "params": params, "result": (str(item.result.kind), str(item.result.unit)), "values": values}


def _list(item: PluginList) -> dict[str, Any]:
    return {"version": item.version, "terms": list(item.terms), "exclude": list(item.exclude), "note": item.note}


def _pack(item: PluginPack) -> dict[str, Any]:
    place = files(item.package).joinpath(item.folder) if item.folder else files(item.package)
    texts = {found.name: found.read_text("utf-8") for found in place.iterdir() if found.name.endswith(".rules")}
    if not texts:
        raise DeclarationError(f"{item.package} has no *.rules in {item.folder or 'it'}")
    return {"version": item.version, "texts": texts}


_DESCRIBE: dict[str, Callable[[Any], dict[str, Any]]] = {FUNCTIONS: _function, LISTS: _list, PACKS: _pack}

if __name__ == "__main__":
    main()
