"""Names for the arrays used everywhere (a docstring states the shape), and numbering distinct values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]


def codes(values: Any, key: Callable[[Any], Any] = lambda v: v) -> tuple[Ints, list[Any]]:
    """Number distinct values in order of appearance: (int64[n], the distinct keys)."""
    seen: dict[Any, int] = {}
    numbers = np.fromiter((seen.setdefault(key(v), len(seen)) for v in values), dtype=np.int64, count=len(values))
    return numbers, list(seen)
