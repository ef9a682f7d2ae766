"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.pg"]

# What is printed is as wide as in a pipe, whatever terminal, or test runner, the tests are started from.
os.environ.pop("COLUMNS", None)

settings.register_profile("fairbook", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fairbook")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real inputs beside the checkout; tests that need them skip where they are missing."""
    if not SHARED.is_dir():
        pytest.skip(f"real inputs are not there: {SHARED}")
    return SHARED
