"""Large arrays whose memory is used again, batch after batch.

Fresh memory of a large array comes from the kernel page by page, which costs about as much as filling it.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

# TensorFlow takes an array over without copying where it begins at a multiple of this many bytes.
ALIGNMENT = 64


class ArrayPool:
    """Takes an array's memory back when nothing refers to the array any more, TensorFlow included.

    It keeps, per size in bytes, as many blocks as were in use at once: give it arrays of few sizes.
    """

    def __init__(self) -> None:
        self._idle: dict[int, list[npt.NDArray[np.uint8]]] = defaultdict(list)

    def empty(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An uninitialised array, aligned for TensorFlow."""
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        if not size:
            return np.empty(shape, dtype)
        idle = self._idle[size]
        block = idle.pop() if idle else np.empty(size + ALIGNMENT, np.uint8)
        start = -block.ctypes.data % ALIGNMENT
        # Views of an array made from a buffer refer to that array, not past it to `block`,
        # so it dies only after the last of them.
        array = np.frombuffer(block[start : start + size].data, dtype)
        weakref.finalize(array, idle.append, block).atexit = False
        return array.reshape(shape)
