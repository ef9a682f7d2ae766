"""Run every benchmark, one after another."""

from __future__ import annotations

from benchmarks import exact

if __name__ == "__main__":
    exact.main(standalone_mode=False)
