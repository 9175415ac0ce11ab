"""The command line for tests that run whole pipelines as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
