"""What needs eight logical devices runs in one process of its own: TensorFlow fixes its devices at its start.

The files of on_devices/ are not named test_*, so that only this process collects them.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = sorted(Path(__file__).parent.joinpath("on_devices").glob("check_*.py"))


@pytest.mark.slow
def test_on_eight_logical_devices() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, CHECKS)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=Path(__file__).parents[3],
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
