"""Transforms a .npy field with several processes of one device each (DTensor multi-client, over gRPC).

``python -m components.mesh_fft.workers SOURCE DESTINATION --kind fft2d --processes 4``: each process reads
and writes its own part, and none holds the whole field. The processes may have a limit of memory each.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from components.mesh_fft.schedule import KINDS
from noria.errors import ConfigError, DataError, NoriaError
from noria.files import replacing

_WARM_UP = 16
#: Bytes. The C library gives freed blocks of this size back to the system at once; by itself it learns to
#: keep ever larger ones, and a worker's peak would be a quarter higher.
_RETURNED_AT_ONCE = 2**20


def transform_file(
    source: Path,
    destination: Path,
    kind: str,
    *,
    processes: int,
    length: int | None = None,
    limit_mb: int | None = None,
) -> None:
    """Transforms ``source`` into ``destination`` with worker processes on this machine.

    Args:
        source: A .npy file with a real or complex field of two axes or more.
        destination: The .npy file that is written; the old one stays where anything fails.
        kind: The transform.
        processes: The number of workers, each one device of the mesh.
        length: Of irfft*: the size of the result's last axis.
        limit_mb: What each worker may allocate, in MB, beyond what TensorFlow takes before it sees the field.

    Raises:
        ConfigError: An unknown kind or no process.
        DataError: The source is missing, truncated or no .npy file.
        NoriaError: A worker failed; the message holds the end of what it wrote.
    """
    if kind not in KINDS or processes < 1:
        raise ConfigError(
            f"{kind!r} with {processes} processes: expected one of {', '.join(KINDS)}, and 1 or more"
        )
    try:
        np.load(source, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise DataError(f"{source} is not a whole array in .npy form: {error}") from None
    jobs = ",".join(f"127.0.0.1:{port}" for port in _free_ports(processes))
    with replacing(destination) as temporary, tempfile.TemporaryDirectory() as logs:
        command = [sys.executable, "-m", __spec__.name, str(source), str(temporary), "--kind", kind]
        command += [] if length is None else ["--length", str(length)]
        command += [] if limit_mb is None else ["--limit-mb", str(limit_mb)]
        workers = []
        try:
            for client in range(processes):
                environment = os.environ | {
                    "DTENSOR_CLIENT_ID": str(client),
                    "DTENSOR_NUM_CLIENTS": str(processes),
                    "DTENSOR_JOBS": jobs,
                    "MALLOC_MMAP_THRESHOLD_": str(_RETURNED_AT_ONCE),
                }
                with Path(logs, str(client)).open("wb") as log:
                    workers.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            _wait(workers, Path(logs))
        finally:
            for worker in workers:
                if worker.poll() is None:
                    worker.kill()
                worker.wait()


def _wait(workers: Sequence[subprocess.Popen[bytes]], logs: Path) -> None:
    """Until all have ended well; the first that fails ends the rest, which would wait for it for ever."""
    left = dict(enumerate(workers))
    while left:
        for client, worker in list(left.items()):
            try:
                status = worker.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            if status:
                tail = Path(logs, str(client)).read_text(errors="replace").strip()[-1500:]
                raise NoriaError(f"worker {client} of {len(workers)} ended with status {status}:\n{tail}")
            del left[client]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _work(source: Path, destination: Path, kind: str, length: int | None, limit_mb: int | None) -> None:
    from tensorflow.experimental import dtensor

    from components.mesh_fft.device_mesh import make_mesh
    from components.mesh_fft.mesh_config import MeshConfig
    from components.mesh_fft.sharded_field import read_field
    from components.mesh_fft.transforms import transform

    if dtensor.num_clients() > 1:
        dtensor.initialize_accelerator_system("CPU")
    mesh = make_mesh(MeshConfig(devices=dtensor.num_clients()))
    values = np.load(source, mmap_mode="r")
    # The first run loads what TensorFlow loads late, so that the limit counts the field's memory alone.
    small = np.ones((_WARM_UP,) * values.ndim, values.dtype)
    transform(read_field(small, mesh), kind, length=None if length is None else 2 * _WARM_UP - 2).wait()
    if limit_mb is not None:
        _limit(limit_mb)
    field = transform(read_field(values, mesh, name=str(source)), kind, length=length).wait()
    if dtensor.client_id() == 0:
        np.lib.format.open_memmap(destination, "w+", field.dtype, field.shape).flush()  # type: ignore[no-untyped-call]
    if dtensor.num_clients() > 1:
        dtensor.barrier(mesh)
    target = np.lib.format.open_memmap(destination, "r+")  # type: ignore[no-untyped-call]
    field.write_into(target)
    target.flush()
    if dtensor.num_clients() > 1:
        dtensor.barrier(mesh)


def _limit(megabytes: int) -> None:
    """Caps private memory (RLIMIT_DATA: not libraries, nor the mapped source) above what is held now."""
    status = Path("/proc/self/status").read_text()
    held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:"))
    limit = held * 1024 + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def main() -> None:
    """The command line; without DTENSOR_JOBS it starts the workers, with it it is one of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path)
    parser.add_argument("destination", type=Path)
    parser.add_argument("--kind", choices=tuple(KINDS), default="fft2d")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--length", type=int, help="of irfft*: the size of the result's last axis")
    parser.add_argument("--limit-mb", type=int, help="what each worker may allocate for the field")
    asked = parser.parse_args()
    try:
        if "DTENSOR_JOBS" in os.environ:
            _work(asked.source, asked.destination, asked.kind, asked.length, asked.limit_mb)
        else:
            transform_file(
                asked.source,
                asked.destination,
                asked.kind,
                processes=asked.processes,
                length=asked.length,
                limit_mb=asked.limit_mb,
            )
    except NoriaError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
