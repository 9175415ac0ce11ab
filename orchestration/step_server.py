"""Starts the processes of a run's steps, watches them, and outlives the runner to clean up after it.

One server per run: ``python -m orchestration.step_server SOCKET RUN_FOLDER`` (SOCKET: an inherited file
descriptor). It has TFX's DSL loaded and forks a child per step, so a step starts in milliseconds, with
neither TensorFlow nor anything of the runner's process in it. Not ``multiprocessing``'s fork server,
because that one imports the caller's ``__main__`` into every child and, when the caller is killed, ends
without ending the children's own children.

Messages are JSON, one per packet. In: ``{"start": step, "request": path}``, ``{"kill": step, "signal": n}``.
Out: ``{"ended": step, "status": wait status, "memory_mb": n}``.

When the runner's end of the socket closes, every step is killed and the run's records are put in order.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import FrameType, ModuleType

# Loaded before the first fork, so that no step has to.
import components.artifacts
import components.step_executor  # noqa: F401
from noria.light_tfx import without_frameworks
from noria.processes import die_with_parent
from orchestration.run_record import RunFolder
from orchestration.step_main import run_step
from orchestration.step_request import StepRequest

with without_frameworks():
    import tfx.orchestration.portable.python_executor_operator
    import tfx.proto.orchestration.execution_invocation_pb2  # noqa: F401


class StepServer:
    """Forks steps on request and reports how they ended."""

    def __init__(self, channel: socket.socket, temporary: Path) -> None:
        self._channel = channel
        self._temporary = temporary
        self._steps: dict[int, str] = {}
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake_out.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _wake)

    def serve(self) -> None:
        """Handles messages and ended children until the runner is gone."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._wake_in, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._wake_in:
                        self._wake_in.recv(4096)
                        self._reap()
                        continue
                    packet = self._channel.recv(65536)
                    if not packet:
                        return
                    self._obey(json.loads(packet))

    def kill_all(self) -> None:
        """Ends every step with all its descendants and waits for them."""
        for pid in self._steps:
            _kill_group(pid, signal.SIGKILL)
        for pid in self._steps:
            os.waitpid(pid, 0)

    def _obey(self, message: dict[str, str | int]) -> None:
        if "start" in message:
            self._start(str(message["start"]), Path(str(message["request"])))
            return
        for pid, step in self._steps.items():
            if step == message["kill"]:
                _kill_group(pid, int(message["signal"]))

    def _start(self, step: str, request_path: Path) -> None:
        request = StepRequest.read(request_path)
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                self._become_step(request, server)
                status = run_step(request)
            finally:
                # Not sys.exit: it would go on with the server's code, and frameworks crash on their way out.
                atexit._run_exitfuncs()
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                os._exit(status)
        # Here and in the child, because either may come first.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)
        self._steps[pid] = step

    def _become_step(self, request: StepRequest, server: int) -> None:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for end in (self._channel, self._wake_in, self._wake_out):
            end.close()
        die_with_parent(server)
        # A step that spawns processes of its own must not make them import this module.
        sys.modules["__main__"] = ModuleType("__main__")
        log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        # Temporary files go with the run, even those of a step that was killed.
        os.environ["TMPDIR"] = str(self._temporary)
        tempfile.tempdir = None
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        if request.fresh:
            os.environ.update(request.environment)
            os.execv(sys.executable, [sys.executable, "-m", "orchestration.step_main", str(request.path)])

    def _reap(self) -> None:
        for pid in list(self._steps):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # While the leader is not yet waited for, its group's number cannot be given to others.
            _kill_group(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            self._tell({"ended": self._steps.pop(pid), "status": status, "memory_mb": _megabytes(usage)})

    def _tell(self, message: dict[str, str | int | float]) -> None:
        # A runner that is gone is noticed by the next recv().
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._channel.send(json.dumps(message).encode())


def _wake(number: int, frame: FrameType | None) -> None:
    # The wake-up descriptor does the work; a handler has to be there for it to be written.
    del number, frame


def _kill_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def _megabytes(usage: resource.struct_rusage) -> float:
    return round(usage.ru_maxrss / 1024, 1)


def main(arguments: list[str]) -> None:
    """Serves one run; ``arguments`` are the socket's descriptor and the run's folder."""
    descriptor, run_folder = arguments
    channel = socket.socket(fileno=int(descriptor))
    temporary = RunFolder(Path(run_folder)).temporary
    temporary.mkdir(mode=0o700)
    server = StepServer(channel, temporary)
    server.serve()
    server.kill_all()
    shutil.rmtree(temporary, ignore_errors=True)
    from orchestration.dead_runs import bury_if_dead

    bury_if_dead(Path(run_folder))


if __name__ == "__main__":
    main(sys.argv[1:])
