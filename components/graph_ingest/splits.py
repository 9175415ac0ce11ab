"""Divides nodes into train, valid and test by group."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from components.graph_ingest.config import SplitConfig
from components.graph_ingest.csr import IntArray


def split_by_group(group: IntArray, settings: SplitConfig) -> npt.NDArray[np.int8]:
    """int8 [nodes]: an index into SPLITS for every node; nodes of one group share it.

    Every group number is hashed by itself, so a group keeps its split when others come or go.

    Args:
        group: [nodes] group numbers.
        settings: Shares and seed.
    """
    bounds = np.cumsum([settings.train, settings.valid])
    return np.searchsorted(bounds, _uniform(group, settings.seed), side="right").astype(np.int8)


def _uniform(values: IntArray, seed: int) -> npt.NDArray[np.float64]:
    """float64 in [0, 1): SplitMix64 (Steele, Lea and Flood, 2014) of each value, offset by the seed."""
    with np.errstate(over="ignore"):
        state: npt.NDArray[Any] = values.astype(np.uint64) + np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
        state = (state + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
