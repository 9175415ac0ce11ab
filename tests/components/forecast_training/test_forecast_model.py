"""Saved forecasters: on many rows, on one row, as a TFLite file, and out of MLflow without Noria."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.forecast_training.forecast_model import ForecastModel
from components.forecast_training.forecasts import ForecastsFolder
from components.model_folder import ModelFolder
from components.model_promotion.package import package
from components.saved_model import SavedModelRunner, load_saved_model
from components.temporal_features.feature_table import FeatureTable
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from noria.errors import DataError
from tests.components.forecast_training.conftest import FEATURES
from tests.components.saved_models import save_two_inputs

BOTH = pytest.mark.parametrize("output", ["forest", "network"])


@BOTH
def test_the_saved_model_forecasts_as_the_back_test_did(
    trained: dict[str, Path], table: FeatureTable, output: str
) -> None:
    model = ForecastModel.load(trained[output])
    forecasts = ForecastsFolder.load(trained["forecasts"]).read().to_pandas()
    name = model.card.facts["model"]
    last = forecasts[(forecasts.model == name) & (forecasts.window == 1)]
    rows = last.merge(table.read().to_pandas().drop(columns="label"), on=["shop", "timestamp"])
    predicted = model.predict(rows[list(model.features)].to_numpy(np.float32))
    scale = rows[model.scale].to_numpy(np.float64)
    np.testing.assert_allclose(predicted.forecast_relative * scale, rows.forecast, rtol=1e-6)
    expected = rows[["q0.1", "q0.5", "q0.9"]]
    np.testing.assert_allclose(predicted.quantiles_relative * scale[:, None], expected, rtol=1e-5)


@BOTH
def test_one_row_at_a_time_gives_the_same(trained: dict[str, Path], output: str) -> None:
    folder = ModelFolder.load(trained[output])
    model = ForecastModel(folder)
    examples = folder.examples(10)["features"]
    assert np.isnan(examples).any()
    runner = SavedModelRunner(folder.saved_model, folder.card.op_libraries)
    assert runner.signature == folder.card.signature
    single = np.concatenate([runner({"features": row})[folder.card.primary_output] for row in examples])
    batch = model.predict(examples[:, 0])
    expected = batch.quantiles_relative if output == "network" else batch.forecast_relative[:, None]
    np.testing.assert_allclose(single, expected, rtol=1e-5, atol=1e-6)


@BOTH
def test_odd_matrices(trained: dict[str, Path], output: str) -> None:
    model = ForecastModel.load(trained[output])
    empty = model.predict(np.empty((0, len(FEATURES)), np.float32))
    assert empty.forecast_relative.shape == (0,)
    assert empty.quantiles_relative.shape == (0, 3)
    missing = model.predict(np.full((2, len(FEATURES)), np.nan, np.float32))
    assert np.isfinite(missing.forecast_relative).all()
    with pytest.raises(DataError, match=r"expected a matrix of 4 features, got the shape \[2, 3\]"):
        model.predict(np.zeros((2, 3), np.float32))


def test_a_model_that_is_no_forecaster(tmp_path: Path) -> None:
    save_two_inputs(tmp_path)
    with pytest.raises(DataError, match="it is no forecaster"):
        ForecastModel.load(tmp_path)


def test_missing_operators_are_named(trained: dict[str, Path]) -> None:
    with pytest.raises(DataError, match="operators of the Python module no_such_module"):
        load_saved_model(ModelFolder.load(trained["forest"]).saved_model, ("no_such_module",))


def test_the_network_as_a_tflite_file(trained: dict[str, Path], tmp_path: Path) -> None:
    result = export(
        ModelFolder.load(trained["network"]), TfliteExportConfig(formats=("fp16",), latency_runs=1), tmp_path
    )
    metrics = result.record.metrics
    assert metrics["tflite_agreement"] == 1.0
    assert metrics["tflite_half_precision_agreement"] >= 0.95
    assert result.record.fp16_exact


@pytest.mark.slow
def test_mlflow_serves_the_forest_without_noria(trained: dict[str, Path], tmp_path: Path) -> None:
    folder = ModelFolder.load(trained["forest"])
    package(folder, None, tmp_path / "packed")
    # Package names are the same with "_" and "-".
    requirements = (tmp_path / "packed" / "requirements.txt").read_text().replace("_", "-")
    assert "ydf-tf==" in requirements
    assert "tensorflow==" in requirements
    np.save(tmp_path / "rows.npy", folder.examples(5)["features"])
    code = (
        "import sys; sys.modules['components'] = sys.modules['noria'] = None\n"
        "import mlflow, numpy as np\n"
        "answers = mlflow.pyfunc.load_model('packed').predict({'features': np.load('rows.npy')})\n"
        "np.save('answers.npy', answers['relative_forecast'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = ForecastModel(folder).predict(np.load(tmp_path / "rows.npy")[:, 0]).forecast_relative
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy")[:, 0, 0], expected, rtol=1e-6)


def test_a_package_names_operators_that_nobody_brings(trained: dict[str, Path], tmp_path: Path) -> None:
    folder = ModelFolder.load(trained["forest"])
    other = ModelFolder(folder.path, folder.card.model_copy(update={"op_libraries": ("no_such_module",)}))
    with pytest.raises(DataError, match="no_such_module, which no installed package brings"):
        package(other, None, tmp_path / "packed")
