"""Run every benchmark, one after another: some two hours on two cores."""

from __future__ import annotations

from benchmarks import ascents, compare, exact, explain, gap_results, growth, learned, per_pair, strategies, sweep

if __name__ == "__main__":
    exact.main([], standalone_mode=False)
    growth.main([], standalone_mode=False)
    strategies.main([], standalone_mode=False)
    ascents.main([], standalone_mode=False)
    per_pair.main([], standalone_mode=False)
    for part in ("truth", "noise", "size"):
        learned.main([part], standalone_mode=False)
    sweep.main([], standalone_mode=False)
    explain.main([], standalone_mode=False)
    compare.main(["--companies", "500x8,2000x20", "--time-limit", "30"], standalone_mode=False)
    gap_results.main([], standalone_mode=False)
