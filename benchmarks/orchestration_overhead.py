"""What the orchestration costs: seconds per step, a cached second run, commands that only look.

    python -m benchmarks.orchestration_overhead [--json FILE] [--repeat N]

Five steps that do nothing run one after the other, each in its own process, through the command line, on
an empty home folder, with delivery to MLflow's SQLite file. Seconds are wall time; each figure is the
median over the repetitions.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.results import load_before, write_results

STEPS = 5
GOALS = {
    "a step": 0.5,
    "cached run, with delivery": 5.0,
    "noria --help": 0.5,
    "noria runs": 0.5,
}


def main() -> None:
    """Measures, prints a table, and writes the figures as JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    load = load_before()
    measured = measure(arguments.repeat)
    for name, seconds in measured.items():
        goal = f"   goal: at most {GOALS[name]} s" if name in GOALS else ""
        print(f"{name:32}{seconds:8.3f} s{goal}")
    if arguments.json:
        write_results(arguments.json, measured, load)


def measure(repeat: int) -> dict[str, float]:
    """Runs everything; returns the median seconds by name."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"},
            "NORIA_HOME": folder,
            "NORIA_PIPELINES": "benchmarks.noop.pipeline:PIPELINE",
        }
        # The first of all makes databases and byte code; it is told apart.
        found["first run of all, with delivery"] = [_noria(environment, "run", "noop")[0]]
        for _ in range(repeat):
            wall, run = _noria(environment, "run", "noop", "--no-cache")
            found.setdefault("a step", []).append(run["seconds"] / STEPS)
            found.setdefault("five steps", []).append(run["seconds"])
            found.setdefault("five steps, with delivery", []).append(wall)
            found.setdefault("cached run, with delivery", []).append(_noria(environment, "run", "noop")[0])
            found.setdefault("noria --help", []).append(_noria(environment, "--help")[0])
            found.setdefault("noria runs", []).append(_noria(environment, "runs")[0])
    return {name: round(statistics.median(values), 3) for name, values in found.items()}


def _noria(environment: dict[str, str], *arguments: str) -> tuple[float, Any]:
    """Runs a command; returns its wall time and, for ``run``, what it printed as JSON."""
    is_run = arguments[0] == "run"
    command = [sys.executable, "-m", "cli.main", *arguments, *(["--json"] if is_run else [])]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, json.loads(done.stdout) if is_run else None


if __name__ == "__main__":
    main()
