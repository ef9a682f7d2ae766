"""Learned fit: from history, for every pair of customer and rep, the chance of winning and the expected money."""
