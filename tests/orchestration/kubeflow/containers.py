"""Each pod of the emulator as a container of the image, with a file system of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.orchestration.kubeflow.kfp_emulator import Pod

_USER = 1000


def _name(pod: Pod) -> str:
    return f"noria-test-{os.getpid()}-{pod.root.name}"


def run_container(pod: Pod) -> int:
    """Starts the container, and mounts what the launcher's pod would mount."""
    engine = os.environ.get("NORIA_TEST_ENGINE", "podman")
    # The host's network: the servers of the test listen on its loopback. Rights as restricted pods have them.
    command = [engine, "run", "--rm", "--no-healthcheck", "--network=host", f"--user={_USER}"]
    command += ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", f"--name={_name(pod)}"]
    command += [f"--tmpfs=/{folder}:mode=1777" for folder in (".local", ".cache", ".config")]
    for folder in ("s3", "minio", "gcs", "tmp"):
        (pod.root / folder).mkdir(exist_ok=True)
        command.append(f"--volume={pod.root / folder}:/{folder}")
    for path in [pod.root, *pod.root.rglob("*")]:
        os.chown(path, _USER, _USER)
    command.append(f"--volume={pod.root / 'dev' / 'termination-log'}:/dev/termination-log")
    # The tests' small data set and toy pipeline are not part of the image.
    tests = Path(__file__).parents[2]
    command.append(f"--volume={tests / 'data'}:/opt/noria/tests/data:ro")
    command.append(f"--volume={tests / 'toy'}:/opt/noria/toy:ro")
    command += [f"--env={name}={value}" for name, value in sorted(pod.environment.items())]
    try:
        with (pod.root / "log").open("wb") as log:
            return subprocess.run(
                [*command, pod.image, *pod.command], stdout=log, stderr=log, timeout=900, check=False
            ).returncode
    finally:
        # A container outlives its engine's command when that is killed (time limit, Ctrl-C).
        subprocess.run([engine, "rm", "--force", _name(pod)], capture_output=True, check=False)
