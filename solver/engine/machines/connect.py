"""Reaching a Dask scheduler that is named: what can be wrong with that is said in plain words."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import re
import socket
import threading
from concurrent.futures import Future
from typing import Any

#: ``tcp://HOST:PORT`` or ``tls://HOST:PORT``; an IPv6 host in brackets.
ADDRESS = re.compile(
    r"(?P<scheme>tcp|tls)://(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\s/:@\[\]]+)):(?P<port>\d{1,5})"
)


class ClusterError(Exception):
    """The cluster cannot be used; the message says why and what would help."""


def is_address(text: str) -> bool:
    """Whether a text is ``tcp://HOST:PORT`` or ``tls://HOST:PORT``."""
    found = ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found["port"]) < 65536


def reachable(address: str, wait: float) -> None:
    """See that the address is one, and that something listens there: says why not at once and in plain words."""
    found = ADDRESS.fullmatch(address)
    if not found or not is_address(address):
        raise ClusterError(f"{address!r} is no address of a cluster: expected tcp://HOST:PORT or tls://HOST:PORT")
    host = found["six"] or found["host"]
    try:
        socket.create_connection((host, int(found["port"])), timeout=wait).close()
    except OSError as error:
        raise ClusterError(f"no cluster at {address}: {error.strerror or error}") from None


def connected(address: str, wait: float) -> Any:
    """Return a Dask client of the scheduler at an address; it connects to nothing else."""
    try:
        distributed = dask()
    except ModuleNotFoundError:
        raise ClusterError("a cluster needs Dask: install fairbook[cluster]") from None
    # What goes wrong is said in notes; Dask's own warnings would be drawn over the progress line.
    for name in ("distributed.client", "distributed.core", "distributed.comm", "distributed.batched"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    made: Future[Any] = Future()

    def make() -> None:
        try:
            made.set_result(
                distributed.Client(
                    address, timeout=wait, set_as_default=False, direct_to_workers=False, name="fairbook"
                )
            )
        except BaseException as error:
            made.set_exception(error)

    # In a thread that may be left alone: Dask waits for ever for an answer from what is no scheduler.
    threading.Thread(target=make, daemon=True).start()
    try:
        client = made.result(timeout=wait + 2)
    except TimeoutError:
        raise ClusterError(f"no Dask scheduler answers at {address}: what listens there says nothing") from None
    except Exception as error:
        raise ClusterError(f"no Dask scheduler answers at {address}: {said(error)}") from None
    client.loop.asyncio_loop.set_exception_handler(_unheard)
    return client


def equipped(client: Any, address: str) -> None:
    """See that the workers have this Fairbook.

    Raises
    ------
    ClusterError
        One has another or none.
    """
    own = importlib.metadata.version("fairbook")
    found = client.run(importlib.metadata.version, "fairbook", on_error="return")
    for worker, version in sorted(found.items()):
        if isinstance(version, BaseException):
            raise ClusterError(f"worker {worker} has no Fairbook: install fairbook[cluster]=={own} there")
        if version != own:
            raise ClusterError(f"worker {worker} has Fairbook {version}, this is {own}: install the same there")


def no_workers(address: str) -> ClusterError:
    """Return what to say of a scheduler without workers."""
    return ClusterError(f"the scheduler {address} has no workers; start some with: dask worker {address}")


def _unheard(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep what Dask's own tasks leave behind when a worker goes in the log, not on the terminal."""
    logging.getLogger(__name__).info("%s: %r", context.get("message"), context.get("exception"))


def dask() -> Any:
    """Dask's distributed; imported only where a cluster is named, as it takes a second and may not be installed."""
    import distributed

    return distributed


def said(error: BaseException) -> str:
    """Return an exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
