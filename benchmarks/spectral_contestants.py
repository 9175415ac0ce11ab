"""What transforms a field in benchmarks.spectral_fft: NumPy, SciPy, TensorFlow, and a device mesh.

Imports TensorFlow only where it is asked for: NumPy's and SciPy's memory is measured without it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: SciPy's threads, and the cores that everything shares.
CORES = 2
Stage = tuple[str, Callable[[], Any]]


class Library:
    """NumPy or SciPy."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: Any = None

    def load(self, path: Path) -> None:
        """Reads the field, [N, N] or [N, N, N] complex64."""
        self._values = np.load(path)

    def transform(self) -> Any:
        """The spectrum over all axes."""
        if self._name == "numpy":
            return np.fft.fftn(self._values)
        import scipy.fft

        return scipy.fft.fftn(self._values, workers=CORES)

    def sample(self, spectrum: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
        """The spectrum's values at flat ``indices``."""
        return np.asarray(spectrum.reshape(-1)[indices])

    def drop(self) -> None:
        """Forgets the field."""
        self._values = None

    def device_bytes(self) -> list[int]:
        """Bytes of the field on each device."""
        return [self._values.nbytes]


class TensorFlow:
    """Undistributed: tf.signal.fft2d or fft3d on one device."""

    def __init__(self, kind: str) -> None:
        import tensorflow as tf

        self._tf, self._device = tf, f"{kind}:0"
        self._field: Any = None

    def load(self, path: Path) -> None:
        """See Library."""
        with self._tf.device(self._device):
            # A constant keeps the copy that it was made from; what identity gives is one copy.
            self._field = self._tf.identity(self._tf.constant(np.load(path, mmap_mode="r")))

    def transform(self) -> Any:
        """See Library."""
        signal = self._tf.signal
        with self._tf.device(self._device):
            spectrum = (signal.fft2d if self._field.shape.rank == 2 else signal.fft3d)(self._field)
            self._tf.reshape(spectrum, [-1])[:1].numpy()
        return spectrum

    def sample(self, spectrum: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
        """See Library."""
        return np.asarray(spectrum.numpy().reshape(-1)[indices])

    def drop(self) -> None:
        """See Library."""
        self._field = None

    def device_bytes(self) -> list[int]:
        """See Library."""
        return [self._field.shape.num_elements() * self._field.dtype.size]


class Mesh:
    """components.mesh_fft on logical devices, or on one device of each process (DTENSOR_JOBS)."""

    def __init__(self, kind: str, shape: tuple[int, ...], memory_limit_mb: int | None = None) -> None:
        from tensorflow.experimental import dtensor

        from components.mesh_fft.device_mesh import make_mesh
        from components.mesh_fft.mesh_config import MeshConfig

        if "DTENSOR_JOBS" in os.environ:
            dtensor.initialize_accelerator_system(kind)
        config: dict[str, Any] = {"kind": kind, "devices": int(np.prod(shape)), "shape": shape}
        self._mesh = make_mesh(MeshConfig(**config, memory_limit_mb=memory_limit_mb))
        self._field: Any = None

    def load(self, path: Path) -> None:
        """See Library; shard by shard."""
        from components.mesh_fft.sharded_field import read_field

        self._field = read_field(np.load(path, mmap_mode="r"), self._mesh).wait()

    def transform(self) -> Any:
        """See Library; sharded as the field is."""
        from components.mesh_fft.transforms import transform

        return transform(self._field, self._kind).wait()

    def sample(self, spectrum: Any, indices: NDArray[np.int64]) -> NDArray[Any]:
        """See Library."""
        return np.asarray(spectrum.gather().reshape(-1)[indices])

    def drop(self) -> None:
        """See Library."""
        self._field = None

    def device_bytes(self) -> list[int]:
        """See Library."""
        return list(self._field.local_bytes().values())

    def round_trip(self, order: str) -> tuple[Callable[[], Any], int]:
        """A filter in ``order`` (transform, multiply, transform back), and its number of shuffles."""
        from components.mesh_fft.transforms import spread_response, transform

        back = f"i{self._kind}"
        spectrum = transform(self._field, self._kind, order=order)  # type: ignore[arg-type]
        axes = len(self._field.shape)
        low_pass = spread_response(spectrum, lambda *at: sum(f * f for f in at) < 0.0625, axes=axes)
        moves = self._moves(self._field, self._kind, order) + self._moves(spectrum, back, "natural")

        def run() -> Any:
            seen = transform(self._field, self._kind, order=order)  # type: ignore[arg-type]
            seen = seen.with_tensor(seen.tensor * low_pass)
            return transform(seen, back).wait()

        return run, moves

    def stages(self) -> list[Stage]:
        """The parts of ``transform``, in order, each from the result of the one before; the last returns it.

        Every part waits until its values are there, so that their times add up.
        """
        import tensorflow as tf

        from components.mesh_fft.schedule import Move
        from components.mesh_fft.transforms import move

        state = {"field": self._field}

        def stage(name: str, change: Callable[[Any], Any]) -> Stage:
            def run() -> Any:
                state["field"] = change(state["field"]).wait()
                return state["field"]

            return name, run

        def on_tensor(name: str, operation: Callable[[Any], Any]) -> Stage:
            return stage(name, lambda field: field.with_tensor(operation(field.tensor)))

        rank, stages, shuffles = len(self._field.shape), [], 0
        for step in self._steps(self._field, self._kind, "natural"):
            if isinstance(step, Move):
                shuffles += 1
                shuffle = partial(move, dimension=step.dimension, axis=step.axis)
                stages.append(stage(f"shuffle {shuffles}", shuffle))
                continue
            name, last = f"FFT along axis {step.axis}", rank - 1
            if step.axis == last:
                stages.append(on_tensor(name, tf.signal.fft))
                continue
            swap = [*range(rank)]
            swap[step.axis], swap[last] = last, step.axis
            turn = on_tensor("local transposes", partial(tf.transpose, perm=swap))
            stages += [turn, on_tensor(name, tf.signal.fft), turn]
        return stages

    @property
    def _kind(self) -> str:
        return f"fft{len(self._field.shape)}d"

    @staticmethod
    def _steps(field: Any, kind: str, order: str) -> list[Any]:
        from components.mesh_fft.schedule import KINDS, schedule
        from components.mesh_fft.shards import mesh_shape

        axes, shape = {"home_axes": field.home_axes, "order": order}, mesh_shape(field.mesh)
        return schedule(KINDS[kind], field.shape, field.sharded_axes, shape, **axes)

    def _moves(self, field: Any, kind: str, order: str) -> int:
        from components.mesh_fft.schedule import Move

        return sum(isinstance(step, Move) for step in self._steps(field, kind, order))


def contestant(spec: dict[str, Any]) -> Library | TensorFlow | Mesh:
    """From ``{"library": "numpy" | "scipy" | "tensorflow" | "mesh", "kind": ..., "shape": ...}``."""
    if spec["library"] == "mesh":
        return Mesh(spec.get("kind", "CPU"), tuple(spec["shape"]), spec.get("memory_limit_mb"))
    if spec["library"] == "tensorflow":
        return TensorFlow(spec.get("kind", "CPU"))
    return Library(spec["library"])
