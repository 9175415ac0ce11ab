"""The whole playlist pipeline through the command line, on a small world, MLflow included."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from components.agent_training.agent_policy import AgentPolicy
from components.evaluation_record import EvaluationRecord
from components.listening_world.world import ListeningWorld
from components.listening_world.world_listeners import WorldListeners
from components.model_folder import ModelFolder
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.play import play_sessions
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from components.tflite_runner import TfliteRunner
from tests.whole_runs import Noria, step_processes, until

CONFIG = Path(__file__).parent / "data" / "playlist-small.yaml"
STEPS = [
    "session_ingest",
    "user_model_training",
    "agent_training",
    "tflite_export",
    "device_check",
    "agent_evaluation",
    "model_promotion",
]
AGENTS = {"ah_dqn", "dqn", "ppo", "ppg"}
HEURISTICS = {"random", "popularity", "taste", "diverse_taste", "greedy_sequential", "greedy_simple"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def noria(tmp_path_factory: pytest.TempPathFactory) -> Noria:
    return Noria(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def run(noria: Noria) -> Any:
    return noria.json("run", "playlist", "--config", str(CONFIG))


@pytest.fixture(scope="module")
def artifacts(run: Any) -> dict[str, Path]:
    return {name: Path(path) for name, path in run["artifacts"].items()}


@pytest.fixture(scope="module")
def record(artifacts: dict[str, Path]) -> EvaluationRecord:
    return EvaluationRecord.load(artifacts["evaluation"])


def test_runs_to_the_end(run: Any) -> None:
    assert run["state"] == "succeeded"
    # Neither of device_check and agent_evaluation waits for the other.
    assert sorted(step["name"] for step in run["steps"]) == sorted(STEPS)
    assert {step["state"] for step in run["steps"]} == {"succeeded"}
    assert not any(step["cached"] for step in run["steps"])


def test_every_agent_and_seed_is_trained_and_measured(artifacts: dict[str, Path], run: Any) -> None:
    entries = json.loads((artifacts["agents"] / "agents.json").read_text())["agents"]
    assert {(entry["agent"], entry["seed"]) for entry in entries} == {(name, 0) for name in AGENTS} | {
        ("ah_dqn", 1)
    }
    for name in AGENTS:
        assert 0 < run["metrics"][f"agent_{name}_world_return"] < 10
        assert 0 < run["metrics"][f"agent_{name}_simulated_return"] < 10


def test_heuristics_and_those_who_know_the_truth_stand_beside(record: EvaluationRecord) -> None:
    assert set(record.baselines) >= HEURISTICS | {"oracle", "myopic_truth"}
    returns = {who: metrics.get("world_return") for who, metrics in record.baselines.items()}
    # Whoever knows the truth and plans is best, whoever does not look is not.
    assert returns["oracle"] == max(value for value in returns.values() if value is not None)
    assert (returns["random"] or 0) < (returns["greedy_simple"] or 0)
    assert {"rank_correlation", "world_gain", "world_gain_low", "dr_response"} <= set(record.metrics)


def test_what_it_tells_is_what_the_agent_does_in_the_true_world(
    artifacts: dict[str, Path], record: EvaluationRecord
) -> None:
    log = SessionLog.load(artifacts["sessions"])
    assert log.facts.world is not None
    config = SimulationConfig(candidates=8, pool=24)
    episodes = EpisodeSampler(log, config, "test").draw(2000, np.random.default_rng(5))
    catalogue = Catalogue.of(log)
    policy = AgentPolicy(artifacts["model"])
    listeners = WorldListeners(ListeningWorld(log.facts.world), len(episodes))
    played = play_sessions(policy, listeners, episodes, catalogue, config)
    # 120 sessions behind the one, 2,000 others behind the other.
    assert record.metrics["world_return"] == pytest.approx(played.returns.mean(), abs=0.8)


def test_the_exported_file_chooses_what_the_model_chooses_and_never_what_is_masked(
    artifacts: dict[str, Path],
) -> None:
    examples = ModelFolder.load(artifacts["model"]).examples()
    file = TfliteRunner((artifacts["tflite"] / "model.tflite").read_bytes())
    rng = np.random.default_rng(0)
    for row in range(len(examples["state"])):
        inputs = {name: np.array(values[row]) for name, values in examples.items()}
        mask = (rng.random(inputs["mask"].shape) < 0.3).astype(np.float32)
        mask[0, rng.integers(mask.shape[1])] = 1.0
        scores = file(inputs | {"mask": mask})["scores"]
        assert mask[0, scores.argmax()] == 1.0


def test_every_choice_can_be_looked_up(artifacts: dict[str, Path]) -> None:
    shown = pq.read_table(artifacts["evaluation"] / "episodes.parquet")
    assert set(shown["environment"].to_pylist()) == {"simulated", "world"}
    assert set(shown["policy"].to_pylist()) >= HEURISTICS
    assert {"candidates", "predictions", "action", "response", "end"} <= set(shown.column_names)


def test_promotes_by_its_gates(run: Any, record: EvaluationRecord) -> None:
    (promotion,) = run["promotions"]
    gain = next(gate for gate in promotion["gates"] if gate["name"].startswith("world_gain_low"))
    assert gain["got"] == pytest.approx(record.metrics["world_gain_low"])
    assert gain["passed"] == (gain["got"] >= 0)
    assert promotion["promoted"] == all(gate["passed"] for gate in promotion["gates"])


def test_learning_curves_are_in_mlflow(noria: Noria, run: Any) -> None:
    del run
    with sqlite3.connect(f"file:{noria.home / 'mlflow.sqlite'}?mode=ro", uri=True) as database:
        query = "select key, count(distinct step) from metrics where key like '%return%' group by key"
        steps = dict(database.execute(query).fetchall())
    for name in ("ah_dqn_0_return", "ah_dqn_1_return", "ppo_0_return"):
        assert steps[name] >= 2


def test_reports_open_without_a_network(run: Any) -> None:
    pages = [path for path in run["reports"] if path.endswith(".html")]
    assert len(pages) == len(STEPS)
    for page in pages:
        text = Path(page).read_text()
        assert "https://" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")


def test_a_killed_training_goes_on_and_ends_with_the_same_agents(
    noria: Noria, artifacts: dict[str, Path]
) -> None:
    # Nothing that training depends on, but another step's configuration: it is computed again.
    process = noria.start("run", "playlist", "--config", str(CONFIG), "--set", "training.examples=40")
    checkpoints = noria.home / "checkpoints" / "agent_training"
    until(lambda: any(checkpoints.glob("*/ah_dqn_*/checkpoint.npz")), process)
    step, *workers = step_processes(noria.home, "agent_training")
    assert workers
    os.kill(step, signal.SIGKILL)
    process.communicate(timeout=300)
    assert process.returncode == 1
    end = time.monotonic() + 120
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end, "processes of a killed training live on"
        time.sleep(0.1)
    resumed = noria.json("run", "playlist", "--resume", noria.json("runs")[0]["id"])
    assert resumed["state"] == "succeeded"
    again, first = (
        json.loads((folder / "agents.json").read_text())["agents"]
        for folder in (Path(resumed["artifacts"]["agents"]), artifacts["agents"])
    )
    assert [(entry["agent"], entry["curve"]) for entry in again] == [
        (entry["agent"], entry["curve"]) for entry in first
    ]


def test_an_unchanged_run_is_cached_and_tells_the_same(noria: Noria, run: Any) -> None:
    again = noria.json("run", "playlist", "--config", str(CONFIG))
    assert all(step["cached"] for step in again["steps"])
    assert again["metrics"] == run["metrics"]


def test_the_tables_are_not_too_wide(noria: Noria, run: Any) -> None:
    del run
    shown = noria("show", "last")
    assert "baseline greedy sequential" in shown
    assert "agent ah dqn" in shown


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("simulation.pool=5", "pool 5 holds fewer tracks than a step offers"),
        ("sessions.source.path=absent.csv", "items.path is not"),
        ("training.agents=[{kind: sarsa}]", "ah_dqn"),
    ],
)
def test_what_cannot_work_ends_before_anything_is_computed(noria: Noria, setting: str, told: str) -> None:
    process = noria.start("run", "playlist", "--config", str(CONFIG), "--set", setting)
    out, err = process.communicate(timeout=300)
    assert process.returncode != 0
    assert told in out + err
    assert "Traceback" not in out + err
