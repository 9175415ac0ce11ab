"""Writes a field's .npy block by block, and adds up its statistics on the way."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from components.field_ingest.field_set import FieldFacts, Floats


class FieldFile:
    """A .npy of a known shape that is written from its first row to its last.

    It is written to an open file, not mapped, so that memory stays flat whatever the system keeps of a map.
    """

    def __init__(self, file: BinaryIO, shape: tuple[int, ...]) -> None:
        self._file = file
        self._shape = shape
        self._rows = 0
        self._count, self._mean, self._squares = 0, 0.0, 0.0
        self._low, self._high = np.inf, -np.inf
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]

    def append(self, block: Floats) -> None:
        """Writes the next rows: float32 [n, ...]."""
        self._file.write(np.ascontiguousarray(block, "<f4").data)
        self._rows += len(block)
        mean = float(block.mean(dtype=np.float64))
        centred = np.subtract(block, mean, dtype=np.float64).ravel()
        squares = float(centred @ centred)
        # Chan, Golub, LeVeque (1979): moments of two parts give those of both.
        count = self._count + block.size
        shift = mean - self._mean
        self._squares += squares + shift * shift * self._count * block.size / count
        self._mean += shift * block.size / count
        self._count = count
        self._low, self._high = min(self._low, float(block.min())), max(self._high, float(block.max()))

    def facts(self, name: str, origin: str) -> FieldFacts:
        """What was written, all of it."""
        if self._rows != self._shape[0]:
            raise ValueError(f"field {name}: {self._rows} rows were written, its shape is {self._shape}")
        return FieldFacts(
            name=name,
            shape=self._shape,
            origin=origin,
            minimum=self._low,
            maximum=self._high,
            mean=self._mean,
            deviation=float(np.sqrt(self._squares / self._count)),
        )


def rows_per_block(row_bytes: int, chunk_mb: int) -> int:
    """How many rows of so many bytes are held at once; at least one."""
    return max(1, (chunk_mb << 20) // max(1, row_bytes))


def part_of(path: Path) -> str:
    """How a report names a file: without the folders that differ between machines."""
    return "/".join(path.parts[-2:])
