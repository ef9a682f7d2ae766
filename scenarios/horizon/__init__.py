"""Periods that follow one another: rolled on, solved together, repaired half way."""
