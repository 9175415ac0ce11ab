"""The runner's end of the step server: start a step, end a step, hear how steps ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

from orchestration.dead_runs import RUN_VARIABLE
from orchestration.run_record import RunFolder
from orchestration.step_request import INTERPRETER_ENVIRONMENT, StepRequest


@dataclass(frozen=True)
class EndedStep:
    """How a step's process ended.

    Attributes:
        step: The component's id.
        signal: The signal that killed it, or None.
        memory_mb: Its largest resident size.
    """

    step: str
    signal: signal.Signals | None
    memory_mb: float


class StepServerLostError(Exception):
    """The step server is gone, and with it every step."""


class StepProcesses:
    """Starts the server of one run; use it as a context manager."""

    def __init__(self, folder: RunFolder) -> None:
        self._temporary = folder.temporary
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, (folder.logs / "step-server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "orchestration.step_server", str(theirs.fileno()), str(folder.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **INTERPRETER_ENVIRONMENT, RUN_VARIABLE: folder.id},
                # Ctrl-C is for the runner, which tells the steps.
                start_new_session=True,
            )

    def __enter__(self) -> StepProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the server, and with it whatever still runs."""
        self._channel.close()
        self._server.wait()
        # It does so itself, unless it was killed.
        shutil.rmtree(self._temporary, ignore_errors=True)

    def start(self, request: StepRequest) -> None:
        """Asks for a step's process."""
        self._send({"start": request.step, "request": str(request.path)})

    def kill(self, step: str, number: signal.Signals) -> None:
        """Sends a signal to a step's process and its descendants."""
        self._send({"kill": step, "signal": int(number)})

    def wait(self, seconds: float) -> EndedStep | None:
        """Waits for the next step to end.

        Raises:
            StepServerLostError: The server ended.
        """
        self._channel.settimeout(seconds)
        try:
            packet = self._channel.recv(65536)
        except TimeoutError:
            return None
        except ConnectionError:
            packet = b""
        if not packet:
            raise StepServerLostError
        message = json.loads(packet)
        killed_by = os.WTERMSIG(message["status"]) if os.WIFSIGNALED(message["status"]) else None
        return EndedStep(
            step=message["ended"],
            signal=None if killed_by is None else signal.Signals(killed_by),
            memory_mb=message["memory_mb"],
        )

    def _send(self, message: dict[str, str | int]) -> None:
        try:
            self._channel.send(json.dumps(message).encode())
        except ConnectionError:
            raise StepServerLostError from None
