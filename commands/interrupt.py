"""Ctrl-C in a long command: the first keeps what was found, the second quits at once."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal

from commands.failures import STOPPED, StoppedWithoutPlan

Phase = Literal["reading", "searching", "sweeping", "drawing", "keeping"]
SAID: dict[Phase, str] = {
    "reading": "Stopping: there is no plan yet.",
    "searching": "Stopping: the best plan so far is kept (Ctrl-C again quits at once).",
    "sweeping": "Stopping: the scenarios solved so far are kept (Ctrl-C again quits at once).",
    "drawing": "Stopping: what was drawn so far is shown (Ctrl-C again quits at once).",
    "keeping": "The plan is being kept (Ctrl-C again quits at once).",
}
_SHOW_CURSOR = b"\x1b[?25h\n"


class Interrupt:
    """Ctrl-C as a flag: ``with Interrupt() as interrupt: ...``; called, it says whether Ctrl-C was pressed.

    While `phase` is ``reading`` there is nothing to keep yet, and the first Ctrl-C ends the block with
    `StoppedWithoutPlan`. Later it only sets the flag, so nothing that is being found, checked or written is cut off.
    The second ends the process with exit code 130 wherever it is; the store's transactions make that safe.

    A thread hears the signals too: Python runs handlers only between two steps of the main thread, which may be inside
    one long call, or waiting for a lock.

    Parameters
    ----------
    say : prints one line for people; nothing by default.
    """

    def __init__(self, say: Callable[[str], object] | None = None) -> None:
        self.phase: Phase = "reading"
        self._say = say
        self._hits = 0
        self._handler: Any = None
        self._fd = -1

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._hits > 0

    def __enter__(self) -> Interrupt:
        """Begin to listen; in the main thread only."""
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        self._thread = threading.Thread(target=self._listen, name="interrupt", daemon=True)
        self._thread.start()
        self._fd = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        self._handler = signal.signal(signal.SIGINT, self._in_main_thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        signal.signal(signal.SIGINT, self._handler)
        signal.set_wakeup_fd(self._fd)
        self._mouth.close()  # the thread hears all that was said before, then the end
        self._thread.join()
        self._ear.close()
        if kind is KeyboardInterrupt:
            raise StoppedWithoutPlan from None

    def _in_main_thread(self, *_: object) -> None:
        if self.phase == "reading":
            raise KeyboardInterrupt

    def _listen(self) -> None:
        while heard := self._ear.recv(1):
            if heard[0] != signal.SIGINT:
                continue
            self._hits += 1
            if self._hits > 1:
                if sys.stderr.isatty():  # the progress line had hidden it
                    os.write(sys.stderr.fileno(), _SHOW_CURSOR)
                os._exit(STOPPED)
            if self._say:
                self._say(SAID[self.phase])
