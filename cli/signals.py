"""Ctrl-C and SIGTERM as an event that a command looks at."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM (``noria cancel``) set the event instead of ending the process."""
    stop = threading.Event()

    def on_signal(*_: object) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
