"""A registered model as others meet it: served by MLflow, and fetched as the champion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.tracking import MlflowClient

from components.model_promotion.champion import find_champion
from components.model_promotion.config import ModelPromotionConfig
from components.model_promotion.promote import promote
from components.saved_model import SavedModelRunner
from noria.errors import DataError
from tests.components.model_promotion.conftest import MakeCandidate, start_run

Config = ModelPromotionConfig
pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("tflite", [True, False])
def test_mlflow_serves_what_was_registered(
    candidate: MakeCandidate,
    config: Config,
    tflite: bool,
) -> None:
    given = candidate(tflite=tflite)
    promote(given, config)
    served = mlflow.pyfunc.load_model("models:/toy@champion")
    examples = {name: np.array(array) for name, array in given.model.examples(6).items()}
    answers = served.predict(examples)
    reference = SavedModelRunner(given.model.saved_model)
    expected = np.stack([reference({k: v[i] for k, v in examples.items()})["logits"] for i in range(6)])
    assert answers.keys() == {"logits", "hidden"}
    np.testing.assert_allclose(answers["logits"], expected, atol=0.02 if tflite else 1e-6)
    with pytest.raises(mlflow.exceptions.MlflowException, match=r"(?i)schema"):
        served.predict({"zeta": examples["zeta"]})


def test_the_served_model_needs_nothing_of_noria(
    home: Path, candidate: MakeCandidate, config: Config, tmp_path: Path
) -> None:
    given = candidate()
    promote(given, config)
    np.savez(tmp_path / "examples.npz", **given.model.examples(2))
    code = (
        "import sys; sys.modules['components'] = sys.modules['noria'] = sys.modules['tensorflow'] = None\n"
        "import mlflow, numpy as np; mlflow.set_tracking_uri(sys.argv[1])\n"
        "answers = mlflow.pyfunc.load_model('models:/toy@champion').predict(dict(np.load(sys.argv[2])))\n"
        "print(answers['logits'].shape)"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{home / 'mlflow.sqlite'}", tmp_path / "examples.npz"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.strip() == "(2, 1, 5)", done.stderr


def test_the_champion_can_be_fetched(
    candidate: MakeCandidate,
    config: Config,
    tmp_path: Path,
) -> None:
    assert find_champion("toy", tmp_path) is None
    promote(candidate(accuracy=0.2), config)
    assert find_champion("toy", tmp_path) is None
    promote(candidate(1), config)
    champion = find_champion("toy", tmp_path)
    assert champion is not None
    assert champion.version == "2"
    assert champion.model.card.name == "two_inputs"
    SavedModelRunner(champion.model.saved_model)


def test_a_champion_of_another_kind_is_refused(
    client: MlflowClient,
    candidate: MakeCandidate,
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
) -> None:
    promote(candidate(), config)
    run = start_run(client, home, monkeypatch)
    (tmp_path / "note.txt").write_text("no model")
    client.log_artifact(run, str(tmp_path / "note.txt"), "other")
    source = f"{client.get_run(run).info.artifact_uri}/other"
    version = client.create_model_version("toy", source, run).version
    client.set_registered_model_alias("toy", "champion", version)
    with pytest.raises(DataError, match="version 2 of toy holds no artifacts/model"):
        find_champion("toy", tmp_path)
