"""The command line for tests that run whole pipelines as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Noria:
    """The command line with a home folder of its own, run in the repository's root."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "NORIA", "TF_USE"))
        }
        self.environment |= {"NORIA_HOME": str(home)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments: str, status: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        assert process.returncode == status, f"{arguments}\n{out}\n{err}"
        return out

    def json(self, *arguments: str, status: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", status=status))


def until(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 300) -> None:
    """Waits while ``process`` works; fails where it ends before, or where it takes longer."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)


def step_processes(home: Path, step: str) -> list[int]:
    """The processes of a step that works in ``home``: the step's own first, then those that it started."""
    found = []
    for log in home.glob(f"runs/*/logs/{step}.log"):
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if log.samefile(process / "fd" / "1"):
                    found.append(int(process.name))
            except OSError:
                continue
    return sorted(found, key=lambda pid: _parent(pid) in found)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
