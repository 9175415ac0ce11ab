"""Exact measures and lost lines."""

from __future__ import annotations

import numpy as np
import pytest

from components.board_games.exact import every_line
from components.board_games.game import Actions, Bools, Floats
from components.board_games.players import perfect_player
from components.policy_evaluation.lost_lines import lost_lines
from components.policy_evaluation.measures import measure, measure_baselines, measure_details, rules_digest


def first_legal(boards: Floats, legal: Bools) -> Actions:
    del boards
    return legal.argmax(axis=1)


def test_a_perfect_player_loses_no_line() -> None:
    assert lost_lines(perfect_player) == []
    assert measure("tic_tac_toe", perfect_player)["losses"] == 0


def test_lost_lines_are_the_losses_that_are_counted_and_are_lost() -> None:
    lost = lost_lines(first_legal)
    assert len(lost) == every_line(first_legal).losses > 0
    assert len({(side, *cells) for side, cells in lost}) == len(lost)
    winning = [{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}]
    for side, cells in lost:
        own, other = cells[side == "second" :: 2], cells[side == "first" :: 2]
        assert any(line <= set(other) for line in winning)
        assert not any(line <= set(own) for line in winning)
        # The player took the first cell that was left, every time.
        for move, cell in enumerate(cells):
            if (move % 2 == 0) == (side == "first"):
                assert cell == min(set(range(9)) - set(cells[:move]))


def test_baselines_have_the_metrics_that_gates_compare() -> None:
    strikes = measure_baselines("plane_strike")
    assert strikes["random"]["expected_strikes"] == pytest.approx(57.78, abs=0.01)
    assert strikes["posterior_greedy"]["expected_strikes"] == pytest.approx(11.92, abs=0.01)
    scores = measure_baselines("tic_tac_toe")
    assert scores["random"]["score"] == pytest.approx(0)
    assert (scores["perfect"]["score"] or 0) > 0.9


def test_details_add_up_to_the_metric() -> None:
    details = measure_details("plane_strike", first_legal)
    mean = np.array(details["strikes"]) @ np.array(details["probabilities"])
    assert measure("plane_strike", first_legal)["expected_strikes"] == pytest.approx(mean)


def test_each_game_has_rules_of_its_own() -> None:
    assert rules_digest("plane_strike") == rules_digest("plane_strike") != rules_digest("tic_tac_toe")
