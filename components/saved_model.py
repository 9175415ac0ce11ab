"""Reading a SavedModel's serving signature and running it, without Keras."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.model_card import SIGNATURE_KEY, Signature, TensorSpec
from components.model_samples import Arrays
from noria.errors import DataError

_DTYPES = {tf.float32: "float32", tf.int32: "int32"}


class SavedModelRunner:
    """Calls ``serving_default`` of a SavedModel with arrays by name."""

    def __init__(self, path: Path, op_libraries: Sequence[str] = ()) -> None:
        self._model = load_saved_model(path, op_libraries)
        if SIGNATURE_KEY not in self._model.signatures:
            raise DataError(
                f"{path} has no signature {SIGNATURE_KEY!r}, only {sorted(self._model.signatures)}",
                hint="save it with signatures={'serving_default': function}",
            )
        self._call = self._model.signatures[SIGNATURE_KEY]
        self.signature = Signature(
            inputs=_specs(f"{path}: input", self._call.structured_input_signature[1]),
            outputs=_specs(f"{path}: output", self._call.structured_outputs),
        )

    def __call__(self, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Runs one example; inputs and outputs have the signature's shapes."""
        results = self._call(**{name: tf.constant(np.asarray(array)) for name, array in inputs.items()})
        return {name: value.numpy() for name, value in results.items()}


def read_signature(path: Path, op_libraries: Sequence[str] = ()) -> Signature:
    """The tensors of a SavedModel's ``serving_default``.

    Raises:
        DataError: No such signature, or a tensor is not dense, of a fixed size and float32 or int32.
    """
    return SavedModelRunner(path, op_libraries).signature


def load_saved_model(path: Path, op_libraries: Sequence[str] = ()) -> Any:
    """Loads a SavedModel after the modules that register its operators (a card's ``op_libraries``).

    Raises:
        DataError: Such a module is not installed, or the folder is no SavedModel.
    """
    for name in op_libraries:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise DataError(
                f"{path} needs the TensorFlow operators of the Python module {name}: {error}",
                hint=f"install the package that brings {name}",
            ) from error
    try:
        return tf.saved_model.load(str(path))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be loaded as a SavedModel: {error}") from error


def _specs(what: str, tensors: dict[str, Any]) -> dict[str, TensorSpec]:
    return {name: _spec(f"{what} {name!r}", tensor) for name, tensor in tensors.items()}


def _spec(what: str, tensor: Any) -> TensorSpec:
    if not isinstance(tensor, tf.TensorSpec):
        raise DataError(f"{what} is a {type(tensor).__name__}, expected a dense tensor")
    if tensor.shape.rank is None or not tensor.shape.is_fully_defined():
        raise DataError(
            f"{what} has the dynamic shape {tensor.shape}, expected fixed sizes",
            hint="give the input signature fixed sizes, the batch dimension included, e.g. [1, 28, 28]",
        )
    if tensor.dtype not in _DTYPES:
        raise DataError(
            f"{what} is {tensor.dtype.name}, expected float32 or int32",
            hint="cast inside the signature: on-device runtimes take no other types everywhere",
        )
    return TensorSpec(shape=tuple(tensor.shape.as_list()), dtype=_DTYPES[tensor.dtype])
