"""Adds white noise to a field on disk, so that neither field nor noise is held whole."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from noria.files import replacing

# Values held at once; changes no value, because the generator draws in order.
_CHUNK = 2**22


def write_noisy(source: Any, path: Path, deviation: float, seed: int) -> None:
    """Writes ``source`` (float32, sliceable) plus Gaussian noise of ``deviation`` as a .npy file."""
    random = np.random.default_rng(seed)
    step = max(1, _CHUNK // math.prod(source.shape[1:]))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        target = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
            temporary, "w+", np.float32, source.shape
        )
        for start in range(0, source.shape[0], step):
            part = np.asarray(source[start : start + step])
            noise = random.standard_normal(part.shape, np.float32)
            target[start : start + step] = part + np.float32(deviation) * noise
        target.flush()
        del target
