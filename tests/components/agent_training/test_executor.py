"""The whole step on a small world: what is handed on, that it plays, and that its exported file agrees."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from components import tracking
from components.agent_training.agent_policy import AgentPolicy
from components.agent_training.agents_folder import AgentsFacts
from components.agent_training.config import AgentTrainingConfig
from components.agent_training.executor import Executor
from components.agent_training.playing import Playing
from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log
from components.model_folder import ModelFolder
from components.playlist_simulation.observation import Observation
from components.saved_model import SavedModelRunner
from components.signature_contract import contract_of
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.export import export
from components.user_model_training.config import UserModelTrainingConfig
from components.user_model_training.executor import Executor as UserModelExecutor
from noria.errors import NoriaError
from noria.typed_config import parse_config

pytestmark = pytest.mark.slow

Q = {
    "seeds": [0, 1],
    "rounds": 12,
    "episodes": 32,
    "hidden": [16],
    "warmup": 200,
    "capacity": 2000,
    "batch": 32,
    "evaluate_every": 4,
    "checkpoint_every": 6,
}
GRADIENT = {"seeds": [0], "rounds": 4, "steps": 6, "episodes": 16, "hidden": [16], "minibatch": 32}
TREE = {
    "agents": [
        {"kind": "ah_dqn", **Q},
        {"kind": "dqn", "name": "slots", **Q, "seeds": [0]},
        {"kind": "ppo", **GRADIENT},
        {"kind": "ppg", **GRADIENT, "phase": 2},
    ],
    "simulation": {"candidates": 8, "pool": 20},
    "evaluation_sessions": 40,
    "examples": 30,
}


@dataclass(frozen=True)
class Step:
    """The folders of one run of the step."""

    sessions: Path
    user_models: Path
    agents: Path
    model: Path
    home: Path


def settings(**changes: object) -> AgentTrainingConfig:
    return parse_config(AgentTrainingConfig, TREE | changes, "a test")


def run_executor(config: AgentTrainingConfig, sessions: Path, user_models: Path, out: Path) -> Step:
    step = Step(sessions, user_models, out / "agents", out / "model", out / "home")
    outputs = {"agents": step.agents, "model": step.model}
    for folder in outputs.values():
        folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, tracking.recording(outputs):
        patch.setenv("NORIA_HOME", str(step.home))
        Executor().run(config, {"sessions": sessions, "user_models": user_models}, outputs)
    return step


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("inputs")
    sessions, user_models = folder / "sessions", folder / "user_models"
    sessions.mkdir()
    user_models.mkdir()
    generate_log(WorldConfig(users=30, items=80, sessions=300, candidates=8)).save(sessions)
    config = UserModelTrainingConfig(memory=8, hidden=(16,), epochs=2, batch_size=32, bootstrap_draws=20)
    with tracking.recording({"user_models": user_models}):
        UserModelExecutor().run(config, {"sessions": sessions}, {"user_models": user_models})
    return sessions, user_models


@pytest.fixture(scope="module")
def step(inputs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Step:
    """In two processes."""
    return run_executor(settings(processes=2), *inputs, tmp_path_factory.mktemp("out"))


def test_calibration_comes_from_training_sessions(step: Step) -> None:
    model = ModelFolder.load(step.model)
    examples, calibration = model.examples(), model.calibration()
    assert calibration is not None
    assert len(calibration["state"]) == 500
    assert not {s.tobytes() for s in calibration["candidates"]} & {
        s.tobytes() for s in examples["candidates"]
    }
    assert model.labels() is None
    assert contract_of(model, None).parameters == contract_of(model, None).inputs


def test_every_agent_and_seed_is_listed(step: Step) -> None:
    facts = AgentsFacts.load(step.agents)
    listed = [(entry.agent, entry.kind, entry.seed) for entry in facts.agents]
    assert listed == [
        ("ah_dqn", "ah_dqn", 0),
        ("ah_dqn", "ah_dqn", 1),
        ("slots", "dqn", 0),
        ("ppo", "ppo", 0),
        ("ppg", "ppg", 0),
    ]
    for entry in facts.agents:
        assert entry.simulated_return == max(point["return"] for point in entry.curve)
        assert ModelFolder.load(step.agents / entry.folder).card.facts["seed"] == entry.seed
    # Nothing is left to go on from.
    assert not list(step.home.rglob("*.npz"))


def test_the_model_is_the_best_seed_of_the_best_agent(step: Step) -> None:
    best = AgentsFacts.load(step.agents).best()
    card = ModelFolder.load(step.model).card
    facts = card.facts
    assert (facts["agent"], facts["seed"]) == (best.agent, best.seed)
    assert facts["simulated_return"] == best.simulated_return
    assert card.signature.inputs["mask"].shape == (1, 8)
    assert len(facts["spec"]["candidate"]) == card.signature.inputs["candidates"].shape[2]
    records = [json.loads(line) for line in (step.agents / "_records.jsonl").read_text().splitlines()]
    curve = [r for r in records if r.get("name") == "ah_dqn_1_return"]
    assert [r["epoch"] for r in curve] == [2 * 32 * rounds for rounds in (4, 8, 12)]
    assert "data:image/png" in (step.agents / "report.html").read_text()


def test_the_saved_policy_gets_the_return_that_was_measured(step: Step, inputs: tuple[Path, Path]) -> None:
    playing = Playing(*inputs, settings())
    for entry in AgentsFacts.load(step.agents).agents:
        policy = AgentPolicy(step.agents / entry.folder)
        assert playing.evaluate(policy.scores) == pytest.approx(entry.simulated_return)


def test_one_observation_scores_as_in_a_batch_and_what_is_forbidden_lies_below(step: Step) -> None:
    model = ModelFolder.load(step.model)
    rows = {name: array[:, 0] for name, array in model.examples().items()}
    mask = rows["mask"] > 0
    assert len(mask) == 30
    assert not mask.all()
    seen = Observation(rows["state"], rows["candidates"], mask, np.zeros(mask.shape, np.int64))
    scores = AgentPolicy(step.model).scores(seen)
    assert (scores[~mask] == -30000).all()
    assert np.abs(scores[mask]).max() <= 1000
    runner = SavedModelRunner(model.saved_model)
    for row in range(5):
        one = runner({name: array[row : row + 1] for name, array in rows.items()})["scores"]
        np.testing.assert_allclose(one[0], scores[row], rtol=1e-4, atol=1e-4)


def test_every_kind_of_agent_can_be_exported(step: Step, tmp_path: Path) -> None:
    for entry in AgentsFacts.load(step.agents).agents:
        target = tmp_path / entry.folder
        target.mkdir(parents=True)
        model = ModelFolder.load(step.agents / entry.folder)
        found = export(model, TfliteExportConfig(formats=("fp16",), max_examples=20, latency_runs=2), target)
        assert found.fp32.agreement > 0.9


def test_one_process_trains_the_same(step: Step, inputs: tuple[Path, Path], tmp_path: Path) -> None:
    agents = [TREE["agents"][0] | {"seeds": [1]}]  # type: ignore[index]
    alone = run_executor(settings(agents=agents, processes=1), *inputs, tmp_path)
    theirs = {(e.agent, e.seed): e.curve for e in AgentsFacts.load(step.agents).agents}
    (entry,) = AgentsFacts.load(alone.agents).agents
    assert [p["return"] for p in entry.curve] == [p["return"] for p in theirs["ah_dqn", 1]]


def test_a_failing_training_fails_the_step_and_keeps_its_checkpoint(
    inputs: tuple[Path, Path], tmp_path: Path
) -> None:
    # Steps so large that values leave the range of float32 after the first checkpoint or before it.
    agents = [{"kind": "ah_dqn", **Q, "learning_rate": 1e30, "warmup": 500}]
    with pytest.raises(
        NoriaError, match=r"agent_training: ah_dqn with seed \d diverged in update \d+ at"
    ) as caught:
        run_executor(settings(agents=agents, processes=2), *inputs, tmp_path)
    assert caught.value.hint
    assert "of round 6, is kept in" in caught.value.message
    assert list((tmp_path / "home").rglob("checkpoint.npz"))
