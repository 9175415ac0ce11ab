"""Memory of a transform per device and per process, for benchmarks.spectral_fft.

TensorFlow's pool and glibc's arenas take more than they are asked for and keep what is freed. Here both are
off: what a process holds at its peak is what its tensors need.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.spectral_worker import Worker

EXACT = {"TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1", "MALLOC_MMAP_THRESHOLD_": str(2**16)}
PROCESSES = (2, 4, 8)


def measure(shape: Sequence[int], path: Path, specs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Peaks as parts of the field: of each contestant's process, and of meshes of one process per device."""
    whole = math.prod(shape) * 8
    rows = []
    for name, spec in specs.items():
        with Worker(spec, EXACT) as worker:
            told = worker.ask(do="peak", path=path)
        rows.append(_row(name, len(told["device_bytes"]), 1, [told], whole))
    # One rank shows it, and each process takes seconds to start.
    for count in PROCESSES if len(shape) == 2 else ():
        told_by_all = in_processes(path, count, len(shape))
        rows.append(_row(f"mesh {count}, a process each", count, count, told_by_all, whole))
    return {"shape": list(shape), "rows": rows}


def in_processes(path: Path, count: int, rank: int) -> list[dict[str, Any]]:
    """What each of ``count`` processes, with one device of the mesh each, tells of one transform."""
    spec = {"library": "mesh", "shape": (count,), "name": f"one of {count} processes", "rank": rank}
    jobs = ",".join(f"127.0.0.1:{port}" for port in _free_ports(count))
    with ExitStack() as stack:
        workers = []
        for client in range(count):
            told = {"DTENSOR_CLIENT_ID": str(client), "DTENSOR_NUM_CLIENTS": str(count), "DTENSOR_JOBS": jobs}
            workers.append(stack.enter_context(Worker(spec, EXACT | told)))
        for worker in workers:
            worker.tell(do="peak", path=path)
        # Each waits for the others within its transform: one that has ended is looked for.
        waiting = workers
        while waiting:
            waiting = [worker for worker in waiting if not worker.ready(0.1)]
        return [worker.answer() for worker in workers]


def available_bytes() -> int:
    """What the system could still give to new processes."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024


def _row(name: str, devices: int, processes: int, told: list[dict[str, Any]], whole: int) -> dict[str, Any]:
    return {
        "name": name,
        "devices": devices,
        "processes": processes,
        "device_ratio": max(size for one in told for size in one["device_bytes"]) / whole,
        "peak_ratio": max(one["peak_bytes"] for one in told) / whole,
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
