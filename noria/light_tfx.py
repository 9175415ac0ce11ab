"""Importing TFX's DSL without the frameworks behind it.

TFX guards its imports of TensorFlow, Beam, TFMA, TFDV and kfp. Where those are unimportable while
TFX's DSL, compiler and metadata modules load, loading takes a third of a second instead of twenty.
The block is lifted afterwards, so that an executor can import TensorFlow in the same process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_HEAVY = (
    "tensorflow",
    "apache_beam",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tensorflow_transform",
    "tfx_bsl",
    "keras",
    "tensorflow_serving",
    "kfp",
    "google.cloud.aiplatform",
)


@contextmanager
def without_frameworks() -> Iterator[None]:
    """Makes the heavy frameworks unimportable inside the block; does nothing for those already loaded."""
    blocked = [name for name in _HEAVY if name not in sys.modules]
    for name in blocked:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        # Below the names, too: tfx puts a mock in the place of a tfx_bsl module that it cannot import.
        for name in list(sys.modules):
            if name.startswith(tuple(f"{top}." for top in blocked)) or name in blocked:
                del sys.modules[name]
