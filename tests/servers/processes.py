"""Starting a server for a test and ending it, whatever happens in between."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody uses at the moment.

    They are below those that the kernel chooses from (32768 and up, on Linux): none goes to a connection of
    another process before the server of a test has taken it.
    """
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < count:
            # Not the generator that tests may have seeded.
            port = 15_000 + secrets.randbelow(17_000)
            with contextlib.suppress(OSError):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                found.append(port)
    return found


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    health: str,
    environment: Mapping[str, str] | None = None,
    grace: float = 20.0,
) -> Iterator[None]:
    """Runs a server for the block; waits until ``health`` answers (with any status below 500).

    Args:
        command: What to start.
        log: Receives what it prints.
        health: An address of it.
        environment: Variables beside those of this process.
        grace: Seconds to end by itself before it is killed.
    """
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        until = time.monotonic() + 180
        while not _answers(health):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2)
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except (OSError, http.client.HTTPException):
        # The latter: somebody else was faster to take the port; the server's own end says so.
        return False
    return True
