"""The playlist pipeline's definition: steps, order, configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.device_lab.profiles import DEFAULT_DEVICES
from noria.errors import ConfigError, NoriaError
from noria.typed_config import load_config, parse_config
from orchestration.target_devices import on_devices
from pipelines.drawing import nodes_of
from pipelines.playlist import PlaylistConfig, check, create_pipeline

ROOT = Path(__file__).parents[2]
STEPS = [
    "session_ingest",
    "user_model_training",
    "agent_training",
    "tflite_export",
    "device_check",
    "agent_evaluation",
    "model_promotion",
]


def config(**changes: Any) -> PlaylistConfig:
    tree: dict[str, Any] = {
        "promotion": {"registered_model": "test", "gates": [{"metric": "m", "kind": "minimum", "value": 0}]}
    }
    return parse_config(PlaylistConfig, {**tree, **changes}, origin="the test")


def given(step: Any) -> dict[str, Any]:
    return dict(json.loads(step.exec_properties["config"]))


def test_the_shipped_configuration_fits() -> None:
    shipped = load_config(PlaylistConfig, ROOT / "configs" / "playlist.yaml")
    check(shipped)
    assert [step.id for step in create_pipeline(on_devices(shipped, DEFAULT_DEVICES))] == STEPS
    # What the goal is measured with.
    assert all(len(agent.seeds) >= 5 for agent in shipped.training.agents)
    assert shipped.evaluation.sessions >= 1000


def test_agents_are_trained_and_measured_in_the_same_simulation() -> None:
    steps = {step.id: step for step in create_pipeline(config(simulation={"candidates": 7, "pool": 30}))}
    training, evaluation = (given(steps[name]) for name in ("agent_training", "agent_evaluation"))
    assert training["simulation"] == evaluation["simulation"]
    assert training["simulation"]["candidates"] == 7
    # The champion that is compared is the one that is replaced.
    assert evaluation["registered_model"] == "test"


@pytest.mark.parametrize("step", ["training", "evaluation"])
def test_another_simulation_in_a_step_is_told_before_anything_runs(step: str) -> None:
    with pytest.raises(ConfigError, match=f"{step}.simulation is not what the pipeline has as simulation"):
        check(config(**{step: {"simulation": {"candidates": 7}}}))


def test_a_missing_source_is_told_before_anything_runs(tmp_path: Path) -> None:
    sessions = {"source": {"path": str(tmp_path / "absent.parquet")}, "items": {"path": "items.parquet"}}
    with pytest.raises(NoriaError, match=r"absent\.parquet"):
        check(config(sessions=sessions))


def test_what_flows_where() -> None:
    upstream = {node.name: set(node.upstream) for node in nodes_of(create_pipeline(config()))}
    assert upstream["agent_training"] == {"session_ingest", "user_model_training"}
    assert upstream["agent_evaluation"] == set(STEPS) - {
        "device_check",
        "agent_evaluation",
        "model_promotion",
    }
    assert upstream["model_promotion"] == {"agent_training", "tflite_export", "agent_evaluation"}


def test_a_configuration_that_was_kept_can_be_read_again() -> None:
    """What a run keeps names every field, those that the pipeline hands down, too."""
    whole = config(simulation={"candidates": 7, "pool": 30})
    again = config(**whole.model_dump(mode="json"))
    check(again)
    assert again == whole


def test_a_kept_configuration_follows_a_change() -> None:
    kept = config().model_dump(mode="json")
    changed = config(**{**kept, "simulation": {"candidates": 5, "pool": 20}})
    check(changed)
