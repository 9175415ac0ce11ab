"""FFTs on device meshes beside TensorFlow without a mesh, NumPy and SciPy: time, shuffles, memory.

    python -m benchmarks.spectral_fft [--shapes 1024x1024 ...] [--repetitions N] [--only times|memory]
        [--json FILE] [--write]

Every measured configuration runs in a process of its own, all on the same two cores, in turns: TensorFlow,
NumPy, SciPy with two workers, meshes of 2, 4 and 8 logical CPU devices (in 3D also pencils on 2 x 4). The
field is complex64; what NumPy computes in double precision is what results are compared with, at random
places. Ratios are taken within a turn. Where TensorFlow sees GPUs, they are measured too. ``--write`` puts
the tables into docs/spectral-fft.md and the pictures into docs/pictures. 512x512x512, which needs 7 GB and
minutes, is measured only where ``--shapes`` names it.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import spectral_memory, spectral_report
from benchmarks.marked_text import put
from benchmarks.results import write_results
from benchmarks.spectral_contestants import CORES
from benchmarks.spectral_worker import Worker
from noria.errors import NoriaError
from noria.files import write_bytes

SHAPES = ["1024x1024", "2048x2048", "4096x4096", "8192x8192", "256x256x256"]
#: Above this many bytes a field's workers live for one turn only: TensorFlow keeps memory that it freed.
KEPT_BYTES = 2**28
#: Stages and filters are not measured above this: a filter holds the field, its spectrum and the response.
DETAILED_BYTES = 2**29
_PLACES = 2000
Spec = dict[str, Any]


def contestants(rank: int) -> dict[str, Spec]:
    """Who takes part, by name."""
    meshes = [(2,), (4,), (8,)] if rank == 2 else [(2,), (8,), (2, 4)]
    found: dict[str, Spec] = {name: {"library": name} for name in ("tensorflow", "numpy", "scipy")}
    found |= {mesh_name(shape): {"library": "mesh", "shape": shape} for shape in meshes}
    return {name: {**spec, "name": name, "rank": rank} for name, spec in found.items()}


def mesh_name(shape: Sequence[int]) -> str:
    """``mesh 2 x 4``."""
    return f"mesh {' x '.join(map(str, shape))}"


def on_gpus(rank: int, count: int) -> dict[str, Spec]:
    """Who takes part on GPUs; one GPU is also split into two devices."""
    gpu = {"kind": "GPU", "rank": rank}
    found: dict[str, Spec] = {"tensorflow": {"library": "tensorflow"}}
    found |= {mesh_name((n,)): {"library": "mesh", "shape": (n,)} for n in (1, 2, 4, 8) if n <= count}
    if count == 1:
        found["mesh 2"] = {"library": "mesh", "shape": (2,), "memory_limit_mb": 8192}
    return {name: {**spec, **gpu, "name": f"{name} on GPU"} for name, spec in found.items()}


class Ring:
    """The workers of one field, kept between turns where memory allows."""

    def __init__(self, specs: dict[str, Spec], keep: bool) -> None:
        self.names = list(specs)
        self._specs, self._kept, self._stack = specs, {}, ExitStack()
        if keep:
            self._kept = {name: self._stack.enter_context(Worker(spec)) for name, spec in specs.items()}

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def worker(self, name: str) -> Iterator[Worker]:
        """A worker for one turn."""
        if name in self._kept:
            yield self._kept[name]
            return
        with Worker(self._specs[name]) as worker:
            yield worker


@contextmanager
def field_file(shape: Sequence[int]) -> Iterator[Path]:
    """A .npy with complex64 noise, written slice by slice."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "field.npy")
        values = np.lib.format.open_memmap(path, "w+", np.complex64, tuple(shape))  # type: ignore[no-untyped-call]
        for row in values:
            row[...] = rng.standard_normal((*shape[1:], 2), dtype=np.float32).view(np.complex64)[..., 0]
        values.flush()
        del values, row
        yield path


