"""How the service and its helper process speak: frames over a pipe. What comes back is read as plain data only, never as objects.

>>> import io
>>> pipe = io.BytesIO()
>>> send(pipe, ("ok", [1, "二"])); _ = pipe.seek(0)
>>> receive(pipe)
('ok', [1, '二'])
>>> pipe = io.BytesIO()
>>> send(pipe, print); _ = pipe.seek(0)
>>> receive(pipe)
Traceback (most recent call last):
...
_pickle.UnpicklingError: only plain data is read, not builtins.print
"""

import io
import pickle
import struct
from typing import IO, Any

import numpy as np

from rules.inputs import Array, Column
from rules.kinds import Kind

_LENGTH = struct.Struct("<Q")


class _Plain(pickle.Unpickler):
    """Texts, numbers, bytes and their containers; a name to import is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"only plain data is read, not {module}.{name}")


def send(pipe: IO[bytes], message: object) -> None:
    """Write one frame."""
    data = pickle.dumps(message, protocol=5)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one frame of plain data; EOFError when the other side is gone."""
    return _Plain(io.BytesIO(_frame(pipe))).load()


def _frame(pipe: IO[bytes]) -> bytes:
    (size,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    return _exactly(pipe, size)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise EOFError("the other side is gone")
    return data


Packed = tuple[str, Any, bytes]
"""A column as plain data: kind, values (bytes of float64, bool or int64 days; texts and sets as a list), bytes of what is known."""


def pack(column: Column, kind: Kind) -> Packed:
    """A canonical column (see `canonical`) as plain data.

    >>> unpack(pack(Column.of(["a", None]), Kind.TEXT)).known.tolist()
    [True, False]
    """
    known = np.ascontiguousarray(column.known, dtype=bool).tobytes()
    if kind is Kind.NUMBER:
        return "number", column.values.astype(np.float64).tobytes(), known
    if kind is Kind.FLAG:
        return "flag", column.values.astype(bool).tobytes(), known
    if kind is Kind.DATE:
        return "date", column.values.astype("datetime64[D]").astype(np.int64).tobytes(), known
    return "text", column.values.tolist(), known


def unpack(packed: Packed) -> Column:
    """The column, read-only."""
    kind, data, known = packed
    if kind == "text":
        values: Array = np.empty(len(data), dtype=object)
        values[:] = data
    elif kind == "date":
        values = np.frombuffer(data, dtype=np.int64).astype("datetime64[D]")
    else:
        values = np.frombuffer(data, dtype=np.float64 if kind == "number" else bool)
    values.setflags(write=False)
    return Column(values, np.frombuffer(known, dtype=bool))


_EMPTY: dict[Kind, Any] = {Kind.NUMBER: np.nan, Kind.FLAG: False, Kind.DATE: np.datetime64("NaT", "D"), Kind.SET: frozenset()}


def canonical(column: Column, kind: Kind) -> Column:
    """The column with one array type a kind, and the same filling wherever it is unknown. Raises ValueError or TypeError when values do not fit.

    >>> canonical(Column.of([1, None]), Kind.NUMBER).values.tolist()
    [1.0, nan]
    """
    known = np.array(column.known, dtype=bool)
    empty = _EMPTY.get(kind, "")
    if kind is Kind.DATE and column.values.dtype.kind != "M":
        values = np.full(len(known), empty, dtype="datetime64[D]")
        values[known] = column.values[known].astype("datetime64[D]")
        return Column(values, known)
    types: dict[Kind, Any] = {Kind.NUMBER: np.float64, Kind.FLAG: bool, Kind.DATE: "datetime64[D]"}
    values = np.full(len(known), empty, dtype=types.get(kind, object))
    values[known] = column.values[known]
    if kind in (Kind.NUMBER, Kind.DATE):
        known &= ~(np.isnan(values) if kind is Kind.NUMBER else np.isnat(values))
    return Column(values, known)
