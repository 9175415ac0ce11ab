"""Samples and labels of a TrainedModel folder as arrays: do they fit the card, and how are they written?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.model_card import ModelCard, TensorSpec
from noria.errors import DataError, first_few
from noria.files import replacing

Arrays = Mapping[str, npt.NDArray[Any]]


def check_examples(card: ModelCard, examples: Arrays, what: str = "examples") -> None:
    """Compares examples with the card's inputs; ``what`` they are called in errors.

    Raises:
        DataError: An input is missing or unknown, or a shape, type or number of examples does not fit.
    """
    inputs = card.signature.inputs
    if missing := sorted(inputs.keys() - examples.keys()):
        raise DataError(f"{what} lack the input(s) {first_few(missing)} of {card.name}")
    if unknown := sorted(examples.keys() - inputs.keys()):
        raise DataError(f"{what} hold {first_few(unknown)}, which {card.name} has no input for")
    for name, spec in inputs.items():
        check_tensor(f"{what} of input {name!r}", examples[name], spec, leading=1)
    counts = {name: len(array) for name, array in examples.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise DataError(f"{what} need one equal, positive number per input, got {counts}")


def check_labels(card: ModelCard, labels: npt.NDArray[Any], examples: int, of: str = "examples") -> None:
    """Compares labels with the card's primary output and the number of examples.

    Args:
        card: The model's.
        labels: See ``ModelFolder.labels``.
        examples: How many they are of.
        of: What these examples are called in errors.

    Raises:
        DataError: A shape, type or the number does not fit, a class is none of the output's columns, or a
            value is not finite.
    """
    what, primary = f"labels of {card.name}'s {of}", card.signature.outputs[card.primary_output]
    if card.task == "regression":
        check_tensor(what, labels, primary, leading=1)
        if not np.isfinite(labels).all():
            raise DataError(
                f"{what}: values that are not finite", hint="keep only examples whose label is known"
            )
    else:
        if math.prod(primary.shape[:-1]) != 1:
            raise DataError(f"{what}: {card.primary_output!r} is {primary}, expected one class per example")
        if labels.dtype != np.int64 or labels.ndim != 1:
            raise DataError(f"{what}: expected int64[examples], got {labels.dtype}{list(labels.shape)}")
        classes = primary.shape[-1]
        if len(labels) and (labels.min() < 0 or labels.max() >= classes):
            raise DataError(
                f"{what}: classes from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}"
            )
    if len(labels) != examples:
        raise DataError(f"{what}: {len(labels)} for {examples} {of}, expected one each")


def check_tensor(what: str, array: npt.NDArray[Any], spec: TensorSpec, leading: int = 0) -> None:
    """Raises DataError unless ``array`` has the type of ``spec`` and, after ``leading`` axes, its shape."""
    got = array.shape[leading:]
    if got != spec.shape or array.ndim != leading + len(spec.shape) or array.dtype != np.dtype(spec.dtype):
        stars = ["examples"] * leading
        expected = f"{spec.dtype}[{', '.join([*stars, *map(str, spec.shape)])}]"
        raise DataError(f"{what}: expected {expected}, got {array.dtype}{list(array.shape)}")


def write_samples(folder: Path, samples: Arrays) -> None:
    """Writes ``folder/<input>.npy`` for every input."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in samples.items():
        write_array(folder / f"{name}.npy", array)


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Writes an .npy file whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)
