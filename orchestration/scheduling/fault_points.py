"""Where tests let a scheduler die, to see that the next one goes on from there."""

from __future__ import annotations

import os
import signal

FAULT_VARIABLE = "NORIA_TEST_FAULT"


def fault_point(name: str) -> None:
    """Kills this process, as ``kill -9`` does, where the environment variable names this point."""
    if os.environ.get(FAULT_VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
