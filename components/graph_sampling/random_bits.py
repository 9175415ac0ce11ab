"""Random numbers as a function of what they are for, so that a draw never depends on batching or workers.

Each number is a hash of (seed, operation, seed node, node, draw): the finaliser of SplitMix64
(Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), vectorised.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)


def mix(bits: Bits) -> Bits:
    """Scrambles 64-bit numbers: a bijection whose every output bit depends on every input bit."""
    bits = bits + _GOLDEN
    bits ^= bits >> np.uint64(30)
    bits *= _MIX1
    bits ^= bits >> np.uint64(27)
    bits *= _MIX2
    bits ^= bits >> np.uint64(31)
    return bits


def key_of(*parts: int) -> np.uint64:
    """One 64-bit key out of whole numbers, order mattering."""
    key = np.zeros(1, np.uint64)
    for part in parts:
        key = mix(key ^ np.uint64(part & 0xFFFFFFFFFFFFFFFF))
    return np.uint64(key[0])


def below(bits: Bits, limit: npt.NDArray[np.integer[npt.NBitBase]]) -> npt.NDArray[np.int64]:
    """Maps 64 random bits to ``[0, limit)`` by multiply and shift; ``limit`` must be below 2**31.

    The bias is at most limit / 2**32.
    """
    return ((bits >> np.uint64(32)) * limit.astype(np.uint64) >> np.uint64(32)).astype(np.int64)
