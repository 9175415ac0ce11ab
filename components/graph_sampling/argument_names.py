"""The names by which a saved model takes a batch: ``SET__COLUMN``, e.g. ``package__text``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_AUXILIARY = "_readout"

Arrays = dict[str, npt.NDArray[Any]]


def argument_name(piece: str) -> str:
    """``nodes/package/text`` to ``package__text``; ``edges/depends/#source`` to ``depends__source``."""
    set_name, column = piece.split("/", 1)[1].rsplit("/", 1)
    return f"{set_name}__{column.removeprefix('#')}"


def batch_arguments(flat: Mapping[str, npt.NDArray[Any]]) -> Arrays:
    """A batch (see GraphTensorFormat.pieces) as arguments of the ``batch`` signature; no labels."""
    return {argument_name(piece): np.asarray(v) for piece, v in flat.items() if _AUXILIARY not in piece}


def serving_example(flat: Mapping[str, npt.NDArray[Any]]) -> Arrays:
    """A padded batch of one seed as arguments of ``serving_default``, which knows its sizes."""
    return {name: v for name, v in batch_arguments(flat).items() if not name.endswith("__size")}
