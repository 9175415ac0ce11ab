"""Every model of the collection trains, and its saved functions agree with each other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from components.gnn_training.config import ModelName
from components.gnn_training.save_model import save_model
from components.graph_sampling.argument_names import batch_arguments
from components.graph_sampling.features import FeatureJoin
from components.graph_sampling.graph_tensor import GraphTensorFormat
from components.graph_sampling.subgraph_source import DrawnSource
from components.model_folder import CALIBRATION_SAMPLES, ModelFolder
from components.signature_contract import contract_of
from components.tfgnn import tf
from noria.errors import NoriaError
from tests.components.gnn_training.conftest import PLAN

Training = Callable[..., Any]
Sources = dict[str, DrawnSource]


def batch_logits(folder: Path, fmt: GraphTensorFormat, source: DrawnSource, count: int) -> Any:
    loaded = tf.saved_model.load(str(folder / "saved_model"))
    flat = fmt.pieces(source.batch(np.arange(count), 0), FeatureJoin(fmt.graph, fmt.spec.node_sets))
    arguments = {k: tf.constant(v) for k, v in batch_arguments(flat).items()}
    return loaded.signatures["batch"](**arguments)["logits"].numpy()


@pytest.mark.slow
@pytest.mark.parametrize("name", get_args(ModelName))
def test_every_model_learns_and_serves_what_it_learned(
    name: str, training: Training, fmt: GraphTensorFormat, sources: Sources, tmp_path: Path
) -> None:
    config, trained = training(model={"name": name}, epochs=4, examples=10)
    # Guessing one class of four gets a quarter.
    assert trained.valid_accuracy > 0.4
    save_model(tmp_path / "model", trained, fmt, config, sources, PLAN)
    folder = ModelFolder.load(tmp_path / "model")
    examples = folder.examples()
    expected = batch_logits(folder.path, fmt, sources["test"], len(sources["test"].seeds))
    chosen = np.unique(np.linspace(0, len(expected) - 1, 10).astype(int))
    loaded = tf.saved_model.load(str(folder.saved_model))
    serve = loaded.signatures["serving_default"]
    for row, position in enumerate(chosen):
        logits = serve(**{k: tf.constant(v[row]) for k, v in examples.items()})["logits"].numpy()
        np.testing.assert_allclose(logits[0], expected[position], atol=1e-4)
    labels, calibration = folder.labels(), folder.calibration()
    assert labels is not None
    assert calibration is not None
    np.testing.assert_array_equal(labels, fmt.graph.task.labels[sources["test"].seeds[chosen]])
    known, valid = folder.calibration_labels(), sources["valid"].seeds
    count = min(len(valid), CALIBRATION_SAMPLES)
    assert all(len(array) == count for array in calibration.values())
    spread = np.unique(np.linspace(0, len(valid) - 1, count).astype(int))
    np.testing.assert_array_equal(known, fmt.graph.task.labels[valid[spread]])
    assert contract_of(folder, None).parameters == contract_of(folder, None).inputs


@pytest.mark.slow
def test_infomax_as_second_task(
    training: Training, fmt: GraphTensorFormat, sources: Sources, tmp_path: Path
) -> None:
    config, trained = training(infomax={"weight": 0.5}, examples=4)
    assert set(trained.model.output) == {"classification", "infomax"}
    save_model(tmp_path / "model", trained, fmt, config, sources, PLAN)
    assert batch_logits(tmp_path / "model", fmt, sources["test"], 8).shape == (8, 4)


@pytest.mark.slow
def test_fixed_padding_trains_like_none(training: Training) -> None:
    _, padded = training(padding="fixed", epochs=4)
    assert padded.valid_accuracy > 0.4


@pytest.mark.slow
def test_same_seed_same_weights(training: Training) -> None:
    weights = [training(epochs=1, seed=3)[1].model.get_weights() for _ in range(2)]
    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_divergence_is_told(training: Training) -> None:
    with pytest.raises(NoriaError, match="diverged"):
        training(optimizer={"learning_rate": 1e30, "warmup": 0.0}, model={"dropout": 0.0})


@pytest.mark.slow
def test_saved_model_runs_without_tf_gnn_and_keras(
    training: Training, fmt: GraphTensorFormat, sources: Sources, tmp_path: Path
) -> None:
    config, trained = training(epochs=1, examples=2)
    save_model(tmp_path / "model", trained, fmt, config, sources, PLAN)
    code = (
        "import sys, json; sys.modules['tensorflow_gnn'] = sys.modules['tf_keras'] = None\n"
        "import tensorflow as tf\n"
        f"model = tf.saved_model.load({str(tmp_path / 'model' / 'saved_model')!r})\n"
        "print(json.dumps(sorted(model.signatures)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["attribution", "batch", "serving_default"]
