"""Settings that steps get from their pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.board_game import BoardGameConfig
from pipelines.shared_settings import hand_down, is_handed_down


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"game": "go"}, {"game": "go", "training": {"game": "go"}}),
        ({"game": "go", "training": {"seed": 1}}, {"game": "go", "training": {"seed": 1, "game": "go"}}),
        # What is stated stays, to be refused with its name.
        ({"game": "go", "training": {"game": "hex"}}, {"game": "go", "training": {"game": "hex"}}),
        ({"training": {}}, {"training": {}}),
        # As earlier versions kept it.
        ({"game": "go", "training": {"game": ""}}, {"game": "go", "training": {"game": "go"}}),
        # What is no configuration is refused by whoever reads it.
        ({"game": "go", "training": 3}, {"game": "go", "training": 3}),
        ("text", "text"),
    ],
)
def test_steps_have_what_they_do_not_state(tree: Any, expected: Any) -> None:
    assert hand_down(tree, "game", "training.game") == expected


def test_what_was_given_is_not_changed() -> None:
    tree = {"promotion": {"name": "a"}, "evaluation": {"seed": 1}}
    handed = hand_down(tree, "promotion.name", "evaluation.name")
    assert handed["evaluation"] == {"seed": 1, "name": "a"}
    assert tree == {"promotion": {"name": "a"}, "evaluation": {"seed": 1}}


def test_a_setting_that_a_step_gets_is_told_from_the_steps_own() -> None:
    handed = ["evaluation.registered_model", "training.game"]
    own = ["game", "training.hidden", "evaluation.registered_models"]
    assert [path for path in [*handed, *own] if is_handed_down(BoardGameConfig, path)] == handed
