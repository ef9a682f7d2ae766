"""Tables as Parquet and back: the decoded frame equals the encoded one, cell by cell and type by type.

Equal frames give equal bytes, so that runs share them. What Parquet has no type for is kept as text that other tools
can read too: skills as ``cloud:3;german:1``, lists as ``medical;retail``, a column of mixed cells as JSON. How each
column is meant stands in the file's metadata; no pickle anywhere.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenarios.files import joined
from scenarios.store.errors import StoreError

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
"""Version of the encoding; a decoder reads its own and all before it."""
_META = b"fairbook"


def encode(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet; its index is not kept (a decoded one is 0..n-1).

    Raises
    ------
    StoreError
        A column's name or type cannot be kept; the message names it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(frame.columns)
    if not all(isinstance(n, str) for n in names) or len(set(names)) != len(names):
        raise StoreError("a table's columns must have names, each once")
    arrays, kinds = [], []
    for name in names:
        try:
            kind, array = _encode_column(frame[name])
        except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
            raise StoreError(f"column {name!r} cannot be stored: {error}") from error
        kinds.append([name, kind])
        arrays.append(array)
    try:
        meta = {_META: json.dumps({"format": FORMAT, "rows": len(frame), "columns": kinds}).encode()}
        schema = pa.schema([pa.field(n, a.type) for n, a in zip(names, arrays, strict=True)], metadata=meta)
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd", compression_level=6)
    except (ValueError, pa.ArrowException) as error:
        raise StoreError(f"the table cannot be stored: {error}") from error
    return sink.getvalue()


def decode(data: bytes) -> pd.DataFrame:
    """Return the table that `encode` made `data` from.

    Raises
    ------
    StoreError
        `data` is damaged, or written by a newer version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
        meta = json.loads((table.schema.metadata or {})[_META])
        if meta["format"] > FORMAT:
            raise StoreError(f"a table has format {meta['format']}, this version reads up to {FORMAT}: update Fairbook")
        index = pd.RangeIndex(meta["rows"])
        columns = {
            name: _decode_column(kind, table.column(at), index) for at, (name, kind) in enumerate(meta["columns"])
        }
        return pd.DataFrame(columns, index=index)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise StoreError(f"a stored table cannot be read: {error}") from error


def _encode_column(column: pd.Series[Any]) -> tuple[str, pa.Array]:
    """Return how a column is meant, and its values as Parquet holds them."""
    import pyarrow as pa

    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        kind = "str" if dtype.na_value is np.nan else "string"
        return kind, _texts([None if v is None or v is pd.NA or v != v else v for v in column.tolist()])
    if not isinstance(dtype, np.dtype):
        raise TypeError(f"its type {dtype} is not supported")
    if dtype.kind == "O":
        return _encode_objects(column.tolist())
    if dtype.kind == "M":
        unit = dtype.str.partition("[")[2].rstrip("]")
        values = column.to_numpy()
        return f"time:{unit}", pa.array(values.astype("datetime64[ms]") if unit == "s" else values)
    if dtype.kind in "biuf":
        return f"plain:{dtype.name}", pa.array(column.to_numpy(), from_pandas=False)
    raise TypeError(f"its type {dtype} is not supported")


def _encode_objects(values: list[Any]) -> tuple[str, pa.Array]:
    if all(isinstance(v, str) for v in values):
        return "text", _texts(values)
    for kind, python, write, read in _AS_TEXT:
        if all(type(v) is python for v in values):
            texts = [write(v) for v in values]
            if all(_same(read(t), v) for t, v in zip(texts, values, strict=True)):
                return kind, _texts(texts)
    return "json", _texts([json.dumps(_tagged(v), ensure_ascii=False, separators=(",", ":")) for v in values])


def _decode_column(kind: str, column: pa.ChunkedArray, index: pd.RangeIndex) -> pd.Series[Any]:
    how, _, detail = kind.partition(":")
    if how == "plain":
        return pd.Series(column.to_numpy().astype(detail, copy=False), index=index)
    if how == "time":
        return pd.Series(column.to_numpy().astype(f"datetime64[{detail}]"), index=index)
    texts = column.to_pylist()
    if kind in {"str", "string"}:
        missing = np.nan if kind == "str" else pd.NA
        return pd.Series(pd.array(texts, dtype=pd.StringDtype(na_value=missing)), index=index)
    cells = np.empty(len(texts), dtype=object)  # cell by cell: numpy would unpack tuples
    read = _READ[kind]
    for at, text in enumerate(texts):
        cells[at] = read(text)
    return pd.Series(cells, index=index, dtype="object")


def _texts(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, type=pa.large_string())


def _same(one: Any, other: Any) -> bool:
    """Equal in value, order and types."""
    if isinstance(one, dict):
        return list(one.items()) == list(other.items()) and all(type(v) is int for v in other.values())
    return bool(one == other)


def _read_skills(text: str) -> dict[str, int]:
    parts = (part.rpartition(":") for part in text.split(";")) if text else ()
    return {name: int(level) if level.isdecimal() else -1 for name, _, level in parts}


def _read_words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _tagged(value: Any) -> Any:
    """Return a cell as JSON: text, numbers, yes/no and None as they are, all else as a list of its kind and content."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else ["float", repr(value)]
    if isinstance(value, dict):
        return ["dict", [[_tagged(k), _tagged(v)] for k, v in value.items()]]
    if value is pd.NaT or value is pd.NA:
        return ["missing", "NaT" if value is pd.NaT else "NA"]
    for python, (tag, write) in _TAGS.items():
        if isinstance(value, python):
            return [tag, write(value)]
    raise TypeError(f"a cell of type {type(value).__name__} is not supported")


def _untagged(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    tag, content = value
    return _UNTAG[tag](content)


#: Python types of mixed cells: their tag and how they are written; subclasses before their parents.
_TAGS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    tuple: ("tuple", lambda v: [_tagged(x) for x in v]),
    list: ("list", lambda v: [_tagged(x) for x in v]),
    pd.Timestamp: ("timestamp", lambda v: [v.isoformat(), v.unit]),
    dt.datetime: ("datetime", lambda v: v.isoformat()),
    dt.date: ("date", lambda v: v.isoformat()),
    dt.time: ("time", lambda v: v.isoformat()),
    Decimal: ("decimal", str),
    bytes: ("bytes", lambda v: v.hex()),
}
_UNTAG: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "dict": lambda v: {_untagged(k): _untagged(x) for k, x in v},
    "missing": lambda v: pd.NaT if v == "NaT" else pd.NA,
    "tuple": lambda v: tuple(_untagged(x) for x in v),
    "list": lambda v: [_untagged(x) for x in v],
    "timestamp": lambda v: pd.Timestamp(v[0]).as_unit(v[1]),
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "decimal": Decimal,
    "bytes": bytes.fromhex,
}
_AS_TEXT: tuple[tuple[str, type, Callable[[Any], str], Callable[[str], Any]], ...] = (
    ("skills", dict, joined, _read_skills),
    ("words", tuple, joined, _read_words),
)
_READ: dict[str, Callable[[str], Any]] = {
    "text": str,
    "skills": _read_skills,
    "words": _read_words,
    "json": lambda text: _untagged(json.loads(text)),
}
