"""A dashboard that is killed while runs go on, and the one that comes after it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

RUNS = 2


class Served:
    """A dashboard without logins, for tests."""

    def __init__(self, noria: Any, settings: Path) -> None:
        self.process = noria.start("dashboard", "--settings", settings)
        self.address = re.match(r"Noria: (http://\S+)", self.process.stdout.readline()).group(1)
        while self.get("/api/runs") is None:
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.05)

    def get(self, path: str) -> Any:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.address + path, timeout=60) as answer:
            return json.loads(answer.read())
        return None

    def post(self, path: str, tree: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.address + path, json.dumps(tree).encode(), headers)
        with urllib.request.urlopen(asked, timeout=120) as answer:
            return json.loads(answer.read())

    def states(self) -> dict[str, str]:
        return {run["id"]: run["state"] for run in self.get("/api/runs")["runs"]}


@pytest.mark.slow
def test_runs_outlive_a_killed_dashboard_and_none_is_started_twice(noria, eventually, tmp_path):
    settings, go = tmp_path / "settings.yaml", tmp_path / "go"
    held = {"double.trouble.until": str(go)}
    told = {"home": str(noria.home), "auth": "none", "port": 0, "max_running": RUNS, "mlflow": False}
    settings.write_text(json.dumps(told))
    first = Served(noria, settings)
    second = None
    try:
        asked = {first.post("/api/runs", {"pipeline": "toy", "changes": held})["id"] for _ in range(RUNS)}
        eventually(
            lambda: first.states() == dict.fromkeys(asked, "running"), lambda: str(first.states()), 60.0
        )
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.communicate(timeout=120)
        second = Served(noria, settings)
        assert second.states() == dict.fromkeys(asked, "running")
        go.touch()
        eventually(
            lambda: second.states() == dict.fromkeys(asked, "succeeded"), lambda: str(second.states()), 90.0
        )
        assert second.get("/api/runs")["waiting"] == []
    finally:
        go.touch()
        for served in filter(None, (first, second)):
            if served.process.poll() is None:
                served.process.terminate()
                served.process.communicate(timeout=120)
    assert {run["id"] for run in noria.json("runs")} == asked
