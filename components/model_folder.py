"""The contract between training, export and promotion: what a ``TrainedModel`` folder holds.

Layout::

    saved_model/            a TF SavedModel; its signature ``serving_default`` has static shapes only
    model.json              the card: name, task, the signature's tensors, the output that counts
    examples/<input>.npy    [examples, *input shape] real test samples in the signature's input format
    labels.npy              [examples] int64 classes or [examples, *primary output shape] float32 values of
                            these samples; only where the task has labels
    calibration/<input>.npy [samples, *input shape] samples of the validation split, to quantize by and to
                            choose an on-device format by; optional
    calibration_labels.npy  what is true of these samples, as in labels.npy; optional
    function_type.pb        tf.function's FunctionType of the serving signature
                            (components/signature_contract.py)
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, PositiveInt

from noria.errors import DataError, first_few
from noria.files import read_json, replacing, write_json
from noria.typed_config import TypedConfig, parse_config

SIGNATURE_KEY = "serving_default"
CARD, FUNCTION_TYPE = "model.json", "function_type.pb"
EXAMPLES, LABELS = "examples", "labels.npy"
CALIBRATION, CALIBRATION_LABELS = "calibration", "calibration_labels.npy"
# TensorFlow's guide to quantization asks for some 100 to 500. tflite_export quantizes by a part of them and
# chooses among formats on the rest.
CALIBRATION_SAMPLES = 500

_WORDS = {EXAMPLES: "examples", CALIBRATION: "calibration samples"}

Arrays = Mapping[str, npt.NDArray[Any]]


class TensorSpec(TypedConfig):
    """One tensor of a signature; on-device runtimes take float32 and int32 of a fixed size everywhere."""

    shape: tuple[PositiveInt, ...] = Field(description="Every dimension, the batch dimension included.")
    dtype: Literal["float32", "int32"] = Field(description="Element type.")

    def __str__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


class Signature(TypedConfig):
    """The tensors of ``serving_default`` by name."""

    inputs: dict[str, TensorSpec] = Field(min_length=1, description="Input tensors.")
    outputs: dict[str, TensorSpec] = Field(min_length=1, description="Output tensors.")


class ModelCard(TypedConfig):
    """``model.json``: what a model is, without loading it."""

    name: str = Field(description="Short name of the model, e.g. the architecture.")
    keras: Literal[2, 3] | None = Field(default=None, description="Keras major version it was trained with.")
    task: Literal["classification", "regression"] = Field(description="How outputs are compared.")
    primary_output: str = Field(description="The output that predicts; logits or probabilities, or values.")
    signature: Signature = Field(description="Inputs and outputs of the SavedModel's serving signature.")
    classes: tuple[str, ...] = Field(default=(), description="Class names, in the order of the logits.")
    facts: dict[str, Any] = Field(default_factory=dict, description="Training facts worth showing later.")
    op_libraries: tuple[str, ...] = Field(
        default=(),
        description="Python modules whose import registers TensorFlow operators that the SavedModel needs.",
    )


@dataclass(frozen=True)
class ModelFolder:
    """A ``TrainedModel`` folder that was opened and checked."""

    path: Path
    card: ModelCard

    @property
    def saved_model(self) -> Path:
        """The SavedModel's folder."""
        return self.path / "saved_model"

    @classmethod
    def load(cls, path: Path) -> ModelFolder:
        """Reads the card.

        Raises:
            DataError: ``model.json`` or ``saved_model/`` is missing.
            ConfigError: The card does not fit ModelCard.
        """
        folder = cls(path, read_card(path))
        if not (folder.saved_model / "saved_model.pb").is_file():
            raise DataError(f"{folder.saved_model} holds no saved_model.pb")
        return folder

    def examples(self, limit: int | None = None) -> dict[str, npt.NDArray[Any]]:
        """The first ``limit`` examples of every input, checked against the card; memory-mapped.

        Returns:
            Input name to [examples, *input shape].

        Raises:
            DataError: An input has no file, or a shape, type or length does not fit.
        """
        return self._samples(EXAMPLES, limit)

    def labels(self, limit: int | None = None) -> npt.NDArray[Any] | None:
        """What is true of the first ``limit`` examples; memory-mapped.

        Returns:
            int64 [examples] classes, or float32 [examples, *primary output shape] values; None where the
            task has no labels.

        Raises:
            DataError: A shape, type, class or the number does not fit card and examples.
        """
        return self._labels(LABELS, EXAMPLES, limit)

    def calibration(self, limit: int | None = None) -> dict[str, npt.NDArray[Any]] | None:
        """The first ``limit`` samples of the validation split; memory-mapped.

        Files are quantized by them and chosen on them, so that neither is done on the test split.

        Returns:
            Input name to [samples, *input shape]; None where the folder holds none.

        Raises:
            DataError: An input has no file, or a shape, type or length does not fit.
        """
        return self._samples(CALIBRATION, limit) if (self.path / CALIBRATION).is_dir() else None

    def calibration_labels(self, limit: int | None = None) -> npt.NDArray[Any] | None:
        """What is true of the first ``limit`` calibration samples; as ``labels``."""
        return self._labels(CALIBRATION_LABELS, CALIBRATION, limit)

    def _labels(self, name: str, folder: str, limit: int | None) -> npt.NDArray[Any] | None:
        file = self.path / name
        if not file.is_file():
            return None
        labels: npt.NDArray[Any] = np.load(file, mmap_mode="r")
        count = len(next(iter(self._samples(folder, None).values())))
        check_labels(self.card, labels, count, _WORDS[folder])
        return labels[:limit]

    def _samples(self, folder: str, limit: int | None) -> dict[str, npt.NDArray[Any]]:
        arrays = {}
        for name in self.card.signature.inputs:
            file = self.path / folder / f"{name}.npy"
            if not file.is_file():
                raise DataError(f"{file} is missing: the model has an input {name!r}")
            arrays[name] = np.load(file, mmap_mode="r")
        check_examples(self.card, arrays, _WORDS[folder])
        return {name: array[:limit] for name, array in arrays.items()}


