"""Games that are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from components.board_games.exact import expected_strikes
from components.board_games.games import make_game
from components.board_games.plane_strike import placements
from components.policy_evaluation.pictures import game_picture, positions_picture, strikes_at, strikes_picture
from components.policy_evaluation.policy_model import SavedModelPolicy
from tests.components.policy_evaluation.policies import posterior, save_policy

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_game_that_is_drawn_is_the_one_that_is_counted(tmp_path: Path) -> None:
    spec = make_game("plane_strike").spec
    policy = SavedModelPolicy.load(save_policy(tmp_path, "plane_strike", posterior), spec)
    planes, chances = placements()
    _, counted = expected_strikes(policy)
    for number in (0, 60, 114):
        strikes = strikes_at(policy, planes[number].reshape(8, 8))
        assert len(strikes) == counted[number]
        assert sum(strike.hit for strike in strikes) == 8
        assert strikes[-1].hit
        assert all((strike.board != 0).sum() == n for n, strike in enumerate(strikes))
    plane = planes[0].reshape(8, 8)
    # More moves asked for than the game has: all of it.
    assert game_picture(policy, plane, 64).startswith(PNG)
    assert game_picture(policy, plane, 1) != game_picture(policy, plane, 2)
    assert positions_picture(policy, {"empty": np.zeros((8, 8), np.float32)}).startswith(PNG)
    assert strikes_picture({"it": counted}, np.asarray(chances), 57.8).startswith(PNG)
