"""What benchmarks measured, kept as benchmarks/results/NAME.json: the README's table is written of them."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from noria.files import write_json

FOLDER = Path(__file__).parent / "results"


def load_before() -> float:
    """Processes that ran or waited, mean of the last minute: what else the machine was doing."""
    return round(os.getloadavg()[0], 1)


def write_results(path: Path, results: Any, load: float) -> None:
    """Writes results with what they were measured on.

    Args:
        path: The file.
        results: Whatever the benchmark measured; JSON.
        load: What ``load_before`` said before the benchmark began.
    """
    machine = {"cores": os.cpu_count(), "processor": platform.machine(), "load_before": load}
    write_json(path, {"machine": machine, "results": results})
