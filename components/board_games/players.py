"""Players to compare a policy with: random, greedy on the posterior, perfect."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from components.board_games.game import Actions, Bools, Floats
from components.board_games.moves import Player
from components.board_games.plane_strike import hit_probability
from components.board_games.tic_tac_toe import KEY_POWERS, board_keys, has_line


def random_player(random: np.random.Generator) -> Player:
    """A player of any game that chooses uniformly among the legal actions."""

    def play(observations: Floats, legal: Bools) -> Actions:  # noqa: ARG001
        return _best(random.random(legal.shape), legal)

    return play


def posterior_greedy(observations: Floats, legal: Bools) -> Actions:
    """plane_strike: the untried cell that is most likely part of the plane; of equals, the first.

    Args:
        observations: float32 [games, 8, 8].
        legal: bool [games, 64].

    Returns:
        int64 [games].
    """
    return _best(hit_probability(observations), legal)


def perfect_player(observations: Floats, legal: Bools) -> Actions:  # noqa: ARG001
    """tic_tac_toe: a move of minimax; among those, the one that scores best against a random opponent.

    Args:
        observations: float32 [games, 3, 3].
        legal: bool [games, 9]; the empty cells of games that are not over.

    Returns:
        int64 [games].
    """
    _, actions = solution()
    return actions[board_keys(observations.reshape(len(observations), 9))]


@cache
def solution() -> tuple[npt.NDArray[np.int8], Actions]:
    """Solves tic-tac-toe by minimax, from full boards to the empty one.

    Returns:
        By ``board_keys`` of what whoever moves sees: int8 [3**9], 1 where the side to move wins, 0 where it
        draws, -1 where it loses; and int64 [3**9], the move, 0 where the game is over. Boards that no game
        reaches are solved too.
    """
    boards = (np.arange(3**9)[:, None] // KEY_POWERS % 3 - 1).astype(np.int8)
    stones = (boards != 0).sum(axis=1)
    lost, full = has_line(boards == -1), stones == 9
    value = np.where(lost, -1, 0).astype(np.int8)
    actions = np.zeros(3**9, np.int64)
    # Against a random opponent: the expected score of whoever sees the board and is to move.
    score = value.astype(np.float64)
    for count in range(8, -1, -1):
        keys = np.flatnonzero((stones == count) & ~lost & ~full)
        empty = boards[keys] == 0
        # Putting an own stone adds one power of three; turning every sign is what the other side sees.
        mine = np.where(empty, keys[:, None] + KEY_POWERS, 0)
        won = has_line(boards[mine] == 1) & empty
        seen_by_other = 3**9 - 1 - mine
        values = np.where(won, 1, -value[seen_by_other])
        values = np.where(empty, values, -2)
        value[keys] = values.max(axis=1)
        scores = np.where(won, 1.0, _mean_after_reply(mine, boards, score))
        best = values == value[keys][:, None]
        actions[keys] = np.argmax(np.where(best, scores, -2.0), axis=1)
        score[keys] = scores[np.arange(len(keys)), actions[keys]]
    value.flags.writeable = actions.flags.writeable = False
    return value, actions


def _mean_after_reply(
    keys: npt.NDArray[np.int64], boards: npt.NDArray[np.int8], score: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Mean of ``score`` over every reply of the other side to boards of these keys; 0 for full boards."""
    replies = boards[keys] == 0
    after = np.where(replies, keys[..., None] - KEY_POWERS, 0)
    return np.asarray((score[after] * replies).sum(axis=-1) / np.maximum(replies.sum(axis=-1), 1))


def _best(scores: npt.NDArray[np.float64], legal: Bools) -> Actions:
    return np.asarray(np.argmax(np.where(legal, scores, -1.0), axis=1), np.int64)
