"""What can go wrong with the run store."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot do what was asked; the message says which store and why. Nothing was changed."""


class UnknownRun(StoreError):
    """No run, or more than one, is meant by a reference."""
