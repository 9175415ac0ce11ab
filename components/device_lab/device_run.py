"""What is asked of a device, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.model_samples import Arrays
from noria.errors import NoriaError


class DeviceUnavailableError(NoriaError):
    """The device cannot be had here (no package manager, no browser, ...); the file was not run.

    The message says what is missing, the hint how to get it.
    """


@dataclass(frozen=True)
class DeviceRequest:
    """A file and what it is to be run on.

    Attributes:
        model: The TFLite file's bytes.
        examples: Input name to [examples, *input shape]. Names are those of the signature
            ``serving_default``, or of the tensors where the file has no signature.
        count: Count instructions where the device can.
    """

    model: bytes
    examples: Arrays
    count: bool = True


@dataclass(frozen=True)
class Instructions:
    """Instructions executed in one inference.

    Attributes:
        all: Of any kind.
        half: Vector arithmetic on half-precision numbers.
        single: Vector arithmetic on single-precision numbers.
        integer: Vector integer dot products and multiply-accumulates (quantized files).
    """

    all: int
    half: int
    single: int
    integer: int


@dataclass(frozen=True)
class DeviceRun:
    """What came of it.

    Attributes:
        outputs: Output name to [examples, *output shape].
        half_precision: Whether the processor says that it has half-precision arithmetic.
        instructions: Of one inference; None where the device cannot count.
        memory_bytes: The largest resident set of the process minus that before the file was opened; None
            where unknown.
        processor: What ran it, e.g. ``neoverse-n1 (qemu 7.2.22)``.
    """

    outputs: dict[str, npt.NDArray[Any]]
    half_precision: bool
    instructions: Instructions | None
    memory_bytes: int | None
    processor: str


def example_count(examples: Arrays) -> int:
    """How many examples there are."""
    return len(next(iter(examples.values())))


def random_examples(
    inputs: dict[str, tuple[tuple[int, ...], str]], count: int, seed: int = 0
) -> dict[str, npt.NDArray[Any]]:
    """Seeded inputs for a file that nobody has samples of.

    Args:
        inputs: Input name to shape and dtype.
        count: How many examples.
        seed: Of the generator.

    Returns:
        Input name to [count, *shape]: floats uniform in [0, 1), integers 0 or 1 (rows of any table).
    """
    random = np.random.default_rng(seed)
    return {
        name: random.random((count, *shape)).astype(dtype)
        if np.issubdtype(np.dtype(dtype), np.floating)
        else random.integers(0, 2, (count, *shape)).astype(dtype)
        for name, (shape, dtype) in inputs.items()
    }
