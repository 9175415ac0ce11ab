"""Exact evaluation, beside numbers that are known and beside games played one by one."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.board_games.exact import (
    Outcomes,
    count_lines,
    every_line,
    expected_strikes,
    expected_strikes_random,
    reachable_positions,
    score_against_random,
)
from components.board_games.game import Actions, Bools, Floats
from components.board_games.moves import Player
from components.board_games.plane_strike import PlaneStrike, placements
from components.board_games.players import perfect_player, posterior_greedy, random_player
from components.board_games.tic_tac_toe import TicTacToeBatch, board_keys
from noria.errors import DataError
from tests.components.board_games.playing import SEEDS


def by_table(seed: int, actions: int) -> Player:
    """A deterministic player that always takes the legal cell it prefers most, by a fixed random order."""
    preference = np.random.default_rng(seed).random(actions)

    def play(_observations: Floats, legal: Bools) -> Actions:
        return np.where(legal, preference, -1).argmax(axis=1)

    return play


def played_out(player: Player, begins: bool) -> list[tuple[float, float]]:
    """(score, probability) of every line against every opponent, by a TicTacToeBatch of one game a time."""
    ends: list[tuple[float, float]] = []

    def go_on(batch: TicTacToeBatch, mine: bool, chance: float) -> None:
        legal = batch.legal()
        options = player(batch.observe(), legal) if mine else np.flatnonzero(legal[0])
        for move in options:
            after = deepcopy(batch)
            reward = float(after.play(np.array([move]))[0])
            if after.over()[0]:
                ends.append((reward if mine else -reward, chance / len(options)))
            else:
                go_on(after, not mine, chance / len(options))

    go_on(TicTacToeBatch(1), begins, 1.0)
    return ends


def test_the_random_player_strikes_57_78_times() -> None:
    assert round(expected_strikes_random(), 2) == 57.78


def test_the_formula_of_the_random_player_agrees_with_play() -> None:
    random = np.random.default_rng(0)
    batch, player = PlaneStrike().start(4_000, random), random_player(random)
    strikes = 0.0
    for _ in range(64):
        strikes -= batch.play(player(batch.observe(), batch.legal())).mean()
    # The standard deviation of one game is 6.0 strikes.
    assert strikes == pytest.approx(expected_strikes_random(), abs=0.4)


def test_posterior_greedy_strikes_11_92_times() -> None:
    mean, strikes = expected_strikes(posterior_greedy)
    assert round(mean, 2) == 11.92
    assert strikes.shape == (115,)
    assert strikes.min() >= 8


@settings(deadline=None)
@given(SEEDS)
def test_a_fixed_order_strikes_until_the_last_cell_of_the_plane(seed: int) -> None:
    mean, strikes = expected_strikes(by_table(seed, 64))
    order = np.argsort(-np.random.default_rng(seed).random(64))
    planes, chances = placements()
    last = (planes[:, order] * np.arange(1, 65)).max(axis=1)
    np.testing.assert_array_equal(strikes, last)
    assert mean == pytest.approx(float(np.average(last, weights=chances)))


def test_a_player_that_repeats_a_strike_is_refused() -> None:
    with pytest.raises(DataError, match=r"plane_strike: the player chose cell 0.* position [+-]\.{7}/"):
        expected_strikes(lambda observations, _: np.zeros(len(observations), np.int64))


def test_all_lines_of_tic_tac_toe() -> None:
    outcomes = count_lines(None, None)
    assert outcomes == Outcomes(wins=131_184, draws=46_080, losses=77_904)
    assert outcomes.wins + outcomes.draws + outcomes.losses == 255_168


@pytest.mark.parametrize("seed", [0, 1])
def test_lines_and_score_are_those_of_games_played_one_by_one(seed: int) -> None:
    player = by_table(seed, 9)
    ends = [*played_out(player, begins=True), *played_out(player, begins=False)]
    scores = [score for score, _ in ends]
    assert every_line(player) == Outcomes(
        wins=scores.count(1), draws=scores.count(0), losses=scores.count(-1)
    )
    assert score_against_random(player) == pytest.approx(sum(score * chance for score, chance in ends) / 2)


def test_random_against_random_is_fair_over_both_sides() -> None:
    assert score_against_random(None) == pytest.approx(0, abs=1e-12)


@settings(deadline=None)
@given(SEEDS)
def test_nobody_scores_better_against_random_than_the_best_can(seed: int) -> None:
    assert -1 < score_against_random(by_table(seed, 9)) <= score_against_random(perfect_player) + 1e-12


def test_an_occupied_cell_is_refused_with_its_position() -> None:
    with pytest.raises(DataError, match=r"tic_tac_toe: the player chose cell 0.*position \+"):
        every_line(lambda observations, _: np.zeros(len(observations), np.int64))


def test_every_position_in_which_a_game_goes_on() -> None:
    # Of 5,478 positions that games reach, 958 end one.
    positions = reachable_positions(None)
    assert positions.dtype == np.float32
    assert positions.shape == (4520, 3, 3)
    assert len(np.unique(board_keys(positions.reshape(-1, 9)))) == 4520
    stones = (positions != 0).sum(axis=(1, 2))
    assert all(fewer <= more for fewer, more in pairwise(stones))


@settings(deadline=None)
@given(SEEDS, SEEDS, st.booleans())
def test_what_a_player_meets_is_reachable(seed: int, opponent: int, begins: bool) -> None:
    player = by_table(seed, 9)
    known = set(board_keys(reachable_positions(player).reshape(-1, 9)).tolist())
    batch, other = TicTacToeBatch(20), random_player(np.random.default_rng(opponent))
    for ply in range(9):
        mine = (ply % 2 == 0) == begins
        seen = batch.observe()
        if mine:
            met = board_keys(seen[~batch.over()].reshape(-1, 9))
            assert set(met.tolist()) <= known
        batch.play((player if mine else other)(seen, batch.legal()))
