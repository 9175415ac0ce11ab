"""What the tests of board games share: games chosen by hypothesis, and random play to some point."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from components.board_games.game import GameBatch
from components.board_games.games import make_game
from components.board_games.players import random_player

NAMES = st.sampled_from(["plane_strike", "tic_tac_toe"])
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 12)


def played(name: str, games: int, moves: int, seed: int) -> GameBatch:
    """A batch after so many moves of the random player."""
    random = np.random.default_rng(seed)
    batch = make_game(name).start(games, random)
    player = random_player(random)
    for _ in range(moves):
        batch.play(player(batch.observe(), batch.legal()))
    return batch
