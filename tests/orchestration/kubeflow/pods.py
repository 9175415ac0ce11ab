"""Running the emulator's pods: as processes of this machine, or as containers of a real image.

``NORIA_TEST_IMAGE=noria:dev`` (and ``NORIA_TEST_ENGINE``, podman by default) chooses containers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.orchestration.kubeflow.kfp_emulator import Pod, RunPod

REPOSITORY = Path(__file__).parents[3]
IMAGE_VARIABLE = "NORIA_TEST_IMAGE"
ENGINE_VARIABLE = "NORIA_TEST_ENGINE"


def run_process(pod: Pod) -> int:
    """The step as a process that sees the pod's folder as the launcher's root, and nothing of the others'."""
    keep = ("PATH", "HOME", "LANG", "TF_CPP_MIN_LOG_LEVEL", "MPLBACKEND")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    environment |= pod.environment
    environment |= {
        "NORIA_LAUNCHER_ROOT": str(pod.root),
        "NORIA_TERMINATION_LOG": str(pod.root / "dev" / "termination-log"),
        "NORIA_HOME": str(pod.root / "tmp" / "noria"),
        "PYTHONPATH": f"{REPOSITORY / 'tests'}{os.pathsep}{REPOSITORY}",
    }
    assert pod.command[0] == "python"
    with (pod.root / "log").open("wb") as log:
        return subprocess.run(
            [sys.executable, *pod.command[1:]],
            env=environment,
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
            timeout=600,
            check=False,
        ).returncode


def chosen_pods() -> tuple[RunPod, str]:
    """How to run pods, and the image to compile for."""
    if image := os.environ.get(IMAGE_VARIABLE):
        from tests.orchestration.kubeflow.containers import run_container

        return run_container, image
    return run_process, "noria:dev"
