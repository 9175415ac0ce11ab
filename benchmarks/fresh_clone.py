"""The first minutes of a new user: seconds of ``make demo`` in a fresh clone, and of the same again.

    python -m benchmarks.fresh_clone [--json FILE] [--folder FOLDER]

The last commit of this checkout is cloned; installation is part of the first. What is downloaded depends on
the network and on what package managers keep from earlier. Processor time is that of all processes that the
command started and waited for.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.results import load_before, write_results

_ROOT = Path(__file__).parent.parent


def measure(clone: Path) -> dict[str, dict[str, float]]:
    """Wall and processor seconds by command; ``clone`` is a folder that is not there yet."""
    subprocess.run(["git", "clone", "--quiet", str(_ROOT), str(clone)], check=True)
    return {
        "make demo": _timed(["make", "demo"], clone),
        "again": _timed([".venv/bin/noria", "run", "graph"], clone),
    }


def _timed(command: list[str], folder: Path) -> dict[str, float]:
    own = ("NORIA", "MLFLOW", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True)
    wall, after = time.perf_counter() - began, os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    return {"seconds": round(wall, 1), "cpu_seconds": round(spent, 1)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument(
        "--folder", type=Path, help="a new folder for the clone, which stays; default: temporary"
    )
    arguments = parser.parse_args()
    load = load_before()
    with tempfile.TemporaryDirectory() as temporary:
        result = measure(arguments.folder or Path(temporary, "clone"))
    for name, told in result.items():
        print(f"{name}: {told['seconds']:.1f} s, {told['cpu_seconds']:.1f} s of processor time")
    if arguments.json:
        write_results(arguments.json, result, load)


if __name__ == "__main__":
    main()