def compare(shape: Sequence[int], path: Path, repetitions: int) -> dict[str, Any]:
    """Times and differences of all, the stages of the mesh of eight, and its filter in both orders."""
    rng = np.random.default_rng(1)
    size = math.prod(shape)
    indices = np.unique(rng.integers(size, size=_PLACES)).tolist()
    keep = size * 8 < KEPT_BYTES
    times: dict[str, list[dict[str, float]]] = {}
    profile: list[dict[str, Any]] = []
    filters: dict[str, list[dict[str, float]]] = {"natural": [], "transposed": []}
    errors: dict[str, float] = {}
    with Ring(contestants(len(shape)), keep) as ring:
        for repetition in range(repetitions):
            sampled = {}
            for name in ring.names:
                with ring.worker(name) as worker:
                    told = worker.ask(do="run", path=path, indices=[] if repetition else indices)
                times.setdefault(name, []).append({k: told[k] for k in ("seconds", "cpu_seconds")})
                if not repetition:
                    sampled[name] = np.asarray(told["real"]) + 1j * np.asarray(told["imag"])
            for name, values in sampled.items():
                difference = np.abs(values - sampled["numpy"]).max()
                errors[name] = float(difference / np.abs(sampled["numpy"]).max())
            if size * 8 > DETAILED_BYTES:
                continue
            with ring.worker(mesh_name((8,))) as worker:
                profile.append(worker.ask(do="stages", path=path))
                for order, rounds in filters.items():
                    rounds.append(worker.ask(do="filter", order=order, path=path))
    return {"shape": list(shape), "times": times, "errors": errors, "profile": profile, "filters": filters}


def compare_gpus(shape: Sequence[int], path: Path, count: int, repetitions: int) -> dict[str, Any]:
    """The same on GPUs; who fails is listed with what it said, and the others go on."""
    result: dict[str, Any] = {"shape": list(shape), "times": {}, "memory": {}, "failed": {}}
    for name, spec in on_gpus(len(shape), count).items():
        try:
            # One after the other: TensorFlow takes a GPU's whole memory.
            with Worker(spec) as worker:
                told = [worker.ask(do="run", path=path) for _ in range(repetitions)]
                if name == mesh_name((min(count, 8),)):
                    result["profile"] = [worker.ask(do="stages", path=path) for _ in range(repetitions)]
        except NoriaError as error:
            result["failed"][name] = str(error).splitlines()[-1]
            continue
        result["times"][name] = [{k: one[k] for k in ("seconds", "cpu_seconds")} for one in told]
        result["memory"][name] = told[0]["gpu_peak_bytes"]
    return result


def measure(shapes: Sequence[Sequence[int]], repetitions: int, only: str | None = None) -> dict[str, Any]:
    """Times, memory, or both; fields for which the machine has too little memory are named and left out."""
    with Worker({"library": "none"}) as worker:
        machine = worker.ask(do="gpus")
    result: dict[str, Any] = {"machine": machine | spectral_report.versions(CORES), "fields": [], "gpu": []}
    result |= {"left_out": [], "memory": []}
    for shape in shapes if only != "memory" else ():
        size = math.prod(shape) * 8
        if spectral_memory.available_bytes() < 6 * size + 2**31:
            result["left_out"].append(list(shape))
            continue
        # A field that takes seconds needs fewer turns to be told from noise; the largest, whose workers
        # start anew for each turn, has one.
        rounds = min(repetitions, max(1, 3 * 2**27 // size))
        with field_file(shape) as path:
            result["fields"].append(compare(shape, path, rounds))
            if machine["gpus"]:
                result["gpu"].append(compare_gpus(shape, path, len(machine["gpus"]), rounds))
        print(spectral_report.times_table(result["fields"][-1:]), flush=True)
    for rank in sorted({len(shape) for shape in shapes}) if only != "times" else ():
        # Ratios to the field are the same for larger ones.
        fitting = [s for s in shapes if len(s) == rank and math.prod(s) * 8 < KEPT_BYTES]
        if fitting:
            shape = max(fitting, key=math.prod)
            with field_file(shape) as path:
                result["memory"].append(spectral_memory.measure(shape, path, contestants(rank)))
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="fields, as 4096x4096 or 256x256x256")
    parser.add_argument("--repetitions", type=int, default=5, help="turns that count, fewer for large fields")
    parser.add_argument("--write", action="store_true", help="write docs/spectral-fft.md and its pictures")
    parser.add_argument("--only", choices=("times", "memory"), help="measure, and write, only this")
    arguments = parser.parse_args()
    # Workers inherit it.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    shapes = [tuple(map(int, shape.split("x"))) for shape in arguments.shapes]
    result = measure(shapes, arguments.repetitions, arguments.only)
    for name, table in spectral_report.tables(result).items():
        print(f"\n{name}\n\n{table}", flush=True)
        if arguments.write:
            put(spectral_report.PAGE, name, table)
    if arguments.write:
        for name, content in spectral_report.pictures(result).items():
            write_bytes(spectral_report.PICTURES / name, content)
    if arguments.json:
        write_results(arguments.json, result, round(result["machine"]["load"], 1))


if __name__ == "__main__":
    main()
