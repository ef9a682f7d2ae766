"""Prices on loads: the bound that every plan is held against, and what it rules out."""
