"""Advice from the past: which strategy would have sold more, and which figures history says are off.

`past` cuts history at each past period's start, `backtest` plans those periods by each strategy, `logged` and `judge`
weigh what came after, `credibility` updates potential and workload, `advice` puts it together.
"""
