"""The run store: solved scenarios, kept whole and never changed, in one SQLite file or in PostgreSQL."""

from scenarios.store.errors import StoreError, UnknownRun
from scenarios.store.rows import LogEntry, RunSummary
from scenarios.store.store import Store

__all__ = ["LogEntry", "RunSummary", "Store", "StoreError", "UnknownRun"]
