"""The classifier computes inside what spectral_features computes on the mesh; in a process with 8 devices."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_features_in_the_graph_equal_those_of_the_mesh() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.components.spectral_training.mesh_equality"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert 0 <= float(done.stdout) < 1e-4
