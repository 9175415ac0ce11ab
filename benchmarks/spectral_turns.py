"""One turn of a contestant of benchmarks.spectral_fft, in the process that measures it."""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.spectral_contestants import Library, Mesh
from noria.errors import NoriaError

#: A turn repeats what is measured until this many seconds have passed, and counts the median.
TURN_SECONDS = 0.3


def memory(key: str) -> int:
    """Bytes of this process: VmRSS is what it holds, VmHWM the most since ``reset_peak``."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(f"{key}:")) * 1024


def reset_peak() -> None:
    """VmHWM counts from now."""
    Path("/proc/self/clear_refs").write_text("5")


def trim() -> None:
    """Gives freed memory back to the system, which the next measurement could otherwise use unseen."""
    ctypes.CDLL(None).malloc_trim(0)


def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
    """The result of one call, and its wall and CPU seconds."""
    begun, spent = time.perf_counter(), time.process_time()
    result = run()
    return result, time.perf_counter() - begun, time.process_time() - spent


def repeat(run: Callable[[], Any]) -> tuple[float, float]:
    """Medians of wall and CPU seconds of a call, made as often as a turn is long."""
    times: list[tuple[float, float]] = []
    while not times or sum(wall for wall, _ in times) < TURN_SECONDS:
        times.append(timed(run)[1:])
    wall, cpu = zip(*times, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def peak_turn(who: Any, path: Path) -> tuple[Any, dict[str, Any]]:
    """Reads the field and transforms it once: the spectrum, and what it took.

    Peak bytes count from before the field was read to the end of the transform: input, result and what is
    needed between them, but not what reading maps.
    """
    trim()
    before = memory("VmRSS")
    who.load(path)
    reset_peak()
    result, wall, cpu = timed(who.transform)
    peak = memory("VmHWM") - before
    return result, {
        "peak_bytes": peak,
        "device_bytes": who.device_bytes(),
        "seconds": wall,
        "cpu_seconds": cpu,
    }


def run_turn(who: Any, path: Path, indices: list[int], on_gpus: bool = False) -> dict[str, Any]:
    """Transforms a field once for its memory and values at ``indices``, then for time."""
    result, told = peak_turn(who, path)
    if on_gpus:
        import tensorflow as tf

        # Since the process's start, so the first field's alone.
        peaks = [tf.config.experimental.get_memory_info(device)["peak"] for device in gpu_devices()]
        told["gpu_peak_bytes"] = max(peaks)
    if indices:
        values = who.sample(result, np.asarray(indices, np.int64))
        told |= {"real": values.real.tolist(), "imag": values.imag.tolist()}
    del result
    # NumPy and SciPy are not faster the second time.
    if not (isinstance(who, Library) and told["seconds"] > TURN_SECONDS):
        told["seconds"], told["cpu_seconds"] = repeat(who.transform)
    who.drop()
    trim()
    return told


def gpu_devices() -> list[str]:
    """The logical GPUs of this process; starts TensorFlow."""
    import tensorflow as tf

    return [f"GPU:{index}" for index in range(len(tf.config.list_logical_devices("GPU")))]


def stages_turn(who: Mesh, path: Path) -> dict[str, Any]:
    """Seconds of each stage of the transform, and of the transform in one piece."""
    who.load(path)
    rounds: list[list[float]] = []
    begun = time.perf_counter()
    # The first round is not counted.
    while len(rounds) < 2 or time.perf_counter() - begun < TURN_SECONDS:
        times = []
        for _, run in who.stages():
            start = time.perf_counter()
            result = run()
            times.append(time.perf_counter() - start)
        rounds.append(times)
    whole, seconds, _ = timed(who.transform)
    difference = max(
        float(np.abs(a - b).max())
        for (_, a), (_, b) in zip(result.local_shards(), whole.local_shards(), strict=True)
    )
    if difference:
        raise NoriaError(f"the stages' result differs from the transform's by up to {difference}")
    del result, whole
    if seconds < TURN_SECONDS:
        seconds, _ = repeat(who.transform)
    medians = np.median(rounds[1:], axis=0).tolist()
    names = [name for name, _ in who.stages()]
    who.drop()
    trim()
    return {"stages": list(zip(names, medians, strict=True)), "seconds": seconds}


def filter_turn(who: Mesh, path: Path, order: str) -> dict[str, Any]:
    """Seconds of a filter's round trip in an order."""
    who.load(path)
    run, shuffles = who.round_trip(order)
    _, seconds, cpu = timed(run)
    if seconds < TURN_SECONDS:
        # The stages before it have loaded all that a long run needs.
        seconds, cpu = repeat(run)
    del run
    who.drop()
    trim()
    return {"seconds": seconds, "cpu_seconds": cpu, "shuffles": shuffles}
