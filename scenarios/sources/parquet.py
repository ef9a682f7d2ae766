"""Parquet files, through pyarrow: sizes come from the file's own metadata before anything is read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.grid import Cells, Grid, Tidy, as_cells, check_cells, check_header, check_size, drop_nested
from scenarios.sources.spec import Limits, Source
from solver.problems import Problem, shorten


def read_parquet(path: Path, spec: Source, limits: Limits, found: Collector) -> Grid:
    """Read a Parquet file; row 1 is its first row, for it has no header line.

    Raises
    ------
    Refused
        Nothing of it can be used; lesser problems go to `found`.
    """
    file = shorten(spec.source, 200)
    try:
        with pq.ParquetFile(path, read_dictionary=_texts(path)) as source:
            meta = source.metadata
            check_size(meta.num_rows, meta.num_columns, limits, file)
            size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
            if size > limits.max_bytes:
                raise Refused(
                    Problem("too_large", f"it unpacks to {size:,} bytes", file,
                            expected=f"at most {limits.max_bytes:,}",
                            fix="export fewer rows, or raise data.limits.max_bytes")
                )  # fmt: skip
            names = list(source.schema_arrow.names)
            parts: list[list[Cells]] = [[] for _ in names]
            for batch in source.iter_batches(batch_size=65_536):
                for part, column in zip(parts, batch.columns, strict=True):
                    part.append(_cells(column))
    except (pa.ArrowException, OSError, ValueError) as error:
        text = shorten(str(error).splitlines()[0] if str(error) else error)
        raise Refused(
            Problem("unreadable", f"the Parquet file cannot be read: {text}", file, fix="export it again")
        ) from None
    columns = [np.concatenate(p) if p else as_cells([]) for p in parts]
    for name, cells in zip(names, columns, strict=True):
        drop_nested(name, cells, file, found)
    rows = np.arange(1, len(columns[0]) + 1 if columns else 1, dtype=np.int64)
    names, columns = check_header(names, columns, file, "", None, found)
    check_cells(zip(names, columns, strict=True), rows, limits, file, "", found)
    return Grid(file, "", names, columns, rows, hashlib.sha256(path.read_bytes()).hexdigest())


def _texts(path: Path) -> list[str]:
    """The text columns: kept as dictionaries, so that a long text repeated a million times is held once."""
    schema = pq.read_schema(path)
    return [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]


def _cells(column: Any) -> Cells:
    if pa.types.is_dictionary(column.type):
        tidy = Tidy()
        words = [tidy[w] if isinstance(w, str) else w for w in column.dictionary.to_pylist()]
        known = as_cells([*words, None])
        chosen: Cells = known[column.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)]
        return chosen
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values = column.to_pylist()
    if values and isinstance(values[0], str):
        tidy = Tidy()
        values = [tidy[v] if isinstance(v, str) else v for v in values]
    return as_cells(values)
