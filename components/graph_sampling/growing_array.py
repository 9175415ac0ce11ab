"""A one-dimensional .npy file that grows while it is written."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy


class GrowingArray:
    """Appends to ``path``; the header, which NumPy pads for growth, gets the final length at the end."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self._path = path
        self._dtype = dtype
        self._length = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("wb+")
        self._write_header()
        return self

    def append(self, values: npt.NDArray[Any]) -> None:
        """Adds ``values`` [n] at the end."""
        np.ascontiguousarray(values, self._dtype).tofile(self._file)
        self._length += len(values)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.flush()
        self._file.seek(0)
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": (self._length,)}
        npy.write_array_header_1_0(self._file, header)  # type: ignore[no-untyped-call]
