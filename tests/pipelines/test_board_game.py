"""The board_game pipeline's definition: steps, order, configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from components.device_lab.profiles import DEFAULT_DEVICES
from noria.errors import ConfigError
from noria.typed_config import load_config, parse_config
from orchestration.target_devices import on_devices
from pipelines.board_game import BoardGameConfig, check, create_pipeline
from pipelines.drawing import nodes_of

ROOT = Path(__file__).parents[2]
STEPS = ["policy_training", "tflite_export", "device_check", "policy_evaluation", "model_promotion"]


def config(**changes: Any) -> BoardGameConfig:
    tree: dict[str, Any] = {
        "promotion": {"registered_model": "test", "gates": [{"metric": "m", "kind": "minimum", "value": 0}]}
    }
    return parse_config(BoardGameConfig, {**tree, **changes}, origin="the test")


def given(step: Any) -> dict[str, Any]:
    return dict(json.loads(step.exec_properties["config"]))


@pytest.mark.parametrize("name", ["board_game", "board_game_tic_tac_toe"])
def test_the_shipped_configurations_fit(name: str) -> None:
    shipped = load_config(BoardGameConfig, ROOT / "configs" / f"{name}.yaml")
    check(shipped)
    assert [step.id for step in create_pipeline(on_devices(shipped, DEFAULT_DEVICES))] == STEPS


def test_the_game_is_named_once() -> None:
    steps = {step.id: step for step in create_pipeline(config(game="tic_tac_toe"))}
    assert (
        given(steps["policy_training"])["game"] == given(steps["policy_evaluation"])["game"] == "tic_tac_toe"
    )
    # The champion that is compared is the one that is replaced.
    assert given(steps["policy_evaluation"])["registered_model"] == "test"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"training": {"game": "tic_tac_toe"}}, "training.game is 'tic_tac_toe', but the pipeline's is"),
        ({"evaluation": {"game": "tic_tac_toe"}}, "evaluation.game is 'tic_tac_toe'"),
        ({"evaluation": {"registered_model": "other"}}, "evaluation.registered_model is 'other'"),
    ],
)
def test_a_step_of_another_game_is_told_before_anything_runs(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        check(config(**changes))
    check(config(training={"game": "plane_strike"}))


def test_an_unknown_game_is_named() -> None:
    with pytest.raises(ConfigError, match=r"game: .*'plane_strike' or 'tic_tac_toe'.*chess"):
        config(game="chess")


def test_the_exported_file_is_evaluated() -> None:
    upstream = {node.name: set(node.upstream) for node in nodes_of(create_pipeline(config()))}
    assert upstream["policy_evaluation"] == {"policy_training", "tflite_export"}
    assert upstream["model_promotion"] == {"policy_training", "tflite_export", "policy_evaluation"}


def test_a_configuration_that_was_kept_can_be_read_again() -> None:
    """What a run keeps names every field, those that the pipeline hands down, too."""
    whole = config(game="tic_tac_toe")
    again = config(**whole.model_dump(mode="json"))
    check(again)
    assert again == whole


def test_a_kept_configuration_follows_a_change() -> None:
    kept = config(game="tic_tac_toe").model_dump(mode="json")
    changed = config(**{**kept, "game": "plane_strike"})
    check(changed)