def read_card(path: Path) -> ModelCard:
    """The card of a TrainedModel folder, whatever else is there.

    Raises:
        DataError: There is no ``model.json``, or it contradicts itself.
        ConfigError: It does not fit ModelCard.
    """
    if not (path / CARD).is_file():
        raise DataError(f"{path} holds no {CARD}", hint="give the output folder of a training step")
    card = parse_config(ModelCard, read_json(path / CARD), origin=str(path / CARD))
    _check_card(card, str(path / CARD))
    return card


def save_model_folder(
    path: Path,
    card: ModelCard,
    examples: Arrays,
    *,
    labels: npt.NDArray[Any] | None = None,
    calibration: Arrays | None = None,
    calibration_labels: npt.NDArray[Any] | None = None,
) -> ModelFolder:
    """Writes card and samples beside a SavedModel that is already in ``path/saved_model``.

    Args:
        path: The TrainedModel folder.
        card: What the model is.
        examples: Input name to [examples, *input shape] of the test split.
        labels: What is true of the examples, see ``ModelFolder.labels``; None: the task has no labels.
        calibration: Input name to [samples, *input shape] of the validation split; None: there are none.
        calibration_labels: What is true of them, as ``labels``; None: that is not known.

    Raises:
        DataError: The samples or labels do not fit the card, or the SavedModel is not there.
    """
    _check_card(card, f"the card of {card.name}")
    check_examples(card, examples)
    if labels is not None:
        check_labels(card, labels, len(next(iter(examples.values()))))
    if calibration is not None:
        check_examples(card, calibration, _WORDS[CALIBRATION])
    if calibration_labels is not None:
        count = len(next(iter(calibration.values()))) if calibration else 0
        check_labels(card, calibration_labels, count, _WORDS[CALIBRATION])
    _write_samples(path / EXAMPLES, examples)
    # What an earlier save left there belongs to other examples.
    (path / LABELS).unlink(missing_ok=True)
    (path / CALIBRATION_LABELS).unlink(missing_ok=True)
    shutil.rmtree(path / CALIBRATION, ignore_errors=True)
    if labels is not None:
        _write_array(path / LABELS, labels)
    if calibration is not None:
        _write_samples(path / CALIBRATION, calibration)
    if calibration_labels is not None:
        _write_array(path / CALIBRATION_LABELS, calibration_labels)
    write_json(path / CARD, card.model_dump(mode="json"))
    return ModelFolder.load(path)


def _write_samples(folder: Path, samples: Arrays) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in samples.items():
        _write_array(folder / f"{name}.npy", array)


def _write_array(path: Path, array: npt.NDArray[Any]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


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


def check_labels(
    card: ModelCard, labels: npt.NDArray[Any], examples: int, of: str = _WORDS[EXAMPLES]
) -> None:
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


def _check_card(card: ModelCard, origin: str) -> None:
    outputs = card.signature.outputs
    if card.primary_output not in outputs:
        raise DataError(f"{origin}: primary_output {card.primary_output!r} is none of {sorted(outputs)}")
    primary = outputs[card.primary_output]
    columns = primary.shape[-1] if primary.shape else 1
    if card.task == "classification" and columns < 2:
        raise DataError(
            f"{origin}: a classifier's {card.primary_output!r} needs a column per class, got {primary}",
            hint="export two logits for a two-class model",
        )
    if card.classes and card.task == "classification" and len(card.classes) != columns:
        raise DataError(
            f"{origin}: {len(card.classes)} classes, but {card.primary_output!r} has {columns} columns"
        )
