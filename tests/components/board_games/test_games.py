"""What holds of every game."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.board_games.game import GameBatch
from components.board_games.games import GAMES, make_game
from components.board_games.plane_strike import PlaneStrikeBatch, placements
from components.board_games.players import random_player
from components.board_games.tic_tac_toe import TicTacToeBatch
from noria.errors import ConfigError
from tests.components.board_games.playing import NAMES, SEEDS, SIZES, played


def test_games_go_by_their_names() -> None:
    for name in GAMES:
        assert make_game(name).spec.name == name


def test_an_unknown_game_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'chess'.*plane_strike, tic_tac_toe"):
        make_game("chess")


@settings(deadline=None)
@given(NAMES, SIZES, SEEDS)
def test_every_game_ends_and_at_most_one_cell_is_used_up_per_move(name: str, games: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    batch = make_game(name).start(games, random)
    spec = batch.spec
    player = random_player(random)
    for moves in range(spec.longest):
        seen, legal, over = batch.observe(), batch.legal(), batch.over()
        assert seen.dtype == np.float32
        assert seen.shape == (games, spec.rows, spec.columns)
        assert legal.dtype == over.dtype == np.bool_
        empty = seen.reshape(games, -1) == 0
        np.testing.assert_array_equal(legal, empty & ~over[:, None])
        assert legal[~over].any(axis=1).all()
        np.testing.assert_array_equal((~empty).sum(axis=1)[~over], moves)
        rewards = batch.play(player(seen, legal))
        assert rewards.dtype == np.float32
        assert not rewards[over].any()
        # Games that are over stay as they are, from the same side.
        np.testing.assert_array_equal(batch.observe()[over], seen[over])
        assert batch.over()[over].all()
    assert batch.over().all()


@settings(deadline=None)
@given(NAMES, SIZES, SEEDS, st.integers(0, 64), st.data())
def test_an_action_that_is_not_legal_is_refused_and_changes_nothing(
    name: str, games: int, seed: int, moves: int, data: st.DataObject
) -> None:
    batch = played(name, games, moves % make_game(name).spec.longest, seed)
    running = np.flatnonzero(~batch.over())
    if not len(running):
        return
    legal = batch.legal()
    actions = np.where(batch.over(), -7, legal.argmax(axis=1))
    game = data.draw(st.sampled_from(running.tolist()))
    taken = np.flatnonzero(~legal[game]).tolist()
    actions[game] = data.draw(st.sampled_from([-1, batch.spec.actions, *taken]))
    before = batch.observe()
    with pytest.raises(ValueError, match=f"action {actions[game]} of game {game} is not legal"):
        batch.play(actions)
    np.testing.assert_array_equal(batch.observe(), before)


@pytest.mark.parametrize("actions", [np.zeros(2, np.int64), np.zeros((3, 1), np.int64), np.zeros(3)])
def test_actions_are_one_whole_number_per_game(actions: np.ndarray) -> None:
    batch = make_game("tic_tac_toe").start(3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected one whole number for each of 3 games"):
        batch.play(actions)


@settings(max_examples=30, deadline=None)
@given(NAMES, SIZES, SEEDS)
def test_a_batch_equals_its_games_played_one_by_one(name: str, games: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    planes = placements()[0][random.integers(0, 115, games)]

    def start(rows: slice) -> GameBatch:
        return PlaneStrikeBatch(planes[rows]) if name == "plane_strike" else TicTacToeBatch(len(planes[rows]))

    together, alone = start(slice(None)), [start(slice(i, i + 1)) for i in range(games)]
    player = random_player(random)
    for _ in range(together.spec.longest):
        actions = player(together.observe(), together.legal())
        rewards = together.play(actions)
        single = [batch.play(actions[i : i + 1]) for i, batch in enumerate(alone)]
        np.testing.assert_array_equal(rewards, np.concatenate(single))
        for look in ("observe", "legal", "over"):
            np.testing.assert_array_equal(
                getattr(together, look)(), np.concatenate([getattr(batch, look)() for batch in alone])
            )
