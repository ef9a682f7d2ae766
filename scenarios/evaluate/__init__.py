"""A period's plan held against what happened in it."""
