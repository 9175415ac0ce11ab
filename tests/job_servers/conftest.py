"""Beam's job servers end with the test that started them."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from apache_beam.runners.portability.job_server import StopOnExitJobServer


@pytest.fixture(autouse=True)
def _no_job_server_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Beam itself ends them when the process exits, and takes Ctrl-C over until then."""
    started: list[StopOnExitJobServer] = []
    start, interrupt = StopOnExitJobServer.start, signal.getsignal(signal.SIGINT)

    def noted(server: StopOnExitJobServer) -> object:
        started.append(server)
        return start(server)

    monkeypatch.setattr(StopOnExitJobServer, "start", noted)
    yield
    for server in started:
        server.stop()
    signal.signal(signal.SIGINT, interrupt)
