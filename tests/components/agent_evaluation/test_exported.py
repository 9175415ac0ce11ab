"""The exported file plays as its model does, and a file that does not is found out."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from components.agent_evaluation.arena import Arena
from components.agent_evaluation.exported import ExportedPolicy, play_exported
from components.agent_evaluation.policies import PopularityPolicy
from components.agent_training.agent_policy import AgentPolicy
from components.model_folder import ModelFolder
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from noria.errors import DataError
from tests.components.agent_evaluation.folders import save_scorer
from tests.components.agent_evaluation.stand_ins import CountingUserModel, small_world

LOG = small_world().log
CATALOGUE = Catalogue.of(LOG)
CONFIG = SimulationConfig(candidates=6, pool=20)
SPEC = CATALOGUE.spec(6)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("model")
    save_scorer(root / "model", SPEC, {"match_profile": 1.0, "popularity": 0.2}, "agent")
    settings = TfliteExportConfig(formats=("fp16",), check_fp16=False, latency_runs=1)
    export(ModelFolder.load(root / "model"), settings, root / "tflite")
    return root


def test_choices_and_returns(model: Path) -> None:
    listeners = partial(SimulatedListeners, CountingUserModel(CATALOGUE, tired=0.3))
    arena = Arena("simulated", listeners, CATALOGUE, CONFIG, 0.5)
    episodes = EpisodeSampler(LOG, CONFIG, "test").draw(30, np.random.default_rng(0))
    file = model / "tflite" / "model.tflite"
    found = play_exported(file, SPEC, AgentPolicy(model / "model"), arena, episodes)
    assert found.sessions == 30
    assert found.equal_choices > 0.97
    assert found.returns == pytest.approx(found.model_returns, abs=0.3)
    other = play_exported(file, SPEC, PopularityPolicy(SPEC), arena, episodes)
    assert other.equal_choices < 0.8
    assert other.returns == found.returns


def test_a_file_of_other_observations(model: Path, tmp_path: Path) -> None:
    policy = PopularityPolicy(SPEC)
    with pytest.raises(DataError, match="there is no file"):
        ExportedPolicy(tmp_path / "model.tflite", SPEC, policy)
    with pytest.raises(DataError, match="has the tensors"):
        ExportedPolicy(model / "tflite" / "model.tflite", CATALOGUE.spec(7), policy)
