"""A saved forecaster on many rows at once, for evaluation and scoring."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.forecast_training.intervals import IntervalOffsets
from components.forecast_training.save_models import (
    BATCH,
    FEATURE_GRAPH,
    FOREST_OUTPUT,
    INPUT,
    NETWORK_OUTPUT,
)
from components.forecast_training.training_rows import FloatArray, Matrix
from components.model_card import ModelCard
from components.model_folder import ModelFolder
from components.saved_model import load_saved_model
from noria.errors import DataError
from noria.typed_config import parse_config

# Bounds memory; large enough that calls cost nothing.
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Prediction:
    """Forecasts relative to each row's scale; times the scale they are in the label's unit.

    Attributes:
        forecast_relative: float64 [rows].
        quantiles_relative: float64 [rows, quantiles], ascending in each row.
    """

    forecast_relative: FloatArray
    quantiles_relative: FloatArray


class ForecastModel:
    """A TrainedModel folder that forecast_training wrote, loaded.

    Attributes:
        card: Its card.
        features: Names of the columns that ``predict`` takes, in order.
        scale: The feature that forecasts are relative to.
        quantiles: Levels of the quantiles, ascending.
        feature_graph: Folder with ``features.json`` and the compiled feature graph in ``graph/``.
    """

    def __init__(self, folder: ModelFolder) -> None:
        facts = folder.card.facts
        if missing := [key for key in ("features", "scale", "quantiles") if key not in facts]:
            raise DataError(
                f"the card of {folder.path} says nothing about {', '.join(missing)}: it is no forecaster",
                hint="give a model that forecast_training wrote",
            )
        self.card: ModelCard = folder.card
        self.features: tuple[str, ...] = tuple(facts["features"])
        self.scale: str = facts["scale"]
        self.quantiles: tuple[float, ...] = tuple(facts["quantiles"])
        self.feature_graph = folder.path / FEATURE_GRAPH
        self._offsets = (
            parse_config(IntervalOffsets, facts["interval_offsets"], origin=str(folder.path / "model.json"))
            if folder.card.primary_output == FOREST_OUTPUT
            else None
        )
        self._model: Any = load_saved_model(folder.saved_model, folder.card.op_libraries)
        self._run = self._model.signatures[BATCH]

    @classmethod
    def load(cls, folder: Path) -> ForecastModel:
        """Opens a TrainedModel folder.

        Raises:
            DataError: It is no such folder, or no forecaster's.
        """
        return cls(ModelFolder.load(folder))

    def predict(self, matrix: Matrix) -> Prediction:
        """Forecasts of float32 [rows, features]; NaN = missing.

        Raises:
            DataError: The number of columns is not the model's.
        """
        if matrix.ndim != 2 or matrix.shape[1] != len(self.features):
            raise DataError(
                f"expected a matrix of {len(self.features)} features, got the shape {list(matrix.shape)}"
            )
        given = np.ascontiguousarray(matrix, np.float32)
        parts = [self._outputs(given[i : i + _ROWS_AT_ONCE]) for i in range(0, len(given), _ROWS_AT_ONCE)]
        if self._offsets is None:
            quantiles = np.concatenate([*parts, np.empty((0, len(self.quantiles)))])
            return Prediction(quantiles[:, self.quantiles.index(0.5)], quantiles)
        forecast = np.concatenate([*parts, np.empty((0, 1))])[:, 0]
        scale = given[:, self.features.index(self.scale)]
        return Prediction(forecast, self._offsets.quantiles(forecast, scale))

    def _outputs(self, rows: Matrix) -> npt.NDArray[np.float64]:
        output = NETWORK_OUTPUT if self._offsets is None else FOREST_OUTPUT
        return np.asarray(self._run(**{INPUT: tf.constant(rows)})[output].numpy(), np.float64)
