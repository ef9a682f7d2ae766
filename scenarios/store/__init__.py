"""The run store: solved scenarios, kept whole and never changed, in one SQLite file or in PostgreSQL."""

from scenarios.store.errors import StoreError, UnknownRun
from scenarios.store.store import LogEntry, RunSummary, Store

__all__ = ["LogEntry", "RunSummary", "Store", "StoreError", "UnknownRun"]
