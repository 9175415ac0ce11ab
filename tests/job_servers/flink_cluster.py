"""A Flink session cluster as on Kubernetes, in processes of this machine.

Job manager, one task manager with two slots, Beam's job server, and the worker pool that on Kubernetes is a
container beside the task manager (infra/kustomize/components/flink).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from noria.processes import die_with_parent
from tests.job_servers.build import jars, job_server
from tests.servers.processes import free_ports

_ADD = "--add-opens=java.base/{}=ALL-UNNAMED"
_OPENED = (
    "java.lang",
    "java.net",
    "java.io",
    "java.nio",
    "sun.nio.ch",
    "java.text",
    "java.time",
    "java.util",
)
_OPENED += ("java.lang.reflect", "java.util.concurrent", "java.util.concurrent.atomic")
# Flink's own start scripts work these out; the jars alone want to be told.
_MEMORY = {
    "task.heap.size": "512m",
    "task.off-heap.size": "0m",
    "managed.size": "256m",
    "framework.heap.size": "128m",
    "framework.off-heap.size": "128m",
    "jvm-metaspace.size": "256m",
    "jvm-overhead.min": "192m",
    "jvm-overhead.max": "192m",
    "network.min": "256m",
    "network.max": "256m",
}
_PATIENCE = 180.0


@contextlib.contextmanager
def flink_cluster(folder: Path) -> Iterator[list[str]]:
    """Starts everything; gives the Beam options with which a step uses it, ends everything.

    Args:
        folder: For configuration and logs.
    """
    rpc, blob, rest, job, artifact, expansion, pool = free_ports(7)
    (folder / "config.yaml").write_text(
        f"jobmanager.rpc.address: localhost\njobmanager.rpc.port: {rpc}\nblob.server.port: {blob}\n"
        f"rest.address: localhost\nrest.port: {rest}\njobmanager.memory.process.size: 1600m\n"
        "taskmanager.numberOfTaskSlots: 2\n"
        # As on Kubernetes: with Flink's own 512, the sampler's stages want more than there is.
        "taskmanager.network.sort-shuffle.min-buffers: 16\n"
    )
    java = ["java", "-Xmx1g", *(_ADD.format(name) for name in _OPENED), "-cp", f"{jars('flink-cluster')}/*"]
    runtime = "org.apache.flink.runtime"
    memory = [f"-Dtaskmanager.memory.{name}={size}" for name, size in _MEMORY.items()]
    servers = {
        "job-manager": [*java, f"{runtime}.entrypoint.StandaloneSessionClusterEntrypoint"],
        "task-manager": [*java, f"{runtime}.taskexecutor.TaskManagerRunner"],
        "job-server": ["java", "-jar", str(job_server("flink")), f"--flink-master=localhost:{rest}"],
        "worker-pool": [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"],
    }
    servers["job-manager"] += ["--configDir", str(folder)]
    servers["task-manager"] += ["--configDir", str(folder), "-Dtaskmanager.cpu.cores=2", *memory]
    servers["job-server"] += [f"--job-port={job}", f"--artifact-port={artifact}"]
    servers["job-server"] += [f"--expansion-port={expansion}", f"--artifacts-dir={folder / 'artifacts'}"]
    servers["worker-pool"] += [f"--service_port={pool}"]
    with contextlib.ExitStack() as running:
        for name, command in servers.items():
            running.enter_context(_server(folder / f"{name}.log", command))
        for port in (rest, job, pool):
            _await(lambda port=port: _listens(port), f"nobody listens at port {port}; see {folder}")
        _await(lambda: _has_slots(rest), f"no task manager came; see {folder}")
        yield [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{job}",
            f"--artifact_endpoint=localhost:{artifact}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{pool}",
            "--parallelism=2",
            f"--temp_location={folder}",
        ]


@contextlib.contextmanager
def _server(log: Path, command: Sequence[str]) -> Iterator[None]:
    # The pool starts its workers as "python".
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TF_USE_LEGACY_KERAS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
    try:
        yield
    finally:
        # With its children: the pool leaves its workers behind.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1.0):
        return True
    return False


def _has_slots(rest: int) -> bool:
    # The address answers 503 until the job manager has found itself.
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://localhost:{rest}/overview", timeout=5.0) as answer,
    ):
        return bool(json.load(answer)["slots-available"] == 2)
    return False


def _await(condition: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(otherwise)
        time.sleep(0.3)
