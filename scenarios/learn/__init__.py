"""Fit learned from history, and the file it is kept in."""
