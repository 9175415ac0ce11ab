"""Gaussian fields with a power-law spectrum, of any size, in memory of a fixed size.

White noise, filtered in the spectrum: the spectrum lies in a file, and each axis is transformed in a pass of
its own over blocks that hold that axis whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from components.field_ingest.config import GenerateConfig
from components.field_ingest.field_file import FieldFile, rows_per_block
from components.field_ingest.field_set import FieldFacts, field_path
from noria.files import replacing

Spectrum = npt.NDArray[np.complex64]


def generate_field(config: GenerateConfig, folder: Path, chunk_mb: int) -> FieldFacts:
    """Writes a field of mean 0 and deviation 1 whose power falls as |frequency| ** -spectrum.

    Frequencies are cycles per sample, whatever the lengths of the axes; ``chunk_mb`` changes no more than
    rounding does.
    """
    shape = config.shape
    half = (*shape[:-1], shape[-1] // 2 + 1)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        spectrum = np.memmap(Path(scratch) / "spectrum", np.complex64, "w+", shape=half)
        _fill_with_noise(spectrum, config, chunk_mb)
        # The first axis is last, so that its pass can filter and go back at once.
        for axis in range(len(shape) - 2, 0, -1):
            for part in _blocks(half, 0, chunk_mb):
                spectrum[part] = fft.fft(spectrum[part], axis=axis)
        power = 0.0
        for part in _blocks(half, 1, chunk_mb):
            block = fft.fft(spectrum[part], axis=0) * _response(config, part)
            power += _power(block, part, shape[-1])
            spectrum[part] = fft.ifft(block, axis=0)
        scale = np.float32(1 / np.sqrt(power / prod(shape) ** 2))
        with replacing(field_path(folder, config.name)) as temporary, temporary.open("wb") as file:
            result = FieldFile(file, shape)
            for part in _blocks(half, 0, chunk_mb):
                block = spectrum[part]
                for axis in range(1, len(shape) - 1):
                    block = fft.ifft(block, axis=axis)
                result.append(fft.irfft(block, n=shape[-1], axis=-1) * scale)
        del spectrum
    return result.facts(
        config.name, f"generated: seed {config.seed}, power ~ frequency ** -{config.spectrum:g}"
    )


def _fill_with_noise(spectrum: Spectrum, config: GenerateConfig, chunk_mb: int) -> None:
    """The real FFT, along the last axis, of white noise; the noise does not depend on the blocks."""
    generator = np.random.default_rng(config.seed)
    for part in _blocks(spectrum.shape, 0, chunk_mb):
        rows = part[0].stop - part[0].start
        noise = generator.standard_normal((rows, *config.shape[1:]), np.float32)
        spectrum[part] = fft.rfft(noise, axis=-1)


def _blocks(shape: tuple[int, ...], axis: int, chunk_mb: int) -> Iterator[tuple[slice, ...]]:
    """Blocks along an axis, which hold the others whole; a temporary or two stands beside each."""
    step = rows_per_block(8 * 3 * prod(shape) // shape[axis], chunk_mb)
    for start in range(0, shape[axis], step):
        yield (*(slice(None),) * axis, slice(start, min(start + step, shape[axis])))


def _response(config: GenerateConfig, part: tuple[slice, ...]) -> npt.NDArray[np.float32]:
    """Amplitude of the frequencies in a block; 0 at frequency 0, so that the mean is 0."""
    last = len(config.shape) - 1
    squares: npt.NDArray[Any] = np.zeros(1)
    for axis, size in enumerate(config.shape):
        frequency = np.fft.rfftfreq(size) if axis == last else np.fft.fftfreq(size)
        inside = part[axis] if axis < len(part) else slice(None)
        squares = squares + np.square(frequency[inside]).reshape(-1, *(1,) * (last - axis))
    amplitude = np.zeros(squares.shape, np.float32)
    np.power(squares, -config.spectrum / 4, out=amplitude, where=squares > 0, casting="same_kind")
    return amplitude


def _power(block: Spectrum, part: tuple[slice, ...], width: int) -> float:
    """Sum of squares over the whole spectrum that a block of the half one stands for."""
    twice = np.full(width // 2 + 1, 2.0)
    # Frequency 0, and the highest of an even width, are their own mirror.
    twice[0] = 1.0
    if width % 2 == 0:
        twice[-1] = 1.0
    last = block.ndim - 1
    squares = np.square(np.abs(block)).astype(np.float64)
    return float((squares * twice[part[last] if last < len(part) else slice(None)]).sum())
