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

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.model_card import CARD, ModelCard, check_card, read_card
from components.model_samples import Arrays, check_examples, check_labels, write_array, write_samples
from noria.errors import DataError
from noria.files import write_json

FUNCTION_TYPE = "function_type.pb"
EXAMPLES, LABELS = "examples", "labels.npy"
CALIBRATION, CALIBRATION_LABELS = "calibration", "calibration_labels.npy"
# TensorFlow's guide to quantization asks for some 100 to 500. tflite_export quantizes by a part of them and
# chooses among formats on the rest.
CALIBRATION_SAMPLES = 500

_WORDS = {EXAMPLES: "examples", CALIBRATION: "calibration samples"}


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
    check_card(card, f"the card of {card.name}")
    check_examples(card, examples)
    if labels is not None:
        check_labels(card, labels, len(next(iter(examples.values()))))
    if calibration is not None:
        check_examples(card, calibration, _WORDS[CALIBRATION])
    if calibration_labels is not None:
        count = len(next(iter(calibration.values()))) if calibration else 0
        check_labels(card, calibration_labels, count, _WORDS[CALIBRATION])
    write_samples(path / EXAMPLES, examples)
    # What an earlier save left there belongs to other examples.
    (path / LABELS).unlink(missing_ok=True)
    (path / CALIBRATION_LABELS).unlink(missing_ok=True)
    shutil.rmtree(path / CALIBRATION, ignore_errors=True)
    if labels is not None:
        write_array(path / LABELS, labels)
    if calibration is not None:
        write_samples(path / CALIBRATION, calibration)
    if calibration_labels is not None:
        write_array(path / CALIBRATION_LABELS, calibration_labels)
    write_json(path / CARD, card.model_dump(mode="json"))
    return ModelFolder.load(path)
