"""Packs a TrainedModel and its TFLite file as an MLflow pyfunc model that loads without Noria."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import numpy as np
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import Schema
from mlflow.types.schema import TensorSpec as MlflowTensor

from components.model_card import TensorSpec
from components.model_folder import ModelFolder
from noria.errors import DataError

if TYPE_CHECKING:
    # Carried by its path only; the import makes it count in the step's code digest.
    from components.model_promotion import served_model  # noqa: F401

# Below the MLflow model's folder.
TRAINED_MODEL, TFLITE = "artifacts/model", "artifacts/tflite"


def package(model: ModelFolder, tflite: Path | None, folder: Path) -> None:
    """Writes the MLflow model.

    Args:
        model: The TrainedModel.
        tflite: Folder of its TfliteModel; None to serve the SavedModel.
        folder: Where to write; must not exist yet.

    Raises:
        DataError: A package that brings the SavedModel's operators is not installed.
    """
    signature = model.card.signature
    runtime = ["ai-edge-litert"] if tflite else ["tensorflow", *_distributions(model.card.op_libraries)]
    with tempfile.TemporaryDirectory(dir=folder.parent) as staging, warnings.catch_warnings():
        # An example would be run here; tflite_export has compared many already.
        warnings.filterwarnings("ignore", message=".*An input example was not provided")
        mlflow.pyfunc.save_model(
            path=str(folder),
            # The file itself travels (models from code), not a pickle of a class.
            python_model=str(Path(__file__).with_name("served_model.py")),
            artifacts=_staged({"model": model.path, "tflite": tflite}, Path(staging)),
            signature=ModelSignature(inputs=_schema(signature.inputs), outputs=_schema(signature.outputs)),
            # Given, so that MLflow starts no process to guess them.
            pip_requirements=[f"{name}=={version(name)}" for name in ("mlflow", "numpy", *runtime)],
        )


def _staged(folders: dict[str, Path | None], staging: Path) -> dict[str, str]:
    # MLflow keeps a folder's own name, and two steps' outputs may have the same.
    for name, folder in folders.items():
        if folder:
            shutil.copytree(folder, staging / name)
    return {name: str(staging / name) for name, folder in folders.items() if folder}


def _distributions(modules: tuple[str, ...]) -> list[str]:
    # A module and the package that brings it may have different names.
    brought_by = packages_distributions()
    if missing := [name for name in modules if name.partition(".")[0] not in brought_by]:
        raise DataError(
            f"the model needs the TensorFlow operators of {', '.join(missing)}, which no installed package "
            "brings",
            hint="install what the model was trained with",
        )
    return [brought_by[name.partition(".")[0]][0] for name in modules]


def _schema(tensors: dict[str, TensorSpec]) -> Schema:
    return Schema(
        [MlflowTensor(np.dtype(spec.dtype), (-1, *spec.shape), name=name) for name, spec in tensors.items()]
    )
