"""Writes the handed-on models as TrainedModel folders.

Both SavedModels have two signatures: ``serving_default`` takes one row (every size fixed, as on-device
runtimes want it), ``batch`` any number of rows.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.forecast_training.forests import Kind
from components.forecast_training.run_backtest import FittedForest
from components.forecast_training.train_network import TrainedNetwork
from components.forecast_training.training_rows import Matrix
from components.model_card import SIGNATURE_KEY, ModelCard, Signature, TensorSpec
from components.model_folder import save_model_folder
from components.signature_contract import write_function_type
from components.temporal_features.feature_table import FACTS, GRAPH, FeatureFacts, FeatureTable
from noria.durations import duration_text

INPUT, FOREST_OUTPUT, NETWORK_OUTPUT = "features", "relative_forecast", "relative_quantiles"
BATCH = "batch"
FEATURE_GRAPH = "feature_graph"


@dataclass(frozen=True)
class Kept:
    """Rows that are kept beside a model.

    Attributes:
        features: float32 [examples, features] rows of the last test window.
        target: float32 [examples] their relative labels.
        calibration: float32 [rows, features] of the validation stretch before that window, to quantize
            and to choose a format by: rows without missing values; None where there is no such row.
        calibration_target: float32 [rows] their relative labels; None as above.
    """

    features: Matrix
    target: npt.NDArray[np.float32]
    calibration: Matrix | None
    calibration_target: npt.NDArray[np.float32] | None


def save_forest(
    folder: Path,
    kind: Kind,
    forest: FittedForest,
    table: FeatureTable,
    kept: Kept,
    quantiles: tuple[float, ...],
    facts: Mapping[str, Any],
) -> None:
    """Saves a forest; it needs YDF's TensorFlow operator to run.

    Args:
        folder: The TrainedModel folder.
        kind: Which kind it is.
        forest: The forest and the offsets of its quantiles, which the card holds.
        table: What it was trained on.
        kept: Rows for the folder.
        quantiles: Levels of the offsets.
        facts: More for the card.
    """
    names = table.facts.features
    module = tf.Module()

    def forecast(features: tf.Tensor) -> tf.Tensor:
        columns = {name: features[:, i] for i, name in enumerate(names)}
        return tf.reshape(module.forest(columns), [-1, 1])

    # YDF leaves files there for the SavedModel to copy.
    with tempfile.TemporaryDirectory() as scratch:
        module.forest = forest.model.to_tensorflow_function(temp_dir=scratch)
        _save(folder, module, forecast, len(names), FOREST_OUTPUT, 1)
    more = {"interval_offsets": forest.offsets.model_dump(mode="json"), **facts}
    card = _card(kind, table.facts, quantiles, FOREST_OUTPUT, 1, more)
    _finish(folder, card.model_copy(update={"op_libraries": ("ydf_tf",)}), table, kept)


def save_network(
    folder: Path,
    network: TrainedNetwork,
    table: FeatureTable,
    kept: Kept,
    quantiles: tuple[float, ...],
    facts: Mapping[str, Any],
) -> None:
    """Saves the network; arguments as ``save_forest``."""
    module = tf.Module()
    module.network = network.model

    def forecast(features: tf.Tensor) -> tf.Tensor:
        return module.network(features, training=False)

    _save(folder, module, forecast, len(table.facts.features), NETWORK_OUTPUT, len(quantiles))
    more = {"parameters": network.model.count_params(), "best_epoch": network.best_epoch, **facts}
    card = _card("network", table.facts, quantiles, NETWORK_OUTPUT, len(quantiles), more)
    _finish(folder, card.model_copy(update={"keras": 2}), table, kept)


def _save(
    folder: Path, module: Any, forecast: Callable[[Any], Any], features: int, output: str, columns: int
) -> None:
    def signature(rows: int | None) -> Any:
        def run(features: tf.Tensor) -> dict[str, tf.Tensor]:
            return {output: tf.ensure_shape(forecast(features), [rows, columns])}

        spec = tf.TensorSpec([rows, features], tf.float32, name=INPUT)
        return tf.function(run).get_concrete_function(features=spec)

    signatures = {SIGNATURE_KEY: signature(1), BATCH: signature(None)}
    tf.saved_model.save(module, str(folder / "saved_model"), signatures=signatures)
    write_function_type(folder, signatures[SIGNATURE_KEY])


def _card(
    model: str,
    facts: FeatureFacts,
    quantiles: tuple[float, ...],
    output: str,
    columns: int,
    more: Mapping[str, Any],
) -> ModelCard:
    return ModelCard(
        name=model,
        task="regression",
        primary_output=output,
        signature=Signature(
            inputs={INPUT: TensorSpec(shape=(1, len(facts.features)), dtype="float32")},
            outputs={output: TensorSpec(shape=(1, columns), dtype="float32")},
        ),
        facts={
            "model": model,
            "features": list(facts.features),
            "scale": facts.scale,
            "index": list(facts.index),
            "target": facts.target,
            "horizon": duration_text(facts.horizon),
            "quantiles": list(quantiles),
            **more,
        },
    )


def _finish(folder: Path, card: ModelCard, table: FeatureTable, kept: Kept) -> None:
    # What scoring turns new events into features with.
    if table.graph.is_dir():
        shutil.copytree(table.graph, folder / FEATURE_GRAPH / GRAPH)
    (folder / FEATURE_GRAPH).mkdir(exist_ok=True)
    shutil.copy2(table.path / FACTS, folder / FEATURE_GRAPH / FACTS)
    shape = card.signature.outputs[card.primary_output].shape

    def labels(target: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        # Every quantile is a forecast of the same label.
        return np.broadcast_to(target[:, None, None], (len(target), *shape))

    known = kept.calibration_target
    save_model_folder(
        folder,
        card,
        {INPUT: kept.features[:, None, :]},
        labels=labels(kept.target),
        calibration=None if kept.calibration is None else {INPUT: kept.calibration[:, None, :]},
        calibration_labels=None if known is None else labels(known),
    )
