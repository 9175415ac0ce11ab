"""The real dashboard in a process of its own, on a free loopback port."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.access import AccessStore
from tests.servers.processes import free_ports, running

ROOT = Path(__file__).parents[3]
_PROGRAM = """
import json, sys, uvicorn
from dashboard.app import create_app
from dashboard.settings import DashboardSettings
settings = DashboardSettings.model_validate(json.loads(sys.argv[1]))
uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_level="warning")
"""


@dataclass(frozen=True)
class Dashboard:
    """One that runs.

    Attributes:
        token: An operator's.
    """

    url: str
    token: str
    home: Path


@contextmanager
def dashboard(home: Path, **settings: Any) -> Iterator[Dashboard]:
    """Runs it for the block, with the pipeline ``toy`` beside Noria's own.

    Args:
        home: The home folder.
        settings: More fields of DashboardSettings.
    """
    home.mkdir(parents=True, exist_ok=True)
    # Made here, for only who makes it learns it.
    token = AccessStore(home).make_tokens(anew=True)["operator"]
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    told = json.dumps({"home": str(home), "port": port, **settings})
    command = [sys.executable, "-c", _PROGRAM, told]
    with running(command, home / "dashboard.log", f"{url}/healthz", variables(home)):
        yield Dashboard(url, token, home)


def variables(home: Path) -> dict[str, str]:
    """Environment of the dashboard, and of the command line beside it."""
    return {
        "NORIA_HOME": str(home),
        "NORIA_PIPELINES": "toy.pipeline:PIPELINE",
        "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}",
    }
